"""avow collect on a real TPM: swtpm, asked through tpm2-tss. What is gathered is
checked here by hand: the structures of TPM 2.0 Part 2 and plain RSA arithmetic."""
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time

from avowtest import Skip, Tap, avow, unb64u

tap = Tap()
HOME = tempfile.mkdtemp()
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


@contextlib.contextmanager
def tpm():
    """A TPM of its own, started; gives its TCTI."""
    if not shutil.which("swtpm"):
        raise Skip("swtpm is not installed")
    if "tpm2-tss" in avow("collect", "tpm", "--tcti", "none:")[2]:
        raise Skip("built without tpm2-tss")
    state = tempfile.mkdtemp(dir=HOME)
    path = os.path.join(state, "s")
    with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state,
                           "--ctrl", f"type=unixio,path={path}.ctrl",
                           "--server", f"type=unixio,path={path}",
                           "--flags", "not-need-init,startup-clear"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
        try:
            end = time.monotonic() + 30
            while not os.path.exists(path + ".ctrl") or not os.path.exists(path):
                assert p.poll() is None and time.monotonic() < end, "swtpm does not start"
                time.sleep(0.02)
            yield f"swtpm:path={path}"
        finally:
            p.terminate()


def collected(tcti, *args):
    status, out, err = avow("collect", "tpm", "--tcti", tcti, *args)
    assert status == 0, err
    return json.loads(out)


def quote_of(a):
    """TPMS_ATTEST: magic, type, signer, extraData, clock, firmware, selections, digest."""
    q = unb64u(a["quote"])
    assert q[:6] == bytes.fromhex("ff5443478018")

    def sized(at):
        n = int.from_bytes(q[at:at + 2], "big")
        return q[at + 2:at + 2 + n], at + 2 + n

    _, at = sized(6)
    extra, at = sized(at)
    at += 17 + 8
    banks = {}
    count, at = int.from_bytes(q[at:at + 4], "big"), at + 4
    for _ in range(count):
        alg, n = int.from_bytes(q[at:at + 2], "big"), q[at + 2]
        banks[alg] = int.from_bytes(q[at + 3:at + 3 + n], "little")
        at += 3 + n
    digest, at = sized(at)
    assert at == len(q)
    return extra, banks, digest


def holds_its_values(a):
    _, banks, digest = quote_of(a)
    values = b""
    for bank in a["pcrs"]:
        indices = [v["index"] for v in bank["values"]]
        assert indices == sorted(indices)
        assert sum(1 << i for i in indices) == banks[bank["algorithm"]]
        values += b"".join(unb64u(v["digest"]) for v in bank["values"])
    return hashlib.sha256(values).digest() == digest


@tap.case()
def an_rsa_quote_is_signed_over_what_is_told():
    with tpm() as t:
        a = collected(t, "--no-logs", "--challenge", "c0ffee")
        again = collected(t, "--no-logs")
    assert a["challenge"] == "c0ffee" and quote_of(a)[0] == b"\xc0\xff\xee"
    assert "challenge" not in again and quote_of(again)[0] == b""
    assert a["aik_pub"] == again["aik_pub"], "the key is the seed's, the same at every start"
    assert quote_of(a)[1] == {11: 0xffffff} and holds_its_values(a) and a["logs"] == []
    n = int.from_bytes(unb64u(a["aik_pub"]["n"]), "big")
    signature = unb64u(a["signature"])
    assert signature[:6] == bytes.fromhex("0014000b0100"), "RSASSA, SHA-256, 256 bytes"
    plain = pow(int.from_bytes(signature[6:], "big"), 65537, n).to_bytes(256, "big")
    want = SHA256_INFO + hashlib.sha256(unb64u(a["quote"])).digest()
    assert plain == b"\0\1" + b"\xff" * (253 - len(want)) + b"\0" + want


