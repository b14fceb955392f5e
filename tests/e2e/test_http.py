#!/usr/bin/env python3
"""src/http over real sockets: framing, limits, deadlines, draining.

usage: test_http.py PATH/TO/http_app PATH/TO/failing_alloc.so
Bugs of public verifiers that these cases stand for: 27 (one slow or huge
client stalls the service), 37 (secrets in logs), 39 (our fault told as the
sender's).
"""
import itertools
import signal
import socket
import sys
import time

import tap
from raw_http import Closed, Connection, Service, chunked, get, post

APP, FAILING_ALLOC = sys.argv[1:3]
MIB = 1024 * 1024


def app(*args, **kw):
    return Service(APP, *args, **kw)


def connect(service, **kw):
    return Connection(int(service.ready), **kw)


def still_serves(service):
    with connect(service) as c:
        assert c.ask(get()).status == 200


# --- plain service ---------------------------------------------------------------

def answers_have_the_contracts_headers():
    with app() as s, connect(s) as c:
        a = c.ask(get())
        assert a.status == 200 and a.json() == {"ok": True}
        h = a.headers
        assert h["content-type"] == "application/json; charset=utf-8", h
        assert h["server"] == "avow", h
        assert h["x-ms-maa-service-version"].startswith("1.10."), h
        assert len(h["x-ms-request-id"]) == 55, h
        assert "x-ms-error-code" not in h, h


def echoes_the_trace_id():
    trace = "0af7651916cd43dd8448eb211c80319c"
    with app() as s, connect(s) as c:
        a = c.ask(get(more=f"traceparent: 00-{trace}-b7ad6b7169203331-01\r\n"))
        assert a.headers["x-ms-request-id"].startswith(f"00-{trace}-")
        b = c.ask(get())
        assert trace not in b.headers["x-ms-request-id"]


def keeps_a_connection_for_many_requests():
    with app() as s, connect(s) as c:
        for i in range(50):
            assert c.ask(post("/echo", f"n{i}")).json()["body"] == f"n{i}"
            assert c.ask(get("/nowhere")).status == 404
            assert c.ask(get("/policies/x", more="Connection: keep-alive\r\n")).status == 200
        a = c.ask(get(more="Connection: close\r\n"))
        assert a.headers["connection"] == "close" and c.is_closed()


def answers_pipelined_requests_in_order():
    with app() as s, connect(s) as c:
        c.send(b"".join(post("/echo", f"n{i}") for i in range(40)) + get("/nowhere").encode())
        for i in range(40):
            assert c.answer().json()["body"] == f"n{i}"
        assert c.answer().status == 404


def answers_http_1_0():
    with app() as s:
        with connect(s) as c:
            assert c.ask("GET /small HTTP/1.0\r\n\r\n").status == 200
            assert c.is_closed()
        with connect(s) as c:
            assert c.ask("GET /small HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").status == 200
            assert c.ask(get()).status == 200


def answers_head_without_a_body():
    with app() as s, connect(s) as c:
        c.send("HEAD /small HTTP/1.1\r\nHost: x\r\n\r\n")
        a = c.answer(head_only=True)
        assert a.status == 200 and a.headers["content-length"] == "11"
        assert c.ask(get()).status == 200  # nothing of a body came between


def answers_one_that_closes_its_side():
    with app() as s, connect(s) as c:
        c.send(post("/echo", "last"))
        c.sock.shutdown(socket.SHUT_WR)
        assert c.answer().json()["body"] == "last"
        assert c.is_closed()


def decodes_paths_before_routing():
    with app() as s, connect(s) as c:
        a = c.ask(post("/Policies/SgxEnclave%3areset?a=b", "{}"))
        assert a.status == 200 and a.json()["param"] == "SgxEnclave", a.body
        assert a.json()["query"] == ["a", "b"]


