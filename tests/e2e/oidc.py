"""Bearer tokens of a real issuer: npm's oidc-provider on loopback, with client
credentials, scopes, another audience, a key that rotates to another algorithm, and
its end. Skips with a word where npm or the registry is absent."""
import json
import os
import tempfile
import time

from avowtest import Service, Skip, Tap, header_of, unsigned
from npm_issuer import NpmIssuer

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-oidc-")
V = "?api-version=2022-08-01"
POLICY = "/policies/SgxEnclave"
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"


class World:
    issuer = service = why = None

    @classmethod
    def get(cls):
        if cls.why:
            raise Skip(cls.why)
        if cls.service is None:
            try:
                cls.issuer = NpmIssuer()
            except Skip as e:
                cls.why = str(e)
                raise
            cls.service = Service("--access", cls.issuer.access(
                os.path.join(HOME, "access.json"), ("policy.read", ["attestation/read"], ["*"]),
                ("policy.write", ["attestation/write"], ["default"])))
        return cls.issuer


def ask(method, path, token, body=None):
    """As request; on a slow machine keys may come later than a request waits for them."""
    end = time.monotonic() + 120
    while True:
        answer = World.service.request(method, path + V, body, {"Authorization": "Bearer " + token})
        if answer[0] != 503 or b"issuer_pending" not in answer[2] or time.monotonic() > end:
            return answer
        time.sleep(0.05)


def put(token):
    return ask("PUT", POLICY, token, unsigned(PERMIT))


def refused(answer, status, code):
    assert answer[0] == status, answer
    assert json.loads(answer[2])["error"]["innererror"]["code"] == code, answer[2]


@tap.case()
def scopes_of_a_real_issuer_are_rights():
    w = World.get()
    writes, reads = w.token("policy.write"), w.token("policy.read")
    assert header_of(writes)["typ"] == "at+jwt" and header_of(writes)["alg"] == "RS256"
    assert put(writes)[0] == 200
    assert ask("GET", POLICY, reads)[0] == 200
    refused(put(reads), 403, "forbidden")
    refused(ask("GET", POLICY, writes), 403, "forbidden")
    assert put(w.token("policy.read policy.write"))[0] == 200


@tap.case()
def a_token_for_somebody_else_is_refused():
    w = World.get()
    refused(put(w.token("policy.write", resource="https://vault.azure.net")), 401, "bearer_audience")


@tap.case()
def its_key_rotates_to_another_algorithm():
    w = World.get()
    old = w.token("policy.write")
    w.rotate()
    new = w.token("policy.write")
    assert header_of(new)["alg"] == "ES256"
    assert put(old)[0] == 200  # nobody has looked yet
    assert put(new)[0] == 200
    refused(put(old), 401, "token_key_unknown")


@tap.case()
def its_end_stops_nobody_who_has_a_token():
    w = World.get()
    token = w.token("policy.write")
    assert put(token)[0] == 200
    w.close()
    assert put(token)[0] == 200


try:
    tap.run()
finally:
    if World.service:
        World.service.stop()
    if World.issuer:
        World.issuer.close()
