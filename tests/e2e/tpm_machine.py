"""A machine with a TPM, for tests: swtpm with an EK certificate of its own CA,
driven by tpm2-tools; its boot log, and the requests that it sends."""
import hashlib
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from avowtest import Skip, b64u, unb64u

TOOLS = ("swtpm", "swtpm_setup", "swtpm_localca", "tpm2_quote", "tpm2_createek", "tpm2_createak", "openssl")
ALL = ",".join(map(str, range(24)))


def need_tools():
    missing = [t for t in TOOLS if not shutil.which(t)]
    if missing:
        raise Skip("not installed: " + ", ".join(missing))


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True, timeout=60).stdout


def write(path, data):
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def post(s, inner, token=True):
    """POST /attest/Tpm: (status, what was in the envelope, or the error)."""
    status, _, text = s.request("POST", "/attest/Tpm?api-version=2022-08-01",
                                {"data": b64u(json.dumps(inner).encode())},
                                {"Authorization": "Bearer " + s.token} if token else None)
    answer = json.loads(text)
    return status, json.loads(unb64u(answer["data"])) if status == 200 else answer["error"]


def b2(data):
    return struct.pack(">H", len(data)) + data


def jwk_of_public(area):
    """The JWK of a TPM2B_PUBLIC whose parameters are those of an AK."""
    if area[2:4] == b"\x00\x01":
        return {"kty": "RSA", "n": b64u(area[-256:]), "e": "AQAB"}
    return {"kty": "EC", "crv": "P-256", "x": b64u(area[-66:-34]), "y": b64u(area[-32:])}


class RequestKey:
    """A key outside of any TPM, as a client's TLS key would be."""

    def __init__(self, folder, name="request"):
        self.path = os.path.join(folder, name + ".pem")
        openssl("genrsa", "-out", self.path, "2048")
        text = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode()
        self.jwk = {"kty": "RSA", "n": b64u(bytes.fromhex(text.strip().split("=")[1])), "e": "AQAB"}
        self.text = json.dumps(self.jwk)  # with its spaces: it is hashed as it is sent

    def jws(self, header, payload_text):
        first = b64u(json.dumps(header).encode()) + "." + b64u(payload_text.encode())
        signature = openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
                            "-sign", self.path, stdin=first.encode())
        return first + "." + b64u(signature)


class TpmKey:
    """A request key inside the TPM."""

    def __init__(self, machine, name="req"):
        self.machine, self.name = machine, name
        self.jwk = jwk_of_public(machine.make_key(name, "rsa2048:rsapss-sha256:null"))
        self.text = json.dumps(self.jwk)

    def jws(self, header, payload_text):
        first = b64u(json.dumps(header).encode()) + "." + b64u(payload_text.encode())
        write(self.machine.path("jws"), first)
        self.machine.tool("tpm2_sign", "-c", self.name + ".ctx", "-g", "sha256", "-s", "rsapss", "-f", "plain",
                          "-o", "jws.sig", "jws")
        self.machine.tool("tpm2_flushcontext", "-t")
        return first + "." + b64u(read(self.machine.path("jws.sig")))