def tells_unknown_paths_and_methods():
    with app() as s, connect(s) as c:
        a = c.ask(get("/nowhere"))
        assert (a.status, a.code()) == (404, "http_route")
        assert a.headers["x-ms-error-code"] == a.json()["error"]["code"] == "NotFound"
        a = c.ask("DELETE /policies/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (a.status, a.code()) == (405, "http_method")
        assert a.headers["allow"] == "GET, HEAD, PUT"
        assert c.ask(get()).status == 200


def tells_why_a_handler_refused():
    with app() as s, connect(s) as c:
        a = c.ask(get("/refuse/quote"))
        assert (a.status, a.code()) == (400, "quote_version")
        inner = a.json()["error"]["innererror"]
        assert inner["check"] == "test_check" and inner["field"] == "test_field"
        assert inner["expected"] == "3" and inner["got"] == "9"
        assert inner["source"] == "test source" and inner["document"] == "doc.json"


def tells_its_own_fault_as_its_own():  # bug 39
    with app() as s, connect(s) as c:
        a = c.ask(get("/refuse/store"))
        assert (a.status, a.code()) == (503, "store")
        assert int(a.headers["retry-after"]) > 0
        assert b"secret" not in a.body


def sends_large_answers_whole():
    with app() as s, connect(s) as c:
        a = c.ask(get("/big"))
        assert a.body == b"x" * 4 * MIB
        assert a.headers["x-test"] == "extra" and a.headers["content-type"] == "text/plain"


# --- one reading of a request, or none ------------------------------------------------

SMUGGLED = "GET /echo?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def refused(service, data, *codes):
    """One 400 of one of those codes, then the end: nothing behind is answered."""
    with connect(service) as c:
        c.send(data)
        a = c.answer()
        assert a.status == 400, (a.status, data)
        assert a.headers["connection"] == "close"
        assert a.code() in codes, (a.body, data)
        assert c.is_closed(), c.buffer


def refused_by_the_library(service, data):
    """A 400 of libmicrohttpd's own, which 0.9.75 writes with its head twice."""
    with connect(service) as c:
        c.send(data)
        assert c.answer().status == 400
        try:
            while True:
                c._more()
        except Closed:
            assert b"HTTP/1.1 200" not in c.buffer


def refuses_bodies_of_two_lengths():
    pairs = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked ",
        "Transfer-Encoding: \"chunked\"",
    ]
    with app() as s:
        for p in pairs:
            refused(s, f"POST /echo HTTP/1.1\r\nHost: x\r\n{p}\r\n\r\n0\r\n\r\n{SMUGGLED}",
                    "http_framing")
        refused(s, f"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
                "http_framing")
        for p in ["+5", "0x5", "5,5", "5 5", "-5"]:
            refused_by_the_library(
                s, f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {p}\r\n\r\n"
                f"hello{SMUGGLED}")
        assert "smuggled" not in "".join(s.log)
        still_serves(s)


def refuses_header_names_with_blanks():
    with app() as s:
        for name in ["Content-Length ", "Content-Length\t", " Content-Length", "Content\x01Length",
                     "Transfer-Encoding "]:
            refused(s, f"POST /echo HTTP/1.1\r\nHost: x\r\n{name}: 5\r\n\r\nhello{SMUGGLED}",
                    "http_request")


def refuses_what_the_library_hides():
    heads = [
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\x00 6\r\n\r\n",  # NUL in a value
        b"GET /small HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",  # folded
        b"GET /small HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb\r\n\r\n",
        b"GET /small HTTP/1.1\nHost: x\r\n\r\n",  # bare LF
        b"GET /small HTTP/1.1\r\nHost: x\n\r\n",
        b"GET /small HTTP/1.1\r\nHost: x\r\n\n",
        b"GET  /small HTTP/1.1\r\nHost: x\r\n\r\n",  # two spaces
        b"GET /small  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /small\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET\x00 /small HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /small HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"GET /small HTTP/1.1\r\nHost: x\r\nX: a\r\x00b\r\n\r\n",
    ]
    with app() as s:
        for h in heads:
            refused(s, h + SMUGGLED.encode(), "http_request", "http_target")
        refused_by_the_library(s, f"GET /small HTTP/1.1 \r\nHost: x\r\n\r\n{SMUGGLED}".encode())


def refuses_bad_targets():
    with app() as s:
        for t in ["/a b", "/%zz", "/%00", "/%2e%2f", "*", "small", "http://other/small",
                  "http://x:1/small", "http://x@x/small", "ftp://x/small", "/a#b", "/\x80", "//%5c"]:
            refused(s, f"GET {t} HTTP/1.1\r\nHost: x\r\n\r\n{SMUGGLED}".encode("latin-1"),
                    "http_target")
        with connect(s) as c:
            assert c.ask(get("http://x/small")).status == 200
            assert c.ask(get("HTTP://X/small")).status == 200
            assert c.ask(get("https://x/small")).status == 200


