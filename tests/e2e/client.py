"""libavow and net/ over loopback: a server that lies, stalls, floods and
redirects, with TLS and without. usage: client.py client_app example_verify
"""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

import avowtest

APP = sys.argv[1]
WORK = tempfile.mkdtemp(prefix="avow-client-")
tap = avowtest.Tap()
STALL = threading.Event()  # set at the end, so that stalled handlers leave


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from server.routes: path -> function(handler)."""

    def do_GET(self):
        self.server.seen.append(self.path)
        route = self.server.routes.get(self.path.split("?")[0])
        if route:
            route(self)
        else:
            self.answer(404, b"{}")

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls=None, host="127.0.0.1"):
        super().__init__((host, 0), Handler)
        self.routes, self.seen = {}, []
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server_address[1]}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        pass  # clients that hang up are what is tested


def run(*args):
    p = subprocess.run([APP, *[str(a) for a in args]], capture_output=True, timeout=60,
                       env={**os.environ, "http_proxy": "http://127.0.0.1:1",
                            "https_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"})
    assert p.returncode == 0, (args, p.stderr)
    return dict(line.split("=", 1) for line in p.stdout.decode().splitlines())


def expect(answer, /, **want):
    for k, v in want.items():
        assert answer[k] == str(v), (k, v, answer)


def path(name):
    return os.path.join(WORK, name)


plain = Server()
subprocess.run([APP, "pki", WORK, plain.url], check=True)
tls = Server(path("server.pem"))
JWKS = open(path("jwks.json"), "rb").read()


def fetch(url, limit=1000, timeout=5000, http_ok=1, *more):
    return run("fetch", url, limit, timeout, http_ok, *more)


# --- net ---------------------------------------------------------------------------


@tap.case()
def reads_status_body_and_named_headers():
    plain.routes["/ok"] = lambda h: h.answer(200, b"hello", [("X-One", "1"), ("X-ONE", " 2 ")])
    expect(fetch(plain.url + "/ok"), code="ok", status=200, body=5, one="2", location="")


@tap.case()
def an_error_status_is_an_answer():
    expect(fetch(plain.url + "/nothing"), code="ok", status=404, body=2)


@tap.case()
def follows_no_redirect():
    plain.routes["/there"] = lambda h: h.answer(302, b"", [("Location", "/ok")])
    before = len(plain.seen)
    expect(fetch(plain.url + "/there"), code="ok", status=302, location="/ok")
    assert plain.seen[before:] == ["/there"]


@tap.case()
def stops_at_the_size_limit():
    plain.routes["/big"] = lambda h: h.answer(200, b"x" * 1001)
    expect(fetch(plain.url + "/big"), code="too_large", status=0, body=0)
    expect(fetch(plain.url + "/big", 1001), code="ok", body=1001)


@tap.case()
def stops_an_endless_answer():
    def endless(h):
        h.send_response(200)
        h.end_headers()
        while not STALL.is_set():
            h.wfile.write(b"y" * 65536)
    plain.routes["/endless"] = endless
    expect(fetch(plain.url + "/endless", 100000), code="too_large")


@tap.case()
def stops_endless_headers():
    def headers(h):
        h.send_response(200)
        for i in range(3000):
            h.send_header(f"X-{i}", "z" * 100)
        h.end_headers()
    plain.routes["/headers"] = headers
    expect(fetch(plain.url + "/headers"), code="too_large")


@tap.case()
def gives_up_at_the_deadline():
    plain.routes["/stall"] = lambda h: STALL.wait(30)
    expect(fetch(plain.url + "/stall", 1000, 300), code="net_timeout", status=0)


@tap.case()
def an_answer_cut_short_is_no_answer():
    def short(h):
        h.send_response(200)
        h.send_header("Content-Length", "100")
        h.end_headers()
        h.wfile.write(b"only this")
    plain.routes["/short"] = short
    expect(fetch(plain.url + "/short"), code="net_connect", body=0)


@tap.case()
def nobody_listening_is_net_connect():
    gone = Server()
    gone.shutdown()
    gone.server_close()
    expect(fetch(gone.url), code="net_connect")


@tap.case()
def decompresses_nothing():
    plain.routes["/gzip"] = lambda h: h.answer(200, b"\x1f\x8b" + b"\0" * 20, [("Content-Encoding", "gzip")])
    expect(fetch(plain.url + "/gzip"), code="ok", body=22)


@tap.case()
def takes_http_only_where_it_is_allowed():
    expect(fetch(plain.url + "/ok", 1000, 5000, 0), code="net_url")
    for url in ("file:///etc/passwd", "ftp://127.0.0.1/x", "https://u:p@127.0.0.1/", "127.0.0.1/ok"):
        expect(fetch(url), code="net_url")


@tap.case()
def verifies_tls_against_the_named_roots_only():
    tls.routes["/ok"] = lambda h: h.answer(200, b"hello")
    expect(fetch(tls.url + "/ok", 1000, 5000, 0, path("ca.pem")), code="ok", status=200)
    expect(fetch(tls.url + "/ok", 1000, 5000, 0), code="net_tls", status=0)
    expect(fetch(tls.url + "/ok", 1000, 5000, 0, path("other-ca.pem")), code="net_tls")
    expect(fetch(tls.url + "/ok", 1000, 5000, 0, path("absent.pem")), code="net_tls")


@tap.case()
def verifies_the_name_in_the_certificate():
    port = tls.server_address[1]
    expect(fetch(f"https://localhost:{port}/ok", 1000, 5000, 0, path("ca.pem")), code="ok")
    other = Server(path("server.pem"), "127.0.0.2")
    expect(fetch(other.url + "/ok", 1000, 5000, 0, path("ca.pem")), code="net_tls", status=0)
    assert other.seen == []


@tap.case()
def uses_a_proxy_only_when_told():
    proxy = Server()
    proxy.routes["http://attest.example/x"] = lambda h: h.answer(200, b"by proxy")
    expect(fetch("http://attest.example/x", 1000, 5000, 1, "", proxy.url), code="ok", body=8)
    assert proxy.seen == ["http://attest.example/x"], proxy.seen


@tap.case()
def sends_extra_headers_and_no_second_line():
    got = []
    plain.routes["/extra"] = lambda h: (got.append(h.headers["X-Key"]), h.answer(200, b""))
    expect(fetch(plain.url + "/extra", 1000, 5000, 1, "", "", "X-Key: value"), code="ok")
    assert got == ["value"], got
    before = len(plain.seen)
    for line in ("X-Key: v\r\nHost: evil.example", "X-Key: v\nX: y", "X-Key: v\rX: y"):
        expect(fetch(plain.url + "/extra", 1000, 5000, 1, "", "", line), code="usage")
    assert len(plain.seen) == before


# --- verify ---------------------------------------------------------------------------

METADATA = "/.well-known/openid-configuration"


def serve_issuer(server, **changes):
    document = {"issuer": server.url, "jwks_uri": server.url + "/certs", **changes}
    document = {k: v for k, v in document.items() if v is not None}
    server.routes[METADATA] = lambda h: h.answer(200, json.dumps(document).encode())
    server.routes["/certs"] = lambda h: h.answer(200, JWKS)


def verify(issuer=None, *more):
    return run("verify", path("token"), issuer or plain.url, 3000, *more)


@tap.case()
def verifies_a_token_by_discovery():
    serve_issuer(plain)
    got = verify()
    expect(got, verdict=0, code="")
    assert json.loads(got["claims"])["iss"] == plain.url
    expect(verify(plain.url + "/"), verdict=0)


@tap.case("the example of docs/examples verifies and refuses")
def example():
    serve_issuer(plain)

    def of(token):
        p = subprocess.run([sys.argv[2], plain.url], input=token, capture_output=True, timeout=60)
        return p.returncode, p.stdout, p.stderr
    token = open(path("token"), "rb").read()
    status, out, err = of(token)
    assert (status, err) == (0, b"") and json.loads(out)["iss"] == plain.url, (status, out, err)
    status, out, err = of(token[:-8] + b"AAAAAAAA")
    assert (status, out) == (1, b"") and err.startswith(b"refused: token_signature: "), (status, out, err)


@tap.case("bug 31: keys come from the issuer's own origin only")
def keys_elsewhere():
    other = Server()
    other.routes["/certs"] = lambda h: h.answer(200, JWKS)
    serve_issuer(plain, jwks_uri=other.url + "/certs")
    expect(verify(), verdict=2, code="issuer_metadata", field="jwks_uri")
    assert other.seen == []
    serve_issuer(plain, jwks_uri=plain.url.replace("http:", "https:") + "/certs")
    expect(verify(), verdict=2, code="issuer_metadata", field="jwks_uri")
    serve_issuer(plain, jwks_uri="/certs")
    expect(verify(), verdict=2, code="issuer_metadata", field="jwks_uri")


@tap.case()
def metadata_must_be_the_issuer_s():
    serve_issuer(plain, issuer="http://127.0.0.1:1")
    expect(verify(), verdict=2, code="issuer_metadata", field="issuer")
    serve_issuer(plain, jwks_uri=None)
    expect(verify(), verdict=2, code="issuer_metadata", field="metadata")
    plain.routes[METADATA] = lambda h: h.answer(200, b"<html>")
    expect(verify(), verdict=2, code="issuer_metadata", field="metadata")


@tap.case("an outage is undecided, never a bad token")
def outage():
    serve_issuer(plain)
    plain.routes[METADATA] = lambda h: h.answer(503, b"{}")
    expect(verify(), verdict=2, code="net_status", expected=200, got=503)
    serve_issuer(plain)
    plain.routes["/certs"] = lambda h: STALL.wait(30)
    expect(run("verify", path("token"), plain.url, 300), verdict=2, code="net_timeout")
    plain.routes["/certs"] = lambda h: h.answer(200, b" " * (1 << 20) + JWKS)
    expect(verify(), verdict=2, code="too_large")
    plain.routes["/certs"] = lambda h: h.answer(302, b"", [("Location", "/jwks")])
    plain.routes["/jwks"] = lambda h: h.answer(200, JWKS)
    expect(verify(), verdict=2, code="net_status", got=302)
    plain.routes["/certs"] = lambda h: h.answer(200, b"{}")
    expect(verify(), verdict=2, code="issuer_metadata")


@tap.case()
def tls_of_the_issuer_is_verified():
    serve_issuer(tls)
    expect(verify(tls.url), verdict=2, code="net_tls")
    # the token's iss is the plain server's: everything up to that check held
    expect(verify(tls.url, path("ca.pem")), verdict=1, code="token_issuer")


@tap.case()
def plain_http_is_for_loopback_only():
    expect(verify("http://attest.example"), verdict=2, code="net_url")
    expect(verify("ftp://127.0.0.1"), verdict=2, code="usage")


# --- attest ------------------------------------------------------------------------------


def attest(kind="SgxEnclave", text="quote", nonce="n1", timeout=3000, server=None):
    return run("attest", server or plain.url, kind, text, nonce, timeout)


@tap.case()
def sends_the_contract_s_request():
    seen = {}

    def answer(h):
        seen.update(json.loads(h.body), path=h.path, type=h.headers["Content-Type"],
                    expect=h.headers["Expect"])
        h.answer(200, b'{"token":"a.b.c"}')
    for kind, member in (("SgxEnclave", "quote"), ("OpenEnclave", "report"), ("SevSnpVm", "report"),
                         ("TdxVm", "quote"), ("AzureGuest", "attestationInfo"), ("Tpm", "data")):
        plain.routes["/attest/" + kind] = answer
        seen.clear()
        expect(attest(kind), verdict=0, token="a.b.c", code="")
        assert seen == {member: avowtest.b64u(b"quote"), "nonce": "n1", "type": "application/json",
                        "runtimeData": {"data": "e30", "dataType": "JSON"}, "expect": None,
                        "path": f"/attest/{kind}?api-version=2025-06-01"}, seen


@tap.case()
def sends_what_goes_with_the_evidence():
    seen = {}

    def answer(h):
        seen.clear()
        seen.update(json.loads(h.body))
        h.answer(200, b'{"token":"a.b.c"}')

    def send(kind, evidence, uvm="", log=""):
        return run("attest", plain.url, kind, evidence, "n1", 3000, "", uvm, log)

    def report():
        return json.loads(avowtest.unb64u(seen["report"]))
    uvm = avowtest.b64u(json.dumps({"Uvm": [avowtest.b64u(b"cose")]}, separators=(",", ":")).encode())
    for kind in ("SevSnpVm", "TdxVm", "SgxEnclave"):
        plain.routes["/attest/" + kind] = answer
    expect(send("TdxVm", "quote", log="ccel"), verdict=0)
    assert seen["eventLog"] == avowtest.b64u(b"ccel") and seen["quote"] == avowtest.b64u(b"quote"), seen
    expect(send("SevSnpVm", "bytes", uvm="cose"), verdict=0)
    assert report() == {"SnpReport": avowtest.b64u(b"bytes"), "Endorsements": uvm}, report()
    whole = {"SnpReport": "AQ", "VcekCertChain": "Ag", "other": [1, {"a": "\u00e9"}]}
    expect(send("SevSnpVm", json.dumps(whole), uvm="cose"), verdict=0)
    assert report() == {**whole, "Endorsements": uvm}, report()
    # what cannot go together is told before anything is sent
    seen.clear()
    expect(send("SevSnpVm", json.dumps({**whole, "endorsements": "x"}), uvm="cose"), verdict=2, code="usage")
    expect(send("SevSnpVm", "[1]", uvm="cose"), verdict=0)  # not JSON's object: bytes
    seen.clear()
    expect(send("SevSnpVm", "{", uvm="cose"), verdict=2)
    expect(send("SevSnpVm", "HCLA", uvm="cose"), verdict=2, code="usage")
    expect(send("TdxVm", "quote", uvm="cose"), verdict=2, code="usage")
    expect(send("SevSnpVm", "bytes", log="ccel"), verdict=2, code="usage")
    expect(send("SgxEnclave", "quote", log="ccel"), verdict=2, code="usage")
    assert not seen, seen


@tap.case()
def sends_the_bearer_token():
    got = []
    plain.routes["/attest/Tpm"] = lambda h: (got.append(h.headers["Authorization"]), h.answer(200, b'{"data":"e30"}'))
    expect(run("attest", plain.url, "Tpm", "x", "n", 3000, "secret"), verdict=0)
    expect(attest("Tpm"), verdict=0)
    expect(run("attest", plain.url, "Tpm", "x", "n", 3000, "a\r\nX: y"), verdict=2, code="usage")
    assert got == ["Bearer secret", None], got


@tap.case()
def gives_the_data_of_tpm():
    plain.routes["/attest/Tpm"] = lambda h: h.answer(200, b'{"data":"e30"}')
    expect(attest("Tpm"), verdict=0, token="e30")


@tap.case()
def tells_the_service_s_own_reason():
    body = {"error": {"code": "InvalidParameter", "message": "outer", "innererror": {
        "code": "quote_version", "message": "inner", "field": "version", "expected": "3", "got": "9"}}}
    plain.routes["/attest/SgxEnclave"] = lambda h: h.answer(400, json.dumps(body).encode())
    expect(attest(), verdict=1, code="quote_version", message="inner: outer", field="version",
           expected="3", got="9", http=400, token="")
    body["error"]["innererror"]["message"] = "outer"  # said once
    del body["error"]["innererror"]["got"]  # and not the status in its place
    expect(attest(), verdict=1, code="quote_version", message="outer", got="", http=400)
    del body["error"]["innererror"]
    expect(attest(), verdict=1, code="InvalidParameter", message="outer", http=400)


@tap.case()
def what_is_no_refusal_is_undecided():
    for status in (429, 500, 503, 302):
        plain.routes["/attest/SgxEnclave"] = lambda h: h.answer(status, b"not JSON")
        expect(attest(), verdict=2, code="net_status", http=status)
    plain.routes["/attest/SgxEnclave"] = lambda h: h.answer(401, b"")
    expect(attest(), verdict=1, code="net_status", http=401)
    for body in (b"", b"{}", b"[]", b'{"token":1}', b'{"token":""}', b'{"token":"a\\u0000b"}', b"x" * (1 << 20)):
        plain.routes["/attest/SgxEnclave"] = lambda h: h.answer(200, body)
        expect(attest(), verdict=2, code="net_status", http=200, token="")
    plain.routes["/attest/SgxEnclave"] = lambda h: h.answer(200, b"x" * ((1 << 20) + 1))
    expect(attest(), verdict=2, code="too_large", http=0)


@tap.case()
def refuses_arguments_before_it_asks():
    before = len(plain.seen)
    expect(attest("SgxEnclave", ""), verdict=2, code="usage")
    expect(attest("sgx"), verdict=2, code="usage")
    expect(attest(server="attest.example"), verdict=2, code="usage")
    expect(attest(server="http://attest.example"), verdict=2, code="net_url")
    assert len(plain.seen) == before


try:
    tap.run()
finally:
    STALL.set()
    shutil.rmtree(WORK, ignore_errors=True)
