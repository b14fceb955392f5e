"""A PCS, PCCS and KDS for tests: serves the collateral of `avow forge`, and can be
slow, wrong, rate-limited, stale and malicious. Loopback, plain HTTP, free port.

Every request is recorded. What is done to a request is decided by `behave`, the
first match counts:
    sources.behave("/sgx/certification/v4/tcb", sources.status(429, {"Retry-After": "60"}))
"""
import http.server
import os
import socket
import threading
import urllib.parse


class Answer:
    def __init__(self, body=b"", headers=None, status=200, length=None):
        self.body, self.headers, self.status, self.length = body, headers or {}, status, length


def read(*parts):
    with open(os.path.join(*parts), "rb") as f:
        return f.read()


class Sources:
    """A server over the folders that `avow forge sgx` and `avow forge snp` made."""

    def __init__(self, sgx=None, snp=None):
        self.sgx, self.snp = sgx, snp
        self.lock = threading.Lock()
        self.asked = []
        self.rules = []
        self.gate = threading.Event()
        self.gate.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.serve(self)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # --- what was asked

    def counts(self):
        """{path with query: how often}."""
        with self.lock:
            paths = list(self.asked)
        return {p: paths.count(p) for p in paths}

    def count(self, part):
        with self.lock:
            return sum(part in p for p in self.asked)

    # --- how it behaves

    def behave(self, part, act):
        """act(good answer) -> answer, for every path that contains part."""
        with self.lock:
            self.rules.insert(0, (part, act))

    def behave_well(self):
        with self.lock:
            self.rules = []

    @staticmethod
    def status(code, headers=None):
        return lambda good: Answer(b"no", headers, code)

    @staticmethod
    def redirect(to):
        return lambda good: Answer(b"", {"Location": to}, 302)

    @staticmethod
    def huge(size):
        return lambda good: Answer(b"{" + b" " * size, good.headers)

    @staticmethod
    def truncated():
        return lambda good: Answer(good.body[:len(good.body) // 2], good.headers, length=len(good.body))

    @staticmethod
    def instead(body):
        return lambda good: Answer(body, good.headers)

    @staticmethod
    def flipped(at=-20):
        """One bit of the body is another."""
        def act(good):
            body = bytearray(good.body)
            body[at] ^= 1
            return Answer(bytes(body), good.headers)
        return act

    @staticmethod
    def as_hex():
        """As PCCS serves CRLs: hex text, under another type's name."""
        return lambda good: Answer(good.body.hex().encode(),
                                   {**good.headers, "Content-Type": "application/x-pem-file"})

    @staticmethod
    def typed(content_type):
        return lambda good: Answer(good.body, {**good.headers, "Content-Type": content_type})

    @staticmethod
    def without_chain():
        return lambda good: Answer(good.body)

    # --- serving

    def good(self, path, query):
        c = os.path.join(self.sgx, "collateral") if self.sgx else None
        if c and path == "/sgx/certification/v4/tcb":
            return self.signed(read(c, "tcbinfo.json"), "TCB-Info-Issuer-Chain", c)
        if c and path == "/sgx/certification/v4/qe/identity":
            return self.signed(read(c, "qe_identity.json"), "SGX-Enclave-Identity-Issuer-Chain", c)
        if c and path == "/sgx/certification/v4/pckcrl":
            chain = urllib.parse.quote(read(c, "pck_ca_chain.pem").decode())
            return Answer(read(c, "pck_crl.der"), {"SGX-PCK-CRL-Issuer-Chain": chain})
        if c and path == "/sgx/certification/v4/rootcacrl":
            return Answer(read(c, "root_crl.der").hex().encode())
        if self.snp and path == "/vcek/v1/Milan/cert_chain":
            return Answer(read(self.snp, "cert_chain.pem"))
        if self.snp and path == "/vcek/v1/Milan/crl":
            return Answer(read(self.snp, "collateral", "ark_crl.der"))
        if self.snp and path.startswith("/vcek/v1/Milan/") and "blSPL" in query:
            return Answer(read(self.snp, "vek.der"))
        return Answer(b"not here", status=404)

    @staticmethod
    def signed(body, header, c):
        return Answer(body, {header: urllib.parse.quote(read(c, "tcb_signing_chain.pem").decode())})

    def serve(self, handler):
        with self.lock:
            self.asked.append(handler.path)
            rules = list(self.rules)
        self.gate.wait(60)
        parts = urllib.parse.urlsplit(handler.path)
        answer = self.good(parts.path, parts.query)
        for part, act in rules:
            if part in handler.path:
                answer = act(answer)
                break
        try:
            handler.send_response(answer.status)
            for name, value in answer.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError, socket.timeout):
            pass  # the client refused the rest