def needs_exactly_one_host():
    with app() as s:
        for h in ["", "Host: x\r\nHost: x\r\n", "Host: x\r\nhost: y\r\n", "Host:\r\n",
                  "Host: x y\r\n", "Host: x/\r\n", "Host: u@x\r\n"]:
            refused(s, f"GET /small HTTP/1.1\r\n{h}\r\n{SMUGGLED}", "http_host")


def survives_garbage():
    with app() as s:
        lines = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\x00" * 5000, b"\r\n" * 5000,
                 b"GET\r\n\r\n", b"GET /\r\n\r\n", b"A" * 70000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"\xff" * 100 + b"\r\n\r\n", b"\x80\x00\r\n\r\n",
                 b"GET / HTTP/9.9\r\n\r\n", b":\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"]
        for g in lines:
            with connect(s) as c:
                c.send(g)
                c.sock.shutdown(socket.SHUT_WR)
                try:
                    assert c.answer().status >= 400
                except Closed:
                    pass
        still_serves(s)


# --- sizes ------------------------------------------------------------------------------

def takes_bodies_up_to_the_limit():
    with app() as s, connect(s) as c:
        assert c.ask(post("/echo", b"x" * 2 * MIB)).json()["size"] == 2 * MIB
        whole = [b"y" * 65536] * 32
        assert c.ask(chunked("/echo", *whole)).json()["size"] == 2 * MIB
        assert c.ask(chunked("/echo")).json()["size"] == 0
        assert c.ask(get("/counts")).json()["body_in_flight"] == 0


