#!/usr/bin/env python3
"""avow eventlog over real logs: every log parses, fields equal the expected YAML
of tpm2-tools' fixtures, and replays equal known registers. Prints TAP; skips where
the vectors are absent.

usage: test_eventlog.py AVOW
"""
import base64
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.environ.get("AVOW_VECTORS", "")
BANKS = {"sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
LOGS = ["tpm-google-attestation/*eventlog", "tpm-google-attestation/*.wbcl.bin", "tpm-google-eventlog/*.bin",
        "tpm-keylime/binary_bios_measurements*", "tpm-tools-fixtures/*.bin"]


def run(exe, path, *options):
    p = subprocess.run([exe, "eventlog", path, *options], capture_output=True, timeout=60)
    return p.returncode, json.loads(p.stdout)


def read_yaml(text):
    """tpm2_eventlog's YAML: events in order with the fields that are compared, and pcrs."""
    body, _, tail = text.partition("\npcrs:\n")
    events, alg = [], None
    for line in body.splitlines():
        m = re.match(r"\s*-?\s*(\w+)\s*:\s*(.*)$", line)
        if not m:
            continue
        key, value = m.group(1), m.group(2).strip().strip('"')
        if key == "PCRIndex":
            events.append({"PCRIndex": int(value), "digests": {}})
        elif key == "EventType" or key in ("UnicodeName", "VariableName", "VariableDataLength"):
            events[-1].setdefault(key, value)
        elif key == "AlgorithmId":
            alg = value
        elif key == "Digest":
            events[-1]["digests"][alg] = value
        elif key == "SpecID":
            events[-1]["spec"] = True
    pcrs, bank = {}, None
    for line in tail.splitlines():
        m = re.match(r"\s+(\w+)\s*:\s*(?:0x([0-9a-f]+))?$", line)
        if m and not m.group(2):
            bank = BANKS.get(m.group(1))
        elif m and bank:
            pcrs.setdefault(int(m.group(1)), {})[bank] = m.group(2)
    return [e for e in events if not e.get("spec")], pcrs


def same_event(want, got):
    digests = {BANKS[a]: d for a, d in want["digests"].items() if a in BANKS}
    data = got["ProcessedData"]
    ok = (want["PCRIndex"], want["EventType"], digests) == (got["PcrIndex"], got["EventTypeString"], got["Digests"])
    if "UnicodeName" in data:
        raw = base64.urlsafe_b64decode(data["VariableData"] + "===")
        ok = ok and data["UnicodeName"] == want["UnicodeName"]
        ok = ok and data["VariableGuid"].lower() == want["VariableName"].lower()
        ok = ok and len(raw) == int(want["VariableDataLength"])
    return ok


def check_yaml(exe, path):
    want, pcrs = read_yaml(open(path + ".yaml", encoding="utf-8", errors="replace").read())
    return compare(exe, path, want, pcrs)


def compare(exe, path, want, pcrs):
    code, got = run(exe, path)
    problems = []
    if code != 0 or len(want) != len(got["Events"]):
        return [f"exit {code}, {len(got.get('Events', []))} events for {len(want)}"]
    for i, (w, g) in enumerate(zip(want, got["Events"])):
        if not same_event(w, g):
            problems.append(f"event {i + 1}: expected {w}, got {g}")
    replay = {p["Index"]: p["Digests"] for p in got["PCRs"]}
    if not pcrs or replay != pcrs:
        problems.append(f"PCRs: expected {pcrs}, got {replay}")
    return problems


def check_tool(exe, path):
    """tpm2_eventlog itself, where it is installed and reads the log."""
    p = subprocess.run(["tpm2_eventlog", path], capture_output=True, timeout=60)
    if p.returncode != 0:
        return []
    return compare(exe, path, *read_yaml(p.stdout.decode("utf-8", "replace")))


def check_parses(exe, path):
    code, got = run(exe, path)
    want = "ccel" if "ccel" in path else "tcg"
    seqs = [e["EventSeq"] for e in got.get("Events", [])]
    if code != 0 or got["format"] != want or seqs != sorted(set(seqs)):
        return [f"exit {code}: {str(got)[:300]}"]
    return []


def check_windows_quote(exe, folder):
    """The registers of a Windows machine's quote, whose signature covers all 24."""
    doc = json.load(open(os.path.join(folder, "windows_gcp_shielded_vm.json"), encoding="utf-8"))
    quoted = {p["Index"]: base64.b64decode(p["Digest"]).hex() for p in doc["Log"]["PCRs"] if p["DigestAlg"] == 3}
    _, got = run(exe, os.path.join(folder, "windows_gcp_shielded_vm.wbcl.bin"))
    return [f"PCR {p['Index']}: {quoted.get(p['Index'])}" for p in got["PCRs"]
            if quoted.get(p["Index"]) != p["Digests"].get("SHA1")] or ([] if len(got["PCRs"]) == 8 else ["8 PCRs"])


def check_manifest(exe, folder, name):
    """The PCRs that the vectors' manifest says the log replays to."""
    text = open(os.path.join(folder, "MANIFEST.md"), encoding="utf-8").read()
    part = text.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
    bank = re.search(r"replayed (sha\d+):", part)
    if not bank:
        return []
    want = {int(i): v for i, v in re.findall(r"PCR(\d+)=([0-9a-f]+)", part)}
    _, got = run(exe, os.path.join(folder, name))
    replay = {p["Index"]: p["Digests"].get(BANKS[bank.group(1)]) for p in got["PCRs"]}
    return [] if all(replay.get(i) == v for i, v in want.items()) else [f"expected {want}, got {replay}"]


def check_ccel(exe, path):
    """RTMR 0 to 2 of the machine's own TDX quote are registers 1 to 3 of its CCEL."""
    quote = glob.glob(os.path.join(ROOT, "tdx-google/quote-v4-cos-113-*"))[0]
    body = open(quote, "rb").read()[48:]
    rtmr = {i + 1: body[328 + 48 * i:376 + 48 * i].hex() for i in range(3)}
    _, got = run(exe, path)
    replay = {p["Index"]: p["Digests"]["SHA384"] for p in got["PCRs"]}
    return [] if replay == rtmr else [f"expected {rtmr}, got {replay}"]


def check_cut(exe, path):
    """A log without its last byte is refused with a reason."""
    p = subprocess.run([exe, "eventlog", "-"], input=open(path, "rb").read()[:-1], capture_output=True, timeout=60)
    error = json.loads(p.stdout).get("error", {})
    return [] if (p.returncode, error.get("code")) == (1, "eventlog_truncated") else [str(p)]


def main():
    exe = sys.argv[1]
    paths = sorted(p for pattern in LOGS for p in glob.glob(os.path.join(ROOT, pattern)))
    if not ROOT or not paths:
        print("1..0 # SKIP no vectors")
        return 0
    checks = [(f"parses {os.path.basename(p)}", check_parses, (exe, p)) for p in paths]
    for p in paths:
        folder, name = os.path.split(p)
        if os.path.exists(p + ".yaml"):
            checks.append((f"equals the YAML of {name}", check_yaml, (exe, p)))
        if f"## {name}\n" in open(os.path.join(folder, "MANIFEST.md"), encoding="utf-8").read():
            checks.append((f"replays as known {name}", check_manifest, (exe, folder, name)))
        elif shutil.which("tpm2_eventlog") and "ccel" not in name:
            checks.append((f"equals tpm2_eventlog's {name}", check_tool, (exe, p)))
        if "ccel" in name:
            checks.append(("replays to the RTMRs of the quote", check_ccel, (exe, p)))
    folder = os.path.join(ROOT, "tpm-google-attestation")
    checks.append(("replays to the quoted PCRs of Windows", check_windows_quote, (exe, folder)))
    checks.append(("refuses a cut log", check_cut, (exe, os.path.join(folder, "crypto_agile_eventlog"))))
    failed = 0
    print(f"1..{len(checks)}")
    for n, (name, check, args) in enumerate(checks, 1):
        try:
            problems = check(*args)
        except Exception as e:  # a test that dies is a failed test
            problems = [repr(e)]
        failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {n} - {name}")
        for line in problems[:5]:
            print("# " + line[:600])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
