"""What a process gives away by accident, whatever the shell that started it has set."""

import subprocess
import sys

import pytest

CODE = (
    "import os, resource, sys\n"
    "from amzlink.cli.shell.protection import protect\n"
    "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)\n"
    "protect()\n"
    "print(resource.getrlimit(resource.RLIMIT_CORE)[0], oct(os.umask(0)))"
)


@pytest.mark.parametrize(("umask", "left"), [(0o777, 0o077), (0o022, 0o022), (0, 0)])
def test_there_is_no_core_file_and_the_owner_keeps_their_rights(umask: int, left: int) -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, umask=umask)
    assert ran.stdout.split() == ["0", oct(left)]
