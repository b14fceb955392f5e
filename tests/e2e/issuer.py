"""An OpenID Connect issuer that the tests own: RSA in plain Python, tokens of any
kind, and answers as bad as an issuer's can be. Standard library only."""
import base64
import hashlib
import hmac
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AUDIENCE = "https://attest.azure.net"
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2, note 1


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    return b64u(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def is_prime(n, rounds=16):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(rounds):
        x = pow(random.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime():
    while True:
        n = random.getrandbits(1024) | 3 << 1022 | 1
        if n % 65537 != 1 and is_prime(n):
            return n


class Key:
    """An RSA key of 2048 bits, for tests alone."""

    def __init__(self, kid):
        p, q = prime(), prime()
        self.kid, self.n, self.e = kid, p * q, 65537
        self.d = pow(self.e, -1, (p - 1) * (q - 1))

    def sign(self, message):
        digest = SHA256_PREFIX + hashlib.sha256(message).digest()
        block = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(256, "big")

    def jwk(self, **more):
        return {"kty": "RSA", "kid": self.kid, "n": number(self.n), "e": number(self.e), "use": "sig", **more}


def token(key, claims, alg="RS256", secret=b"", **header):
    """A compact JWS; `alg` is what the header says, and what is done where it can be."""
    head = {"alg": alg, "typ": "JWT", "kid": key.kid, **header}
    text = b64u(json.dumps(head).encode()) + "." + b64u(json.dumps(claims).encode())
    if alg == "none":
        return text + "."
    if alg.startswith("HS"):
        return text + "." + b64u(hmac.new(secret, text.encode(), hashlib.sha256).digest())
    return text + "." + b64u(key.sign(text.encode()))


class Issuer:
    """Issuers on one loopback port, each a path of it. `pages` maps a path to a
    function of the handler, to bytes, or to what json.dumps takes."""

    def __init__(self, port=0):
        self.pages, self.asked = {}, []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                page = issuer.pages.get(self.path)
                if callable(page):
                    page = page(self)
                    if page is None:
                        return
                body = page if isinstance(page, bytes) else json.dumps(page).encode()
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.root = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name, *keys, **changes):
        """A well-behaved issuer at /name; `changes` to its discovery document. Its URL."""
        url = f"{self.root}/{name}"
        self.pages[f"/{name}/keys"] = {"keys": [k.jwk() for k in keys]}
        self.pages[f"/{name}/.well-known/openid-configuration"] = {"issuer": url, "jwks_uri": url + "/keys", **changes}
        return url

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def claims(issuer, roles=(), aud=AUDIENCE, life=600, **more):
    now = int(time.time())
    return {"iss": issuer, "sub": "ada", "aud": aud, "iat": now, "nbf": now, "exp": now + life, "roles": list(roles),
            **more}
