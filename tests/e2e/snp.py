"""SEV-SNP through whole programs: the recorded exchange against avowd over HTTP,
and real reports with their certificates through `avow appraise snp`."""
import base64
import hashlib
import json
import os
import ssl
import subprocess
import tempfile

from avowtest import AVOWD, Service, Tap, avow, b64u, claims_of, header_of, unb64u, vectors

tap = Tap()
OWN_VALUE = {"iss", "iat", "nbf", "exp", "jti"}
# Claims of the service that are younger than the recording (spec 05, SEV-SNP).
YOUNGER = {"x-ms-sevsnpvm-" + n for n in (
    "chip-family", "chipid", "ciphertext-hiding-dram-enabled", "cxl-allowed", "mem-aes256-xts-required",
    "page-swap-disabled", "rapl-disabled", "singlesocket")}
AT = "2024-06-01T00:00:00Z"


def read(*parts):
    with open(vectors(*parts), "rb") as f:
        return f.read()


def golden():
    return json.loads(read("maa-sevsnp-golden", "request.json"))


def appraise(report, *certs, args=(), at=AT):
    more = [a for c in certs for a in ("--certs", c)]
    status, out, err = avow("appraise", "snp", report, *more, "--at", at, *args)
    return status, json.loads(out) if out.strip() else None, err


@tap.case()
def the_recorded_request_gives_the_recorded_token():
    recorded = json.loads(read("maa-sevsnp-golden", "token.claims.json"))["claims"]
    with Service() as s:
        status, answer = s.attest("SevSnpVm", golden())
    assert status == 200, answer
    ours = claims_of(answer["token"])
    for name, value in recorded.items():
        assert name in ours, f"claim {name} is missing"
        assert type(ours[name]) is type(value), name
        assert name in OWN_VALUE or ours[name] == value, (name, ours[name], value)
    extra = {n for n in ours if n not in recorded and not n.startswith("x-avow-")}
    assert extra == YOUNGER, extra ^ YOUNGER
    assert header_of(answer["token"])["typ"] == "JWT"


@tap.case()
def avow_attest_sends_a_bare_report_with_its_certificates():
    inner = json.loads(unb64u(golden()["report"]))
    with tempfile.TemporaryDirectory() as d, Service() as s:
        report, certs = os.path.join(d, "report.bin"), os.path.join(d, "chain.pem")
        for path, member in ((report, "SnpReport"), (certs, "VcekCertChain")):
            with open(path, "wb") as f:
                f.write(unb64u(inner[member]))
        whole = os.path.join(d, "request.json")
        with open(whole, "w") as f:
            json.dump(inner, f)
        for args in (report, "--certs", certs), (whole,):
            status, token, err = avow("attest", "snp", *args, "--server", s.url)
            assert status == 0, err
            assert claims_of(token.strip())["x-ms-attestation-type"] == "sevsnpvm"
        status, _, err = avow("attest", "snp", report, "--server", s.url)
        assert status == 2 and "snp_cert_absent" in err, err
        assert avow("attest", "snp", whole, "--certs", certs, "--server", s.url)[0] == 64


@tap.case()
def avow_attest_sends_the_endorsement_beside_the_report():
    with tempfile.TemporaryDirectory() as d:
        sim = os.path.join(d, "sim")
        status, out, err = avow("forge", "snp", "--uvm", "--out", sim)
        assert status == 0, (out, err)

        def at(name):
            return os.path.join(sim, name)
        with open(at("uvm_reference.txt"), encoding="ascii") as f:
            reference = f.read().strip()
        with open(at("uvm.cose"), "rb") as f:
            cose = f.read()
        with open(at("uvm.base64"), "wb") as f:  # as a container's host leaves it
            f.write(base64.b64encode(cose))
        with open(at("bent.cose"), "wb") as f:
            f.write(cose[:-1] + bytes([cose[-1] ^ 1]))
        with open(at("vek.der"), "rb") as f, open(at("cert_chain.pem"), "rb") as g, open(at("all.pem"), "wb") as out:
            out.write(ssl.DER_cert_to_PEM_cert(f.read()).encode() + g.read())
        with Service("--trust-anchor", at("root.pem"), "--uvm-reference", reference) as s:
            def attest(*more):
                return avow("attest", "snp", at("report.bin"), "--certs", at("all.pem"), "--server", s.url, *more)
            for name in ("uvm.cose", "uvm.base64"):
                status, token, err = attest("--endorsements", at(name))
                assert status == 0, err
                claims = claims_of(token.strip())
                assert claims["x-ms-compliance-status"] == "azure-compliant-uvm" and claims["x-avow-uvm-svn"] == 100, claims
            status, token, err = attest()
            assert status == 0 and "x-avow-uvm-svn" not in claims_of(token.strip()), err
            status, _, err = attest("--endorsements", at("bent.cose"))
            assert status == 1 and "cose_signature" in err, err
            # a request that has one already
            status, _, err = avow("attest", "snp", at("request.json"), "--endorsements", at("uvm.cose"), "--server", s.url)
            assert status == 2 and "Endorsements" in err, err
            assert attest("--endorsements", at("absent"))[0] == 64


