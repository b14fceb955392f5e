"""TDX through whole programs: POST /attest/TdxVm in the forms that clients send, event
logs, and a real quote with the real log of its machine."""
import base64
import json
import os
import shutil
import tempfile

from avowtest import Service, Tap, avow, b64u, claims_of, vectors

tap = Tap()
REAL = ("tdx-google", "quote-v4-cos-113-tdx-quote.dat-00b2526a.bin")


class World:
    """Forged quotes under one folder; a service that trusts the root of each."""
    folder = tempfile.mkdtemp(prefix="avow-e2e-tdx-")

    @classmethod
    def forge(cls, name, *args):
        path = os.path.join(cls.folder, name)
        if not os.path.exists(path):
            status, out, err = avow("forge", "tdx", "--out", path, *args)
            assert status == 0, (status, out, err)
        return path

    @classmethod
    def read(cls, name, file):
        with open(os.path.join(cls.folder, name, file), "rb") as f:
            return f.read()

    @classmethod
    def serve(cls, name):
        return Service("--collateral", os.path.join(cls.folder, name, "collateral"),
                       "--trust-anchor", os.path.join(cls.folder, name, "root.pem"))


def body(name, **more):
    return {"quote": b64u(World.read(name, "quote.bin")),
            "runtimeData": {"data": b64u(World.read(name, "runtime.bin")), "dataType": "JSON"}, **more}


def code(answer):
    return answer["error"]["innererror"]["code"]


@tap.case()
def a_quote_gives_the_claims_of_the_contract():
    World.forge("v4", "--padded")
    with World.serve("v4") as s:
        status, answer = s.attest("TdxVm", body("v4", nonce="n-1"), "2023-04-01-preview")
        assert status == 200, answer
        claims = claims_of(answer["token"])
        quote = World.read("v4", "quote.bin")
        assert claims["x-ms-attestation-type"] == "tdxvm" and claims["x-ms-ver"] == "1.0", claims
        assert claims["tdx_mrtd"] == quote[48 + 136:48 + 184].hex(), claims
        assert claims["tdx_report_data"] == quote[48 + 520:48 + 584].hex(), claims
        assert claims["dbgstat"] == "disabled" and claims["attester_tcb_status"] == "UpToDate", claims
        assert claims["eat_profile"] == "https://aka.ms/maa-eat-profile-tdxvm" and claims["intuse"] == "generic"
        assert claims["x-ms-runtime"] == json.loads(World.read("v4", "runtime.bin")), claims
        assert claims["nonce"] == "n-1" and "x-ms-compliance-status" not in claims, claims


@tap.case()
def every_spelling_of_the_request_is_taken():
    World.forge("v4", "--padded")
    raw = World.read("v4", "quote.bin")
    quotes = (b64u(raw), base64.urlsafe_b64encode(raw).decode(), base64.b64encode(raw).decode(),
              base64.b64encode(raw).rstrip(b"=").decode())
    with World.serve("v4") as s:
        for quote in quotes:
            for kind, member in (("TdxVm", "quote"), ("tdxvm", "Quote"), ("TDXVM", "QUOTE")):
                status, answer = s.attest(kind, {member: quote})
                assert status == 200, (kind, member, answer)
        # a byte order mark, and members that nobody knows
        text = b"\xef\xbb\xbf" + json.dumps({**body("v4"), "simulated": True}).encode()
        status, _, answer = s.request("POST", "/attest/TdxVm?api-version=2022-08-01", text)
        assert status == 200, answer
        status, answer = s.attest("TdxVm", {"report": quotes[0]})
        assert status == 400 and code(answer) == "json_missing", answer


@tap.case()
def version_5_with_its_event_log_is_taken():
    World.forge("v5", "--version", "5", "--report-15", "--event-log")
    log = World.read("v5", "ccel.bin")
    with World.serve("v5") as s:
        status, answer = s.attest("TdxVm", body("v5", eventLog=b64u(log)))
        assert status == 200, answer
        claims = claims_of(answer["token"])
        assert claims["x-avow-eventlog-rtmrs"] == [0, 1, 2], claims
        assert "x-avow-eventlog-events" not in claims, claims
        # without a log nothing is told of one
        status, answer = s.attest("TdxVm", body("v5"))
        assert status == 200 and "x-avow-eventlog-rtmrs" not in claims_of(answer["token"]), answer


