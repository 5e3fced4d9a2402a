"""Ctrl-C arrives even where Python cannot raise it, and when the command is about to wait."""

import subprocess
import sys

_PROGRAM = """
import _thread, os, signal, sys, threading, time, weakref
from amzlink.cli.shell.ctrl_c import make_sure_it_arrives

class Thing:
    pass

def pressed_too_early():
    # The signal is noted, and nothing ends the wait that has begun: as when it comes right before the wait.
    time.sleep(0.3)
    _thread.interrupt_main()

make_sure_it_arrives()
thing = Thing()
kept = weakref.ref(thing, {callback})
try:
    {work}
except KeyboardInterrupt:
    sys.exit(130)
"""
_LOSE_IT = "lambda _: os.kill(os.getpid(), signal.SIGINT)"
_WAIT_FOR_AN_ANSWER = "os.read(0, 1)"  # no answer ever comes


def run(work: str, callback: str = "None") -> "subprocess.CompletedProcess[str]":
    program = _PROGRAM.format(callback=callback, work=work)
    with subprocess.Popen(["sleep", "100"], stdout=subprocess.PIPE) as silent:  # keeps the pipe open
        try:
            return subprocess.run(
                [sys.executable, "-c", program],
                stdin=silent.stdout, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
        finally:
            silent.kill()


def test_an_interruption_that_is_lost_in_a_callback_comes_again_and_ends_a_wait() -> None:
    done = run(f"del thing; {_WAIT_FOR_AN_ANSWER}", _LOSE_IT)
    assert (done.returncode, done.stderr) == (130, "")


def test_an_interruption_right_before_a_wait_ends_it() -> None:
    done = run(f"threading.Thread(target=pressed_too_early).start(); {_WAIT_FOR_AN_ANSWER}")
    assert (done.returncode, done.stderr) == (130, "")


def test_other_errors_in_a_callback_are_shown_as_before() -> None:
    assert "ZeroDivisionError" in run("del thing", "lambda _: 1 / 0").stderr
