#!/usr/bin/env python3
"""avow policy check, eval, test, fmt and hash: output and exit status. Prints
TAP.

usage: test_policy.py AVOW
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

EXE = sys.argv[1]
OK = "version=1.2;\nauthorizationrules{\n[type==\"x-ms-sgx-is-debuggable\",value==false]=>permit();};\n"
BAD = "version=1.0;\nauthorizationrules{\n\t=> allow();\n};"
RULES = """version=1.2;
configurationrules{=>issueproperty(type="required_pcr_mask",value=1);
=>issueproperty(type="required_pcr_mask",value=3);};
authorizationrules{
[type=="a",value==1]=>permit();
[type=="bad"]=>deny();};
issuancerules{
c:[type=="b"]=>issue(type="r",value=c.value);
c:[type=="j"]=>issue(type="n",value=JsonToClaimValue(c.value));
};
"""


def avow(*args, text=""):
    p = subprocess.run([EXE, "policy", *args], input=text.encode(), capture_output=True, timeout=60)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


class Folder:
    """Files by name in a temporary folder."""

    def __init__(self, **files):
        self.dir = tempfile.TemporaryDirectory()
        for name, text in files.items():
            self.write(name.replace("__", "."), text)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.dir.cleanup()


def evaluate(policy, claims, *args):
    with Folder(p=policy, c=json.dumps(claims)) as d:
        code, out, err = avow("eval", d.path("p"), "--claims", d.path("c"), *args)
    assert out.count("\n") == 1, out
    return code, json.loads(out), err


# --- check -----------------------------------------------------------------------

def check_prints_json_of_a_valid_policy():
    code, out, err = avow("check", "-", "--type", "SgxEnclave", "--json", text=OK)
    return (code, json.loads(out), err) == (0, {"ok": True, "errors": [], "warnings": []}, "")


def check_prints_json_of_an_error():
    code, out, _ = avow("check", "--json", "-", text=BAD)
    got = json.loads(out)
    return code == 1 and list(got) == ["ok", "errors", "warnings"] and got["ok"] is False and got["errors"] == [
        {"code": "policy_syntax", "line": 3, "column": 5, "message":
         "mismatched input 'allow' expecting {'permit', 'deny', 'add', 'issue', 'issueproperty'}"}]


def check_prints_json_of_warnings_and_is_content():
    code, out, _ = avow("check", "--json", "--type", "sgx", "-", text=OK.replace("sgx-is", "sgx-iz"))
    got = json.loads(out)
    codes = [w["code"] for w in got["warnings"]]
    return code == 0 and got["ok"] is True and codes == ["unknown-claim", "debug-allowed"] and \
        got["warnings"][0]["line"] == 3 and got["warnings"][0]["column"] == 2 and \
        "x-ms-sgx-is-debuggable" in got["warnings"][0]["message"]


def check_shows_the_line_and_a_caret():
    code, out, err = avow("check", "-", text=BAD)
    return code == 1 and err == "" and out.startswith("-:3:5: error: mismatched input 'allow'") and \
        out.endswith("[policy_syntax]\n    \t=> allow();\n    \t   ^\n")


def check_counts_a_character_as_one_column_for_the_caret():
    code, out, _ = avow("check", "-", text='version=1.0;authorizationrules{[value=="\u00e9\u00e9"#')
    return code == 1 and out.splitlines()[0].startswith("-:1:46: ") and len(out.splitlines()[2]) == 4 + 43 + 1


def check_shows_a_window_of_a_long_line():
    text = "version=1.0;authorizationrules{" + "=>permit();" * 50 + "=>nope();" + "=>permit();" * 50
    shown, caret = avow("check", "-", text=text)[1].splitlines()[1:3]
    return len(shown) <= 124 and shown[caret.index("^"):].startswith("nope")


def check_says_nothing_of_a_good_policy():
    return avow("check", "-", "--type", "oe", text=OK) == (0, "", "")


def check_takes_any_bytes():
    p = subprocess.run([EXE, "policy", "check", "--json", "-"], input=b"version=\xff\x00", capture_output=True, timeout=60)
    return p.returncode == 1 and json.loads(p.stdout)["errors"][0]["code"] == "utf8"


# --- eval -------------------------------------------------------------------------

def eval_permits():
    code, got, err = evaluate(RULES, {"a": 1, "b": [True, "x"], "j": "[1,2]"})
    return code == 0 and err == "" and got == {
        "decision": "permit", "issued": {"r": [True, "x"], "n": [1, 2]}, "properties": {"required_pcr_mask": 3},
        "error": None, "trace": []} and list(got) == ["decision", "issued", "properties", "error", "trace"]


def eval_denies():
    code, got, _ = evaluate(RULES, {"a": 1, "bad": 0})
    return code == 1 and got["decision"] == "deny" and got["issued"] == {} and got["error"] is None


def eval_denies_without_a_permit():
    code, got, _ = evaluate(RULES, {"a": 2})
    return code == 1 and got["decision"] == "deny"


def eval_fails_with_a_place():
    code, got, _ = evaluate(RULES, {"a": 1, "j": "{}"})
    return code == 2 and got["decision"] == "error" and got["issued"] == {} and \
        got["error"] == {"code": "policy_json", "line": 9, "column": 37,
                         "message": "JsonToClaimValue: an object has no claim value"}


def eval_shows_a_policy_that_does_not_compile():
    code, got, _ = evaluate(BAD, {})
    return code == 2 and got["decision"] == "error" and got["error"]["code"] == "policy_syntax" and \
        (got["error"]["line"], got["error"]["column"]) == (3, 5)


def eval_shows_a_configuration_that_fails():
    policy = 'version=1.2;configurationrules{\n=>issueproperty(type="omit_x5c",value=JsonToClaimValue("1"));};' \
        "authorizationrules{};"
    code, got, _ = evaluate(policy, {})
    return code == 2 and got["error"]["code"] == "policy_property" and got["error"]["line"] == 2


def eval_shows_claims_that_are_none():
    code, got, _ = evaluate(RULES, {"a": 1.5})
    return code == 2 and got["error"]["code"] == "json_type" and got["error"]["line"] is None and \
        "a" in got["error"]["message"]


def eval_takes_whole_claims():
    policy = 'version=1.0;authorizationrules{[type=="x",issuer=="CustomClaim",valueType=="Boolean"]=>permit();};'
    claim = {"type": "x", "value": True, "valueType": "Boolean", "issuer": "CustomClaim"}
    return evaluate(policy, [claim])[0] == 0 and evaluate(policy, [dict(claim, issuer="AttestationService")])[0] == 1


def eval_traces_when_asked():
    code, got, _ = evaluate(RULES, {"a": 2}, "--trace")
    lines = [(t["line"], t["fired"]) for t in got["trace"]]
    return code == 1 and lines == [(2, True), (3, True), (5, False), (6, False)] and \
        got["trace"][2]["failed"]["wanted"] == "1" and got["trace"][2]["failed"]["found"] == "2"


def eval_warns_on_stderr_for_a_type():
    code, got, err = evaluate(RULES, {"a": 1}, "--type", "SgxEnclave")
    return code == 0 and got["decision"] == "permit" and "warning: " in err and "[unknown-claim]" in err


def eval_issues_reserved_names_for_it_is_no_token():
    policy = 'version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type="iss",value="me");};'
    return evaluate(policy, {})[1]["issued"] == {"iss": "me"}


# --- test --------------------------------------------------------------------------

def run_folder(**files):
    with Folder(**files) as d:
        return avow("test", d.dir.name)


def test_passes_each_case():
    code, out, err = run_folder(
        a__policy=RULES,
        a__claims__json='{"a":1,"b":2}', a__expected__json='{"decision":"permit","issued":{"r":2},"error":null}',
        a__no__claims__json='{"a":2}', a__no__expected__json='{"decision":"deny","properties":{"required_pcr_mask":3}}',
        a__bad__claims__json='{"a":1,"j":"{}"}', a__bad__expected__json='{"decision":"error","error":"policy_json"}')
    return (code, err) == (0, "") and sorted(out.splitlines()) == sorted(
        ["ok 1 - a.bad", "ok 2 - a", "ok 3 - a.no", "1..3"])


def test_fails_what_differs():
    code, out, _ = run_folder(
        a__policy=RULES, a__claims__json='{"a":1,"b":2}', a__expected__json='{"decision":"permit","issued":{"r":3}}')
    return code == 1 and out.startswith("not ok 1 - a\n# issued differs; the outcome is {\"decision\":\"permit\"") and \
        out.endswith("1..1\n")


def test_fails_what_is_incomplete():
    nothing = run_folder(x__txt="")
    caseless = run_folder(a__policy=RULES)
    unexpected = run_folder(a__policy=RULES, a__claims__json="{}")
    empty = run_folder(a__policy=RULES, a__claims__json="{}", a__expected__json="{}")
    typo = run_folder(a__policy=RULES, a__claims__json="{}", a__expected__json='{"decision":"deny","isued":{}}')
    return all(r[0] == 1 and "not ok 1" in r[1] for r in (nothing, caseless, unexpected, empty, typo))


def test_keeps_policies_apart():
    code, out, _ = run_folder(
        a__policy=RULES, a__b__policy='version=1.0;authorizationrules{=>deny();};',
        a__claims__json='{"a":1}', a__expected__json='{"decision":"permit"}',
        a__b__claims__json='{"a":1}', a__b__expected__json='{"decision":"deny"}',
        a__b__x__claims__json='{"a":1}', a__b__x__expected__json='{"decision":"deny"}')
    return code == 0 and out.endswith("1..3\n")


# --- fmt and hash --------------------------------------------------------------------

def fmt_prints_the_canonical_form():
    code, out, err = avow("fmt", "-", text="version= 1.0;Authorizationrules{[type=\"a\"]=>permit();};")
    return (code, err) == (0, "") and out == \
        "version=1.0;\n\nauthorizationrules {\n    [type==\"a\"] => permit();\n};\n" and \
        avow("fmt", "-", text=out)[1] == out


def fmt_refuses_what_does_not_parse():
    code, out, err = avow("fmt", "-", text=BAD)
    return code == 1 and out == "" and err.startswith("-:3:5: error: ")


def hash_is_over_the_base64url_form():
    # a token of the real service: spec 02, Defaults
    snp = avow("hash", "-", text="version= 1.0;authorizationrules{=> permit();};")
    text = "any text \u00e9"
    form = base64.urlsafe_b64encode(text.encode()).rstrip(b"=")
    want = base64.urlsafe_b64encode(hashlib.sha256(form).digest()).rstrip(b"=").decode()
    return snp == (0, "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\n", "") and \
        avow("hash", "-", text=text) == (0, want + "\n", "")


# --- usage -----------------------------------------------------------------------------

def usage_is_shown_for_wrong_arguments():
    wrong = [[], ["nope"], ["check"], ["check", "a", "b"], ["check", "a", "--type", "Sgxx"], ["check", "a", "--type"],
             ["eval", "a"], ["eval", "--claims", "a"], ["eval", "a", "b", "--claims", "c"], ["eval", "a", "--claims"],
             ["test"], ["test", "a", "b"], ["fmt"], ["hash", "a", "b"], ["check", "--nope", "a"]]
    return all(avow(*w)[0] == 64 and "usage: avow policy" in avow(*w)[2] for w in wrong)


def help_is_shown_when_asked():
    code, out, err = avow("--help")
    return code == 0 and out.startswith("usage: avow policy check") and err == ""


def files_that_are_not_there_are_told():
    none = "/nonexistent/x"
    return avow("check", none)[0] == 1 and avow("eval", none, "--claims", none)[0] == 2 and \
        avow("test", none)[0] == 1 and avow("fmt", none)[0] == 1 and avow("hash", none)[0] == 1


def main():
    names = ("check_", "eval_", "test_", "fmt_", "hash_", "usage_", "help_", "files_")
    tests = [(n, f) for n, f in globals().items() if n.startswith(names) and callable(f)]
    failed = 0
    print("1..%d" % len(tests))
    for n, (name, test) in enumerate(tests, 1):
        try:
            ok = test()
        except (AssertionError, KeyError, IndexError, ValueError) as e:
            print("# %s: %r" % (name, e))
            ok = False
        failed += not ok
        print("%sok %d - %s" % ("" if ok else "not ", n, name))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