@tap.case()
def data_that_the_report_does_not_hold_is_refused():
    runtime = read("maa-sevsnp-golden", "runtimedata-unused.json")
    body = {**golden(), "runtimeData": {"data": b64u(runtime), "dataType": "JSON"}}
    with Service() as s:
        status, answer = s.attest("SevSnpVm", body)
    assert status == 400 and answer["error"]["innererror"]["code"] == "runtime_data_mismatch", answer


@tap.case()
def a_flipped_bit_is_refused_by_the_service():
    inner = json.loads(unb64u(golden()["report"]))
    report = bytearray(unb64u(inner["SnpReport"]))
    report[0x90] ^= 1
    body = {"report": b64u(json.dumps({**inner, "SnpReport": b64u(bytes(report))}).encode())}
    with Service() as s:
        status, answer = s.attest("SevSnpVm", body)
    assert status == 400 and answer["error"]["innererror"]["code"] == "snp_signature", answer


@tap.case()
def a_report_without_certificates_waits_for_collateral():
    inner = json.loads(unb64u(golden()["report"]))
    body = {"report": b64u(json.dumps({"SnpReport": inner["SnpReport"]}).encode())}
    with Service() as s:
        status, answer = s.attest("SevSnpVm", body)
    assert status == 503 and answer["error"]["innererror"]["code"] == "snp_cert_absent", answer


# --- confidential containers ---------------------------------------------------------
ISSUER = "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2"
FEED = "ContainerPlat-AMD-UVM"


def reference(least):
    return ("--uvm-reference", f"{ISSUER} {FEED} {least}")


def sidecar_request(uvm=None):
    """What the sidecar posts: report, host certificates as PEM, endorsement, policy."""
    thim = json.loads(read("snp-ms-aci", "uvm_host_amd_certificate.json"))
    inner = {
        "SnpReport": b64u(read("snp-ms-aci", "snp_report.bin")),
        "VcekCertChain": b64u((thim["vcekCert"] + thim["certificateChain"]).encode()),
        "Endorsements": b64u(json.dumps({"Uvm": [b64u(uvm or read(
            "snp-ms-aci", "body.uvm_reference_info.bin"))]}).encode()),
    }
    policy = base64.b64decode(read("snp-ms-aci", "uvm_security_policy.base64"))
    return {"report": b64u(json.dumps(inner).encode()),
            "initTimeData": {"data": b64u(policy), "dataType": "Binary"}, "nonce": "1"}


@tap.case()
def the_sidecar_s_request_gives_the_container_s_claims():
    with Service(*reference(22)) as s:
        status, answer = s.attest("SevSnpVm", sidecar_request())
        assert status == 200, answer
        claims = claims_of(answer["token"])
        assert claims["x-ms-compliance-status"] == "azure-compliant-uvm", claims
        assert claims["x-avow-uvm-issuer"] == ISSUER and claims["x-avow-uvm-feed"] == FEED, claims
        assert claims["x-avow-uvm-svn"] == 22, claims
        policy = base64.b64decode(read("snp-ms-aci", "uvm_security_policy.base64"))
        assert claims["x-ms-sevsnpvm-hostdata"] == hashlib.sha256(policy).hexdigest(), claims
        # the route's spelling is the caller's, and a byte order mark may come first
        inner = b"\xef\xbb\xbf" + unb64u(sidecar_request()["report"])
        status, answer = s.attest("SevSnpVM", {**sidecar_request(), "report": b64u(inner)})
        assert status == 200, answer


@tap.case()
def an_endorsement_that_nobody_named_gives_no_claim():
    with Service() as s:
        status, answer = s.attest("SevSnpVm", sidecar_request())
    assert status == 200, answer
    names = claims_of(answer["token"])
    assert not [n for n in names if "uvm" in n or "compliance" in n], names


