"""Ctrl-C that always arrives.

Python raises KeyboardInterrupt wherever the main thread happens to be. In the callback of a weak reference or in a
finaliser nothing can be raised: Python prints "Exception ignored", and the command goes on as if nobody had pressed it.
"""

import _thread
import sys
import threading
import time
from typing import Final

_LATER: Final = 0.02  # seconds: by then the callback is over


def make_sure_it_arrives() -> None:
    """Interrupt the main thread again where an interruption was lost."""
    shown_before = sys.unraisablehook

    def hook(lost: "sys.UnraisableHookArgs") -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            threading.Thread(target=_again, name="amzlink-ctrl-c", daemon=True).start()
        else:
            shown_before(lost)

    sys.unraisablehook = hook


def _again() -> None:
    time.sleep(_LATER)
    _thread.interrupt_main()
