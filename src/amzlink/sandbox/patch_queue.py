"""The changes to listings that wait for their turn, and what was said to those that came."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.messages import Json

# Amazon says no more than that it takes some minutes.
PATCH_TIME: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Patch:
    """One operation on one attribute, with an entry for each marketplace that it concerns."""

    op: str
    attribute: str
    value: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """A change that was taken, and when it will be seen."""

    sku: str
    patches: tuple[Patch, ...]
    due: datetime


class PatchQueue:
    """Takes changes in. `patch_time` is how long one takes until it is seen."""

    def __init__(self) -> None:
        self.patch_time = PATCH_TIME
        self.open: list[Submission] = []
        self._said: dict[str, Counter[str]] = {}

    def take(self, sku: str, patches: tuple[Patch, ...], now: datetime) -> None:
        """Queues a change."""
        self.open.append(Submission(sku, patches, now + self.patch_time))

    def take_due(self, now: datetime) -> list[Submission]:
        """The changes that are to be seen by now, the first one first; they wait no longer."""
        due = sorted((each for each in self.open if each.due <= now), key=lambda each: each.due)
        self.open = [each for each in self.open if each.due > now]
        return due

    def count(self, sku: str, status: str, *, preview: bool) -> None:
        """Notes what was answered."""
        self._said.setdefault(sku, Counter())[f"preview {status}" if preview else status] += 1

    def said_to(self, sku: str) -> dict[str, int]:
        """How often a change to the SKU was answered how; previews apart."""
        return dict(self._said.get(sku, {}))
