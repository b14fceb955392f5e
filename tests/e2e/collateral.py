"""avow collateral: what is there, how long it holds, and carrying it by bundle."""
import datetime
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse

from avowtest import Service, Skip, Tap, avow, b64u, forge, vectors

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-collateral-")
SIM = os.path.join(HOME, "sim")
FMSPC = "f06ea0010203"


def path(*parts):
    return os.path.join(HOME, *parts)


def sim():
    if not os.path.isdir(SIM):
        forge(SIM)
    return os.path.join(SIM, "collateral"), os.path.join(SIM, "root.pem")


def write(name, data):
    with open(path(name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path(name)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def copy_of_collateral(name):
    folder, _ = sim()
    shutil.rmtree(path(name), ignore_errors=True)
    return shutil.copytree(folder, path(name))


def openssl(*args, stdin=None):
    if not shutil.which("openssl"):
        raise Skip("there is no openssl here to make keys with")
    p = subprocess.run(["openssl", *args], input=stdin, capture_output=True, timeout=60)
    assert p.returncode == 0, p.stderr
    return p.stdout


def key(name="operator"):
    """(private, public) PEM files of an operator's key."""
    private, public = path(name + ".key"), path(name + ".pub")
    if not os.path.exists(public):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def collateral(verb, *args, folder=None, trust=True):
    own, root = sim()
    where = ["--collateral", folder or own] + (["--trust-anchor", root] if trust else [])
    return avow("collateral", verb, *where, *args)


def later(days):
    """A time so long behind the newest issue of the simulated collateral."""
    items = json.loads(collateral("list", "--json")[1])["items"]
    issued = next(i["issued"] for i in items if i["what"] == "SGX TCB info")
    t = datetime.datetime.strptime(issued, "%Y-%m-%dT%H:%M:%SZ") + datetime.timedelta(days=days)
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def export(name, *args, folder=None, signer="operator"):
    status, out, err = collateral("export", "-o", path(name), "--key", key(signer)[0], *args, folder=folder)
    assert status == 0, (status, out, err)
    return path(name)


def import_(bundle, *args, into="imported", signer="operator", trust=True):
    os.makedirs(path(into), exist_ok=True)
    return collateral("import", bundle, "--signer", key(signer)[1], *args, folder=path(into), trust=trust)


def refused(code, result, into="imported"):
    status, _, err = result
    assert status == 1 and f"code      {code}\n" in err, (code, status, err)
    assert not os.path.isdir(path(into)) or not os.listdir(path(into)), "something was written"


# --- list, show, verify ------------------------------------------------------------


@tap.case()
def list_tells_each_thing_for_people_and_programs():
    status, out, err = collateral("list")
    assert status == 0 and f"FMSPC {FMSPC}" in out and "[tcbinfo.json]" in out, (out, err)
    status, out, err = collateral("list", "--json")
    r = json.loads(out)
    assert status == 0 and r["worst"] == "good" and len(r["items"]) == 7, r
    tcb = next(i for i in r["items"] if i["what"] == "SGX TCB info")
    assert tcb["fmspc"] == FMSPC and tcb["pce_id"] == "0000" and tcb["tee"] == "sgx", tcb
    assert tcb["evaluation_number"] == 18 and tcb["state"] == "good" and tcb["error"] is None, tcb
    assert tcb["issued"] < tcb["next_update"] == tcb["expires"] == r["earliest_expiry"], tcb
    assert {i["file"] for i in r["items"]} == set(os.listdir(sim()[0]))


@tap.case()
def show_finds_by_file_platform_and_authority():
    for word in ("tcbinfo.json", FMSPC, FMSPC.upper()):
        status, out, err = collateral("show", word)
        assert status == 0 and "SGX TCB info" in out and "expires" in out and "CRL" not in out, (word, out, err)
    status, out, _ = collateral("show", "pck processor", "--json")
    assert {i["what"] for i in json.loads(out)["items"]} >= {"CA certificate", "CRL"}
    assert collateral("show", "nothing of this name")[0] == 1


@tap.case()
def verify_says_by_its_exit_status_what_holds():
    assert collateral("verify")[0] == 0
    assert collateral("verify", "--at", later(20), "--within", "5d")[0] == 0
    assert collateral("verify", "--at", later(20))[0] == 4
    assert collateral("verify", "--at", later(31))[0] == 3
    assert collateral("verify", "--at", later(-2000))[0] == 3
    assert collateral("verify", trust=False)[0] == 1
    assert collateral("verify", folder=path("absent"))[0] == 2
    folder = copy_of_collateral("flipped")
    text = read(os.path.join(folder, "tcbinfo.json")).replace(b"UpToDate", b"UpToDatE", 1)
    write("flipped/tcbinfo.json", text)
    status, out, _ = collateral("verify", folder=folder)
    assert status == 1 and "tcb_info_format" in out, out
    text = read(os.path.join(sim()[0], "tcbinfo.json")).replace(b"UpToDate", b"OutOfDate", 1)
    write("flipped/tcbinfo.json", text)
    status, out, _ = collateral("verify", "--json", folder=folder)
    bad = [i["error"] for i in json.loads(out)["items"] if i["state"] == "invalid"]
    assert status == 1 and bad == ["tcb_info_signature"], bad


@tap.case()
def wrong_use_is_told():
    folder, _ = sim()
    for args in ((), ("list",), ("burn", "--collateral", folder), ("list", "--collateral", folder, "--data", HOME),
                 ("show", "--collateral", folder), ("list", "--collateral", folder, "extra"),
                 ("verify", "--collateral", folder, "--within", "soon"), ("verify", "--collateral", folder, "--at", "now"),
                 ("export", "--collateral", folder), ("import", "x", "--collateral", folder),
                 ("export", "--collateral", folder, "-o", path("x"), "--key", path("absent")),
                 ("export", "--collateral", folder, "-o", path("x"), "--key", key()[0], "--platform", "fmspc=12"),
                 ("export", "--collateral", folder, "-o", path("x"), "--key", key()[0], "--platform", "tee=sgx"),
                 ("export", "--collateral", folder, "-o", path("x"), "--key", key()[0], "--platform", "product=Rome"),
                 ("list", "--collateral", folder, "--nonsense")):
        status, _, err = avow("collateral", *args)
        assert status == 64 and err, (args, status, err)


@tap.case()
def a_data_directory_is_listed_too():
    data = path("datadir")
    shutil.copytree(sim()[0], os.path.join(data, "collateral"))
    status, out, err = avow("collateral", "list", "--data", data, "--trust-anchor", sim()[1], "--json")
    assert status == 0 and len(json.loads(out)["items"]) == 7, err


# --- bundles ---------------------------------------------------------------------------


@tap.case()
def a_bundle_carries_a_platform_to_where_there_is_no_network():
    bundle = export("good.avow", "--platform", "fmspc=" + FMSPC + ",tee=sgx")
    status, out, err = import_(bundle, into="island")
    assert status == 0 and "the first to end" in out and "7 good" in out, (out, err)
    status, out, err = avow("appraise", "sgx", os.path.join(SIM, "quote.bin"), "--collateral", path("island"),
                            "--trust-anchor", sim()[1])
    assert status == 0, (out, err)
    before = sorted(os.listdir(path("island")))
    assert import_(bundle, into="island")[0] == 0 and sorted(os.listdir(path("island"))) == before
    for name in before:
        assert name == name.lower() and "/" not in name and os.path.getsize(path("island", name)) > 0


def logged(s, event):
    """The first record of that event; a line counts when it is whole."""
    end = time.monotonic() + 60
    while True:
        for line in s.logs(until=f'"{event}"').split("\n")[:-1]:
            if f'"event":"{event}"' in line:
                return json.loads(line)
        assert time.monotonic() < end, s.logs()
        time.sleep(0.01)


@tap.case()
def a_service_tells_of_the_end_before_it_comes():
    folder, root = sim()
    with Service("--collateral", folder, "--trust-anchor", root, "--collateral-warn", "60d") as s:
        record = logged(s, "collateral_expires_soon")
        # every document and the PCK CRL; not the root CRL, which lasts a year
        assert record["level"] == "warn" and record["count"] == 3 and record["expires"] and record["document"], record
        status, _, text = s.request("GET", "/readyz")
        ready = json.loads(text)
        assert status == 200 and ready["status"] == "ready" and ready["collateral"] == "expires soon", ready
        assert ready["collateralExpires"] == record["expires"], (ready, record)
        status, headers, text = s.request("GET", "/metrics")
        metrics = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))
        assert status == 200 and headers["Content-Type"].startswith("text/plain"), headers
        assert metrics['avow_collateral_items{state="expires soon"}'] == "3", metrics
        assert metrics['avow_collateral_items{state="good"}'] == "4", metrics
        assert metrics['avow_collateral_items{state="invalid"}'] == "0", metrics
        end = datetime.datetime.fromtimestamp(int(metrics["avow_collateral_earliest_expiry_seconds"]), datetime.timezone.utc)
        assert end.strftime("%Y-%m-%dT%H:%M:%SZ") == record["expires"], (end, record)


