"""Providers: whose URL a request came by, two trust models, and no way across.

Every refusal is checked three times: its code, that nothing changed, and that
there is exactly one audit record of it.
"""
import base64
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from avowtest import Service, Tap, b64u, claims_of, forge, header_of, unsigned
from signers import Signer, run

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-providers-")
V = "?api-version=2022-08-01"
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"
DENY = "version= 1.0;authorizationrules{=> deny();};issuancerules{};"
UNSIGNED = "eyJhbGciOiJub25lIn0."
RESET = UNSIGNED + "."


def inner(answer):
    return answer["error"]["innererror"]["code"]


class World:
    """One service with an AAD tenant, and an isolated one whose root signs for it."""
    one = sim = quote = None
    at = {}

    @classmethod
    def service(cls):
        if cls.one is None:
            cls.sim = forge(os.path.join(HOME, "sim"))
            with open(os.path.join(cls.sim, "quote.bin"), "rb") as f:
                cls.quote = b64u(f.read())
            cls.root = Signer(HOME, "root", usage="keyCertSign,digitalSignature")
            cls.other_root = Signer(HOME, "other-root")
            cls.one = Service(*cls.flags())
            cls.at = {"aad": "/providers/acme", "iso": "/providers/walled", "iso2": "/providers/fenced"}
            cls.one.make_provider("acme")
            cls.one.make_provider("walled", [cls.root.der])
            cls.one.make_provider("fenced", [cls.other_root.der])
        return cls.one

    @classmethod
    def flags(cls):
        return ["--collateral", os.path.join(cls.sim, "collateral"), "--trust-anchor",
                os.path.join(cls.sim, "root.pem")]


def manage(method, where, path, body=None):
    status, headers, answer = World.service().manage(method, World.at.get(where, where) + path, body)
    return status, answer


def attest(where="", headers=None, service=None):
    s = service or World.service()
    status, _, text = s.request("POST", World.at.get(where, where) + "/attest/SgxEnclave" + V,
                                {"quote": World.quote}, headers)
    return status, json.loads(text)


def records(service=None):
    s = service or World.service()
    db = sqlite3.connect(os.path.join(s.data, "data", "avow.db"), timeout=30)
    try:
        return db.execute("SELECT action, provider, target, outcome FROM audit ORDER BY seq").fetchall()
    finally:
        db.close()


def state(where):
    """All that can be changed of a provider: policies in force and certificates."""
    out = []
    for path in ("/policies/SgxEnclave", "/policies/OpenEnclave", "/certificates"):
        status, answer = manage("GET", where, path)
        assert status == 200, answer
        c = claims_of(answer["token"])
        out.append(c.get("x-ms-policy") or c["x-ms-policy-certificates"])
    return out


def refused(code, method, where, path, body, api=None, status=400):
    """It is refused with that code, changes nothing, and leaves one record."""
    before, seen = state(where), len(records())
    got, answer = manage(method, where, path, body)
    assert got == status and inner(answer) == code, (code, got, answer)
    assert api is None or answer["error"]["code"] == api, answer
    assert state(where) == before, "a refused change changed something"
    new = records()[seen:]
    assert len(new) == 1 and new[0][1] == World.at.get(where, where).split("/")[-1] and new[0][3] == code, new


# --- instance URLs -------------------------------------------------------------------------


@tap.case()
def a_token_comes_from_its_providers_url_alone():
    s = World.service()
    for where, url in (("", s.url), ("aad", s.url + "/providers/acme"), ("/providers/shared", s.url + "/providers/shared"),
                       ("/Providers/ACME", s.url + "/providers/acme")):
        base = World.at.get(where, where)
        status, answer = attest(where, {"Forwarded": "host=evil.example", "X-Forwarded-Host": "evil.example"})
        assert status == 200, answer
        token = answer["token"]
        assert claims_of(token)["iss"] == url and header_of(token)["jku"] == url + "/certs"
        keys = json.loads(s.request("GET", base + "/certs")[2])["keys"]
        assert url.encode() in base64.b64decode(keys[0]["x5c"][0]), "the certificate names the URL"
        meta = json.loads(s.request("GET", base + "/.well-known/openid-configuration")[2])
        assert meta["issuer"] == url and meta["jwks_uri"] == url + "/certs"
        assert claims_of(manage("GET", base, "/policies/SgxEnclave")[1]["token"])["iss"] == url


