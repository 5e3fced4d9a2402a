"""Opening a page in the person's browser, where there is one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from amzlink.core.child_environment import without_secrets

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
_OPEN: Final = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def open_page(url: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser took the address. A browser that would run inside this terminal is not asked.

    Python's own module lets a browser inherit all that its process has, so a process without our secrets opens it.
    """
    if sys.platform not in ("win32", "darwin") and not any(environ.get(name) for name in _SCREENS):
        return False
    try:
        # Isolated, because a file of that module's name could lie in the folder in which amzlink was started.
        return not subprocess.call(  # noqa: S603 - Python, with a page of ours
            [sys.executable, "-I", "-c", _OPEN, url], env=without_secrets(environ)
        )
    except OSError:
        return False
