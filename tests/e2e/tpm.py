"""POST /attest/Tpm with real TPMs: swtpm, an EK certificate of its own CA, AKs that
are activated or certified; and every tampering refused with its own code."""
import datetime
import json
import os
import sqlite3
import struct

from avowtest import Service, Tap, avow, b64u, claims_of, header_of, unb64u, wait_for
from tpm_machine import Machine, RequestKey, TpmKey, jwk_of_public, post, read, request_text, write

tap = Tap()
POLICY = """version= 1.2;
authorizationrules{
c:[type=="events", issuer=="AttestationService"] =>
 add(type="efi", value=JmesPath(c.value, "Events[?EventTypeString == 'EV_EFI_VARIABLE_DRIVER_CONFIG'].ProcessedData"));
[type=="aikValidated", value==true] => permit();
};
issuancerules{
c:[type=="aikPubHash"] => issue(type="aik", value=c.value);
c:[type=="secureBootEnabled"] => issue(type="sb", value=c.value);
c:[type=="x-avow-quote-hash"] => issue(type="quoteHash", value=c.value);
%s};
"""


def set_policy(s, more=""):
    s.set_policy("Tpm", POLICY % more)


def first_round(s, **more):
    status, answer = post(s, {"payload": {"type": "aikcert", **more}})
    assert status == 200, answer
    return answer["payload"]


def second_round(s, key, payload, header=None):
    status, answer = post(s, {"payload": {"request": key.jws(header or {"alg": "PS256", "typ": "attReqV2"}, payload)}})
    return (status, answer["payload"]["report"]) if status == 200 else (status, answer)


def refused(code, result):
    status, error = result
    assert status == 400 and error["innererror"]["code"] == code, (code, result)


def attest(s, m, key, first, tamper=None, header=None, **more):
    """A whole second round of version 2, bound by tpm_quote."""
    a = m.quote(m.bound_nonce(key, unb64u(first["challenge"])))
    if tamper:
        tamper(a)
    return second_round(s, key, request_text(key, first, a, **more), header)


def service(m, *more):
    return Service("--trust-anchor", m.anchors(), *more)


def activated(s, m, ek, area):
    """A first round whose AK the TPM has activated; more members for the second."""
    first = first_round(s, **{"x-avow-ek-cert": b64u(ek), "x-avow-ak-public": b64u(area)})
    value = m.activate(unb64u(first["x-avow-credential-blob"]), unb64u(first["x-avow-encrypted-secret"]))
    return first, {"x-avow-credential": b64u(value)}


@tap.case()
def an_activated_ak_is_attested_in_two_rounds():
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek = m.make_ek()
        key = RequestKey(m.dir)
        for kind, scheme in (("rsa", "rsassa"), ("rsa", "rsapss"), ("ecc", "ecdsa")):
            area = m.make_ak(kind, scheme)
            first, more = activated(s, m, ek, area)
            status, report = attest(s, m, key, first, rp_id="https://rp.example", **more)
            assert status == 200, (kind, scheme, report)
            claims = claims_of(report)
            assert claims["cnf"] == {"jwk": key.jwk}, claims
            assert claims["x-ms-tpm-request-key"] == {
                "info": {"tpm_quote": {"hash_alg": "sha-256"}}, "jwk": key.jwk}, claims
            assert claims["rp_data"] == claims["nonce"] == "cnAtZGF0YQ"
            assert claims["iat"] - claims["nbf"] == 300 and claims["exp"] - claims["iat"] == 86400
            assert claims["ver"] == claims["x-ms-ver"] == "1.0" and len(claims["jti"]) == 40
            assert claims["sb"] is True and claims["quoteHash"] == "sha256"
            assert claims["x-avow-machine-id"]
            assert claims["iss"] == s.url
            assert len(header_of(report)["x5c"]) == 1


