"""How often and how many at a time, by client address and by provider; whose address
counts behind proxies; and what refused calls leave in the audit records."""
import http.client
import json
import os
import socket
import sqlite3
import time

from avowtest import Service, Tap

tap = Tap()
V = "?api-version=2022-08-01"


def address(service):
    host, port = service.url.split("//")[1].split(":")
    return host, int(port)


class Held:
    """A request that is under way: its head was judged, half of its body is there."""

    def __init__(self, service, path="/attest/SgxEnclave", **headers):
        self.s = socket.create_connection(address(service), 60)
        head = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        self.s.sendall(f"POST {path}{V} HTTP/1.1\r\nHost: {service.url.split('//')[1]}\r\n{head}"
                       "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        got = b""
        while b"\r\n\r\n" not in got:  # 100: the head was let in
            more = self.s.recv(4096)
            assert more, got
            got += more
        self.first = got
        assert b" 100 " in got, got

    def end(self):
        self.s.sendall(b"{}")
        assert b"HTTP/1.1 400" in self.s.recv(4096)
        self.s.close()


def limited(answer):
    status, headers, text = answer
    assert status == 429, (status, text)
    assert int(headers["Retry-After"]) >= 1 and headers["x-ms-error-code"] == "TooManyRequests"
    e = json.loads(text)["error"]
    assert e["code"] == "TooManyRequests" and e["innererror"]["code"] == "rate_limited", e
    return e["innererror"]["field"]


def until_free(service, path="/certs", headers=None):
    """The slot is free when the server has heard that its answer was taken."""
    end = time.monotonic() + 60
    while service.request("GET", path, headers=headers)[0] == 429:
        assert time.monotonic() < end
        time.sleep(0.02)


@tap.case()
def a_rate_is_a_burst_and_then_refusals():
    with Service("--rate-per-address", "1", "--rate-burst", "5") as s:
        c = http.client.HTTPConnection(*address(s), timeout=60)
        statuses = []
        for _ in range(60):  # far less than a minute, on any machine
            c.request("GET", "/certs")
            answer = c.getresponse()
            text = answer.read()
            statuses.append(answer.status)
            if answer.status == 429:
                assert limited((429, answer.headers, text)) == "address"
                break
        c.close()
        assert statuses[:5] == [200] * 5 and statuses[-1] == 429, statuses
        # a health check of a busy service is answered
        assert s.request("GET", "/livez")[0] == 200 and s.request("GET", "/servicehealth")[0] == 204


@tap.case()
def so_many_requests_of_one_address_at_a_time():
    with Service("--requests-per-address", "2") as s:
        one, two = Held(s), Held(s)
        assert limited(s.request("GET", "/certs")) == "address"
        one.end()
        until_free(s)
        two.end()


@tap.case()
def so_many_requests_for_one_provider_at_a_time():
    with Service("--requests-per-provider", "1") as s:
        one = Held(s)
        assert limited(s.request("GET", "/certs")) == "provider"
        assert s.request("GET", "/providers/shared/certs")[0] == 200
        one.end()
        until_free(s)


@tap.case()
def nobody_speaks_for_another_address():
    with Service("--requests-per-address", "1") as s:
        one = Held(s, X_Forwarded_For="203.0.113.1")
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            assert limited(s.request("GET", "/certs", headers={name: "203.0.113.2"})) == "address"
        one.end()


@tap.case()
def a_trusted_proxy_says_whose_request_it_is():
    with Service("--requests-per-address", "1", "--trusted-proxy", "127.0.0.0/8,10.0.0.0/8") as s:
        one = Held(s, X_Forwarded_For="198.51.100.7, 203.0.113.1")
        for spoof in ("203.0.113.1", "9.9.9.9, 203.0.113.1", "9.9.9.9, 203.0.113.1, 10.1.1.1", "203.0.113.1:4711"):
            assert limited(s.request("GET", "/certs", headers={"X-Forwarded-For": spoof})) == "address"
        assert s.request("GET", "/certs", headers={"X-Forwarded-For": "203.0.113.2"})[0] == 200
        # what is in front of the last address that is no proxy's is the client's own writing
        assert s.request("GET", "/certs", headers={"X-Forwarded-For": "203.0.113.1, 203.0.113.3"})[0] == 200
        # the other header is not the configured one
        assert s.request("GET", "/certs", headers={"Forwarded": "for=203.0.113.1"})[0] == 200
        one.end()
        assert '"client":"203.0.113.1"' in s.logs(until='"client":"203.0.113.1"')


@tap.case()
def an_ipv6_client_is_its_64():
    with Service("--requests-per-address", "1", "--trusted-proxy", "127.0.0.1", "--proxy-header", "Forwarded") as s:
        one = Held(s, Forwarded='for="[2001:db8:1:2::1]"')
        answer = s.request("GET", "/certs", headers={"Forwarded": 'for="[2001:db8:1:2:ffff::9]:80"'})
        assert limited(answer) == "address"
        assert s.request("GET", "/certs", headers={"Forwarded": 'for="[2001:db8:1:3::1]"'})[0] == 200
        one.end()


def records(service):
    path = os.path.join(service.data, "data", "avow.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(r) for r in db.execute("SELECT * FROM audit ORDER BY seq")]


@tap.case()
def refused_management_calls_are_recorded():
    with Service() as s:
        calls = [("PUT", "/policies/SgxEnclave", "policy.set"), ("POST", "/policies/SgxEnclave:reset", "policy.reset"),
                 ("POST", "/certificates:add", "certificate.add"),
                 ("POST", "/certificates:remove", "certificate.remove")]
        for method, path, action in calls:
            status, headers, _ = s.request(method, path + V, "x", {"Authorization": "Bearer no.such.token"})
            assert status == 401
            last = records(s)[-1]
            got = {k: last[k].decode() if isinstance(last[k], bytes) else last[k]
                   for k in ("actor", "source", "request", "action", "provider", "outcome")}
            assert got == {"actor": "nobody", "source": "127.0.0.1", "request": headers["x-ms-request-id"],
                           "action": action, "provider": "default", "outcome": "unauthorized"}, got
            line = f'"event":"management_refused","id":"{headers["x-ms-request-id"]}"'
            assert line in s.logs(until=line)
        # certificates of an AAD provider: somebody who is known is refused, and recorded
        assert s.manage("POST", "/certificates:add", '"x"')[0] == 400
        last = {k: str(v) for k, v in records(s)[-1].items()}
        assert "management token" in last["actor"] and "not_isolated" in last["outcome"], last


@tap.case()
def a_flood_of_refusals_does_not_fill_the_store():
    with Service() as s:
        began = time.monotonic()
        for _ in range(150):
            assert s.request("PUT", "/policies/SgxEnclave" + V, "x")[0] == 401
        most = 60 + 1 + (time.monotonic() - began) / 60 * 2
        n = len(records(s))
        assert 60 <= n <= most, (n, most)


tap.run()
