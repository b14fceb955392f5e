"""The end of avowd: it waits for nobody who does not answer. Each case asserts an
order, not a time: the peer lets go only after avowd has ended."""
import contextlib
import os
import signal
import socket
import tempfile
import threading

from avowtest import Service, Tap, b64u, forge
from tpm_machine import Machine, RequestKey, attest

tap = Tap()
GUARD = 120  # seconds; far below the deadlines that the cases set


class Silent:
    """Takes connections, reads what comes, and answers nothing until let go."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = threading.Event()
        self.order = []
        self.connections = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):  # the listener is shut down at the end
            while True:
                c, _ = self.listener.accept()
                self.connections.append(c)
                c.settimeout(GUARD)
                head = more = c.recv(65536)
                while more and b"\r\n\r\n" not in head:
                    more = c.recv(65536)
                    head += more
                self.order.append("asked")
                self.asked.set()

    def let_go(self):
        self.order.append("let go")
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for c in self.connections:
            c.close()
        self.listener.close()


def ask(s, quote, answers):
    """A request that waits for collateral; how it ends is not this test's matter."""
    with contextlib.suppress(OSError):
        answers.append(s.request("POST", "/attest/SgxEnclave?api-version=2022-08-01", quote, timeout=GUARD)[0])


@tap.case()
def a_source_that_hangs_holds_up_no_stop():
    """Source, wait and drain have minutes: none of them can be what ended it."""
    peer = Silent()
    answers = []
    try:
        with tempfile.TemporaryDirectory(prefix="avow-stop-") as d:
            sgx = forge(os.path.join(d, "sgx"))
            with open(os.path.join(sgx, "quote.bin"), "rb") as f:
                quote = {"quote": b64u(f.read())}
            with Service("--trust-anchor", os.path.join(sgx, "root.pem"), "--intel-pcs", peer.url,
                         "--fetch-timeout", "5m", "--fetch-wait", "5m", "--drain-deadline", "5m") as s:
                client = threading.Thread(target=ask, args=(s, quote, answers))
                client.start()
                assert peer.asked.wait(GUARD), s.logs()
                s.process.send_signal(signal.SIGTERM)
                status = s.process.wait(GUARD)
                peer.order.append("ended")
                client.join()
                assert status == 0, s.logs()
                assert answers == [503], answers  # told to come back, not cut off
                # a source that was not waited for has not failed
                assert '"event":"collateral.fetch"' not in s.logs("stopped"), s.logs()
    finally:
        peer.let_go()
    assert peer.order[0] == "asked" and peer.order[-2:] == ["ended", "let go"], peer.order


@tap.case()
def a_webhook_that_hangs_holds_up_no_stop():
    peer = Silent()
    try:
        with Machine() as m:
            m.boot()
            m.make_ek()
            m.make_ak()
            cert, ca = m.certify_ak()
            with Service("--trust-anchor", ca, "--machine-webhook", peer.url + "/hook", "--drain-deadline", "5m") as s:
                s.set_policy("Tpm", 'version= 1.2;authorizationrules{=> permit();};issuancerules{};')
                assert attest(s, m, cert, RequestKey(m.dir)) is None
                assert peer.asked.wait(GUARD), s.logs()
                s.process.send_signal(signal.SIGTERM)
                status = s.process.wait(GUARD)
                peer.order.append("ended")
                assert status == 0 and '"event":"alert_undelivered"' in s.logs("stopped"), s.logs()
    finally:
        peer.let_go()
    assert peer.order[0] == "asked" and peer.order[-2:] == ["ended", "let go"], peer.order


tap.run()