def refuses_a_large_body_by_its_length():
    with app() as s:
        with connect(s) as c:  # before any of it is sent
            a = c.ask(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {2 * MIB + 1}\r\n\r\n")
            assert (a.status, a.code()) == (413, "http_body_too_large")
            assert a.headers["x-ms-error-code"] == "PayloadTooLarge"
            assert c.is_closed()
        with connect(s) as c:  # all of it is sent before the answer is read
            assert c.send(post("/echo", b"x" * 20 * MIB))
            assert c.answer().status == 413
        with connect(s) as c:
            a = c.ask("POST /echo HTTP/1.1\r\nHost: x\r\n"
                      "Content-Length: 18446744073709551615\r\n\r\n")
            assert a.status == 413


def refuses_a_large_body_while_it_comes():
    with app() as s:
        with connect(s) as c:
            assert c.send(chunked("/echo", *[b"x" * 65536] * 33))
            a = c.answer()
            assert (a.status, a.code()) == (413, "http_body_too_large")
            assert c.is_closed()
        still_serves(s)
        code, _ = s.stop()
        assert code == 0
        assert sorted(r["status"] for r in s.records("request")) == [200, 413]


def refuses_a_body_where_none_belongs():
    with app() as s, connect(s) as c:
        a = c.ask("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert (a.status, a.code()) == (400, "http_body")
        assert c.is_closed()


def sends_100_continue_when_a_body_is_wanted():
    with app() as s:
        with connect(s) as c:
            c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                   "Expect: 100-continue\r\n\r\n")
            while b"\r\n\r\n" not in c.buffer:
                c._more()
            assert c.buffer.startswith(b"HTTP/1.1 100 "), c.buffer
            a = c.ask("hello")
            assert a.status == 200 and a.json()["body"] == "hello"
        with connect(s) as c:
            a = c.ask(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {2 * MIB + 1}\r\n"
                      "Expect: 100-continue\r\n\r\n")
            assert a.status == 413 and a.interim == []


def judges_the_bearer_before_the_body():
    head = ("PUT /policies/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            "Expect: 100-continue\r\n")
    with app() as s:
        with connect(s) as c:
            a = c.ask(head + "\r\n")
            assert (a.status, a.code(), a.interim) == (401, "unauthorized", [])
        with connect(s) as c:
            c.send(head + "Authorization: Bearer good\r\n\r\nhello")
            a = c.answer()
            assert (a.status, a.interim) == (200, [100]), (a.status, a.interim)


def refuses_a_large_head():
    with app() as s:
        with connect(s) as c:
            a = c.ask(get("/" + "a" * 7000, more="X: " + "b" * 4000 + "\r\n"))
            assert a.status == 404
        for data in [get("/" + "a" * 8192), get(more="X: y\r\n" * 120),
                     get(more="X: " + "b" * 14300 + "\r\n"), get("/small?" + "a&" * 40)]:
            with connect(s) as c:
                a = c.ask(data)
                assert (a.status, a.code()) == (431, "http_head_too_large"), a.status
                assert c.is_closed()
        with connect(s) as c:  # past what the library keeps of a head
            c.send(get(more="X: " + "b" * 40000 + "\r\n"))
            try:
                assert c.answer().status == 431
            except Closed:
                pass
        still_serves(s)


def caps_bodies_in_flight():
    with app(f"max_body_in_flight={MIB}") as s, connect(s) as slow, connect(s) as c:
        half = 600 * 1024
        slow.send(post("/echo", b"x" * 900 * 1024)[:-300 * 1024])
        wait_for(c, lambda n: n["body_in_flight"] >= half)
        a = c.ask(post("/echo", b"x" * half))
        assert (a.status, a.code()) == (503, "http_busy")
        assert int(a.headers["retry-after"]) > 0
        with connect(s) as d:  # found out on the way
            assert d.send(chunked("/echo", *[b"x" * 65536] * 12))
            a = d.answer()
            assert (a.status, a.code()) == (503, "http_busy")
        slow.sock.close()
        with connect(s) as d:
            wait_for(d, lambda n: n["body_in_flight"] == 0)
            assert d.ask(post("/echo", b"x" * half)).status == 200


def wait_for(c, good):
    """Ask /counts until it is as wanted."""
    end = time.monotonic() + 20
    while not good(c.ask(get("/counts")).json()):
        assert time.monotonic() < end, "never came true"


# --- deadlines (bug 27) --------------------------------------------------------------------

def drip(c, data):
    """A byte at a time, until the peer has had enough."""
    c.sock.settimeout(0.05)
    for b in itertools.cycle(data):
        if not c.send(bytes([b])):
            break
        try:
            c._more()
            break
        except TimeoutError:
            continue
        except Closed:
            break
    c.sock.settimeout(20)


def cuts_a_head_that_drips():
    with app("head_ms=600") as s, connect(s) as c:
        c.send("GET /small HTTP/1.1\r\nHost: x\r\nX: ")
        drip(c, b"y")
        a = c.answer()
        assert (a.status, a.code()) == (408, "http_timeout")
        assert c.is_closed()
        still_serves(s)


def cuts_a_request_line_that_drips():
    with app("head_ms=600", "idle_ms=600") as s:
        for before in ["", get()]:  # on a fresh connection, and on a kept one
            with connect(s) as c:
                if before:
                    assert c.ask(before).status == 200
                drip(c, b"a")
                try:
                    assert c.answer().status == 408
                except Closed:
                    pass


def cuts_a_body_that_drips():
    for start in ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n186A0\r\n"]:
        with app("body_ms=600") as s, connect(s) as c:
            c.send("POST /echo HTTP/1.1\r\nHost: x\r\n" + start)
            drip(c, b"z")
            a = c.answer()
            assert (a.status, a.code()) == (408, "http_timeout")
            assert c.is_closed()
            still_serves(s)


def cuts_one_that_sends_nothing():
    with app("head_ms=300") as s, connect(s) as c:
        assert c.is_closed()


def cuts_an_idle_connection():
    with app("idle_ms=300") as s, connect(s) as c:
        assert c.ask(get()).status == 200
        assert c.is_closed()


def cuts_one_that_does_not_read():
    with app("send_ms=500", "workers=1") as s:
        with connect(s, small_buffer=True) as c:
            c.send(get("/big") * 8)
            with connect(s) as d:
                wait_for(d, lambda n: n["connections"] == 1)
        code, _ = s.stop()
        assert code == 0
        assert any(r.get("ended") for r in s.records("request"))


def serves_others_meanwhile():
    with app("workers=1") as s:
        slow = [connect(s) for _ in range(50)]
        for i, c in enumerate(slow):
            c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc" if i % 2
                   else "GET /small HTTP/1.1\r\nHo")
        still_serves(s)
        for c in slow:
            c.sock.close()
        still_serves(s)


def does_not_spin_on_an_endless_chunk_line():
    with app("workers=1") as s, connect(s) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;"
               + "x" * 60000)
        still_serves(s)
        before, start = s.cpu_seconds(), time.monotonic()
        while time.monotonic() - start < 1.5:
            still_serves(s)
            time.sleep(0.1)  # the service's own time is what is measured
        assert s.cpu_seconds() - before < 0.75, "the worker spins"


