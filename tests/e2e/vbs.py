"""A VBS enclave's attestation over HTTP: both rounds of POST /attest/Tpm with what
`avow forge vbs` makes, every enclave* claim in the report, and each refusal with its
own innererror code. No real enclave's report is public."""
import json
import os
import shutil
import subprocess
import tempfile

from avowtest import Service, Tap, avow, b64u, claims_of, unb64u

tap = Tap()
ENCLAVE = ("enclaveAuthorId", "enclaveImageId", "enclaveOwnerId", "enclaveFamilyId", "enclaveSvn",
           "enclavePlatformSvn", "enclaveFlags", "vbsReportPresent")
# as the contract's sample policies write it: permit what the enclave's author made
POLICY = """version= 1.2;
configurationrules{
};
authorizationrules{
[type=="vbsReportPresent", value==true] && [type=="enclaveAuthorId", value=="%s"] && [type=="vbsEnabled", value==true]
 => permit();
};
issuancerules{
%s
};
"""
ZEROS = "A" * 43


class World:
    """A folder, a CA key whose certificate a service trusts before its first round."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="avow-vbs-")
        self.key = os.path.join(self.dir, "ca.key")
        p = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-out", self.key], capture_output=True, timeout=60)
        assert p.returncode == 0, p.stderr
        self.root = self.forge("root", "root")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def forge(self, name, want, *args):
        out = os.path.join(self.dir, name)
        status, text, err = avow("forge", "vbs", "--out", out, "--ca-key", self.key, *args)
        assert status == 0, (status, text, err)
        return os.path.join(out, "root.pem" if want == "root" else want)


def call(s, body):
    status, _, text = s.request("POST", "/attest/Tpm?api-version=2022-08-01", body,
                                {"Authorization": "Bearer " + s.token})
    return status, text


def attest(s, w, *args):
    """Both rounds: (status, report, or the error's innererror)."""
    status, first = call(s, {"data": b64u(b'{"payload":{"type":"aikcert"}}')})
    assert status == 200, first
    path = os.path.join(w.dir, "first.json")
    with open(path, "wb") as f:
        f.write(first)
    with open(w.forge("run", "request.json", "--first", path, *args), "rb") as f:
        status, text = call(s, f.read())
    answer = json.loads(text)
    if status != 200:
        return status, answer["error"]["innererror"]
    return status, json.loads(unb64u(answer["data"]))["payload"]["report"]


def set_policy(s, author=ZEROS, names=ENCLAVE):
    rules = "\n".join(f'c:[type=="{n}", issuer=="AttestationService"] => issue(type="{n}", value=c.value);' for n in names)
    s.set_policy("Tpm", POLICY % (author, rules))


SAMPLE = ("--author-id", "00" * 32, "--image-id", "0101" + "00" * 14, "--owner-id", "10" * 32, "--family-id", "fefe" + "00" * 14,
          "--enclave-svn", "3", "--platform-svn", "9", "--flags", "1")


@tap.case()
def every_enclave_claim_is_in_the_report():
    with World() as w, Service("--trust-anchor", w.root) as s:
        set_policy(s)
        for version in ("1", "2"):
            status, report = attest(s, w, "--version", version, "--rp-id", "https://rp.example", *SAMPLE)
            assert status == 200, (version, report)
            claims = claims_of(report)
            assert {n: claims.get(n) for n in ENCLAVE} == {
                "enclaveAuthorId": ZEROS, "enclaveImageId": "AQEAAAAAAAAAAAAAAAAAAA",
                "enclaveOwnerId": b64u(b"\x10" * 32), "enclaveFamilyId": b64u(b"\xfe\xfe" + bytes(14)),
                "enclaveSvn": 3, "enclavePlatformSvn": 9, "enclaveFlags": 1, "vbsReportPresent": True}, claims
            assert claims["cnf"]["jwk"]["kty"] == "RSA" and claims["x-avow-machine-id"], claims
            assert ("x-ms-tpm-request-key" in claims) == (version == "2"), claims


@tap.case()
def each_refusal_has_its_own_code():
    """verifier-bugs 1 and 2: whatever of the chain from TPM to enclave does not hold."""
    status, out, _ = avow("forge", "vbs", "--list")
    assert status == 0
    rows = [line.split(None, 3) for line in out.splitlines()]
    assert len(rows) > 20 and {r[1] for r in rows} == {"request.json"}, out
    # one of each code, and a wrong module; the unit test has all of them
    first = {code: name for name, _, code, _ in reversed(rows)}
    with World() as w, Service("--trust-anchor", w.root) as s:
        set_policy(s)
        for name, _, code, what in rows:
            if first[code] != name and not name.startswith("module."):
                continue
            status, error = attest(s, w, "--corrupt", name, *SAMPLE)
            assert status == 400 and error["code"] == code, (name, what, status, error)
        assert attest(s, w, *SAMPLE)[0] == 200


@tap.case()
def an_enclave_that_the_policy_does_not_know_is_denied():
    with World() as w, Service("--trust-anchor", w.root) as s:
        set_policy(s)
        status, error = attest(s, w)  # an author that is not zeros
        assert status == 400 and error["code"] == "policy_no_permit", error


@tap.case()
def another_cas_enclave_is_a_strangers():
    with World() as w, World() as other, Service("--trust-anchor", other.root) as s:
        set_policy(s)
        status, error = attest(s, w, *SAMPLE)
        assert status == 400 and error["code"] == "tpm_ak_root", error


@tap.case()
def an_answer_is_good_once():
    """verifier-bugs 20: the same second round again."""
    with World() as w, Service("--trust-anchor", w.root) as s:
        set_policy(s)
        assert attest(s, w, *SAMPLE)[0] == 200
        with open(os.path.join(w.dir, "run", "request.json"), "rb") as f:
            status, text = call(s, f.read())
        assert status == 400 and json.loads(text)["error"]["innererror"]["code"] == "tpm_challenge_used", text


@tap.case()
def forge_vbs_says_what_it_cannot_use():
    with World() as w:
        bad = os.path.join(w.dir, "bad")
        with open(bad, "w", encoding="ascii") as f:
            f.write("{}")
        for args in (("--first", bad), ("--ca-key", bad), ("--version", "3"), ("--corrupt", "none"), ("--runtime-data", bad)):
            status, _, err = avow("forge", "vbs", "--out", os.path.join(w.dir, "x"), *args)
            assert status == 64 and err, (args, status, err)


tap.run()
