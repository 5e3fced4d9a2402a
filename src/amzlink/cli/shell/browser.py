"""Opening a page in the person's browser, where there is one."""

import os
import sys
import webbrowser


def open_page(url: str) -> bool:
    """Whether a browser took the address. A browser that would run inside this terminal is not asked."""
    on_screen = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    return on_screen and webbrowser.open(url)
