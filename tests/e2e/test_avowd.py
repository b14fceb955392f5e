#!/usr/bin/env python3
"""avowd itself: flags, the ready line, TLS files, SIGHUP, a log nobody reads.

usage: test_avowd.py (AVOW_BUILD names the build)
"""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import tap
from raw_http import PATIENCE, Connection, Service, get, tls_context

AVOWD = os.path.join(os.environ.get("AVOW_BUILD", "build"), "src/daemon/avowd")
HOME = tempfile.mkdtemp(prefix="avow-avowd-")


def data(name):
    return os.path.join(HOME, name)


def avowd(name, *args):
    return Service(AVOWD, "--data", data(name), "--listen", "127.0.0.1:0", *args)


def run(*args):
    p = subprocess.run([AVOWD, *args], capture_output=True, text=True, timeout=PATIENCE)
    return p.returncode, p.stdout, p.stderr


def port(service):
    return int(service.ready.rsplit(":", 1)[1])


def wait_for_record(service, event, n=1):
    end = time.monotonic() + PATIENCE
    while len(service.records(event)) < n:
        assert time.monotonic() < end, (event, service.log[-5:])
        time.sleep(0.01)
    return service.records(event)[n - 1]


def certificate(name, common_name):
    cert, key = data(name + ".cert"), data(name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=" + common_name], check=True, capture_output=True)
    return cert, key


def common_name(port_number):
    with Connection(port_number, tls=tls_context()) as c:
        der = c.sock.getpeercert(binary_form=True)
    at = der.rindex(b"\x06\x03\x55\x04\x03") + 5
    return der[at + 2:at + 2 + der[at + 1]].decode()


# --- the command line ---------------------------------------------------------------

def tells_version_and_help():
    code, out, _ = run("--version")
    assert code == 0 and out.startswith("avowd "), out
    code, out, _ = run("--help")
    assert code == 0 and "--trust-anchor" in out and "--collateral-grace" in out


def checks_and_prints_the_configuration():
    code, out, err = run("--check-config", "--data", data("none"))
    assert code == 0 and out and not err
    assert not os.path.exists(data("none"))
    code, out, _ = run("--print-config", "--data", data("none"), "--workers", "3")
    assert code == 0 and "workers: 3" in out
    with open(data("printed.yaml"), "w") as f:
        f.write(out)
    assert run("--print-config", "--config", data("printed.yaml"))[1] == out


def checks_the_files_that_it_would_read():
    cert, key = certificate("checked", "checked")
    good = ["--check-config", "--data", data("none"), "--tls-cert", cert, "--tls-key", key,
            "--trust-anchor", cert]
    assert run(*good)[0] == 0
    other = certificate("other", "other")[1]
    for flag, value, word in [("--trust-anchor", data("absent.pem"), "absent.pem"),
                              ("--trust-anchor", key, "checked"),
                              ("--tls-key", data("absent.key"), "absent.key"),
                              ("--tls-key", other, "tls")]:
        code, out, err = run(*good, flag, value)
        assert code == 1 and not out and word in err, (flag, value, code, err)
    assert not os.path.exists(data("none"))


def refuses_wrong_flags_with_64():
    for args in [["--nonsense", "1"], ["--data"], ["stray"], ["--workers", "x"],
                 ["--accept-tcb", "Revoked"], ["--tls-cert", "a.pem"],
                 ["--listen", "0.0.0.0:0", "--url", "http://a.example"],
                 ["--config", data("absent.yaml")]]:
        code, out, err = run(*args)
        assert code == 64 and not out and err.startswith("avowd: "), (args, code, out, err)


# --- start ------------------------------------------------------------------------------

def is_ready_in_one_line():
    with avowd("one") as s:
        assert s.line == f"ready: http://127.0.0.1:{port(s)}", s.line
        with Connection(port(s)) as c:
            assert c.ask(get("/livez")).status in (200, 204)
        assert s.stop(signal.SIGINT) == (0, "")
        assert s.records("stopped")[0]["how"] == "drained"
    mode = os.stat(data("one")).st_mode & 0o777
    assert mode == 0o700, oct(mode)


def says_why_it_cannot_start():
    with avowd("taken") as s:
        code, out, err = run("--data", data("other"), "--listen", f"127.0.0.1:{port(s)}")
        record = json.loads(err.splitlines()[-1])
        assert (code, out) == (1, "") and record["event"] == "cannot_start"
        assert record["error"] == "http_listen", record
        code, out, err = run("--data", data("taken"), "--listen", "127.0.0.1:0")
        assert (code, out) == (1, "") and "data_in_use" in err
    with open(data("bad.pem"), "w") as f:
        f.write("no certificate")
    code, out, err = run("--data", data("other"), "--listen", "127.0.0.1:0",
                         "--tls-cert", data("bad.pem"), "--tls-key", data("bad.pem"))
    told = [line for line in out.splitlines() if not line.startswith("management token: ")]
    assert (code, told) == (1, []) and "http_tls" in err, err


def speaks_tls_with_a_certificate_to_pin():
    for url in ["https://127.0.0.1", None]:  # made at first, the same afterwards
        with avowd("tls", "--tls", "always") as s:
            assert s.line == f"ready: https://127.0.0.1:{port(s)}", s.line
            pin = os.path.join(data("tls"), "tls", "127.0.0.1.cert.pem")
            context = ssl.create_default_context(cafile=pin)
            raw = socket.create_connection(("127.0.0.1", port(s)), PATIENCE)
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as sock:
                assert sock.version() == "TLSv1.3"
            with open(pin) as f:
                text = f.read()
        if url:
            first = text
    assert first == text
    key = os.path.join(data("tls"), "tls", "127.0.0.1.key.pem")
    assert os.stat(key).st_mode & 0o777 == 0o600


# --- SIGHUP -------------------------------------------------------------------------------

def takes_a_renewed_certificate():
    cert, key = certificate("live", "first")
    with avowd("hup", "--tls-cert", cert, "--tls-key", key) as s:
        assert common_name(port(s)) == "first"
        certificate("live", "second")
        s.signal(signal.SIGHUP)
        wait_for_record(s, "reloaded")
        assert common_name(port(s)) == "second"
        os.truncate(key, 0)
        s.signal(signal.SIGHUP)
        assert wait_for_record(s, "reload_failed")["error"] == "http_tls"
        assert common_name(port(s)) == "second"


def says_what_needs_a_restart():
    config = data("c.yaml")
    with open(config, "w") as f:
        f.write("workers: 1\nidle_deadline: 60s\n")
    with avowd("restart", "--config", config) as s:
        with open(config, "w") as f:
            f.write("workers: 2\nidle_deadline: 50s\n")
        s.signal(signal.SIGHUP)
        wait_for_record(s, "reloaded")
        assert {r["setting"] for r in s.records("needs_restart")} == {"workers", "idle_deadline"}
        with open(config, "w") as f:
            f.write("workers: many\n")
        s.signal(signal.SIGHUP)
        assert wait_for_record(s, "reload_failed")["error"] == "config_value"
        with Connection(port(s)) as c:
            assert c.ask(get("/livez")).status in (200, 204)


# --- a log that nobody reads ------------------------------------------------------------------

def serves_on_when_its_log_is_not_read():
    p = subprocess.Popen([AVOWD, "--data", data("log"), "--listen", "127.0.0.1:0"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        line = p.stdout.readline().decode()
        if line.startswith("management token: "):
            line = p.stdout.readline().decode()
        number = int(line.rsplit(":", 1)[1])
        with Connection(number) as c:
            for _ in range(40):  # 4000 records: more than pipe and buffer hold
                c.send(get("/nowhere") * 100)
                for _ in range(100):
                    assert c.answer().status == 404
        lines, told = [], threading.Event()

        def read():
            for x in p.stderr:
                lines.append(x)
                if b"log_dropped" in x:
                    told.set()

        reader = threading.Thread(target=read)
        reader.start()
        # A reader that is still behind would make "stopping" one of the dropped lines.
        assert told.wait(PATIENCE)
        p.terminate()
        assert p.wait(PATIENCE) == 0
        reader.join(PATIENCE)
        events = [json.loads(x) for x in lines]
        dropped = sum(e["lines"] for e in events if e["event"] == "log_dropped")
        assert dropped > 0
        assert dropped + sum(e["event"] == "request" for e in events) == 4000
    finally:
        if p.poll() is None:
            p.kill()
        p.stdout.close()
        p.stderr.close()


CASES = [
    tells_version_and_help, checks_and_prints_the_configuration,
    checks_the_files_that_it_would_read, refuses_wrong_flags_with_64,
    is_ready_in_one_line, says_why_it_cannot_start, speaks_tls_with_a_certificate_to_pin,
    takes_a_renewed_certificate, says_what_needs_a_restart, serves_on_when_its_log_is_not_read,
]

if __name__ == "__main__":
    code = tap.run(CASES)
    shutil.rmtree(HOME, ignore_errors=True)
    raise SystemExit(code)
