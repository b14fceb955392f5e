"""kill -9 while clients set policies: what was acknowledged is there, nothing is half made.

Four clients set policies of four types, each as fast as it is answered. avowd is
killed at a moment that depends on how many answers came, not on a clock. Then the
store is read: every acknowledged text is a version; what is beyond is at most the
one that was in flight; versions have no holes; each has its record, and the
records form a chain. After the restart the service says the same.
"""
import http.client
import json
import os
import signal
import sqlite3
import threading

from avowtest import Service, claims_of, unb64u, unsigned

TYPES = ("SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm")
POLICY = 'version= 1.0;authorizationrules{{=> permit();}};issuancerules{{=> issue(type="n", value="{}");}};'


class Client(threading.Thread):
    """Sets one type's policy until it is not answered any more."""

    def __init__(self, drill, service, kind, turn):
        super().__init__()
        self.drill, self.service, self.kind, self.turn = drill, service, kind, turn
        self.acknowledged, self.in_flight, self.wrong = [], None, None

    def run(self):
        for n in range(1000000):
            text = POLICY.format(f"{self.turn} {n}")
            self.in_flight = text
            try:
                status, _, answer = self.service.manage("PUT", "/policies/" + self.kind, unsigned(text))
            except (OSError, http.client.HTTPException, ValueError):
                return  # killed in the middle of it
            if status != 200:
                self.wrong = (status, answer)
                self.drill.told.release()
                return
            self.acknowledged.append(text)
            self.in_flight = None
            self.drill.told.release()


class Drill:
    def __init__(self, data, rng, flags=()):
        self.data, self.rng, self.flags = data, rng, flags
        self.token = None
        self.in_force = {kind: [None] for kind in TYPES}
        self.expected = {kind: [] for kind in TYPES}
        self.told = None

    def start(self):
        s = Service(*self.flags, data=self.data)
        if self.token:
            s.first_lines.insert(0, "management token: " + self.token)
        self.token = s.token
        return s

    def look(self, service):
        """What the service says is one of the texts that it may say."""
        for kind in TYPES:
            status, _, answer = service.manage("GET", "/policies/" + kind)
            assert status == 200, answer
            payload = unb64u(claims_of(answer["token"])["x-ms-policy"].split(".")[1])
            text = unb64u(json.loads(payload)["AttestationPolicy"]).decode()
            assert self.in_force[kind] == [None] or text in self.in_force[kind], (kind, text, self.in_force[kind])

    def turn(self, n, how=signal.SIGKILL):
        """One life of avowd and its end; how many changes it acknowledged."""
        service = self.start()
        self.look(service)
        self.told = threading.Semaphore(0)
        clients = [Client(self, service, kind, n) for kind in TYPES]
        for c in clients:
            c.start()
        for _ in range(self.rng.randint(1, 30)):
            assert self.told.acquire(timeout=120), "nothing is acknowledged"
        status = service.stop(how)
        assert how == signal.SIGKILL or status == 0, (status, service.logs())
        for c in clients:
            c.join(120)
            assert not c.is_alive() and c.wrong is None, c.wrong
        for c in clients:
            self.expected[c.kind] += c.acknowledged
            may_be = ([c.acknowledged[-1]] if c.acknowledged else self.in_force[c.kind]) + [c.in_flight]
            self.in_force[c.kind] = [t for t in may_be if t] or [None]
        self.check_store(clients)
        return sum(len(c.acknowledged) for c in clients)

    def check_store(self, clients):
        db = sqlite3.connect(os.path.join(self.data, "data", "avow.db"), timeout=60)
        try:
            assert db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            rows = db.execute("SELECT type, version, text FROM policy ORDER BY type, version").fetchall()
            done = db.execute("SELECT target, COUNT(*) FROM audit WHERE action = 'policy.set' AND outcome = 'done'"
                              " GROUP BY target").fetchall()
            chain = db.execute("SELECT seq, previous, hash FROM audit ORDER BY seq").fetchall()
        finally:
            db.close()
        for c in clients:
            texts = [t for kind, _, t in rows if kind == c.kind]
            assert [v for kind, v, _ in rows if kind == c.kind] == list(range(1, len(texts) + 1)), "a hole"
            if len(texts) == len(self.expected[c.kind]) + 1:
                assert texts[-1] == c.in_flight, "what was never sent is there"
                self.expected[c.kind].append(c.in_flight)  # it was made, and nobody was told
                self.in_force[c.kind] = [c.in_flight]
            assert texts == self.expected[c.kind], (c.kind, len(texts), len(self.expected[c.kind]))
            assert dict(done).get(c.kind, 0) == len(texts), "a change without its record"
        assert [r[0] for r in chain] == list(range(1, len(chain) + 1))
        assert all(a[2] == b[1] for a, b in zip(chain, chain[1:])), "the records' chain is broken"

    def run(self, kills, report=None):
        total = 0
        for n in range(kills):
            total += self.turn(n)
            if report:
                report(n + 1, total)
        with self.start() as service:
            self.look(service)
        return total
