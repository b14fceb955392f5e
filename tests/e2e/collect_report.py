"""avow collect and avow attest snp and tdx through a stand-in of configfs-tsm: the
report holds the runtime data that is sent beside it, and the entry is gone afterwards.

usage: collect_report.py PATH/TO/fake_tsm.so
"""
import base64
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from avowtest import AVOW, Service, Tap, avow, claims_of, code_of, unb64u
from tpm_machine import read, write

tap = Tap()
HOME = tempfile.mkdtemp()
VCEK, ASK, ARK = (bytes.fromhex(x) for x in (
    "63da758de6644564adc5f4b93be8accd", "4ab7b379bbac4fe4a02f05aef327c782", "c0b406a4a803495297433fb6014cd0ae"))


class Tsm:
    """The report interface of one machine, with what its hardware answers."""

    def __init__(self, provider, outblob, auxblob=None):
        self.dir = tempfile.mkdtemp(dir=HOME)
        for name in "report", "template":
            os.mkdir(self.path(name))
        write(self.path("template", "provider"), provider + b"\n")
        write(self.path("template", "outblob"), outblob)
        if auxblob is not None:
            write(self.path("template", "auxblob"), auxblob)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def run(self, *args):
        """avow, and what it asked of the hardware: (status, stdout, stderr, inblob)."""
        env = {**os.environ, "LD_PRELOAD": os.path.abspath(sys.argv[1]), "FAKE_TSM": self.dir,
               "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
        p = subprocess.run([AVOW, *args, "--tsm", self.path("report")], capture_output=True, timeout=120, env=env)
        assert os.listdir(self.path("report")) == [], "the entry is left behind"
        asked = None
        if os.path.exists(self.path("removed")):
            asked = read(self.path("removed", "inblob"))
            shutil.rmtree(self.path("removed"))
        return p.returncode, p.stdout, p.stderr.decode(), asked


def forge(kind, name, *args):
    out = os.path.join(HOME, name)
    status, _, err = avow("forge", kind, "--out", out, *args)
    assert status == 0, err
    return out


def held(data):
    return hashlib.sha256(data).digest() + bytes(32)


def table(sim):
    """The host's table of certificates: GHCB 2.0, 4.1.8.1."""
    text = read(os.path.join(sim, "cert_chain.pem")).decode()
    chain = [base64.b64decode("".join(part.split("-----END")[0].split("\n")[1:]))
             for part in text.split("-----BEGIN CERTIFICATE-----")[1:]]
    ders = [(ARK, chain[1]), (VCEK, read(os.path.join(sim, "vek.der"))), (ASK, chain[0])]  # in any order
    head, body, at = b"", b"", 24 * (len(ders) + 1)
    for guid, der in ders:
        head += guid + struct.pack("<II", at + len(body), len(der))
        body += der
    return head + bytes(24) + body


@tap.case()
def a_td_binds_its_runtime_data():
    data = write(os.path.join(HOME, "data"), b'{"key":"of this machine"}')
    sim = forge("tdx", "td", "--runtime-data", data)
    tsm = Tsm(b"tdx_guest", read(os.path.join(sim, "quote.bin")))
    status, out, err, asked = tsm.run("collect", "tdx", "--runtime-data", data)
    assert status == 0 and out == read(os.path.join(sim, "quote.bin")) and asked == held(read(data)), err
    with Service("--collateral", os.path.join(sim, "collateral"), "--trust-anchor", os.path.join(sim, "root.pem")) as s:
        for command in "attest", "collect":
            status, out, err, asked = tsm.run(command, "tdx", "--server", s.url, "--runtime-data", data,
                                              "--runtime-type", "json", "--nonce", "n")
            assert status == 0 and asked == held(read(data)), err
            claims = claims_of(out.decode())
            assert claims["x-ms-runtime"] == {"key": "of this machine"} and claims["nonce"] == "n", claims
        # other data than what the hardware's quote holds
        status, out, err, asked = tsm.run("attest", "tdx", "--server", s.url, "--nonce", "n")
        assert status == 1 and not out and asked == held(b'{"nonce":"n"}'), err
        assert code_of(err) == "runtime_data_mismatch", err


@tap.case()
def a_nonce_alone_becomes_the_runtime_data():
    data = write(os.path.join(HOME, "nonce"), b'{"nonce":"fresh \\"1\\""}')
    sim = forge("tdx", "td-nonce", "--runtime-data", data)
    tsm = Tsm(b"tdx_guest", read(os.path.join(sim, "quote.bin")))
    out_file = os.path.join(HOME, "token")
    with Service("--collateral", os.path.join(sim, "collateral"), "--trust-anchor", os.path.join(sim, "root.pem")) as s:
        status, out, err, asked = tsm.run("attest", "tdx", "--server", s.url, "--nonce", 'fresh "1"', "-o", out_file)
    assert status == 0 and not out and asked == held(read(data)), err
    claims = claims_of(read(out_file).decode())
    assert claims["x-ms-runtime"] == {"nonce": 'fresh "1"'} and claims["nonce"] == 'fresh "1"', claims


@tap.case()
def a_guest_s_report_goes_with_the_host_s_certificates():
    sim = forge("snp", "snp", "--report-data", "00" * 64)
    tsm = Tsm(b"sev_guest", read(os.path.join(sim, "report.bin")), table(sim))
    status, out, err, asked = tsm.run("collect", "snp")
    assert status == 0 and asked == bytes(64), err
    evidence = json.loads(out)
    assert unb64u(evidence["SnpReport"]) == read(os.path.join(sim, "report.bin"))
    pem = unb64u(evidence["VcekCertChain"])
    assert pem.count(b"BEGIN CERTIFICATE") == 3 and pem.endswith(read(os.path.join(sim, "cert_chain.pem"))), "leaf, ASK, ARK"
    with Service("--trust-anchor", os.path.join(sim, "root.pem")) as s, Service() as stranger:
        status, out, err, asked = tsm.run("attest", "snp", "--server", s.url)
        assert status == 0 and asked == bytes(64), err
        assert claims_of(out.decode())["x-ms-attestation-type"] == "sevsnpvm"
        status, out, err, _ = tsm.run("attest", "snp", "--server", stranger.url)
        assert status == 1 and not out and code_of(err) == "snp_chain_root", err
    # a host without certificates: the service looks for them, and has none here
    bare = Tsm(b"sev_guest", read(os.path.join(sim, "report.bin")))
    status, out, err, _ = bare.run("collect", "snp")
    assert status == 0 and "VcekCertChain" not in json.loads(out), err


@tap.case()
def another_hardware_is_not_asked():
    tsm = Tsm(b"arm_cca_guest", b"x")
    for kind in "snp", "tdx":
        status, out, err, asked = tsm.run("collect", kind)
        assert status == 2 and not out and asked == b"" and "arm_cca_guest" in err, err
        status, out, err, asked = tsm.run("attest", kind, "--server", "http://127.0.0.1:1")
        assert status == 2 and not out and asked == b"" and code_of(err) == "collect_absent", err


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
