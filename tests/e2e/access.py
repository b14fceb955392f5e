"""Who may do what, over HTTP: bearer tokens of OpenID Connect issuers, good, bad and
hostile ones; roles at providers; and what a slow or dead issuer does to others."""
import base64
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time

from avowtest import AVOWD, Service, Skip, Tap, b64u, unsigned
from issuer import AUDIENCE, Issuer, Key, claims, token

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-access-")
V = "?api-version=2022-08-01"
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"
POLICY = "/policies/SgxEnclave"
GRANTS = [
    {"role": "reader", "actions": ["attestation/read", "attest"], "providers": ["default"]},
    {"role": "Attestation Contributor", "actions": ["attestation/read", "attestation/write", "attestation/delete"],
     "providers": ["*"]},
    {"role": "elsewhere", "actions": ["attestation/read", "attestation/write"], "providers": ["shared"]},
]
WRITER, READER = ["Attestation Contributor"], ["reader"]


def entry(url, **more):
    return {"issuer": url, "audiences": [AUDIENCE], "grants": GRANTS, **more}


def access_file(name, *issuers, **more):
    path = os.path.join(HOME, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"issuers": list(issuers), **more}, f)
    return path


class World:
    issuer = None

    @classmethod
    def get(cls):
        if cls.issuer is None:
            cls.issuer = Issuer()
            cls.key, cls.other = Key("one"), Key("two")
            cls.url = cls.issuer.add("good", cls.key)
            cls.stranger = cls.issuer.add("stranger", cls.key)
            cls.service = Service("--access", access_file("access.json", entry(cls.url, require={"tid": ["t-1"]})))
        return cls


def bearer(text):
    return {"Authorization": "Bearer " + text}


def good(roles, **more):
    w = World.get()
    return token(w.key, claims(w.url, roles, **{"tid": "t-1", **more}))


def ask(service, method, path, body=None, headers=None):
    """As request; on a slow machine keys may come later than a request waits for them."""
    end = time.monotonic() + 120
    while True:
        answer = service.request(method, path + V, body, headers)
        if answer[0] != 503 or b"issuer_pending" not in answer[2] or time.monotonic() > end:
            return answer
        assert int(answer[1]["Retry-After"]) > 0
        time.sleep(0.05)


def put(service, headers):
    return ask(service, "PUT", POLICY, unsigned(PERMIT), headers)


def get(service, path, headers):
    return ask(service, "GET", path, None, headers)


def refused(answer, status, code, challenge=None):
    got, headers, text = answer
    assert got == status, (got, text)
    assert json.loads(text)["error"]["innererror"]["code"] == code, text
    if challenge:
        assert headers["WWW-Authenticate"] == challenge, headers["WWW-Authenticate"]
    return json.loads(text)["error"]["innererror"]


@tap.case()
def a_role_may_what_it_is_granted_and_no_more():
    s = World.get().service
    status, _, text = put(s, bearer(good(WRITER)))
    assert status == 200, text
    assert get(s, POLICY, bearer(good(READER)))[0] == 200
    assert get(s, "/certificates", bearer(good(READER)))[0] == 200
    enough = 'Bearer error="insufficient_scope"'
    refused(put(s, bearer(good(READER))), 403, "forbidden", enough)
    refused(put(s, bearer(good([]))), 403, "forbidden", enough)
    refused(put(s, bearer(good(["elsewhere"]))), 403, "forbidden", enough)
    refused(get(s, POLICY, bearer(good(["elsewhere"]))), 403, "forbidden")


@tap.case()
def roles_come_as_scopes_too():
    s = World.get().service
    assert get(s, POLICY, bearer(good([], scp="openid reader")))[0] == 200
    refused(get(s, POLICY, bearer(good([], scp="openid readers"))), 403, "forbidden")


@tap.case()
def nothing_and_other_schemes_are_401_with_a_challenge():
    s = World.get().service
    refused(put(s, {}), 401, "unauthorized", "Bearer")
    refused(put(s, {"Authorization": "Basic dTpw"}), 401, "unauthorized", "Bearer")
    refused(put(s, {"Authorization": good(WRITER)}), 401, "unauthorized", "Bearer")