@tap.case()
def a_challenge_is_good_once_and_only_here():
    """verifier-bugs 20 and 21: a replayed answer, another's challenge."""
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek, key = m.make_ek(), RequestKey(m.dir)
        first, more = activated(s, m, ek, m.make_ak())
        payload = request_text(key, first, m.quote(m.bound_nonce(key, unb64u(first["challenge"]))), **more)
        assert second_round(s, key, payload)[0] == 200
        refused("tpm_challenge_used", second_round(s, key, payload))
        other = first_round(s)
        mixed = {**first, "challenge": other["challenge"]}
        refused("tpm_challenge", attest(s, m, key, mixed, **more))
        refused("tpm_context", attest(s, m, key, {**first, "service_context": b64u(b"x" * 200)}, **more))
        # sealed for another provider
        s.make_provider("other")
        status, _, text = s.request("POST", "/providers/other/attest/Tpm?api-version=2022-08-01",
                                    {"data": b64u(json.dumps({"payload": {"type": "aikcert"}}).encode())},
                                    {"Authorization": "Bearer " + s.token})
        assert status == 400 and json.loads(text)["error"]["innererror"]["code"] == "policy_absent", text


def store(s):
    """The service's own database, as an operator's accident reaches it."""
    return sqlite3.connect(os.path.join(s.data, "data", "avow.db"), timeout=60, isolation_level=None)


def undecided(code, result):
    status, error = result
    assert status == 503 and error["innererror"]["code"] == code, (code, result)


@tap.case()
def a_store_that_is_down_leaves_the_challenge_undecided():
    """verifier-bugs 20 and 39: neither bad evidence nor an answer, and the same challenge is then good once."""
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek, key = m.make_ek(), RequestKey(m.dir)
        first, more = activated(s, m, ek, m.make_ak())
        payload = request_text(key, first, m.quote(m.bound_nonce(key, unb64u(first["challenge"]))), **more)
        db = store(s)
        db.execute("ALTER TABLE used_challenge RENAME TO elsewhere")
        undecided("store", second_round(s, key, payload))
        undecided("store", second_round(s, key, payload))
        db.execute("ALTER TABLE elsewhere RENAME TO used_challenge")
        status, report = second_round(s, key, payload)
        assert status == 200, report
        refused("tpm_challenge_used", second_round(s, key, payload))
        assert db.execute("SELECT count(*) FROM used_challenge").fetchone() == (1,)
        db.close()


@tap.case()
def a_store_that_another_holds_is_busy_and_takes_no_challenge_twice():
    """What was undecided may have been written when the lock is gone, or not: then one answer at most is a report."""
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek, key = m.make_ek(), RequestKey(m.dir)
        first, more = activated(s, m, ek, m.make_ak())
        payload = request_text(key, first, m.quote(m.bound_nonce(key, unb64u(first["challenge"]))), **more)
        db = store(s)
        db.execute("BEGIN IMMEDIATE")
        undecided("store_busy", second_round(s, key, payload))
        db.execute("ROLLBACK")
        db.close()

        def decided():
            answer = second_round(s, key, payload)
            return None if answer[0] == 503 else answer

        status, answer = wait_for(decided)
        if status != 200:
            refused("tpm_challenge_used", (status, answer))
        refused("tpm_challenge_used", wait_for(decided))


