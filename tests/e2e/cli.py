"""The command line, typed as a user would: shapes, exit statuses, refusals."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile

from avowtest import AVOWD, SOURCE, Service, Tap, avow, claims_of, forge, vectors, wait_for

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-cli-")
SIM = os.path.join(HOME, "sim")


def path(*parts):
    return os.path.join(HOME, *parts)


def sim():
    if not os.path.isdir(SIM):
        forge(SIM)
    return SIM


def write(name, data):
    with open(path(name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path(name)


def quote():
    with open(os.path.join(sim(), "quote.bin"), "rb") as f:
        return f.read()


def appraise(*args, kind="sgx", file=None, trust=True, collateral=True):
    more = []
    if collateral:
        more += ["--collateral", os.path.join(sim(), "collateral")]
    if trust:
        more += ["--trust-anchor", os.path.join(sim(), "root.pem")]
    status, out, err = avow("appraise", kind, file or os.path.join(sim(), "quote.bin"), *more, *args)
    return status, json.loads(out) if out.strip() else None, err


def flags_of(page):
    """The long flags of a manual page: the words of its Fl macros."""
    with open(os.path.join(SOURCE, "docs", "man", page)) as f:
        lines = [line for line in f if re.search(r"\bFl -", line)]
    return {"-" + flag for line in lines for flag in re.findall(r"(?<![\w-])-[a-z][a-z-]+", line)}


@tap.case()
def the_manual_pages_name_every_flag_and_no_other():
    words = re.findall(r"^  ([a-z]+) ", avow("--help")[1], re.M)
    helps = "".join(avow(word, "--help")[1] for word in words)
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", helps))
    assert flags_of("avow.1") - {"--help"} == said, flags_of("avow.1") ^ said
    helps = subprocess.run([AVOWD, "--help"], capture_output=True, text=True).stdout
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", helps))
    assert flags_of("avowd.8") == said, flags_of("avowd.8") ^ said


@tap.case()
def appraise_verifies_a_forged_quote():
    status, r, _ = appraise("--runtime-data", os.path.join(sim(), "runtime.bin"), "--nonce", "n-1")
    assert status == 0 and r["verdict"] == "verified" and r["error"] is None, r
    assert list(r) == ["verdict", "kind", "appraised_at", "claims", "tcb", "checks", "error"], list(r)
    assert r["claims"]["nonce"] == "n-1" and r["claims"]["x-ms-attestation-type"] == "sgx"
    assert "x-ms-sgx-ehd" in r["claims"] and "iat" not in r["claims"] and "jti" not in r["claims"]
    assert r["tcb"]["status"] == "UpToDate" and r["tcb"]["advisories"] == []
    assert all(c["result"] in ("passed", "not applicable") for c in r["checks"]), r["checks"]


@tap.case()
def appraise_takes_raw_hex_and_base64():
    q = quote()
    for name, text in (("hex", q.hex()), ("0x", "0x" + q.hex()), ("0X", "0X" + q.hex().upper() + "\n"), ("b64", base64.encodebytes(q)), ("b64url", base64.urlsafe_b64encode(q))):
        status, r, _ = appraise(file=write(name, text))
        assert status == 0, (name, r["error"])


@tap.case()
def appraise_verifies_an_open_enclave_report():
    status, r, _ = appraise(kind="oe", file=os.path.join(sim(), "report.bin"))
    assert status == 0 and r["kind"] == "oe", r["error"]


@tap.case()
def a_root_nobody_named_is_refused():
    status, r, _ = appraise(trust=False)
    assert status == 1 and r["verdict"] == "refused" and r["error"]["code"] == "pck_chain_root", r["error"]
    assert r["claims"] is None and r["tcb"] is None
    assert set(r["error"]) >= {"code", "check", "field", "expected", "got", "source", "message"}


@tap.case()
def no_collateral_is_undecided():
    status, r, _ = appraise(collateral=False)
    assert status == 2 and r["verdict"] == "undecided" and r["error"]["code"] == "crl_absent", r["error"]


@tap.case()
def a_changed_measurement_is_refused_by_the_quote_signature():
    q = bytearray(quote())
    q[112] ^= 1
    status, r, _ = appraise(file=write("flipped", bytes(q)))
    assert status == 1 and r["error"]["code"] == "quote_signature" and r["error"]["check"] == "quote_signature", r


@tap.case()
def wrong_runtime_data_is_refused():
    status, r, _ = appraise("--runtime-data", write("other", "x"))
    assert status == 1 and r["error"]["code"] == "runtime_data_mismatch", r["error"]


@tap.case()
def json_runtime_data_becomes_a_claim():
    status, r, _ = appraise("--runtime-data", os.path.join(sim(), "runtime.bin"), "--runtime-type", "json")
    assert status == 0, r["error"]
    with open(os.path.join(sim(), "runtime.bin"), "rb") as f:
        assert r["claims"]["x-ms-runtime"] == json.loads(f.read().rstrip(b"\0"))
    assert "x-ms-sgx-ehd" not in r["claims"]


@tap.case()
def the_clock_is_the_one_that_is_given():
    status, r, _ = appraise("--at", "2010-01-01T00:00:00Z")
    assert status == 1 and r["error"]["code"] == "pck_chain_not_yet_valid", r["error"]
    assert r["appraised_at"] == "2010-01-01T00:00:00Z"


@tap.case()
def a_policy_decides():
    deny = write("deny.policy", "version= 1.0;authorizationrules{=> deny();};")
    status, r, _ = appraise("--policy", deny)
    assert status == 1 and r["error"]["code"] == "policy_denied" and r["claims"], r["error"]
    issue = write("issue.policy", 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="team", value="blue");};')
    status, r, _ = appraise("--policy", issue)
    assert status == 0 and r["claims"]["team"] == "blue" and r["claims"]["x-ms-policy"] == {"team": "blue"}, r
    steal = write("steal.policy", 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="iss", value="me");};')
    status, r, _ = appraise("--policy", steal)
    assert status == 1 and r["error"]["code"] == "policy_reserved_claim", r


@tap.case()
def revoked_can_never_be_accepted():
    status, _, err = appraise("--accept-tcb", "UpToDate,Revoked")
    assert status == 64 and "accept" in err


@tap.case()
def wrong_use_is_64():
    for args in (["appraise"], ["appraise", "nokind", "x"], ["appraise", "sgx", "/nonexistent"], ["nocommand"], [],
                 ["appraise", "sgx", "x", "--at", "yesterday"], ["inspect"], ["keys"], ["verify"], ["attest", "sgx", "x"]):
        status, _, err = avow(*args)
        assert status == 64 and err, (args, status)


@tap.case()
def every_command_has_help():
    status, out, _ = avow("help")
    assert status == 0
    for line in out.splitlines():
        if line.startswith("  ") and line.split():
            name = line.split()[0]
            s, text, _ = avow(name, "--help")
            assert s == 0 and "usage: avow " + name in text, name


@tap.case()
def inspect_shows_fields_and_says_that_nothing_is_verified():
    status, out, _ = avow("inspect", os.path.join(sim(), "quote.bin"))
    assert status == 0 and "not verified" in out.splitlines()[0] and quote()[112:144].hex() in out
    status, out, _ = avow("inspect", os.path.join(sim(), "quote.bin"), "--json")
    assert status == 0 and quote()[112:144].hex() in json.dumps(json.loads(out))
    status, out, err = avow("inspect", write("noise", b"\0\1\2"))
    assert status == 1 and err


@tap.case()
def attest_verify_and_refuse_against_a_service():
    with Service("--collateral", os.path.join(sim(), "collateral"), "--trust-anchor", os.path.join(sim(), "root.pem")) as s:
        status, token, err = avow("attest", "sgx", os.path.join(sim(), "quote.bin"), "--server", s.url,
                                  "--runtime-data", os.path.join(sim(), "runtime.bin"), "--nonce", "abc")
        assert status == 0, err
        token = token.strip()
        assert claims_of(token)["nonce"] == "abc" and claims_of(token)["iss"] == s.url
        status, out, err = avow("verify", write("token", token), "--issuer", s.url)
        assert status == 0 and json.loads(out)["nonce"] == "abc", err
        status, out, err = avow("verify", token, "--issuer", s.url)
        assert status == 0, "the token itself is taken too: " + err
        head, body, sig = token.split(".")
        bad = head + "." + body[:-2] + ("A" if body[-2] != "A" else "B") + body[-1] + "." + sig
        status, out, err = avow("verify", write("badtoken", bad), "--issuer", s.url)
        assert status == 1 and not out, (status, out)
        q = bytearray(quote())
        q[112] ^= 1
        status, out, err = avow("attest", "sgx", write("flipped", bytes(q)), "--server", s.url)
        assert status == 1 and not out and "quote_signature" in err, err
        status, out, err = avow("attest", "oe", os.path.join(sim(), "report.bin"), "--server", s.url)
        assert status == 0, err
        draft = write("draft.policy", "version= 1.0;authorizationrules{=> permit();};")
        status, out, err = avow("attest", "sgx", os.path.join(sim(), "quote.bin"), "--server", s.url, "--draft-policy", draft)
        assert status == 0 and out.strip().endswith("."), err
        status, out, err = avow("verify", write("drafttoken", out.strip()), "--issuer", s.url)
        assert status == 1, "a draft token proves nothing"


@tap.case()
def keys_rotate_without_a_gap():
    with Service("--collateral", os.path.join(sim(), "collateral"), "--trust-anchor", os.path.join(sim(), "root.pem")) as s:
        data = os.path.join(s.data, "data")
        status, out, _ = avow("keys", "list", "--data", data, "--json")
        assert status == 0 and [k["state"] for k in json.loads(out)] == ["current"], out
        old = json.loads(out)[0]["kid"]
        assert oct(os.stat(os.path.join(data, "keys", "keys.json")).st_mode & 0o777) == "0o600"
        status, out, err = avow("keys", "rotate", "--data", data)
        assert status == 0, err
        status, out, _ = avow("keys", "rotate", "--data", data)
        assert status == 1, "one rotation at a time"
        status, out, _ = avow("keys", "list", "--data", data)
        assert status == 0 and "next" in out and "current" in out, out
        kids = wait_for(lambda: kids_of(s) if len(kids_of(s)) == 2 else None)
        assert old in kids
        status, token = s.attest("SgxEnclave", {"quote": base64.urlsafe_b64encode(quote()).decode()})
        from avowtest import header_of
        assert header_of(token["token"])["kid"] == old, "the next key must not sign yet"


def kids_of(s):
    status, _, body = s.request("GET", "/certs")
    assert status == 200
    return {k["kid"] for k in json.loads(body)["keys"]}


@tap.case()
def real_quotes_give_their_manifests_verdicts():
    folder = vectors("sgxsnp-ms-ravl")
    collateral = path("ravl")
    for name, at, status_wanted in (("sgx.coffeelake", "2022-08-20T00:00:00Z", 0), ("sgx.icelake", "2022-08-20T00:00:00Z", 0),
                                    ("oe.coffelake", "2022-08-20T00:00:00Z", 0), ("oe.icelake", "2022-08-20T00:00:00Z", 0)):
        shutil.rmtree(collateral, ignore_errors=True)
        os.makedirs(collateral)
        for f in os.listdir(folder):
            if f.startswith(name + ".att.") and not f.endswith(".bin"):
                shutil.copy(os.path.join(folder, f), collateral)
        status, out, err = avow("appraise", name.split(".")[0], os.path.join(folder, name + ".att.evidence.bin"),
                                "--collateral", collateral, "--at", at, "--collateral-grace", "730d")
        r = json.loads(out)
        assert status == status_wanted, (name, r["error"])
        assert r["claims"]["x-avow-collateral-grace-used"] is True
        status, out, err = avow("appraise", name.split(".")[0], os.path.join(folder, name + ".att.evidence.bin"),
                                "--collateral", collateral, "--at", at)
        r = json.loads(out)
        assert status == 2 and r["error"]["code"] == "tcb_info_expired", (name, r["error"])


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
