"""The three standard streams, of which Task Scheduler, pythonw and some daemons give a program fewer.

A stream that is missing is no terminal: nothing comes from it, and what is written to it is lost. A job never ends
because nobody can hear what it says.
"""

import io
import os
import sys
from typing import Final

_MODES: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def make_ready() -> None:
    """Give this process all three streams, and a stderr that takes everything."""
    # In the order of their numbers: each takes the lowest that is free, which is its own. An order book that was
    # opened as number 2 would have error messages written into it.
    for name, mode in _MODES:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - as long as the process
    if type(sys.stderr) is io.TextIOWrapper:
        sys.stderr = _Talk(sys.stderr.detach(), encoding=sys.stderr.encoding, errors="backslashreplace")


class _Talk(io.TextIOWrapper):
    """A stderr without an end: the disk that it leads to may be full, and its reader may be gone."""

    def write(self, text: str) -> int:
        try:
            super().write(text)
            super().flush()
        except OSError:
            self._fall_silent()
        return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._fall_silent()

    def _fall_silent(self) -> None:
        """Let what comes, and what Python holds back still, go nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
