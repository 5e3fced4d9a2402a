"""Work on an order book that is killed at a chosen step, in processes of their own.

One process loads everything, and forks for each time that the work is done.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

Killed = Callable[..., list[int]]
"""Does the work with a number of steps that it may take, and words; the exit code, after the steps that were left."""

_PROGRAM: Final = """
import json, os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
{work}
def work_and_die(left, words):
    def step(*_):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "after_cursor_execute", step)
    work(step, *words)
    return left

for line in sys.stdin:
    left, *words = json.loads(line)
    child = os.fork()
    if not child:
        print(work_and_die(left, words), flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@contextmanager
def killed_at(work: str) -> Iterator[Killed]:
    """`work` is the text of a function `work(step, *words)`, with its imports.

    A step is a statement to a database, or a call of `step`. What is killed has left no number of steps.
    """
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(work=work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asked, answers = process.stdin, process.stdout
        assert asked
        assert answers

        def do(steps: int, *words: str) -> list[int]:
            asked.write(json.dumps([steps, *words]) + "\n")
            asked.flush()
            said = [int(answers.readline())]
            return said if said == [-signal.SIGKILL] else [*said, int(answers.readline())]

        yield do
        asked.close()