@tap.case()
def import_says_what_is_expired_and_what_ends_soon():
    bundle = export("aging.avow")
    assert import_(bundle, "--at", later(20), into="aging")[0] == 4
    assert import_(bundle, "--at", later(20), "--within", "1d", into="aging")[0] == 0
    assert import_(bundle, "--at", later(31), into="aging")[0] == 3


@tap.case()
def a_dry_run_writes_nothing():
    status, out, _ = import_(export("dry.avow"), "--dry-run", into="dry")
    assert status == 0 and FMSPC in out and os.listdir(path("dry")) == []


@tap.case()
def a_platform_that_is_not_there_is_refused():
    private, _ = key()
    for platform in ("fmspc=001122334455", "fmspc=" + FMSPC + ",tee=tdx", "product=Milan", "chip=" + "ab" * 64):
        status, _, err = collateral("export", "-o", path("none.avow"), "--key", private, "--platform", platform)
        assert status == 1 and "bundle_platform" in err, (platform, err)
    assert not os.path.exists(path("none.avow"))


@tap.case()
def only_what_verifies_leaves():
    folder = copy_of_collateral("mixed")
    write("mixed/other.json", read(os.path.join(folder, "tcbinfo.json")).replace(b"UpToDate", b"OutOfDate", 1))
    status, out, err = collateral("export", "-o", path("mixed.avow"), "--key", key()[0], folder=folder)
    assert status == 0 and "7 parts" in out and "other.json is left out" in err, (out, err)


