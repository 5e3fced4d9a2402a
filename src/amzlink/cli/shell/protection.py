"""What this process gives away by accident, whatever the shell has set: memory in a core file, rights of files."""

import os
from typing import Final

_OF_OTHERS: Final = 0o077


def protect() -> None:
    """Leave no core file, and let the umask take nothing from the owner.

    The memory of a run holds keys and addresses. A core file, or the copy that systemd or Ubuntu keeps of it, would
    have them longer than the order book may. What this process starts inherits both; a umask is changed only where it
    is one with which nobody could open their own files.
    """
    os.umask(os.umask(_OF_OTHERS) & _OF_OTHERS)
    try:
        import resource
    except ImportError:  # Windows has no core files
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
