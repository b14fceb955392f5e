"""The policy language a second time: naive and slow, from the specification
alone. It shares nothing with src/policy but the names of the error codes.

run(text, claims) gives {"decision", "issued", "properties", "error"}.

JMESPath is there only as far as the generator of differential.py uses it;
src/jmespath has a differential test of its own.
"""
import decimal
import json
import re

SERVICE, POLICY, CUSTOM = "AttestationService", "AttestationPolicy", "CustomClaim"
SECTIONS = ["configurationrules", "authorizationrules", "issuancerules"]
PROPS = ["type", "value", "valueType", "issuer"]
MAX_INT, MIN_INT = 2**63 - 1, -(2**63)


class Refused(Exception):
    """The text is no policy; `code` says why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Failed(Exception):
    """The policy failed while it was evaluated."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Unknown(Exception):
    """This reference does not know the query; nothing can be compared."""


# --- parsing ------------------------------------------------------------------------

TOKEN = re.compile(r"""\s+|//[^\n]*|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<int>[0-9]+)
    |"(?P<str>(?:[^"\\\n]|\\["\\])*)"|(?P<sym>=>|==|!=|<=|>=|&&|[;,:.{}()\[\]=<>!-])""", re.X)


def tokens(text):
    out, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise Refused("policy_syntax")
        at = m.end()
        if m.lastgroup:
            value = m.group(m.lastgroup)
            if m.lastgroup == "str":
                value = re.sub(r'\\(["\\])', r"\1", value)
            out.append((m.lastgroup, value))
    return out + [("end", "")]


class Parser:
    def __init__(self, text):
        self.t, self.at = tokens(text), 0

    def peek(self):
        return self.t[self.at]

    def take(self, kind=None, value=None):
        k, v = self.t[self.at]
        if (kind and k != kind) or (value is not None and v != value):
            raise Refused("policy_syntax")
        self.at += 1
        return v

    def sym(self, s):
        return self.take("sym", s)

    def is_sym(self, s):
        return self.peek() == ("sym", s)

    def policy(self):
        self.take("name", "version")
        self.sym("=")
        major = self.take("int")
        self.sym(".")
        minor = self.take("int")
        if major != "1" or minor not in ("0", "1", "2"):
            raise Refused("policy_version")
        self.sym(";")
        sections = []
        while self.peek()[0] != "end":
            sections.append(self.section())
        return int(minor), sections

    def section(self):
        name = self.take("name").lower()
        if name not in SECTIONS:
            raise Refused("policy_syntax")
        self.sym("{")
        rules = []
        while not self.is_sym("}"):
            rules.append(self.rule())
        self.sym("}")
        self.sym(";")
        return name, rules

    def rule(self):
        conds = []
        if not self.is_sym("=>"):
            conds.append(self.cond())
            while self.is_sym("&&"):
                self.take()
                conds.append(self.cond())
        self.sym("=>")
        action = self.take("name")
        if action not in ("permit", "deny", "add", "issue", "issueproperty"):
            raise Refused("policy_syntax")
        self.sym("(")
        claim, fields = None, []
        if action not in ("permit", "deny"):
            if self.peek() == ("name", "claim"):
                self.take()
                self.sym("=")
                claim = self.take("name")
            else:
                fields.append(self.field())
                while self.is_sym(","):
                    self.take()
                    fields.append(self.field())
        self.sym(")")
        self.sym(";")
        return conds, action, claim, fields

    def prop(self):
        name = self.take("name")
        if name not in PROPS:
            raise Refused("policy_syntax")
        return name

    def field(self):
        name = self.prop()
        self.sym("=")
        return name, self.expr()

    def cond(self):
        negated = self.is_sym("!")
        if negated:
            self.take()
        ident = None
        if self.peek()[0] == "name":
            ident = self.take()
            self.sym(":")
        self.sym("[")
        tests = [self.test()]
        while self.is_sym(","):
            self.take()
            tests.append(self.test())
        self.sym("]")
        return negated, ident, tests

    def test(self):
        name = self.prop()
        op = self.take("sym")
        if op == "=":
            op = "=="
        if op not in ("==", "!=", "<", "<=", ">", ">="):
            raise Refused("policy_syntax")
        return name, op, self.expr()

    def integer(self, sign):
        n = sign * int(self.take("int"))
        if not MIN_INT <= n <= MAX_INT:
            raise Refused("policy_syntax")
        return "int", n

    def expr(self):
        kind, value = self.peek()
        if kind == "str":
            return "str", self.take()
        if kind == "int":
            return self.integer(1)
        if self.is_sym("-"):
            self.take()
            return self.integer(-1)
        name = self.take("name")
        if name in ("true", "false"):
            return "bool", name == "true"
        if self.is_sym("("):
            self.take()
            args = []
            while not self.is_sym(")"):
                if args:
                    self.sym(",")
                args.append(self.expr())
            self.take()
            return "call", name, args
        self.sym(".")
        return "prop", name, self.prop()


