"""TCB baselines and allow-lists of machines, through the service."""
import json
import os
import shutil
import tempfile

from avowtest import Service, Tap, avow, b64u, claims_of, forge, unsigned

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-baselines-")
PPID = "00112233445566778899aabbccddeeff"
MEMBERS = ["tcbIdentifier", "tcbEvaluationDataNumber", "tcbReleaseDate", "minimumPswLinuxVersion",
           "minimumPswWindowsVersion", "isSelectedTcb"]
ISSUE = ('version= 1.0;authorizationrules{=> permit();};'
         'issuancerules{c:[type=="x-avow-platform-id"] => issue(type="machine", value=c.value);};')


def choose(number):
    return ('version= 1.1;configurationrules{=> issueproperty(type="x-ms-sgx-tcbidentifier", value="%s");};'
            'authorizationrules{=> permit();};' % number)


def sim():
    folder = os.path.join(HOME, "sim")
    if not os.path.isdir(folder):
        forge(folder, "--ppid", PPID, "--evaluation-number", "18")
    return folder


def quote():
    with open(os.path.join(sim(), "quote.bin"), "rb") as f:
        return {"quote": b64u(f.read())}


def service(*args):
    return Service("--collateral", os.path.join(sim(), "collateral"), "--trust-anchor",
                   os.path.join(sim(), "root.pem"), *args)


def baselines(s, kind="SgxEnclave", version="2025-06-01", query=""):
    status, _, text = s.request("GET", f"/tcbbaselines/{kind}?api-version={version}{query}")
    return status, json.loads(text)


def code(answer):
    return answer["error"]["innererror"]["code"]


@tap.case()
def baselines_have_the_contracts_shape():
    with service() as s:
        for kind in ("SgxEnclave", "OpenEnclave", "sgxenclave"):
            status, r = baselines(s, kind)
            assert status == 200 and list(r) == ["tcbBaselines"], r
            assert [list(b) for b in r["tcbBaselines"]] == [MEMBERS, MEMBERS], r
            first, second = r["tcbBaselines"]
            assert first["tcbIdentifier"] == "azuredefault" and first["tcbEvaluationDataNumber"] == 18, r
            assert second["tcbIdentifier"] == "18" and second["tcbEvaluationDataNumber"] == 18, r
            assert first["isSelectedTcb"] is True and second["isSelectedTcb"] is False, r
            assert first["tcbReleaseDate"] == second["tcbReleaseDate"] and first["tcbReleaseDate"].endswith("T00:00:00Z"), r
        for version in ("2022-09-01", "2022-09-01-preview"):
            status, r = baselines(s, version=version)
            assert status == 200 and [b["tcbEvaluationDataNumber"] for b in r["tcbBaselines"]] == ["18", "18"], r
        status, r = baselines(s, query="&provideCurrentTcbInPolicy=false")
        assert status == 200 and not any(b["isSelectedTcb"] for b in r["tcbBaselines"]), r
        status, r = baselines(s, "TdxVm")
        assert status == 200 and r["tcbBaselines"] == [], r
        for kind in ("SevSnpVm", "Nothing"):
            status, r = baselines(s, kind)
            assert status == 400 and code(r) == "attestation_type", r
        status, r = baselines(s, version="1999-01-01")
        assert status == 400 and code(r) == "api_version", r


@tap.case()
def a_policy_chooses_its_baseline():
    with service() as s:
        assert s.manage("PUT", "/policies/SgxEnclave", unsigned(choose("18")))[0] == 200
        status, r = s.attest("SgxEnclave", quote())
        assert status == 200 and claims_of(r["token"])["x-ms-sgx-tcbidentifier"] == "18", r
        selected = [b["tcbIdentifier"] for b in baselines(s)[1]["tcbBaselines"] if b["isSelectedTcb"]]
        assert selected == ["18"], selected
        # one that nobody has: its own code, and never "bad evidence"
        assert s.manage("PUT", "/policies/SgxEnclave", unsigned(choose("17")))[0] == 200
        status, r = s.attest("SgxEnclave", quote())
        assert status == 503 and code(r) == "tcb_baseline_absent", r
        assert not any(b["isSelectedTcb"] for b in baselines(s)[1]["tcbBaselines"])


