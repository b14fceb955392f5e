#!/usr/bin/env python3
"""Generated policies over generated claims: src/policy and reference.py must
agree on the decision, what is issued, the properties and the error. Prints TAP.

usage: differential.py DRIVER [COUNT [SEED]]

The seed is kept, so that every run has the same cases; a disagreement prints
its case's own number, and `differential.py DRIVER 1 NUMBER` runs it again.
"""
import json
import random
import subprocess
import sys

import reference

COUNT, SEED = 5000, 20260611
NAMES = ["a", "b", "c", "d"]
TYPES = NAMES + ["pcrs", "x-ms-sgx-svn", "q"]
PROPERTIES = ["own", "omit_x5c", "required_pcr_mask", "x-ms-sgx-tcbidentifier", "report_validity_in_minutes"]
TEXTS = ["", "x", "y", "azuredefault", "17", "a b", 'q"\\', "null", "[1]"]
INTS = [0, 1, 2, -1, 7, 16777216, 2**63 - 1, -(2**63)]
JSONS = ['{"k":1,"l":[1,2,null,"x"],"m":{"k":true}}', "[1,2,3]", '[{"k":1,"m":5},{"k":2},{"m":"x"}]', "null", "true",
         "5", '"s"', "[]", "{}", "1.5", "2.0", '[1,"x",true]', "[[1]]", "{", "abc", "1 2", '{"k":1,"k":2}', "[1,1.5]",
         "9223372036854775808", '[null,"x","x"]', '{"PCRs":[{"Index":0,"V":"aa"},{"Index":7,"V":"bb"}]}']
QUERIES = ["k", "l", "m.k", "@", "[0]", "[-1]", "[*].k", "l | [0]", "[?k == `1`]", "[?k != `1`].m", "length(@)",
           "l | length(@)", "[?k == `1`] | [0].m", "m.k == `true`", "[0] != `1`", "PCRs[?Index == `7`].V | [0]",
           "missing.path", "[?k == `1`] | length(@)", "k == `1`"]
