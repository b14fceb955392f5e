"""Every recorded SGX and Open Enclave exchange with the real service, replayed.

The same request must give the same claims: names, types and values. What may
differ is named here and in docs/recorded.md: times, ids and the issuer; the
service's own baseline (collateral of its own choice, so the hashes of other
documents); and Avow's own claims, which stand beside.
"""
import ast
import glob
import json
import os
import shutil
import tempfile

from avowtest import Service, Skip, Tap, claims_of, header_of, vectors

tap = Tap()
OWN_VALUE = {"iss", "iat", "nbf", "exp", "jti"}
COLLATERAL = {"x-ms-sgx-collateral", "maa-attestationcollateral"}
# The recorded service judged by documents of 2021 and 2023; we have those of
# the recording's platform and take the newest that the folder holds.
OWN_HASHES = {"qeidcertshash", "qeidcrlhash", "qeidhash", "tcbinfocertshash", "tcbinfocrlhash", "tcbinfohash"}


def load(path):
    with open(path, encoding="utf-8") as f:
        d = json.load(f)
    for k in ("request", "response", "decoded"):
        if isinstance(d.get(k), str):
            d[k] = ast.literal_eval(d[k])
    return d


class World:
    service = None
    folder = None

    @classmethod
    def get(cls):
        if cls.service is None:
            source = vectors("collateral-intel")
            cls.folder = tempfile.mkdtemp(prefix="avow-collateral-")
            for f in glob.glob(os.path.join(source, "*")):
                if not f.endswith(".md"):
                    shutil.copy(f, cls.folder)
            for f in glob.glob(os.path.join(os.path.dirname(source), "anchors", "intel-sgx-*.pem")):
                shutil.copy(f, cls.folder)
            for f in glob.glob(os.path.join(os.path.dirname(source), "sgxsnp-ms-ravl", "*.json")):
                shutil.copy(f, cls.folder)
            # The recordings are of 2022: their platforms' documents are stale today.
            cls.service = Service("--collateral", cls.folder, "--collateral-grace", "36500d",
                                  "--accept-tcb", "UpToDate,SWHardeningNeeded,ConfigurationNeeded,"
                                  "ConfigurationAndSWHardeningNeeded,OutOfDate,OutOfDateConfigurationNeeded")
        return cls.service

    @classmethod
    def close(cls):
        if cls.service:
            cls.service.stop()
            shutil.rmtree(cls.folder, ignore_errors=True)


def compare(recorded, ours):
    for name, value in recorded.items():
        assert name in ours, f"claim {name} is missing"
        if name in OWN_VALUE:
            assert type(ours[name]) is type(value), name
        elif name in COLLATERAL:
            assert set(ours[name]) == set(value), name
            for k, v in value.items():
                assert len(ours[name][k]) == len(v) == 64, (name, k)
                if k not in OWN_HASHES:
                    assert ours[name][k] == v, (name, k)
        else:
            assert ours[name] == value and type(ours[name]) is type(value), (name, ours[name], value)
    extra = {n for n in ours if n not in recorded and not n.startswith("x-avow-")}
    assert not extra, f"claims that the recording does not have: {extra}"
    assert list(ours) == sorted(ours), "claims are not sorted"
    assert ours["exp"] - ours["iat"] == recorded["exp"] - recorded["iat"] and ours["nbf"] == ours["iat"]
    assert len(ours["jti"]) == len(recorded["jti"]) == 64


def replay(path):
    d = load(path)
    kind = d["request"]["url"].split("/attest/")[1].split("?")[0]
    version = d["request"]["url"].split("api-version=")[1]
    status, answer = World.get().attest(kind, d["request"]["body"], version)
    assert status == d["response"]["status"], (status, answer)
    if status != 200:
        assert answer["error"]["code"] == d["response"]["body"]["error"]["code"], answer
        assert answer["error"]["innererror"]["code"] in ("policy_no_permit", "policy_denied"), answer
        return
    header, recorded = header_of(answer["token"]), d["decoded"]["header"]
    assert set(header) == set(recorded) and list(header) == sorted(header), header
    assert header["alg"] == recorded["alg"] and header["typ"] == recorded["typ"]
    assert (answer["token"].split(".")[2] == "") == (recorded["alg"] == "none")
    compare(d["decoded"]["claims"], claims_of(answer["token"]))


def add_cases():
    folder = os.path.join(os.environ.get("AVOW_VECTORS", ""), "maa-azure-sdk-cpp")
    paths = sorted(glob.glob(os.path.join(folder, "attest-*Enclave*.json")))
    if not paths:
        @tap.case("recorded exchanges")
        def absent():
            raise Skip("the real vectors are not here")
    for path in paths:
        tap.case("recorded " + os.path.basename(path))(lambda path=path: replay(path))


add_cases()
try:
    tap.run()
finally:
    World.close()
