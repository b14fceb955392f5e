"""avow attest without a FILE: evidence gathered on this machine and attested in one
go. The TPM is swtpm, with an EK certificate of its own CA; the service a real one."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile

from avowtest import AVOW, Service, Tap, avow, b64u, claims_of, code_of, unb64u
from stand_in import StandIn
from tpm_machine import Machine, RequestKey, openssl, read, write

tap = Tap()
HOME = tempfile.mkdtemp()
EK = "0x81010001"  # swtpm_setup leaves the certified one there
POLICY = """version= 1.2;
authorizationrules{ [type=="aikValidated", value==true] => permit(); };
issuancerules{
c:[type=="secureBootEnabled"] => issue(type="sb", value=c.value);
c:[type=="aikPubHash"] => issue(type="aik", value=c.value);
};
"""


def run(s, *args, token=True, **more):
    """avow against that service, as its operator or as nobody."""
    env = {**os.environ, "AVOW_SERVER": s.url, **({"AVOW_TOKEN": s.token} if token else {}), **more}
    p = subprocess.run([AVOW, *args], capture_output=True, timeout=120, env=env)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def tcti(m):
    return m.env["TPM2TOOLS_TCTI"]


def log_of(m, data=None):
    """The machine's log as its kernel would show it."""
    return "TCG:" + write(m.path("boot.log"), m.log() if data is None else data)


def attest(s, m, *args, log=None, **more):
    return run(s, "attest", "tpm", "--tcti", tcti(m), "--log", log or log_of(m), *args, **more)


@tap.case()
def a_tpm_is_attested_in_one_command_by_its_ek():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        for args in ([], ["--ak", "ecc"], ["--rp-id", "https://rp.example", "--nonce", "fresh 1"]):
            status, out, err = attest(s, m, *args)
            assert status == 0, (args, err)
            claims = claims_of(out)
            assert claims["sb"] is True and claims["iss"] == s.url and claims["cnf"]["jwk"]["kty"] == "RSA"
        assert unb64u(claims["nonce"]) == b"fresh 1" and claims["rp_data"] == claims["nonce"], claims
        issuer = write(m.path("token"), out)
        status, _, err = avow("verify", issuer, "--issuer", s.url, "--nonce", b64u(b"fresh 1"))
        assert status == 0, err


