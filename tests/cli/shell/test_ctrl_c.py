"""Ctrl-C arrives even where Python cannot raise it."""

import subprocess
import sys

_PROGRAM = """
import os, signal, sys, time, weakref
from amzlink.cli.shell.ctrl_c import make_sure_it_arrives

class Thing:
    pass

make_sure_it_arrives()
thing = Thing()
kept = weakref.ref(thing, {callback})
try:
    del thing
    {rest}
except KeyboardInterrupt:
    sys.exit(130)
"""


def run(callback: str, rest: str = "time.sleep(60)") -> "subprocess.CompletedProcess[str]":
    program = _PROGRAM.format(callback=callback, rest=rest)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)


def test_an_interruption_that_is_lost_in_a_callback_comes_again() -> None:
    done = run("lambda _: os.kill(os.getpid(), signal.SIGINT)")
    assert (done.returncode, done.stderr) == (130, "")


def test_other_errors_in_a_callback_are_shown_as_before() -> None:
    assert "ZeroDivisionError" in run("lambda _: 1 / 0", rest="pass").stderr