@tap.case()
def azuredefault_is_the_operators():
    with service("--tcb-baseline", "17") as s:
        status, r = s.attest("SgxEnclave", quote())
        assert status == 503 and code(r) == "tcb_baseline_absent", r
        first = baselines(s)[1]["tcbBaselines"][0]
        assert first["tcbIdentifier"] == "azuredefault" and first["tcbEvaluationDataNumber"] == 17, first
        assert first["tcbReleaseDate"] == "" and first["isSelectedTcb"] is True, first
        # the policy's own choice comes before it
        assert s.manage("PUT", "/policies/SgxEnclave", unsigned(choose("18")))[0] == 200
        assert s.attest("SgxEnclave", quote())[0] == 200
        # and so does a provider's
        s.make_provider("own", settings={"tcbBaseline": 18})
        s.make_provider("newest", settings={"tcbBaseline": 0})
        for name in ("own", "newest"):
            status, _, text = s.request("POST", f"/providers/{name}/attest/SgxEnclave?api-version=2022-08-01", quote())
            assert status == 200 and claims_of(json.loads(text)["token"])["x-ms-sgx-tcbidentifier"] == "azuredefault", text


@tap.case()
def machines_that_are_not_listed_are_refused():
    """Verifier bug 34: a key stolen from any machine in the world verifies."""
    with service("--allow-platform", "f" * 32, "--allow-platform", "a" * 128) as s:
        status, r = s.attest("SgxEnclave", quote())
        assert status == 400 and code(r) == "platform_not_allowed", r
        s.make_provider("mine", settings={"allowedPlatforms": ["0" * 16, PPID.upper()]})
        s.make_provider("theirs", settings={"allowedPlatforms": ["0" * 32]})
        for name, expected in (("mine", 200), ("theirs", 400)):
            status, _, text = s.request("POST", f"/providers/{name}/attest/SgxEnclave?api-version=2022-08-01", quote())
            assert status == expected, (name, text)
        # a draft policy does not get around it
        draft = dict(quote(), draftPolicyForAttestation=ISSUE)
        status, r = s.attest("SgxEnclave", draft)
        assert status == 400 and code(r) == "platform_not_allowed", r
    with service("--allow-platform", "0" * 32 + "," + PPID) as s:
        assert s.attest("SgxEnclave", quote())[0] == 200


def guest(name, *args):
    folder = os.path.join(HOME, name)
    status, _, err = avow("forge", "snp", "--out", folder, *args)
    assert status == 0, err
    return folder


def appraise_guest(folder, *args):
    status, out, _ = avow("appraise", "snp", os.path.join(folder, "report.bin"), "--collateral",
                          os.path.join(folder, "collateral"), "--trust-anchor", os.path.join(folder, "root.pem"),
                          "--certs", os.path.join(folder, "vek.der"), *args)
    return status, json.loads(out)


@tap.case()
def a_chip_is_known_by_its_certificate():
    """Verifier bug 34, for SEV-SNP: a masked report names no chip, its VCEK does; a VLEK never does."""
    chip = "5a" * 64
    for name, args in (("plain", []), ("masked", ["--mask-chip-id"])):
        folder = guest(name, "--chip-id", chip, *args)
        assert appraise_guest(folder, "--allow-platform", chip)[0] == 0, name
        status, r = appraise_guest(folder, "--allow-platform", "5b" * 64)
        assert status == 1 and r["error"]["code"] == "platform_not_allowed", r
    folder = guest("vlek", "--vlek", "--chip-id", chip)
    assert appraise_guest(folder)[0] == 0
    status, r = appraise_guest(folder, "--allow-platform", chip)
    assert status == 1 and r["error"]["code"] == "platform_not_allowed", r


