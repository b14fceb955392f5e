"""avow collect azure-guest and avow attest azure-guest on a machine made to look like
Azure's: swtpm with the attestation key, its certificate and the HCL report where they
are there, and the platform's metadata service on loopback."""
import base64
import json
import os
import shutil
import struct
import tempfile

from avowtest import Service, Skip, Tap, avow, b64u, claims_of, code_of, unb64u
from stand_in import StandIn
from tpm_machine import Machine, jwk_of_public, read, write

tap = Tap()
HOME = tempfile.mkdtemp()
AK, AK_CERT, HCL = "0x81000003", "0x1c101d0", "0x1400001"
INDEX = 2048  # the largest that swtpm has; also what Azure had until 2023


class Guest(Machine):
    """A booted machine with Azure's key at Azure's place."""

    def __init__(self):
        if "tpm2-tss" in avow("collect", "azure-guest", "--tcti", "none:")[2]:
            raise Skip("built without tpm2-tss")
        super().__init__()
        self.boot()
        self.make_ek()
        self.make_ak()
        self.tool("tpm2_evictcontrol", "-c", "ak.ctx", AK)
        self.tool("tpm2_flushcontext", "-t")
        self.cert, self.ca = self.certify_ak()
        self.tool("tpm2_flushcontext", "-t")  # nobody manages this TPM's few slots

    def put(self, index, data, size=INDEX):
        write(self.path("nv"), data.ljust(size, b"\0"))
        self.tool("tpm2_nvdefine", index, "-C", "o", "-s", str(size), "-a", "ownerread|ownerwrite|authread|authwrite")
        self.tool("tpm2_nvwrite", index, "-C", "o", "-i", "nv")

    def log_file(self, data=None):
        return "TCG:" + write(self.path("boot.log"), self.log() if data is None else data)

    def flags(self, *more, log=None):
        return ("--tcti", self.env["TPM2TOOLS_TCTI"], "--log", log or self.log_file(), *more)

    def collect(self, *more):
        path = self.path("guest.json")
        status, _, err = avow("collect", "azure-guest", *self.flags("-o", path, *more))
        assert status == 0, err
        return path, json.loads(read(path))

    def runtime(self):
        """The runtime data as the host writes it: its key is this TPM's."""
        jwk = jwk_of_public(read(self.path("ak.pub")))
        return json.dumps({"keys": [{"kid": "HCLAkPub", "key_ops": ["sign"], **jwk}],
                           "vm-configuration": {"secure-boot": True, "tpm-enabled": True,
                                                "vmUniqueId": "2c6e8f9a-0000-4000-8000-00000000abcd"}},
                          separators=(",", ":")).encode()

    def forge(self, kind):
        data = write(self.path("runtime.json"), self.runtime())
        out = self.path("sim")
        status, _, err = avow("forge", kind, "--out", out, "--runtime-data", data,
                              *(("--vmpl", "0") if kind == "snp" else ()))
        assert status == 0, err
        return out


def attest(s, g, *args, log=None):
    return avow("attest", "azure-guest", *args, *g.flags("--server", s.url, log=log))


def verdict(*args):
    status, out, err = avow("appraise", "azure-guest", *args)
    assert err == "", err
    return status, json.loads(out)


@tap.case()
def a_trusted_launch_guest_collects_and_attests():
    with Guest() as g:
        g.put(AK_CERT, g.cert)
        path, inner = g.collect("--nonce", "n 1")
        assert inner["IsolationInfo"] == {"Type": "TrustedLaunch"}, inner["IsolationInfo"]
        assert base64.b64decode(inner["OSType"]) == b"Linux" and inner["OSVersionMajor"] >= 1
        assert inner["ClientPayload"] == {"nonce": base64.b64encode(b"n 1").decode()}
        assert inner["TpmInfo"]["PcrSet"] == list(range(8)) and len(inner["TpmInfo"]["PCRs"]) == 8
        assert base64.b64decode(inner["TpmInfo"]["AikCert"]) == g.cert.ljust(INDEX, b"\0")
        assert base64.b64decode(inner["TcgLogs"]) == g.log()
        status, doc = verdict(path, "--trust-anchor", g.ca)
        assert status == 0 and doc["claims"]["secureboot"] is True, doc["error"]
        with Service("--trust-anchor", g.ca) as s, Service() as stranger:
            for args in ((path,), ("--nonce", "n 1")):  # what the file holds, and anew
                status, out, err = attest(s, g, *args)
                assert status == 0, err
                claims = claims_of(out)
                assert claims["x-ms-attestation-type"] == "azurevm" and claims["secureboot"] is True
                assert claims["x-ms-runtime"]["client-payload"] == inner["ClientPayload"], claims
            status, out, err = attest(stranger, g)
            assert status == 1 and code_of(err) == "tpm_ak_root" and not out, err
            g.tool("tpm2_pcrextend", "4:sha256=" + "11" * 32)
            # the service still believes the old request; this TPM no longer opens the answer
            status, out, err = attest(s, g, path)
            assert status == 2 and code_of(err) == "collect_tpm" and not out and "TPM2_RSA_Decrypt" in err, err