@tap.case()
def every_tampering_has_its_own_code():
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek, key = m.make_ek(), RequestKey(m.dir)
        area = m.make_ak()

        def run(tamper=None, header=None, **extra):
            first, more = activated(s, m, ek, area)
            return attest(s, m, key, first, tamper, header, **{**more, **extra})

        def flip(name, at, mask=1):
            def do(a):
                raw = bytearray(unb64u(a[name]))
                raw[at] ^= mask
                a[name] = b64u(bytes(raw))
            return do

        def other_pcr(a):
            a["pcrs"][0]["values"][3]["digest"] = b64u(b"\1" * 32)

        def missing_pcr(a):
            del a["pcrs"][0]["values"][3]

        def other_log(a):
            a["logs"][0]["log"] = b64u(m.log().replace(b"f\0i\0r\0m", b"F\0i\0r\0m"))

        def other_digest(a):
            log = bytearray(m.log())
            at = bytes(log).index(m.events[1][2])
            log[at] ^= 1
            a["logs"][0]["log"] = b64u(bytes(log))

        assert run()[0] == 200
        refused("tpm_pcr_digest", run(other_pcr))
        refused("tpm_pcr_missing", run(missing_pcr))
        refused("eventlog_quote", run(other_digest))
        refused("tpm_magic", run(flip("quote", 0)))
        refused("tpm_type", run(flip("quote", 5)))
        refused("tpm_signature", run(flip("quote", -1)))
        refused("tpm_signature", run(flip("signature", -1)))
        status, report = run(other_log)  # its digest no longer proves it: it is told as nothing
        assert status == 200, report

        refused("tpm_activation", run(**{"x-avow-credential": b64u(b"a guess of thirty-two bytes......")}))
        refused("tpm_jws", run(header={"alg": "RS256", "typ": "attReqV2"}))
        refused("tpm_request", run(header={"alg": "PS256", "typ": "JWT"}))

        # another nonce, fewer registers, another key, another type of attestation
        first, more = activated(s, m, ek, area)
        a = m.quote(b"\2" * 32)
        refused("tpm_qualified_data", second_round(s, key, request_text(key, first, a, **more)))
        first, more = activated(s, m, ek, area)
        a = m.quote(m.bound_nonce(key, unb64u(first["challenge"])), pcrs="0,1,2,3,4,5,6,7")
        refused("tpm_pcr_required", second_round(s, key, request_text(key, first, a, **more)))
        first, more = activated(s, m, ek, area)
        m.make_ak()
        a = m.quote(m.bound_nonce(key, unb64u(first["challenge"])))
        refused("tpm_ak_uncertified", second_round(s, key, request_text(key, first, a, **more)))


@tap.case()
def a_key_attestation_is_no_quote_and_binds_no_other_challenge():
    """mistakes A1: an AK signs certifications too."""
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        ek, key = m.make_ek(), RequestKey(m.dir)
        area = m.make_ak()
        m.tool("tpm2_createprimary", "-C", "o", "-G", "rsa", "-c", "key.ctx")
        m.tool("tpm2_flushcontext", "-t")
        m.tool("tpm2_certify", "-c", "key.ctx", "-C", "ak.ctx", "-g", "sha256", "-o", "certify", "-s", "certify.sig")
        m.tool("tpm2_flushcontext", "-t")
        m.tool("tpm2_readpublic", "-c", "key.ctx", "-o", "key.pub")
        m.tool("tpm2_flushcontext", "-t")

        def as_quote(a):
            a["quote"], a["signature"] = b64u(read(m.path("certify"))), b64u(read(m.path("certify.sig")))

        first, more = activated(s, m, ek, area)
        refused("tpm_type", attest(s, m, key, first, as_quote, **more))

        first, more = activated(s, m, ek, area)
        info = {"tpm_certify": {"public": b64u(read(m.path("key.pub"))), "certification": b64u(read(m.path("certify"))),
                                "signature": b64u(read(m.path("certify.sig")))}}
        a = m.quote(unb64u(first["challenge"]))
        refused("tpm_qualified_data", second_round(s, key, request_text(
            key, first, a, request_key={"jwk": key.jwk, "info": info}, **more)))
        first, more = activated(s, m, ek, area)
        a = m.quote(unb64u(first["challenge"]))
        refused("tpm_key_unbound", second_round(s, key, request_text(
            key, first, a, request_key={"jwk": key.jwk}, **more)))


