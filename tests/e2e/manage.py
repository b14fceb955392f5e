"""The management commands against a running avowd: what they say, what they
refuse, their exit statuses, and where the token may stand."""
import base64
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile

from avowtest import AVOW, Service, Tap, b64u, claims_of, header_of, unb64u

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-manage-")
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};\n"
DENY = "version= 1.0;authorizationrules{=> deny();};issuancerules{};\n"


class World:
    one = None

    @classmethod
    def service(cls):
        if cls.one is None:
            cls.one = Service()
            write("token", cls.one.token + "\n")
        return cls.one


def path(name):
    return os.path.join(HOME, name)


def write(name, text):
    with open(path(name), "w") as f:
        f.write(text)
    return path(name)


def run(*args, stdin=None, env=None, service=None):
    """avow with the service's address and token; (status, stdout, stderr)."""
    s = service or World.service()
    e = {**os.environ, "AVOW_SERVER": s.url, "AVOW_TOKEN": s.token, **(env or {})}
    p = subprocess.run([AVOW, *args], input=stdin, capture_output=True, timeout=120, env=e)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def ok(*args, **more):
    status, out, err = run(*args, **more)
    assert status == 0 and not err, (args, status, out, err)
    return out


def no(status, word, *args, **more):
    got, out, err = run(*args, **more)
    assert got == status and word in err and not out, (args, got, out, err)


def signer(name, kind="ec:prime256v1"):
    """(key, certificate) files of a self-signed signer."""
    key, cert = path(name + ".key"), path(name + ".pem")
    what, size = kind.split(":")
    new = ["-newkey", kind] if what == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + size]
    subprocess.run(["openssl", "req", "-x509", *new, "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=" + name], check=True, capture_output=True)
    return key, cert


def der(cert):
    with open(cert) as f:
        return base64.b64decode("".join(f.read().split("-----")[2].split()))


def thumbprint(cert):
    return hashlib.sha1(der(cert)).hexdigest().upper()


@tap.case()
def a_provider_lives_and_dies():
    s = World.service()
    out = ok("provider", "create", "Blue-Team", "--location", "rack 4", "--tag", "owner=ann", "--tag", "b=",
             "--set", "collateralGrace=36h", "--set", 'acceptedTcbStatuses=["UpToDate"]')
    assert f"url            {s.url}/providers/blue-team\n" in out and "trust model    AAD\n" in out
    assert "setting        collateralGrace=36h\n" in out and "tag            owner=ann\n" in out
    assert out == ok("provider", "show", "blue-team")
    shown = json.loads(ok("provider", "show", "blue-team", "--json"))
    assert shown["location"] == "rack 4" and shown["properties"]["acceptedTcbStatuses"] == ["UpToDate"]
    no(1, "conflict", "provider", "create", "blue-team")
    assert json.loads(ok("provider", "show", "blue-team", "--json")) == shown
    out = ok("provider", "update", "blue-team", "--unset", "collateralGrace", "--set",
             "tpmAttestationAuthentication=Disabled")
    assert "collateralGrace" not in out and "tpmAttestationAuthentication=Disabled" in out and "owner=ann" in out
    assert "owner" not in ok("provider", "update", "blue-team", "--no-tags")
    assert ok("provider", "list") == f"{'blue-team':24}  {'AAD':8}  {s.url}/providers/blue-team\n"
    assert ok("provider", "list", "--group", "other") == ""
    assert [p["name"] for p in json.loads(ok("provider", "list", "--json"))] == ["blue-team"]
    assert ok("provider", "list", "--defaults").split()[0] == "shared"
    no(1, "arm_not_found", "provider", "delete", "blue-team", "--group", "other")
    assert ok("provider", "delete", "blue-team") == ""
    no(1, "arm_not_found", "provider", "delete", "blue-team")
    no(1, "arm_not_found", "provider", "show", "blue-team")
    no(1, "provider_setting", "provider", "create", "never-made", "--set", "collateralGrce=1h")
    no(1, "conflict", "provider", "create", "shared")
    no(1, "provider_name", "provider", "create", "ab")