@tap.case()
def what_names_no_provider_is_404():
    s = World.service()
    for prefix, host in (("/providers/nobody", None), ("/providers/default", None), ("", "evil.example"),
                         ("", "acme." + s.url.split("//")[1]), ("/providers/acme", "evil.example")):
        headers = {"Authorization": "Bearer " + s.token, **({"Host": host} if host else {})}
        for method, path, body in (
                ("POST", "/attest/SgxEnclave" + V, json.dumps({"quote": World.quote})), ("GET", "/certs", None),
                ("GET", "/.well-known/openid-configuration", None), ("GET", "/policies/SgxEnclave" + V, None),
                ("PUT", "/policies/SgxEnclave" + V, unsigned(PERMIT)), ("POST", "/policies/SgxEnclave:reset" + V, RESET),
                ("GET", "/certificates" + V, None), ("POST", "/certificates:add" + V, '"a.b.c"'),
                ("POST", "/certificates:remove" + V, '"a.b.c"')):
            status, _, text = s.request(method, prefix + path, body, headers)
            answer = json.loads(text)
            assert status == 404 and inner(answer) == "provider_unknown", (prefix, host, path, answer)
            assert answer["error"]["code"] == "NotFound"
    for path in ("/providers/acme", "/providers/a.b/certs", "/providers/../certs", "/providers/x/certs"):
        assert s.request("GET", path)[0] == 404, path
    for path, status in (("/livez", 200), ("/readyz", 200), ("/servicehealth", 204)):
        assert s.request("GET", path, headers={"Host": "probe.example"})[0] == status
    status, answer = attest("", {"Host": "localhost:1"})
    assert status == 200 and claims_of(answer["token"])["iss"] == s.url


@tap.case()
def with_a_base_domain_the_host_names_the_provider():
    World.service()
    with Service("--base-domain", "tenants.test:8443", *World.flags()) as s:
        s.make_provider("acme", url="http://acme.tenants.test:8443")
        # a URL is fixed when a provider is made, whatever the configuration says later
        s.make_provider("moved", url="https://moved.old.example")
        for host, iss in (("acme.tenants.test:8443", "http://acme.tenants.test:8443"),
                          ("Acme.Tenants.Test", "http://acme.tenants.test:8443"),
                          ("shared.tenants.test", "http://shared.tenants.test:8443"),
                          ("moved.tenants.test", "https://moved.old.example"), (s.url.split("//")[1], s.url)):
            status, answer = attest("", {"Host": host}, s)
            assert status == 200, (host, answer)
            assert claims_of(answer["token"])["iss"] == iss and header_of(answer["token"])["jku"] == iss + "/certs"
        for host in ("nobody.tenants.test", "default.tenants.test", "tenants.test", "a.b.tenants.test",
                     "evil.example", "10.1.2.3"):
            status, answer = attest("", {"Host": host}, s)
            assert status == 404 and inner(answer) == "provider_unknown", (host, answer)
        assert s.request("GET", "/providers/acme/certs")[0] == 404, "one form alone"


@tap.case()
def shared_is_only_read():
    assert manage("GET", "/providers/shared", "/policies/SgxEnclave")[0] == 200
    assert claims_of(manage("GET", "/providers/shared", "/certificates")[1]["token"])["x-ms-policy-certificates"] == {
        "keys": []}
    for method, path, body in (("PUT", "/policies/SgxEnclave", unsigned(DENY)), ("POST", "/policies/SgxEnclave:reset", RESET),
                               ("POST", "/certificates:add", World.root.certificate(World.root)),
                               ("POST", "/certificates:remove", World.root.certificate(World.root))):
        refused("read_only", method, "/providers/shared", path, body, "Forbidden", 403)