@tap.case()
def a_token_that_does_not_hold_says_why():
    w = World.get()
    spki = ("-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(json.dumps(w.key.jwk()).encode()).decode()
            + "-----END PUBLIC KEY-----\n").encode()
    base = claims(w.url, WRITER, tid="t-1")
    twice = token(w.key, base)
    head, _, signature = twice.split(".")
    forged = b64u(json.dumps({**base, "roles": WRITER + READER}).encode())
    cases = {
        "token_algorithm": [token(w.key, base, alg="none"), token(w.key, base, alg="HS256", secret=spki),
                            token(w.key, base, alg="PS256")],
        "token_signature": [head + "." + forged + "." + signature, token(w.other, base, kid="one"),
                            token(w.other, base, kid="one", jwk=w.other.jwk(), jku=w.url + "/other")],
        "bearer_audience": [token(w.key, {**base, "aud": "https://vault.azure.net"})],
        "token_expired": [token(w.key, {**base, "exp": int(time.time()) - 3600})],
        "token_not_yet_valid": [token(w.key, {**base, "nbf": int(time.time()) + 3600})],
        "token_issuer": [token(w.key, {**base, "iss": w.stranger}), token(w.key, {**base, "iss": w.url + "/"})],
        "bearer_claim": [token(w.key, {**base, "tid": "t-2"})],
        "bearer_format": [twice + ".AA", token(w.key, base, typ="logout+jwt"), "a.b.c",
                          token(w.key, {k: v for k, v in base.items() if k != "sub"})],
    }
    for code, tokens in cases.items():
        for text in tokens:
            refused(put(w.service, bearer(text)), 401, code, 'Bearer error="invalid_token"')


@tap.case()
def two_authorization_headers_are_none():
    import http.client
    w = World.get()
    c = http.client.HTTPConnection(w.service.url.split("//")[1], timeout=60)
    c.putrequest("GET", "/certificates" + V)
    c.putheader("Authorization", "Bearer " + good(READER))
    c.putheader("Authorization", "Bearer " + good(WRITER))
    c.endheaders()
    answer = c.getresponse()
    refused((answer.status, answer.headers, answer.read()), 401, "unauthorized")
    c.close()


@tap.case()
def the_management_token_goes_on_unless_it_is_switched_off():
    w = World.get()
    assert put(w.service, bearer(w.service.token))[0] == 200
    path = access_file("no-management.json", entry(w.url), management_token=False)
    with Service("--access", path) as s:
        refused(put(s, bearer(s.token)), 401, "unauthorized", "Bearer")


@tap.case()
def keys_rotate_without_a_restart():
    w = World.get()
    url = w.issuer.add("rotates", w.key)
    with Service("--access", access_file("rotates.json", entry(url))) as s:
        assert put(s, bearer(token(w.key, claims(url, WRITER))))[0] == 200
        w.issuer.add("rotates", w.other)
        status, _, text = put(s, bearer(token(w.other, claims(url, WRITER))))
        assert status == 200, text
        refused(put(s, bearer(token(w.key, claims(url, WRITER)))), 401, "token_key_unknown")


@tap.case()
def unknown_kids_do_not_become_a_flood():
    w = World.get()
    url = w.issuer.add("flood", w.key)
    with Service("--access", access_file("flood.json", entry(url))) as s:
        assert put(s, bearer(token(w.key, claims(url, WRITER))))[0] == 200
        for i in range(40):
            refused(put(s, bearer(token(w.key, claims(url, WRITER), kid=f"k{i}"))), 401, "token_key_unknown")
        asked = sum(path.startswith("/flood/keys") for path in w.issuer.asked)
        # the first fetch, four that unknown kids may cause, one for each half minute since
        assert asked < 10, asked