@tap.case()
def wrong_use_is_told():
    for args in (("provider",), ("provider", "mend"), ("provider", "create"), ("provider", "create", "a", "b"),
                 ("provider", "list", "x"), ("provider", "create", "abc", "--tag", "x"), ("provider", "show", "a/b"),
                 ("provider", "show", "abc", "--group", "a/../b"), ("provider", "show", "abc", "--set", "=x"),
                 ("policy", "get"), ("policy", "get", "Sgx/Enclave"), ("policy", "set", "sgx"), ("policy", "get", "sgx", "x"),
                 ("policy", "set", "sgx", "-", "--version", "1"), ("policy", "get", "sgx", "--version", "0"),
                 ("policy", "get", "sgx", "--provider", "a/b"), ("policy", "sign"), ("policy", "sign", "-", "--reset"),
                 ("policy", "set", "sgx", "-", "--token-file", "-"), ("policy", "history", "sgx", "--max", "1001"),
                 ("policy", "sign", path("token"), "--key", "x"), ("certificate",), ("certificate", "add"),
                 ("certificate", "list", "x"), ("certificate", "add", "x"), ("audit",), ("audit", "list", "x"),
                 ("audit", "list", "--from", "0"), ("audit", "verify", "--expect", "ab"),
                 ("provider", "list", "--token", "secret")):
        World.service()
        status, out, err = run(*args)
        assert status == 64 and "usage: avow " in err and not out, (args, status, out, err)
    status, _, err = run("provider", "list", env={"AVOW_SERVER": ""})
    assert status == 64 and "--server" in err
    for command in ("provider", "certificate", "audit", "policy"):
        assert ok(command, "--help").startswith("usage: avow " + command)


@tap.case()
def the_token_stands_in_a_file_a_variable_or_on_stdin():
    s = World.service()
    none = {"AVOW_TOKEN": ""}
    listed = ok("provider", "list")
    assert ok("provider", "list", "--token-file", path("token"), env=none) == listed
    assert ok("provider", "list", "--token-file", "-", env=none, stdin=s.token.encode()) == listed
    assert ok("provider", "list", "--server", s.url, "--token-file", path("token"), env={**none, "AVOW_SERVER": "https://x.invalid"}) == listed
    no(1, "unauthorized", "provider", "list", env=none)
    no(1, "unauthorized", "provider", "list", env={"AVOW_TOKEN": "A" * 43})
    # a file that is named wins over the variable
    no(1, "unauthorized", "provider", "list", "--token-file", write("wrong", "A" * 43))
    no(64, "not one word", "provider", "list", env={"AVOW_TOKEN": "two words"})
    no(64, "not one word", "provider", "list", env={"AVOW_TOKEN": "line\r\nX: y"})
    no(64, "cannot be read", "provider", "list", "--token-file", path("absent"))
    no(2, "net_connect", "provider", "list", env={"AVOW_SERVER": "http://127.0.0.1:1"})
    no(2, "usage", "provider", "list", env={"AVOW_SERVER": "http://example.invalid/?x"})
    no(2, "net_url", "provider", "list", env={"AVOW_SERVER": "http://192.0.2.1"})