@tap.case()
def what_another_process_changed_is_seen():
    s = World.service()
    s.make_provider("slow")
    assert attest("/providers/slow")[0] == 200
    db = sqlite3.connect(os.path.join(s.data, "data", "avow.db"), timeout=30)
    with db:
        db.execute("INSERT INTO policy (provider, type, version, event, text, jwt, hash, signer, set_s, set_by) SELECT id,"
                   " 'SgxEnclave', 1, 'set', ?, ?, 'h', '', 1, 'x' FROM provider WHERE name = 'slow'",
                   (DENY, unsigned(DENY)))
        db.execute("UPDATE provider SET change = change + 1 WHERE name = 'slow'")
        db.execute("UPDATE generation SET value = value + 1")
    db.close()
    end = time.monotonic() + 60
    while attest("/providers/slow")[0] == 200:
        assert time.monotonic() < end, "it is never seen"
    assert inner(attest("/providers/slow")[1]) == "policy_denied"


@tap.case()
def settings_are_one_providers_own():
    s = World.service()
    s.make_provider("strict", settings={"acceptedTcbStatuses": ["OutOfDate"]})
    s.make_provider("broken", settings={"acceptedTcbStatuses": ["Revoked"]})
    status, answer = attest("/providers/strict")
    assert status == 400 and inner(answer) == "tcb_not_accepted", answer
    status, answer = attest("/providers/broken")
    assert status == 503 and inner(answer) == "store_corrupt", answer
    assert attest("")[0] == 200 and attest("aad")[0] == 200


# --- the isolated model ----------------------------------------------------------------------


@tap.case()
def an_isolated_provider_takes_what_its_certificates_signed():
    World.service()
    signers = [World.root]
    for alg in ("RS256", "RS384", "PS256", "PS384", "ES256", "ES384"):
        ca = Signer(HOME, "ca-" + alg, issuer=World.root, ca=True, usage="keyCertSign")
        signers.append(Signer(HOME, "leaf-" + alg, alg, issuer=ca, usage="digitalSignature"))
    for n, signer in enumerate(signers):
        text = PERMIT.replace("{};", f'{{=> issue(type="n", value={n});}};')
        jwt = signer.policy(text)
        status, answer = manage("PUT", "iso", "/policies/SgxEnclave", jwt)
        assert status == 200, (signer.name, answer)
        c = claims_of(answer["token"])
        want = {"alg": signer.alg, "kty": signer.jwk()["kty"], "use": "sig", "x5c": signer.x5c()}
        assert c["x-ms-policy-signer"] == want and c["x-ms-policy-result"] == "Updated"
        assert c["x-ms-policy-token-hash"] == b64u(hashlib.sha256(jwt.encode()).digest())
        status, answer = attest("iso")
        assert status == 200 and claims_of(answer["token"])["n"] == n, answer
        assert claims_of(answer["token"])["x-ms-policy-signer"] == {**want, "jwk": want}
    status, answer = manage("POST", "iso", "/policies/SgxEnclave:reset", signers[-1].reset())
    assert status == 200
    c = claims_of(answer["token"])
    assert c["x-ms-policy-result"] == "Removed" and set(c) == {"exp", "iat", "iss", "nbf", "x-ms-policy-result"}
    # the trusted certificate need not be sent
    leaf = signers[1]
    jwt = leaf.policy(PERMIT, header={"alg": "RS256", "x5c": leaf.x5c(2)})
    assert manage("PUT", "iso", "/policies/SgxEnclave", jwt)[0] == 200
    assert manage("POST", "iso", "/policies/SgxEnclave:reset", World.root.reset())[0] == 200


