#!/usr/bin/env python3
"""avow query: result on stdout and exit 0, or one line of JSON on stderr and
exit 1. Prints TAP.

usage: test_query.py AVOW
"""
import json
import os
import subprocess
import sys
import tempfile

DOC = '{"a":[{"n":1,"s":"x"},{"n":2.50,"s":"\\u00e9\\n"}],"big":9007199254740993}'

# name, expression, document, exit status, stdout
RESULTS = [
    ("prints_compact_json_in_document_order", "a[0]", DOC, '{"n":1,"s":"x"}'),
    ("keeps_the_quotes_of_a_string", "a[0].s", DOC, '"x"'),
    ("prints_null_where_nothing_matches", "nothing.here", DOC, "null"),
    ("escapes_only_what_json_needs", "a[1].s", DOC, '"\u00e9\\n"'),
    ("keeps_integers_exact", "big", DOC, "9007199254740993"),
    ("prints_reals_in_their_shortest_form", "a[].n", DOC, "[1,2.5]"),
    ("folds_case_in_equals_ignore_case", "equals_ignore_case('AbC', 'aBc')", "{}", "true"),
    ("reads_nested_documents", "[0]", "[" * 64 + "]" * 64, "[" * 63 + "]" * 63),
    ("takes_expressions_that_start_with_a_dash_as_such", "-1", "{}", None),
]

# name, expression, document, kind
ERRORS = [
    ("reports_syntax", "a[", DOC, "syntax"),
    ("reports_arity", "abs()", DOC, "invalid-arity"),
    ("reports_type", "abs(a)", DOC, "invalid-type"),
    ("reports_value", "a[::0]", DOC, "invalid-value"),
    ("reports_unknown_function", "nope(@)", DOC, "unknown-function"),
    ("reports_limit", "@" + " | [@,@]" * 40, DOC, "limit"),
    ("reports_nesting", "(" * 100 + "@" + ")" * 100, DOC, "limit"),
    ("reports_document_that_is_no_json", "a", "{", "document"),
    ("reports_document_with_trailing_text", "a", "{} {}", "document"),
    ("reports_document_with_a_member_twice", "a", '{"a":1,"a":2}', "document"),
    ("reports_document_that_is_too_deep", "a", "[" * 65 + "]" * 65, "document"),
    ("reports_empty_document", "a", "", "document"),
    ("judges_the_expression_first", "a[", "{", "syntax"),
]


def run(exe, args, text=""):
    p = subprocess.run([exe, "query"] + args, input=text.encode(), capture_output=True, timeout=60)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def check_result(exe, expr, doc, want):
    code, out, err = run(exe, [expr], doc)
    if want is None:
        return code == 1 and out == "" and json.loads(err)["error"] == "syntax"
    return (code, out, err) == (0, want + "\n", "")


def check_error(exe, expr, doc, kind):
    code, out, err = run(exe, [expr], doc)
    line = json.loads(err)
    return code == 1 and out == "" and err.count("\n") == 1 and list(line) == ["error", "message"] and \
        line["error"] == kind and line["message"] != ""


def reads_a_file_or_dash(exe):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "doc.json")
        with open(path, "w") as f:
            f.write(DOC)
        return run(exe, ["a[0].n", path]) == (0, "1\n", "") and run(exe, ["a[0].n", "-"], DOC) == (0, "1\n", "")


def says_document_for_a_file_that_is_not_there(exe):
    code, out, err = run(exe, ["a", "/nonexistent/doc.json"])
    return code == 1 and out == "" and json.loads(err)["error"] == "document"


def shows_usage_for_wrong_arguments(exe):
    return all(run(exe, a)[0] == 64 and "usage: avow query" in run(exe, a)[2] for a in ([], ["a", "b", "c"]))


def shows_help(exe):
    code, out, err = run(exe, ["--help"])
    return code == 0 and out.startswith("usage: avow query EXPR [FILE]") and err == ""


def main():
    exe = sys.argv[1]
    tests = [(n, lambda e=e, d=d, w=w: check_result(exe, e, d, w)) for n, e, d, w in RESULTS]
    tests += [(n, lambda e=e, d=d, k=k: check_error(exe, e, d, k)) for n, e, d, k in ERRORS]
    tests += [(f.__name__, lambda f=f: f(exe)) for f in (
        reads_a_file_or_dash, says_document_for_a_file_that_is_not_there, shows_usage_for_wrong_arguments, shows_help)]
    print("1..%d" % len(tests))
    failed = 0
    for n, (name, test) in enumerate(tests, 1):
        ok = test()
        failed += not ok
        print("%sok %d - %s" % ("" if ok else "not ", n, name))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
