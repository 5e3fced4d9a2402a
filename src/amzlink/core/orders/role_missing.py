"""Whether orders come without addresses because a role is missing: Amazon reports no error then.

A single order may come without an address, and tell it later (docs/services/amazon.md, "Personal data and a missing
role"). So the newest orders are looked at together.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

_FEWEST: Final = 2


class Batch(msgspec.Struct, frozen=True):
    """Orders to ship that one run brought, and how many of them have no address."""

    orders: int
    without_address: int


def withholds_addresses(newest_first: Sequence[Batch], *, ever_came: bool) -> bool:
    """Whether most of the newest orders have none. `ever_came`: some order of the store, however old, came with one."""
    if not ever_came:
        return any(batch.without_address for batch in newest_first)
    shown = missing = 0
    for batch in newest_first:
        shown += batch.orders
        missing += batch.without_address
        if shown >= _FEWEST:
            break
    return shown >= _FEWEST and 2 * missing > shown