# --- what is known before there are claims ------------------------------------------

S, I, B = "String", "Integer", "Boolean"
ANY = {S, I, B}
FUNCTIONS = {  # arguments: the type of a single value, or None for a set or any value
    "JmesPath": ([S, S], {S}),
    "JsonToClaimValue": ([S], ANY),
    "IsSubsetOf": ([None, None], {B}),
    "AppendString": ([S, S], {S}),
    "NegateBool": ([B], {B}),
    "ContainsOnlyValue": ([None, None], {B}),
}
ALLOWED = {
    "permit": [1], "deny": [1], "add": [1, 2], "issue": [1, 2], "issueproperty": [0, 2],
}


def property_ok(name, value):
    """Types and ranges of the properties that the service knows."""
    if name == "x-ms-sgx-tcbidentifier":
        return isinstance(value, str) and (value == "azuredefault" or bool(re.fullmatch(r"[1-9][0-9]{0,8}", value)))
    if name in ("require_valid_aik_cert", "omit_x5c", "x-avow-allow-debug", "x-avow-allow-migration"):
        return isinstance(value, bool)
    if name == "required_pcr_mask":
        return is_int(value) and 0 <= value <= 0xFFFFFF
    if name == "report_validity_in_minutes":
        return is_int(value) and 1 <= value <= 366 * 1440
    return True


PROPERTY_TYPE = {"x-ms-sgx-tcbidentifier": S, "require_valid_aik_cert": B, "omit_x5c": B, "x-avow-allow-debug": B, "x-avow-allow-migration": B,
                 "required_pcr_mask": I, "report_validity_in_minutes": I}


def is_int(v):
    return isinstance(v, int) and not isinstance(v, bool)


def type_of(v):
    return B if isinstance(v, bool) else I if isinstance(v, int) else S