@tap.case()
def keys_of_the_tpm_are_certified_for_the_challenge():
    """The request's key and two more by tpm_certify; and each thing that such a binding must not be."""
    with Machine() as m:
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = TpmKey(m)
        areas = {"req": read(m.path("req.pub")), "ec": m.make_key("ec", "ecc256:null:null"),
                 "rsa": m.make_key("rsa", "rsa2048:null:null")}
        with Service("--trust-anchor", ca) as s:
            set_policy(s)

            def bound(name, challenge):
                certification, signature = m.certify(name, challenge)
                return {"jwk": jwk_of_public(areas[name]), "info": {"tpm_certify": {
                    "public": b64u(areas[name]), "certification": b64u(certification),
                    "signature": b64u(signature)}}}

            def run(change=None):
                first = first_round(s)
                challenge = unb64u(first["challenge"])
                a = m.quote(challenge)
                a["aik_cert"] = b64u(cert)
                keys = {"request_key": bound("req", challenge),
                        "other_keys": [bound("ec", challenge), bound("rsa", challenge)]}
                if change:
                    change(keys)
                return second_round(s, key, request_text(key, first, a, **keys))

            status, report = run()
            assert status == 200, report
            claims = claims_of(report)
            assert claims["cnf"] == {"jwk": key.jwk}, claims
            assert claims["x-ms-tpm-request-key"] == {
                "info": {"tpm_certify": {"name_alg": 11, "obj_attr": 0x40072}}, "jwk": key.jwk}, claims

            def flip(where, name):
                info = where["info"]["tpm_certify"]
                raw = bytearray(unb64u(info[name]))
                raw[-1] ^= 1
                info[name] = b64u(bytes(raw))

            def other_challenge(keys):
                keys["other_keys"][1] = bound("rsa", b"\3" * 16)

            def other_jwk(keys):
                keys["other_keys"][0]["jwk"] = keys["other_keys"][1]["jwk"]

            def other_area(keys):
                one, two = (k["info"]["tpm_certify"] for k in keys["other_keys"])
                one["public"] = two["public"]

            def by_quote(keys):
                keys["other_keys"][0]["info"] = {"tpm_quote": {"hash_alg": "sha-256"}}

            refused("tpm_qualified_data", run(other_challenge))
            refused("tpm_key_name", run(other_jwk))
            refused("tpm_key_name", run(other_area))
            refused("tpm_signature", run(lambda keys: flip(keys["other_keys"][0], "signature")))
            refused("tpm_signature", run(lambda keys: flip(keys["request_key"], "certification")))
            refused("tpm_request", run(by_quote))
            refused("tpm_request", run(lambda keys: keys["other_keys"].append(keys["other_keys"][0])))


@tap.case()
def a_certified_ak_needs_a_trusted_ca():
    with Machine() as m:
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca) as s, Service() as stranger:
            set_policy(s, '=> issueproperty(type="report_validity_in_minutes", value=10);\n'
                       '=> issueproperty(type="omit_x5c", value=true);\n')
            set_policy(stranger)

            def certified(a):
                a["aik_cert"] = b64u(cert + bytes(100))  # as an NV index pads it

            status, report = attest(s, m, key, first_round(s), certified)
            assert status == 200, report
            claims = claims_of(report)
            assert claims["exp"] - claims["iat"] == 600, claims
            assert "x5c" not in header_of(report) and header_of(report)["x5t"]
            refused("tpm_ak_root", attest(stranger, m, key, first_round(stranger), certified))

            def another(a):
                certified(a)
                a["aik_pub"] = key.jwk

            refused("tpm_ak_key", attest(s, m, key, first_round(s), another))
            refused("tpm_ak_uncertified", attest(s, m, key, first_round(s)))


@tap.case()
def a_retired_key_stays_until_its_reports_have_expired():
    """docs/keys.md: longer than the eight hours of other tokens."""
    with Machine() as m:
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca) as s:
            set_policy(s, '=> issueproperty(type="report_validity_in_minutes", value=14401);\n')

            def certified(a):
                a["aik_cert"] = b64u(cert)

            status, report = attest(s, m, key, first_round(s), certified)
            assert status == 200, report
            data = os.path.join(s.data, "data")
            status, _, err = avow("keys", "rotate", "--now", "--data", data)
            assert status == 0, err

            def retired():
                status, out, err = avow("keys", "list", "--json", "--data", data)
                assert status == 0, err
                old, = [k for k in json.loads(out) if k["kid"] == header_of(report)["kid"]]
                return old if old["state"] == "retired" else None

            old = wait_for(retired)  # once the service has loaded the new one
            expires = datetime.datetime.fromtimestamp(claims_of(report)["exp"], datetime.timezone.utc)
            assert old["unpublished"] >= expires.strftime("%Y-%m-%dT%H:%M:%SZ"), (old, expires)