@tap.case()
def a_spoiled_log_is_refused_with_the_event_named():
    with Guest() as g, Service("--trust-anchor", g.ca) as s:
        g.put(AK_CERT, g.cert)
        status, out, err = attest(s, g)
        assert status == 0 and claims_of(out)["secureboot"] is True, err
        log = g.log()
        for n, register in ((2, 7), (10, 7), (5, 2)):  # SecureBoot; the separators of PCR 7 and 2
            seq, digest = n, g.events[n - 1][2]
            assert g.events[n - 1][0] == register
            spoiled, at = bytearray(log), -1
            for _ in range(sum(e[2] == digest for e in g.events[:n])):
                at = log.index(digest, at + 1)
            spoiled[at] ^= 0x80
            status, out, err = attest(s, g, log=g.log_file(bytes(spoiled)))
            assert status == 1 and not out and code_of(err) == "eventlog_quote", err
            assert f"event {seq} of logs[0]" in err and f"PCR {register}, SHA256" in err, err
        status, out, err = avow("collect", "azure-guest", *g.flags("--server", s.url, log=g.log_file(bytes(spoiled))))
        assert status == 1 and code_of(err) == "eventlog_quote", err


@tap.case()
def an_snp_guest_sends_its_report_and_chain():
    with Guest() as g:
        sim = g.forge("snp")
        g.put(HCL, read(os.path.join(sim, "hcl.bin"))[:INDEX])
        chain = read(os.path.join(sim, "cert_chain.pem")).decode()
        leaf = "-----BEGIN CERTIFICATE-----\n" + \
            base64.encodebytes(read(os.path.join(sim, "vek.der"))).decode() + "-----END CERTIFICATE-----\n"
        whole = write(g.path("chain.pem"), leaf + chain)
        with StandIn(metadata__THIM__amd__certification={"vcekCert": leaf.strip(), "certificateChain": chain}) as imds, \
                Service("--trust-anchor", os.path.join(sim, "root.pem")) as s:
            path, inner = g.collect("--imds", imds.url)
            (path_asked, headers, body), = imds.asked
            assert path_asked == "/metadata/THIM/amd/certification" and headers["Metadata"] == "true" and not body
            assert inner["IsolationInfo"]["Type"] == "SevSnp"
            evidence = inner["IsolationInfo"]["Evidence"]
            assert base64.b64decode(evidence["RunTimeData"]) == g.runtime()
            proof = json.loads(base64.b64decode(evidence["Proof"]))
            assert unb64u(proof["SnpReport"]) == read(os.path.join(sim, "report.bin"))
            assert inner["TpmInfo"]["AikCert"] == "", "no certificate in NV: the report vouches for the key"
            status, doc = verdict(path, "--trust-anchor", os.path.join(sim, "root.pem"))
            assert status == 0, doc["error"]
            for more in (("--imds", imds.url), ("--certs", whole)):
                status, out, err = attest(s, g, *more)
                assert status == 0, err
                tee = claims_of(out)["x-ms-isolation-tee"]
                assert tee["x-ms-attestation-type"] == "sevsnpvm", tee
            assert claims_of(out)["x-ms-azurevm-vmid"] == "2C6E8F9A-0000-4000-8000-00000000ABCD"
            # a guest that hides its report has nothing that vouches for its key
            status, out, err = attest(s, g, "--no-hcl")
            assert status == 1 and code_of(err) == "tpm_ak_uncertified", err
        # another key than the report's
        g.tool("tpm2_evictcontrol", "-c", AK)
        g.make_ak()
        g.tool("tpm2_evictcontrol", "-c", "ak.ctx", AK)
        g.tool("tpm2_flushcontext", "-t")
        with Service("--trust-anchor", os.path.join(sim, "root.pem")) as s:
            status, out, err = attest(s, g, "--certs", whole)
            assert status == 1 and code_of(err) == "azureguest_ak" and not out, err


@tap.case()
def a_tdx_guest_has_its_report_quoted():
    with Guest() as g:
        sim = g.forge("tdx")
        runtime, report = g.runtime(), bytes(range(256)) * 4
        hcl = struct.pack("<4sIII16x", b"HCLA", 2, 1236 + len(runtime), 2) + report.ljust(1184, b"\0")
        hcl += struct.pack("<IIIII", 20 + len(runtime), 1, 4, 1, len(runtime)) + runtime
        g.put(HCL, hcl)
        g.put(AK_CERT, g.cert)
        quote = b64u(read(os.path.join(sim, "quote.bin")))
        with StandIn(acc__tdquote={"quote": quote}) as imds, \
                Service("--collateral", os.path.join(sim, "collateral"), "--trust-anchor",
                        os.path.join(sim, "root.pem")) as s:
            status, out, err = attest(s, g, "--imds", imds.url, "--nonce", "n")
            assert status == 0, err
            (_, headers, body), = imds.asked
            assert headers["Metadata"] == "true" and json.loads(body) == {"report": b64u(report)}, body
            assert claims_of(out)["x-ms-isolation-tee"]["x-ms-attestation-type"] == "tdxvm"
            for answer, code in (({"quote": "*"}, "collect_answer"), ({"quote": ""}, "collect_answer"),
                                 ({"quote": 1}, "json_type"), ({}, "json_missing"), (None, "net_status")):
                imds.answers["/acc/tdquote"] = answer
                status, out, err = attest(s, g, "--imds", imds.url)
                assert status == 2 and code_of(err) == code and not out, (answer, err)
        status, out, err = attest(s, g, "--imds", "http://127.0.0.1:1")
        assert status == 2 and code_of(err) == "net_connect", err


