"""Everything at once, and nothing may fail: attestations at the instance and at
providers that come and go, policy sets, changes and deletions of providers, calls of
nobody, while keys rotate and avowd is reloaded. At the end every acknowledged change
has one record, the records form a chain, and memory has not grown without end.

Bounded by rounds, not by a clock. `make soak` runs many of them; against a build with
-Db_sanitize=thread it looks for races.
"""
import json
import os
import random
import re
import signal
import sqlite3
import threading

from avowtest import Service, avow, header_of, unsigned

V = "?api-version=2022-08-01"
ARM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Attestation/attestationProviders/"
ARM_V = "?api-version=2021-06-01"
PERMIT = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"
MOST_MEMORY_MIB = 256  # beyond what a quarter of the rounds has taken


class Drill:
    def __init__(self, data, flags, quote, rounds):
        """flags make the service take that quote; a round is one call, or few, of each client."""
        self.service = Service(*flags, data=data)
        self.data, self.quote, self.rounds = data, quote, rounds
        self.lock = threading.Lock()
        self.wrong, self.done = [], {}
        self.busy = 0
        self.all_done = threading.Event()

    def ask(self, method, path, allowed, body=None, token=True, what=None):
        """A call whose status is one of those; what: counted when it is below 300."""
        headers = {"Authorization": "Bearer " + self.service.token} if token else {}
        status, answer_headers, text = self.service.request(method, path, body, headers, timeout=300)
        with self.lock:
            if status not in allowed:
                self.wrong.append((method, path, status, text[:300]))
            elif what and status < 300 and status != 204:
                self.done[what] = self.done.get(what, 0) + 1
        return status, answer_headers, text

    # --- clients: a call or few of each round ---------------------------------------------

    def attest(self, n):
        status, _, text = self.ask("POST", "/attest/SgxEnclave" + V, (200,), {"quote": self.quote})
        if status == 200:
            keys = json.loads(self.ask("GET", "/certs", (200,))[2])["keys"]
            kid = header_of(json.loads(text)["token"])["kid"]
            if kid not in [k["kid"] for k in keys]:
                self.wrong.append(("kid", kid, n))

    def set_policy(self, n):
        kind = "OpenEnclave" if n % 2 else "SgxEnclave"
        self.ask("PUT", f"/policies/{kind}{V}", (200,), unsigned(PERMIT + f"// {n}"), what="policy.set")

    def come_and_go(self, n):
        name = f"t-{random.randrange(3)}"
        # others make, change and delete the same ones
        self.ask("PUT", ARM + name + ARM_V, (200, 201, 404), {"location": "here", "properties": {}})
        self.ask("PATCH", ARM + name + ARM_V, (200, 404), {"tags": {"n": str(n)}})
        self.ask("POST", f"/providers/{name}/attest/SgxEnclave{V}", (200, 404), {"quote": self.quote})
        self.ask("DELETE", ARM + name + ARM_V, (200, 204), what="provider.delete")

    def look(self, n):
        for path in ("/metrics", "/readyz", "/audit" + V + "&$top=3", "/policies/SgxEnclave" + V, "/machines" + V):
            self.ask("GET", path, (200,))
        self.ask("PUT", "/policies/SgxEnclave" + V, (401,), unsigned(PERMIT), token=False)
        self.ask("PUT", "/policies/SgxEnclave" + V, (400,), "no jwt")

    # --- the whole ------------------------------------------------------------------------

    def client(self, call):
        try:
            for n in range(self.rounds):
                call(n)
        except Exception as e:  # an answer that never came is a fault, too
            self.wrong.append((call.__name__, repr(e)))
        finally:
            with self.lock:
                self.busy -= 1
                if not self.busy:
                    self.all_done.set()

    def rss_mib(self):
        with open(f"/proc/{self.service.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def shake(self):
        """Reloads and rotations until the clients are done; the memory that was seen."""
        seen = []
        while not self.all_done.wait(0.3):
            self.service.process.send_signal(signal.SIGHUP)
            avow("keys", "rotate", "--data", os.path.join(self.data, "data"), "--now")
            seen.append(self.rss_mib())
        return seen + [self.rss_mib()]

    def run(self):
        """How many changes were acknowledged; AssertionError says what was wrong."""
        calls = [self.attest, self.attest, self.set_policy, self.set_policy, self.come_and_go, self.come_and_go, self.look]
        self.busy = len(calls)
        threads = [threading.Thread(target=self.client, args=(c,)) for c in calls]
        for t in threads:
            t.start()
        rss = self.shake()
        for t in threads:
            t.join()
        status = self.service.stop()
        assert not self.wrong, self.wrong[:5]
        assert status == 0, (status, self.service.logs()[-3000:])
        assert rss[-1] < rss[len(rss) // 4] + MOST_MEMORY_MIB, rss
        self.check_records()
        return sum(self.done.values())

    def check_records(self):
        status, out, err = avow("audit", "verify", "--data", os.path.join(self.data, "data"))
        assert status == 0, (out, err)
        db = sqlite3.connect(os.path.join(self.data, "data", "avow.db"), timeout=60)
        try:
            rows = dict(db.execute("SELECT action, COUNT(*) FROM audit WHERE outcome = 'done' GROUP BY action"))
        finally:
            db.close()
        for action, n in self.done.items():
            assert rows.get(action) == n, (action, n, rows)
