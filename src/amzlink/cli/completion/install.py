"""Setting up completion: a script among amzlink's own files, and one line where the shell starts.

Fish finds the script by itself. It is a file of ours, and a line that is there already is not added again, so this can
be repeated.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amzlink.cli.completion.scripts import SCRIPTS
from amzlink.files.home import Home, path_from
from amzlink.files.os_errors import translated_errors
from amzlink.files.reading import read_private
from amzlink.files.writing import append_private, write_private


@dataclass(frozen=True, slots=True)
class Installed:
    """What completion for a shell consists of: the script, and the `line` in the `startup` file that loads it."""

    shell: str
    script: Path
    startup: Path | None
    line: str
    changed: tuple[Path, ...]


def shell_of(environ: Mapping[str, str]) -> str:
    """The name of the shell that the user logs in with; empty where it is not known."""
    return Path(environ.get("SHELL", "")).name


def install(shell: str, home: Home, environ: Mapping[str, str]) -> Installed:
    """Write what is not there yet.

    Raises:
        Problem: `not-writable`, `disk-full` and the like; or `environment-invalid`, without a home folder.
    """
    user = path_from("HOME", "~")
    if shell == "fish":
        script = Path(environ.get("XDG_CONFIG_HOME") or user / ".config") / "fish" / "completions" / "amzlink.fish"
        return Installed(shell, script, None, "", _written(script, SCRIPTS[shell]))
    home.prepare()
    script = home.data / "completion" / f"amzlink.{shell}"
    startup = user / ".bashrc" if shell == "bash" else Path(environ.get("ZDOTDIR") or user) / ".zshrc"
    quoted = shlex.quote(str(script))
    line = f"[ -r {quoted} ] && . {quoted}  # completion of amzlink"
    changed = _written(script, SCRIPTS[shell])
    return Installed(shell, script, startup, line, (*changed, *_added(startup, line)))


def _written(file: Path, text: str) -> tuple[Path, ...]:
    """The file, if it had to be written."""
    if _content(file) == text.encode():
        return ()
    write_private(file, text.encode())
    return (file,)


def _added(file: Path, line: str) -> tuple[Path, ...]:
    """The file, if the line had to be added at its end; nothing else in it is touched."""
    content = _content(file)
    added = os.fsencode(line)
    if added in content.splitlines():
        return ()
    with translated_errors(file):
        append_private(file, b"\n" + added if content and not content.endswith(b"\n") else added)
    return (file,)


def _content(file: Path) -> bytes:
    try:
        return read_private(file)
    except FileNotFoundError:
        return b""
