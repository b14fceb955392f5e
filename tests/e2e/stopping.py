"""The end of avowd: it waits for nobody who does not answer. Each case asserts an
order, not a time: the peer lets go only after avowd has ended, and its own deadlines
are so far away that they cannot be what ended it."""
import contextlib
import os
import signal
import socket
import tempfile
import threading

from avowtest import Service, Tap, b64u, forge

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
                if b"\r\n\r\n" in c.recv(65536):
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


tap.run()