@tap.case()
def a_jwt_of_any_other_shape_is_refused():
    World.service()
    root, put = World.root, "/policies/SgxEnclave"
    good = root.policy(PERMIT)
    head, payload, signature = good.split(".")
    x5c = root.x5c()
    secret = "eyJhbGciOiJIUzI1NiJ9"
    no_ca = Signer(HOME, "no-ca", issuer=root, ca=False, usage="digitalSignature")
    under_no_ca = Signer(HOME, "under-no-ca", issuer=no_ca)
    expired = Signer(HOME, "expired", issuer=root, days=-1)
    usage = Signer(HOME, "other-usage", issuer=root, usage="keyEncipherment")
    stranger = Signer(HOME, "stranger")
    for code, api, body in (
            ("policy_unsigned", "InvalidOperation", unsigned(PERMIT)),
            ("jws_signature", "InvalidOperation", unsigned(PERMIT) + signature),
            ("jws_signature", "InvalidOperation", f"{head}.{payload}."),
            ("jws_signature", "InvalidOperation", f"{head}.{unsigned(DENY).split('.')[1]}.{signature}"),
            ("jws_algorithm", "InvalidOperation", f"{secret}.{payload}.{signature}"),
            ("jws_algorithm", "InvalidOperation", root.policy(PERMIT, header={"alg": "HS256", "x5c": x5c})),
            ("jws_algorithm", "InvalidOperation", root.policy(PERMIT, header={"alg": "ES256", "x5c": x5c})),
            ("jws_signature", "InvalidOperation", root.policy(PERMIT, header={"alg": "PS256", "x5c": x5c})),
            ("policy_signer", "InvalidOperation", root.policy(PERMIT, header={"alg": "RS256"})),
            ("policy_signer", "InvalidOperation",
             root.policy(PERMIT, header={"alg": "RS256", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}})),
            ("policy_signer", "InvalidOperation", root.policy(PERMIT, header={"alg": "RS256", "x5c": "x"})),
            ("too_large", "InvalidParameter", root.policy(PERMIT, header={"alg": "RS256", "x5c": x5c * 50})),
            ("jws_format", "InvalidOperation",
             "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ." + payload + "." + signature),  # alg twice
            ("jws_format", "InvalidOperation", good + "."),
            ("jws_format", "InvalidOperation", "=".join(good.split("."))),
            ("jws_format", "InvalidOperation", head + "." + payload),
            ("json_duplicate", "InvalidParameter",
             root.sign(b'{"AttestationPolicy":"eA","AttestationPolicy":"eA"}')),
            ("json_missing", "InvalidParameter", root.sign({"policy": "x"})),
            ("policy_syntax", "PolicyParsingError", root.policy("version= 1.0")),
            ("policy_signer_untrusted", "InvalidParameter", stranger.policy(PERMIT)),
            ("policy_signer_untrusted", "InvalidParameter", World.other_root.policy(PERMIT)),
            ("chain_issuer", "InvalidParameter",
             stranger.policy(PERMIT, header={"alg": "RS256", "x5c": stranger.x5c() + x5c})),
            ("jws_signature", "InvalidOperation", stranger.policy(PERMIT, header={"alg": "RS256", "x5c": x5c})),
            ("chain_not_ca", "InvalidParameter", under_no_ca.policy(PERMIT)),
            ("chain_expired", "InvalidParameter", expired.policy(PERMIT)),
            ("chain_key_usage", "InvalidParameter", usage.policy(PERMIT))):
        refused(code, "PUT", "iso", put, body, api)
    # RS/HS confusion in earnest: an HMAC under the public key that everybody has
    with open(root.pem, "rb") as f:
        public = run("x509", "-noout", "-pubkey", stdin=f.read())
    confused = b64u(b'{"alg":"HS256","x5c":["%s"]}' % x5c[0].encode()) + "." + payload
    mac = hmac.new(public, confused.encode(), hashlib.sha256).digest()
    refused("jws_algorithm", "PUT", "iso", put, f"{confused}.{b64u(mac)}", "InvalidOperation")
    # keys that are only named, and a JWT that was signed for something else
    for where in ({"jku": "https://127.0.0.1:1/keys"}, {"x5u": "https://127.0.0.1:1/cert"}, {"kid": "root"}):
        refused("policy_signer", "PUT", "iso", put, root.policy(PERMIT, header={"alg": "RS256", **where}))
    refused("json_missing", "PUT", "iso", put, json.loads(root.certificate(root)))
    refused("policy_cert_claim", "POST", "iso", "/certificates:add", json.dumps(good))
    refused("policy_reset", "POST", "iso", put + ":reset", good)
    refused("policy_unsigned", "POST", "iso", put + ":reset", RESET)
    refused("policy_signer_untrusted", "POST", "iso", put + ":reset", stranger.reset())
    refused("attestation_type", "PUT", "iso", "/policies/NoSuchTee", good)
    # over the limit: refused before any of it is taken; nobody waits for its record
    for method, path, record in (("PUT", put, ("policy.set", "walled", "SgxEnclave")),
                                 ("POST", put + ":reset", ("policy.reset", "walled", "SgxEnclave")),
                                 ("POST", "/certificates:add", ("certificate.add", "walled", "")),
                                 ("POST", "/certificates:remove", ("certificate.remove", "walled", ""))):
        before, seen = state("iso"), len(records())
        status, answer = manage(method, "iso", path, "x" * ((1 << 20) + 1))
        assert status == 413 and inner(answer) == "http_body_too_large" and state("iso") == before
        end = time.monotonic() + 60
        while len(records()) == seen:
            assert time.monotonic() < end, "it has no record"
        assert records()[seen:] == [(*record, "http_body_too_large")], records()[seen:]