BAD_QUERIES = ["k.", "[", "k k", ".k"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, *pool):
        return self.r.choice(pool)

    def chance(self, p):
        return self.r.random() < p

    # --- claims ---

    def json_text(self):
        return self.r.choice(JSONS)

    def value(self):
        kind = self.r.random()
        if kind < 0.35:
            return self.r.choice(INTS[:5])
        if kind < 0.55:
            return self.chance(0.5)
        return self.r.choice(TEXTS) if kind < 0.8 else self.json_text()

    def claim(self):
        name = self.r.choice(TYPES)
        value = self.value()
        if name == "q":
            value = self.r.choice(QUERIES + BAD_QUERIES)
        elif name == "pcrs":
            value = JSONS[-1]
        issuer = self.pick(reference.SERVICE, reference.SERVICE, reference.SERVICE, reference.CUSTOM, reference.POLICY)
        return {"type": name, "value": value, "valueType": reference.type_of(value), "issuer": issuer}

    def claims(self):
        out = [self.claim() for _ in range(self.r.randrange(16))]
        for c in list(out):
            if self.chance(0.25):
                out.insert(self.r.randrange(len(out) + 1), dict(c, issuer=self.pick(reference.SERVICE, reference.CUSTOM)))
        return out

    # --- policies ---

    def string(self, s):
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def literal(self):
        kind = self.r.random()
        if kind < 0.4:
            return str(self.r.choice(INTS))
        if kind < 0.6:
            return self.pick("true", "false")
        return self.string(self.r.choice(TEXTS + JSONS[:6]))

    def operand(self, idents):
        """An identifier's property where there is one, else a literal."""
        if idents and self.chance(0.8):
            return self.r.choice(idents) + "." + self.pick("value", "value", "value", "value", "type", "valueType", "issuer")
        return self.literal()

    def single(self, idents, depth, kind):
        """An expression that can be one value of a kind."""
        if depth > 0 and self.chance(0.4):
            calls = {"S": ["JmesPath", "AppendString", "JsonToClaimValue"],
                     "B": ["NegateBool", "IsSubsetOf", "ContainsOnlyValue", "JsonToClaimValue"]}
            return self.call(self.r.choice(calls[kind]), idents, depth - 1)
        if idents and self.chance(0.6):
            return self.r.choice(idents) + ".value"
        if self.chance(0.01):
            return self.literal()
        return self.pick("true", "false") if kind == "B" else self.string(self.r.choice(TEXTS + JSONS))

    def query(self, idents):
        if idents and self.chance(0.15):
            return self.r.choice(idents) + ".value"
        return self.string(self.r.choice(QUERIES if self.chance(0.985) else BAD_QUERIES))

    def call(self, name, idents, depth):
        if name == "JmesPath":
            args = [self.single(idents, depth, "S"), self.query(idents)]
        elif name == "AppendString":
            args = [self.single(idents, depth, "S"), self.single(idents, depth, "S")]
        elif name == "JsonToClaimValue":
            args = [self.single(idents, depth, "S")]
        elif name == "NegateBool":
            args = [self.single(idents, depth, "B")]
        else:
            args = [self.expr(idents, depth), self.expr(idents, depth)]
        if self.chance(0.004):
            args.append("1")
        if self.chance(0.004):
            name = name.lower()
        return name + "(" + self.pick(",", ", ", " ,\n").join(args) + ")"

    def expr(self, idents, depth):
        if self.functions and depth > 0 and self.chance(0.45):
            return self.call(self.r.choice(list(reference.FUNCTIONS)), idents, depth - 1)
        return self.operand(idents)

    def test(self, idents, prop):
        op = self.pick("==", "==", "==", "!=", "<", "<=", ">", ">=") if prop == "value" else self.pick(
            "==", "==", "==", "!=", "=")
        if prop == "type":
            right = self.string(self.r.choice(TYPES)) if self.chance(0.93) else self.operand(idents)
        elif prop == "issuer":
            right = self.string(self.pick(reference.SERVICE, reference.POLICY, reference.CUSTOM, "Nobody"))
        elif prop == "valueType":
            right = self.string(self.pick("String", "Integer", "Boolean", "Other"))
        elif op in ("==", "!=", "="):
            right = self.expr(idents, 2)
        else:
            right = str(self.r.choice(INTS)) if self.chance(0.6) else self.operand(idents)
            if right[0] == '"' or right in ("true", "false") or not right.endswith(".value") and "." in right:
                right = "1" if self.chance(0.95) else right
        return prop + self.pick("", " ") + op + self.pick("", " ") + right

    def cond(self, idents, used):
        props = ["type"] if self.chance(0.85) else []
        props += [p for p, often in (("value", 0.45), ("issuer", 0.25), ("valueType", 0.15)) if self.chance(often)]
        tests = [self.test(idents, p) for p in props or ["value"]]
        negated = self.chance(0.15) if self.functions else self.chance(0.004)
        name = self.r.choice([n for n in ("i", "j", "k", "type", "c") if n not in used] or ["z"])
        if self.chance(0.004) and used:
            name = used[0]
        text = ("!" if negated else "") + (name + ":" if self.chance(0.7) else "")
        if text.endswith(":"):
            used.append(name)
            if not negated or self.chance(0.01):
                idents.append(name)
        return text + "[" + ",".join(tests) + "]"

    def fields(self, idents, action):
        pool = PROPERTIES if action == "issueproperty" else TYPES
        computed = self.chance(0.1) if idents else self.chance(0.004)
        name = self.operand(idents) if computed else self.string(self.r.choice(pool))
        fields = ["type=" + name, "value=" + self.expr(idents, 3)]
        if action == "issueproperty" and self.chance(0.75):
            fixed = {"own": "1", "omit_x5c": "true", "required_pcr_mask": "5", "x-ms-sgx-tcbidentifier": '"17"',
                     "report_validity_in_minutes": "9"}
            fields[1] = "value=" + fixed.get(name.strip('"'), "1")
        elif action == "issueproperty" and self.chance(0.5):
            fields[0] = 'type="own"'
        if self.chance(0.03):
            said = self.pick('"String"', '"Integer"', '"Boolean"', "c.valueType")
            fields.append("valueType=" + (said if said[0] == '"' or "c" in idents else '"String"'))
        if self.chance(0.03):
            fields.append('issuer="%s"' % self.pick(*[reference.POLICY] * 9, reference.SERVICE))
        if self.chance(0.005):
            fields.pop(self.r.randrange(len(fields)))
        self.r.shuffle(fields)
        return ", ".join(fields)

    def set_expr(self):
        return self.pick("i.value", "i.value", "j.value", 'JsonToClaimValue("[]")', "JsonToClaimValue(i.value)",
                         'JsonToClaimValue("[1,null,\\"x\\"]")', "i.type", self.literal())

    def idiom(self, section):
        """A rule as people write them: sets, functions of sets, derived text."""
        i, j = self.string(self.r.choice(TYPES)), self.string(self.r.choice(TYPES))
        name = self.string(self.r.choice(NAMES))
        read = "JmesPath(i.value, %s)" % self.string(self.r.choice(QUERIES))
        value = self.pick(
            "ContainsOnlyValue(%s, %s)" % (self.set_expr(), self.literal()),
            "ContainsOnlyValue(%s, j.value)" % self.set_expr(),
            "IsSubsetOf(%s, %s)" % (self.set_expr(), self.set_expr()),
            "IsSubsetOf(i.value, j.value)", read, "JsonToClaimValue(%s)" % read,
            "AppendString(%s, %s)" % (self.pick("i.value", "i.type", '"x"'), self.pick("j.value", "j.issuer", '""')),
            "NegateBool(%s)" % self.pick("i.value", "ContainsOnlyValue(i.value, j.value)"), "i.value", "j.valueType")
        test = self.pick("", "", ", value%s%s" % (self.pick("==", "!=", "<", ">="), "i.value"))
        conds = "i:[type==%s] && j:[type==%s%s]" % (i, j, test)
        action = self.pick("add", "issue") if section else "issueproperty"
        if section == 0:
            name = '"own"'
        if section == 1 and self.chance(0.3):
            return "%s && [value==%s] => permit();" % (conds, value)
        return "%s => %s(type=%s, value=%s);" % (conds, action, self.pick(name, name, name, "i.type"), value)

    def rule(self, section):
        if self.functions and self.chance(0.35):
            return self.idiom(section)
        idents, used = [], []
        conds = [self.cond(idents, used) for _ in range(self.pick(0, 0, 1, 1, 1, 2, 2, 3))]
        actions = {0: ["issueproperty"], 1: ["permit", "permit", "permit", "deny", "add", "add", "issue"],
                   2: ["add", "issue", "issue", "issue", "issueproperty"]}[section]
        action = self.r.choice(actions)
        if action == "deny" and (not conds or self.chance(0.5)):
            action = "permit"
        if self.chance(0.004):
            action = self.pick("permit", "add", "issueproperty", "allow")
        if action in ("permit", "deny"):
            what = ""
        elif idents and self.chance(0.2):
            what = "claim=" + self.r.choice(idents)
        else:
            what = self.fields(idents, action)
        return " && ".join(conds) + self.pick("=>", " => ") + action + "(" + what + ");"

    def policy(self):
        minor = self.pick(0, 1, 2, 2, 2, 2, 2, 2)
        self.functions = minor == 2 or self.chance(0.03)
        out = ["version=%s1.%d;" % (self.pick("", " "), minor)]
        for n, name in enumerate(reference.SECTIONS):
            often = [0.3 if minor > 0 else 0.01, 0.995, 0.85][n]
            if not self.chance(often):
                continue
            rules = [self.rule(n) for _ in range(self.pick(0, 1, 2, 3) if n == 0 else self.r.randrange(1, 7))]
            if n == 1 and self.chance(0.6):
                rules.append("=>permit();")
            if self.chance(0.03):
                name = name.capitalize()
            out.append(name + self.pick("{", " {\n") + self.pick("", "\n", "// note\n").join(rules) + "};")
        if self.chance(0.005):
            self.r.shuffle(out)
        return self.pick("", "\n").join(out)


