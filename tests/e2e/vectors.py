"""Every real SEV-SNP report and TDX quote through `avow appraise --at`: the verdict and
the claims that the MANIFEST beside it says, and for TDX the status that Intel's library
gave with the same collateral. Claims that tell the same thing in two ways never disagree."""
import base64
import glob
import json
import os
import re
import shutil
import tempfile

from avowtest import VECTORS, Tap, avow, vectors

tap = Tap()
P = "x-ms-sevsnpvm-"
ALL_STATUSES = ("UpToDate,SWHardeningNeeded,ConfigurationNeeded,ConfigurationAndSWHardeningNeeded,OutOfDate,"
                "OutOfDateConfigurationNeeded,TDRelaunchAdvised,TDRelaunchAdvisedConfigurationNeeded")


def appraise(kind, evidence, *args):
    status, out, err = avow("appraise", kind, evidence, *args)
    return status, json.loads(out) if out.strip() else None, err


def sections(folder):
    """{file: its lines} of a MANIFEST."""
    with open(vectors(folder, "MANIFEST.md"), encoding="utf-8") as f:
        parts = re.split(r"^## ", f.read(), flags=re.M)[1:]
    return {p.split("\n", 1)[0].strip(): p.split("\n", 1)[1] for p in parts}


def said(text):
    """The k=v words of a MANIFEST's claims line."""
    line = next(l for l in text.split("\n") if l.startswith("- claims/verified:"))
    return dict(re.findall(r"(\w+)=(\S+?)(?=[\s;]|$)", line))


def day_of(text):
    return re.search(r"leaf valid (\d{4}-\d\d-\d\d)\.\.", text).group(1)


def day_after(day):
    """Noon some days later, so that the certificate has surely begun."""
    y, m, _ = map(int, day.split("-"))
    return f"{y + (m == 12)}-{m % 12 + 1:02d}-15T12:00:00Z"


# --- SEV-SNP -----------------------------------------------------------------------

def tells_what_the_manifest_says(claims, m):
    tcb = bytes.fromhex(m["reported_tcb"])
    turin = claims[P + "chip-family"] == "Turin"
    parts = (tcb[1], tcb[2], tcb[3], tcb[7]) if turin else (tcb[0], tcb[1], tcb[6], tcb[7])
    want = {
        P + "guestsvn": int(m["guest_svn"]), P + "is-debuggable": m["debug"] == "true",
        P + "migration-allowed": m["migrate_ma"] == "true", P + "smt-allowed": m["smt"] == "true",
        P + "familyId": m["family_id"], P + "imageId": m["image_id"], P + "vmpl": int(m["vmpl"]),
        P + "reportdata": m["report_data"], P + "launchmeasurement": m["measurement"], P + "hostdata": m["host_data"],
        P + "idkeydigest": m["id_key_digest"], P + "authorkeydigest": m["author_key_digest"],
        P + "reportid": m["report_id"], P + "chipid": m["chip_id"],
        P + "bootloader-svn": parts[0], P + "tee-svn": parts[1], P + "snpfw-svn": parts[2], P + "microcode-svn": parts[3],
    }
    wrong = {k: (claims.get(k), v) for k, v in want.items() if claims.get(k) != v}
    assert not wrong, wrong


def snp_reports():
    """(path, MANIFEST's text, certificates) of every report that has its own leaf."""
    for manifest in sorted(glob.glob(os.path.join(VECTORS, "*", "MANIFEST.md"))):
        folder = os.path.basename(os.path.dirname(manifest))
        for name, text in sections(folder).items():
            if "- what: SEV-SNP attestation report" not in text or "expected: ACCEPT" not in text:
                continue
            stem = os.path.join(VECTORS, folder, os.path.splitext(name)[0])
            yield os.path.join(VECTORS, folder, name), text, glob.glob(stem + ".leaf.*")
    yield vectors("maa-sevsnp-golden", "snpreport.bin"), sections("maa-sevsnp-golden")["request.json"], [
        vectors("maa-sevsnp-golden", "vcekchain.pem")]
    yield vectors("sgxsnp-ms-ravl", "sev_snp.att.evidence.bin"), sections("sgxsnp-ms-ravl")["sev_snp.att"], [
        vectors("sgxsnp-ms-ravl", "sev_snp.att.endorsements.bin")]


