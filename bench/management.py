"""What managing the service costs: durable policy sets beside what the disk gives,
attestations while policies are set, and 100,000 providers that nobody asks for.

The floors are of the same run, on the same file system, in turns with ours:

  durable_commits_per_s  one thread, one transaction a commit, with the rows that a
                         set stores (policy version, provider, generation, audit
                         record), by plain SQLite in a store that avowd made
  row_commits_per_s      the same with one row of 200 bytes
  policy_sets_floor      RSA-2048 signatures a second of all cores (openssl speed):
                         each answer holds a token that was signed for it, and
                         RS256 is what signs unless the operator chooses otherwise

policy_sets_ratio is of durable_commits_per_s, policy_sets_of_floor of the lower of
the two floors; the figures with es256 are of a service whose key is ES256. Server
and load share all cores for sets; for attestations each has one.
"""
import base64
import json
import os
import shutil
import sqlite3
import subprocess
import time

from server import Server, middle

ATTEST, PUT = "/attest/SgxEnclave", "/policies/OpenEnclave"
POLICY = "version= 1.0;authorizationrules{=> permit();};issuancerules{};"
PROVIDERS = 100000
ROUNDS = 3


def b64u(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# --- floors --------------------------------------------------------------------------------

def connect(path):
    """As avowd does it: sqlite.org/pragma.html, synchronous."""
    db = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cell_size_check = ON"):
        db.execute("PRAGMA " + setting)
    return db


def commits(commit, seconds):
    n, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        commit()
        n += 1
    return n / seconds


def insert(db, table, row, changes):
    """The statement for another row like that one, and what fills it."""
    names = [d[0] for d in row.description if d[0] not in changes or changes[d[0]] is not None]
    values = dict(zip([d[0] for d in row.description], row.fetchone()))
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    return lambda **new: db.execute(sql, [new.get(n, values[n]) for n in names]), values


class Commits:
    """A store with one set policy, and the transaction of the next ones."""

    def __init__(self, folder):
        self.db = connect(os.path.join(folder, "data", "avow.db"))
        self.db.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, text TEXT)")
        policy = self.db.execute("SELECT * FROM policy ORDER BY id DESC LIMIT 1")
        audit = self.db.execute("SELECT * FROM audit ORDER BY seq DESC LIMIT 1")
        self.policy, row = insert(self.db, "policy", policy, {"id": None})
        self.audit, record = insert(self.db, "audit", audit, {})
        self.provider, self.version, self.seq = row["provider"], row["version"], record["seq"]

    def set_policy(self):
        self.version += 1
        self.seq += 1
        self.db.execute("BEGIN IMMEDIATE")
        self.policy(version=self.version)
        self.db.execute("UPDATE provider SET change = change + 1 WHERE id = ?", (self.provider,))
        self.db.execute("UPDATE generation SET value = value + 1 WHERE id = 1")
        self.audit(seq=self.seq)
        self.db.execute("COMMIT")

    def add_row(self):
        self.db.execute("INSERT INTO plain (text) VALUES (?)", ("x" * 200,))


def rsa_signs(seconds):
    """By all cores together. openssl speed: "rsa 2048 bits 0.0005s 0.00003s 1971.7 33851.1"."""
    out = subprocess.run(["openssl", "speed", "-seconds", str(seconds), "-multi", str(os.cpu_count()), "rsa2048"],
                         capture_output=True, check=True, text=True).stdout
    return float(out.strip().splitlines()[-1].split()[-2])


# --- policy sets ---------------------------------------------------------------------------

