"""Policies over HTTP: every recorded exchange replayed, who may, what is refused.

What the recordings cannot show stands beside them: the very next attestation is
judged by the new policy, and a refusal changes nothing.
"""
import ast
import base64
import glob
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile

from avowtest import Service, Tap, b64u, claims_of, forge, header_of, unb64u, vectors, unsigned

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-policies-")
V = "?api-version=2022-08-01"
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"
DENY = "version= 1.0;authorizationrules{=> deny();};issuancerules{};"
SGX, OE = "/policies/SgxEnclave", "/policies/OpenEnclave"


class World:
    one = None
    sim = None

    @classmethod
    def service(cls):
        if cls.one is None:
            cls.sim = forge(os.path.join(HOME, "sim"))
            cls.one = Service("--collateral", os.path.join(cls.sim, "collateral"), "--trust-anchor",
                              os.path.join(cls.sim, "root.pem"))
        return cls.one

    @classmethod
    def attest(cls):
        with open(os.path.join(cls.sim, "quote.bin"), "rb") as f:
            return cls.service().attest("SgxEnclave", {"quote": b64u(f.read())})


def load(path):
    with open(path, encoding="utf-8") as f:
        d = json.load(f)
    return {k: ast.literal_eval(v) if k in ("request", "response", "decoded") and isinstance(v, str) else v
            for k, v in d.items()}


RESET = "eyJhbGciOiJub25lIn0.."


def text_of(service, path):
    status, _, answer = service.manage("GET", path)
    assert status == 200, answer
    jwt = claims_of(answer["token"])["x-ms-policy"]
    payload = unb64u(jwt.split(".")[1])
    return unb64u(json.loads(payload)["AttestationPolicy"]).decode() if payload else None


def inner(answer):
    return answer["error"]["innererror"]["code"]


def signer(kind="rsa:2048"):
    """(key file, certificate in DER) of a fresh self-signed signer."""
    key, cert = os.path.join(HOME, "signer.key"), os.path.join(HOME, "signer.der")
    new = ["-newkey", kind] if kind.startswith("rsa") else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + kind]
    subprocess.run(["openssl", "req", "-x509", *new, "-nodes", "-keyout", key, "-out", cert, "-outform", "DER",
                    "-days", "2", "-subj", "/CN=signer"], check=True, capture_output=True)
    with open(cert, "rb") as f:
        return key, f.read()


def rs256(key, header, text):
    payload = json.dumps({"AttestationPolicy": b64u(text.encode())}).encode() if text else b""
    signing = b64u(json.dumps(header).encode()) + "." + b64u(payload)
    p = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signing.encode(), capture_output=True,
                       check=True)
    return signing + "." + b64u(p.stdout)


@tap.case()
def recorded_policy_exchanges():
    source = vectors("maa-azure-sdk-cpp")
    seen = set()
    s = World.service()
    names = sorted(glob.glob(os.path.join(source, "policy-Policy*.json")))
    for name in names:
        d = load(name)
        path = "/policies/" + d["request"]["url"].split("/policies/")[1].split("?")[0]
        status, headers, answer = s.manage(d["request"]["method"], path, d["request"]["body"], "2020-10-01")
        assert status == d["response"]["status"] == 200, (name, answer)
        assert headers["Content-Type"] == d["response"]["headers"]["Content-Type"], name
        want, got = d["decoded"]["claims"], claims_of(answer["token"])
        assert set(got) == set(want) and got["exp"] - got["iat"] == want["exp"] - want["iat"], (name, got)
        assert set(header_of(answer["token"])) == set(d["decoded"]["header"])
        for k in set(want) - {"exp", "iat", "iss", "nbf"}:
            # the recorded service's default was 1.0 once; ours is the 1.1 text
            if "GetPolicy" not in name:
                assert got[k] == want[k], (name, k, got[k])
        seen.add((d["request"]["method"], path))
    assert len(seen) == 9 and len(names) >= 15, (seen, len(names))


@tap.case()
def recorded_certificate_exchanges_of_this_trust_model():
    source = vectors("maa-azure-sdk-cpp")
    s = World.service()
    for pattern in ("*CertificatesAad*", "*CertificatesShared*", "*VerifyFailedAdd*", "*VerifyFailedRemove*"):
        names = glob.glob(os.path.join(source, "policycerts-" + pattern))
        assert names, pattern
        for name in names:
            d = load(name)
            path = "/" + d["request"]["url"].split("attest.azure.net/")[1].split("?")[0]
            status, _, answer = s.manage(d["request"]["method"], path, d["request"]["body"])
            assert status == d["response"]["status"], (name, answer)
            if status == 200:
                key = "x-ms-policy-certificates"
                assert claims_of(answer["token"])[key] == d["decoded"]["claims"][key] == {"keys": []}
            else:
                assert answer["error"]["code"] == d["response"]["body"]["error"]["code"] == "InvalidOperation"
                assert inner(answer) == "not_isolated"


