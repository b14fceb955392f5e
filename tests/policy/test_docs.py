#!/usr/bin/env python3
"""Runs every example of docs/policy.md through `avow policy`. Prints TAP.

  ```policy           a whole policy; ```policy issuance: issuancerules of one
  ```claims           claims for the policy before it; none: {} for a whole
                      policy, else the claims before it
  ```outcome          what comes out, as in `avow policy test`
  ```refused CODE L:C a text that does not compile, and where
  tables of claims    | `name` | ... | `value` | `condition or rule` |

Every incoming claim of registry.def must have its row.

usage: test_docs.py AVOW
"""
import json
import os
import re
import subprocess
import sys
import tempfile

EXE = sys.argv[1]
SOURCE = os.environ["AVOW_SOURCE"]
KINDS = {"SGX": "sgx", "OE": "oe", "SNP": "snp", "TDX": "tdx", "TPM": "tpm", "AZUREGUEST": "azureguest"}
WRAP = "version=1.2;authorizationrules{=>permit();};issuancerules{\n%s\n};"


def blocks(text):
    """(line, info string, body) of each fenced block that says what it is."""
    for m in re.finditer(r"^```([^\n]+)\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, m.start()) + 1, m.group(1).split(), m.group(2)


def avow(folder, action, policy, *args):
    path = os.path.join(folder, "policy")
    with open(path, "w", encoding="utf-8") as f:
        f.write(policy)
    p = subprocess.run([EXE, "policy", action, path, *args], capture_output=True, timeout=60)
    return json.loads(p.stdout)


def evaluate(folder, policy, claims):
    path = os.path.join(folder, "claims")
    with open(path, "w", encoding="utf-8") as f:
        f.write(claims)
    return avow(folder, "eval", policy, "--claims", path)


def differs(want, got):
    for member, value in want.items():
        is_ = got[member]
        if member == "error" and is_ is not None:
            is_ = is_["code"]
        if json.dumps(value, sort_keys=True) != json.dumps(is_, sort_keys=True):
            return "%s: wanted %s, got %s (%s)" % (member, value, is_, got["error"])
    return None


def examples(text, folder):
    policy, claims = None, "{}"
    for line, info, body in blocks(text):
        name = "line %d: %s" % (line, " ".join(info))
        if info[0] == "policy":
            policy = WRAP % body if info[1:] == ["issuance"] else body
            claims = "{}" if info[1:] != ["issuance"] else claims
        elif info[0] == "claims":
            claims = body
        elif info[0] == "outcome":
            yield name, differs(json.loads(body), evaluate(folder, policy, claims))
        elif info[0] == "refused":
            e = avow(folder, "check", body.rstrip("\n"), "--json")["errors"]
            got = "%s %d:%d" % (e[0]["code"], e[0]["line"], e[0]["column"]) if e else "no error"
            yield name, None if got == " ".join(info[1:]) else got
        else:
            yield name, "what kind of example is this?"


def registry():
    """Incoming claims: name -> (value type, kinds)."""
    with open(os.path.join(SOURCE, "src", "claims", "registry.def"), encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    macros = dict(re.findall(r"^#define (\w+) (.*)$", text, re.M))

    def expand(s):
        for name, body in macros.items():
            s = re.sub(r"\b%s\b" % name, body, s)
        return s

    out = {}
    for name, kind, kinds, flags in re.findall(r'^X\(\w+,\s*"([^"]+)",\s*(\w+),\s*([^,]+),\s*([^)]+)\)', text, re.M):
        kinds, flags = expand(kinds), expand(flags)
        if "AVOW_CLAIM_INCOMING" in flags:
            found = [v for k, v in KINDS.items() if "AVOW_KIND_" + k in kinds or "AVOW_KIND_ALL" in kinds]
            out[name] = kind, found
    return out


def rows(text):
    for m in re.finditer(r"^\| `([^`]+)` \| [^|]* \| `([^`]+)` \| `([^`]+)` \|$", text, re.M):
        yield m.groups()


def check_row(folder, name, value, asks, known):
    kind, kinds = known
    parsed = json.loads(value)
    wanted = {"STRING": str, "INTEGER": int, "BOOLEAN": bool, "JSON": (dict, list)}[kind]
    if not isinstance(parsed, wanted) or (kind == "INTEGER" and isinstance(parsed, bool)):
        return "the value is no " + kind
    claims = json.dumps({name: value if kind == "JSON" else parsed})
    rule = asks if "=>" in asks else asks + ' => issue(type="v", value=true);'
    policy = WRAP % (rule if rule.endswith(";") else rule + ";")
    got = evaluate(folder, policy, claims)
    if got["decision"] != "permit" or "v" not in got["issued"]:
        return "the example does not fire: %s" % got["error"]
    for k in kinds:
        codes = [w["code"] for w in avow(folder, "check", policy, "--json", "--type", k)["warnings"]]
        if set(codes) & {"unknown-claim", "type-mismatch", "never-fires"}:
            return "%s for %s" % (codes, k)
    return None


def main():
    with open(os.path.join(SOURCE, "docs", "policy.md"), encoding="utf-8") as f:
        text = f.read()
    known = registry()
    with tempfile.TemporaryDirectory() as folder:
        results = list(examples(text, folder))
        seen = set()
        for name, value, asks in rows(text):
            seen.add(name)
            wrong = check_row(folder, name, value, asks, known[name]) if name in known else "no incoming claim"
            results.append(("claim " + name, wrong))
        results += [("claim " + n, "it has no row in docs/policy.md") for n in sorted(set(known) - seen)]
        results.append(("there are claims and examples", None if len(seen) > 100 and len(results) > 130 else "few"))
    print("1..%d" % len(results))
    for n, (name, wrong) in enumerate(results, 1):
        print("%sok %d - %s" % ("not " if wrong else "", n, name))
        if wrong:
            print("# " + wrong)
    return 1 if any(w for _, w in results) else 0


if __name__ == "__main__":
    sys.exit(main())
