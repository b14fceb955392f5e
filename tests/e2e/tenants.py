"""Two tenants with credentials of their own: each endpoint, crosswise.

Ada may do everything at team-a and nothing elsewhere; Bob the same at team-b. An
issuer of tokens and client certificates both say so. Whatever one asks for at the
other's provider is 403, changes nothing there, and a policy of one is never in
force for another.
"""
import json
import os
import shutil
import sqlite3
import ssl
import tempfile
import time
import urllib.error
import urllib.request

from avowtest import Service, Tap, b64u, claims_of, forge, unsigned
from issuer import AUDIENCE, Issuer, Key, claims, token
from signers import Signer

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-tenants-")
V = "?api-version=2022-08-01"
DENY = "version= 1.0;authorizationrules{=> deny();};issuancerules{};"
PERMIT = DENY.replace("deny", "permit")
ALL = ["attestation/read", "attestation/write", "attestation/delete", "attest"]
RESET = "eyJhbGciOiJub25lIn0.."


class World:
    one = None

    @classmethod
    def get(cls):
        if cls.one:
            return cls
        cls.sim = forge(os.path.join(HOME, "sim"))
        with open(os.path.join(cls.sim, "quote.bin"), "rb") as f:
            cls.quote = b64u(f.read())
        cls.issuer, cls.key = Issuer(), Key("one")
        cls.iss = cls.issuer.add("good", cls.key)
        grants = [{"role": team, "actions": ALL, "providers": [team]} for team in ("team-a", "team-b", "walled")]
        access = os.path.join(HOME, "access.json")
        with open(access, "w", encoding="utf-8") as f:
            json.dump({"issuers": [{"issuer": cls.iss, "audiences": [AUDIENCE], "grants": grants}]}, f)
        cls.signer = Signer(HOME, "signer")
        cls.one = Service("--access", access, "--collateral", os.path.join(cls.sim, "collateral"), "--trust-anchor",
                          os.path.join(cls.sim, "root.pem"))
        for team in ("team-a", "team-b"):
            cls.one.make_provider(team)
        cls.one.make_provider("walled", [cls.signer.der])
        return cls


def ask(who, method, provider, path, body=None):
    """(status, parsed answer) of somebody's call at a provider; "" is default."""
    w = World.get()
    headers = {"Authorization": "Bearer " + token(w.key, claims(w.iss, [who]))} if who else {}
    base = f"/providers/{provider}" if provider else ""
    end = time.monotonic() + 120
    while True:
        status, _, text = w.one.request(method, base + path + V, body, headers)
        answer = json.loads(text)
        # the issuer's keys can come later than a request waits for them
        if status != 503 or "issuer_pending" not in text.decode() or time.monotonic() > end:
            return status, answer
        time.sleep(0.05)


def calls(signer):
    """Every call that reads or changes what is a tenant's own."""
    return [("GET", "/certificates", None), ("PUT", "/policies/SgxEnclave", unsigned(DENY)),
            ("PUT", "/policies/SgxEnclave", signer.policy(DENY)), ("POST", "/policies/SgxEnclave:reset", RESET),
            ("POST", "/policies/SgxEnclave:reset", signer.reset()),
            ("POST", "/certificates:add", signer.certificate(signer)),
            ("POST", "/certificates:remove", signer.certificate(signer))]


def forbidden():
    """How many changes have a record that says that they were forbidden."""
    db = sqlite3.connect(os.path.join(World.get().one.data, "data", "avow.db"), timeout=30)
    try:
        return db.execute("SELECT COUNT(*) FROM audit WHERE outcome = 'forbidden' AND actor <> ''").fetchone()[0]
    finally:
        db.close()


def stored():
    """All that any tenant has set."""
    db = sqlite3.connect(os.path.join(World.get().one.data, "data", "avow.db"), timeout=30)
    try:
        return (db.execute("SELECT name, change, settings FROM provider ORDER BY name").fetchall(),
                db.execute("SELECT COUNT(*), MAX(id) FROM policy").fetchall(),
                db.execute("SELECT provider, thumbprint FROM policy_certificate ORDER BY 1, 2").fetchall())
    finally:
        db.close()


