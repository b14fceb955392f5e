"""What import and fetch add to a data directory: into its store, where avowd finds it
without a signal; into the folder while there is no store yet."""
import json
import os
import shutil
import subprocess
import tempfile

from avowtest import Service, Tap, avow, b64u, claims_of, forge, wait_for
from mock_sources import Sources

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-store-")
FMSPC = "f06ea0010203"


def path(*parts):
    return os.path.join(HOME, *parts)


def world():
    """Collateral, its root, a bundle of it, and who signed that."""
    if not os.path.exists(path("sim")):
        forge(path("sim"))
        for args in (("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path("key.pem")),
                     ("pkey", "-in", path("key.pem"), "-pubout", "-out", path("pub.pem"))):
            subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)
        status, out, err = avow("collateral", "export", "--collateral", path("sim", "collateral"), "--trust-anchor", root(),
                                "-o", path("bundle"), "--key", path("key.pem"))
        assert status == 0, (out, err)
    return path("bundle")


def root():
    return path("sim", "root.pem")


def import_(data, *args):
    return avow("collateral", "import", world(), "--signer", path("pub.pem"), "--data", data, "--trust-anchor", root(), *args)


def listed(data):
    status, out, err = avow("collateral", "list", "--data", data, "--trust-anchor", root(), "--json")
    assert status == 0, err
    return json.loads(out)["items"]


def quote():
    with open(path("sim", "quote.bin"), "rb") as f:
        return {"quote": b64u(f.read())}


@tap.case()
def a_running_service_takes_an_import_up_by_itself():
    world()
    with Service("--trust-anchor", root()) as s:
        data = os.path.join(s.data, "data")
        status, answer = s.attest("SgxEnclave", quote())
        assert status == 503, answer
        status, out, err = import_(data)
        assert status == 0 and "with what was there" in out, (out, err)
        assert os.listdir(os.path.join(data, "collateral")) == []
        answer = wait_for(lambda: (lambda r: r[1] if r[0] == 200 else None)(s.attest("SgxEnclave", quote())))
        assert claims_of(answer["token"])["x-ms-attestation-type"] == "sgx", answer
    with Service("--trust-anchor", root()) as other:
        assert other.attest("SgxEnclave", quote())[0] == 503  # another data directory has nothing of it


@tap.case()
def an_import_outlives_the_service():
    world()
    home = tempfile.mkdtemp(dir=HOME)
    with Service("--trust-anchor", root(), data=home) as s:
        assert import_(os.path.join(home, "data"))[0] == 0
        assert s.stop() == 0
    with Service("--trust-anchor", root(), data=home) as s:
        assert s.attest("SgxEnclave", quote())[0] == 200


@tap.case()
def the_same_bundle_twice_changes_nothing():
    world()
    home = tempfile.mkdtemp(dir=HOME)
    with Service("--trust-anchor", root(), data=home):
        data = os.path.join(home, "data")
        assert import_(data, "--dry-run")[0] == 0 and listed(data) == []
        assert import_(data)[0] == 0
        first = listed(data)
        assert len(first) == 7 and all(i["state"] == "good" for i in first), first
        assert all(i["file"].startswith("import/") for i in first), first
        assert import_(data)[0] == 0
        assert listed(data) == first
        # and it leaves again as a bundle
        status, out, err = avow("collateral", "export", "--data", data, "--trust-anchor", root(), "-o", path("again"), "--key", path("key.pem"))
        assert status == 0, (out, err)


@tap.case()
def what_does_not_verify_is_not_stored():
    with open(world(), "rb") as f:
        bent = bytearray(f.read())
    bent[-1] ^= 1
    with open(path("bent"), "wb") as f:
        f.write(bent)
    home = tempfile.mkdtemp(dir=HOME)
    with Service("--trust-anchor", root(), data=home):
        data = os.path.join(home, "data")
        status, _, err = avow("collateral", "import", path("bent"), "--signer", path("pub.pem"), "--data", data, "--trust-anchor", root())
        assert status == 1 and "bundle_hash" in err, err
        # well signed, and under a root that nobody here trusts
        status, _, err = avow("collateral", "import", world(), "--signer", path("pub.pem"), "--data", data)
        assert status == 1 and "code" in err, err
        assert listed(data) == []


@tap.case()
def fetch_adds_to_the_store_too():
    world()
    with Sources(sgx=path("sim")) as sources, Service("--trust-anchor", root()) as s:
        sources.behave("ca=platform", sources.status(404))
        data = os.path.join(s.data, "data")
        status, out, err = avow("collateral", "fetch", "--intel", sources.url, "--platform", f"fmspc={FMSPC},tee=sgx",
                                "--trust-anchor", root(), "--data", data)
        assert status == 0, (out, err)
        wait_for(lambda: s.attest("SgxEnclave", quote())[0] == 200)


@tap.case()
def before_the_first_start_the_folder_takes_it():
    world()
    home = tempfile.mkdtemp(dir=HOME)
    data = os.path.join(home, "data")
    os.makedirs(os.path.join(data, "collateral"))
    os.chmod(data, 0o700)
    assert import_(data)[0] == 0
    assert len(os.listdir(os.path.join(data, "collateral"))) == 7 and not os.path.exists(os.path.join(data, "avow.db"))
    with Service("--trust-anchor", root(), data=home) as s:
        assert s.attest("SgxEnclave", quote())[0] == 200


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
