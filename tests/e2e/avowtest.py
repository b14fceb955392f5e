"""What end-to-end tests share: TAP, a running avowd, and plain HTTP to it.

Standard library only. Ports are chosen by the system, everything is on
loopback, and nothing waits by sleeping a fixed time for an event.
"""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

BUILD = os.environ.get("AVOW_BUILD", "build")
VECTORS = os.environ.get("AVOW_VECTORS", "")
SOURCE = os.environ.get("AVOW_SOURCE", ".")
AVOW = os.path.join(BUILD, "src/cli/avow")
AVOWD = os.path.join(BUILD, "src/daemon/avowd")


class Skip(Exception):
    """The machine lacks what this case needs."""


class Tap:
    """Cases are functions; each is ok, not ok, or skipped with a word."""

    def __init__(self):
        self.cases = []

    def case(self, name=None):
        def add(fn):
            self.cases.append((name or fn.__name__.replace("_", " "), fn))
            return fn
        return add

    def run(self):
        print(f"1..{len(self.cases)}", flush=True)
        failed = 0
        for n, (name, fn) in enumerate(self.cases, 1):
            try:
                fn()
                print(f"ok {n} - {name}", flush=True)
            except Skip as e:
                print(f"ok {n} - {name} # SKIP {e}", flush=True)
            except Exception:  # every failure is one "not ok"
                failed += 1
                print(f"not ok {n} - {name}", flush=True)
                for line in traceback.format_exc().splitlines():
                    print(f"# {line}")
        sys.stdout.flush()
        sys.exit(1 if failed else 0)


def vectors(*parts):
    path = os.path.join(VECTORS, *parts)
    if not VECTORS or not os.path.exists(path):
        raise Skip("the real vectors are not here")
    return path


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims_of(token):
    return json.loads(unb64u(token.split(".")[1]))


def header_of(token):
    return json.loads(unb64u(token.split(".")[0]))


def unsigned(text):
    """The JWT of a policy that nobody has signed."""
    payload = json.dumps({"AttestationPolicy": b64u(text.encode())}, separators=(",", ":")).encode()
    return b64u(b'{"alg":"none"}') + "." + b64u(payload) + "."


def avow(*args, stdin=None):
    """Run avow; (exit status, stdout, stderr)."""
    p = subprocess.run([AVOW, *args], input=stdin, capture_output=True, timeout=600)
    return p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")


def code_of(err):
    """The stable code of a refusal that avow printed; else all of it."""
    return next((line.split()[1] for line in err.splitlines() if line.startswith("  code ")), err)


def forge(directory, *args):
    status, out, err = avow("forge", "sgx", "--out", directory, *args)
    assert status == 0, (status, out, err)
    return directory


def wait_for(probe, seconds=60):
    """What probe gives once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = probe()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


class Service:
    """avowd on a free loopback port, in a data directory of its own."""

    def __init__(self, *args, data=None, listen="127.0.0.1:0"):
        self.own = data is None
        self.data = data or tempfile.mkdtemp(prefix="avow-e2e-")
        self.log = tempfile.TemporaryFile()
        # a certificate that it was given is one that its callers trust
        self.ca = args[args.index("--tls-cert") + 1] if "--tls-cert" in args else None
        self.process = subprocess.Popen(
            [AVOWD, "--data", os.path.join(self.data, "data"), "--listen", listen, *args],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        self.first_lines = []
        self.url = None
        for line in self.process.stdout:
            line = line.decode()
            self.first_lines.append(line)
            m = re.match(r"ready: (\S+)", line)
            if m:
                self.url = m.group(1)
                break
        if not self.url:
            self.process.wait()
            raise AssertionError("avowd did not become ready: " + self.logs())

    @property
    def token(self):
        """The management token that it told at first start."""
        for line in self.first_lines:
            m = re.match(r"management token: (\S+)$", line)
            if m:
                return m.group(1)
        raise AssertionError(f"no management token in {self.first_lines}")

    def manage(self, method, path, body=None, version="2022-08-01"):
        """As request, with the management token; the answer is parsed."""
        status, headers, text = self.request(method, f"{path}?api-version={version}", body,
                                             {"Authorization": "Bearer " + self.token})
        return status, headers, json.loads(text)

    def set_policy(self, kind, text):
        """By the operator."""
        status, _, answer = self.request("PUT", f"/policies/{kind}?api-version=2022-08-01", unsigned(text),
                                         {"Authorization": "Bearer " + self.token, "Content-Type": "text/plain"})
        assert status == 200, answer

    def make_provider(self, name, certs=(), settings=None, url=None):
        """Put a provider into the store as another process would; its URL.

        It is isolated when it has certificates (DER).
        """
        url = url or f"{self.url}/providers/{name}"
        db = sqlite3.connect(os.path.join(self.data, "data", "avow.db"), timeout=30)
        try:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute(
                "INSERT INTO provider (name, url, trust_model, settings, created_s, updated_s, change) VALUES"
                " (?, ?, ?, ?, 1, 1, (SELECT value FROM generation) + 1)",
                (name, url, "Isolated" if certs else "AAD", json.dumps(settings or {}))).lastrowid
            for der in certs:
                db.execute("INSERT INTO policy_certificate (provider, sha256, thumbprint, der, added_s, added_by)"
                           " VALUES (?, ?, ?, ?, 1, 'test')",
                           (row, hashlib.sha256(der).digest(), hashlib.sha1(der).hexdigest().upper(), der))
            db.execute("UPDATE generation SET value = value + 1")
            db.commit()
        finally:
            db.close()
        return url

    def logs(self, until=""):
        """All so far; a record is written behind its answer, so say what to wait for."""
        end = time.monotonic() + 20
        while True:
            # pread: avowd writes at the offset that this descriptor shares
            text = os.pread(self.log.fileno(), 1 << 26, 0).decode("utf-8", "replace")
            if until in text or time.monotonic() > end:
                return text
            time.sleep(0.01)

    def request(self, method, path, body=None, headers=None, timeout=60):
        """(status, headers, body bytes)."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        elif isinstance(body, str):
            body = body.encode()
        r = urllib.request.Request(self.url + path, data=body, method=method,
                                   headers={"Content-Type": "application/json", **(headers or {})})
        context = ssl.create_default_context(cafile=self.ca) if self.url.startswith("https") else None
        try:
            with urllib.request.urlopen(r, timeout=timeout, context=context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.headers, e.read()

    def attest(self, kind, body, version="2022-08-01"):
        """(status, parsed answer)."""
        status, _, text = self.request("POST", f"/attest/{kind}?api-version={version}", body)
        return status, json.loads(text)

    def stop(self, how=signal.SIGTERM):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        if self.own:
            shutil.rmtree(self.data, ignore_errors=True)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
