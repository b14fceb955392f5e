"""Machines over time: a real TPM (swtpm) attests again and again, boots something
else, tampers, falls silent; GET /machines, avow machine, and the signed webhook tell."""
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import queue
import threading
import time

from avowtest import Service, Tap, avow
from tpm_machine import Machine, RequestKey, attest, write

tap = Tap()
SECRET = b"a secret of the operator's"
PATIENCE = 60
POLICY = """version= 1.2;
authorizationrules{ [type=="aikValidated", value==true] => permit(); };
issuancerules{};
"""
DENY = POLICY.replace("value==true", "value==false")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.got.put((status, self.headers.get("X-Avow-Signature"), body))

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver(*answers):
    """A webhook; `got` is what arrived, in order."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.answers, server.got, server.lock = list(answers), queue.Queue(), threading.Lock()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def alert(server, status=204):
    """The next post, its signature checked apart from our own code."""
    got, signature, body = server.got.get(timeout=PATIENCE)
    assert got == status
    at, mac = (x.split("=", 1)[1] for x in signature.split(","))
    assert abs(int(at) - time.time()) < 300
    assert hmac.compare_digest(mac, hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest())
    return json.loads(body)


def read(s, path, token=True):
    status, _, text = s.request("GET", path, None, {"Authorization": "Bearer " + s.token} if token else None)
    return status, json.loads(text)


def machine(*args, s):
    path = os.path.join(s.data, "token")
    write(path, s.token.encode())
    return avow("machine", *args, "--server", s.url, "--token-file", path)


@tap.case()
def a_machine_is_followed_from_boot_to_boot():
    with Machine() as m, receiver(503) as hook:
        secret = m.path("secret")
        write(secret, SECRET + b"\n")
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca, "--machine-webhook", f"http://127.0.0.1:{hook.server_port}/hook",
                     "--machine-webhook-secret", secret) as s:
            s.set_policy("Tpm", POLICY)
            assert attest(s, m, cert, key) is None
            assert alert(hook, 503)["event"] == "machine_new"
            new = alert(hook)  # again, until it is taken
            assert new["event"] == "machine_new" and new["label"] == "host-1" and new["kind"] == "Tpm", new
            assert new["provider"] == "default" and "changes" not in new
            name = new["machine"]

            # The same boot again is no news; another event in PCR 4 is.
            assert attest(s, m, cert, key) is None
            m.measure(4, 0x0d, b"another loader\0")
            assert attest(s, m, cert, key) is None
            changed = alert(hook)
            assert changed["event"] == "machine_changed" and changed["more"] == 0, changed
            assert [(c["change"], c["pcr"]) for c in changed["changes"]] == [("event_added", 4)], changed

            # A log that hides the event, then a policy that denies, then all is well.
            hidden = m.events.pop()
            assert attest(s, m, cert, key) == "eventlog_quote"
            failing = alert(hook)
            assert (failing["event"], failing["code"]) == ("machine_failing", "eventlog_quote"), failing
            m.events.append(hidden)
            s.set_policy("Tpm", DENY)
            denied = attest(s, m, cert, key)
            failing = alert(hook)
            assert (failing["event"], failing["code"]) == ("machine_failing", denied), failing
            s.set_policy("Tpm", POLICY)
            assert attest(s, m, cert, key) is None
            assert alert(hook)["event"] == "machine_good_again"

            status, answer = read(s, "/machines")
            assert status == 200 and answer["next"] is None and len(answer["machines"]) == 1, answer
            one = answer["machines"][0]
            assert one["id"] == name and one["condition"] == "good" and one["failing"] is None, one
            assert (one["attestations"], one["failures"], one["state"]) == (6, 2, 2), one
            status, one = read(s, "/machines/" + name)
            assert status == 200 and [x["seq"] for x in one["states"]] == [2, 1], one
            status, d = read(s, f"/machines/{name}/diff?from=2&to=1")
            assert status == 200 and d["changes"][0]["change"] == "event_removed", d
            assert "10" not in one["states"][0]["state"]["pcrs"]["SHA256"]

            # Who may not read sees nothing; what is not there is said.
            assert read(s, "/machines", token=False)[0] == 401
            for path, status, code in (("/machines/" + "0" * 64, 404, "machine_unknown"),
                                       (f"/machines/{name}/diff?from=9", 404, "machine_state_unknown"),
                                       ("/machines?max=0", 400, "machine_query"),
                                       ("/machines?max=1001", 400, "machine_query"),
                                       (f"/machines/{name}/diff?to=x", 400, "machine_query")):
                got, error = read(s, path)
                assert (got, error["error"]["innererror"]["code"]) == (status, code), (path, error)
            s.make_provider("other")
            assert read(s, "/providers/other/machines")[1]["machines"] == []
            assert read(s, "/providers/other/machines/" + name)[0] == 404

            # The same for people.
            status, out, err = machine("list", s=s)
            assert status == 0 and out.startswith(name) and "good" in out and "host-1" in out, (out, err)
            status, out, err = machine("show", name, s=s)
            assert status == 0 and "boot state 2" in out, (out, err)
            status, out, err = machine("diff", name, s=s)
            assert status == 1 and out.startswith("PCR 4 has a new event"), (out, err)
            status, out, err = machine("diff", name, "--json", s=s)
            assert status == 1 and json.loads(out)["to"] == 2
            assert machine("show", "ab", s=s)[0] == 1
            for args in ((), ("show",), ("show", "xy"), ("list", name), ("list", "--from", "1"), ("diff", name, "--to", "x")):
                assert machine(*args, s=s)[0] == 64, args
            status, _, text = s.request("GET", "/metrics")
            assert status == 200 and b"avow_machine_reports_total 6\n" in text, text


@tap.case()
def silence_is_told_once_and_so_is_its_end():
    with Machine() as m, receiver() as hook:
        secret = m.path("secret")
        write(secret, SECRET)
        m.boot()
        m.make_ek()
        m.make_ak()
        cert, ca = m.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca, "--machine-webhook", f"http://127.0.0.1:{hook.server_port}/",
                     "--machine-webhook-secret", secret, "--machine-silent-after", "1s") as s:
            s.set_policy("Tpm", POLICY)
            assert attest(s, m, cert, key) is None
            assert alert(hook)["event"] == "machine_new"
            silent = alert(hook)
            assert silent["event"] == "machine_silent" and silent["since"] <= silent["at"], silent
            assert read(s, "/machines")[1]["machines"][0]["condition"] == "silent"
            assert attest(s, m, cert, key) is None
            heard = alert(hook)
            assert heard["event"] == "machine_heard" and heard["machine"] == silent["machine"], heard


@tap.case()
def an_unknown_key_writes_nobody_s_history():
    with Machine() as m, Machine() as other:
        for x in (m, other):
            x.boot()
            x.make_ek()
            x.make_ak()
        cert, ca = m.certify_ak()
        foreign, _ = other.certify_ak()
        key = RequestKey(m.dir)
        with Service("--trust-anchor", ca) as s:
            s.set_policy("Tpm", POLICY)
            assert attest(s, other, foreign, key).startswith("tpm_ak_")
            assert attest(s, other, cert, key) in ("tpm_ak_key", "tpm_signature")
            assert attest(s, m, cert, key) is None
            end = time.monotonic() + PATIENCE
            while not read(s, "/machines")[1]["machines"]:
                assert time.monotonic() < end
                time.sleep(0.05)
            machines = read(s, "/machines")[1]["machines"]
            assert len(machines) == 1 and machines[0]["attestations"] == 1, machines


@tap.case()
def settings_that_cannot_be_are_refused_at_start():
    with receiver() as hook:
        short = os.path.join(os.path.dirname(__file__), "tap.py")
        for args, code in ((["--machine-webhook", "http://alerts.example/x"], "net_url"),
                           (["--machine-webhook", f"http://127.0.0.1:{hook.server_port}",
                             "--machine-webhook-secret", short + ".absent"], "file_read")):
            try:
                with Service(*args):
                    raise RuntimeError("it started")
            except AssertionError as e:
                assert code in str(e), e


tap.run()
