"""How well shipments of the last weeks went, as the order book knows them. They are not Amazon's own figures.

Source of Amazon's limits: docs/rates.md.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

SPAN: Final = timedelta(days=30)
"""How far the rates look back."""

LATE_ALLOWED: Final = 4
"""Of a hundred, how many Amazon lets a seller confirm after their ship-by date."""
UNTRACKED_ALLOWED: Final = 5
"""Of a hundred: Amazon wants a valid tracking number for 95."""
DELIVERED_LATE_ALLOWED: Final = 10
"""Of a hundred: Amazon wants 90 delivered in time."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`count` of `of`, and which orders they are, the newest first.

    `unknown` are further ones, in the same weeks, of which the order book cannot tell. `allowed` is Amazon's limit, in
    percent.
    """

    count: int
    of: int
    unknown: int
    allowed: int
    orders: tuple[str, ...] = ()

    @property
    def tenths(self) -> int | None:
        """Tenths of a percent, rounded half up; None where there is nothing to count."""
        return (self.count * 2000 + self.of) // (2 * self.of) if self.of else None

    @property
    def is_over(self) -> bool:
        """Whether it is more than Amazon allows, by the plain numbers."""
        return self.count * 100 > self.allowed * self.of


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """The rates since a moment.

    `late`: parcels confirmed after their order's ship-by date, of all that were confirmed. `untracked`: those confirmed
    without a tracking number or under the carrier `Other`. `delivered_late`: orders delivered after the time that
    Amazon promised, of all whose delivery and promise are both known.
    """

    since: datetime
    late: Rate
    untracked: Rate
    delivered_late: Rate

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened of which a rate could speak."""
        return not (self.late.of or self.untracked.of or self.delivered_late.of)
