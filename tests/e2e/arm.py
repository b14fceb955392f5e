"""The control plane: Azure's own management client, unmodified, over TLS; and what
no such client would send, with the codes that refuse it and the records it leaves."""
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import npm
from avowtest import SOURCE, Service, Tap
from issuer import AUDIENCE, Issuer, Key, claims, token

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-arm-")
SUB = "/subscriptions/s-1"
ARM = "/providers/Microsoft.Attestation"
GROUP = SUB + "/resourceGroups/g1" + ARM + "/attestationProviders"
V = "?api-version=2021-06-01"
MINIMAL = {"location": "here", "properties": {}}


class World:
    one = None

    @classmethod
    def service(cls):
        if cls.one is None:
            cls.one = Service()
        return cls.one


def call(method, path, body=None, query=V, token=True):
    """(status, parsed answer or None)."""
    s = World.service()
    headers = {"Authorization": "Bearer " + s.token} if token else {}
    status, _, text = s.request(method, path + query, body, headers)
    return status, json.loads(text) if text else None


def code(answer):
    return answer["error"]["innererror"]["code"]


def make(name, body=None):
    status, answer = call("PUT", f"{GROUP}/{name}", body or MINIMAL)
    assert status == 201, answer
    return answer


def signer(name):
    """A self-signed certificate as a JWK, and its DER in base 64."""
    path = os.path.join(HOME, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", path + ".key", "-out", path + ".pem", "-days", "2", "-subj", "/CN=" + name],
                   check=True, capture_output=True)
    with open(path + ".pem") as f:
        x5c = "".join(f.read().split("-----")[2].split())
    return {"kty": "EC", "x5c": [x5c]}


def isolated(*keys, **more):
    return {"location": "here", "properties": {"policySigningCertificates": {"keys": list(keys)}, **more}}


@tap.case()
def names_are_one_on_the_service():
    make("Taken-Name")
    for path in (GROUP, GROUP.replace("g1", "g2"), GROUP.replace("s-1", "s-2")):
        status, answer = call("PUT", path + "/taken-name", MINIMAL)
        if path == GROUP:
            assert status == 200, answer
        else:
            assert status == 409 and code(answer) == "conflict", answer
    for name in ("default", "shared", "Default"):
        status, answer = call("PUT", f"{GROUP}/{name}", MINIMAL)
        assert status == 409 and code(answer) == "conflict", answer
        assert call("GET", f"{GROUP}/{name}")[0] == 404
        status, answer = call("DELETE", f"{GROUP}/{name}")
        assert status == 403 and code(answer) == "read_only", answer
    for name in ("ab", "a" * 25, "a_b", "a.b", "a%20b", "%C3%A9tat"):
        status, answer = call("PUT", f"{GROUP}/{name}", MINIMAL)
        assert status == 400 and code(answer) == "provider_name", (name, answer)


@tap.case()
def paths_and_versions_are_judged():
    for query, want in (("", "arm_version"), ("?api-version=2022-08-01", "arm_version"), ("?api-version=", "arm_version")):
        for path in (GROUP, GROUP + "/abc", SUB + ARM + "/attestationProviders", ARM + "/operations",
                     SUB + ARM + "/defaultProviders", SUB + ARM + "/locations/x/defaultProvider"):
            status, answer = call("GET", path, query=query)
            assert status == 400 and code(answer) == want, (path, answer)
            assert answer["error"]["code"] == "InvalidApiVersionParameter"
    for version in ("2018-09-01-preview", "2020-10-01", "2021-06-01-preview", "2021-06-01"):
        assert call("GET", GROUP, query="?api-version=" + version)[0] == 200
    for path in ("/subscriptions/a.b" + ARM + "/attestationProviders", GROUP.replace("g1", "g%7E"),
                 GROUP.replace("g1", "g."), SUB + ARM + "/locations/a_b/defaultProvider"):
        status, answer = call("GET", path)
        assert status == 400 and code(answer) == "arm_name", (path, answer)
        assert answer["error"]["code"] == "InvalidResourceName"
    status, answer = call("POST", GROUP + "/abc", MINIMAL)
    assert status == 405 and code(answer) == "http_method"
    # below a provider's own URL there is no control plane
    make("below")
    status, answer = call("GET", "/providers/below" + GROUP)
    assert status == 404 and code(answer) == "http_route", answer


