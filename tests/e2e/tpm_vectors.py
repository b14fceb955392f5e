"""Every real quote of the published vectors, through `avow appraise tpm`: it
verifies or is refused as its MANIFEST says, and each tampering is refused."""
import base64
import json
import os
import re
import struct
import subprocess
import tempfile

from avowtest import Tap, avow, b64u, unb64u, vectors

tap = Tap()
B = base64.b64decode


def read(*parts):
    with open(vectors(*parts), "rb") as f:
        return f.read()


def rsa(n, e="AQAB"):
    return {"kty": "RSA", "n": b64u(n), "e": e}


def jwk_of_spki(der):
    out = subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-noout", "-text"], input=der,
                         capture_output=True, check=True, timeout=60).stdout.decode()
    m = re.search(r"Modulus:\s*((?:[0-9a-f:]+\s*)+)", out)
    return rsa(bytes.fromhex("".join(m.group(1).replace(":", "").split())).lstrip(b"\0"))


def bank(algorithm, values):
    return {"algorithm": algorithm, "values": [{"index": i, "digest": b64u(d)} for i, d in values]}


def attestation(jwk, pcrs, quote, signature, logs=()):
    return {"logs": [{"type": "TCG", "log": b64u(log)} for log in logs], "aik_pub": jwk, "pcrs": pcrs,
            "quote": b64u(quote), "signature": b64u(signature)}


def windows():
    w = json.loads(read("tpm-google-attestation", "windows_gcp_shielded_vm.json"))
    pcrs = bank(4, [(p["Index"], B(p["Digest"])) for p in w["Log"]["PCRs"]])
    return attestation(rsa(B(w["AK"]["Public"])[-256:]), [pcrs], B(w["Quote"]["Quote"]),
                       B(w["Quote"]["Signature"]), [B(w["Log"]["Raw"])])


def keylime():
    """tpm2-tools' own form of values: selections in host order, then lists of digests."""
    raw = read("tpm-keylime", "quotepcr.out")
    at, values = 4 + 16 * 8 + 4, []
    count = struct.unpack("<I", raw[at:at + 4])[0]
    for n in range(count):
        start = at + 4 + n * 66
        values.append(raw[start + 2:start + 2 + struct.unpack("<H", raw[start:start + 2])[0]])
    return attestation(rsa(read("tpm-keylime", "ak.pub")[-256:]), [bank(11, zip([15, 16, 22], values))],
                       read("tpm-keylime", "quote.out"), read("tpm-keylime", "quotesig.out"))


def trustee():
    t = json.loads(read("tpm-trustee", "tpm_evidence.json"))
    q = t["tpm_quote"]
    return attestation(jwk_of_spki(B(t["ak_public"])), [bank(11, enumerate(map(bytes.fromhex, q["pcrs"])))],
                       B(q["message"]), B(q["signature"]))


def octets(v):
    if isinstance(v, list):
        return bytes(v)
    return bytes.fromhex(v) if re.fullmatch("[0-9a-fA-F]*", v) else unb64u(v)


def azure(name):
    """The AK is a JWK in the HCL report's runtime claims; the carrier has the bare signature."""
    t = json.loads(read("azure-cvm", name))
    q = t.get("tpm_quote") or t["quote"]
    report = octets(t.get("hcl_report") or t["report"])
    at = report.index(b'{"keys"')
    claims = json.JSONDecoder().raw_decode(report[at:].decode("utf-8", "replace"))[0]
    ak = next(k for k in claims["keys"] if k["kid"] == "HCLAkPub")
    signature = octets(q["signature"])
    if len(signature) == 256:
        signature = struct.pack(">HHH", 0x14, 0xb, 256) + signature
    return attestation({k: ak[k] for k in ("kty", "n", "e")}, [bank(11, enumerate(map(octets, q["pcrs"])))],
                       octets(q["message"]), signature)


def fields(data):
    """A protobuf message's fields: (number, value) with bytes or an integer."""
    at = 0

    def varint():
        nonlocal at
        v = shift = 0
        while True:
            b = data[at]
            at += 1
            v |= (b & 127) << shift
            shift += 7
            if not b & 128:
                return v

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            assert key & 7 == 2, key
            n = varint()
            yield key >> 3, data[at:at + n]
            at += n