@tap.case()
def avow_attest_sends_the_event_log():
    World.forge("v5", "--version", "5", "--report-15", "--event-log")
    quote, log = (os.path.join(World.folder, "v5", name) for name in ("quote.bin", "ccel.bin"))
    bent = bytearray(World.read("v5", "ccel.bin"))
    bent[65 + 30] ^= 1
    with open(log + ".bent", "wb") as f:
        f.write(bent)
    with World.serve("v5") as s:
        status, token, err = avow("attest", "tdx", quote, "--event-log", log, "--server", s.url)
        assert status == 0, err
        assert claims_of(token.strip())["x-avow-eventlog-rtmrs"] == [0, 1, 2], token
        status, token, err = avow("attest", "tdx", quote, "--server", s.url)
        assert status == 0 and "x-avow-eventlog-rtmrs" not in claims_of(token.strip()), err
        status, _, err = avow("attest", "tdx", quote, "--event-log", log + ".bent", "--server", s.url)
        assert status == 1 and "eventlog_quote" in err, err
        status, _, err = avow("attest", "snp", quote, "--event-log", log, "--server", s.url)
        assert status == 2 and "event_log" in err, err


@tap.case()
def an_event_log_that_leads_elsewhere_is_refused():
    World.forge("v5", "--version", "5", "--report-15", "--event-log")
    log = bytearray(World.read("v5", "ccel.bin"))
    log[65 + 30] ^= 1
    with World.serve("v5") as s:
        status, answer = s.attest("TdxVm", body("v5", eventLog=b64u(bytes(log))))
        assert status == 400 and code(answer) == "eventlog_quote", answer
        status, answer = s.attest("TdxVm", body("v5", eventLog=b64u(bytes(log[:80]))))
        assert status == 400 and code(answer) == "eventlog_truncated", answer
        status, answer = s.attest("TdxVm", body("v5", eventLog="*"))
        assert status == 400 and code(answer) == "base64", answer


@tap.case()
def debug_is_refused_and_said():
    World.forge("debug", "--td-attributes", "0x10000001")
    with World.serve("debug") as s:
        status, answer = s.attest("TdxVm", body("debug"))
    assert status == 400 and code(answer) == "tdx_debug", answer


@tap.case()
def data_that_the_quote_does_not_hold_is_refused():
    World.forge("v4", "--padded")
    other = body("v4")
    other["runtimeData"]["data"] = b64u(b"{}")
    with World.serve("v4") as s:
        status, answer = s.attest("TdxVm", other)
        assert status == 400 and code(answer) == "runtime_data_mismatch", answer
        status, answer = s.attest("TdxVm", {**body("v4"), "initTimeData": {"data": b64u(b"x"), "dataType": "Binary"}})
        assert status == 400 and code(answer) == "init_data_mismatch", answer


@tap.case()
def without_collateral_it_waits():
    World.forge("v4", "--padded")
    with Service("--trust-anchor", os.path.join(World.folder, "v4", "root.pem")) as s:
        status, answer = s.attest("TdxVm", body("v4"))
    assert status == 503, answer


@tap.case()
def a_real_log_leads_to_the_registers_of_its_real_quote():
    quote, log = vectors(*REAL), vectors("tpm-google-eventlog", "ccel-cos-113-intel-tdx.bin")
    args = ("--collateral", vectors("intel-qvl-oracle", "collateral", "00b2526ab190"), "--collateral-grace", "3650d",
            "--at", "2026-07-05T00:00:00Z", "--accept-tcb", "UpToDate,OutOfDate")
    status, out, err = avow("appraise", "tdx", quote, "--event-log", log, *args)
    r = json.loads(out)
    assert status == 0 and r["claims"]["x-avow-eventlog-rtmrs"] == [0, 1, 2], (r["verdict"], r["error"], err)
    # the log of another machine
    status, out, err = avow("appraise", "tdx", quote, "--event-log", vectors("sgxtdx-trustee", "CCEL_data_ovmf"), *args)
    assert status == 1 and json.loads(out)["error"]["code"] == "eventlog_quote", out


try:
    tap.run()
finally:
    shutil.rmtree(World.folder, ignore_errors=True)