@tap.case()
def a_root_that_is_no_ca_signs_for_nobody():
    # such a certificate cannot be added; here another program has put it there
    s = World.service()
    root = Signer(HOME, "root-no-ca", ca=False)
    s.make_provider("rootless", [root.der])
    refused("chain_not_ca", "PUT", "/providers/rootless", "/policies/SgxEnclave",
            Signer(HOME, "below-no-ca", issuer=root).policy(PERMIT), "InvalidParameter")


@tap.case()
def without_certificates_a_signature_still_has_to_hold():
    World.service()
    root, put = World.root, "/policies/SgxEnclave"
    good = root.policy(PERMIT)
    head, payload, signature = good.split(".")
    for code, api, body in (
            ("jws_signature", "InvalidOperation", f"{head}.{payload}."),
            ("jws_signature", "InvalidOperation", unsigned(PERMIT) + signature),
            ("jws_algorithm", "InvalidOperation", root.policy(PERMIT, header={"alg": "HS256", "x5c": root.x5c()})),
            ("policy_signer", "InvalidOperation", root.policy(PERMIT, header={"alg": "RS256", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}})),
            ("too_large", "InvalidParameter", root.policy(PERMIT, header={"alg": "RS256", "x5c": root.x5c() * 50})),
            ("jws_format", "InvalidOperation",
             "eyJhbGciOiJub25lIiwiYWxnIjoibm9uZSJ9." + unsigned(PERMIT).split(".")[1] + "."),  # alg twice
            ("json_missing", "InvalidParameter", json.loads(root.certificate(root))),
            ("policy_syntax", "PolicyParsingError", unsigned("version= 1.0"))):
        refused(code, "PUT", "aad", put, body, api)
    refused("policy_reset", "POST", "aad", put + ":reset", unsigned(PERMIT))
    refused("attestation_type", "PUT", "aad", "/policies/NoSuchTee", unsigned(PERMIT))


@tap.case()
def a_change_of_no_provider_is_one_record():
    World.service()
    for method, path, body, action, target in (
            ("PUT", "/policies/SgxEnclave", unsigned(PERMIT), "policy.set", "SgxEnclave"),
            ("POST", "/policies/SgxEnclave:reset", RESET, "policy.reset", "SgxEnclave"),
            ("POST", "/certificates:add", World.root.certificate(World.root), "certificate.add", ""),
            ("POST", "/certificates:remove", World.root.certificate(World.root), "certificate.remove", "")):
        seen = len(records())
        status, answer = manage(method, "/providers/nobody-at-all", path, body)
        assert status == 404 and inner(answer) == "provider_unknown", answer
        assert records()[seen:] == [(action, "nobody-at-all", target, "provider_unknown")], records()[seen:]
    assert manage("GET", "/providers/nobody-at-all", "/certificates")[0] == 404