def google():
    """go-tpm-tools' Attestation: AK public area, quotes of three banks, the log."""
    whole = list(fields(read("tpm-google-eventlog", "gce-cos-85-no-nonce.pb")))
    area = next(v for n, v in whole if n == 1)
    log = next(v for n, v in whole if n == 3)
    for n, v in whole:
        if n != 2:
            continue
        quote = dict((k, x) for k, x in fields(v))
        pcrs = list(fields(quote[3]))
        algorithm = next(x for k, x in pcrs if k == 1)
        values = []
        for k, x in pcrs:
            if k == 2:
                entry = dict(fields(x))
                values.append((entry.get(1, 0), entry[2]))
        yield attestation(jwk_of_area(area), [bank(algorithm, sorted(values))], quote[1], quote[2], [log])


def jwk_of_area(area):
    if struct.unpack(">H", area[:2])[0] == 1:
        return rsa(area[-256:])
    return {"kty": "EC", "crv": "P-256", "x": b64u(area[-66:-34]), "y": b64u(area[-32:])}


def appraise(document, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as f:
        json.dump(document, f)
    try:
        status, out, err = avow("appraise", "tpm", f.name, "--at", "2025-01-01T00:00:00Z", *args)
    finally:
        os.unlink(f.name)
    assert out.strip(), (status, err)
    return status, json.loads(out)


def verifies(document, quote_hash):
    status, d = appraise(document, "--allow-uncertified-ak")
    assert status == 0 and d["verdict"] == "verified" and d["tcb"] is None, d["error"]
    assert d["claims"]["aikValidated"] is False and d["claims"]["x-avow-quote-hash"] == quote_hash
    status, d = appraise(document)
    assert status == 1 and d["error"]["code"] == "tpm_ak_uncertified", d
    return d


@tap.case()
def windows_on_google_quotes_sha1_and_tells_it():
    document = windows()
    verifies(document, "sha1")
    claims = appraise(document, "--allow-uncertified-ak")[1]["claims"]
    assert claims["secureBootEnabled"] is True and claims["bootDebuggingDisabled"] is True
    assert len(claims["events"]["Events"]) == 21 and len(claims["pcrs"]["PCRs"]) == 24
    document["logs"][0]["log"] = b64u(unb64u(document["logs"][0]["log"])[:-44])
    status, d = appraise(document, "--allow-uncertified-ak")
    assert status == 1 and d["error"]["code"].startswith("eventlog_"), d


@tap.case()
def the_quotes_without_logs_verify():
    verifies({**keylime(), "challenge": "db1db298db6d60e6385b7231743e9c3056a18003"}, "sha256")
    verifies(trustee(), "sha256")


@tap.case()
def the_quotes_of_three_banks_verify_and_their_log_replays():
    documents = list(google())
    assert len(documents) == 3
    for document in documents:
        verifies(document, "sha256")


@tap.case()
def the_quotes_of_azures_virtual_tpms_verify():
    for name in ("az-snp-vtpm-evidence-v1.json", "az-snp-vtpm-evidence-v2.json", "az-snp-vtpm-evidence-genoa.json",
                 "az-tdx-vtpm-evidence-v1.json"):
        verifies(azure(name), "sha256")


@tap.case()
def a_real_quote_that_is_tampered_with_is_refused():
    """verifier-bugs 2, 19, 22 and 30, mistakes A2: signature, nonce, selection, bank, mask."""
    good = trustee()

    def refused(code, **change):
        status, d = appraise({**good, **change}, "--allow-uncertified-ak")
        assert status == 1 and d["error"]["code"] == code, (code, d["error"])

    quote = bytearray(unb64u(good["quote"]))
    quote[60] ^= 1
    refused("tpm_signature", quote=b64u(bytes(quote)))
    refused("tpm_qualified_data", challenge="00")
    values = good["pcrs"][0]["values"]
    refused("tpm_pcr_digest", pcrs=[{"algorithm": 11, "values": [{**values[0], "digest": b64u(b"\1" * 32)}] + values[1:]}])
    refused("tpm_pcr_missing", pcrs=[{"algorithm": 11, "values": values[1:]}])
    refused("tpm_pcr_missing", pcrs=[])
    refused("tpm_pcr_unquoted", pcrs=good["pcrs"] + [bank(4, [(0, bytes(20))])])
    refused("tpm_pcr_values", pcrs=[{"algorithm": 11, "values": values + values[:1]}])
    partial = {**keylime(), "required_pcr_mask": 1}
    status, d = appraise(partial, "--allow-uncertified-ak")
    assert status == 1 and d["error"]["code"] == "tpm_pcr_required", d
    partial["required_pcr_mask"] = 1 << 15 | 1 << 16 | 1 << 22
    assert appraise(partial, "--allow-uncertified-ak")[0] == 0


tap.run()
