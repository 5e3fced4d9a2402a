"""Files that a command writes its result to."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from amzlink.files import translated_errors


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """A file that takes its place when all of it is written. 0600: results are nobody else's business."""
    if path.exists() and not path.is_file():  # a pipe or a device, such as /dev/null: never to be replaced
        with translated_errors(path), path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with translated_errors(path):
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