@tap.case()
def a_dead_issuer_is_503_and_comes_back():
    w = World.get()
    url = w.issuer.root + "/late"
    with Service("--access", access_file("late.json", entry(url))) as s:
        text = bearer(token(w.key, claims(url, WRITER)))
        answer = put(s, text)
        refused(answer, 503, "issuer_metadata")
        assert int(answer[1]["Retry-After"]) > 0
        w.issuer.add("late", w.key)
        end = time.monotonic() + 120
        while put(s, text)[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.2)


@tap.case()
def hostile_issuers_are_not_believed():
    w = World.get()

    def redirect(to):
        def page(handler):
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        return page

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b'{"keys":[' + b" " * 65536)
        except OSError:
            return

    def set_page(name, page):
        w.issuer.pages[f"/{name}/keys"] = page

    names = ["endless", "moved", "moved-keys", "same-kid", "symmetric", "html", "private", "lies", "no-keys", "status"]
    urls = {name: w.issuer.add(name, w.key) for name in names}
    set_page("endless", endless)
    w.issuer.pages["/moved/.well-known/openid-configuration"] = redirect(
        w.url + "/.well-known/openid-configuration")
    set_page("moved-keys", redirect(w.url + "/keys"))
    set_page("same-kid", {"keys": [w.key.jwk(), {**w.other.jwk(), "kid": w.key.kid}]})
    set_page("symmetric", {"keys": [{"kty": "oct", "kid": "one", "k": b64u(b"secret"), "alg": "HS256"}]})
    set_page("html", b"<html>sign in</html>")
    set_page("private", {"keys": [w.key.jwk(d=b64u(b"\x01"))]})
    w.issuer.add("lies", w.key, issuer=w.url)
    set_page("no-keys", {"keys": []})
    set_page("status", None)
    path = access_file("hostile.json", *[entry(url) for url in urls.values()], entry(w.url))
    with Service("--access", path) as s:
        for name, url in urls.items():
            refused(put(s, bearer(token(w.key, claims(url, WRITER)))), 503, "issuer_metadata")
        refused(put(s, bearer(token(w.key, claims(urls["symmetric"], WRITER), alg="HS256", secret=b"secret"))),
                503, "issuer_metadata")
        # and harm nobody else
        assert put(s, bearer(token(w.key, claims(w.url, WRITER))))[0] == 200


@tap.case()
def a_slow_issuer_stops_nobody_else():
    w = World.get()
    url = w.issuer.add("slow", w.key)
    asked, go_on = threading.Event(), threading.Event()
    page = w.issuer.pages["/slow/.well-known/openid-configuration"]

    def slow(_):
        asked.set()
        go_on.wait(60)
        return page

    w.issuer.pages["/slow/.well-known/openid-configuration"] = slow
    with Service("--workers", "1", "--access", access_file("slow.json", entry(url), entry(w.url))) as s:
        answers = []
        waits = threading.Thread(target=lambda: answers.append(put(s, bearer(token(w.key, claims(url, WRITER))))))
        assert asked.wait(60)
        waits.start()
        for _ in range(5):
            assert s.request("GET", "/certs")[0] == 200
        assert put(s, bearer(token(w.key, claims(w.url, WRITER))))[0] == 200
        go_on.set()
        waits.join()
        assert answers[0][0] == 200, answers


@tap.case()
def it_stops_while_an_issuer_is_silent():
    w = World.get()
    asked, go_on = threading.Event(), threading.Event()
    url = w.issuer.add("silent", w.key)

    def silent(_):
        asked.set()
        go_on.wait(60)

    w.issuer.pages["/silent/.well-known/openid-configuration"] = silent
    s = Service("--access", access_file("silent.json", entry(url)))
    assert asked.wait(60)
    assert s.stop() == 0
    go_on.set()