class Bench:
    def __init__(self, build, folder, seconds, body):
        sim = os.path.join(folder, "sim")
        self.build, self.folder, self.seconds, self.body = build, folder, seconds, body
        self.args = ["--collateral", os.path.join(sim, "collateral"), "--trust-anchor",
                     os.path.join(sim, "root.pem"), "--log-level", "warn"]
        self.policy = os.path.join(folder, "policy")
        payload = json.dumps({"AttestationPolicy": b64u(POLICY.encode())}).encode()
        with open(self.policy, "w", encoding="ascii") as f:
            f.write(f"eyJhbGciOiJub25lIn0.{b64u(payload)}.")

    def home(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path)
        return path

    def serve(self, home, core, *args):
        return Server(self.build, home, core, *self.args, *args)

    def sets(self, server, seconds):
        return server.rate(PUT, self.policy, 32, seconds, "PUT", server.token)

    def attest(self, server, seconds):
        return server.rate(ATTEST, self.body, 32, seconds)

    def commits(self):
        home = self.home("commits")
        server = self.serve(home, None)
        server.run(PUT, self.policy, 1, 0, "PUT", server.token)
        server.stop()
        return Commits(home)

    def durable(self):
        """In turns, so that a change of the machine's speed meets all of them."""
        disk = self.commits()
        rsa = self.serve(self.home("rs256"), None)
        ec = self.serve(self.home("es256"), None, "--signing-algorithm", "ES256")
        took = {name: [] for name in ("commits", "rows", "signs", "rs256", "es256")}
        try:
            for _ in range(ROUNDS):
                took["commits"].append(commits(disk.set_policy, self.seconds))
                took["rs256"].append(self.sets(rsa, self.seconds))
                took["signs"].append(rsa_signs(1))
                took["es256"].append(self.sets(ec, self.seconds))
                took["rows"].append(commits(disk.add_row, 1))
        finally:
            rsa.stop()
            ec.stop()
        return took

    def beside(self):
        """Attestations alone, and while two clients set as fast as they are answered."""
        server = self.serve(self.home("beside"), 0)
        alone, under, sets = [], [], []

        def with_sets():
            writer = subprocess.Popen(server.load(PUT, self.policy, 2, self.seconds, "PUT", server.token),
                                      stdout=subprocess.PIPE)
            under.append(self.attest(server, max(1, self.seconds - 2)))
            sets.append(json.loads(writer.communicate()[0])["per_s"])

        def without():
            alone.append(self.attest(server, max(1, self.seconds - 2)))

        try:
            self.attest(server, 1)
            for turn in range(2 * ROUNDS):
                for measure in (with_sets, without) if turn % 2 else (without, with_sets):
                    measure()
        finally:
            server.stop()
        return alone, under, sets

    # --- providers that nobody asks for ---------------------------------------------------

    def many(self, n):
        """A home with n more providers, and the median time that a start there takes."""
        home = self.home(f"providers-{n}")
        self.serve(home, 0).stop()
        add_providers(home, n)
        starts = []
        for _ in range(5):
            server = self.serve(home, 0)
            starts.append(server.start_ms)
            server.stop()
        return home, middle(starts)

    def providers(self):
        """Two services side by side; the load goes from one to the other and back."""
        homes = [self.many(n) for n in (0, PROVIDERS)]
        servers = [self.serve(home, 0) for home, _ in homes]
        ratios = []
        try:
            for server in servers:
                self.attest(server, 1)
            for turn in range(4 * ROUNDS):
                order = (0, 1) if turn % 2 else (1, 0)
                rates = {i: self.attest(servers[i], 1) for i in order}
                ratios.append(rates[1] / rates[0])
            rss = [server.rss_mib() for server in servers]
        finally:
            for server in servers:
                server.stop()
        return {"start_ms": round(homes[1][1], 1), "start_ms_of_2": round(homes[0][1], 1),
                "rss_mib": round(rss[1], 1), "rss_mib_of_2": round(rss[0], 1),
                "attest_ratio": round((sorted(ratios)[5] + sorted(ratios)[6]) / 2, 3)}


def add_providers(home, n):
    db = sqlite3.connect(os.path.join(home, "data", "avow.db"))
    with db:
        db.executemany("INSERT INTO provider (name, url, created_s, change) VALUES (?, ?, 1, 1)",
                       ((f"tenant-{i}", f"https://tenants.example/{i}") for i in range(n)))
        db.execute("UPDATE generation SET value = value + 1")
    db.close()


def ratio(above, below):
    return round(middle([a / b for a, b in zip(above, below)]), 3)


def run(build, folder, seconds, body):
    """folder holds sim/, made by `avow forge sgx`; body is an attestation of it."""
    bench = Bench(build, folder, seconds, body)
    took = bench.durable()
    floors = [min(a, b) for a, b in zip(took["commits"], took["signs"])]
    alone, under, sets = bench.beside()
    return {"durable_commits_per_s": round(middle(took["commits"]), 1),
            "row_commits_per_s": round(middle(took["rows"]), 1),
            "policy_sets_floor": round(middle(took["signs"]), 1),
            "policy_sets_per_s": middle(took["rs256"]),
            "policy_sets_ratio": ratio(took["rs256"], took["commits"]),
            "policy_sets_of_floor": ratio(took["rs256"], floors),
            "policy_sets_es256_per_s": middle(took["es256"]),
            "policy_sets_es256_ratio": ratio(took["es256"], took["commits"]),
            "attest_per_s": middle(alone), "attest_under_sets_per_s": middle(under),
            "sets_meanwhile_per_s": middle(sets), "attest_under_sets_ratio": ratio(under, alone),
            "providers_100k": bench.providers()}
