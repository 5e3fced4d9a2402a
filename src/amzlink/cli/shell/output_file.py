"""Files that a command writes its result to."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from amzlink.cli.shell.safe_text import VisibleWriter
from amzlink.files import writing


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[str] | VisibleWriter]:
    """A text file in UTF-8 that takes its place when all of it is written. Raises as `files.writing.whole_file`.

    Where the path leads to a terminal (`/dev/stdout`, `/dev/tty`), the text is made visible.
    """
    with writing.whole_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield VisibleWriter(text) if text.isatty() else text
        text.detach()  # flushes it, and leaves the file open for who opened it
