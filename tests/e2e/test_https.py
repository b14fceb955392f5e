#!/usr/bin/env python3
"""src/http over TLS: versions, the certificate's change, memory of idle ones.

usage: test_https.py PATH/TO/http_app
"""
import os
import resource
import signal
import ssl
import struct
import sys

import tap
from raw_http import Closed, Connection, Service, chunked, get, post, tls_context

APP = sys.argv[1]
MIB = 1024 * 1024
IDLE = 1000
IDLE_RSS_KIB = 40 * 1024


def app(*args):
    return Service(APP, "tls=first", *args)


def connect(service, context=None, **kw):
    return Connection(int(service.ready), tls=context or tls_context(), **kw)


def still_serves(service):
    with connect(service) as c:
        assert c.ask(get()).status == 200


def client_hello(version):
    """A ClientHello of an old version with the ciphers that it had."""
    ciphers = [0xC013, 0xC014, 0xC009, 0xC00A, 0x002F, 0x0035, 0x000A, 0x0005]
    suites = b"".join(struct.pack(">H", c) for c in ciphers)
    groups = b"\x00\x0a\x00\x04\x00\x02\x00\x17" + b"\x00\x0b\x00\x02\x01\x00"
    body = struct.pack(">H", version) + os.urandom(32) + b"\x00"
    body += struct.pack(">H", len(suites)) + suites + b"\x01\x00"
    body += struct.pack(">H", len(groups)) + groups
    hand = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16" + struct.pack(">HH", min(version, 0x0301), len(hand)) + hand


def serves_tls_1_2_and_1_3():
    with app() as s:
        for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
            context = tls_context()
            context.minimum_version = context.maximum_version = version
            with connect(s, context) as c:
                a = c.ask(get("/echo"))
                assert a.status == 200 and a.json()["tls"] is True
                assert c.sock.version() == version.name.replace("TLSv1_", "TLSv1."), c.sock.version()


def refuses_older_versions():
    with app() as s:
        for version in [0x0300, 0x0301, 0x0302]:
            with Connection(int(s.ready)) as c:
                c.send(client_hello(version))
                try:
                    while len(c.buffer) < 7:
                        c._more()
                    assert c.buffer[0] == 0x15, c.buffer  # an alert, no ServerHello
                except Closed:
                    pass
        still_serves(s)


def refuses_weak_ciphers():
    with app() as s:
        for cipher in ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"]:
            context = tls_context()
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(cipher + ":@SECLEVEL=0")
            try:
                with connect(s, context):
                    raise AssertionError(cipher)
            except (ssl.SSLError, ConnectionResetError):
                pass


def survives_plain_http_on_its_port():
    with app() as s:
        with Connection(int(s.ready)) as c:
            c.send(get())
            try:
                while True:
                    c._more()
            except Closed:
                assert b"200 OK" not in c.buffer
        still_serves(s)


def keeps_and_pipelines():
    with app() as s, connect(s) as c:
        c.send(b"".join(post("/echo", f"n{i}") for i in range(40)))
        for i in range(40):
            assert c.answer().json()["body"] == f"n{i}"
        assert c.ask(post("/echo", b"x" * 2 * MIB)).json()["size"] == 2 * MIB
        assert c.ask(get("/big")).body == b"x" * 4 * MIB


def refuses_large_bodies():
    with app() as s:
        with connect(s) as c:
            assert c.send(post("/echo", b"x" * 5 * MIB))
            assert c.answer().status == 413
        with connect(s) as c:
            assert c.send(chunked("/echo", *[b"x" * 65536] * 40))
            a = c.answer()
            assert (a.status, a.code()) == (413, "http_body_too_large")


def cuts_a_handshake_that_stands_still():
    with app("head_ms=400") as s:
        for data in [b"", client_hello(0x0303)[:40]]:
            with Connection(int(s.ready)) as c:
                c.send(data)
                assert c.is_closed()
        still_serves(s)


def cuts_a_body_that_stands_still():
    with app("body_ms=400") as s, connect(s) as c:
        c.send(post("/echo", "hello")[:-1])
        a = c.answer()
        assert (a.status, a.code()) == (408, "http_timeout")
        assert c.is_closed()


def resumes_a_waiting_request():
    with app() as s, connect(s) as c, connect(s) as d:
        c.send(get("/wait/long"))
        while d.ask(get("/resume")).body == b"false":
            pass
        assert c.answer().json() == {"woken": "resumed"}
        assert c.ask(get("/wait/short")).json() == {"woken": "expired"}


def name_of(c):
    """The common name in the peer's certificate (DER: UTF8String behind the OID)."""
    der = c.sock.getpeercert(binary_form=True)
    at = der.rindex(b"\x06\x03\x55\x04\x03") + 5
    return der[at + 2:at + 2 + der[at + 1]].decode()


def takes_another_certificate_at_sighup():
    with app() as s, connect(s) as old:
        assert name_of(old) == "first"
        s.signal(signal.SIGHUP)
        assert s.process.stdout.readline() == "reloaded: ok\n"
        for _ in range(4):  # over both workers
            with connect(s) as c:
                assert name_of(c) == "second"
                assert c.ask(get()).status == 200
        assert old.ask(get()).status == 200


def refuses_a_key_of_another_certificate():
    try:
        with app("badkey"):
            raise ValueError("served with a wrong key")
    except AssertionError as e:
        assert "http_tls" in str(e), e


def drains_at_sigterm():
    with app() as s, connect(s) as idle, connect(s) as busy:
        assert idle.ask(get()).status == 200
        busy.send(post("/echo", "hello")[:-1])
        for _ in range(10):
            still_serves(s)
        s.signal(signal.SIGTERM)
        assert idle.is_closed()
        a = busy.ask("o")
        assert a.status == 200 and a.headers["connection"] == "close"
        assert s.stop() == (0, "stopped: whole\n")


def holds_a_thousand_idle_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 100:
        raise tap.Skip("too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    context = tls_context()
    with app("head_ms=300000", "idle_ms=300000") as s:
        before = s.rss_kib()
        held = [connect(s, context) for _ in range(IDLE)]
        for c in held:
            assert c.ask(get()).status == 200
        after = s.rss_kib()
        print(f"# {before} KiB, with {IDLE} idle TLS connections {after} KiB: "
              f"{(after - before) / IDLE:.1f} KiB each")
        assert after <= IDLE_RSS_KIB, after
        still_serves(s)
        for c in held:
            c.sock.close()
        assert s.stop()[0] == 0


CASES = [
    serves_tls_1_2_and_1_3, refuses_older_versions, refuses_weak_ciphers,
    survives_plain_http_on_its_port, keeps_and_pipelines, refuses_large_bodies,
    cuts_a_handshake_that_stands_still, cuts_a_body_that_stands_still,
    resumes_a_waiting_request, takes_another_certificate_at_sighup,
    refuses_a_key_of_another_certificate, drains_at_sigterm, holds_a_thousand_idle_connections,
]

if __name__ == "__main__":
    tap.main(CASES)
