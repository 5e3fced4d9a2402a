"""Which way confirmations take: one call each, or all in a feed.

A call is answered at once, but there is a quota; a feed takes its time whatever is in it (docs/services/amazon.md,
"Fulfilment feeds").
"""

from typing import Final

import msgspec

FEED_SECONDS: Final = 150.0
"""How long a feed takes from the first call to its report, until one has shown it."""

FEEDS_APART: Final = 20 * 60.0
"""Seconds between two feeds of a seller, as Amazon advises."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What the choice depends on.

    `tokens` calls can be made at once, then `rate` a second; the last feed took `feed_seconds`, and the next should not
    begin before `feed_in` seconds.
    """

    tokens: int
    rate: float
    feed_seconds: float = FEED_SECONDS
    feed_in: float = 0.0


def to_send_singly(count: int, pace: Pace) -> int:
    """How many of so many confirmations to send one by one before the choice is made again; the rest goes by feed."""
    singly = max(0, count - pace.tokens) / pace.rate
    if singly <= pace.feed_in + pace.feed_seconds:
        return count
    # While a feed would come too soon after the last one, the quota is not left lying.
    return min(count, pace.tokens + int(pace.rate * pace.feed_in)) if pace.feed_in else 0
