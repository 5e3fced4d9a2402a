"""Quotas in a file, as the runs of one machine have them."""

from pathlib import Path

from amzlink.amazon.quota import Buckets, SharedQuotas
from amzlink.clock import Clock
from amzlink.http.shared_file import SharedFile


class FileQuotas(SharedQuotas):
    """Buckets in a file that all runs of a home share."""

    def __init__(self, path: Path, account: str, clock: Clock | None = None) -> None:
        super().__init__(SharedFile(path, Buckets), account, clock)