@tap.case()
def hostile_bundles_are_refused_each_for_its_reason():
    whole = read(export("hostile.avow"))
    refused("bundle_signer", import_(path("hostile.avow"), signer="somebody"))
    refused("bundle_truncated", import_(write("cut.avow", whole[:-1])))
    refused("bundle_truncated", import_(write("empty.avow", b"")))
    refused("bundle_hash", import_(write("changed.avow", whole[:-1] + bytes([whole[-1] ^ 1]))))
    refused("bundle_trailing", import_(write("longer.avow", whole + b"\0")))
    refused("bundle_format", import_(write("zip.avow", b"PK\3\4" + whole)))
    refused("chain_root", import_(path("hostile.avow"), trust=False))


def raw_signature(der):
    """ECDSA-Sig-Value to r || s of 32 bytes each."""
    def integer(at):
        n = der[at + 1]
        return der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0"), at + 2 + n
    r, at = integer(2)
    s, _ = integer(at)
    return r + s


def craft(name, parts, alg="ES256"):
    """A bundle by hand: names and bytes as they are given, signed well."""
    manifest = {"format": 1, "made": "2025-01-01T00:00:00Z", "platforms": [],
                "parts": [{"name": n, "sha256": hashlib.sha256(b).hexdigest(), "size": len(b)} for n, b in parts]}
    head = b64u(json.dumps({"alg": alg, "typ": "avow-bundle"}).encode()) + "." + b64u(json.dumps(manifest).encode())
    signature = b""
    if alg != "none":
        signature = raw_signature(openssl("dgst", "-sha256", "-sign", key()[0], stdin=head.encode()))
    jws = (head + "." + b64u(signature)).encode()
    return write(name, b"AVOW-BUNDLE-1\n" + len(jws).to_bytes(4, "big") + jws + b"".join(b for _, b in parts))