@tap.case()
def each_endpoint_is_its_own_tenants_alone():
    w = World.get()
    assert ask("team-a", "PUT", "team-a", "/policies/SgxEnclave", unsigned(PERMIT))[0] == 200
    assert ask("team-b", "PUT", "team-b", "/policies/SgxEnclave", unsigned(PERMIT))[0] == 200
    assert ask("walled", "PUT", "walled", "/policies/SgxEnclave", w.signer.policy(PERMIT))[0] == 200
    before, seen, tried = stored(), forbidden(), 0
    tenants = ("team-a", "team-b", "walled")
    for who in tenants:
        for provider in (*tenants, "", "shared"):
            if provider == who:
                continue
            for method, path, body in calls(w.signer) + [("GET", "/policies/SgxEnclave", None)]:
                status, answer = ask(who, method, provider, path, body)
                assert status == 403 and answer["error"]["innererror"]["code"] == "forbidden", (who, provider, path, answer)
                tried += method != "GET"
    assert forbidden() == seen + tried, "each has one record"
    assert stored() == before, "something of another tenant's changed"
    for who in tenants:
        assert ask(who, "GET", who, "/policies/SgxEnclave")[0] == 200
        assert ask(who, "GET", who, "/certificates")[0] == 200


@tap.case()
def one_tenants_policy_judges_one_tenant():
    w = World.get()
    assert ask("team-a", "PUT", "team-a", "/policies/SgxEnclave", unsigned(DENY))[0] == 200
    body = {"quote": w.quote}
    status, answer = ask(None, "POST", "team-a", "/attest/SgxEnclave", body)
    assert status == 400 and answer["error"]["innererror"]["code"] == "policy_denied"
    for provider in ("team-b", "walled", "", "shared"):
        status, answer = ask(None, "POST", provider, "/attest/SgxEnclave", body)
        url = w.one.url + (f"/providers/{provider}" if provider else "")
        assert status == 200 and claims_of(answer["token"])["iss"] == url, answer
    assert ask("team-a", "POST", "team-a", "/policies/SgxEnclave:reset", RESET)[0] == 200


@tap.case()
def a_tenants_role_is_no_way_to_make_or_see_providers():
    w = World.get()
    auth = {"Authorization": "Bearer " + token(w.key, claims(w.iss, ["team-a"]))}
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.Attestation"
    for method, path, body in (("PUT", group + "/attestationProviders/mine", {"location": "here", "properties": {}}),
                               ("PATCH", group + "/attestationProviders/team-b", {"tags": {"a": "b"}}),
                               ("DELETE", group + "/attestationProviders/team-b", None),
                               ("GET", group + "/attestationProviders/team-b", None)):
        status, _, text = w.one.request(method, path + "?api-version=2021-06-01", body, auth)
        assert status in (403, 404), (method, path, status, text)
    before = stored()
    # the control plane is at the instance URL, never below a provider
    status, _, text = w.one.request("GET", "/providers/team-a" + group + "/attestationProviders?api-version=2021-06-01", None,
                                    {"Authorization": "Bearer " + w.one.token})
    assert status == 404, text
    assert stored() == before


@tap.case()
def a_token_of_one_provider_opens_nothing():
    # what the service signs for relying parties is no credential at it
    w = World.get()
    status, answer = ask(None, "POST", "team-b", "/attest/SgxEnclave", {"quote": w.quote})
    assert status == 200
    for jwt in (answer["token"], claims_of(ask("team-a", "GET", "team-a", "/policies/SgxEnclave")[1]["token"])["x-ms-policy"]):
        for method, path, body in calls(w.signer):
            status, _, text = w.one.request(method, "/providers/team-b" + path + V, body, {"Authorization": "Bearer " + jwt})
            assert status == 401, (path, status, text)


@tap.case()
def a_client_certificate_opens_its_own_tenant_alone():
    w = World.get()
    ca = Signer(HOME, "clients", "ES256", usage="keyCertSign,cRLSign")
    ada = Signer(HOME, "ada", "ES256", issuer=ca, usage="digitalSignature", eku="clientAuth")
    access = os.path.join(HOME, "mtls.json")
    with open(access, "w", encoding="utf-8") as f:
        json.dump({"client_certificates": {"ca_file": ca.pem, "grants": [
            {"subject_cn": "ada", "actions": ALL, "providers": ["team-a"]}]}}, f)
    with Service("--access", access, "--tls", "always") as s:
        for team in ("team-a", "team-b"):
            s.make_provider(team)
        tls = os.path.join(s.data, "data", "tls")
        context = ssl.create_default_context(cafile=[os.path.join(tls, n) for n in os.listdir(tls) if "cert" in n][0])
        context.load_cert_chain(ada.pem, ada.key)
        for provider, want in (("team-a", 200), ("team-b", 403), (None, 403), ("shared", 403)):
            base = f"/providers/{provider}" if provider else ""
            r = urllib.request.Request(s.url + base + "/policies/SgxEnclave" + V, data=unsigned(PERMIT).encode(), method="PUT")
            try:
                with urllib.request.urlopen(r, timeout=60, context=context) as answer:
                    status, text = answer.status, b""
            except urllib.error.HTTPError as e:
                with e:
                    status, text = e.code, e.read()
            assert status == want, (provider, status, text)


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
        World.issuer.close()
    shutil.rmtree(HOME, ignore_errors=True)