@tap.case()
def an_ek_at_a_handle_or_on_p256_activates_too():
    with Machine() as m:
        m.boot()
        ca_key, ca = m.path("ekca.key"), m.path("ekca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca_key,
                "-out", ca, "-subj", "/CN=Avow test EK CA", "-days", "10", "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

        def certified(name):
            """A certificate of that EK's public key."""
            openssl("req", "-new", "-key", ca_key, "-subj", "/CN=EK", "-out", m.path("ek.csr"))
            ext = write(m.path("ek.ext"), "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=2.23.133.8.1\n")
            openssl("x509", "-req", "-in", m.path("ek.csr"), "-force_pubkey", m.path(name + ".pem"), "-CA", ca,
                    "-CAkey", ca_key, "-set_serial", "9", "-days", "5", "-extfile", ext, "-outform", "DER",
                    "-out", m.path(name + ".der"))
            return m.path(name + ".der")

        m.tool("tpm2_createek", "-c", "ekecc.ctx", "-G", "ecc", "-u", "ekecc.pub")
        m.tool("tpm2_readpublic", "-c", "ekecc.ctx", "-f", "pem", "-o", "ekecc.pem")
        m.tool("tpm2_flushcontext", "-t")
        with Service("--trust-anchor", ca, "--trust-anchor", m.anchors()) as s:
            s.set_policy("Tpm", POLICY)
            status, out, err = attest(s, m, "--ek", "ecc", "--ek-cert", certified("ekecc"))
            assert status == 0, err
            status, out, err = attest(s, m, "--ek", EK, "--ek-cert", "0x01c00002")
            assert status == 0 and claims_of(out)["sb"] is True, err
            # a certificate of another EK: the TPM itself refuses the credential
            status, out, err = attest(s, m, "--ek-cert", m.path("ekecc.der"))
            assert status == 2 and code_of(err) == "collect_tpm" and "TPM2_ActivateCredential" in err, err
            status, out, err = attest(s, m, "--ek-cert", "0x01c0ffff")
            assert status == 2 and code_of(err) == "collect_tpm" and not out, err


@tap.case()
def a_key_that_nothing_vouches_for_is_the_service_s_to_refuse():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        status, _, err = attest(s, m)
        assert status == 1 and code_of(err) == "policy_absent", err
        s.set_policy("Tpm", POLICY)
        m.boot()
        status, out, err = attest(s, m, token=False)
        assert status == 1 and code_of(err) == "unauthorized" and not out, err
        status, out, err = attest(s, m, "--ek", "none")
        assert status == 1 and code_of(err) == "tpm_ak_uncertified" and not out, err
        status, out, err = attest(s, m, "--pcrs", "sha256:0-7")
        assert status == 1 and code_of(err) == "tpm_pcr_required" and not out, err


@tap.case()
def a_tampered_log_is_refused_with_the_event_named():
    """The whole way: collect, appraise, attest; then one event of the log is spoiled."""
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        m.make_ek()
        good = m.log()
        evidence = m.path("evidence.json")
        assert avow("collect", "tpm", "--tcti", tcti(m), "--log", log_of(m), "-o", evidence)[0] == 0
        status, out, _ = avow("appraise", "tpm", evidence, "--allow-uncertified-ak")
        assert status == 0 and json.loads(out)["claims"]["secureBootEnabled"] is True, out
        status, out, err = attest(s, m)
        assert status == 0 and claims_of(out)["sb"] is True, err

        # the first separator's digest; its data is what firmware always measures
        bad = bytearray(good)
        bad[good.index(m.events[2][2])] ^= 1
        for args in (["attest", "tpm"], ["collect", "tpm", "--server", s.url]):
            status, out, err = run(s, *args, "--tcti", tcti(m), "--log", log_of(m, bytes(bad)))
            assert status == 1 and not out and code_of(err) == "eventlog_quote", err
            assert "event 3 of logs[0] (EV_SEPARATOR) has a digest that is not its data's" in err, err
            assert avow("collect", "tpm", "--tcti", tcti(m), "--log", log_of(m, bytes(bad)), "-o", evidence)[0] == 0
        status, out, _ = avow("appraise", "tpm", evidence, "--allow-uncertified-ak")
        error = json.loads(out)["error"]
        assert status == 1 and error["code"] == "eventlog_quote" and "event 3 of logs[0]" in error["message"], out

        # what the spoiled log hid: a log without an event, a register that moved on
        short = good[:good.rindex(m.events[-1][2]) - 14]
        status, out, err = attest(s, m, log=log_of(m, short))
        assert status == 1 and code_of(err) == "eventlog_quote" and "PCR 7" in err, err
        m.tool("tpm2_pcrextend", "5:sha256=" + "11" * 32)
        status, out, err = attest(s, m)
        assert status == 1 and code_of(err) == "eventlog_quote" and "PCR 5" in err, err


def ima_entry(name, content):
    """An ima-ng entry as Linux lists it, and what it extends the SHA-256 bank by."""
    file_digest = b"sha256:\0" + hashlib.sha256(content).digest()
    data = b"".join(struct.pack("<I", len(x)) + x for x in (file_digest, name + b"\0"))
    listed = struct.pack("<I", 10) + hashlib.sha1(data).digest() + struct.pack("<I", 6) + b"ima-ng"
    return listed + struct.pack("<I", len(data)) + data, hashlib.sha256(data).hexdigest()


@tap.case()
def files_that_ima_measured_are_attested_and_none_can_be_swapped():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        entries = [ima_entry(b"boot_aggregate", b""), ima_entry(b"/usr/bin/good", b"1"), ima_entry(b"/usr/bin/late", b"2")]
        for _, digest in entries[:2]:
            m.tool("tpm2_pcrextend", "10:sha256=" + digest)

        def ask(*listed):
            log = write(m.path("ima"), b"".join(listed))
            return attest(s, m, "--log", "IMA:" + log)

        good = [listed for listed, _ in entries]
        status, out, err = ask(*good[:2])
        assert status == 0, err
        assert ask(*good)[0] == 0, "the list may run ahead of the quote"
        # an entry whose file is another, its listed hash left, or made to fit, or left out
        bad = good[1].replace(b"/usr/bin/good", b"/usr/bin/evil")
        status, out, err = ask(good[0], bad)
        assert status == 1 and not out and code_of(err) == "ima_template_hash", err
        for listed in ((good[0], ima_entry(b"/usr/bin/evil", b"1")[0]), good[:1], good[1::-1]):
            status, out, err = ask(*listed)
            assert status == 1 and not out and code_of(err) == "eventlog_quote" and "PCR 10" in err, err


@tap.case()
def a_certified_ak_and_a_request_key_of_one_s_own():
    with Machine() as m:
        m.boot()
        m.make_ek()
        m.make_ak()
        m.tool("tpm2_evictcontrol", "-c", "ak.ctx", "0x81000003")
        cert, ca = m.certify_ak()
        path = write(m.path("ak.cer"), cert)
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca) as s:
            s.set_policy("Tpm", POLICY)
            token = m.path("token")
            status, out, err = attest(s, m, "--ak", "0x81000003", "--ak-cert", path, "--request-key", key.path,
                                      "-o", token)
            assert status == 0 and out == "", err
            assert os.stat(token).st_mode & 0o777 == 0o600
            assert claims_of(read(token).decode())["cnf"] == {"jwk": key.jwk}
            # another key than the certificate's
            status, out, err = attest(s, m, "--ak-cert", path)
            assert status == 1 and code_of(err) == "tpm_ak_key", err
            ec = m.path("ec.pem")
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", ec)
            status, out, err = attest(s, m, "--request-key", ec)
            assert status == 2 and code_of(err) == "key_type", err
            status, out, err = attest(s, m, "--request-key", m.path("absent"))
            assert status == 2 and "absent" in err, err


