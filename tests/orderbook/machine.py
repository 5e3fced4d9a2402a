"""What a machine can do to files: another user, who is forbidden what nobody forbids root; a disk that is full."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

NOBODY: Final = pwd.getpwnam("nobody")
needs_root: Final = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

# Everything is loaded before the rights are given up: the other user may not be able to read our checkout.
_BEGIN: Final = """
import os, pwd, sys
from pathlib import Path
from amzlink.config.file import read_config
from amzlink.files.home import Home, find_home
from amzlink.files.writing import append_private, write_private
from amzlink.orderbook import migrations
from amzlink.orderbook.database import Database
from amzlink.problems import Problem
Database.open(Path(sys.argv[1]) / "warm-up" / "orders.db").close()
os.setgroups([])
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
os.umask(0o022)
here = Path(sys.argv[1])
def told(action):
    try:
        action()
    except Problem as problem:
        print(problem.name, "|", problem.summary)
    else:
        print("done")
"""


@contextmanager
def common_folder() -> Iterator[Path]:
    """A folder that every user can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="amzlink-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def as_nobody(folder: Path, code: str) -> str:
    """Run code as the user nobody, in a process of its own; what it printed.

    In it `here` is the folder, and `told(action)` prints `done` or the problem's name and summary.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{_BEGIN}\n{code}", str(folder), str(NOBODY.pw_uid), str(NOBODY.pw_gid)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def tiny_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of a few kilobytes; where it may not be mounted the test is skipped, which in CI is a failure."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=700", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop(f"mounting is not permitted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True, capture_output=True)


def fill(disk: Path, *, leaving: int = 0) -> Path:
    """Fill what is left of a disk but for some bytes, with one file."""
    filler = disk / "filler"
    filler.write_bytes(b"")
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(disk)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - leaving)))
    return filler
