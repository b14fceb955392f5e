#!/usr/bin/env python3
"""avow appraise azure-guest over evidence of real Azure machines. No whole request
is public: the encryption key is made here, so that each must be refused for it and
for nothing before it: report, runtime data, attestation key and quote are real, and
hold. Prints TAP; skips where the vectors are absent.

usage: test_azureguest.py AVOW
"""
import base64
import json
import os
import struct
import subprocess
import sys
import tempfile
import textwrap

EXE = sys.argv[1]
ROOT = os.environ.get("AVOW_VECTORS", "")
FILES = {"az-snp-vtpm-evidence-v1.json": "SevSnp", "az-snp-vtpm-evidence-v2.json": "SevSnp",
         "az-snp-vtpm-evidence-genoa.json": "SevSnp", "az-tdx-vtpm-evidence-v1.json": "Tdx"}


def b64(data):
    return base64.b64encode(data).decode()


def unb64u(text):
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "===")


def octets(v):
    return bytes(v) if isinstance(v, list) else bytes.fromhex(v)


def pem(text):
    if text.startswith("-----"):
        return text.encode()
    body = "\n".join(textwrap.wrap(b64(unb64u(text)), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()


def public(n, attributes, scheme):
    """TPM2B_PUBLIC of an RSA-2048 key."""
    area = struct.pack(">HHIHH", 1, 0xb, attributes, 0, 0x10) + scheme + struct.pack(">HIH", 2048, 0, len(n)) + n
    return struct.pack(">H", len(area)) + area


def request(name, **changes):
    doc = json.load(open(os.path.join(ROOT, "azure-cvm", name), encoding="utf-8"))
    quote = doc.get("tpm_quote") or doc["quote"]
    hcl = unb64u(doc["hcl_report"]) if "hcl_report" in doc else bytes(doc["report"])
    size = struct.unpack_from("<I", hcl, 1232)[0]
    runtime = hcl[1236:1236 + size]
    key = next(k for k in json.loads(runtime)["keys"] if k["kid"] == "HCLAkPub")
    n = unb64u(key["n"])
    proof = unb64u(doc["td_quote"]) if "td_quote" in doc else json.dumps(
        {"SnpReport": base64.urlsafe_b64encode(hcl[32:1216]).decode(), "VcekCertChain": b64(pem(doc["vcek"]))}).encode()
    tpm = {"AikPub": b64(public(n, 0x50072, b"\0\x14\0\x0b")), "AikCert": "", "PcrQuote": b64(octets(quote["message"])),
           "PcrSignature": b64(octets(quote["signature"])), "PcrSet": list(range(24)),
           "PCRs": [{"Index": i, "Digest": b64(octets(v))} for i, v in enumerate(quote["pcrs"])],
           "EncKeyPub": b64(public(b"\xc1" + bytes(254) + b"\1", 0x20432, b"\0\x10")),
           "EncKeyCertifyInfo": b64(octets(quote["message"])),  # a quote is no certification
           "EncKeyCertifyInfoSignature": b64(octets(quote["signature"]))}
    tpm.update(changes)
    return {"AttestationProtocolVersion": "2.0", "OSType": b64(b"Linux"), "TcgLogs": "", "TpmInfo": tpm,
            "IsolationInfo": {"Type": FILES[name], "Evidence": {"Proof": b64(proof), "RunTimeData": b64(runtime)}}}


def appraise(inner):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(inner, f)
        f.flush()
        p = subprocess.run([EXE, "appraise", "azure-guest", f.name, "--at", "2026-01-15T00:00:00Z"],
                           capture_output=True, timeout=60)
    doc = json.loads(p.stdout)
    return doc["verdict"], doc["error"]["code"], {c["name"]: c["result"] for c in doc["checks"]}


def check_real(name):
    verdict, code, checks = appraise(request(name))
    held = {c: checks.get(c) for c in ("runtime_data", "ak_binding", "ak_attributes", "quote_signature",
                                       "quote_selection", "quote_digest")}
    if (verdict, code) != ("refused", "azureguest_enckey_certify") or set(held.values()) != {"passed"}:
        return [f"{verdict} {code} {held}"]
    return []


def check_value(name):
    """One PCR value of a real quote changed."""
    inner = request(name)
    inner["TpmInfo"]["PCRs"][7]["Digest"] = b64(bytes(32))
    _, code, _ = appraise(inner)
    return [] if code == "tpm_pcr_digest" else [code]


def check_key(name):
    """The attestation key of another real machine."""
    other = next(f for f in FILES if f != name)
    _, code, _ = appraise(request(name, AikPub=request(other)["TpmInfo"]["AikPub"]))
    return [] if code == "azureguest_ak" else [code]


def main():
    if not ROOT or not os.path.isdir(os.path.join(ROOT, "azure-cvm")):
        print("1..0 # SKIP no vectors")
        return 0
    checks = [(what, check, name) for name in FILES
              for what, check in (("holds up to its encryption key", check_real), ("a changed PCR", check_value),
                                  ("another machine's key", check_key))]
    failed = 0
    print(f"1..{len(checks)}")
    for n, (what, check, name) in enumerate(checks, 1):
        problems = check(name)
        failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {n} - {name}: {what}")
        for p in problems:
            print("#", p)
    return failed > 0


sys.exit(main())
