#!/usr/bin/env python3
"""JMESPath against npm's `jmespath` package. Prints TAP.

Generated expressions on generated documents must give the same value or the
same kind of error in both: 10 seeds of 1,000 cases, kept below; AVOW_SEED=N
adds one. The generator keeps clear of what that library is known to do
otherwise than the specification says; those deviations are DEVIATIONS, each
with what the specification asks for (ours) and what the library does.

usage: differential.py DRIVER SOURCE_FOLDER WORK_FOLDER
"""
import json
import os
import random
import shutil
import subprocess
import sys

SEEDS = [11, 23, 37, 41, 59, 61, 73, 89, 97, 101]
CASES = 1000

# (why, expression, document, ours, the library's); an error is "!kind", and
# ANY is something that is no JSON value.
ANY = "!any"
DEVIATIONS = [
    ("ordering of anything but numbers is null", "a < b", {"a": "x", "b": "y"}, None, True),
    ("ordering with null is null", "x < `1`", {}, None, True),
    ("(@ ...) parses", "(@.a)", {"a": 1}, 1, "!syntax"),
    ("f(@.x) parses", "length(@.a)", {"a": [1]}, 1, "!syntax"),
    ("merge checks every argument", "merge(@, `1`)", {"a": 1}, "!invalid-type", {"a": 1}),
    ("merge takes no argument at all", "merge()", {}, {}, "!invalid-arity"),
    ("a projection goes on after .*", "a.*.b.c", {"a": {"k": {"b": {"c": 1}}}}, [1], None),
    ("a projection goes on after a multiselect", "[*].{k:a}.k", [{"a": 1}], [1], None),
    ("a projection goes on after a multiselect list", "[*].[a][0]", [{"a": 1}, {"a": 2}], [1, 2], [1]),
    ("an index is no multiselect", "[*][a]", [{"a": 1}], "!syntax", [[1]]),
    ("& stands in a call alone", "[&a]", {"a": 1}, "!syntax", ANY),
    ("an expression has no JSON type", "type(&a)", {}, "!invalid-type", "expref"),
    ("items are separated by commas", "[a b]", {"a": 1, "b": 2}, "!syntax", [1, 2]),
    ("arguments are separated by commas", "contains(a 'x')", {"a": "x"}, "!syntax", True),
    ("no comma before a closing parenthesis", "length(a,)", {"a": "x"}, "!syntax", 1),
    ("a slice has at most three parts", "[:::]", [1], "!syntax", [1]),
    ("a number ends with a digit", "[0-]", [1], "!syntax", 1),
    ("a raw string ends", "'abc", {}, "!syntax", "abc"),
    ("every escaped quote is one", "'\\'\\''", {}, "''", "'\\'"),
    ("a literal is JSON", "`abc`", {}, "!syntax", "abc"),
    ("every escaped backtick is one", "`\"\\`\\`\"`", {}, "``", "!syntax"),
    ("carriage return is white space", "a\r", {"a": 1}, 1, "!syntax"),
    ("a slice step of 0 is an error anywhere", "x[::0]", {}, "!invalid-value", None),
    ("an unknown function is an error anywhere", "x[?nope(@)]", {}, "!unknown-function", None),
    ("a wrong arity is an error anywhere", "x[?abs()]", {}, "!invalid-arity", None),
    ("the average of nothing is null", "avg(@) || 'x'", [], "x", None),
    ("numbers sort by value", "sort(@)", [10, 9], [9, 10], [10, 9]),
    ("text sorts by code point", "sort(@)", ["\U0001f600", "\uffff"], ["\uffff", "\U0001f600"],
     ["\U0001f600", "\uffff"]),
    ("text is ordered without a locale", "max(@)", ["a", "B"], "a", "B"),
    ("max_by takes strings", "max_by(@, &k)", [{"k": "a"}], {"k": "a"}, None),
    ("length counts code points", "length(@)", "\U0001f600", 1, 2),
    ("reverse keeps code points", "reverse(@)", "\U0001f600a", "a\U0001f600", "a\ude00\ud83d"),
    ("contains compares deeply", "contains(@, `[1]`)", [[1]], True, False),
    ("text contains nothing but text", "contains(@, `[]`)", "ab", False, True),
    ("starts_with looks at the start", "starts_with(@, 'a')", "aba", True, False),
    ("to_number takes JSON numbers alone", "to_number(@)", "0x10", None, 16),
    ("to_number of nothing is null", "to_number(@)", "", None, 0),
    ("members are the document's own", "toString", {}, None, ANY),
    ("equality of INT beyond 2^53 is exact", "`9007199254740993` == `9007199254740992`", {}, False, True),
]