@tap.case()
def bodies_are_judged_and_nothing_is_made():
    key = signer("bodies")
    cases = (
        ("not json", "json_syntax"), ({}, "json_missing"), ({"location": "x"}, "json_missing"),
        ({"properties": {}}, "json_missing"), ({"location": 1, "properties": {}}, "arm_property"),
        ({"location": "a/b", "properties": {}}, "arm_name"),
        ({"location": "x", "properties": {}, "identity": {}}, "arm_property"),
        ({"location": "x", "properties": {}, "tags": {"a": None}}, "arm_property"),
        ({"location": "x", "properties": {}, "tags": {str(n): "" for n in range(51)}}, "arm_property"),
        ({"location": "x", "properties": {"publicNetworkAcess": "Enabled"}}, "provider_setting"),
        ({"location": "x", "properties": {"tpmAttestationAuthentication": "Off"}}, "provider_setting"),
        ({"location": "x", "properties": {"acceptedTcbStatuses": ["Revoked"]}}, "provider_setting"),
        ({"location": "x", "properties": {"trustModel": "Isolated"}}, "arm_fixed"),
        (isolated(key, trustModel="AAD"), "arm_fixed"), (isolated(), "arm_property"),
        (isolated({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "policy_key"), (isolated({**key, "d": "AQAB"}), "policy_key"),
        (isolated({"kty": "EC", "x5c": ["AAAA"]}), "cert_format"), (isolated({"kty": "EC", "x5c": ["%"]}), "policy_key"),
        ('{"location":"x","location":"y","properties":{}}', "json_duplicate"),
    )
    for body, want in cases:
        status, answer = call("PUT", GROUP + "/never-made", body)
        assert status in (400, 409) and code(answer) == want, (body, answer)
        assert set(answer["error"]) >= {"code", "message"}
    status, answer = call("PUT", GROUP + "/never-made", "x" * (256 * 1024 + 1))
    assert status == 413 and code(answer) == "http_body_too_large"
    assert call("GET", GROUP + "/never-made")[0] == 404


@tap.case()
def what_was_fixed_stays():
    key, other = signer("fixed"), signer("other")
    first = make("fixed-one", isolated(key))
    assert first["properties"]["trustModel"] == "Isolated"
    assert "policySigningCertificates" not in first["properties"]
    path = GROUP + "/fixed-one"
    # the same again, a certificate twice, and what GET gave, change nothing
    for body in (isolated(key), isolated(key, key), {"location": "HERE", "properties": {}}, call("GET", path)[1]):
        status, answer = call("PUT", path, body)
        assert status == 200 and answer["properties"] == first["properties"], answer
    for body, field in ((isolated(other), "policySigningCertificates"), (isolated(key, other), "policySigningCertificates"),
                        ({"location": "there", "properties": {}}, "location"),
                        ({"location": "here", "properties": {"trustModel": "AAD"}}, "trustModel")):
        status, answer = call("PUT", path, body)
        assert status == 409 and code(answer) == "arm_fixed", answer
        assert answer["error"]["innererror"]["field"] == field
    status, answer = call("PATCH", path, {"properties": isolated(key)["properties"]})
    assert status == 400 and code(answer) == "arm_property", answer
    make("fixed-two")
    status, answer = call("PUT", GROUP + "/fixed-two", isolated(key))
    assert status == 409 and code(answer) == "arm_fixed", answer


@tap.case()
def put_replaces_and_patch_adds():
    path = GROUP + "/changing"
    made = make("changing", {"location": "here", "tags": {"b": "2", "a": "1"}, "properties": {
        "acceptedTcbStatuses": ["UpToDate"], "collateralGrace": "36h"}})
    assert made["properties"]["acceptedTcbStatuses"] == ["UpToDate"]
    assert made["properties"]["tpmAttestationAuthentication"] == "Enabled"
    status, answer = call("PATCH", path, {"properties": {"tpmAttestationAuthentication": "Disabled", "collateralGrace": None}})
    assert status == 200 and answer["tags"] == {"a": "1", "b": "2"}
    properties = answer["properties"]
    assert properties["tpmAttestationAuthentication"] == "Disabled" and "collateralGrace" not in properties
    assert properties["acceptedTcbStatuses"] == ["UpToDate"]
    status, answer = call("PATCH", path, {"tags": {}})
    assert status == 200 and answer["tags"] == {} and answer["properties"] == properties
    status, answer = call("PUT", path, MINIMAL)
    assert status == 200 and "acceptedTcbStatuses" not in answer["properties"]
    assert answer["properties"]["tpmAttestationAuthentication"] == "Enabled"


@tap.case()
def a_deleted_provider_is_gone_at_once():
    path = GROUP + "/gone-soon"
    uri = make("gone-soon")["properties"]["attestUri"]
    s = World.service()
    assert uri == s.url + "/providers/gone-soon"
    assert s.request("GET", "/providers/gone-soon/certs")[0] == 200
    assert call("DELETE", GROUP.replace("g1", "g2") + "/gone-soon")[0] == 204, "not of that group"
    assert s.request("GET", "/providers/gone-soon/certs")[0] == 200
    assert call("DELETE", path) == (200, None)
    status, _, text = s.request("GET", "/providers/gone-soon/certs")
    assert status == 404, text
    assert call("DELETE", path) == (204, None)
    make("gone-soon")


@tap.case()
def pages_hold_every_provider_once():
    group = "/subscriptions/paged/resourceGroups/g" + ARM + "/attestationProviders"
    names = [f"page-{n:02}" for n in range(7)]
    for name in names:
        assert call("PUT", f"{group}/{name}", MINIMAL)[0] == 201
    for top in (1, 3, 7, 8):
        seen, query, calls = [], f"{V}&$top={top}", 0
        while query:
            status, answer = call("GET", group, query=query)
            assert status == 200 and len(answer["value"]) <= top, answer
            seen += [p["name"] for p in answer["value"]]
            query = "?" + answer["nextLink"].split("?", 1)[1] if "nextLink" in answer else None
            calls += 1
        assert seen == names and calls == -(-7 // top), (top, seen, calls)
    assert "nextLink" not in call("GET", group)[1]
    for top in ("0", "1001", "x", "", "99999999999999999999"):
        status, answer = call("GET", group, query=f"{V}&$top={top}")
        assert status == 400 and code(answer) == "arm_property", (top, answer)


@tap.case()
def changes_at_the_same_time_are_each_done():
    # they share commits, and each is judged by what the others left
    path, ways = GROUP + "/crowd", 12
    with ThreadPoolExecutor(ways) as pool:
        made = [answer[0] for answer in pool.map(lambda _: call("PUT", path, MINIMAL), range(ways))]
        assert sorted(made) == [200] * (ways - 1) + [201], made
        changed = [answer[0] for answer in pool.map(
            lambda n: call("PATCH", path, {"properties": {"collateralGrace": f"{n + 1}h"}} if n % 2 else {"tags": {"n": str(n)}}),
            range(ways))]
        assert changed == [200] * ways, changed
        status, answer = call("GET", path)
        # the last of each is there: none of one kind took the other's away
        assert status == 200 and answer["tags"]["n"] and answer["properties"]["collateralGrace"]
        gone = [answer[0] for answer in pool.map(lambda _: call("DELETE", path), range(ways))]
        assert sorted(gone) == [200] + [204] * (ways - 1), gone


@tap.case()
def nobody_manages_without_a_token():
    calls = (("GET", ARM + "/operations"), ("GET", GROUP), ("GET", SUB + ARM + "/attestationProviders"),
             ("GET", SUB + ARM + "/defaultProviders"), ("GET", SUB + ARM + "/locations/x/defaultProvider"),
             ("GET", GROUP + "/below"), ("PUT", GROUP + "/below"), ("PATCH", GROUP + "/below"), ("DELETE", GROUP + "/below"),
             ("GET", GROUP + "/below/privateEndpointConnections"), ("GET", GROUP + "/below/privateLinkResources"),
             ("GET", GROUP + "/below/privateEndpointConnections/x"), ("PUT", GROUP + "/below/privateEndpointConnections/x"),
             ("DELETE", GROUP + "/below/privateEndpointConnections/x"), ("GET", GROUP + "/no-such-one"))
    for method, path in calls:
        body = MINIMAL if method in ("PUT", "PATCH") else None
        status, answer = call(method, path, body, token=False)
        assert status == 401 and code(answer) == "unauthorized", (method, path, answer)


@tap.case()
def each_change_and_each_refusal_is_a_record():
    with Service() as s:
        def go(method, path, body=None):
            r = s.request(method, path + V, body, {"Authorization": "Bearer " + s.token})
            return r[1]["x-ms-request-id"]
        ids = [go("PUT", GROUP + "/Rec-Ord", MINIMAL), go("PUT", GROUP + "/rec-ord", MINIMAL),
               go("PATCH", GROUP + "/rec-ord", {"tags": {"a": "b"}}), go("PUT", GROUP + "/rec-ord", {"location": "x"}),
               go("PATCH", GROUP + "/rec-ord", {"oh": 1}), go("DELETE", GROUP + "/shared"),
               go("PUT", GROUP + "/rec-ord/privateEndpointConnections/x", {}), go("DELETE", GROUP + "/rec-ord"),
               go("DELETE", GROUP + "/rec-ord"), go("PUT", GROUP + "/x", MINIMAL),
               go("PATCH", GROUP + "/Too-Much", "x" * (256 * 1024 + 1))]
        db = sqlite3.connect(os.path.join(s.data, "data", "avow.db"))
        rows = db.execute("SELECT action, provider, target, outcome, request, before, after FROM audit ORDER BY seq").fetchall()
        db.close()
    want = [("create", "done"), ("update", "done"), ("update", "done"), ("create", "json_missing"),
            ("update", "arm_property"), ("delete", "read_only"), ("connect", "arm_endpoints"), ("delete", "done"),
            ("delete", "arm_not_found"), ("create", "provider_name"), ("update", "http_body_too_large")]
    assert [(r[0], r[3]) for r in rows] == [("provider." + a, o) for a, o in want], rows
    assert [r[4] for r in rows] == ids
    assert [r[1] for r in rows] == ["rec-ord"] * 5 + ["shared"] + ["rec-ord"] * 3 + ["", "too-much"]
    assert all(r[2] == SUB + "/resourceGroups/g1" for r in rows)
    assert rows[0][5] == "" and rows[0][6] == rows[1][5] and rows[1][6] == rows[2][5] == rows[0][6] != rows[2][6]
    assert rows[7][5] == rows[2][6] and rows[7][6] == ""


@tap.case()
def a_role_at_one_provider_sees_and_changes_no_other():
    everything = ["providers/read", "providers/write", "providers/delete"]
    grants = [{"role": "owner", "actions": everything, "providers": ["mine"]},
              {"role": "reader", "actions": ["providers/read"], "providers": ["*"]},
              {"role": "admin", "actions": everything, "providers": ["*"]},
              {"role": "policies", "actions": ["attestation/read", "attestation/write"], "providers": ["*"]}]
    issuer, key = Issuer(), Key("arm")
    try:
        url = issuer.add("arm", key)
        access = os.path.join(HOME, "access.json")
        with open(access, "w") as f:
            json.dump({"issuers": [{"issuer": url, "audiences": [AUDIENCE], "grants": grants}]}, f)
        with Service("--access", access) as s:
            def go(role, method, path, body=None):
                headers = {"Authorization": "Bearer " + token(key, claims(url, [role]))}
                end = time.monotonic() + 120
                while True:
                    status, _, text = s.request(method, path + V, body, headers)
                    if status != 503 or b"issuer_pending" not in text or time.monotonic() > end:
                        return status, json.loads(text) if text else None
                    time.sleep(0.05)

            for name in ("mine", "other"):
                status, answer = go("admin", "PUT", f"{GROUP}/{name}", MINIMAL)
                assert status == 201, answer
            listed = lambda role: [p["name"] for p in go(role, "GET", GROUP)[1]["value"]]
            assert listed("owner") == ["mine"] and listed("reader") == ["mine", "other"] and listed("policies") == []
            assert go("owner", "GET", GROUP + "/mine")[0] == 200
            assert go("owner", "PATCH", GROUP + "/mine", {"tags": {"a": "b"}})[0] == 200
            cases = [(role, method, GROUP + "/" + name) for role, name in (("owner", "other"), ("owner", "third"), ("policies", "mine"),
                                                                       ("nobody", "mine"), ("owner", "a_b"))
                     for method in ("GET", "PUT", "PATCH", "DELETE")]
            cases += [("reader", method, GROUP + "/mine") for method in ("PUT", "PATCH", "DELETE")]
            cases += [("owner", "GET", "/audit"), ("policies", "GET", "/audit")]
            for role, method, path in cases:
                status, answer = go(role, method, path, MINIMAL if method in ("PUT", "PATCH") else None)
                assert status == 403 and code(answer) == "forbidden", (role, method, path, answer)
            assert listed("reader") == ["mine", "other"]
            # each refused change of somebody who is known is a record
            _, _, text = s.request("GET", "/audit?api-version=2022-08-01&$top=1000", None, {"Authorization": "Bearer " + s.token})
            refused = [r for r in json.loads(text)["value"] if r["outcome"] == "forbidden"]
            want = [(method, path) for _, method, path in cases if method != "GET"]
            words = {"PUT": "provider.create", "PATCH": "provider.update", "DELETE": "provider.delete"}
            assert [r["action"] for r in refused] == [words[method] for method, _ in want], refused
            assert all(r["actor"] == "ada@" + url and r["target"] == SUB + "/resourceGroups/g1" for r in refused)
            names = [path.rsplit("/", 1)[1] for _, path in want]
            assert [r["provider"] for r in refused] == ["" if name == "a_b" else name for name in names], refused
            assert go("owner", "DELETE", GROUP + "/mine")[0] == 200
    finally:
        issuer.close()


@tap.case()
def azure_client():
    """Its cases, each a line of our TAP."""
    home = npm.install(os.path.join(SOURCE, "tests", "e2e", "arm"), "arm-attestation", "arm.mjs")
    cert, key = npm.certificate(HOME)
    signer("client")
    token = os.path.join(HOME, "token")
    with Service("--tls-cert", cert, "--tls-key", key) as s:
        with open(token, "w") as f:
            f.write(s.token)
        p = subprocess.run(["node", "arm.mjs", s.url, token, os.path.join(HOME, "client.pem")], cwd=home, timeout=600,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "NODE_EXTRA_CA_CERTS": cert})
    lines = p.stdout.decode("utf-8", "replace").splitlines()
    oks = [line for line in lines if line.startswith("ok ")]
    for line in lines:
        print("# " + line)
    assert p.returncode == 0 and len(oks) == 20, p.returncode


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
    shutil.rmtree(HOME, ignore_errors=True)