@tap.case()
def policies_are_set_shown_and_taken_back():
    ok("provider", "create", "pol-icies")
    at = ("--provider", "pol-icies")
    default = ok("policy", "get", "sgx", *at)
    assert default.startswith("version= 1.1;") and ok("policy", "get", "SgxEnclave") == default
    assert ok("policy", "history", "sgx", *at) == ""
    assert ok("policy", "set", "sgx", write("permit", PERMIT), *at) == "SgxEnclave: set\n"
    claims = json.loads(ok("policy", "set", "sgx", "-", *at, "--json", stdin=DENY.encode()))
    assert claims["x-ms-policy-result"] == "Updated"
    assert ok("policy", "get", "sgx", *at) == DENY
    got = json.loads(ok("policy", "get", "sgx", *at, "--json"))
    assert got["policy"] == DENY and got["policyHash"] == ok("policy", "hash", write("deny", DENY)).strip()
    assert ok("policy", "get", "sgx", *at, "--jwt").strip() == got["jwt"]
    # rolled back to the first, which is a version of its own
    assert ok("policy", "set", "sgx", "--version", "1", *at) == "SgxEnclave: set\n"
    assert ok("policy", "get", "sgx", *at) == PERMIT == ok("policy", "get", "sgx", "--version", "1", *at)
    assert ok("policy", "reset", "sgx", *at) == "SgxEnclave: reset\n"
    assert ok("policy", "get", "sgx", *at) == default
    history = json.loads(ok("policy", "history", "sgx", *at, "--json"))
    assert [(v["version"], v["event"]) for v in history] == [(4, "reset"), (3, "set"), (2, "set"), (1, "set")]
    assert history[1]["policyHash"] == history[3]["policyHash"] != history[2]["policyHash"] == got["policyHash"]
    assert all(v["setBy"] == "management token" for v in history) and "policyHash" not in history[0]
    lines = ok("policy", "history", "sgx", *at, "--max", "2").splitlines()
    assert [line.split()[0] for line in lines] == ["4", "3"] and "  reset  by management token" in lines[0]
    assert ok("policy", "set", "sgx", "--version", "4", *at) == "SgxEnclave: reset\n"
    no(1, "not_found", "policy", "get", "sgx", "--version", "9", *at)
    no(1, "not_found", "policy", "set", "sgx", "--version", "9", *at)
    no(1, "policy_syntax", "policy", "set", "sgx", write("bad", "no policy"), *at)
    no(1, "attestation_type", "policy", "get", "NoSuchTee", *at)
    no(1, "provider_unknown", "policy", "get", "sgx", "--provider", "no-such-one")
    no(1, "read_only", "policy", "set", "sgx", path("permit"), "--provider", "shared")
    no(1, "unauthorized", "policy", "history", "sgx", *at, env={"AVOW_TOKEN": ""})
    assert ok("policy", "get", "sgx", *at) == default


@tap.case()
def versions_are_a_readers_and_judged():
    s = World.service()
    for query, code in (("", "api_version"), ("?api-version=1", "api_version"), ("?api-version=2022-08-01&$top=0", "api_parameter"),
                        ("?api-version=2022-08-01&$top=1001", "api_parameter"), ("?api-version=2022-08-01&$top=x", "api_parameter")):
        status, _, text = s.request("GET", "/policies/SgxEnclave/versions" + query, None, {"Authorization": "Bearer " + s.token})
        assert status == 400 and json.loads(text)["error"]["innererror"]["code"] == code, text
    for version in ("0", "x", "-1", "99999999999", "1"):
        status, answer = s.manage("GET", "/policies/OpenEnclave/versions/" + version)[::2]
        assert status == 404 and answer["error"]["innererror"]["code"] == "not_found", answer
    assert s.manage("GET", "/policies/NoSuchTee/versions")[0] == 400
    assert s.request("GET", "/policies/SgxEnclave/versions?api-version=2022-08-01")[0] == 401
    assert s.request("GET", "/policies/SgxEnclave/versions/1?api-version=2022-08-01")[0] == 401


