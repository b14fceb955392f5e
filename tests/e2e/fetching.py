"""Collateral that is fetched: avowd against a source that is good, down, slow,
rate-limited, and malicious. What holds in every case: one fetch a document, and
nothing is believed or stored that does not verify."""
import concurrent.futures
import json
import os
import sqlite3
import tempfile
import time

from avowtest import Service, Tap, avow, b64u, claims_of, forge
from mock_sources import Sources

tap = Tap()
MANY = int(os.environ.get("AVOW_FETCH_REQUESTS", "200"))
TCB, QE, PCK_CRL, ROOT_CRL = "/v4/tcb?", "/qe/identity", "/pckcrl", "/rootcacrl"
EACH = (TCB, QE, PCK_CRL, ROOT_CRL)


class World:
    """A forged platform, and a source that knows its collateral."""

    def __init__(self, snp=False, args=(), snp_args=()):
        self.dir = tempfile.TemporaryDirectory(prefix="avow-fetch-")
        self.sgx = forge(os.path.join(self.dir.name, "sgx"), *args)
        self.snp = None
        if snp:
            self.snp = os.path.join(self.dir.name, "snp")
            status, out, err = avow("forge", "snp", "--out", self.snp, *snp_args)
            assert status == 0, (out, err)
        self.data = os.path.join(self.dir.name, "avowd")
        os.mkdir(self.data)
        self.sources = Sources(self.sgx, self.snp)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.sources.__exit__()
        self.dir.cleanup()

    def service(self, *args, intel=True, amd=True):
        more = ["--trust-anchor", os.path.join(self.sgx, "root.pem"), "--fetch-timeout", "60s"]
        if self.snp:
            more += ["--trust-anchor", os.path.join(self.snp, "root.pem")]
        if intel:
            more += ["--intel-pcs", self.sources.url]
        if amd and self.snp:
            more += ["--amd-kds", self.sources.url]
        return Service(*more, *args, data=self.data)

    def quote(self, name="quote.bin"):
        with open(os.path.join(self.sgx, name), "rb") as f:
            return {"quote": b64u(f.read())}

    def ark(self):
        """Its certificate, which a list is verified under; root.pem is the key alone."""
        with open(os.path.join(self.snp, "cert_chain.pem"), encoding="ascii") as f:
            last = f.read().split("-----BEGIN")[-1]
        path = os.path.join(self.dir.name, "ark.pem")
        with open(path, "w", encoding="ascii") as f:
            f.write("-----BEGIN" + last)
        return path

    def whole_report(self):
        """As Azure's guests send it: with its certificates."""
        with open(os.path.join(self.snp, "request.json"), "rb") as f:
            return {"report": b64u(f.read())}

    def report(self):
        with open(os.path.join(self.snp, "report.bin"), "rb") as f:
            report = f.read()
        return {"report": b64u(json.dumps({"SnpReport": b64u(report)}).encode())}

    def stored(self):
        db = sqlite3.connect(os.path.join(self.data, "data", "avow.db"), timeout=30)
        try:
            return sorted(r[0] for r in db.execute("SELECT name FROM collateral"))
        finally:
            db.close()


def inner(answer):
    return answer["error"]["innererror"]


def refused(world, s, code):
    """503 with that code; the answer."""
    status, headers, text = s.request("POST", "/attest/SgxEnclave?api-version=2022-08-01", world.quote())
    answer = json.loads(text)
    assert status == 503, (status, answer)
    assert inner(answer)["code"] == code, answer
    assert int(headers["Retry-After"]) >= 1, headers
    return answer, int(headers["Retry-After"])


@tap.case()
def nothing_is_fetched_unless_a_source_is_configured():
    with World() as w, w.service(intel=False) as s:
        refused(w, s, "crl_absent")
        assert w.sources.counts() == {}


@tap.case()
def what_a_quote_lacks_is_fetched_and_stored():
    with World() as w, w.service() as s:
        status, answer = s.attest("SgxEnclave", w.quote())
        assert status == 200, (answer, s.logs())
        assert claims_of(answer["token"])["x-ms-attestation-type"] == "sgx"
        for part in EACH:
            assert w.sources.count(part) == 1, w.sources.counts()
        assert w.sources.count("update=standard") == 2, w.sources.counts()
        metrics = s.request("GET", "/metrics")[2].decode().splitlines()
        assert "avow_collateral_fetched_total 4" in metrics, metrics
        names = w.stored()
        assert len(names) == 4 and "intel/crl/root" in names and "intel/sgx/qe" in names, names


