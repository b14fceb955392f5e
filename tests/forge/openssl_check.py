#!/usr/bin/env python3
"""What forge/ made, judged by the openssl command alone; prints TAP.

usage: openssl_check.py SAMPLE   (tests/forge/sample.c, built)

Offsets are those of the format sheets. The command is a second reader that
shares no code with this project but the library under it.
"""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

AT = 1750000000


def run(*args):
    r = subprocess.run(["openssl", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r.returncode, r.stdout


def der_integer(b):
    b = b.lstrip(b"\0") or b"\0"
    b = b"\0" + b if b[0] & 0x80 else b
    return bytes([2, len(b)]) + b


def der_signature(raw):
    body = der_integer(raw[:32]) + der_integer(raw[32:])
    return bytes([0x30, len(body)]) + body


def verify(tmp, key_pem, message, raw):
    """openssl's word on one ECDSA P-256 SHA-256 signature."""
    paths = [os.path.join(tmp, n) for n in ("key.pem", "sig.der", "message")]
    for path, data in zip(paths, (key_pem, der_signature(raw), message)):
        with open(path, "wb") as f:
            f.write(data)
    code, _ = run("dgst", "-sha256", "-verify", paths[0], "-signature", paths[1], paths[2])
    return code == 0


def public_key(path):
    return run("x509", "-in", path, "-noout", "-pubkey")[1].encode()


def checks(tmp):
    """Yields (name, held)."""
    def at(name):
        return os.path.join(tmp, name)

    def read(name):
        with open(at(name), "rb") as f:
            return f.read()

    quote = read("quote.bin")
    auth = struct.unpack_from("<H", quote, 436 + 576)[0]
    cert = 436 + 578 + auth
    chain = quote[cert + 6:].rstrip(b"\0").decode()
    pems = [p + "-----END CERTIFICATE-----\n" for p in chain.split("-----END CERTIFICATE-----\n")[:-1]]
    for name, pem in zip(("leaf.pem", "ca.pem", "chain_root.pem"), pems):
        with open(at(name), "w") as f:
            f.write(pem)
    for name in ("pck_crl", "root_crl"):
        run("crl", "-inform", "der", "-in", at(f"collateral/{name}.der"), "-out", at(f"{name}.pem"))
    base = ["-attime", str(AT), "-CAfile", at("root.pem"), "-x509_strict"]
    yield "three certificates", len(pems) == 3
    yield "chain verifies", run("verify", *base, "-untrusted", at("ca.pem"), at("leaf.pem"))[0] == 0
    yield "tcb signer verifies", run("verify", *base, at("collateral/tcb_signing_chain.pem"))[0] == 0
    code, text = run("verify", *base, "-untrusted", at("ca.pem"), "-crl_check_all", "-CRLfile", at("pck_crl.pem"),
                     "-CRLfile", at("root_crl.pem"), at("leaf.pem"))
    yield "the revoked leaf is revoked, and nothing else is wrong", code != 0 and \
        re.findall(r"error \d+ at (\d+).*: (.*)", text) == [("0", "certificate revoked")]
    code, text = run("verify", *base, "-crl_check_all", "-CRLfile", at("root_crl.pem"), at("ca.pem"))
    yield "the intermediate is not", code == 0
    for crl, ca in (("pck_crl", "ca"), ("root_crl", "root")):
        _, text = run("crl", "-in", at(f"{crl}.pem"), "-noout", "-CAfile", at(f"{ca}.pem"))
        yield f"{crl} verifies under its CA", "verify OK" in text
    yield "QE report is signed by the PCK key", verify(
        tmp, public_key(at("leaf.pem")), quote[564:564 + 384], quote[436 + 512:436 + 576])
    xy = quote[436 + 64:436 + 128]
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\4" + xy
    with open(at("att.der"), "wb") as f:
        f.write(spki)
    run("pkey", "-pubin", "-inform", "der", "-in", at("att.der"), "-out", at("att.pem"))
    yield "the quote is signed by the attestation key", verify(
        tmp, read("att.pem"), quote[:432], quote[436:436 + 64])
    yield "the QE vouches for that key", quote[564 + 320:564 + 384] == hashlib.sha256(
        xy + quote[436 + 578:436 + 578 + auth]).digest() + bytes(32)
    yield "report data is the hash of runtime.bin", quote[48 + 320:48 + 352] == hashlib.sha256(
        read("runtime.bin")).digest()
    for name, member in (("tcbinfo", "tcbInfo"), ("qe_identity", "enclaveIdentity")):
        text = read(f"collateral/{name}.json")
        start, end = len(f'{{"{member}":'), text.rindex(b',"signature"')
        yield f"{name}: the signature is over the served bytes", verify(
            tmp, public_key(at("collateral/tcb_signing_chain.pem")), text[start:end],
            bytes.fromhex(json.loads(text)["signature"]))
    _, text = run("asn1parse", "-in", at("leaf.pem"))
    yield "the SGX extension is there", "1.2.840.113741.1.13.1" in text
    keys = [p for d, _, fs in os.walk(tmp) for p in (os.path.join(d, f) for f in fs)
            if b"PRIVATE" in open(p, "rb").read()]
    yield "no private key was written", not keys


def main():
    if not shutil.which("openssl"):
        print("1..0 # SKIP no openssl command")
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        if subprocess.run([sys.argv[1], tmp, str(AT)]).returncode:
            print("Bail out! the sample was not made")
            return 1
        results = list(checks(tmp))
    print(f"1..{len(results)}")
    for n, (name, held) in enumerate(results, 1):
        print(f"{'' if held else 'not '}ok {n} - {name}")
    return 0 if all(held for _, held in results) else 1


if __name__ == "__main__":
    sys.exit(main())