@tap.case()
def certificates_come_and_go_and_the_last_one_stays():
    World.service()
    root, rsa, ec = World.root, Signer(HOME, "rsa-more"), Signer(HOME, "ec-more", "ES256")

    def listed():
        return claims_of(manage("GET", "iso", "/certificates")[1]["token"])["x-ms-policy-certificates"]["keys"]

    bare = {"alg": "RS256", "kty": "RSA", "use": "sig", "x5c": root.x5c()}
    assert listed() == [bare]
    for more, body in ((rsa, root.certificate(rsa)), (ec, root.certificate(ec, "maa-policyCertificate")),
                       (ec, root.certificate(ec, "x-ms-policyCertificate")),
                       (ec, json.dumps({"policyCertificateToAdd": json.loads(root.certificate(ec))}))):
        status, answer = manage("POST", "iso", "/certificates:add", body)
        assert status == 200, answer
        c = claims_of(answer["token"])
        assert c["x-ms-certificate-thumbprint"] == hashlib.sha1(more.der).hexdigest().upper()
        assert c["x-ms-policycertificates-result"] == c["x-ms-certificate-result"] == "IsPresent"
        assert c["exp"] - c["iat"] == 3600
    assert sorted(k["x5c"][0] for k in listed()) == sorted(s.x5c()[0] for s in (root, rsa, ec))
    assert {k["alg"] for k in listed()} == {"RS256", "ES256"}
    assert manage("PUT", "iso", "/policies/SgxEnclave", ec.policy(PERMIT))[0] == 200
    # one that was added may take the first away
    status, answer = manage("POST", "iso", "/certificates:remove", ec.certificate(root))
    assert status == 200 and claims_of(answer["token"])["x-ms-policycertificates-result"] == "IsAbsent"
    refused("policy_signer_untrusted", "PUT", "iso", "/policies/SgxEnclave", root.policy(PERMIT))
    for _ in range(2):  # what is not there is absent, too
        status, answer = manage("POST", "iso", "/certificates:remove", ec.certificate(rsa))
        assert status == 200 and claims_of(answer["token"])["x-ms-certificate-result"] == "IsAbsent"
    refused("last_certificate", "POST", "iso", "/certificates:remove", ec.certificate(ec), "InvalidOperation")
    assert manage("POST", "iso", "/policies/SgxEnclave:reset", ec.reset())[0] == 200
    assert manage("POST", "iso", "/certificates:add", ec.certificate(root))[0] == 200
    assert manage("POST", "iso", "/certificates:remove", root.certificate(ec))[0] == 200
    assert listed() == [bare]


@tap.case()
def certificate_changes_of_any_other_shape_are_refused():
    World.service()
    root, add, remove = World.root, "/certificates:add", "/certificates:remove"
    leaf = Signer(HOME, "child", issuer=root, usage="digitalSignature")
    no_ca = Signer(HOME, "self-no-ca", ca=False)
    jwk = leaf.jwk()
    for code, api, body in (
            ("jws_format", "InvalidOperation", '"a.b"'), ("jws_format", "InvalidOperation", ""),
            ("json_missing", "InvalidParameter", "{}"), ("json_missing", "InvalidParameter", '{"policyCertificateToAdd":1}'),
            ("json_duplicate", "InvalidParameter", '{"policyCertificateToAdd":"a","PolicyCertificateToAdd":"b"}'),
            ("policy_unsigned", "InvalidOperation", json.dumps(unsigned(PERMIT))),
            ("policy_signer_untrusted", "InvalidParameter", World.other_root.certificate(leaf)),
            # a child of a policy certificate signs policies and nothing else
            ("policy_signer_untrusted", "InvalidParameter", leaf.certificate(leaf)),
            ("policy_cert_claim", "InvalidOperation", json.dumps(root.sign({"certificate": jwk}))),
            ("policy_cert_claim", "InvalidOperation", json.dumps(root.sign(b""))),
            ("policy_cert_claim", "InvalidOperation",
             json.dumps(root.sign({"policyCertificate": jwk, "maa-policyCertificate": World.other_root.jwk()}))),
            ("policy_key", "InvalidParameter", json.dumps(root.sign({"policyCertificate": {"kty": "RSA"}}))),
            ("policy_key", "InvalidParameter", json.dumps(root.sign({"policyCertificate": "x"}))),
            ("cert_format", "InvalidParameter", json.dumps(root.sign({"policyCertificate": {"x5c": ["AAAA"]}}))),
            ("chain_not_ca", "InvalidParameter", root.certificate(no_ca))):
        refused(code, "POST", "iso", add, body, api)
    refused("policy_signer_untrusted", "POST", "iso", remove, World.other_root.certificate(root))
    for path in (add, remove):
        refused("not_isolated", "POST", "aad", path, root.certificate(root), "InvalidOperation")
        refused("not_isolated", "POST", "default" if path == "" else "aad", path, root.certificate(root))