@tap.case()
def jwts_are_signed_in_each_algorithm():
    files = {"rsa": signer("rsa", "rsa:2048"), "p256": signer("p256"), "p384": signer("p384", "ec:secp384r1")}
    text = write("to-sign", PERMIT)
    for name, algorithms in (("rsa", ("RS256", "RS384", "PS256", "PS384")), ("p256", ("ES256",)), ("p384", ("ES384",))):
        key, cert = files[name]
        for algorithm in algorithms:
            jwt = ok("policy", "sign", text, "--key", key, "--cert", cert, "--algorithm", algorithm).strip()
            assert header_of(jwt) == {"alg": algorithm, "x5c": [base64.b64encode(der(cert)).decode()]}
            assert unb64u(claims_of(jwt)["AttestationPolicy"]).decode() == PERMIT
            # what was signed before is sent as it is, and the service finds the signature good
            out = json.loads(ok("policy", "set", "oe", write("jwt", jwt), "--json"))
            assert out["x-ms-policy-signer"]["alg"] == algorithm
            assert ok("policy", "get", "oe", "--jwt").strip() == jwt
        assert header_of(ok("policy", "sign", text, "--key", key, "--cert", cert).strip())["alg"] == algorithms[0]
    assert ok("policy", "sign", text).strip() == "eyJhbGciOiJub25lIn0." + b64u(
        b'{"AttestationPolicy":"' + b64u(PERMIT.encode()).encode() + b'"}') + "."
    assert ok("policy", "sign", "--reset") == "eyJhbGciOiJub25lIn0..\n"
    key, cert = files["p256"]
    head, payload, signature = ok("policy", "sign", "--reset", "--key", key, "--cert", cert).strip().split(".")
    assert payload == "" and len(unb64u(signature)) == 64
    assert "signed" in ok("policy", "history", "oe")
    no(1, "is not the key", "policy", "sign", text, "--key", files["rsa"][0], "--cert", cert)
    no(64, "no algorithm", "policy", "sign", text, "--key", key, "--cert", cert, "--algorithm", "RS256")
    no(64, "no algorithm", "policy", "sign", text, "--key", files["rsa"][0], "--cert", files["rsa"][1], "--algorithm", "RS512")
    no(1, "", "policy", "sign", text, "--key", cert, "--cert", cert)
    no(1, "", "policy", "sign", text, "--key", key, "--cert", key)
    no(64, "already", "policy", "set", "oe", path("jwt"), "--key", key, "--cert", cert)
    ok("policy", "reset", "oe")


@tap.case()
def an_isolated_provider_takes_what_its_certificates_sign():
    (key, cert), (key2, cert2) = signer("first"), signer("second", "rsa:2048")
    at = ("--provider", "iso-lated")
    mine, other = ("--key", key, "--cert", cert), ("--key", key2, "--cert", cert2)
    out = ok("provider", "create", "iso-lated", "--policy-cert", cert)
    assert "trust model    Isolated\n" in out
    text = write("isolated", PERMIT)
    no(1, "policy_unsigned", "policy", "set", "sgx", text, *at)
    no(1, "policy_signer_untrusted", "policy", "set", "sgx", text, *at, *other)
    assert ok("policy", "set", "sgx", text, *at, *mine) == "SgxEnclave: set\n"
    assert ok("policy", "get", "sgx", *at) == PERMIT
    no(1, "policy_unsigned", "policy", "reset", "sgx", *at)
    line = ok("certificate", "list", *at)
    assert line.startswith(thumbprint(cert) + "  until ") and line.endswith("  first\n")
    assert ok("certificate", "add", cert2, *at, *mine) == thumbprint(cert2) + ": present\n"
    assert ok("certificate", "add", cert2, *at, *mine) == thumbprint(cert2) + ": present\n"
    assert len(json.loads(ok("certificate", "list", *at, "--json"))) == 2
    assert ok("policy", "set", "sgx", text, *at, *other) == "SgxEnclave: set\n"
    claims = json.loads(ok("certificate", "remove", thumbprint(cert).lower(), *at, *other, "--json"))
    assert claims["x-ms-policycertificates-result"] == "IsAbsent"
    assert ok("certificate", "list", *at).split()[0] == thumbprint(cert2)
    # the old signer's policy cannot come back, and the last certificate stays
    no(1, "policy_signer_untrusted", "policy", "set", "sgx", "--version", "1", *at)
    no(1, "last_certificate", "certificate", "remove", cert2, *at, *other)
    no(1, "policy_signer_untrusted", "certificate", "add", cert, *at, *mine)
    no(1, "no certificate", "certificate", "remove", "A" * 40, *at, *other)
    no(1, "not_isolated", "certificate", "add", cert, *mine)
    assert ok("certificate", "list") == ""
    assert ok("policy", "reset", "sgx", *at, *other) == "SgxEnclave: reset\n"
    no(1, "", "certificate", "add", text, *at, *other)


