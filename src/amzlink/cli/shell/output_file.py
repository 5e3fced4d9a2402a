"""Files that a command writes its result to."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from amzlink import files


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """A text file in UTF-8 that takes its place when all of it is written. Raises as `files.whole_file`."""
    with files.whole_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.detach()  # flushes it, and leaves the file open for who opened it