@tap.case()
def many_sign_for_one_provider_at_a_time():
    # they share commits, and none is in the other's way
    jwts = [World.root.policy(PERMIT + f"// {n}") for n in range(4)]
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda n: manage("PUT", "iso", "/policies/OpenEnclave", jwts[n % 4]), range(96)))
    assert [a[0] for a in answers] == [200] * 96, [a for a in answers if a[0] != 200][:3]
    assert manage("POST", "iso", "/policies/OpenEnclave:reset", World.root.reset())[0] == 200


@tap.case()
def as_many_certificates_as_there_may_be():
    s = World.service()
    first = Signer(HOME, "first")
    more = [Signer(HOME, f"more{n}", "ES256") for n in range(2)]
    filler = [Signer(HOME, f"filler{n}", "ES256").der for n in range(30)]
    s.make_provider("crowded", [first.der, *filler])
    assert manage("POST", "/providers/crowded", "/certificates:add", first.certificate(more[0]))[0] == 200
    refused("policy_cert_limit", "POST", "/providers/crowded", "/certificates:add", first.certificate(more[1]),
            "InvalidOperation")
    assert manage("POST", "/providers/crowded", "/certificates:add", first.certificate(more[0]))[0] == 200


# --- across tenants -----------------------------------------------------------------------------


@tap.case()
def what_is_one_tenants_is_no_others():
    World.service()
    mine, theirs = World.root, World.other_root
    for where, signer, other in (("iso", mine, theirs), ("iso2", theirs, mine)):
        refused("policy_signer_untrusted", "PUT", where, "/policies/SgxEnclave", other.policy(DENY))
        refused("policy_signer_untrusted", "POST", where, "/policies/SgxEnclave:reset", other.reset())
        refused("policy_signer_untrusted", "POST", where, "/certificates:add", other.certificate(other))
        refused("policy_signer_untrusted", "POST", where, "/certificates:remove", other.certificate(signer))
    # a change of one is none of another: policies, certificates, tokens
    before = {w: state(w) for w in ("", "aad", "iso2", "/providers/shared")}
    assert manage("PUT", "iso", "/policies/SgxEnclave", mine.policy(DENY))[0] == 200
    assert inner(attest("iso")[1]) == "policy_denied"
    for where, old in before.items():
        assert state(where) == old and attest(where)[0] == 200
    assert manage("PUT", "aad", "/policies/SgxEnclave", unsigned(DENY))[0] == 200
    assert inner(attest("aad")[1]) == "policy_denied" and attest("")[0] == 200 and attest("iso2")[0] == 200
    for where, reset in (("aad", RESET), ("iso", mine.reset())):
        assert manage("POST", where, "/policies/SgxEnclave:reset", reset)[0] == 200


@tap.case()
def a_policy_does_not_mint_for_another():
    # spec 11, 13: nothing that the service itself says can be issued by a policy
    s = World.service()
    others = s.url + "/providers/walled"
    for name, value in (("iss", f'"{others}"'), ("exp", "4000000000"), ("iat", "1"), ("nbf", "1"), ("jti", '"x"'), ("sub", '"x"'),
                        ("aud", '"x"'), ("cnf", '"{}"'), ("nonce", '"x"'), ("x-ms-ver", '"2.0"'), ("x-ms-policy-hash", '"x"'),
                        ("x-ms-attestation-type", '"sevsnpvm"'), ("x-ms-sevsnpvm-is-debuggable", "false"),
                        ("x-ms-runtime", '"{}"'), ("x-avow-anything", "true"), ("ISS", f'"{others}"'), ("Exp", "4000000000"),
                        ("X-MS-Ver", '"2.0"')):
        text = PERMIT.replace("{};", f'{{=> issue(type="{name}", value={value});}};')
        assert manage("PUT", "aad", "/policies/SgxEnclave", unsigned(text))[0] == 200, name
        status, answer = attest("aad")
        assert status == 400 and inner(answer) == "policy_reserved_claim", (name, answer)
        assert answer["error"]["code"] == "PolicyEvaluationError"
        # a draft is another policy of somebody without any right
        status, _, text_ = s.request("POST", "/providers/fenced/attest/SgxEnclave" + V,
                                     {"quote": World.quote, "draftPolicyForAttestation": text})
        assert status == 400 and inner(json.loads(text_)) == "policy_reserved_claim", (name, text_)
    assert manage("POST", "aad", "/policies/SgxEnclave:reset", RESET)[0] == 200
    status, _, text = s.request("POST", "/providers/walled/attest/SgxEnclave" + V,
                                {"quote": World.quote, "draftPolicyForAttestation": PERMIT})
    token = json.loads(text)["token"]
    assert status == 200 and header_of(token)["alg"] == "none" and token.endswith("."), "a draft is never signed"


