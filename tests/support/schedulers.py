"""Stand-ins for the programs of schedulers: what cannot be had in a test is a script that keeps what it was told."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Final

from amzlink.schedulers.scheduler import Programs

_CRONTAB: Final = """#!/bin/sh
if [ -f "$0.refuses" ]; then echo "You ($USER) are not allowed to use this program (crontab)" >&2; exit 1; fi
case "$1" in
    -l) if [ -f "$0.table" ]; then cat "$0.table"; else echo "no crontab for you" >&2; exit 1; fi ;;
    -) cat > "$0.new"
       if [ -f "$0.broken" ]; then
           echo '"-":3: bad minute' >&2; echo "errors in crontab file, can't install." >&2; exit 1
       fi
       mv "$0.new" "$0.table" ;;
esac
"""
_SYSTEMCTL: Final = """#!/bin/sh
echo "$*" >> "$0.calls"
[ -f "$0.down" ] && { echo "Failed to connect to bus: No medium found" >&2; exit 1; }
case "$*" in
    *enable*) [ -f "$0.refuses" ] && { echo "Failed to enable unit: Refusing to operate" >&2; exit 1; } ;;
    *restart*) [ -f "$0.stuck" ] && { echo "Job for x.timer failed." >&2; exit 1; } ;;
    *" show "*) echo "ActiveState=active"; echo "NextElapseUSecRealtime=@1795960800" ;;
esac
exit 0
"""
_LOGINCTL: Final = """#!/bin/sh
echo "$*" >> "$0.calls"
case "$1" in
    show-user) if [ -f "$0.lingers" ]; then echo Linger=yes; else echo Linger=no; fi ;;
    enable-linger) touch "$0.lingers" ;;
esac
"""
_LAUNCHCTL: Final = """#!/bin/sh
echo "$*" >> "$0.calls"
"""
_SCRIPTS: Final = {"crontab": _CRONTAB, "systemctl": _SYSTEMCTL, "loginctl": _LOGINCTL, "launchctl": _LAUNCHCTL}


class Machine:
    """A folder with such programs, to stand first in PATH. Files beside them decide how they behave."""

    def __init__(self, folder: Path, *programs: str) -> None:
        self.folder = folder
        folder.mkdir()
        for program in programs:
            file = folder / program
            file.write_text(_SCRIPTS[program])
            file.chmod(stat.S_IRWXU)

    @property
    def path(self) -> str:
        """PATH with these programs, and of the machine's own only what scripts need."""
        own = self.folder / "own"
        if not own.exists():
            own.mkdir()
            for tool in ("sh", "cat", "mv", "touch"):
                place = next(Path(each, tool) for each in ("/bin", "/usr/bin") if Path(each, tool).exists())
                (own / tool).symlink_to(place)
        return f"{self.folder}{os.pathsep}{own}"

    def turn(self, program: str, how: str, *, on: bool = True) -> None:
        """Let a program be `down`, or have it `refuse`, or find the table `broken`."""
        file = self.folder / f"{program}.{how}"
        file.touch() if on else file.unlink()

    def replace(self, program: str, script: str) -> None:
        """Let a program do something else."""
        (self.folder / program).write_text(f"#!/bin/sh\n{script}\n")

    def calls(self, program: str) -> list[str]:
        """The command lines that a program was given."""
        file = self.folder / f"{program}.calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def table(self) -> str | None:
        """The crontab; None where there is none."""
        file = self.folder / "crontab.table"
        return file.read_bytes().decode() if file.exists() else None

    @table.setter
    def table(self, text: str) -> None:
        (self.folder / "crontab.table").write_bytes(text.encode())


class Schtasks(Programs):
    """Windows' program for tasks, as far as it is used; `calls` are the command lines that it was given.

    The task that is `refused` cannot be made.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.tasks: dict[str, str] = {}
        self.calls: list[tuple[str, ...]] = []
        self.refused = ""

    def has(self, program: str) -> bool:
        return program == "schtasks"

    def run(self, *command: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
        assert stdin is None
        self.calls.append(command)
        _, verb, _, name, *rest = command
        found = [task for each, task in self.tasks.items() if each == name or name.endswith("\\")]
        if name == self.refused:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: Access is denied.")
        if verb == "/Create":
            self.tasks[name] = Path(rest[1]).read_text("utf-16")
        elif verb == "/Delete":
            self.tasks.pop(name, None)
        code = 0 if verb == "/Create" or found else 1
        return subprocess.CompletedProcess(command, code, "".join(found), "")