@tap.case()
def endorsements_are_refused_for_their_own_reason():
    other = base64.b64decode(read("snp-ms-aci", "reference-info-base64"))
    flipped = bytearray(read("snp-ms-aci", "body.uvm_reference_info.bin"))
    flipped[-1] ^= 1
    with Service(*reference(23)) as s:
        for uvm, code in ((None, "uvm_svn"), (other, "uvm_measurement"), (bytes(flipped), "cose_signature")):
            status, answer = s.attest("SevSnpVm", sidecar_request(uvm))
            assert status == 400 and answer["error"]["innererror"]["code"] == code, (code, answer)
        # another policy than the host bound at launch
        body = sidecar_request()
        body["initTimeData"]["data"] = b64u(b"package policy")
        status, answer = s.attest("SevSnpVm", body)
        assert status == 400 and answer["error"]["innererror"]["code"] == "init_data_mismatch", answer
    with Service(*("--uvm-reference", f"{ISSUER} ConfAKS-AMD-UVM 1")) as s:
        status, answer = s.attest("SevSnpVm", sidecar_request())
    assert status == 400 and answer["error"]["innererror"]["code"] == "uvm_unknown", answer


@tap.case()
def an_id_key_among_the_reference_values_makes_a_guest_compliant():
    report = unb64u(json.loads(unb64u(golden()["report"]))["SnpReport"])
    with Service("--id-key-digest", report[0xe0:0x110].hex()) as s:
        status, answer = s.attest("SevSnpVm", golden())
    assert status == 200, answer
    assert claims_of(answer["token"])["x-ms-compliance-status"] == "azure-compliant-cvm", answer


@tap.case()
def reference_values_of_no_form_are_refused_at_start():
    for flag, item, value in (("--uvm-reference", "uvm_reference", f"{ISSUER} {FEED}"),
                              ("--uvm-reference", "uvm_reference", f"did:web:example.org {FEED} 1"),
                              ("--id-key-digest", "id_key_digest", "00" * 48),
                              ("--id-key-digest", "id_key_digest", "abc")):
        with tempfile.TemporaryDirectory() as data:
            r = subprocess.run([AVOWD, "--data", data, "--listen", "127.0.0.1:0", flag, value],
                               capture_output=True, text=True, timeout=60)
        assert r.returncode != 0 and item in r.stderr, (value, r)


@tap.case()
def appraise_takes_an_endorsement_as_the_security_context_has_it():
    more = ("--endorsements", vectors("snp-ms-aci", "body.uvm_reference_info.bin"), *reference(20))
    status, r, _ = appraise(vectors("snp-ms-aci", "snp_report.bin"), vectors("snp-ms-aci", "uvm_host_amd_certificate.json"),
                            args=more)
    assert status == 0 and r["claims"]["x-avow-uvm-svn"] == 22, r
    status, r, _ = appraise(vectors("snp-ms-aci", "snp_report.bin"), vectors("snp-ms-aci", "uvm_host_amd_certificate.json"),
                            args=("--endorsements", vectors("snp-ms-aci", "reference-info-base64")))
    assert status == 1 and r["error"]["code"] == "uvm_measurement", r


# --- the three forms of the request, forged ------------------------------------------------
@tap.case()
def every_form_of_the_request_is_taken():
    with tempfile.TemporaryDirectory() as folder:
        for name, args in (("milan", ()), ("turin", ("--product", "turin", "--version", "5")),
                           ("vlek", ("--product", "genoa", "--vlek"))):
            sim = os.path.join(folder, name)
            status, out, err = avow("forge", "snp", "--out", sim, *args)
            assert status == 0, (out, err)
            files = {}
            for file in os.listdir(sim):
                if os.path.isfile(os.path.join(sim, file)):
                    with open(os.path.join(sim, file), "rb") as f:
                        files[file] = f.read()
            runtime = {"runtimeData": {"data": b64u(files["runtime.bin"]), "dataType": "JSON"}}
            bare = b64u(json.dumps({"SnpReport": b64u(files["report.bin"])}).encode())
            with Service("--trust-anchor", os.path.join(sim, "root.pem"), "--collateral",
                         os.path.join(sim, "collateral")) as s:
                forms = [({"report": b64u(files["request.json"]), **runtime}, "request.json"),
                         ({"report": bare, **runtime}, "a report whose certificates are in the folder"),
                         ({"Report": base64.b64encode(files["request.json"]).decode(), **runtime}, "base64")]
                if "hcl.bin" in files:  # the legacy form: the vTPM's blob as it is
                    forms.append(({"report": b64u(files["hcl.bin"])}, "hcl.bin"))
                answers = []
                for request, form in forms:
                    status, answer = s.attest("SevSnpVm", request)
                    assert status == 200, (name, form, answer)
                    answers.append({k: v for k, v in claims_of(answer["token"]).items() if k not in OWN_VALUE})
                # whichever form: the same claims, the blob's runtime data among them
                assert all(a == answers[0] for a in answers), answers
                assert answers[0]["x-ms-runtime"] == json.loads(files["runtime.bin"]), answers[0]