class Machine:
    def __init__(self):
        need_tools()
        self.dir = tempfile.mkdtemp(prefix="avow-tpm-")
        self.process = None
        self.events = []
        try:
            self.manufacture()
            self.start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def path(self, name):
        return os.path.join(self.dir, name)

    def manufacture(self):
        os.mkdir(self.path("state"))
        os.mkdir(self.path("ca"))
        write(self.path("localca.conf"), f"statedir = {self.path('ca')}\nsigningkey = {self.path('ca/signkey.pem')}\n"
              f"issuercert = {self.path('ca/issuercert.pem')}\ncertserial = {self.path('ca/serial')}\n")
        write(self.path("localca.options"), "--platform-manufacturer Avow\n--platform-version 1\n"
              "--platform-model tests\n")
        write(self.path("setup.conf"), f"create_certs_tool = {shutil.which('swtpm_localca')}\n"
              f"create_certs_tool_config = {self.path('localca.conf')}\n"
              f"create_certs_tool_options = {self.path('localca.options')}\nactive_pcr_banks = sha256\n")
        p = subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", self.path("state"), "--create-ek-cert",
                            "--pcr-banks", "sha256", "--overwrite", "--config", self.path("setup.conf")],
                           capture_output=True, timeout=120)
        if p.returncode:
            raise Skip("swtpm_setup cannot make a TPM here: " + p.stdout.decode("utf-8", "replace")[-200:])

    def start(self):
        path = self.path("tpm.sock")
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.path("state"),
             "--server", "type=unixio,path=" + path, "--ctrl", f"type=unixio,path={path}.ctrl",
             "--flags", "not-need-init,startup-clear"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not os.path.exists(path):
            assert self.process.poll() is None and time.monotonic() < end, "swtpm did not start"
            time.sleep(0.01)
        self.env = {**os.environ, "TPM2TOOLS_TCTI": "swtpm:path=" + path}

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def tool(self, name, *args):
        # each tool connects anew; swtpm takes one connection after the other
        p = subprocess.run([name, *args], cwd=self.dir, env=self.env, capture_output=True, timeout=120)
        assert p.returncode == 0, (name, args, p.stdout, p.stderr)
        return p.stdout.decode()

    # --- keys ---

    def anchors(self):
        """The CA's root and intermediate, as an operator would add them."""
        pem = b"".join(read(self.path("ca/" + f)) for f in sorted(os.listdir(self.path("ca"))) if f.endswith("cert.pem"))
        return write(self.path("anchors.pem"), pem)

    def make_ek(self):
        self.tool("tpm2_createek", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pub")
        self.tool("tpm2_nvread", "-o", "ek.der", "-C", "o", "0x1c00002")
        self.tool("tpm2_flushcontext", "-t")
        return read(self.path("ek.der"))

    def make_ak(self, kind="rsa", scheme="rsassa"):
        self.tool("tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", kind, "-g", "sha256", "-s", scheme,
                  "-u", "ak.pub", "-n", "ak.name")
        self.scheme = scheme
        self.tool("tpm2_flushcontext", "-t")
        return read(self.path("ak.pub"))

    def activate(self, blob, secret):
        write(self.path("cred"), struct.pack(">II", 0xbadcc0de, 1) + blob + secret)
        self.tool("tpm2_startauthsession", "--policy-session", "-S", "session.ctx")
        try:
            self.tool("tpm2_policysecret", "-S", "session.ctx", "-c", "e")
            self.tool("tpm2_activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", "cred", "-o", "value",
                      "-P", "session:session.ctx")
        finally:
            self.tool("tpm2_flushcontext", "session.ctx")
            self.tool("tpm2_flushcontext", "-t")
        return read(self.path("value"))

    def certify_ak(self, name="akca"):
        """A certificate for the AK, by a CA that an operator trusts."""
        key, cert = self.path(name + ".key"), self.path(name + ".pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                "-out", cert, "-subj", "/CN=Avow test AK CA", "-days", "10", "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        self.tool("tpm2_readpublic", "-c", "ak.ctx", "-f", "pem", "-o", "ak.pem")
        other = self.path("unused.key")
        openssl("genrsa", "-out", other, "2048")
        openssl("req", "-new", "-key", other, "-subj", "/CN=AK", "-out", self.path("ak.csr"))
        ext = write(self.path("ak.ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                    "extendedKeyUsage=2.23.133.8.3\n")
        openssl("x509", "-req", "-in", self.path("ak.csr"), "-force_pubkey", self.path("ak.pem"), "-CA", cert,
                "-CAkey", key, "-set_serial", "7", "-days", "5", "-extfile", ext, "-outform", "DER",
                "-out", self.path("ak.der"))
        return read(self.path("ak.der")), cert

    def make_key(self, name, kind):
        """A key that signs, in the TPM; its TPM2B_PUBLIC."""
        self.tool("tpm2_createprimary", "-C", "o", "-g", "sha256", "-G", kind, "-c", name + ".ctx", "-a",
                  "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign")
        self.tool("tpm2_flushcontext", "-t")
        self.tool("tpm2_readpublic", "-c", name + ".ctx", "-o", name + ".pub")
        self.tool("tpm2_flushcontext", "-t")
        return read(self.path(name + ".pub"))

    def command(self, code, handles, parameters):
        """One command with empty passwords; what it answers behind its parameters' size."""
        password = struct.pack(">IHBH", 0x40000009, 0, 1, 0)  # part 1, 19.4
        sessions = password * len(handles)
        body = struct.pack(">I", code) + b"".join(struct.pack(">I", h) for h in handles) + \
            struct.pack(">I", len(sessions)) + sessions + parameters
        with socket.socket(socket.AF_UNIX) as c:
            c.settimeout(120)
            c.connect(self.path("tpm.sock"))
            c.sendall(struct.pack(">HI", 0x8002, len(body) + 6) + body)
            out = b""
            while len(out) < 6 or len(out) < struct.unpack(">I", out[2:6])[0]:
                more = c.recv(4096)
                assert more, "the TPM hung up"
                out += more
        status, size = struct.unpack(">II", out[6:14])
        assert status == 0, hex(status)
        return out[14:14 + size]

    def certify(self, name, qualification):
        """TPM2_Certify by the AK over data of the caller's own, which tpm2_certify cannot take:
        (TPMS_ATTEST, TPMT_SIGNATURE)."""
        places = {0x81000010: name + ".ctx", 0x81000011: "ak.ctx"}
        for handle, context in places.items():
            self.tool("tpm2_evictcontrol", "-C", "o", "-c", context, hex(handle))
            self.tool("tpm2_flushcontext", "-t")
        try:
            out = self.command(0x148, list(places), b2(qualification) + struct.pack(">H", 0x10))
        finally:
            for handle in places:
                self.tool("tpm2_evictcontrol", "-C", "o", "-c", hex(handle))
        n = struct.unpack(">H", out[:2])[0]
        return out[2:2 + n], out[2 + n:]

    # --- booting ---

    def measure(self, pcr, kind, data):
        digest = hashlib.sha256(data).digest()
        self.tool("tpm2_pcrextend", f"{pcr}:sha256={digest.hex()}")
        self.events.append((pcr, kind, digest, data))

    def boot(self):
        self.measure(0, 0x08, "firmware 1".encode("utf-16-le") + b"\0\0")
        self.measure(7, 0x80000001, bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c") + struct.pack("<QQ", 10, 1)
                     + "SecureBoot".encode("utf-16-le") + b"\x01")
        for pcr in range(8):
            self.measure(pcr, 0x04, b"\0\0\0\0")

    def log(self):
        spec = (b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, 1) + struct.pack("<HH", 0xb, 32) + b"\0")
        out = struct.pack("<II", 0, 3) + bytes(20) + struct.pack("<I", len(spec)) + spec
        for pcr, kind, digest, data in self.events:
            out += struct.pack("<III", pcr, kind, 1) + struct.pack("<H", 0xb) + digest
            out += struct.pack("<I", len(data)) + data
        return out

    # --- attesting ---

    def quote(self, qualification, pcrs=ALL, log=None):
        """An attestation object, of the AK that is there."""
        self.tool("tpm2_quote", "-c", "ak.ctx", "-l", "sha256:" + pcrs, "-q", qualification.hex(), "-m", "quote",
                  "-s", "sig", "-o", "pcrs", "-F", "values", "-g", "sha256", "--scheme", self.scheme)
        self.tool("tpm2_flushcontext", "-t")
        values, raw = [], read(self.path("pcrs"))
        for n, index in enumerate(map(int, pcrs.split(","))):
            values.append({"index": index, "digest": b64u(raw[32 * n:32 * n + 32])})
        assert len(raw) == 32 * len(values), len(raw)
        return {"logs": [{"type": "TCG", "log": b64u(self.log() if log is None else log)}],
                "aik_pub": jwk_of_public(read(self.path("ak.pub"))),
                "pcrs": [{"algorithm": 11, "values": values}],
                "quote": b64u(read(self.path("quote"))), "signature": b64u(read(self.path("sig")))}

    def bound_nonce(self, key, challenge):
        """tpm_quote: what the quote of a request key is bound to."""
        return hashlib.sha256(key.text.encode() + b"\0" + challenge).digest()


def request_text(key, first, attestation, **more):
    """Version 2's JWS payload; the key's text goes in as it is hashed."""
    data = {"challenge": first["challenge"], "service_context": first["service_context"],
            "rp_data": "cnAtZGF0YQ", "tpm_att_data": {"current_attestation": attestation}, **more}
    text = json.dumps(data)
    if "request_key" not in more:
        text = text[:-1] + ', "request_key": {"jwk": ' + key.text + \
            ', "info": {"tpm_quote": {"hash_alg": "sha-256"}}}}'
    return '{"att_type": "basic", "att_data": ' + text + "}"


def attest(s, m, cert, key, log=None):
    """Both rounds with a certified AK; None, or the code of the refusal."""
    status, first = post(s, {"payload": {"type": "aikcert"}})
    assert status == 200, first
    first = first["payload"]
    a = m.quote(m.bound_nonce(key, unb64u(first["challenge"])), log=log)
    a["aik_cert"] = b64u(cert)
    text = request_text(key, first, a, rp_id="host-1")
    status, answer = post(s, {"payload": {"request": key.jws({"alg": "PS256", "typ": "attReqV2"}, text)}})
    return None if status == 200 else answer["innererror"]["code"]