@tap.case()
def many_requests_at_a_cold_start_cause_one_fetch_a_document():
    with World() as w, w.service("--fetch-wait", "5m") as s:
        w.sources.gate.clear()
        body = w.quote()
        with concurrent.futures.ThreadPoolExecutor(min(MANY, 250)) as pool:
            jobs = [pool.submit(s.attest, "SgxEnclave", body) for _ in range(MANY)]
            # the source answers once it was asked; by then requests wait
            while not w.sources.counts():
                time.sleep(0.01)
            w.sources.gate.set()
            answers = [j.result() for j in jobs]
        assert [a[0] for a in answers] == [200] * MANY, [a for a in answers if a[0] != 200][:3]
        assert all(n == 1 for n in w.sources.counts().values()), w.sources.counts()
        assert len(w.sources.counts()) == 4, w.sources.counts()


@tap.case()
def what_was_stored_serves_while_the_source_is_down():
    with World() as w:
        with w.service() as s:
            assert s.attest("SgxEnclave", w.quote())[0] == 200
        w.sources.behave("/", Sources.status(503))
        before = len(w.sources.asked)
        with w.service() as s:
            status, answer = s.attest("SgxEnclave", w.quote())
            assert status == 200, answer
        assert len(w.sources.asked) == before, w.sources.counts()
        # and with no source at all
        with w.service(intel=False) as s:
            assert s.attest("SgxEnclave", w.quote())[0] == 200


@tap.case()
def the_forms_in_which_a_pccs_serves_crls_are_taken():
    with World() as w, w.service() as s:
        w.sources.behave(PCK_CRL, Sources.as_hex())
        w.sources.behave(TCB, Sources.typed("text/html"))
        assert s.attest("SgxEnclave", w.quote())[0] == 200


@tap.case()
def an_early_channel_is_asked_for_by_its_name():
    with World() as w, w.service("--intel-update", "early") as s:
        status, answer = s.attest("SgxEnclave", w.quote())
        assert status == 200, answer
        assert w.sources.count("update=early") == 2, w.sources.counts()
        assert any(n.endswith("/early") for n in w.stored()), w.stored()


@tap.case()
def a_bad_document_is_neither_believed_nor_stored():
    other = tempfile.TemporaryDirectory(prefix="avow-fetch-")
    with other, World() as w:
        forge(os.path.join(other.name, "sgx"))
        with open(os.path.join(other.name, "sgx", "collateral", "tcbinfo.json"), "rb") as f:
            foreign = f.read()
        acts = {
            "flipped": Sources.flipped(),
            "of another PKI": Sources.instead(foreign),
            "no JSON": Sources.instead(b"hello"),
            "truncated": Sources.truncated(),
            "huge": Sources.huge(1 << 20),
            "without its chain": Sources.without_chain(),
            "empty": Sources.instead(b""),
            "redirected": Sources.redirect(w.sources.url + "/elsewhere"),
        }
        for name, act in acts.items():
            w.sources.behave_well()
            w.sources.behave(TCB, act)
            w.data = os.path.join(w.dir.name, name.replace(" ", "-"))
            os.mkdir(w.data)
            with w.service("--fetch-wait", "1m") as s:
                answer, _ = refused(w, s, "tcb_info_absent")
                assert not any("/tcb/" in n for n in w.stored()), (name, w.stored())
        assert w.sources.count("/elsewhere") == 0


@tap.case()
def a_source_that_is_busy_is_left_alone():
    with World() as w, w.service() as s:
        w.sources.behave("/", Sources.status(429, {"Retry-After": "900"}))
        _, after = refused(w, s, "crl_absent")
        asked = len(w.sources.asked)
        for _ in range(30):
            answer, after = refused(w, s, "crl_absent")
            assert "fetch_busy" in inner(answer)["message"] or after > 1, answer
        # each document's own first question at most, and no storm behind it
        assert asked <= 8 and len(w.sources.asked) <= 8, w.sources.counts()
        assert after > 60, after
        assert w.stored() == []


@tap.case()
def a_short_busy_time_is_waited_for():
    with World() as w, w.service("--fetch-wait", "30s") as s:
        w.sources.behave(TCB, Sources.status(429, {"Retry-After": "1"}))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(s.attest, "SgxEnclave", w.quote())
            while w.sources.count(TCB) == 0:
                time.sleep(0.01)
            w.sources.behave_well()
            status, answer = job.result()
        # a request whose source answers soon is answered; one that was told to
        # come back finds the document then
        if status != 200:
            assert status == 503, answer
            end = time.monotonic() + 60
            while s.attest("SgxEnclave", w.quote())[0] != 200:
                assert time.monotonic() < end, s.logs()
                time.sleep(0.2)
        assert w.sources.count(TCB) <= 8, w.sources.counts()


