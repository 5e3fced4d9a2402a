"""What a problem says to a program, which is all that it says to anybody."""

import msgspec

from amzlink.cli.shell.documents import failure
from amzlink.problems import Problem


def texts_of(problem: Problem) -> dict[str, str]:
    """The fields of the error in `--json`."""
    texts: dict[str, str] = msgspec.to_builtins(failure(problem))
    return texts