@tap.case()
def a_reload_takes_new_grants_and_keeps_the_keys():
    w = World.get()
    url = w.issuer.add("reload", w.key)
    path = access_file("reload.json", entry(url))
    with Service("--access", path) as s:
        text = bearer(token(w.key, claims(url, READER)))
        refused(put(s, text), 403, "forbidden")
        for page in [p for p in w.issuer.pages if p.startswith("/reload/")]:
            del w.issuer.pages[page]  # the issuer is down by now
        writes = [{"role": "reader", "actions": ["attestation/write"], "providers": ["default"]}]
        access_file("reload.json", entry(url, grants=writes))
        s.process.send_signal(signal.SIGHUP)
        s.logs(until='"event":"reloaded"')
        assert put(s, text)[0] == 200
        # a file that is not sound changes nothing
        with open(path, "w", encoding="utf-8") as f:
            f.write('{"issuers":[{}]}')
        s.process.send_signal(signal.SIGHUP)
        assert "access" in s.logs(until='"event":"reload_failed"')
        assert put(s, text)[0] == 200


@tap.case()
def an_access_file_that_is_not_sound_stops_the_start():
    for text in ("", "[]", '{"issuer":[]}', '{"issuers":[{"issuer":"http://issuer.example"}]}'):
        path = os.path.join(HOME, "bad.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        p = subprocess.run([AVOWD, "--check-config", "--data", HOME, "--access", path], capture_output=True, timeout=60)
        assert p.returncode == 1 and b"bad.json" in p.stderr, (text, p)


class Pki:
    """A client CA and certificates of it, made by openssl."""

    def __init__(self):
        if not shutil.which("openssl"):
            raise Skip("openssl is not installed")
        self.dir = tempfile.mkdtemp(dir=HOME)
        self.ca("ca")
        self.ca("stranger")

    def path(self, name):
        return os.path.join(self.dir, name)

    def run(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.dir)

    def ca(self, name):
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                 name + ".key", "-out", name + ".pem", "-days", "2", "-subj", "/CN=Clients " + name)

    def client(self, name, ca="ca", usage="clientAuth", days="2"):
        """(certificate, key)."""
        with open(self.path(name + ".ext"), "w", encoding="utf-8") as f:
            f.write("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                    f"extendedKeyUsage={usage}\nsubjectAltName=DNS:{name}.test\n")
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                 "-out", name + ".csr", "-subj", "/CN=" + name)
        self.run("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
                 "-days", days, "-extfile", name + ".ext", "-out", name + ".pem")
        return self.path(name + ".pem"), self.path(name + ".key")


def put_with(service, pair, **headers):
    """PUT a policy over TLS with a client certificate; (status, headers, body)."""
    import http.client
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(*pair)
    host = service.url.split("//")[1]
    c = http.client.HTTPSConnection(host, timeout=60, context=context)
    c.request("PUT", POLICY + V, unsigned(PERMIT), headers)
    answer = c.getresponse()
    got = answer.status, answer.headers, answer.read()
    c.close()
    return got


@tap.case()
def client_certificates_are_a_way_in():
    pki = Pki()
    path = access_file("mtls.json", client_certificates={"ca_file": pki.path("ca.pem"), "grants": [
        {"subject_cn": "deploy", "actions": ["attestation/write"], "providers": ["default"]},
        {"san_dns": "reads.test", "actions": ["attestation/read"], "providers": ["*"]}]})
    deploy = pki.client("deploy")
    with Service("--access", path, "--tls", "always") as s:
        assert put_with(s, deploy)[0] == 200
        refused(put_with(s, None), 401, "unauthorized", "Bearer")
        refused(put_with(s, pki.client("reads")), 403, "forbidden")
        refused(put_with(s, pki.client("nobody")), 403, "forbidden")
        refused(put_with(s, pki.client("serves", usage="serverAuth")), 401, "client_certificate")
        # the very name under another CA
        refused(put_with(s, pki.client("deploy", ca="stranger")), 401, "client_certificate")
        # a header decides alone
        again = pki.client("deploy")
        assert put_with(s, again)[0] == 200
        refused(put_with(s, again, Authorization="Bearer AAAA"), 401, "unauthorized")


@tap.case()
def no_token_gets_into_the_log():
    w = World.get()
    text = good(WRITER)
    put(w.service, bearer(text))
    put(w.service, bearer(text + "A"))
    signature = text.split(".")[2]
    assert signature not in w.service.logs()


tap.run()