def case(seed):
    g = Generator(seed)
    return g.policy(), g.claims()


def ask_driver(driver, cases):
    data = bytearray()
    for policy, claims in cases:
        p, c = policy.encode(), json.dumps(claims).encode()
        data += b"%d %d\n" % (len(p), len(c)) + p + c
    done = subprocess.run([driver], input=bytes(data), capture_output=True, timeout=300, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def strict(v):
    """As text, so that 1, true and 1.0 stay apart; order of members is free."""
    return json.dumps(v, sort_keys=True)


def main():
    driver = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    first = int(sys.argv[3]) if len(sys.argv) > 3 else SEED
    cases = [case(first + n) for n in range(count)]
    got = ask_driver(driver, cases)
    wrong, seen = [], {}
    for n, (policy, claims) in enumerate(cases):
        try:
            want = reference.run(policy, claims)
        except reference.Unknown:
            seen["unknown"] = seen.get("unknown", 0) + 1
            continue
        kind = want["error"] or want["decision"]
        seen[kind] = seen.get(kind, 0) + 1
        if strict(want) != strict(got[n]):
            wrong.append((first + n, policy, claims, want, got[n]))
    print("1..2")
    for seed, policy, claims, want, answer in wrong[:3]:
        print("# case %d\n# %s\n# %s\n# wanted %s\n# got    %s" % (
            seed, policy.replace("\n", "\n# "), json.dumps(claims), strict(want), strict(answer)))
    print("%sok 1 - %d of %d generated policies agree" % ("not " if wrong or len(got) != count else "", count - len(wrong), count))
    # a generator that made only errors, or never one of a kind, would prove little
    print("# " + ", ".join("%s %d" % (k, seen[k]) for k in sorted(seen)))
    kinds = ["permit", "deny", "policy_evaluation", "policy_json", "policy_read_only", "policy_name", "policy_type",
             "policy_version", "policy_property", "policy_query", "policy_query_failed", "policy_action"]
    rich = count < COUNT or (seen.get("unknown", 0) < count / 100 and all(seen.get(k, 0) > 0 for k in kinds) and seen["permit"] > count / 5)
    print("%sok 2 - the cases meet every kind of outcome" % ("" if rich else "not "))
    return 0 if not wrong and rich else 1


if __name__ == "__main__":
    sys.exit(main())