@tap.case()
def every_snp_report_gives_its_manifest_s_verdict_and_claims():
    vectors("snp-virtee", "MANIFEST.md")
    n = 0
    for path, text, certs in snp_reports():
        at = day_after(day_of(text))
        args = [a for c in certs for a in ("--certs", c)]
        status, r, err = appraise("snp", path, *args, "--at", at)
        assert status == 0 and r["verdict"] == "verified", (path, at, r and r["error"], err)
        tells_what_the_manifest_says(r["claims"], said(text))
        n += 1
    assert n >= 11, n


@tap.case()
def the_negatives_are_refused_for_the_right_reason():
    report = vectors("snp-trustee", "test-report.bin")
    at = ("--at", "2024-01-01T00:00:00Z")
    for leaf in ("test-vcek-invalid-legacy.der", "test-vcek-invalid-new.der"):
        status, r, _ = appraise("snp", report, "--certs", vectors("snp-trustee", leaf), *at)
        assert status == 1 and r["error"]["check"] == "vek_chain", (leaf, r["error"])
    # the published pair: the VCEK is another machine's
    status, r, _ = appraise("snp", vectors("azure-cvm", "kinvolk-hcl-report-snp.bin"), "--certs",
                            vectors("azure-cvm", "kinvolk-certs.pem"), *at)
    assert status == 1 and r["error"]["check"] in ("reported_tcb", "chip_id", "report_signature"), r["error"]


@tap.case()
def azure_s_hcl_reports_are_verified_with_their_runtime_data():
    n = 0
    for name in ("az-snp-vtpm-evidence-v1.json", "az-snp-vtpm-evidence-v2.json", "az-snp-vtpm-evidence-genoa.json"):
        with open(vectors("azure-cvm", name)) as f:
            doc = json.load(f)
        blob, vcek = doc.get("hcl_report") or doc["report"], doc["vcek"]
        blob = bytes(blob) if isinstance(blob, list) else base64.urlsafe_b64decode(blob + "=" * (-len(blob) % 4))
        # PEM, or base64url of the DER
        vcek = vcek.encode() if vcek.startswith("-----") else base64.urlsafe_b64decode(vcek + "=" * (-len(vcek) % 4))
        text = sections("azure-cvm")[name]
        with tempfile.TemporaryDirectory() as folder:
            for file, data in {"hcl.bin": blob, "vcek": vcek}.items():
                with open(os.path.join(folder, file), "wb") as f:
                    f.write(data)
            at = day_after(day_of(text)) if "leaf valid" in text else "2025-06-01T00:00:00Z"
            status, r, err = appraise("snp", os.path.join(folder, "hcl.bin"), "--certs",
                                      os.path.join(folder, "vcek"), "--at", at)
            assert status == 0, (name, at, r and r["error"], err)
            n += 1
    assert n == 3, n


# --- TDX --------------------------------------------------------------------------------

def tdx_records():
    with open(vectors("intel-qvl-oracle", "oracle.json")) as f:
        return [r for r in json.load(f) if r["tee"] == "TDX" and r["all_in_window"] and r["quote_encoding"] == "raw"]


def collateral_folder(record, folder):
    for member in ("tcbinfo_file", "qeidentity_file", "pck_crl_file", "root_crl_file"):
        shutil.copy(vectors(*record[member].split("/")), folder)
    with open(os.path.join(folder, "tcb_signing_chain.pem"), "wb") as out:
        for member in ("tcb_signing_cert", "trusted_root"):
            with open(vectors(*record[member].split("/")), "rb") as f:
                out.write(f.read().rstrip() + b"\n")


TDX_CLAIMS = {"mrtd": "tdx_mrtd", "td_attributes": "tdx_td_attributes", "xfam": "tdx_xfam", "tee_tcb_svn": "tdx_tee_tcb_svn",
              "mrseam": "tdx_mrseam", "rtmr0": "tdx_rtmr0", "rtmr1": "tdx_rtmr1", "rtmr2": "tdx_rtmr2",
              "rtmr3": "tdx_rtmr3", "report_data": "tdx_report_data"}


def refusable(r):
    """What Avow refuses and Intel's library does not look at."""
    return r["error"]["code"] in ("tdx_debug", "tdx_migratable", "tdx_service_td")


