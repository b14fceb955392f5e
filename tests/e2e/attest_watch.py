"""avow attest --watch: a machine that attests again and again, as systemd would run it.
Nothing here waits for time to pass: signals ask for the next attestation, and the
datagrams of sd_notify tell that it is done."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from avowtest import AVOW, Service, Tap, avow, claims_of, wait_for
from tpm_machine import Machine, read, write

tap = Tap()
HOME = tempfile.mkdtemp()
POLICY = 'version= 1.2; authorizationrules{ [type=="aikValidated", value==true] => permit(); }; issuancerules{};'
SOON = 60  # seconds until a test gives up on an event


class Watch:
    """The command, with a service manager that listens."""

    def __init__(self, m, url, *args, token=None, stdout=subprocess.DEVNULL, abstract=False, **env):
        self.dir = tempfile.mkdtemp(dir=HOME)
        name = os.path.join(self.dir, "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind("\0" + name if abstract else name)
        self.manager.settimeout(SOON)
        self.err = open(os.path.join(self.dir, "err"), "w+b")
        log = write(m.path("boot.log"), m.log())
        self.process = subprocess.Popen(
            [AVOW, "attest", "tpm", "--watch", "--tcti", m.env["TPM2TOOLS_TCTI"], "--log", "TCG:" + log, *args],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.err,
            env={**os.environ, "AVOW_SERVER": url, "NOTIFY_SOCKET": "@" + name if abstract else name,
                 **({"AVOW_TOKEN": token} if token else {}), **env})

    def told(self):
        """The next datagram that is no mere heartbeat, as a dictionary."""
        while True:
            d = dict(line.split("=", 1) for line in self.manager.recv(4096).decode().splitlines())
            if set(d) != {"WATCHDOG"}:
                return d

    def again(self):
        self.process.send_signal(signal.SIGHUP)
        return self.told()

    def until(self, start):
        """Ask anew, until that is its status. A slow machine may have tried by itself
        before it was asked, and told of what was then."""
        self.process.send_signal(signal.SIGHUP)
        while True:
            d = self.told()
            if d["STATUS"].startswith(start):
                return d

    def errors(self):
        return read(self.err.name).decode()

    def stop(self):
        """The exit status after SIGTERM."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(SOON)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.manager.close()
        self.err.close()


def jti(path):
    return claims_of(read(path).decode())["jti"]


@tap.case()
def a_machine_is_followed_until_it_is_tampered_with():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        out = m.path("token")
        with Watch(m, s.url, "--every", "1d", "--out", out, token=s.token) as w:
            d = w.told()
            assert d["READY"] == "1" and d["STATUS"].startswith("attested; again in "), d
            assert 86400 * 0.9 - 1 <= int(d["STATUS"].split()[-2]) <= 86400, d
            first = jti(out)
            assert os.stat(out).st_mode & 0o777 == 0o600
            d = w.again()
            assert "READY" not in d and d["STATUS"].startswith("attested") and d["WATCHDOG"] == "1", d
            second = jti(out)
            assert second != first
            # a measurement that no log explains
            m.tool("tpm2_pcrextend", "4:sha256=" + "11" * 32)
            d = w.again()
            assert d["STATUS"].startswith("refused: eventlog_quote: "), d
            assert not os.path.exists(out), "the old token is no answer to this state"
            assert "PCR 4, SHA256" in w.errors()
            assert w.again()["STATUS"].startswith("refused"), "it keeps going"
            assert w.stop() == 0
            assert w.told() == {"STOPPING": "1"}

        def followed():
            """The service's own record of this machine, which is written behind its answers."""
            machines = s.manage("GET", "/machines")[2]["machines"]
            return [(x.get("attestations"), x.get("failing"), x.get("failures")) for x in machines] == [(4, "eventlog_quote", 2)]

        wait_for(followed)
        with Watch(m, s.url, "--stop-on-refusal", "--out", out, token=s.token, abstract=True) as w:
            d = w.told()
            assert d["READY"] == "1" and d["STATUS"].startswith("refused: eventlog_quote") and "again" not in d["STATUS"], d
            assert w.told() == {"STOPPING": "1"} and w.process.wait(SOON) == 1


@tap.case()
def an_outage_leaves_the_token_and_tries_earlier():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        out, access = m.path("token"), write(m.path("access"), s.token)
        with Watch(m, s.url, "--every", "1d", "--out", out, "--token-file", access, WATCHDOG_USEC="3600000000") as w:
            assert w.told()["STATUS"].startswith("attested")
            first = jti(out)
            # the access token is read anew each time, and its end is not the machine's fault
            write(access, "another")
            d = w.until("the caller is refused: unauthorized: ")
            assert jti(out) == first and int(d["STATUS"].split()[-2]) < 3600, d
            os.unlink(access)
            w.until("no answer: file_read: the access token cannot be read")
            assert jti(out) == first
            write(access, s.token)
            w.until("attested; again in ")
            second = jti(out)
            assert second != first
            s.stop()
            d = w.until("no answer: net_connect: ")
            assert jti(out) == second and int(d["STATUS"].split()[-2]) < 3600, d
            assert w.stop() == 0


@tap.case()
def tokens_come_by_themselves():
    with Machine() as m, Service("--trust-anchor", m.anchors()) as s:
        s.set_policy("Tpm", POLICY)
        m.boot()
        with Watch(m, s.url, "--every", "1s", token=s.token, stdout=subprocess.PIPE, NOTIFY_SOCKET="nowhere") as w:
            tokens = [w.process.stdout.readline().decode() for _ in range(3)]
            assert len({claims_of(t)["jti"] for t in tokens}) == 3
            assert w.stop() == 0
        # a token that cannot be written is no success
        with Watch(m, s.url, "--out", m.path("no/such/folder"), token=s.token) as w:
            d = w.told()
            assert d["STATUS"].startswith("attested, and the token cannot be written; again in "), d
            assert w.stop() == 0 and "no/such/folder" in w.errors()


@tap.case()
def being_told_to_stop_ends_a_request_on_its_way():
    with Machine() as m, contextlib.closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(SOON)
        for how in signal.SIGTERM, signal.SIGINT:
            with Watch(m, f"http://127.0.0.1:{silent.getsockname()[1]}", "--out", m.path("token")) as w:
                connection, _ = silent.accept()
                with connection:
                    assert connection.recv(16), "its request is here, and will not be answered"
                    w.process.send_signal(how)
                    # a request by itself waits for 30 s
                    assert w.process.wait(25) == 0
                    assert w.told() == {"STOPPING": "1"}
                    assert w.errors() == ""


@tap.case()
def wrong_uses_are_64():
    for args in (["tpm", "--watch", "--every", "0"], ["tpm", "--watch", "--every", "x"], ["sgx", os.devnull, "--watch"],
                 ["snp", os.devnull, "--watch"], ["tpm", "--watch", "--token-file", "-"]):
        status, out, _ = avow("attest", *args, "--server", "http://127.0.0.1:1", stdin=b"token")
        assert status == 64 and not out, args


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