@tap.case()
def a_td_is_known_by_its_platforms_ppid():
    """Verifier bug 34, for TDX: by the service, by a provider's own list, by a policy, and offline."""
    folder = os.path.join(HOME, "td")
    status, _, err = avow("forge", "tdx", "--ppid", PPID, "--out", folder)
    assert status == 0, err
    with open(os.path.join(folder, "quote.bin"), "rb") as f:
        td = {"quote": b64u(f.read())}
    trust = ("--collateral", os.path.join(folder, "collateral"), "--trust-anchor", os.path.join(folder, "root.pem"))

    def post(s, place=""):
        status, _, text = s.request("POST", place + "/attest/TdxVm?api-version=2025-06-01", td)
        return status, json.loads(text)
    with Service(*trust, "--allow-platform", "f" * 32) as s:
        status, r = post(s)
        assert status == 400 and code(r) == "platform_not_allowed", r
        s.make_provider("mine", settings={"allowedPlatforms": [PPID.upper()]})
        assert post(s, "/providers/mine")[0] == 200
    with Service(*trust, "--allow-platform", PPID) as s:
        status, r = post(s)
        assert status == 200 and PPID not in json.dumps(claims_of(r["token"])), r
        assert s.manage("PUT", "/policies/TdxVm", unsigned(ISSUE))[0] == 200
        claims = claims_of(post(s)[1]["token"])
        assert claims["machine"] == PPID and "x-avow-platform-id" not in claims, claims
        for ppid, expected in ((PPID, 200), ("0" * 32, 400)):
            rule = 'version= 1.0;authorizationrules{[type=="x-avow-platform-id", value=="%s"] => permit();};' % ppid
            assert s.manage("PUT", "/policies/TdxVm", unsigned(rule))[0] == 200
            assert post(s)[0] == expected, ppid
    args = ("appraise", "tdx", os.path.join(folder, "quote.bin"), *trust)
    assert avow(*args, "--allow-platform", PPID)[0] == 0
    status, out, _ = avow(*args, "--allow-platform", "0" * 32)
    assert status == 1 and json.loads(out)["error"]["code"] == "platform_not_allowed", out


@tap.case()
def a_setting_that_cannot_be_is_a_fault_of_the_store():
    """Settings are judged before they are stored; what is there otherwise is nobody's."""
    with service() as s:
        for n, bad in enumerate(({"allowedPlatforms": []}, {"allowedPlatforms": ["xyz"]}, {"allowedPlatforms": "x"},
                                 {"tcbBaseline": -1}, {"tcbBaseline": "18"}, {"tcbBaseline": 10 ** 9})):
            s.make_provider(f"bad{n}", settings=bad)
            status, _, text = s.request("POST", f"/providers/bad{n}/attest/SgxEnclave?api-version=2022-08-01", quote())
            assert status in (500, 503) and "token" not in json.loads(text), (bad, text)


@tap.case()
def a_machine_is_named_only_by_a_policy():
    with service() as s:
        status, r = s.attest("SgxEnclave", quote())
        claims = claims_of(r["token"])
        assert status == 200 and PPID not in json.dumps(claims) and "x-avow-platform-id" not in claims, claims
        assert s.manage("PUT", "/policies/SgxEnclave", unsigned(ISSUE))[0] == 200
        status, r = s.attest("SgxEnclave", quote())
        claims = claims_of(r["token"])
        assert status == 200 and claims["machine"] == PPID and "x-avow-platform-id" not in claims, claims
        # not under the service's own name
        mine = ISSUE.replace('type="machine"', 'type="x-avow-platform-id"')
        assert s.manage("PUT", "/policies/SgxEnclave", unsigned(mine))[0] == 200
        status, r = s.attest("SgxEnclave", quote())
        assert status == 400 and code(r) == "policy_reserved_claim", r
        # and a policy may decide by it
        for ppid, expected in ((PPID, 200), ("0" * 32, 400)):
            rule = 'version= 1.0;authorizationrules{[type=="x-avow-platform-id", value=="%s"] => permit();};' % ppid
            assert s.manage("PUT", "/policies/SgxEnclave", unsigned(rule))[0] == 200
            assert s.attest("SgxEnclave", quote())[0] == expected


@tap.case()
def the_command_line_has_both():
    args = ["appraise", "sgx", os.path.join(sim(), "quote.bin"), "--collateral", os.path.join(sim(), "collateral"),
            "--trust-anchor", os.path.join(sim(), "root.pem")]
    assert avow(*args, "--allow-platform", PPID, "--tcb-baseline", "18")[0] == 0
    status, out, _ = avow(*args, "--allow-platform", "0" * 32)
    assert status == 1 and json.loads(out)["error"]["code"] == "platform_not_allowed", out
    status, out, _ = avow(*args, "--tcb-baseline", "17")
    assert status == 2 and json.loads(out)["error"]["code"] == "tcb_baseline_absent", out
    for bad in (["--allow-platform", "x"], ["--tcb-baseline", "x"], ["--tcb-baseline", "-1"], ["--tcb-baseline", "9999999999"]):
        assert avow(*args, *bad)[0] == 64, bad


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