@tap.case()
def appraise_takes_certificates_in_any_form_and_order():
    report = vectors("snp-virtee", "report_milan.bin")
    leaf = vectors("snp-virtee", "report_milan.leaf.der")
    chain = vectors("snp-virtee", "cert_chain_milan")
    for certs in ((leaf, chain), (chain, leaf), (leaf,)):
        status, r, err = appraise(report, *certs)
        assert status == 0 and r["verdict"] == "verified", (certs, r, err)
        assert r["claims"]["x-ms-sevsnpvm-chip-family"] == "Milan"
        assert all(c["result"] in ("passed", "not applicable") for c in r["checks"]), r["checks"]


@tap.case()
def appraise_takes_the_container_host_s_json():
    status, r, _ = appraise(vectors("snp-ms-aci", "snp_report.bin"),
                            vectors("snp-ms-aci", "uvm_host_amd_certificate.json"))
    assert status == 0, r
    # in base 64, as a container's security context has it: this one, and another host's
    with tempfile.NamedTemporaryFile() as f:
        f.write(base64.b64encode(read("snp-ms-aci", "uvm_host_amd_certificate.json")))
        f.flush()
        status, r, _ = appraise(vectors("snp-ms-aci", "snp_report.bin"), f.name)
        assert status == 0, r
    status, r, _ = appraise(vectors("snp-ms-aci", "snp_report.bin"), vectors("snp-ms-aci", "host-amd-cert-base64"))
    assert status == 1 and r["error"]["code"] == "snp_chip_id", r["error"]


@tap.case()
def appraise_takes_the_service_s_request_form():
    with tempfile.NamedTemporaryFile() as f:
        f.write(base64.urlsafe_b64decode(golden()["report"] + "=="))
        f.flush()
        status, r, _ = appraise(f.name)
    assert status == 0, r


@tap.case()
def appraise_finds_certificates_in_the_collateral_folder():
    report = vectors("snp-virtee", "report_milan.bin")
    with tempfile.TemporaryDirectory() as folder:
        status, r, _ = appraise(report, args=("--collateral", folder))
        assert status == 2 and r["error"]["code"] == "snp_cert_absent", r
        with open(os.path.join(folder, "vcek.der"), "wb") as f:
            f.write(read("snp-virtee", "report_milan.leaf.der"))
        status, r, _ = appraise(report, args=("--collateral", folder))
        assert status == 0, r


@tap.case()
def appraise_refuses_another_machine_s_certificate():
    status, r, _ = appraise(vectors("snp-virtee", "report_milan.bin"),
                            vectors("snp-google", "attestation.leaf.der"))
    assert status == 1 and r["verdict"] == "refused", r
    assert r["error"]["code"] == "snp_tcb" and r["error"]["check"] == "reported_tcb", r["error"]


@tap.case()
def appraise_takes_at_most_sixteen_files_of_certificates():
    leaf = vectors("snp-virtee", "report_milan.leaf.der")
    status, r, err = appraise(vectors("snp-virtee", "report_milan.bin"), *[leaf] * 17)
    assert status == 64 and r is None and "at most 16 files" in err, err


@tap.case()
def a_trust_anchor_s_key_tells_its_maker():
    report, leaf = vectors("snp-virtee", "report_milan.bin"), vectors("snp-virtee", "report_milan.leaf.der")
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key.pem")
        for algorithm, status in ((("EC", "ec_paramgen_curve:P-256"), 0), (("RSA", "rsa_keygen_bits:4096"), 0),
                                  (("EC", "ec_paramgen_curve:P-384"), 0), (("RSA", "rsa_keygen_bits:2048"), 0),
                                  (("RSA", "rsa_keygen_bits:1024"), 64)):
            secret = subprocess.run(["openssl", "genpkey", "-algorithm", algorithm[0], "-pkeyopt", algorithm[1]],
                                    capture_output=True, check=True).stdout
            public = subprocess.run(["openssl", "pkey", "-pubout"], input=secret, capture_output=True,
                                    check=True).stdout
            with open(key, "wb") as f:
                f.write(public)
            got, r, err = appraise(report, leaf, args=("--trust-anchor", key))
            assert got == status, (algorithm, r, err)


tap.run()