WORDS = ["ab", "bc", "cab", "x", "yz", "wxyz", "quit", "lamp", "d"]


class Gen:
    """Random documents and expressions that both sides must agree on."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def num(self):
        n = self.r.randint(-3, 12)
        return n + 0.5 if self.r.random() < 0.2 else n

    def doc(self, depth=3):
        r = self.r
        o = {
            "n1": self.num(), "n2": self.num(), "s1": r.choice(WORDS), "s2": r.choice(WORDS),
            "t": r.random() < 0.5, "z": None, "es": [], "eo": {},
            "ln": [r.randint(0, 9) for _ in range(r.randint(0, 5))],
            "ls": [r.choice(WORDS) for _ in range(r.randint(0, 4))],
            "ll": [[r.randint(0, 9) for _ in range(r.randint(0, 3))] for _ in range(r.randint(0, 3))],
        }
        if depth:
            o["o"] = self.doc(depth - 1)
            o["lo"] = [self.doc(depth - 2 if depth > 1 else 0) for _ in range(r.randint(1, 3))]
            o["mm"] = {k: self.doc(0) for k in r.sample(["k1", "k2", "k3"], 2)}
            o["m"] = r.choice([1, "x", [1, "x"], None, {"s1": 1}, [None, 2]])
        names = [n for n in o if r.random() < 0.85]
        r.shuffle(names)
        return {n: o[n] for n in names}

    def name(self):
        n = self.r.choice(["n1", "n2", "s1", "s2", "t", "z", "es", "eo", "ln", "ls", "ll", "o", "lo", "mm", "m",
                           "k1", "none"])
        return json.dumps(n) if self.r.random() < 0.1 else n

    def literal(self):
        r = self.r
        return r.choice([
            lambda: "`%s`" % json.dumps(self.num()),
            lambda: "'%s'" % r.choice(WORDS),
            lambda: "`\"%s\"`" % r.choice(WORDS),
            lambda: r.choice(["`true`", "`false`", "`null`", "`[]`", "`{}`", "''"]),
            lambda: "`%s`" % json.dumps([self.num(), r.choice(WORDS)]),
            lambda: "`%s`" % json.dumps({"s1": r.choice(WORDS), "n1": 1}),
        ])()

    def index(self):
        return "[%d]" % self.r.randint(-3, 3)

    def slice(self):
        r = self.r

        def part():
            return str(r.randint(-5, 5)) if r.random() < 0.6 else ""
        step = r.choice(["", ":", ":1", ":2", ":-1", ":-2", ":3"])
        return "[%s:%s%s]" % (part(), part(), step)

    def path(self, d, at=True):
        """A chain of steps; `at`: it may start with @ and go on."""
        r = self.r
        out = r.choice([self.name(), self.name(), self.name(), "*" if d else self.name()])
        if at and r.random() < 0.1:
            out = "@." + self.name()
        elif r.random() < 0.08:
            out = r.choice([self.index, self.slice, lambda: "[*]", lambda: "[]"])()
        for _ in range(r.randint(0, 4)):
            k = r.random()
            if k < 0.35:
                out += "." + self.name()
            elif k < 0.45:
                out += self.index()
            elif k < 0.55:
                out += "[*]"
            elif k < 0.63:
                out += "[]"
            elif k < 0.7:
                out += self.slice()
            elif k < 0.8 and d:
                out += "[?%s]" % self.expr(d - 1)
            elif k < 0.88:
                # nothing but one step may follow: see DEVIATIONS
                return out + ".*" + r.choice(["", "." + self.name(), self.index(), "[*]", "[]", self.slice()])
            elif d:
                return out + "." + r.choice([self.multi_list, self.multi_hash])(d - 1)
        return out

    def multi_list(self, d):
        return "[%s]" % ", ".join(self.expr(d) for _ in range(self.r.randint(1, 3)))

    def multi_hash(self, d):
        return "{%s}" % ", ".join("%s: %s" % (self.name(), self.expr(d)) for _ in range(self.r.randint(1, 3)))

    def ordering(self, d):
        x = self.paren(self.path(d, False))
        op = self.r.choice(["<", "<=", ">", ">="])
        return "(type(%s) == 'number' && %s %s `%s`)" % (x, x, op, json.dumps(self.num()))

    def paren(self, e):
        return e if e.startswith("@") else "(%s)" % e

    def arg(self, want, d):
        """An argument of a type, or now and then of any."""
        r = self.r
        if r.random() < 0.06:
            return self.path(0, False)
        return r.choice({
            "num": ["n1", "n2", "o.n1", "`-1.5`", "length(ls)", "lo[0].n1"],
            "str": ["s1", "s2", "o.s1", "'cab'", "to_string(s1)", "lo[0].s2"],
            "nums": ["ln", "o.ln", "lo[].n1", "`[1,2.5]`", "ll[]", "es"],
            "strs": ["ls", "o.ls", "lo[].s1", "['x','ab']", "keys(mm)", "lo[*].to_string(n1)"],
            "digits": ["ln", "o.ln", "ll[]"],
            "objs": ["lo", "lo", "o.lo", "mm.*", "lo[*]"],
            "obj": ["o", "mm", "lo[0]", "`{\"a\":1}`", "eo", "o.o"],
            "any": ["@", self.path(max(d, 0), False), self.literal()],
            "arr": ["ln", "ls", "ll", "lo", "es"],
        }[want])

    def ref(self, d):
        return "&" + self.r.choice(["n1", "n2", "length(ls)", "o.n1", "sum(ln)", "s1"])

    def call(self, d):
        r = self.r
        a = self.arg
        return r.choice([
            lambda: "abs(%s)" % a("num", d), lambda: "ceil(%s)" % a("num", d), lambda: "floor(%s)" % a("num", d),
            lambda: "avg([%s, %s])" % (a("num", d), a("num", d)), lambda: "sum(%s)" % a("nums", d),
            lambda: "max(%s)" % a(r.choice(["nums", "strs"]), d), lambda: "min(%s)" % a("nums", d),
            lambda: "contains(%s, '%s')" % (a("str", d), r.choice(WORDS)),
            lambda: "contains(%s, %s)" % (a("strs", d), a("str", d)),
            lambda: "contains(%s, %s)" % (a("nums", d), a("num", d)),
            lambda: "starts_with(%s, '%s')" % (a("str", d), r.choice(WORDS)),
            lambda: "ends_with(%s, %s)" % (a("str", d), a("str", d)),
            lambda: "join('%s', %s)" % (r.choice(["", ",", "ab"]), a("strs", d)),
            lambda: "keys(%s)" % a("obj", d), lambda: "values(%s)" % a("obj", d),
            lambda: "length(%s)" % a(r.choice(["str", "arr", "obj"]), d),
            lambda: "map(&%s, %s)" % (self.expr(d - 1 if d else 0), a("arr", d)),
            lambda: "merge(%s, %s)" % (a("obj", d), r.choice(["`{}`", "`{\"x\":1}`", "`{\"n1\":2,\"q\":[]}`"])),
            lambda: "not_null(%s, %s, %s)" % (a("any", d), a("any", d), a("any", d)),
            lambda: "reverse(%s)" % a(r.choice(["str", "arr"]), d),
            lambda: "sort(%s)" % a(r.choice(["digits", "strs"]), d),
            lambda: "sort_by(%s, %s)" % (a("objs", d), self.ref(d)),
            lambda: "max_by(%s, &n1)" % r.choice(["lo", "mm.*", "o.lo"]),
            lambda: "min_by(%s, &n2)" % r.choice(["lo", "mm.*", "o.lo"]),
            lambda: "to_array(%s)" % a("any", d), lambda: "to_string(%s)" % a("any", d),
            lambda: "to_number(%s)" % r.choice(["'12'", "'-1.5'", "'1e2'", "'x1'", "n1", "t", "ln", "s1"]),
            lambda: "type(%s)" % a("any", d),
        ])()

    def expr(self, d):
        r = self.r
        if d <= 0:
            return r.choice([lambda: self.path(0), self.name, self.literal, lambda: "@"])()
        return r.choice([
            lambda: self.path(d), lambda: self.path(d), lambda: self.path(d), lambda: self.call(d),
            lambda: self.call(d), lambda: self.literal(),
            lambda: "%s || %s" % (self.expr(d - 1), self.expr(d - 1)),
            lambda: "%s && %s" % (self.expr(d - 1), self.expr(d - 1)),
            lambda: "!%s" % self.path(d - 1),
            lambda: "%s == %s" % (self.path(d - 1), self.expr(d - 1)),
            lambda: "%s != %s" % (self.path(d - 1), self.literal()),
            lambda: self.ordering(d - 1),
            lambda: "%s | %s" % (self.expr(d - 1), self.expr(d - 1)),
            lambda: "(%s)" % self.path(d - 1, False),
            lambda: self.multi_list(d - 1), lambda: self.multi_hash(d - 1),
            lambda: r.choice(["nope(@)", "abs()", "keys(@, @)", "a[", "[0", "a.1", "{a}", "!"]),
        ])()

    def cases(self, n):
        # A pipe, a broken text or an unknown function only as a whole: in a
        # part that is never reached the library would not see it.
        out = []
        while len(out) < n:
            e = self.expr(self.r.randint(1, 4))
            whole = any(e == b for b in ["nope(@)", "abs()", "keys(@, @)", "a[", "[0", "a.1", "{a}", "!"])
            parts = any(b in e for b in ["nope(", "abs()", "keys(@, @)", "a.1", "{a}", "a[,", "[0,"])
            if parts and not whole:
                continue
            if self.r.random() < 0.05:
                e = e.replace(" ", "\n\t ")
            out.append({"expr": e, "doc": self.doc()})
        return out


def canonical(v):
    """A text that is equal for equal JSON values, whatever their notation."""
    if isinstance(v, bool) or v is None or isinstance(v, str):
        return json.dumps(v)
    if isinstance(v, (int, float)):
        return repr(float(v))
    if isinstance(v, list):
        return "[" + ",".join(canonical(x) for x in v) + "]"
    return "{" + ",".join(json.dumps(k) + ":" + canonical(v[k]) for k in sorted(v)) + "}"


def outcome(line):
    o = json.loads(line)
    return "!" + o["error"] if "error" in o else canonical(o["result"])


def ask(command, cases):
    text = "".join(json.dumps(c) + "\n" for c in cases)
    p = subprocess.run(command, input=text.encode(), capture_output=True, timeout=300)
    lines = p.stdout.decode("utf-8", "surrogatepass").splitlines()
    if p.returncode or len(lines) != len(cases):
        raise RuntimeError("%s: exit %d, %d lines for %d cases\n%s" % (
            command[0], p.returncode, len(lines), len(cases), p.stderr.decode("utf-8", "replace")[-2000:]))
    return lines


def prepare(source, work):
    """npm ci into the work folder; a reason to skip, or None."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm or node is not installed"
    os.makedirs(work, exist_ok=True)
    for f in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(source, f), work)
    p = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=work,
                       capture_output=True, timeout=300)
    if p.returncode:
        return "npm ci failed: " + p.stderr.decode("utf-8", "replace").strip().splitlines()[-1][:120]
    return None


