"""POST /attest/AzureGuest with a real TPM: a trusted launch guest on swtpm, whose
answer is opened as Microsoft's client does, by the TPM and AES-GCM, and by no other
state of the machine."""
import base64
import contextlib
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile
import time

from avowtest import Service, Skip, Tap, avow, b64u, claims_of, unb64u

tap = Tap()
HOME = tempfile.mkdtemp()
AK, ENC = "0x81000003", "0x81000004"
PCRS = "sha256:0,1,2,3,4,5,6,7"
TOOLS = ("swtpm", "openssl", "tpm2_createprimary", "tpm2_quote", "tpm2_rsadecrypt", "tpm2_send")


# --- AES-256-GCM, enough to open one message (NIST SP 800-38D) ------------------------

def sbox():
    p = q = 1
    box = [0x63] * 256
    while True:
        p = p ^ (p << 1 & 0xff) ^ (0x1b if p & 0x80 else 0)
        for s in (1, 2, 4):
            q ^= q << s & 0xff
        q ^= 0x09 if q & 0x80 else 0
        box[p] = q ^ (q << 1 | q >> 7) & 0xff ^ (q << 2 | q >> 6) & 0xff ^ (q << 3 | q >> 5) & 0xff \
            ^ (q << 4 | q >> 4) & 0xff ^ 0x63
        if p == 1:
            return box


SBOX = sbox()


def twice(x):
    return x << 1 & 0xff ^ (0x1b if x & 0x80 else 0)


def expand(key):
    w = [list(key[i:i + 4]) for i in range(0, 32, 4)]
    rcon = 1
    while len(w) < 60:
        t = list(w[-1])
        if len(w) % 8 == 0:
            t = [SBOX[x] for x in t[1:] + t[:1]]
            t[0] ^= rcon
            rcon = twice(rcon)
        elif len(w) % 8 == 4:
            t = [SBOX[x] for x in t]
        w.append([a ^ b for a, b in zip(t, w[-8])])
    return [sum(w[i:i + 4], []) for i in range(0, 60, 4)]


def block(keys, data):
    s = [a ^ b for a, b in zip(data, keys[0])]
    for n, key in enumerate(keys[1:], 1):
        s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if n < 14:
            t = []
            for c in range(0, 16, 4):
                a = s[c:c + 4]
                t += [twice(a[i]) ^ twice(a[(i + 1) % 4]) ^ a[(i + 1) % 4] ^ a[(i + 2) % 4] ^ a[(i + 3) % 4]
                      for i in range(4)]
            s = t
        s = [a ^ b for a, b in zip(s, key)]
    return bytes(s)


def ghash(h, data):
    y, h = 0, int.from_bytes(h, "big")
    for i in range(0, len(data), 16):
        x, y, v = y ^ int.from_bytes(data[i:i + 16].ljust(16, b"\0"), "big"), 0, h
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                y ^= v
            v = v >> 1 ^ (0xe1 << 120 if v & 1 else 0)
    return y.to_bytes(16, "big")


