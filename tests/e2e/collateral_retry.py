"""avow collateral fetch and a source that is busy: asked again after what it asks for
or a pause that doubles, within one allowance, and never hammered."""
import os
import shutil
import tempfile
import time

from avowtest import Tap, avow, forge
from mock_sources import Answer, Sources

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-retry-")
SIM = os.path.join(HOME, "sim")
FMSPC = "f06ea0010203"


def first(n, code, headers=None):
    """The first n answers are that status; then it is well."""
    left = [n]

    def act(good):
        left[0] -= 1
        return Answer(b"no", headers or {}, code) if left[0] >= 0 else good
    return act


def fetch(sources, name, *args):
    sources.behave("ca=platform", sources.status(404))  # this PKI has one PCK CA
    into = os.path.join(HOME, name)
    os.makedirs(into)
    status, out, err = avow("collateral", "fetch", "--intel", sources.url, "--platform", f"fmspc={FMSPC},tee=sgx",
                            "--trust-anchor", os.path.join(SIM, "root.pem"), "--collateral", into, *args)
    return status, out, err, os.listdir(into)


@tap.case()
def a_busy_source_is_asked_again():
    for code, times in ((429, 2), (500, 1), (503, 1)):
        with Sources(sgx=SIM) as sources:
            sources.behave("qe/identity", first(times, code))
            status, out, err, made = fetch(sources, f"again{code}", "--retry-for", "30s")
            assert status == 0 and made, (code, out, err)
            assert err.count("again in") == times and sources.count("qe/identity") == times + 1, (err, sources.counts())


@tap.case()
def what_the_source_asks_for_is_waited():
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", first(1, 429, {"Retry-After": "1"}))
        start = time.monotonic()
        status, _, err, made = fetch(sources, "asked", "--retry-for", "30s")
        assert status == 0 and made and err.count("again in 1") == 1, err
        assert time.monotonic() - start >= 1
        assert sources.count("qe/identity") == 2, sources.counts()


@tap.case()
def the_allowance_ends_it():
    # half a second fits, a second more does not
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", sources.status(503))
        status, _, err, made = fetch(sources, "ends", "--retry-for", "1s")
        assert status == 2 and "fetch_busy" in err and made == [], err
        assert sources.count("qe/identity") == 2, sources.counts()
    # what is asked for does not fit: told at once
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", sources.status(429, {"Retry-After": "3600"}))
        status, _, err, made = fetch(sources, "long", "--retry-for", "1m")
        assert status == 2 and "asks to wait 3600 s" in err and made == [], err
        assert sources.count("qe/identity") == 1, sources.counts()
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", sources.status(429))
        status, _, err, made = fetch(sources, "never", "--retry-for", "0s")
        assert status == 2 and "again in" not in err and made == [], err
        assert sources.count("qe/identity") == 1, sources.counts()


@tap.case()
def the_allowance_is_of_all_documents_together():
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", first(1, 500))
        sources.behave("/tcb?", first(1, 500))
        # one pause of half a second and one of a whole one, with their jitter: the second does not fit
        status, _, err, made = fetch(sources, "shared", "--retry-for", "1s")
        assert status == 2 and err.count("again in") == 1 and made == [], err


@tap.case()
def what_is_not_busy_is_not_asked_again():
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", sources.status(404))
        status, _, err, _ = fetch(sources, "absent", "--retry-for", "30s")
        assert status == 2 and "fetch_not_found" in err and sources.count("qe/identity") == 1, err
    with Sources(sgx=SIM) as sources:
        sources.behave("qe/identity", sources.flipped())
        status, _, err, _ = fetch(sources, "bent", "--retry-for", "30s")
        assert status == 1 and sources.count("qe/identity") == 1, err
        assert fetch(sources, "usage", "--retry-for", "soon")[0] == 64


try:
    forge(SIM)
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