@tap.case()
def what_is_missing_or_odd_is_said():
    with Guest() as g:
        def says(code, *args, status=2):
            got, out, err = avow("collect", "azure-guest", *g.flags(*args))
            assert got == status and not out and code in err, (args, got, err)

        says("bank", "--pcrs", "sha1:0-7")
        says("SHA-256 bank", "--pcrs", "sha256:0-7+sha1:0")
        says("RSASSA", "--ak", "ecc")
        says("TPM2_NV_ReadPublic", "--ak-cert", "0x01c101d0")
        says("TPM2_ReadPublic", "--ak", "0x81000009")
        status, out, err = avow("collect", "azure-guest", *g.flags(log="TCG:" + g.path("absent")))
        assert status == 2 and not out and "absent" in err, err
        says("unknown option", "--nonce-less", status=64)
        _, inner = g.collect("--no-hcl", "--pcrs", "sha256:0,7")
        assert inner["TpmInfo"]["PcrSet"] == [0, 7] and inner["ClientPayload"] is None
        g.put(HCL, b"HCLA" + b"\0" * 100)
        says("HCL")
        g.tool("tpm2_nvundefine", HCL, "-C", "o")
        runtime = g.runtime()
        g.put(HCL, struct.pack("<4sIII16x", b"HCLA", 2, 1236 + len(runtime), 2) + bytes(1184)
              + struct.pack("<IIIII", 20 + len(runtime), 1, 1, 1, len(runtime)) + runtime)
        says("2 (SNP) or 4 (TDX)")


@tap.case()
def an_answer_that_is_not_sealed_to_this_machine_is_no_token():
    def b64(data):
        return base64.b64encode(data).decode()

    good = {"AuthenticationData": b64(b"t" * 16), "EncryptedInnerKey": b64(b"\1" * 256), "Jwt": b64(b"jwt"),
            "EncryptionParams": {"BlockMode": "ChainingModeGCM", "BlockPadding": "PKCS7", "Cipher": "AES",
                                 "Iv": b64(b"i" * 12), "KeySizeInBits": 256}}

    def params(**more):
        return {**good, "EncryptionParams": {**good["EncryptionParams"], **more}}

    with Guest() as g, StandIn() as liar:
        g.put(AK_CERT, g.cert)
        path, inner = g.collect()
        # the encryption key as PEM: keys may be sealed to it by anybody
        n = base64.b64decode(inner["TpmInfo"]["EncKeyPub"])[-256:]
        modulus = int.from_bytes(n, "big")

        def sealed(key):
            padded = b"\0\2" + b"\x55" * (253 - len(key)) + b"\0" + key
            return b64(pow(int.from_bytes(padded, "big"), 65537, modulus).to_bytes(256, "big"))

        def tell(token):
            liar.answers["/attest/AzureGuest"] = {"token": token}
            return avow("attest", "azure-guest", path, *g.flags("--server", liar.url))

        for field, answer in (
                ("BlockMode", params(BlockMode="ChainingModeCBC")), ("Cipher", params(Cipher="DES")),
                ("BlockPadding", params(BlockPadding="")), ("Iv", params(Iv=b64(b"i" * 16))),
                ("Iv", params(Iv="*")), ("AuthenticationData", {**good, "AuthenticationData": b64(b"t" * 15)}),
                ("Jwt", {**good, "Jwt": ""}), ("EncryptedInnerKey", {**good, "EncryptedInnerKey": 1}),
                ("BlockMode", {}), ("BlockMode", []),
                ("EncryptedInnerKey", {**good, "EncryptedInnerKey": sealed(b"k" * 16)}),
                ("Jwt", {**good, "EncryptedInnerKey": sealed(b"k" * 32)})):
            status, out, err = tell(b64u(json.dumps(answer).encode()))
            assert status == 2 and not out and code_of(err) == "collect_answer", (field, err)
            assert f"  field     {field}\n" in err, (field, err)
        for token, code in (("*", "collect_answer"), (b64u(b"{"), "collect_answer"),
                            (b64u(json.dumps(good).encode()), "collect_tpm")):
            status, out, err = tell(token)
            assert status == 2 and not out and code_of(err) == code, (token, err)


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