def run_seed(seed, ours, theirs):
    cases = Gen(seed).cases(CASES)
    a = ask(ours, cases)
    b = ask(theirs, cases)
    bad, kinds = [], {}
    for c, x, y in zip(cases, a, b):
        got, want = outcome(x), outcome(y)
        kind = got if got.startswith("!") else "null" if got == "null" else "value"
        kinds[kind] = kinds.get(kind, 0) + 1
        if got != want:
            bad.append("%s\n#   on   %s\n#   ours %s\n#   npm  %s" % (
                json.dumps(c["expr"]), json.dumps(c["doc"])[:1500], x[:300], y[:300]))
    return bad, kinds


def expected(v):
    return v if isinstance(v, str) and v.startswith("!") else canonical(v)


def run_deviations(ours, theirs, first):
    """Each deviation is one TAP case: ours is the specification's answer."""
    cases = [{"expr": e, "doc": d} for _, e, d, _, _ in DEVIATIONS]
    failed = 0
    for n, (row, x, y) in enumerate(zip(DEVIATIONS, ask(ours, cases), ask(theirs, cases)), first):
        ok = outcome(x) == expected(row[3])
        theirs_ok = row[4] == ANY or outcome(y) == expected(row[4])
        print("%sok %d - %s" % ("" if ok and theirs_ok else "not ", n, row[0]))
        if not (ok and theirs_ok):
            failed += 1
            print("# %s: ours %s, npm %s" % (row[1], x, y))
    return failed


