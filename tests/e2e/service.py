"""avowd as its clients and its operator meet it: endpoints, refusals, signals."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from avowtest import AVOWD, Service, Tap, avow, b64u, claims_of, forge, header_of, unb64u, unsigned, wait_for

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-service-")
V = "?api-version=2022-08-01"


class World:
    one = None
    sim = None

    @classmethod
    def args(cls):
        if cls.sim is None:
            cls.sim = forge(os.path.join(HOME, "sim"))
        return ["--collateral", os.path.join(cls.sim, "collateral"), "--trust-anchor", os.path.join(cls.sim, "root.pem")]

    @classmethod
    def service(cls):
        if cls.one is None:
            cls.one = Service(*cls.args())
        return cls.one

    @classmethod
    def read(cls, name):
        cls.args()
        with open(os.path.join(cls.sim, name), "rb") as f:
            return f.read()


def quote():
    return b64u(World.read("quote.bin"))


def refused(answer, api, code, check=None):
    e = answer["error"]
    assert e["code"] == api and e["message"], answer
    assert e["innererror"]["code"] == code, answer
    if check:
        assert e["innererror"]["check"] == check, answer
    return e["innererror"]


@tap.case()
def every_known_api_version_attests():
    for version in ("2018-09-01-preview", "2018-09-01", "2020-10-01", "2022-08-01", "2022-09-01-preview", "2022-09-01",
                    "2023-04-01-preview", "2025-06-01", "2026-03-11-preview"):
        s = World.service()
        if version == "2018-09-01-preview":  # its attest calls need a caller
            status, headers, text = s.request("POST", f"/attest/SgxEnclave?api-version={version}", {"quote": quote()})
            assert status == 401 and headers["WWW-Authenticate"] == "Bearer", text
            refused(json.loads(text), "Unauthorized", "unauthorized")
            status, _, answer = s.manage("POST", "/attest/SgxEnclave", {"quote": quote()}, version)
        else:
            status, answer = s.attest("SgxEnclave", {"quote": quote()}, version)
        assert status == 200, (version, answer)


@tap.case()
def an_unknown_or_absent_api_version_is_400():
    s = World.service()
    for query in ("", "?api-version=", "?api-version=2031-01-01", "?version=2022-08-01"):
        status, headers, text = s.request("POST", "/attest/SgxEnclave" + query, {"quote": quote()})
        assert status == 400 and headers["x-ms-error-code"] == "InvalidParameter", (query, status)
        refused(json.loads(text), "InvalidParameter", "api_version")


@tap.case()
def routes_do_not_mind_case():
    status, _, text = World.service().request("POST", "/ATTEST/sgxenclave" + V, {"QUOTE": quote()})
    assert status == 200, text


@tap.case()
def unknown_types_are_400_and_name_what_was_asked():
    s = World.service()
    status, _, text = s.request("POST", "/attest/NoSuchTee" + V, {"quote": quote()})
    assert status == 400 and refused(json.loads(text), "InvalidParameter", "attestation_type")["got"] == "NoSuchTee"
    status, _, text = s.request("GET", "/policies/NoSuchTee" + V)
    assert status == 400 and refused(json.loads(text), "InvalidParameter", "attestation_type")


@tap.case()
def unknown_routes_and_methods_say_so():
    s = World.service()
    status, _, text = s.request("GET", "/nowhere")
    assert status == 404 and refused(json.loads(text), "NotFound", "http_route")
    status, headers, text = s.request("DELETE", "/certs")
    assert status == 405 and "GET" in headers["Allow"] and refused(json.loads(text), "MethodNotAllowed", "http_method")


@tap.case()
def health_answers():
    s = World.service()
    assert s.request("GET", "/servicehealth")[0] == 204
    for path in ("/livez", "/readyz"):
        status, _, text = s.request("GET", path)
        assert status == 200 and json.loads(text)["status"], path


@tap.case()
def a_probe_s_head_is_small_and_a_client_s_may_hold_a_token():
    with Service() as s:
        for path, status in (("/livez", 431), ("/readyz", 431), ("/servicehealth", 431), ("/metrics", 431),
                             ("/certs", 200), ("/.well-known/openid-configuration", 200)):
            got, _, text = s.request("GET", path, None, {"Authorization": "Bearer " + "a" * 5000})
            assert got == status, (path, got)
            if status == 431:
                assert json.loads(text)["error"]["innererror"]["code"] == "http_head_too_large", text


@tap.case()
def certs_and_metadata_need_no_version_and_agree():
    s = World.service()
    status, headers, text = s.request("GET", "/certs")
    assert status == 200 and headers["Content-Type"] == "application/json; charset=utf-8"
    keys = json.loads(text)["keys"]
    assert keys and all({"x5c", "kid", "kty", "n", "e", "alg", "use"} <= set(k) for k in keys), keys
    meta = json.loads(s.request("GET", "/.well-known/openid-configuration")[2])
    assert meta["issuer"] == s.url and meta["jwks_uri"] == s.url + "/certs"
    token = s.attest("SgxEnclave", {"quote": quote()})[1]["token"]
    assert header_of(token) == {"alg": "RS256", "jku": s.url + "/certs", "kid": keys[0]["kid"], "typ": "JWT"}


@tap.case()
def every_answer_carries_its_request_id():
    s = World.service()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    _, headers, _ = s.request("GET", "/certs", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert headers["x-ms-request-id"].split("-")[1] == trace and headers["x-ms-maa-service-version"]
    one = s.request("GET", "/certs")[1]["x-ms-request-id"]
    two = s.request("GET", "/nowhere")[1]["x-ms-request-id"]
    assert one != two and len(one) == len(two) == 55


@tap.case()
def the_default_policies_are_readable():
    s = World.service()
    for kind in ("SgxEnclave", "OpenEnclave"):
        status, _, text = s.request("GET", f"/policies/{kind}" + V)
        claims = claims_of(json.loads(text)["token"])
        assert status == 200 and set(claims) == {"exp", "iat", "iss", "nbf", "x-ms-policy"}, claims
        assert claims["exp"] - claims["iat"] == 3600
        header, payload, signature = claims["x-ms-policy"].split(".")
        assert unb64u(header) == b'{"alg":"none"}' and signature == ""
        policy = unb64u(json.loads(unb64u(payload))["AttestationPolicy"]).decode()
        assert policy.startswith("version= 1.1;configurationrules{"), policy


@tap.case()
def setting_a_policy_is_refused_to_nobody_in_particular():
    status, headers, text = World.service().request("PUT", "/policies/SgxEnclave" + V, "eyJhbGciOiJub25lIn0..")
    assert status == 401 and headers["WWW-Authenticate"] == "Bearer", status
    refused(json.loads(text), "Unauthorized", "unauthorized")


@tap.case()
def a_refusal_names_check_field_expected_and_got():
    bad = bytearray(World.read("quote.bin"))
    bad[0] = 9
    status, answer = World.service().attest("SgxEnclave", {"quote": b64u(bytes(bad))})
    inner = refused(answer, "InvalidParameter", "quote_version")
    assert status == 400 and inner["field"] == "header.version" and inner["expected"] == "3" and inner["got"] == "9", inner
    assert inner["source"]


@tap.case()
def collateral_that_is_absent_is_503_and_never_bad_evidence():
    empty = os.path.join(HOME, "empty")
    os.makedirs(empty, exist_ok=True)
    with Service("--collateral", empty, *World.args()[2:]) as s:
        status, headers, text = s.request("POST", "/attest/SgxEnclave" + V, {"quote": quote()})
        assert status == 503 and int(headers["Retry-After"]) > 0, (status, text)
        refused(json.loads(text), "CollateralUnavailable", "crl_absent")
        bad = bytearray(World.read("quote.bin"))
        bad[440] ^= 1
        status, answer = s.attest("SgxEnclave", {"quote": b64u(bytes(bad))})
        assert status == 400 and refused(answer, "InvalidParameter", "quote_signature"), "bad evidence is still refused"


@tap.case()
def reload_takes_new_collateral_up_and_keeps_the_old_when_it_is_bad():
    folder = os.path.join(HOME, "late")
    os.makedirs(folder, exist_ok=True)
    with Service("--collateral", folder, *World.args()[2:]) as s:
        assert s.attest("SgxEnclave", {"quote": quote()})[0] == 503
        for name in os.listdir(os.path.join(World.sim, "collateral")):
            shutil.copy(os.path.join(World.sim, "collateral", name), folder)
        s.process.send_signal(signal.SIGHUP)
        wait_for(lambda: s.attest("SgxEnclave", {"quote": quote()})[0] == 200)
        os.rename(folder, folder + ".gone")
        s.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload" in s.logs() and s.logs().count("reload") >= 2)
        assert s.attest("SgxEnclave", {"quote": quote()})[0] == 200, "the old state stays"


@tap.case()
def a_draft_policy_gives_an_unsigned_token_and_changes_nothing():
    s = World.service()
    draft = 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="team", value="blue");};'
    status, answer = s.attest("SgxEnclave", {"quote": quote(), "draftPolicyForAttestation": draft})
    token = answer["token"]
    assert status == 200 and token.endswith(".") and header_of(token)["alg"] == "none" and header_of(token)["kid"]
    assert claims_of(token)["team"] == "blue" and claims_of(token)["x-ms-policy"] == {"team": "blue"}
    status, answer = s.attest("SgxEnclave", {"quote": quote(), "draftPolicyForAttestation": unsigned(draft)})
    assert status == 200 and claims_of(answer["token"])["team"] == "blue", "a draft may come as a policy JWT"
    token = s.attest("SgxEnclave", {"quote": quote()})[1]["token"]
    assert "team" not in claims_of(token) and header_of(token)["alg"] == "RS256"


@tap.case()
def policies_refuse_with_their_own_codes():
    s = World.service()
    for text, api, code in (
            ("version= 1.0;authorizationrules{=> deny();};", "PolicyEvaluationError", "policy_denied"),
            ('version= 1.0;authorizationrules{[type=="no-such"] => permit();};', "PolicyEvaluationError", "policy_no_permit"),
            ("version=1.0 authorizationrules{=> permit();};", "PolicyParsingError", "policy_syntax"),
            ('version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="iss", value="me");};',
             "PolicyEvaluationError", "policy_reserved_claim"),
            ('version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="exp", value=9999999999);};',
             "PolicyEvaluationError", "policy_reserved_claim"),
            ('version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="x-ms-sevsnpvm-vmpl", value=0);};',
             "PolicyEvaluationError", "policy_reserved_claim")):
        status, answer = s.attest("SgxEnclave", {"quote": quote(), "draftPolicyForAttestation": text})
        assert status == 400, (text, answer)
        refused(answer, api, code)


@tap.case()
def a_denied_attestation_names_the_rules_in_its_innererror():
    s = World.service()

    def why(text):
        status, answer = s.attest("SgxEnclave", {"quote": quote(), "draftPolicyForAttestation": text})
        assert status == 400, answer
        return answer["error"]["innererror"]["policy"]

    deny = why("version= 1.0;\nauthorizationrules{\n=> permit();\n=> deny();};")
    assert deny["decision"] == "deny", deny
    assert [(r["action"], r["line"], r["fired"]) for r in deny["rules"]] == [("deny", 4, True)], deny
    near = why('version= 1.0;\nauthorizationrules{\n[type=="x-ms-sgx-svn", value==9] => permit();\n'
               '[type=="x-ms-sgx-sv"] => permit();};')
    assert [(r["action"], r["line"], r["fired"]) for r in near["rules"]] == [("permit", 3, False), ("permit", 4, False)], near
    wrong, absent = (r["failed"] for r in near["rules"])
    assert (wrong["claim"], wrong["wanted"], wrong["found"]) == ("x-ms-sgx-svn", "9", "7"), near
    assert (absent["reason"], absent["nearest"]) == ("no-claim", "x-ms-sgx-svn"), near


@tap.case()
def a_nonce_comes_back_as_text_whatever_it_was():
    s = World.service()
    for nonce, text in (("n-1", "n-1"), (18446744073709551615, "18446744073709551615")):
        claims = claims_of(s.attest("SgxEnclave", {"quote": quote(), "nonce": nonce})[1]["token"])
        assert claims["nonce"] == claims["rp_data"] == text, claims


@tap.case("no member or header of a request chooses another path (verifier bug 29)")
def nothing_of_a_request_weakens_a_check():
    s = World.service()
    extra = {name: True for name in ("debug", "test", "testMode", "mock", "simulated", "insecure", "skipVerification",
                                     "skip_verify", "allowDebug", "verify", "policy", "trustAnchor", "collateral", "platform")}
    headers = {"X-Debug": "1", "X-Test-Mode": "true", "X-Forwarded-Proto": "debug"}
    bad = bytearray(World.read("quote.bin"))
    bad[200] ^= 1
    for kind, member, evidence in (("SgxEnclave", "quote", bytes(bad)), ("OpenEnclave", "report", bytes(bad)),
                                   ("TdxVm", "quote", bytes(bad)), ("SevSnpVm", "report", bytes(bad)),
                                   ("AzureGuest", "attestationInfo", b"{}")):
        plain = {member: b64u(evidence)}
        status, _, want = s.request("POST", f"/attest/{kind}{V}", plain)
        assert status == 400, (kind, want)
        for body in ({**extra, **plain}, {**plain, **extra}, {**plain, **{n: {"enabled": True} for n in extra}}):
            status, _, text = s.request("POST", f"/attest/{kind}{V}&debug=true&test=1", body, headers)
            assert status == 400 and text == want, (kind, text, want)
    # and what is good says the same with them
    claims = claims_of(s.attest("SgxEnclave", {"quote": quote()})[1]["token"])
    more = claims_of(s.attest("SgxEnclave", {"quote": quote(), **extra})[1]["token"])
    moving = ("exp", "iat", "nbf", "jti")
    assert {k: v for k, v in claims.items() if k not in moving} == {k: v for k, v in more.items() if k not in moving}


@tap.case("no evidence, token, nonce or data in the logs (verifier bug 37)")
def logs_hold_no_secrets():
    with Service(*World.args(), "--log-level", "debug") as s:
        secret = "secret-" + os.urandom(8).hex()
        runtime = b64u(World.read("runtime.bin"))
        body = {"quote": quote(), "nonce": secret, "runtimeData": {"data": runtime, "dataType": "Binary"}}
        status, _, text = s.request("POST", "/attest/SgxEnclave" + V + "&x=" + secret, body,
                                    headers={"Authorization": "Bearer " + secret, "X-Other": secret})
        assert status == 200
        s.request("GET", "/nowhere/" + secret)
        s.logs(until="/attest/")  # another worker's record may come later
        logs = s.logs(until='"status":404')
        assert "/attest/" in logs, "the request is logged"
        for word in (secret, quote()[:64], runtime[:32], json.loads(text)["token"][:64]):
            assert word not in logs, word


@tap.case()
def one_data_directory_is_one_services():
    s = World.service()
    p = subprocess.run([AVOWD, "--data", os.path.join(s.data, "data"), "--listen", "127.0.0.1:0"],
                       capture_output=True, timeout=30)
    assert p.returncode == 1 and b"data_in_use" in p.stderr + p.stdout, p


@tap.case()
def plain_http_is_refused_off_loopback():
    p = subprocess.run([AVOWD, "--data", os.path.join(HOME, "x"), "--listen", "0.0.0.0:0", "--tls", "never"],
                       capture_output=True, timeout=30)
    assert p.returncode in (1, 64) and not p.stdout, p


@tap.case()
def configuration_is_checked_and_printed():
    path = os.path.join(HOME, "c.yaml")
    with open(path, "w") as f:
        f.write("collateral_grace: 36h\naccept_tcb: [UpToDate]\n")
    p = subprocess.run([AVOWD, "--config", path, "--data", HOME + "/y", "--check-config"], capture_output=True, timeout=30)
    assert p.returncode == 0, p
    p = subprocess.run([AVOWD, "--config", path, "--data", HOME + "/y", "--print-config"], capture_output=True, timeout=30)
    assert p.returncode == 0 and b"36h" in p.stdout, p
    with open(path, "w") as f:
        f.write("accept_tcb: [Revoked]\n")
    p = subprocess.run([AVOWD, "--config", path, "--data", HOME + "/y", "--check-config"], capture_output=True, timeout=30)
    assert p.returncode == 64 and b"accept_tcb" in p.stderr, p


@tap.case()
def sigterm_drains_and_exits_0():
    s = Service(*World.args())
    assert s.attest("SgxEnclave", {"quote": quote()})[0] == 200
    assert s.stop() == 0


@tap.case("kill -9 while keys rotate: start again, nothing lost")
def kill_while_keys_rotate():
    home = os.path.join(HOME, "killed")
    os.makedirs(home, exist_ok=True)
    known = set()
    for n in range(4):
        s = Service(*World.args(), data=home)
        kids = {k["kid"] for k in json.loads(s.request("GET", "/certs")[2])["keys"]}
        assert known <= kids, "a published key was lost"
        p = subprocess.Popen([os.path.join(os.path.dirname(AVOWD), "../cli/avow"), "keys", "rotate", "--now", "--data",
                              os.path.join(home, "data")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if n % 2:
            p.kill()
        p.wait()
        s.process.kill()
        s.process.wait()
        known = kids
        s.own = False
        s.stop()
    s = Service(*World.args(), data=home)
    status, answer = s.attest("SgxEnclave", {"quote": quote()})
    assert status == 200
    with open(os.path.join(home, "token"), "w") as f:
        f.write(answer["token"])
    assert avow("verify", os.path.join(home, "token"), "--issuer", s.url)[0] == 0
    s.stop()


@tap.case()
def other_signing_algorithms_verify_too():
    for alg in ("PS256", "ES256", "ES384"):
        with Service(*World.args(), "--signing-algorithm", alg) as s:
            token = s.attest("SgxEnclave", {"quote": quote()})[1]["token"]
            assert header_of(token)["alg"] == alg
            status, _, err = avow("verify", token, "--issuer", s.url)
            assert status == 0, err


try:
    tap.run()
finally:
    if World.one:
        World.one.stop()
    shutil.rmtree(HOME, ignore_errors=True)