@tap.case()
def a_slow_source_gives_503_and_later_the_token():
    with World() as w, w.service("--fetch-wait", "1s") as s:
        w.sources.gate.clear()
        refused(w, s, "crl_absent")
        w.sources.gate.set()
        end = time.monotonic() + 60
        while s.attest("SgxEnclave", w.quote())[0] != 200:
            assert time.monotonic() < end, s.logs()
            time.sleep(0.1)
        assert all(n == 1 for n in w.sources.counts().values()), w.sources.counts()


@tap.case()
def nothing_is_fetched_for_a_quote_whose_chain_is_not_trusted():
    with World() as w, World() as stranger, w.service() as s:
        status, answer = s.attest("SgxEnclave", stranger.quote())
        assert status == 400 and inner(answer)["code"] == "pck_chain_root", answer
        broken = dict(w.quote())
        flipped = bytearray(broken["quote"].encode())
        flipped[200] = ord("A") if flipped[200] != ord("A") else ord("B")
        status, answer = s.attest("SgxEnclave", {"quote": flipped.decode()})
        assert status == 400, answer
        assert w.sources.counts() == {}


@tap.case()
def a_vcek_is_fetched_once_for_ever():
    with World(snp=True) as w:
        with w.service() as s:
            status, answer = s.attest("SevSnpVm", w.report())
            assert status == 200, (answer, s.logs())
            assert w.sources.count("blSPL") == 1 and w.sources.count("cert_chain") == 1, w.sources.counts()
            assert s.attest("SevSnpVm", w.report())[0] == 200
        with w.service() as s:
            assert s.attest("SevSnpVm", w.report())[0] == 200
        with w.service(amd=False, intel=False) as s:
            assert s.attest("SevSnpVm", w.report())[0] == 200
        assert w.sources.count("blSPL") == 1, w.sources.counts()
        assert any(n.startswith("amd/vcek/Milan/") for n in w.stored()), w.stored()


@tap.case()
def a_report_that_lacks_nothing_has_the_arks_list_fetched():
    """Before it is there the report passes; once it is, a revoked ASK does not."""
    with World(snp=True, snp_args=("--revoke-ca",)) as w, w.service("--trust-anchor", w.ark()) as s:
        w.sources.gate.clear()
        status, answer = s.attest("SevSnpVm", w.whole_report())
        assert status == 200, (answer, s.logs())
        w.sources.gate.set()
        deadline = time.monotonic() + 300
        while status == 200 and time.monotonic() < deadline:
            time.sleep(0.05)
            status, answer = s.attest("SevSnpVm", w.whole_report())
        assert status == 400 and inner(answer)["code"] == "snp_ca_revoked", (status, answer, w.sources.counts())
        assert w.sources.count("/vcek/v1/Milan/crl") == 1, w.sources.counts()
        assert w.sources.count("blSPL") == 0, w.sources.counts()


@tap.case()
def amds_limit_is_a_providers_own():
    with World(snp=True) as w, w.service("--amd-fetch-rate", "1") as s:
        w.sources.behave("blSPL", Sources.status(404))
        chips = []
        for i in range(6):
            report = bytearray(open(os.path.join(w.snp, "report.bin"), "rb").read())
            report[0x1a0] ^= i + 1  # another chip id, unsigned
            chips.append({"report": b64u(json.dumps({"SnpReport": b64u(bytes(report))}).encode())})
        codes = [s.attest("SevSnpVm", c) for c in chips]
        assert all(status == 503 and inner(a)["code"] == "snp_cert_absent" for status, a in codes), codes
        # a token a minute: a slow machine may pass one more
        assert w.sources.count("blSPL") <= 2, w.sources.counts()
        # a provider beside it has a limit of its own
        url = s.make_provider("beside")
        path = url[len(s.url):] + "/attest/SevSnpVm?api-version=2022-08-01"
        before = w.sources.count("blSPL")
        status, _, text = s.request("POST", path, chips[5])
        assert status == 503, text
        assert w.sources.count("blSPL") <= before + 1


@tap.case()
def a_clock_behind_the_newest_document_makes_the_service_not_ready():
    with World() as w:
        with w.service() as s:
            assert s.request("GET", "/readyz")[0] == 200
        db = sqlite3.connect(os.path.join(w.data, "data", "avow.db"))
        future = int(time.time()) + 100 * 86400
        db.execute("INSERT INTO collateral (name, sha256, body, chain, source, number, issued_s, expires_s, fetched_s,"
                   " newest) VALUES ('intel/crl/root', zeroblob(32), x'78', x'', 'test', 0, ?, ?, 0, 1)",
                   (future, future + 1))
        db.commit()
        db.close()
        with w.service() as s:
            status, _, text = s.request("GET", "/readyz")
            assert status == 503 and inner(json.loads(text))["code"] == "clock_behind", text
            status, answer = s.attest("SgxEnclave", w.quote())
            assert status == 503 and inner(answer)["code"] == "clock_behind", answer


tap.run()
