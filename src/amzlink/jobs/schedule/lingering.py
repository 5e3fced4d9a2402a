"""Whether scheduled runs go on while the user is signed out, which systemd asks to be told."""

import getpass
import os

from amzlink.schedulers.scheduler import Scheduler
from amzlink.schedulers.systemd import Systemd


def lingers(scheduler: Scheduler) -> bool | None:
    """Whether its timers run while the user is signed out; None where that is no question or cannot be seen."""
    return scheduler.lingers(user()) if isinstance(scheduler, Systemd) else None


def let_linger(scheduler: Scheduler) -> None:
    """Let them run while the user is signed out too. Raises `schedule-failed`."""
    if isinstance(scheduler, Systemd):
        scheduler.let_linger(user())


def user() -> str:
    """The user for whom the schedule runs: a number where there are such, because not each user has a name."""
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
