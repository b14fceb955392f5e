"""A few lines of TAP: cases are functions, skipped by raising Skip."""
import sys
import traceback


class Skip(Exception):
    pass


def run(cases):
    """Run the functions in order, print TAP, return the exit code."""
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    for n, case in enumerate(cases, 1):
        name = case.__name__
        try:
            case()
            print(f"ok {n} - {name}", flush=True)
        except Skip as e:
            print(f"ok {n} - {name} # SKIP {e}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {n} - {name}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
    return 1 if failed else 0


def main(cases):
    sys.exit(run(cases))