class Checker:
    def __init__(self, minor, sections):
        self.minor = minor
        last = -1
        for name, _ in sections:
            at = SECTIONS.index(name)
            if at <= last:
                raise Refused("policy_section")
            last = at
            if at == 0 and minor < 1:
                raise Refused("policy_version")
        if not any(name == SECTIONS[1] for name, _ in sections):
            raise Refused("policy_section")
        for name, rules in sections:
            for rule in rules:
                self.rule(SECTIONS.index(name), rule)

    def rule(self, section, rule):
        conds, action, claim, fields = rule
        bound = {}
        for negated, ident, tests in conds:
            if negated and self.minor < 2:
                raise Refused("policy_version")
            for prop, op, expr in tests:
                types = self.expr(expr, bound)
                left = ANY if prop == "value" else {S}
                if op not in ("==", "!=") and I not in left & types:
                    raise Refused("policy_type")
            if ident:
                if ident in bound:
                    raise Refused("policy_name")
                bound[ident] = negated
        if section not in ALLOWED[action]:
            raise Refused("policy_action")
        if claim:
            self.use(claim, bound)
        elif fields:
            self.fields(action, fields, bound)

    def use(self, name, bound):
        if name not in bound or bound[name]:
            raise Refused("policy_name")

    def fields(self, action, fields, bound):
        seen = {}
        for name, expr in fields:
            if name in seen:
                raise Refused("policy_syntax")
            seen[name] = (expr, self.expr(expr, bound))
        if "type" not in seen or "value" not in seen:
            raise Refused("policy_syntax")
        expr, types = seen["type"]
        if S not in types or expr == ("str", ""):
            raise Refused("policy_type")
        if "valueType" in seen:
            said, said_types = seen["valueType"]
            if S not in said_types or (said[0] == "str" and said[1] not in seen["value"][1]):
                raise Refused("policy_type")
        if "issuer" in seen and seen["issuer"][0] != ("str", POLICY):
            raise Refused("policy_type")
        value, types = seen["value"]
        if action == "issueproperty" and expr[0] == "str" and expr[1] in PROPERTY_TYPE:
            literal = value[0] in ("str", "int", "bool")
            if not (property_ok(expr[1], value[1]) if literal else PROPERTY_TYPE[expr[1]] in types):
                raise Refused("policy_property")

    def expr(self, expr, bound):
        if expr[0] == "prop":
            self.use(expr[1], bound)
            return ANY if expr[2] == "value" else {S}
        if expr[0] != "call":
            return {type_of(expr[1])}
        _, name, args = expr
        if self.minor < 2:
            raise Refused("policy_version")
        if name not in FUNCTIONS:
            raise Refused("policy_name")
        wants, gives = FUNCTIONS[name]
        if len(args) != len(wants):
            raise Refused("policy_type")
        for arg, want in zip(args, wants):
            types = self.expr(arg, bound)
            if want and want not in types:
                raise Refused("policy_type")
            if name == "JmesPath" and arg == ("str", ""):
                raise Refused("policy_type")
        return gives


def check_queries(sections):
    """A literal query is parsed with the policy."""
    def walk(expr):
        if expr[0] == "call":
            for arg in expr[2]:
                walk(arg)
            if expr[1] == "JmesPath" and expr[2][1][0] == "str":
                try:
                    Query(expr[2][1][1])
                except Failed:
                    raise Refused("policy_query") from None

    for _, rules in sections:
        for conds, _, _, fields in rules:
            for _, _, tests in conds:
                for test in tests:
                    walk(test[2])
            for field in fields:
                walk(field[1])


# --- a little JMESPath -------------------------------------------------------------------

