"""Five kills of what `make soak` does two hundred times: see kill_drill.py."""
import random
import shutil
import tempfile

from avowtest import Tap
from kill_drill import Drill

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-kills-")


@tap.case()
def kill_loses_nothing_that_was_acknowledged():
    drill = Drill(HOME, random.Random(4))
    assert drill.run(5) >= 5


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
