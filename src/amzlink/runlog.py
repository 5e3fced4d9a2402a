"""The log: one JSON line per run and per call, no personal data, no secret; a file a month.

Amazon's policy asks for twelve months; thirteen are kept, so that a file goes only when all of it is older.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.clock import to_iso
from amzlink.files.writing import append_private

_MONTHS_KEPT: Final = 13


class RunLog:
    """Writes to `amzlink-YYYY-MM.jsonl` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encoder = msgspec.json.Encoder()

    def write(self, now: datetime, event: str, **facts: Any) -> None:
        """Add a line. `facts` are ids, counts, times and codes."""
        file = self._folder / f"amzlink-{now:%Y-%m}.jsonl"
        begins_month = not file.exists()
        append_private(file, self._encoder.encode({"at": to_iso(now), "event": event, **facts}))
        if begins_month:
            self._drop_old(now)

    def _drop_old(self, now: datetime) -> None:
        oldest = now.year * 12 + now.month - 1 - _MONTHS_KEPT
        for file in self._folder.glob("amzlink-????-??.jsonl"):
            year, month = file.stem[-7:-3], file.stem[-2:]
            if year.isdecimal() and month.isdecimal() and int(year) * 12 + int(month) - 1 < oldest:
                file.unlink(missing_ok=True)