@tap.case()
def an_ecc_key_and_two_banks():
    with tpm() as t:
        a = collected(t, "--no-logs", "--ak", "ecc", "--pcrs", "sha256:0-9,16+sha1:1,3")
    assert a["aik_pub"]["crv"] == "P-256" and len(unb64u(a["aik_pub"]["y"])) == 32
    assert unb64u(a["signature"])[:4] == bytes.fromhex("0018000b"), "ECDSA, SHA-256"
    assert quote_of(a)[1] == {11: 0x103ff, 4: 0xa}
    assert [b["algorithm"] for b in a["pcrs"]] == [11, 4] and holds_its_values(a)


@tap.case()
def logs_go_along_in_their_order():
    logs = []
    for name, data in (("boot", b"\0" * 64), ("ima", b"10 ab")):
        logs.append(os.path.join(HOME, name))
        with open(logs[-1], "wb") as f:
            f.write(data)
    with tpm() as t:
        a = collected(t, "--log", "TCG:" + logs[0], "--log", "IMA:" + logs[1])
        status, _, err = avow("collect", "tpm", "--tcti", t, "--log", "TCG:" + HOME + "/absent")
    assert [x["type"] for x in a["logs"]] == ["TCG", "IMA"]
    assert unb64u(a["logs"][0]["log"]) == b"\0" * 64 and unb64u(a["logs"][1]["log"]) == b"10 ab"
    assert status == 2 and "absent" in err, err


@tap.case()
def the_result_goes_to_a_file_of_its_own():
    out = os.path.join(HOME, "out.json")
    cert = os.path.join(HOME, "cert")
    with open(cert, "wb") as f:
        f.write(b"\x30\x00")
    with tpm() as t:
        status, said, err = avow("collect", "tpm", "--tcti", t, "--no-logs", "-o", out, "--ak-cert", cert)
    assert status == 0 and not said, err
    assert os.stat(out).st_mode & 0o777 == 0o600
    with open(out) as f:
        assert unb64u(json.load(f)["aik_cert"]) == b"\x30\x00"


@tap.case()
def what_is_not_there_is_said():
    with tpm() as t:
        for args in (["--ak", "0x81234567"], ["--ak-cert", "0x01c101d0"]):
            status, out, err = avow("collect", "tpm", "--tcti", t, "--no-logs", *args)
            assert status == 2 and not out and "TPM2_" in err, (args, err)
    status, out, err = avow("collect", "tpm", "--tcti", "swtpm:path=" + HOME + "/nobody")
    assert status == 2 and "TCTI" in err, err
    for kind in "snp", "tdx":
        status, out, err = avow("collect", kind, "--tsm", HOME + "/none")
        assert status == 2 and not out and "this machine does not have" in err, err


@tap.case()
def wrong_flags_are_64():
    for args in (["tpm", "--pcrs", x] for x in
                 ("", "sha256", "sha256:", "sha256:24", "sha256:3-1", "sha256:1-", "sha256:-1", "sha256:1,,2",
                  "md5:1", "sha256:1+sha256:2", "sha1:1x", "sha1:1+")):
        assert avow("collect", *args)[0] == 64, args
    for args in (["tpm", "--nonce", "n"], ["tpm", "--report-data", "00" * 64], ["snp", "--challenge", "00"],
                 ["tdx", "--nonce", "n"], ["snp", "--certs", "x"], ["azure-guest", "--challenge", "00"],
                 ["azure-guest", "--runtime-data", os.devnull]):
        status, _, err = avow("collect", *args)
        assert status == 64 and "what binds " + args[0] in err, (args, err)
    for args in ([], ["sgx"], ["tpm", "x"], ["tpm", "--ak", "dsa"], ["tpm", "--ak", "0x"], ["tpm", "--log", "X:y"],
                 ["tpm", "--log", "TCG:"], ["tpm", "--challenge", "abc"], ["tpm", "--challenge", "00" * 33],
                 ["snp", "--report-data", "00"], ["snp", "--report-data", "zz" * 64]):
        assert avow("collect", *args)[0] == 64, args


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