@tap.case()
def a_well_signed_bundle_is_not_believed_for_its_signature():
    tcb = read(os.path.join(sim()[0], "tcbinfo.json"))
    forged = tcb.replace(b"UpToDate", b"OutOfDate", 1)
    refused("bundle_part", import_(craft("readme.avow", [("readme.txt", b"hello")])))
    refused("bundle_part", import_(craft("mixed.avow", [("tcb.json", tcb), ("run.sh", b"#!/bin/sh\n")])))
    refused("bundle_name", import_(craft("path.avow", [("../tcb.json", tcb)])))
    refused("bundle_duplicate", import_(craft("twice.avow", [("a", tcb), ("a", tcb)])))
    refused("bundle_unsigned", import_(craft("unsigned.avow", [("a", tcb)], alg="none")))
    refused("bundle_size", import_(craft("bomb.avow", [("a", b"")])))
    # without the certificate of the key that signed it
    refused("tcb_info_signature", import_(craft("lone.avow", [("a", tcb)])))
    signer = read(os.path.join(sim()[0], "tcb_signing_chain.pem"))
    refused("tcb_info_signature", import_(craft("forged.avow", [("a", forged), ("b", signer)])))
    assert import_(craft("fine.avow", [("a", tcb), ("b", signer)]), into="crafted")[0] == 0


# --- fetching ------------------------------------------------------------------------------


