"""The README's first command, without its build: the demo runs to its end."""
import os
import subprocess

from avowtest import BUILD, SOURCE, Tap

tap = Tap()


@tap.case()
def the_demo_attests_verifies_refuses_and_stops():
    p = subprocess.run([os.path.join(SOURCE, "tools", "demo"), BUILD], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=120)
    text = p.stdout.decode("utf-8", "replace")
    assert p.returncode == 0, text
    for words in ("ready: http://127.0.0.1:", '"x-ms-sgx-mrenclave"', "quote_signature", "nothing is left behind"):
        assert words in text, (words, text)


tap.run()
