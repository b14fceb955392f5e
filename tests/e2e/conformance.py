"""The unmodified Azure client and three JWT libraries against a running avowd.

Runs ../shared/conformance/azure-js with forged and with real evidence over TLS.
Its TAP is passed on, one case a line. Skips with a word where npm, the registry
or the folder is absent.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from avowtest import BUILD, SOURCE, Service, forge

SUITE = os.path.join(SOURCE, "..", "shared", "conformance", "azure-js")
# What this version serves; the policy and TPM cases need endpoints that it refuses.
ONLY = r"^(metadata|sgx|oe|jose|jsonwebtoken)"


def skip(why):
    print(f"1..1\nok 1 - azure-js conformance # SKIP {why}")
    sys.exit(0)


def install():
    """A copy of the suite with its packages, kept in the build folder."""
    if not os.path.isdir(SUITE):
        skip("the conformance suite is not here")
    if not shutil.which("npm"):
        skip("npm is not installed")
    home = os.path.join(BUILD, "azure-js")
    os.makedirs(home, exist_ok=True)
    for name in ("maa-js-conformance.mjs", "package.json", "package-lock.json"):
        shutil.copy(os.path.join(SUITE, name), home)
    if not os.path.isdir(os.path.join(home, "node_modules", "@azure", "attestation")):
        p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=home,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        if p.returncode:
            print("# " + p.stdout.decode("utf-8", "replace").strip().replace("\n", "\n# ")[-2000:])
            skip("npm ci failed; is the registry reachable?")
    return home


def certificate(folder):
    cert, key = os.path.join(folder, "tls.pem"), os.path.join(folder, "tls.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key


def run_suite(home, label, url, ca, flags, n):
    """Pass the suite's cases on, numbered from n; (next number, failed)."""
    p = subprocess.run(["node", "maa-js-conformance.mjs", "--url", url, "--ca", ca, "--only", ONLY, *flags],
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


def main():
    home = install()
    folder = tempfile.mkdtemp(prefix="avow-conformance-")
    try:
        cert, key = certificate(folder)
        sim = forge(os.path.join(folder, "sim"))
        with Service("--collateral", os.path.join(sim, "collateral"), "--trust-anchor", os.path.join(sim, "root.pem"),
                     "--tls-cert", cert, "--tls-key", key) as s:
            url = s.url.replace("127.0.0.1", "localhost") if "localhost" in s.url else s.url
            n, failed = run_suite(home, "forged", url, cert, [
                "--quote", os.path.join(sim, "quote.bin"), "--oe-report", os.path.join(sim, "report.bin"),
                "--runtime", os.path.join(sim, "runtime.bin")], 1)
        print(f"1..{n - 1}")
        sys.exit(1 if failed else 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