@tap.case()
def recorded_certificate_exchanges_of_an_isolated_provider():
    source = vectors("maa-azure-sdk-cpp")
    s = World.service()
    names = sorted(glob.glob(os.path.join(source, "policycerts-*Policy*Certificate*.json")))
    names = [n for n in names if "Aad" not in n and "Shared" not in n]
    assert len(names) == 6, names
    key = "x-ms-policy-certificates"
    first = load([n for n in names if "Isolated" in n][0])["decoded"]["claims"][key]["keys"]
    s.make_provider("recorded", [base64.b64decode(k["x5c"][0]) for k in first])
    for name in sorted(names, key=lambda n: ("Remove" in n, n)):
        d = load(name)
        path = "/providers/recorded/" + d["request"]["url"].split("attest.azure.net/")[1].split("?")[0]
        status, _, answer = s.manage(d["request"]["method"], path, d["request"]["body"])
        assert status == d["response"]["status"] == 200, (name, answer)
        want, got = d["decoded"]["claims"], claims_of(answer["token"])
        assert set(header_of(answer["token"])) == set(d["decoded"]["header"])
        # the name of 2025-06-01 stands beside the recorded one
        assert set(got) - {"x-ms-certificate-result"} == set(want), (name, got)
        assert got["exp"] - got["iat"] == want["exp"] - want["iat"]
        for k in set(want) - {"exp", "iat", "iss", "nbf"}:
            if k == key:
                assert sorted(map(str, got[k]["keys"])) == sorted(map(str, want[k]["keys"])), (name, got[k])
            else:
                assert got[k] == want[k], (name, k)


@tap.case()
def the_next_attestation_is_judged_by_the_new_policy():
    s = World.service()
    for _ in range(5):
        assert s.manage("PUT", SGX, unsigned(DENY))[0] == 200
        status, answer = World.attest()
        assert status == 400 and inner(answer) == "policy_denied", answer
        assert s.manage("PUT", SGX, unsigned(PERMIT))[0] == 200
        status, answer = World.attest()
        want = b64u(hashlib.sha256(b64u(PERMIT.encode()).encode()).digest())
        assert status == 200 and claims_of(answer["token"])["x-ms-policy-hash"] == want
        assert "x-ms-policy-signer" not in claims_of(answer["token"])
    assert text_of(s, OE) != PERMIT
    assert s.manage("POST", SGX + ":reset", RESET)[0] == 200
    assert text_of(s, SGX).startswith("version= 1.1;")


@tap.case()
def a_signer_is_shown_in_the_answer_and_in_tokens():
    s = World.service()
    key, cert = signer()
    x5c = [base64.b64encode(cert).decode()]
    for header in ({"alg": "RS256", "x5c": x5c}, {"alg": "RSA256", "x5c": x5c}, {"alg": "RS256", "jwk": {"x5c": x5c}}):
        jwt = rs256(key, header, PERMIT)
        status, _, answer = s.manage("PUT", SGX, jwt)
        assert status == 200, answer
        claims = claims_of(answer["token"])
        bare = {"alg": "RS256", "kty": "RSA", "use": "sig", "x5c": x5c}
        assert claims["x-ms-policy-signer"] == bare and claims["x-ms-policy-result"] == "Updated"
        assert claims["x-ms-policy-token-hash"] == b64u(hashlib.sha256(jwt.encode()).digest())
        token = claims_of(World.attest()[1]["token"])
        assert token["x-ms-policy-signer"] == {**bare, "jwk": bare}
    status, _, answer = s.manage("POST", SGX + ":reset", rs256(key, {"alg": "RS256", "x5c": x5c}, None))
    assert status == 200 and claims_of(answer["token"])["x-ms-policy-result"] == "Removed"