def open_gcm(key, iv, aad, sealed, tag):
    keys = expand(key)

    def pad(b):
        return b + b"\0" * (-len(b) % 16)
    lengths = struct.pack(">QQ", len(aad) * 8, len(sealed) * 8)
    want = ghash(block(keys, bytes(16)), pad(aad) + pad(sealed) + lengths)
    first = block(keys, iv + b"\0\0\0\1")
    assert bytes(a ^ b for a, b in zip(want, first)) == tag, "the tag does not hold"
    stream = b"".join(block(keys, iv + struct.pack(">I", n + 2)) for n in range(-(-len(sealed) // 16)))
    return bytes(a ^ b for a, b in zip(sealed, stream))


# --- the guest ---------------------------------------------------------------------------

class Guest:
    """A machine: a TPM that measured a boot, and its certified attestation key."""

    def __init__(self, state):
        self.dir = state
        self.env = {**os.environ, "TPM2TOOLS_TCTI": f"swtpm:path={state}/s"}

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def run(self, *args, data=None):
        p = subprocess.run(args, cwd=self.dir, env=self.env, input=data, capture_output=True, timeout=60)
        assert p.returncode == 0, (args, p.stderr.decode())
        return p.stdout

    def measure(self, pcr, kind, data):
        digest = hashlib.sha256(data).digest()
        self.log += struct.pack("<IIIH", pcr, kind, 1, 11) + digest + struct.pack("<I", len(data)) + data
        self.run("tpm2_pcrextend", f"{pcr}:sha256={digest.hex()}")

    def boot(self):
        spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 11, 32, 0)
        self.log = struct.pack("<II20sI", 0, 3, b"", len(spec)) + spec
        name = "SecureBoot".encode("utf-16le")
        guid = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
        self.measure(7, 0x80000001, guid + struct.pack("<QQ", len(name) // 2, 1) + name + b"\1")
        for pcr in range(8):
            self.measure(pcr, 4, b"\0\0\0\0")

    def keys(self):
        self.run("tpm2_createprimary", "-C", "o", "-G", "rsa2048:rsassa-sha256:null", "-c", "ak.ctx", "-a",
                 "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign")
        self.run("tpm2_evictcontrol", "-c", "ak.ctx", AK)
        self.run("tpm2_readpublic", "-c", AK, "-o", "ak.pub")
        self.run("tpm2_readpublic", "-c", AK, "-f", "pem", "-o", "ak.pem")
        self.flush()
        self.run("tpm2_startauthsession", "-S", "trial")
        self.run("tpm2_policypcr", "-S", "trial", "-l", PCRS, "-L", "policy")
        self.run("tpm2_flushcontext", "trial")
        self.run("tpm2_createprimary", "-C", "o", "-G", "rsa2048", "-c", "enc.ctx", "-L", "policy", "-a",
                 "decrypt|fixedtpm|fixedparent|sensitivedataorigin|noda")
        self.run("tpm2_evictcontrol", "-c", "enc.ctx", ENC)
        self.run("tpm2_readpublic", "-c", ENC, "-o", "enc.pub")
        self.flush()

    def flush(self):
        self.run("tpm2_flushcontext", "-t")

    def certify_key(self):
        """TPM2_Certify (part 3, 18.2) by hand: the tool's qualifying data is never empty."""
        password = struct.pack(">IHBH", 0x40000009, 0, 0, 0)
        body = struct.pack(">IIIII", 0x148, int(ENC, 16), int(AK, 16), 18, 0)[:-4] + password * 2 + b"\0\0\0\x10"
        answer = self.run("tpm2_send", data=struct.pack(">HI", 0x8002, 6 + len(body)) + body)
        assert answer[6:10] == b"\0\0\0\0", answer.hex()
        n = struct.unpack(">H", answer[14:16])[0]
        signature = answer[16 + n:]
        size = struct.unpack(">H", signature[4:6])[0]
        return answer[16:16 + n], signature[6:6 + size]

    def certificate(self):
        with open(self.path("ext"), "w", encoding="ascii") as f:
            f.write("keyUsage=critical,digitalSignature\nextendedKeyUsage=2.23.133.8.3\n")
        self.run("openssl", "req", "-x509", "-sha384", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
                 "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test vTPM Root",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.run("openssl", "req", "-new", "-key", "ca.key", "-subj", "/CN=guest.TrustedVM.example", "-out", "csr")
        self.run("openssl", "x509", "-req", "-sha384", "-in", "csr", "-force_pubkey", "ak.pem", "-CA", "ca.pem", "-CAkey",
                 "ca.key", "-set_serial", "7", "-days", "1", "-extfile", "ext", "-outform", "DER", "-out", "ak.cer")
        return self.read("ak.cer").ljust(4096, b"\0")

    def request(self, payload=None, **changes):
        """The inner JSON as the C++ client writes it."""
        def b64(data):
            return base64.b64encode(data).decode()
        self.run("tpm2_quote", "-c", AK, "-l", PCRS, "-g", "sha256", "-m", "quote", "-s", "sig", "-f", "plain")
        self.run("tpm2_pcrread", PCRS, "-o", "pcrs")
        certify, signature = self.certify_key()
        values = self.read("pcrs")
        tpm = {"AikCert": b64(self.certificate()), "AikPub": b64(self.read("ak.pub")),
               "PcrQuote": b64(self.read("quote")), "PcrSignature": b64(self.read("sig")),
               "EncKeyPub": b64(self.read("enc.pub")), "EncKeyCertifyInfo": b64(certify),
               "EncKeyCertifyInfoSignature": b64(signature), "PcrSet": list(range(8)),
               "PCRs": [{"Index": i, "Digest": b64(values[32 * i:32 * i + 32])} for i in range(8)]}
        inner = {"AttestationProtocolVersion": "2.0", "OSType": b64(b"Linux"), "OSDistro": b64(b"Debian"),
                 "OSBuild": b64(b"NotApplication"), "OSVersionMajor": 12, "OSVersionMinor": 0,
                 "TcgLogs": b64(self.log), "ClientPayload": payload, "TpmInfo": tpm,
                 "IsolationInfo": {"Type": "TrustedLaunch"}}
        return {**inner, **changes}

    def decrypt(self, wrapped):
        with open(self.path("wrapped"), "wb") as f:
            f.write(wrapped)
        self.run("tpm2_startauthsession", "--policy-session", "-S", "session")
        try:
            self.run("tpm2_policypcr", "-S", "session", "-l", PCRS)
            return self.run("tpm2_rsadecrypt", "-c", ENC, "-s", "rsaes", "-p", "session:session", "wrapped")
        finally:
            self.run("tpm2_flushcontext", "session")


@contextlib.contextmanager
def guest():
    for tool in TOOLS:
        if not shutil.which(tool):
            raise Skip(tool + " is not installed")
    state = tempfile.mkdtemp(dir=HOME)
    path = os.path.join(state, "s")
    with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state,
                           "--ctrl", f"type=unixio,path={path}.ctrl", "--server", f"type=unixio,path={path}",
                           "--flags", "not-need-init,startup-clear"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
        try:
            end = time.monotonic() + 30
            while not os.path.exists(path + ".ctrl") or not os.path.exists(path):
                assert p.poll() is None and time.monotonic() < end, "swtpm does not start"
                time.sleep(0.02)
            g = Guest(state)
            g.boot()
            g.keys()
            yield g
        finally:
            p.terminate()


def post(service, inner):
    return service.attest("AzureGuest", {"AttestationInfo": b64u(json.dumps(inner, indent="\t").encode())},
                          version="2020-10-01")


@tap.case()
def a_guest_attests_and_its_tpm_alone_opens_the_answer():
    with guest() as g:
        inner = g.request({"nonce": "MTIzNA=="})
        with Service("--trust-anchor", g.path("ca.pem")) as s:
            status, answer = post(s, inner)
        assert status == 200, answer
        sealed = json.loads(unb64u(answer["token"]))
        params = sealed["EncryptionParams"]
        assert {k: params[k] for k in ("BlockMode", "BlockPadding", "Cipher")} == \
            {"BlockMode": "ChainingModeGCM", "BlockPadding": "PKCS7", "Cipher": "AES"}
        key = g.decrypt(base64.b64decode(sealed["EncryptedInnerKey"]))
        token = open_gcm(key, base64.b64decode(params["Iv"]), b"Transport Key", base64.b64decode(sealed["Jwt"]),
                         base64.b64decode(sealed["AuthenticationData"])).decode()
        claims = claims_of(token)
        assert claims["secureboot"] is True and claims["x-ms-attestation-type"] == "azurevm"
        assert claims["x-ms-runtime"]["client-payload"] == {"nonce": "MTIzNA=="}
        assert claims["x-ms-azurevm-attested-pcrs"] == list(range(8))
        g.run("tpm2_pcrextend", "4:sha256=" + "11" * 32)
        try:
            g.decrypt(base64.b64decode(sealed["EncryptedInnerKey"]))
        except AssertionError:
            return
        raise AssertionError("another state opens the answer")


@tap.case()
def each_tampering_is_refused_by_name():
    with guest() as g:
        inner = g.request()
        path = g.path("request.json")

        def code(at=None, **changes):
            with open(path, "w", encoding="utf-8") as f:
                json.dump({**inner, **changes}, f)
            args = ["--trust-anchor", g.path("ca.pem")] if at is None else []
            status, out, err = avow("appraise", "azure-guest", path, *args)
            assert err == "", err
            doc = json.loads(out)
            return status, doc["error"] and doc["error"]["code"]

        def tpm(**members):
            return {"TpmInfo": {**inner["TpmInfo"], **members}}

        def flip(name, at):
            data = bytearray(base64.b64decode(inner["TpmInfo"][name]))
            data[at] ^= 1
            return {name: base64.b64encode(data).decode()}
        log = bytearray(g.log)
        log[65 + 14] ^= 1  # the first event's digest
        assert code() == (0, None)
        assert code(at="no root") == (1, "tpm_ak_root")
        assert code(TcgLogs=base64.b64encode(log).decode()) == (1, "eventlog_quote")
        assert code(TcgLogs="") == (0, None)
        assert code(**tpm(**flip("PcrSignature", 9))) == (1, "tpm_signature")
        assert code(**tpm(**flip("EncKeyCertifyInfoSignature", 9))) == (1, "azureguest_enckey_certify")
        assert code(**tpm(EncKeyPub=inner["TpmInfo"]["AikPub"])) == (1, "azureguest_enckey_certify")
        assert code(**tpm(AikCert="")) == (1, "tpm_ak_uncertified")
        assert code(**tpm(PcrSet=[0, 1, 2])) == (1, "azureguest_pcr_set")
        assert code(IsolationInfo={"Type": "Undefined", "Evidence": {}}) == (1, "azureguest_isolation")


def hcl_runtime(blob):
    """The runtime data of an HCL blob, at its own length."""
    assert blob[:4] == b"HCLA", blob[:4]
    n = struct.unpack("<I", blob[1232:1236])[0]
    return blob[1236:1236 + n]


def confidential(g, *args):
    """Proof and runtime data of a TD that has this vTPM: the HCL names its AK."""
    area = g.read("ak.pub")
    runtime = {"keys": [{"kid": "HCLAkPub", "key_ops": ["sign"], "kty": "RSA", "e": "AQAB", "n": b64u(area[-256:])}],
               "vm-configuration": {"secure-boot": True, "vmUniqueId": "0a1b2c3d-0000-4000-8000-00000000abcd"},
               "user-data": "00" * 64}
    with open(g.path("runtime.json"), "w", encoding="ascii") as f:
        json.dump(runtime, f, separators=(",", ":"))
    status, out, err = avow("forge", "tdx", "--padded", "--hcl", "--runtime-data", g.path("runtime.json"),
                            "--out", g.path("td"), *args)
    assert status == 0, (out, err)
    return g.read("td/quote.bin"), hcl_runtime(g.read("td/hcl.bin"))


def isolation(quote, runtime):
    return {"Type": "Tdx", "Evidence": {"Proof": base64.b64encode(quote).decode(),
                                        "RunTimeData": base64.b64encode(runtime).decode()}}


@tap.case()
def a_tdx_guest_attests_by_its_hcl_blob():
    """verifier-bugs 19 and 25: the quote holds the runtime data, which names the AK."""
    with guest() as g:
        quote, runtime = confidential(g)
        inner = g.request({"nonce": "MTIzNA=="}, IsolationInfo=isolation(quote, runtime))
        inner["TpmInfo"]["AikCert"] = ""  # the report vouches for the key

        def body(changed):
            return {"AttestationInfo": b64u(json.dumps(changed).encode())}

        def refused(code, changed):
            status, answer = s.attest("AzureGuest", body(changed), version="2020-10-01")
            assert status == 400 and answer["error"]["innererror"]["code"] == code, (code, answer)
        with Service("--trust-anchor", g.path("td/root.pem"), "--collateral", g.path("td/collateral")) as s:
            status, answer = s.attest("AzureGuest", body(inner), version="2020-10-01")
            assert status == 200 and answer["token"], answer
            other = bytearray(runtime)
            other[-4] ^= 1  # a digit of user-data: JSON still
            refused("runtime_data_mismatch", {**inner, "IsolationInfo": isolation(quote, bytes(other))})
            bad = bytearray(quote)
            bad[200] ^= 1
            refused("quote_signature", {**inner, "IsolationInfo": isolation(bytes(bad), runtime)})
            refused("tdx_hcl", {**inner, "IsolationInfo": isolation(g.read("td/hcl.bin"), runtime)})
            refused("tpm_ak_uncertified", {**inner, "IsolationInfo": {"Type": "TrustedLaunch"}})
        path = g.path("request.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(inner, f)
        args = ("--trust-anchor", g.path("td/root.pem"), "--collateral", g.path("td/collateral"))
        status, out, err = avow("appraise", "azure-guest", path, *args)
        claims = json.loads(out)["claims"]
        assert status == 0 and err == "", (out, err)
        tee = claims["x-ms-isolation-tee"]
        assert tee["x-ms-attestation-type"] == "tdxvm" and tee["tdx_mrtd"] == quote[48 + 136:48 + 184].hex(), tee
        assert tee["x-ms-runtime"]["keys"][0]["kid"] == "HCLAkPub", tee
        assert claims["x-ms-azurevm-vmid"] == "0A1B2C3D-0000-4000-8000-00000000ABCD", claims
        # the quote by itself, with the runtime data out of the blob
        with open(g.path("runtime.bin"), "wb") as f:
            f.write(runtime)
        status, out, _ = avow("appraise", "tdx", g.path("td/quote.bin"), *args, "--runtime-data", g.path("runtime.bin"),
                              "--runtime-type", "json")
        assert status == 0 and json.loads(out)["claims"]["x-ms-runtime"]["user-data"] == "00" * 64, out
        status, out, _ = avow("appraise", "tdx", g.path("td/hcl.bin"), *args)
        assert status == 1 and json.loads(out)["error"]["code"] == "tdx_hcl", out


@tap.case()
def another_vtpms_hcl_blob_is_refused():
    """verifier-bugs 25: a TD whose report names another AK."""
    with guest() as g:
        with open(g.path("ak.pub"), "rb") as f:
            area = f.read()
        other = area[:-1] + bytes([area[-1] ^ 2])
        with open(g.path("ak.pub"), "wb") as f:
            f.write(other)
        quote, runtime = confidential(g)
        with open(g.path("ak.pub"), "wb") as f:
            f.write(area)
        inner = g.request(IsolationInfo=isolation(quote, runtime))
        with open(g.path("request.json"), "w", encoding="utf-8") as f:
            json.dump(inner, f)
        status, out, _ = avow("appraise", "azure-guest", g.path("request.json"), "--trust-anchor", g.path("td/root.pem"),
                              "--collateral", g.path("td/collateral"))
        assert status == 1 and json.loads(out)["error"]["code"] == "azureguest_ak", out


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