# --- caps -----------------------------------------------------------------------------------

def caps_connections_of_an_address():
    with app("max_per_address=5") as s:
        held = [connect(s) for _ in range(5)]
        for c in held:
            assert c.ask(get()).status == 200
        with connect(s) as c:
            assert c.answer().status == 503
            assert c.is_closed()
        held.pop().sock.close()
        wait_for(held[0], lambda n: n["connections"] == 4)
        with connect(s) as c:
            assert c.ask(get("/counts")).json()["refused"] == 1
        for c in held:
            c.sock.close()
        s.stop()
        assert s.records("connections_refused")


def caps_connections_in_all():
    with app("max_connections=3") as s:
        held = [connect(s) for _ in range(3)]
        for c in held:
            assert c.ask(get()).status == 200
        with connect(s) as c:
            a = c.answer()
            assert (a.status, a.code()) == (503, "http_busy")
        for c in held:
            c.sock.close()


def shares_no_port():
    with app() as s:
        try:
            with app(f"listen=127.0.0.1:{s.ready}"):
                raise ValueError("two services on one port")
        except AssertionError as e:
            assert "http_listen" in str(e), e
    for bad in ["nonsense", "localhost:80", "127.0.0.1"]:
        try:
            with app(f"listen={bad}"):
                raise ValueError(bad)
        except AssertionError as e:
            assert "http_listen" in str(e), e


def refuses_plain_http_for_the_world():
    try:
        with app("listen=0.0.0.0:0"):
            raise ValueError("plain HTTP on every address")
    except AssertionError as e:
        assert "http_plain" in str(e), e


# --- waiting requests -------------------------------------------------------------------------

def resumes_a_waiting_request():
    with app() as s, connect(s) as c, connect(s) as d:
        c.send(get("/wait/long") + get())
        while d.ask(get("/resume")).body == b"false":
            pass
        a = c.answer()
        assert a.status == 200 and a.json() == {"woken": "resumed"}
        assert c.answer().json() == {"ok": True}


def ends_a_wait_at_its_deadline():
    with app() as s, connect(s) as c:
        assert c.ask(get("/wait/short")).json() == {"woken": "expired"}
        assert c.ask(get()).status == 200


def outlives_one_that_leaves_while_it_waits():
    with app() as s:
        for _ in range(20):
            with connect(s) as c:
                c.send(get("/wait/short"))
        still_serves(s)
        code, _ = s.stop()
        assert code == 0


# --- no memory ---------------------------------------------------------------------------------

def outlives_failing_allocations():
    asked = [get(), post("/echo", "x" * 100000), get("/big"), get("/nowhere"), get("/wait/short"),
             chunked("/echo", "a", "b" * 5000), get("/refuse/quote")]
    right = {200, 404, 400}
    with app(preload=FAILING_ALLOC) as s:
        s.signal(signal.SIGUSR1)
        seen = {"closed": 0}
        for _ in range(150):
            try:
                with connect(s) as c:
                    for data in asked:
                        a = c.ask(data)
                        seen[a.status] = seen.get(a.status, 0) + 1
            except (Closed, ConnectionError):
                seen["closed"] += 1
        assert s.process.poll() is None, s.log[-3:]
        assert set(seen) <= right | {500, 503, "closed"}, seen
        assert seen["closed"] and seen[500] and seen[200], seen
        s.signal(signal.SIGUSR2)
        for _ in range(10):
            still_serves(s)
        with connect(s) as c:
            wait_for(c, lambda n: n["connections"] == 1 and n["body_in_flight"] == 0)
        assert s.stop() == (0, "stopped: whole\n")


# --- the end ------------------------------------------------------------------------------------

def drains_at_sigterm():
    with app() as s, connect(s) as idle, connect(s) as busy:
        assert idle.ask(get()).status == 200
        busy.send(post("/echo", "hello")[:-1])
        wait_until_taken(s)
        s.signal(signal.SIGTERM)
        assert idle.is_closed()
        wait_until_refused(s)
        a = busy.ask("o")
        assert a.status == 200 and a.headers["connection"] == "close"
        assert s.stop() == (0, "stopped: whole\n")


