"""Five kills of what `make soak` does two hundred times: see kill_drill.py. And a stop
that cuts off what is being stored: nothing of it may be half made either.
"""
import random
import shutil
import signal
import tempfile

from avowtest import Tap
from kill_drill import Drill

tap = Tap()
HOME = tempfile.mkdtemp(prefix="avow-kills-")


@tap.case()
def kill_loses_nothing_that_was_acknowledged():
    drill = Drill(HOME, random.Random(4))
    assert drill.run(5) >= 5


@tap.case()
def a_stop_in_the_middle_of_changes_is_a_clean_one():
    # no time to drain: requests that wait for the disk are ended by the stop
    drill = Drill(tempfile.mkdtemp(dir=HOME), random.Random(5), ["--drain-deadline", "0"])
    assert sum(drill.turn(n, signal.SIGTERM) for n in range(3)) >= 3


try:
    tap.run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