@tap.case()
def version_1_takes_platform_claims():
    with Machine() as m, service(m) as s:
        set_policy(s)
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca) as s:
            url = s.url + "site"
            set_policy(s, f'c:[type=="{url}", issuer=="CustomClaim"] => issue(type="site", value=c.value);\n'
                       'c:[type=="aikValidated"] => issue(type="validated", value=c.value);\n')

            def blob(nonce):
                m.quote(nonce)
                sig, quote, pcrs = read(m.path("sig")), read(m.path("quote")), read(m.path("pcrs"))
                return b"ALPT" + struct.pack("<5I", 0, 11, len(sig), len(quote), len(pcrs)) + sig + quote + pcrs

            def ask(claim, **more):
                first = first_round(s)
                data = {"challenge": first["challenge"], "service_context": first["service_context"],
                        "attest_key": key.jwk, "rp_data": "cnA",
                        "custom_claims": [{"name": "site", "value": "7", "value_type": "string"},
                                          {"name": "aikValidated", "value": True, "value_type": "boolean"}],
                        "tpm_att_data": {"srtm_boot_log": b64u(m.log()), "aik_cert": b64u(cert),
                                         "current_claim": b64u(claim(unb64u(first["challenge"]))), **more}}
                return second_round(s, key, json.dumps({"att_type": "basic", "att_data": data}),
                                    {"alg": "PS256", "typ": "attReq"})

            status, report = ask(blob, boot_claim=b64u(blob(b"")))
            assert status == 200, report
            claims = claims_of(report)
            assert claims["site"] == "7" and claims["validated"] is True, claims
            assert claims["cnf"] == {"jwk": key.jwk} and "x-ms-tpm-request-key" not in claims
            refused("tpm_claim_blob", ask(lambda n: b"PLAT" + blob(n)[4:]))
            refused("tpm_qualified_data", ask(lambda n: blob(b"another")))


@tap.case()
def the_offline_appraisal_agrees():
    with Machine() as m:
        m.boot()
        m.make_ek()
        m.make_ak("ecc", "ecdsa")
        cert, ca = m.certify_ak()
        a = m.quote(b"challenge")
        a["challenge"] = b"challenge".hex()
        path = write(m.path("a.json"), json.dumps(a))
        status, out, _ = avow("appraise", "tpm", path)
        assert status == 1 and json.loads(out)["error"]["code"] == "tpm_ak_uncertified", out
        status, out, _ = avow("appraise", "tpm", path, "--allow-uncertified-ak")
        d = json.loads(out)
        assert status == 0 and d["claims"]["aikValidated"] is False and d["tcb"] is None, out
        assert d["claims"]["secureBootEnabled"] is True
        a["aik_cert"] = b64u(cert)
        write(path, json.dumps(a))
        status, out, _ = avow("appraise", "tpm", path, "--trust-anchor", ca)
        assert status == 0 and json.loads(out)["claims"]["aikValidated"] is True, out
        status, out, _ = avow("appraise", "tpm", path, "--trust-anchor", ca, "--at", "2010-01-01T00:00:00Z")
        assert status == 1 and json.loads(out)["error"]["code"] == "tpm_ak_not_yet_valid", out
        a["challenge"] = "00"
        write(path, json.dumps(a))
        status, out, _ = avow("appraise", "tpm", path, "--trust-anchor", ca)
        assert status == 1 and json.loads(out)["error"]["code"] == "tpm_qualified_data", out


@tap.case()
def the_first_round_is_for_callers_with_a_policy():
    with Service() as s:
        status, error = post(s, {"payload": {"type": "aikcert"}}, token=False)
        assert status == 401, error
        status, error = post(s, {"payload": {"type": "aikcert"}})
        assert status == 400 and error["innererror"]["code"] == "policy_absent", error
        assert "policy has not been set" in json.dumps(error), error
        set_policy(s)
        status, answer = post(s, {"type": "aikcert"})  # the bare form is answered bare
        assert status == 200 and len(unb64u(answer["challenge"])) == 16, answer
        status, error = post(s, {"type": "other"})
        assert status == 400 and error["innererror"]["code"] == "tpm_request", error
        status, _, _ = s.request("GET", "/policies/Tpm?api-version=2022-08-01",
                                 headers={"Authorization": "Bearer " + s.token})
        assert status == 200


tap.run()