@tap.case()
def an_answer_to_another_question_is_no_token():
    first = {"challenge": b64u(b"c" * 16), "service_context": "x"}

    def report(**claims):
        return {"report": ".".join(b64u(json.dumps(x).encode()) for x in ({"alg": "RS256"}, claims)) + ".AA"}

    jwk = {"e": "AQAB", "kty": "RSA", "n": "AQAB"}
    def envelopes(*payloads):
        return [{"data": b64u(json.dumps({"payload": p}).encode())} for p in payloads]

    with Machine() as m, StandIn() as stub:
        m.make_ek()
        key = RequestKey(m.dir)

        def ask(*payloads):
            stub.answers["/attest/Tpm"] = envelopes(*payloads)
            result = avow("attest", "tpm", "--tcti", tcti(m), "--no-logs", "--nonce", "n", "--server", stub.url,
                          "--request-key", key.path)
            assert not stub.answers["/attest/Tpm"], "both rounds were asked"
            return result

        for field, *payloads in (
                ("challenge", {}), ("challenge", {**first, "challenge": "*"}),
                ("service_context", {"challenge": "AAAA"}),
                ("x-avow-encrypted-secret", {**first, "x-avow-credential-blob": "AAAA"}),
                ("x-avow-credential-blob", {**first, "x-avow-credential-blob": "AAAA",
                                            "x-avow-encrypted-secret": "AAAAAA"}),
                ("report", first, {}), ("report", first, {"report": "a.b"}),
                ("cnf", first, report()), ("cnf", first, report(cnf={"jwk": jwk}, rp_data=b64u(b"n"))),
                ("rp_data", first, report(cnf={"jwk": key.jwk}, rp_data=b64u(b"m")))):
            status, out, err = ask(*payloads)
            assert status == 2 and not out and code_of(err) == "collect_answer", (field, err)
            assert f"  field     {field}\n" in err, (field, err)
        status, out, err = ask(first, report(cnf={"jwk": key.jwk}, rp_data=b64u(b"n")))
        assert status == 0, err
        for odd in ({"data": "*"}, {"data": b64u(b"{}")}, {"data": b64u(b"{")}):
            stub.answers["/attest/Tpm"] = odd
            status, out, err = avow("attest", "tpm", "--tcti", tcti(m), "--no-logs", "--server", stub.url)
            assert status == 2 and not out and code_of(err) == "collect_answer", (odd, err)


@tap.case()
def wrong_uses_are_64():
    for args in (["tpm", "file"], ["sgx"], ["oe"], ["snp", "--certs", os.devnull, "--ek", "dsa"], ["tpm", "--ek", "0x"],
                 ["tpm", "--json"], ["tpm", "--pcrs", "sha256:24"], ["nothing"], [], ["tpm", "a", "b"]):
        assert avow("attest", *args, "--server", "http://127.0.0.1:1")[0] == 64, args
    data = write(os.path.join(HOME, "data"), b"data")
    for args in (["tpm", "--runtime-data", data], ["tpm", "--init-data", data], ["tpm", "--draft-policy", data],
                 ["azure-guest", "--runtime-data", data], ["azure-guest", data, "--nonce", "n"],
                 ["azure-guest", "--event-log", data], ["snp", "--request-key", data], ["tdx", data, "--rp-id", "x"]):
        status, _, err = avow("attest", *args, "--server", "http://127.0.0.1:1")
        assert status == 64 and "has no place in a request of" in err, (args, err)
    assert avow("collect", "snp", data, "--server", "http://127.0.0.1:1")[0] == 64
    assert avow("attest", "tpm")[0] == 64
    assert avow("collect", "sgx", "--server=http://127.0.0.1:1")[0] == 64


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