@tap.case()
def every_tdx_quote_gives_its_manifest_s_claims_and_intel_s_status():
    n = 0
    for record in tdx_records():
        folder, name = record["quote_file"].split("/")
        with tempfile.TemporaryDirectory() as collateral:
            collateral_folder(record, collateral)
            status, r, err = appraise("tdx", vectors(folder, name), "--collateral", collateral, "--at",
                                      record["check_time"], "--accept-tcb", ALL_STATUSES)
        where = (record["quote_file"], record["check_time"])
        if record["tcb_status"] in ("NotSupported", "Revoked") or not r["tcb"]:
            assert status == 1, (where, r["error"], record["tcb_status"])
        else:
            assert r["tcb"]["status"] == record["tcb_status"], (where, r["tcb"], r["error"], err)
            assert status == 0 or refusable(r), (where, r["error"])
            m, claims = said(sections(folder)[name]), r["claims"]
            wrong = {k: (claims.get(c), m[k]) for k, c in TDX_CLAIMS.items() if claims.get(c) != m[k]}
            assert not wrong, (where, wrong)
            consistent_tdx(claims)
        n += 1
    assert n >= 30, n


# --- two versions of the same claim never disagree -------------------------------------------

def consistent_tdx(claims):
    attributes = int.from_bytes(bytes.fromhex(claims["tdx_td_attributes"]), "little")
    for name, bit in (("debug", 0), ("septve_disable", 28), ("protection_keys", 30), ("key_locker", 31), ("perfmon", 63)):
        assert claims["tdx_td_attributes_" + name] == bool(attributes >> bit & 1), (name, claims)
    assert claims["dbgstat"] == ("enabled" if attributes & 0xff else "disabled"), claims
    assert claims["tdx_seamsvn"] == bytes.fromhex(claims["tdx_tee_tcb_svn"])[0], claims
    assert claims["attester_tcb_status"] == claims["x-avow-tcb-status"], claims


@tap.case()
def two_versions_of_the_same_claim_never_disagree():
    with tempfile.TemporaryDirectory() as base:
        def forged(kind, name, *args):
            path = os.path.join(base, name)
            status, out, err = avow("forge", kind, "--out", path, "--at", "2025-06-15T00:00:00Z", *args)
            assert status == 0, (out, err)
            return path

        def claims_of(kind, path, file, *args):
            status, r, err = appraise(kind, os.path.join(path, file), "--collateral", os.path.join(path, "collateral"),
                                      "--trust-anchor", os.path.join(path, "root.pem"), "--at", "2025-06-15T00:00:00Z",
                                      "--accept-tcb", ALL_STATUSES, *args)
            assert r["claims"], (file, r["error"], err)
            return r["claims"]

        # one report in three wrappers: the same claims but for what a wrapper brings
        snp = forged("snp", "snp", "--guest-policy", "0x2a001f")
        runtime = ("--runtime-data", os.path.join(snp, "runtime.bin"), "--runtime-type", "json")
        plain = claims_of("snp", snp, "report.bin", *runtime)
        assert claims_of("snp", snp, "request.json", *runtime) == plain
        assert claims_of("snp", snp, "hcl.bin", *runtime) == plain
        assert claims_of("snp", snp, "hcl.bin") == plain
        assert plain[P + "is-debuggable"] and plain[P + "cxl-allowed"] and not plain[P + "migration-allowed"], plain
        # SGX: the old names, the new names and Open Enclave's wrapper
        sgx = forged("sgx", "sgx")
        data = ("--runtime-data", os.path.join(sgx, "runtime.bin"))
        one, two = claims_of("sgx", sgx, "quote.bin", *data), claims_of("oe", sgx, "report.bin", *data)
        for claims in (one, two):
            assert claims["aas-ehd"] == claims["maa-ehd"] == claims["x-ms-sgx-ehd"], claims
            assert claims["maa-attestationcollateral"] == claims["x-ms-sgx-collateral"], claims
        same = {k for k in one if k not in ("x-ms-sgx-collateral", "maa-attestationcollateral")}
        assert {k: one[k] for k in same} == {k: two.get(k) for k in same}, (one, two)
        # TDX: flags against the raw attributes, in each combination that may be
        for value in (0, 0x10000000, 0x40000000, 0xc0000000, 0x80000000_10000000, 0x10000001, 0x10000010):
            tdx = forged("tdx", f"tdx-{value:x}", "--td-attributes", hex(value))
            consistent_tdx(claims_of("tdx", tdx, "quote.bin"))


tap.run()