class Query:
    """name, .name, [n], [*], [?path == `json`], length(@), a == `json`, |"""

    PART = re.compile(r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<at>@)|\[(?P<index>-?[0-9]+)\]|(?P<star>\[\*\])
        |\[\?(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s(?P<cmp>==|!=)\s`(?P<lit>[^`]*)`\]|(?P<dot>\.)""", re.X)

    def __init__(self, text):
        # multiselects and quoted names, which other values happen to be
        if text[:1] in '["{' and not re.match(r"\[(\?|\*|-?[0-9]+\])", text) and text != "[":
            raise Unknown
        self.stages = [self.stage(s.strip()) for s in text.split("|")]

    def stage(self, s):
        if s == "length(@)":
            return ("length",)
        m = re.fullmatch(r"(.*\S) (==|!=) `([^`]*)`", s)
        if m and "[?" not in s:
            return ("compare", self.path(m.group(1)), m.group(2), json.loads(m.group(3)))
        return ("path", self.path(s))

    def path(self, s):
        parts, at, want_name = [], 0, True
        while at < len(s):
            m = self.PART.match(s, at)
            if not m:
                raise Failed("policy_query_failed")
            kind, at = m.lastgroup, m.end()
            if kind in ("name", "at") and not want_name or kind == "dot" and want_name:
                raise Failed("policy_query_failed")
            want_name = kind == "dot"
            if kind == "lit":
                parts.append(("filter", m.group("key"), m.group("cmp"), json.loads(m.group("lit"))))
            elif kind not in ("dot", "at"):
                parts.append((kind, m.group(kind)))
        if want_name:
            raise Failed("policy_query_failed")
        return parts

    def search(self, doc):
        for stage in self.stages:
            if stage[0] == "length":
                if not isinstance(doc, (str, list, dict)):
                    raise Failed("policy_query_failed")
                doc = len(doc)
            elif stage[0] == "compare":
                same = json_eq(self.walk(stage[1], doc), stage[3])
                doc = same == (stage[2] == "==")
            else:
                doc = self.walk(stage[1], doc)
        return doc

    def walk(self, parts, doc):
        for n, part in enumerate(parts):
            kind = part[0]
            if kind == "name":
                doc = doc.get(part[1]) if isinstance(doc, dict) else None
            elif kind == "index":
                i = int(part[1])
                doc = doc[i] if isinstance(doc, list) and -len(doc) <= i < len(doc) else None
            else:
                if not isinstance(doc, list):
                    return None
                if kind == "filter":
                    doc = [d for d in doc if json_eq(self.walk([("name", part[1])], d), part[3]) == (part[2] == "==")]
                out = [self.walk(parts[n + 1:], d) for d in doc]
                return [d for d in out if d is not None]
        return doc


def json_eq(a, b):
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    return (isinstance(a, (int, float)) and isinstance(b, (int, float)) or type(a) is type(b)) and a == b


def number(text):
    """An integer that fits 64 bits, else a double."""
    return int(text) if MIN_INT <= int(text) <= MAX_INT else float(text)


def dump(v):
    """Compact text; a double in its shortest form, without an exponent."""
    if isinstance(v, float):
        text = format(decimal.Decimal(repr(v)), "f")
        return text[:-2] if text.endswith(".0") else text
    if isinstance(v, list):
        return "[" + ",".join(dump(i) for i in v) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + dump(i) for k, i in v.items()) + "}"
    return json.dumps(v, ensure_ascii=False)


# --- evaluation -----------------------------------------------------------------------------

class Value:
    def __init__(self, value, read_only=False):
        self.value, self.read_only = value, read_only

    def same(self, other):
        return type_of(self.value) == type_of(other.value) and self.value == other.value


class Claim:
    def __init__(self, name, value, issuer, read_only=False):
        self.name, self.value, self.issuer, self.read_only = name, value, issuer, read_only

    def get(self, prop):
        v = {"type": self.name, "value": self.value, "issuer": self.issuer, "valueType": type_of(self.value)}[prop]
        return Value(v, self.read_only)


def compare(op, left, right):
    a, b = left.value, right.value
    if type_of(a) != type_of(b):
        return False
    if op in ("==", "!="):
        return (a == b) == (op == "==")
    if not is_int(a):
        return False
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def one(values, kind):
    if len(values) != 1 or (kind and type_of(values[0].value) != kind):
        raise Failed("policy_evaluation")
    return values[0]


def parse_json(text):
    def no_repeats(pairs):
        if len(dict(pairs)) != len(pairs):
            raise Failed("policy_json")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=no_repeats, parse_int=number)


def json_to_values(text, read_only):
    def primitive(v):
        if isinstance(v, float):
            if v == int(v) and MIN_INT <= v < 2.0**63:
                return Value(int(v), read_only)
            raise Failed("policy_json")
        if isinstance(v, (list, dict)):
            raise Failed("policy_json")
        return Value(v, read_only)

    try:
        v = parse_json(text)
    except ValueError:
        return [Value(text, read_only)]
    items = v if isinstance(v, list) else [v]
    return [primitive(i) for i in items if i is not None]