@tap.case()
def management_is_never_open_without_credentials():
    # verifier-bugs 28: an admin API that is reachable without a client's proof
    s = World.service()
    for where in ("", "aad", "iso", "/providers/shared", "/providers/nobody"):
        for method, path, body in (("PUT", "/policies/SgxEnclave", unsigned(PERMIT)), ("POST", "/policies/SgxEnclave:reset", RESET),
                                   ("GET", "/certificates", None), ("POST", "/certificates:add", '"a.b.c"'),
                                   ("POST", "/certificates:remove", '"a.b.c"')):
            for headers in ({}, {"Authorization": "Bearer " + "A" * 43}, {"X-Forwarded-For": "127.0.0.1"},
                            {"X-Client-Cert": "x"}):
                status, answer, _ = s.request(method, World.at.get(where, where) + path + V, body, headers)
                assert status == 401 and answer["WWW-Authenticate"], (where, path, headers, status)


@tap.case()
def a_path_in_a_name_reaches_nothing():
    # verifier-bugs 33: path traversal in an id
    s = World.service()
    auth = {"Authorization": "Bearer " + s.token}
    for path in ("/providers/..%2f..%2fdata/certs", "/providers/%2e%2e/certs", "/providers/acme%2f..%2fwalled/certs",
                 "/providers/acme/../walled/certs", "/providers/acme%00/certs", "/providers/acme;x/certs",
                 "/policies/..%2f..%2fSgxEnclave" + V, "/policies/../SgxEnclave" + V):
        assert s.request("GET", path, headers=auth)[0] in (400, 404), path
    assert not [n for n in os.listdir(os.path.join(s.data, "data")) if n.startswith(("acme", "walled"))]


@tap.case()
def no_secret_is_in_the_log():
    # verifier-bugs 37: tokens and keys in logs, or in the records
    s = World.service()
    secret = "S3cr3t" + b64u(os.urandom(24))
    s.request("GET", "/certificates" + V, headers={"Authorization": "Bearer " + secret})
    s.request("PUT", "/providers/walled/policies/SgxEnclave" + V, World.root.policy(PERMIT),
              {"Authorization": "Bearer " + secret})
    jwt = World.root.policy(PERMIT.replace("{};", f'{{=> issue(type="n", value="{secret}");}};'))
    assert manage("PUT", "iso", "/policies/SgxEnclave", jwt)[0] == 200
    status, headers, _ = s.request("GET", "/certs")
    text = s.logs(headers["x-ms-request-id"]) + str(records())
    for what in (s.token, secret, World.quote[:64], jwt.split(".")[1][:64], jwt.split(".")[2][:64]):
        assert what not in text
    assert manage("POST", "iso", "/policies/SgxEnclave:reset", World.root.reset())[0] == 200


@tap.case()
def the_records_form_a_chain_to_the_end():
    s = World.service()
    all_of_it = records()
    assert {r[0] for r in all_of_it} >= {"policy.set", "policy.reset", "certificate.add", "certificate.remove"}
    db = sqlite3.connect(os.path.join(s.data, "data", "avow.db"), timeout=30)
    rows = db.execute("SELECT seq, previous, hash FROM audit ORDER BY seq").fetchall()
    db.close()
    assert [r[0] for r in rows] == list(range(1, len(rows) + 1))
    assert all(a[2] == b[1] for a, b in zip(rows, rows[1:]))


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
    shutil.rmtree(HOME, ignore_errors=True)