def main():
    driver, source, work = sys.argv[1:4]
    reason = prepare(source, work)
    if reason:
        print("1..0 # skip " + reason)
        return 0
    ours, theirs = [driver], ["node", os.path.join(source, "differential.mjs"), os.path.abspath(work)]
    seeds = SEEDS + ([int(os.environ["AVOW_SEED"])] if os.environ.get("AVOW_SEED") else [])
    print("1..%d" % (len(seeds) + 1 + len(DEVIATIONS)))
    failed, total = 0, {}
    for n, seed in enumerate(seeds, 1):
        bad, kinds = run_seed(seed, ours, theirs)
        failed += bool(bad)
        for k, v in kinds.items():
            total[k] = total.get(k, 0) + v
        print("%sok %d - seed %d: %d of %d cases agree" % ("not " if bad else "", n, seed, CASES - len(bad), CASES))
        for b in bad[:10]:
            print("# " + b)
    # a generator that finds nothing would prove nothing
    rich = total.get("value", 0) * 2 > sum(total.values()) and total.get("!invalid-type", 0) > 100
    print("%sok %d - the cases are rich: %s" % ("" if rich else "not ", len(seeds) + 1, json.dumps(total)))
    failed += not rich
    failed += run_deviations(ours, theirs, len(seeds) + 2)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