def evaluate(expr, bound):
    """The set of values of an expression."""
    if expr[0] == "prop":
        return [c.get(expr[2]) for c in bound[expr[1]]]
    if expr[0] != "call":
        return [Value(expr[1])]
    name, args = expr[1], [evaluate(a, bound) for a in expr[2]]
    if name == "IsSubsetOf":
        return [Value(all(any(a.same(b) for b in args[1]) for a in args[0]))]
    if name == "ContainsOnlyValue":
        v = one(args[1], None)
        return [Value(bool(args[0]) and all(a.same(v) for a in args[0]))]
    singles = [one(a, kind) for a, kind in zip(args, FUNCTIONS[name][0])]
    read_only = any(v.read_only for v in singles)
    a = singles[0].value
    if name == "NegateBool":
        return [Value(not a, read_only)]
    if name == "AppendString":
        return [Value(a + singles[1].value, read_only)]
    if name == "JsonToClaimValue":
        return json_to_values(a, read_only)
    query = singles[1].value
    if a == "" or query == "":
        raise Failed("policy_evaluation")
    try:
        doc = parse_json(a)
    except ValueError:
        raise Failed("policy_json") from None
    return [Value(dump(Query(query).search(doc)), read_only)]


class Evaluator:
    def __init__(self, claims):
        self.claims = claims
        self.incoming, self.issued, self.properties = [], [], {}
        self.permits = self.denies = 0

    def rule(self, section, rule):
        conds, action, claim, fields = rule
        bound = {}
        for negated, ident, tests in conds:
            right = [(prop, op, evaluate(expr, bound)) for prop, op, expr in tests]
            found = [c for c in self.incoming
                     if all(any(compare(op, c.get(prop), v) for v in values) for prop, op, values in right)]
            if bool(found) == negated:
                return
            if ident:
                bound[ident] = found
        if action == "permit":
            self.permits += 1
        elif action == "deny":
            self.denies += 1
        elif claim:
            for c in list(bound[claim]):
                self.make(section, action, c.name, Value(c.value, c.read_only))
        else:
            self.make_fields(section, action, dict(fields), bound)

    def make_fields(self, section, action, fields, bound):
        names = evaluate(fields["type"], bound)
        if not names or any(not n.same(names[0]) for n in names):
            raise Failed("policy_evaluation")
        if type_of(names[0].value) != S or names[0].value == "":
            raise Failed("policy_evaluation")
        values = evaluate(fields["value"], bound)
        said = evaluate(fields["valueType"], bound) if "valueType" in fields else None
        read_only = any(n.read_only for n in names)
        for v in values:
            if said is not None and type_of(v.value) not in [s.value for s in said]:
                raise Failed("policy_evaluation")
            self.make(section, action, names[0].value, Value(v.value, v.read_only or read_only))

    def make(self, section, action, name, v):
        if action != "add" and v.read_only:
            raise Failed("policy_read_only")
        self.incoming.append(Claim(name, v.value, POLICY, v.read_only))
        if action == "issueproperty":
            if not property_ok(name, v.value):
                raise Failed("policy_property")
            self.properties.pop(name, None)
            self.properties[name] = v.value
        if action == "issue" and section == 2:
            self.issued.append((name, v.value))

    def run(self, sections):
        rules = {SECTIONS.index(name): rules for name, rules in sections}
        for r in rules.get(0, []):
            self.rule(0, r)
        configured, made = dict(self.properties), self.incoming
        self.incoming = self.claims + made
        for r in rules.get(1, []):
            self.rule(1, r)
        if self.denies or not self.permits:
            return "deny", configured
        for r in rules.get(2, []):
            self.rule(2, r)
        return "permit", self.properties


def as_object(issued):
    out = {}
    for name, value in issued:
        out.setdefault(name, []).append(value)
    return {name: v[0] if len(v) == 1 else v for name, v in out.items()}


def read_claims(claims):
    return [Claim(c["type"], c["value"], c["issuer"], c["type"] == "pcrs" and c["issuer"] == SERVICE) for c in claims]


def run(text, claims):
    answer = {"decision": "error", "issued": {}, "properties": {}, "error": None}
    e = Evaluator(read_claims(claims))
    try:
        minor, sections = Parser(text).policy()
        Checker(minor, sections)
        check_queries(sections)
        answer["decision"], answer["properties"] = e.run(sections)
    except (Refused, Failed) as why:
        answer["error"] = why.code
    if answer["decision"] == "permit":
        answer["issued"] = as_object(e.issued)
    return answer