@tap.case()
def what_is_refused_changes_nothing():
    s = World.service()
    key, cert = signer()
    x5c = [base64.b64encode(cert).decode()]
    good = rs256(key, {"alg": "RS256", "x5c": x5c}, PERMIT)
    assert s.manage("PUT", SGX, unsigned(DENY))[0] == 200
    head, payload, signature = good.split(".")
    for body, api, code in (
            (unsigned("version= 1.0 authorizationrules{}"), "PolicyParsingError", "policy_syntax"),
            (RESET, "PolicyParsingError", "policy_syntax"),
            (unsigned(PERMIT) + "AAAA", "InvalidOperation", "jws_signature"),
            (".".join([head, unsigned(DENY).split(".")[1], signature]), "InvalidOperation", "jws_signature"),
            (".".join([head, payload, ""]), "InvalidOperation", "jws_signature"),
            (rs256(key, {"alg": "HS256", "x5c": x5c}, PERMIT), "InvalidOperation", "jws_algorithm"),
            (rs256(key, {"alg": "ES256", "x5c": x5c}, PERMIT), "InvalidOperation", "jws_algorithm"),
            (rs256(key, {"alg": "RS256"}, PERMIT), "InvalidOperation", "policy_signer"),
            (rs256(key, {"alg": "RS256", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, PERMIT),
             "InvalidOperation", "policy_signer"),
            (rs256(key, {"alg": "RS256", "x5c": x5c * 50}, PERMIT), "InvalidParameter", "too_large"),
            ("no jwt", "InvalidOperation", "jws_format")):
        status, _, answer = s.manage("PUT", SGX, body)
        assert status == 400 and answer["error"]["code"] == api and inner(answer) == code, (body[:60], answer)
    status, _, answer = s.manage("POST", SGX + ":reset", unsigned(PERMIT))
    assert status == 400 and inner(answer) == "policy_reset", answer
    status, _, answer = s.manage("PUT", "/policies/NoSuchTee", unsigned(PERMIT))
    assert status == 400 and inner(answer) == "attestation_type"
    status, _, answer = s.manage("PUT", SGX, "x" * (1 << 20) + "y")
    assert status == 413 and inner(answer) == "http_body_too_large"
    assert text_of(s, SGX) == DENY and inner(World.attest()[1]) == "policy_denied"
    s.manage("POST", SGX + ":reset", RESET)


@tap.case()
def only_the_token_opens_management():
    s = World.service()
    calls = (("PUT", SGX, unsigned(PERMIT)), ("POST", SGX + ":reset", RESET), ("GET", "/certificates", None),
             ("POST", "/certificates:add", '"a.b.c"'), ("POST", "/certificates:remove", '"a.b.c"'))
    for method, path, body in calls:
        for value in (None, "Bearer", "Bearer ", "Bearer x", "Basic " + s.token, s.token, "Bearer " + s.token + "A",
                      "Bearer " + s.token[:-1], "Bearer " + s.token + " x", "Bearer " + s.token + ",Bearer x"):
            status, headers, text = s.request(method, path + V, body, {"Authorization": value} if value else {})
            assert status == 401 and headers["WWW-Authenticate"] == "Bearer", (path, value, text)
            answer = json.loads(text)
            assert answer["error"]["code"] == "Unauthorized" and inner(answer) == "unauthorized"
    status, _, _ = s.request("GET", SGX + V, None, {"Authorization": "Bearer x"})
    assert status == 401
    assert s.request("GET", SGX + V)[0] == 200, "a default is public"
    assert s.manage("PUT", SGX, unsigned(PERMIT))[0] == 200
    assert s.request("GET", SGX + V)[0] == 401, "a policy that was set is not"
    s.manage("POST", SGX + ":reset", RESET)
    assert s.token not in s.logs()


@tap.case()
def the_token_is_told_once_and_kept_as_a_digest():
    data = tempfile.mkdtemp(dir=HOME)
    with Service(data=data) as s:
        token = s.token
        assert len(token) == 43
    path = os.path.join(data, "data", "management-token.sha256")
    with open(path) as f:
        assert f.read() == hashlib.sha256(token.encode()).hexdigest() + "\n"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with Service(data=data) as s:
        assert len(s.first_lines) == 1, s.first_lines
        assert s.request("GET", "/certificates" + V, None, {"Authorization": "Bearer " + token})[0] == 200


@tap.case()
def each_change_and_each_refused_one_is_a_record():
    data = tempfile.mkdtemp(dir=HOME)
    with Service(data=data) as s:
        ids = [s.manage("PUT", SGX, unsigned(PERMIT))[1]["x-ms-request-id"],
               s.manage("PUT", SGX, unsigned("no policy"))[1]["x-ms-request-id"],
               s.manage("POST", SGX + ":reset", RESET)[1]["x-ms-request-id"]]
        status, headers, _ = s.request("PUT", SGX + V, unsigned(DENY))
        assert status == 401
        ids.append(headers["x-ms-request-id"])
    db = sqlite3.connect(os.path.join(data, "data", "avow.db"))
    rows = db.execute("SELECT actor, action, provider, target, outcome, request FROM audit ORDER BY seq").fetchall()
    db.close()
    who = ("management token",)
    assert rows == [who + ("policy.set", "default", "SgxEnclave", "done", ids[0]),
                    who + ("policy.set", "default", "SgxEnclave", "policy_syntax", ids[1]),
                    who + ("policy.reset", "default", "SgxEnclave", "done", ids[2]),
                    ("nobody", "policy.set", "default", "SgxEnclave", "unauthorized", ids[3])], rows


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
    shutil.rmtree(HOME, ignore_errors=True)