class Source:
    """A PCCS of the simulated collateral on loopback; `changes` by path are what is wrong with it."""

    def __init__(self, **changes):
        folder = sim()[0]
        chain = {name: urllib.parse.quote(read(os.path.join(folder, name)).decode(), safe="")
                 for name in ("tcb_signing_chain.pem", "pck_ca_chain.pem")}
        self.asked = []
        self.answers = {
            f"/sgx/certification/v4/tcb?fmspc={FMSPC}&update=standard":
                (200, read(os.path.join(folder, "tcbinfo.json")), {"TCB-Info-Issuer-Chain": chain["tcb_signing_chain.pem"]}),
            "/sgx/certification/v4/qe/identity?update=standard":
                (200, read(os.path.join(folder, "qe_identity.json")), {"SGX-Enclave-Identity-Issuer-Chain": chain["tcb_signing_chain.pem"]}),
            "/sgx/certification/v4/pckcrl?ca=processor&encoding=der":
                (200, read(os.path.join(folder, "pck_crl.der")), {"SGX-PCK-CRL-Issuer-Chain": chain["pck_ca_chain.pem"]}),
            "/sgx/certification/v4/rootcacrl": (200, read(os.path.join(folder, "root_crl.der")).hex().encode(), {}),
        }
        self.answers[f"/sgx/certification/v4/tcb?fmspc={FMSPC}&tcbEvaluationDataNumber=18"] = \
            self.answers[f"/sgx/certification/v4/tcb?fmspc={FMSPC}&update=standard"]
        for word, answer in changes.items():
            path_of = next(p for p in self.answers if word in p)
            self.answers[path_of] = answer
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                source.asked.append(self.path)
                status, body, headers = source.answers.get(self.path, (404, b"", {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def fetch(source, *args, into="fetched", platform="fmspc=" + FMSPC):
    os.makedirs(path(into), exist_ok=True)
    return avow("collateral", "fetch", "--intel", source.url, "--amd", source.url, "--platform", platform,
                "--trust-anchor", sim()[1], "--collateral", path(into), "--retry-for", "0s", *args)


@tap.case()
def fetch_brings_what_a_platform_needs():
    with Source() as source:
        status, out, err = fetch(source, "--number", "18")
        assert status == 0 and "good: 8" in out, (out, err)
        # most platforms have no TDX, and this PKI has one PCK CA
        assert err.count("not on offer") == 6, err
        assert len(source.asked) == len(set(source.asked)), source.asked
    status, out, err = avow("appraise", "sgx", os.path.join(SIM, "quote.bin"), "--collateral", path("fetched"),
                            "--trust-anchor", sim()[1])
    assert status == 0, (out, err)


@tap.case()
def fetch_goes_straight_into_a_bundle():
    with Source() as source:
        status, out, err = avow("collateral", "fetch", "--intel", source.url, "--platform", f"fmspc={FMSPC},tee=sgx",
                                "--trust-anchor", sim()[1], "-o", path("fetched.avow"), "--key", key()[0])
        assert status == 0 and not any("/tdx/" in p for p in source.asked), (out, err, source.asked)
    assert import_(path("fetched.avow"), into="fetched-island")[0] == 0


@tap.case()
def fetch_brings_a_chips_certificate_and_its_chain():
    guest, island = path("guest"), path("amd-island")
    status, _, err = avow("forge", "snp", "--out", guest)
    assert status == 0, err
    root = os.path.join(guest, "root.pem")
    items = json.loads(avow("collateral", "list", "--collateral", os.path.join(guest, "collateral"), "--trust-anchor", root, "--json")[1])["items"]
    vcek = next(i for i in items if i["what"] == "VCEK")
    tcb = vcek["for"].rsplit("TCB ", 1)[1].split(".")
    query = "&".join(f"{name}SPL={int(v):02}" for name, v in zip(("bl", "tee", "snp", "ucode"), tcb))
    with Source() as source:
        source.answers = {
            "/vcek/v1/Milan/cert_chain": (200, read(os.path.join(guest, "cert_chain.pem")), {}),
            "/vcek/v1/Milan/crl": (200, read(os.path.join(guest, "collateral", "ark_crl.der")), {}),
            f"/vcek/v1/Milan/{vcek['chip_id']}?{query}": (200, read(os.path.join(guest, "vek.der")), {}),
        }
        platform = f"product=Milan,chip={vcek['chip_id']},tcb=0-" + "-".join(tcb)
        status, out, err = avow("collateral", "fetch", "--amd", source.url, "--platform", platform, "--trust-anchor", root,
                                "-o", path("amd.avow"), "--key", key()[0])
        assert status == 0 and "VCEK" in out, (out, err, source.asked)
        # a leaf that is another TCB's is not what was asked for
        other = platform[:-len(tcb[-1])] + "7"
        source.answers[f"/vcek/v1/Milan/{vcek['chip_id']}?{query[:-len(tcb[-1])]}07"] = (200, read(os.path.join(guest, "vek.der")), {})
        status, _, err = avow("collateral", "fetch", "--amd", source.url, "--platform", other, "--trust-anchor", root,
                              "-o", path("amd2.avow"), "--key", key()[0])
        assert status == 1 and "fetch_mismatch" in err and not os.path.exists(path("amd2.avow")), (status, err, source.asked)
    os.makedirs(island)
    status, out, err = avow("collateral", "import", path("amd.avow"), "--signer", key()[1], "--trust-anchor", root, "--collateral", island)
    assert status == 0, (out, err)
    status, out, err = avow("appraise", "snp", os.path.join(guest, "report.bin"), "--collateral", island, "--trust-anchor", root)
    assert status == 0, (out, err)


@tap.case()
def what_is_fetched_is_verified_and_all_of_it_or_nothing():
    tcb = read(os.path.join(sim()[0], "tcbinfo.json"))
    chain = {"TCB-Info-Issuer-Chain": urllib.parse.quote(read(os.path.join(sim()[0], "tcb_signing_chain.pem")).decode(), safe="")}
    cases = (("tcb_info_signature", 1, {"tcb?": (200, tcb.replace(b"UpToDate", b"OutOfDate", 1), chain)}),
             ("tcb_info_format", 1, {"tcb?": (200, b"<html>", chain)}),
             ("fetch_not_found", 2, {"tcb?": (404, b"", {})}),
             ("fetch_not_found", 2, {"rootcacrl": (404, b"", {})}),
             ("fetch_busy", 2, {"identity": (429, b"", {"Retry-After": "7"})}),
             ("net_status", 2, {"identity": (302, b"", {"Location": "http://127.0.0.1:1/"})}))
    for n, (code, expected, changes) in enumerate(cases):
        with Source(**changes) as source:
            status, _, err = fetch(source, into=f"bad{n}")
            assert status == expected and f"code      {code}\n" in err, (code, status, err)
            assert os.listdir(path(f"bad{n}")) == [], code
    with Source() as source:
        status, _, err = fetch(source, into="other", platform="fmspc=001122334455,tee=sgx")
        assert status == 2 and "fetch_not_found" in err, err
    # nobody listens there any more
    status, _, err = fetch(source, into="gone")
    assert status == 2 and "net_connect" in err, err


@tap.case()
def wrong_use_of_fetch_is_told():
    with Source() as source:
        for args in (["--number", "0"], ["--number", "x"], ["--platform", "chip=" + "ab" * 64],
                     ["--platform", "chip=" + "ab" * 64 + ",product=Milan"],
                     ["--platform", "chip=" + "ab" * 64 + ",product=Milan,tcb=1.2.3.4.5"], ["-o", path("x")]):
            status, _, err = fetch(source, *args)
            assert status == 64 and err, (args, status, err)
        assert avow("collateral", "fetch", "--collateral", HOME)[0] == 64
        assert source.asked == []


@tap.case()
def what_is_older_is_kept_for_then_and_never_chosen_for_now():
    """Real documents of one platform: the older one comes behind the newer one."""
    source = vectors("collateral-intel")
    then, now = "2025-06-10T00:00:00Z", "2025-09-01T00:00:00Z"
    said = {}
    os.makedirs(path("ages"))
    for name, day, at in (("new", "2025-08-15", now), ("old", "2025-06-06", then)):
        os.makedirs(path(name))
        for f in os.listdir(source):
            if f.startswith(f"tcb-SGX-00606a000000-{day}-e17-"):
                shutil.copy(os.path.join(source, f), path(name))
        assert len(os.listdir(path(name))) == 1
        status, out, err = avow("collateral", "export", "--collateral", path(name), "--at", at, "-o", path(name + ".avow"), "--key", key()[0])
        assert status == 0, (out, err)
        status, said[name], err = avow("collateral", "import", path(name + ".avow"), "--signer", key()[1], "--collateral", path("ages"), "--at", now)
        assert status in (0, 3, 4), (said[name], err)
    assert "older than what is held" not in said["new"], said["new"]
    assert "older than what is held, kept for the past: SGX TCB info, FMSPC 00606a000000" in said["old"], said["old"]

    def states(at):
        items = json.loads(avow("collateral", "list", "--collateral", path("ages"), "--at", at, "--json")[1])["items"]
        return {i["issued"][:10]: (i["state"], i["superseded"]) for i in items}

    assert states(now) == {"2025-08-15": ("expires soon", False), "2025-06-06": ("expired", True)}, states(now)
    assert states(then) == {"2025-08-15": ("not yet valid", False), "2025-06-06": ("good", False)}, states(then)


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
