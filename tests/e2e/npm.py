"""Packages of npm for a test, from its lock file, kept in the build folder; and a
TLS certificate that node is told to trust."""
import filecmp
import os
import shutil
import subprocess

from avowtest import BUILD, Skip


def install(source, home, *files):
    """Copy the files of a folder to build/<home> and run npm ci there; the folder."""
    if not os.path.isdir(source):
        raise Skip("the suite is not here")
    if not shutil.which("npm"):
        raise Skip("npm is not installed")
    home = os.path.join(BUILD, home)
    os.makedirs(home, exist_ok=True)
    lock, kept = os.path.join(source, "package-lock.json"), os.path.join(home, "node_modules", ".lock-of-avow")
    for name in (*files, "package.json", "package-lock.json"):
        shutil.copy(os.path.join(source, name), home)
    if not os.path.isfile(kept) or not filecmp.cmp(lock, kept, shallow=False):
        p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=home,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        if p.returncode:
            print("# " + p.stdout.decode("utf-8", "replace").strip().replace("\n", "\n# ")[-2000:])
            raise Skip("npm ci failed; is the registry reachable?")
        shutil.copy(lock, kept)
    return home


def certificate(folder):
    """(certificate, key) for localhost and 127.0.0.1."""
    cert, key = os.path.join(folder, "tls.pem"), os.path.join(folder, "tls.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key
