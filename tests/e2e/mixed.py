"""A little of what `make soak` does at length: see mixed_drill.py."""
import os
import shutil
import tempfile

from avowtest import Tap, b64u, forge
from mixed_drill import Drill

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-mixed-")


def flags_and_quote():
    sim = forge(os.path.join(HOME, "sim"))
    with open(os.path.join(sim, "quote.bin"), "rb") as f:
        return (["--collateral", os.path.join(sim, "collateral"), "--trust-anchor", os.path.join(sim, "root.pem")],
                b64u(f.read()))


@tap.case()
def everything_at_once_and_nothing_fails():
    assert Drill(HOME, *flags_and_quote(), rounds=8).run() >= 16


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