def wait_until_refused(service):
    """The workers stop listening one after the other."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with connect(service) as c:
                assert c.ask(get()).headers["connection"] == "close"
        except Closed:
            continue
        except ConnectionRefusedError:
            return
    raise AssertionError("it still listens")


def wait_until_taken(service):
    """Until the service has what was sent before this on another connection."""
    for _ in range(20):
        still_serves(service)


def ends_waits_when_the_drain_is_over():
    with app("drain_ms=300") as s, connect(s) as c, connect(s) as stuck:
        c.send(get("/wait/long"))
        stuck.send(post("/echo", "hello")[:-1])
        wait_until_taken(s)
        s.signal(signal.SIGTERM)
        assert c.answer().json() == {"woken": "expired"}
        assert s.stop() == (0, "stopped: cut\n")


def stops_at_once_when_nothing_is_open():
    with app("drain_ms=20000") as s:
        still_serves(s)
        with connect(s):  # one that never sends anything does not hold it long
            start = time.monotonic()
            assert s.stop() == (0, "stopped: whole\n")
            assert time.monotonic() - start < 10


# --- logs (bug 37) --------------------------------------------------------------------------------

def logs_no_secret():
    secret = "s3cr3tvalue"
    with app("body_ms=300") as s:
        with connect(s) as c:
            c.ask(post(f"/echo?token={secret}", secret, more=f"Cookie: {secret}\r\n"
                       f"Authorization: Bearer {secret}\r\nX-{secret}: {secret}\r\n"))
            c.ask(get(f"/{secret}"))
            c.ask(get(f"/policies/{secret}"))
            c.ask(get("/refuse/store"))
            c.ask(f"{secret.upper()} /small HTTP/1.1\r\nHost: {secret}\r\n\r\n")
            c.ask(f"GET /%zz{secret} HTTP/1.1\r\nHost: {secret}\r\n\r\n")
        with connect(s) as c:
            c.ask(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{secret}")
        with connect(s) as c:
            c.send(f"GET /small HTTP/1.1\r\nHost: x\r\n{secret}")
        s.stop()
        log = "\n".join(s.log)
        assert secret not in log.lower(), log
        records = s.records("request")
        assert len(records) >= 7, records
        first = records[0]
        assert first["method"] == "POST" and first["route"] == "/echo"
        assert first["status"] == 200 and first["in"] == len(secret)
        assert first["us"] >= 0 and len(first["id"]) == 55
        assert records[2]["route"] == "/policies/{type}"


CASES = [
    answers_have_the_contracts_headers, echoes_the_trace_id,
    keeps_a_connection_for_many_requests, answers_pipelined_requests_in_order,
    answers_http_1_0, answers_head_without_a_body, answers_one_that_closes_its_side,
    decodes_paths_before_routing, tells_unknown_paths_and_methods, tells_why_a_handler_refused,
    tells_its_own_fault_as_its_own, sends_large_answers_whole, refuses_bodies_of_two_lengths,
    refuses_header_names_with_blanks, refuses_what_the_library_hides, refuses_bad_targets,
    needs_exactly_one_host, survives_garbage, takes_bodies_up_to_the_limit,
    refuses_a_large_body_by_its_length, refuses_a_large_body_while_it_comes,
    refuses_a_body_where_none_belongs, sends_100_continue_when_a_body_is_wanted,
    judges_the_bearer_before_the_body, refuses_a_large_head, caps_bodies_in_flight,
    cuts_a_head_that_drips, cuts_a_request_line_that_drips, cuts_a_body_that_drips,
    cuts_one_that_sends_nothing, cuts_an_idle_connection, cuts_one_that_does_not_read,
    serves_others_meanwhile, does_not_spin_on_an_endless_chunk_line,
    caps_connections_of_an_address, caps_connections_in_all, shares_no_port,
    refuses_plain_http_for_the_world, resumes_a_waiting_request, ends_a_wait_at_its_deadline,
    outlives_one_that_leaves_while_it_waits, outlives_failing_allocations, drains_at_sigterm,
    ends_waits_when_the_drain_is_over, stops_at_once_when_nothing_is_open, logs_no_secret,
]

if __name__ == "__main__":
    tap.main(CASES)
