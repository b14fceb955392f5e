"""Starting a program that prints "ready: ..." and talking raw HTTP to it.

Ports are free ones, on loopback; every wait is for an event, under a limit
that is far above what the event takes.
"""
import json
import os
import socket
import ssl
import subprocess
import threading
from signal import SIGTERM

PATIENCE = 30  # seconds until a test is called hung


class Service:
    """A process that is ready when it says so; log is its standard error."""

    def __init__(self, *command, preload=None):
        env = {**os.environ, "LD_PRELOAD": preload} if preload else None
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env,
                                        stderr=subprocess.PIPE, text=True)
        self.log = []
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        self.line = self.process.stdout.readline().strip()
        if self.line.startswith("management token: "):
            self.line = self.process.stdout.readline().strip()
        if not self.line.startswith("ready: "):
            self.process.wait(PATIENCE)
            self.reader.join(PATIENCE)
            raise AssertionError(f"not ready: {self.line!r} {self.log}")
        self.ready = self.line[len("ready: "):]

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=SIGTERM):
        """End it; (exit code, rest of standard output). The log is whole then."""
        if self.process.poll() is None:
            self.signal(number)
        if not self.process.stdout.closed:
            self.rest = self.process.stdout.read()
            self.process.wait(PATIENCE)
            self.reader.join(PATIENCE)
            self.process.stdout.close()
            self.process.stderr.close()
        return self.process.returncode, self.rest

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.stop()

    def records(self, event):
        return [r for r in map(json.loads, self.log) if r["event"] == event]

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Answer:
    def __init__(self, status, headers, body, interim):
        self.status, self.headers, self.body = status, headers, body
        self.interim = interim  # status of 1xx answers before it

    def json(self):
        return json.loads(self.body)

    def code(self):
        return self.json()["error"]["innererror"]["code"]


class Closed(Exception):
    """The peer ended the connection where an answer was expected."""


class Connection:
    """One connection; bytes go out as they are given."""

    def __init__(self, port, tls=None, small_buffer=False):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        if small_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.connect(("127.0.0.1", port))
        if tls:
            self.sock = tls.wrap_socket(self.sock)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        """Send all; False when the peer would take no more."""
        try:
            self.sock.sendall(data.encode() if isinstance(data, str) else data)
            return True
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            return False

    def _more(self):
        try:
            got = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            got = b""
        if not got:
            raise Closed(self.buffer)
        self.buffer += got

    def _head(self):
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        return int(lines[0].split()[1]), headers

    def answer(self, head_only=False):
        """The next answer, whole."""
        interim = []
        status, headers = self._head()
        while status < 200:
            interim.append(status)
            status, headers = self._head()
        length = int(headers.get("content-length", "0"))
        if head_only or status == 204:
            length = 0
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(status, headers, body, interim)

    def ask(self, data):
        self.send(data)
        return self.answer()

    def is_closed(self):
        """Wait for the peer's end; False when bytes come instead."""
        if self.buffer:
            return False
        try:
            self._more()
        except Closed:
            return True
        return False


def get(path="/small", more="", host="x"):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"


def post(path, body, more=""):
    body = body.encode() if isinstance(body, str) else body
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"{more}\r\n").encode() + body


def chunked(path, *chunks, more=""):
    out = (f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
           f"{more}\r\n").encode()
    for c in chunks:
        c = c.encode() if isinstance(c, str) else c
        out += b"%x\r\n" % len(c) + c + b"\r\n"
    return out + b"0\r\n\r\n"


def tls_context():
    """TLS without judging the certificate: tests of our own service alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
