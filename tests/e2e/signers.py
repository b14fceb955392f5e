"""Certificates and signed policy JWTs for tests, made with openssl.

A Signer has a key and a chain; sign() gives a compact JWS in any of the
contract's algorithms.
"""
import base64
import json
import os
import subprocess

from avowtest import b64u

DIGEST = {"256": "-sha256", "384": "-sha384"}
CURVE = {"256": "P-256", "384": "P-384"}


def run(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True).stdout


class Signer:
    """A key, its certificate, and the certificates above it (DER)."""

    def __init__(self, folder, name, alg="RS256", issuer=None, ca=None, days=2, usage=None, eku=None):
        self.alg, self.name = alg, name
        self.key = os.path.join(folder, name + ".key")
        self.pem = os.path.join(folder, name + ".pem")
        kind = ["rsa:2048"] if alg[0] in "RP" else ["ec", "-pkeyopt", "ec_paramgen_curve:" + CURVE[alg[-3:]]]
        ca = issuer is None if ca is None else ca
        config = os.path.join(folder, name + ".cnf")
        with open(config, "w", encoding="ascii") as f:
            f.write("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=" + name + "\n[ext]\n"
                    "basicConstraints=critical,CA:" + ("TRUE" if ca else "FALSE") + "\n"
                    "subjectKeyIdentifier=hash\n" + (f"keyUsage=critical,{usage}\n" if usage else "")
                    + (f"extendedKeyUsage={eku}\n" if eku else ""))
        request = run("req", "-new", "-newkey", *kind, "-nodes", "-keyout", self.key, "-config", config)
        sign = ["-signkey", self.key] if issuer is None else ["-CA", issuer.pem, "-CAkey", issuer.key]
        pem = run("x509", "-req", *sign, "-set_serial", str(int.from_bytes(os.urandom(8), "big") | 1), "-days", str(days),
                  "-extfile", config, "-extensions", "ext", stdin=request)
        with open(self.pem, "wb") as f:
            f.write(pem)
        self.der = run("x509", "-outform", "DER", stdin=pem)
        self.chain = [self.der] + (issuer.chain if issuer else [])

    def x5c(self, length=None):
        return [base64.b64encode(c).decode() for c in self.chain[:length]]

    def jwk(self):
        return {"kty": "RSA" if self.alg[0] in "RP" else "EC", "x5c": self.x5c(1)}

    def raw_sign(self, data, alg):
        options = ["dgst", DIGEST[alg[-3:]], "-sign", self.key]
        if alg[0] == "P":
            options += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        signature = run(*options, stdin=data)
        return signature if alg[0] in "RP" else raw_ecdsa(signature, int(alg[-3:]) // 8)

    def sign(self, payload, header=None, alg=None):
        """A compact JWS of bytes, or of an object as JSON."""
        alg = alg or self.alg
        header = {"alg": alg, "x5c": self.x5c()} if header is None else header
        if isinstance(payload, dict):
            payload = json.dumps(payload).encode()
        text = b64u(json.dumps(header).encode()) + "." + b64u(payload)
        return text + "." + b64u(self.raw_sign(text.encode(), alg))

    def policy(self, text, **kw):
        return self.sign({"AttestationPolicy": b64u(text.encode())}, **kw)

    def reset(self, **kw):
        return self.sign(b"", **kw)

    def certificate(self, other, member="policyCertificate", **kw):
        """The body of certificates:add or :remove, a JSON string."""
        return json.dumps(self.sign({member: other.jwk()}, **kw))


def raw_ecdsa(der, n):
    """r||s of an ECDSA-Sig-Value of fewer than 128 bytes, each of n bytes."""
    assert der[0] == 0x30 and der[1] < 128
    out, rest = b"", der[2:]
    for _ in range(2):
        assert rest[0] == 2
        out += int.from_bytes(rest[2:2 + rest[1]], "big").to_bytes(n, "big")
        rest = rest[2 + rest[1]:]
    return out