@tap.case()
def audit_records_are_listed_and_verified():
    with Service() as s:
        def here(*args):
            return ok(*args, service=s)
        assert here("audit", "list") == ""
        assert here("audit", "verify").startswith("0 records, an unbroken chain; last hash " + "0" * 64)
        here("provider", "create", "aud-it")
        run("provider", "create", "aud-it", service=s)
        here("policy", "set", "sgx", write("audited", PERMIT), "--provider", "aud-it")
        here("provider", "delete", "aud-it")
        data = ("--data", os.path.join(s.data, "data"))
        lines = here("audit", "list").splitlines()
        assert here("audit", "list", *data).splitlines() == lines and len(lines) == 4
        assert [line.split("  ")[2] for line in lines] == ["provider.create", "provider.create", "policy.set", "provider.delete"]
        assert "  conflict  by management token from 127.0.0.1" in lines[1] and lines[3].startswith("4  ")
        assert here("audit", "list", "--from", "2", "--max", "2").splitlines() == lines[1:3]
        records = json.loads(here("audit", "list", "--json"))
        assert json.loads(here("audit", "list", "--json", *data)) == records
        assert records[2]["target"] == "SgxEnclave" and records[2]["outcome"] == "done"
        verdict = here("audit", "verify")
        assert verdict == here("audit", "verify", *data)
        assert verdict == f"4 records, an unbroken chain; last hash {records[3]['hash']}\n"
        # each record is a log line too, within a second, and the last ones at the end
        s.logs(until=records[3]["hash"])
        logged = [json.loads(line) for line in s.logs().splitlines() if '"event":"audit"' in line]
        assert [(r["seq"], r["hash"], r["action"], r["outcome"]) for r in logged] == [
            (r["seq"], r["hash"], r["action"], r["outcome"]) for r in records]
        assert json.loads(here("audit", "verify", "--json", "--expect", records[1]["hash"])) == {
            "lastHash": records[3]["hash"], "records": 4}
        no(1, "expected hash", "audit", "verify", "--expect", "ab" * 32, service=s)
        no(1, "unauthorized", "audit", "list", service=s, env={"AVOW_TOKEN": ""})
        # somebody who can write the database changes history
        db = sqlite3.connect(os.path.join(s.data, "data", "avow.db"))
        db.executescript("DROP TRIGGER audit_is_never_changed; UPDATE audit SET outcome = 'done' WHERE seq = 2;")
        db.close()
        for more in (data, ()):
            status, out, err = run("audit", "verify", *more, service=s)
            assert status == 1 and "record 2" in err and not out, (status, out, err)
    no(2, "store failed", "audit", "list", "--data", path("no-such-folder"))
    s = World.service()
    for query in ("&from=0", "&from=x", "&$top=0", "&$top=1001", "&from="):
        status, _, text = s.request("GET", "/audit?api-version=2022-08-01" + query, None, {"Authorization": "Bearer " + s.token})
        assert status == 400 and json.loads(text)["error"]["innererror"]["code"] == "api_parameter", (query, text)
    assert s.request("GET", "/audit?api-version=2022-08-01")[0] == 401
    ok("provider", "create", "no-audit")
    assert s.manage("GET", "/providers/no-audit/audit")[0] == 404


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
    shutil.rmtree(HOME, ignore_errors=True)
