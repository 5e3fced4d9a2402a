"""Ctrl-C that always arrives.

Python notes a signal at once, and raises KeyboardInterrupt when the main thread comes to its next step. Two things can
go wrong with that. In the callback of a weak reference or in a finaliser nothing can be raised: Python prints
"Exception ignored", and the command goes on as if nobody had pressed it. And a signal that is noted just before the
main thread waits for the system (for an answer at a prompt, in a sleep) is looked at when that wait is over.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

_LATER: Final = 0.02  # seconds: by then a callback is over, and who was about to wait is waiting


def make_sure_it_arrives() -> None:
    """Interrupt the main thread again where an interruption was lost, and end its wait where one came too early."""
    shown_before = sys.unraisablehook

    def hook(lost: "sys.UnraisableHookArgs") -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            _start(_again)
        else:
            shown_before(lost)

    sys.unraisablehook = hook
    if hasattr(signal, "pthread_kill"):
        _end_waits()


def _again() -> None:
    time.sleep(_LATER)
    signal.raise_signal(signal.SIGINT)


def _end_waits() -> None:
    """Follow each Ctrl-C with a signal that does nothing but end what the main thread waits for in the system."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGURG, lambda *_: None)
    main = threading.main_thread().ident

    def follow() -> None:
        while numbers := os.read(told, 64):
            if signal.SIGINT in numbers and main is not None:
                time.sleep(_LATER)
                signal.pthread_kill(main, signal.SIGURG)

    _start(follow)


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="amzlink-ctrl-c", daemon=True).start()
