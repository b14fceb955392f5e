"""The unmodified Azure client and three JWT libraries against a running avowd.

Runs ../shared/conformance/azure-js with forged and with real evidence over TLS, and
once more with bearer tokens of a real issuer (oidc-provider) instead of the management
token, which is switched off then. Its TAP is passed on, one case a line. Skips with a
word where npm, the registry or the folder is absent.
"""
import ast
import glob
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

import npm
from avowtest import SOURCE, VECTORS, Service, Skip, forge, unb64u
from npm_issuer import NpmIssuer

SUITE = os.path.join(SOURCE, "..", "shared", "conformance", "azure-js")


def skip(why):
    print(f"1..1\nok 1 - azure-js conformance # SKIP {why}")
    sys.exit(0)


def run_suite(home, label, url, ca, flags, n):
    """Pass the suite's cases on, numbered from n; (next number, failed)."""
    p = subprocess.run(["node", "maa-js-conformance.mjs", "--url", url, "--ca", ca, *flags],
                       cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    failed = seen = 0
    for line in p.stdout.decode("utf-8", "replace").splitlines():
        m = re.match(r"(not )?ok \d+ - (.*)", line)
        if m:
            print(f"{m.group(1) or ''}ok {n} - {label}: {m.group(2)}")
            n, seen, failed = n + 1, seen + 1, failed + bool(m.group(1))
        elif not re.match(r"1\.\.|TAP version", line):
            print("# " + line)
    if not seen or (p.returncode and not failed):
        print(f"not ok {n} - {label}: the suite ended with status {p.returncode}")
        return n + 1, failed + 1
    return n, failed


def instances(service, folder, token=None, bad="A" * 43):
    """Flags for the read-only provider, for an isolated one, and for who asks."""
    token = token or service.token
    key, cert = os.path.join(folder, "iso.key"), os.path.join(folder, "iso.pem")
    if not os.path.exists(key):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=policy signer"], check=True, capture_output=True)
    with open(cert) as f:
        der = ssl.PEM_cert_to_DER_cert(f.read())
    return ["--shared-url", service.url + "/providers/shared",
            "--isolated-url", service.make_provider("isolated", [der]), "--iso-key", key, "--iso-cert", cert,
            "--token", token, "--bad-token", bad,
            *([] if has_tpm(service, token) else ["--no-tpm"])]


def has_tpm(service, token):
    """Asked until an issuer's keys have come, which a slow machine may take its time for."""
    end, status = time.monotonic() + 120, 503
    while status == 503 and time.monotonic() < end:
        status, _, _ = service.request("GET", "/policies/Tpm?api-version=2022-08-01",
                                       headers={"Authorization": "Bearer " + token})
    return status == 200


def forged(sim):
    """What a service is told, and what the suite sends it."""
    return (["--collateral", os.path.join(sim, "collateral"), "--trust-anchor", os.path.join(sim, "root.pem")],
            ["--quote", os.path.join(sim, "quote.bin"), "--oe-report", os.path.join(sim, "report.bin"),
             "--runtime", os.path.join(sim, "runtime.bin")])


def with_issuer(home, folder, sim, tls, n):
    """The suite with tokens of an issuer; the refused one is for another service."""
    try:
        issuer = NpmIssuer()
    except Skip as e:
        print(f"ok {n} - an issuer's tokens # SKIP {e}")
        return n + 1, 0
    access = issuer.access(os.path.join(folder, "access.json"),
                           ("all", ["attestation/read", "attestation/write", "attestation/delete", "attest"], ["*"]))
    service_args, suite_args = forged(sim)
    try:
        with Service(*service_args, *tls, "--access", access) as s:
            return run_suite(home, "an issuer's tokens", s.url, tls[1], [
                *suite_args, "--init", os.path.join(folder, "init.json"), *instances(
                    s, folder, issuer.token("all"), issuer.token("all", resource="https://vault.azure.net"))], n)
    finally:
        issuer.close()


def real_evidence(folder):
    """Quote, report and runtime data of a recorded exchange, and collateral for them."""
    source = os.path.join(VECTORS, "maa-azure-sdk-cpp")
    if not VECTORS or not os.path.isdir(source):
        return None
    out = {}
    for kind, member in (("SgxEnclave", "quote"), ("OpenEnclave", "report")):
        name = sorted(glob.glob(os.path.join(source, f"attest-AttestWithRuntimeDataJson-{kind}*.json")))[0]
        body = recorded(name)
        for what, text in ((member, body[member]), ("runtime", body["runtimeData"]["data"])):
            out[what] = os.path.join(folder, "real-" + what)
            with open(out[what], "wb") as f:
                f.write(unb64u(text))
    out["collateral"] = os.path.join(folder, "real-collateral")
    os.makedirs(out["collateral"])
    for pattern in ("collateral-intel/*.json", "collateral-intel/*.der", "anchors/intel-sgx-*.pem",
                    "sgxsnp-ms-ravl/*.json"):
        for f in glob.glob(os.path.join(VECTORS, pattern)):
            shutil.copy(f, out["collateral"])
    return out


def recorded(path):
    with open(path, encoding="utf-8") as f:
        request = json.load(f)["request"]
    return (ast.literal_eval(request) if isinstance(request, str) else request)["body"]


def main():
    try:
        home = npm.install(SUITE, "azure-js", "maa-js-conformance.mjs")
    except Skip as e:
        skip(e)
    folder = tempfile.mkdtemp(prefix="avow-conformance-")
    try:
        cert, key = npm.certificate(folder)
        init = os.path.join(folder, "init.json")
        with open(init, "w") as f:
            f.write('{"team":"blue"}')
        sim = forge(os.path.join(folder, "sim"), "--init-data", init)
        service_args, suite_args = forged(sim)
        tls = ["--tls-cert", cert, "--tls-key", key]
        with Service(*service_args, *tls) as s:
            n, failed = run_suite(home, "forged", s.url, cert, [*suite_args, "--init", init, *instances(s, folder)], 1)
        n, more = with_issuer(home, folder, sim, tls, n)
        failed += more
        real = real_evidence(folder)
        if real:
            # Its platform's documents are of 2022 and later: stale today.
            with Service("--collateral", real["collateral"], "--collateral-grace", "36500d", "--accept-tcb",
                         "UpToDate,SWHardeningNeeded,ConfigurationNeeded,ConfigurationAndSWHardeningNeeded,OutOfDate,"
                         "OutOfDateConfigurationNeeded", *tls) as s:
                n, more = run_suite(home, "real", s.url, cert, [
                    "--quote", real["quote"], "--oe-report", real["report"], "--runtime", real["runtime"],
                    "--skip", "init-time data",  # the recorded evidence holds none; the forged one does
                    *instances(s, folder)], n)
                failed += more
        print(f"1..{n - 1}")
        sys.exit(1 if failed else 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
