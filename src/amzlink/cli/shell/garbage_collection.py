"""When Python looks for garbage.

What is made while a program loads stays. To look through it again and again takes a tenth of a short run, so that is
put off until everything is loaded, and what is there by then is never looked through.
"""

import gc
from typing import Final

_USUAL: Final = gc.get_threshold()
_WHILE_LOADING: Final = 500_000  # objects: an import makes 120,000 of them, and one look at those takes 30 ms


def loading() -> None:
    """The program begins to load; most of what it makes now stays."""
    gc.set_threshold(_WHILE_LOADING, *_USUAL[1:])


def loaded() -> None:
    """The work begins."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
