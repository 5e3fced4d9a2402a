"""A confirmation to Amazon: which parcel it is about, what is in it, and where it stands."""

from enum import StrEnum
from typing import Final

import msgspec

from amzlink.core.shipments.packing import Item


class State(StrEnum):
    """Where a confirmation stands."""

    PLANNED = "planned"
    """To be sent."""
    CALLING = "calling"
    """Sent, and the answer is not known: the order is read back before anything is sent again."""
    IN_FEED = "in-feed"
    ACCEPTED = "accepted"
    """Amazon has taken it. That is no proof that it is stored (docs/services/amazon.md, "Accepted is not stored")."""
    STORED = "stored"
    """Seen among the order's packages."""
    REFUSED = "refused"
    MISSING = "missing"
    """Accepted twice, and still not among the order's packages."""
    WITHDRAWN = "withdrawn"
    """Not to be sent any more, and not told."""


SAID: Final = frozenset({State.ACCEPTED, State.STORED})
"""Amazon has been told, as far as we know."""

UNDER_WAY: Final = frozenset({State.CALLING, State.IN_FEED})
"""Nobody can say yet."""

COUNTING: Final = SAID | UNDER_WAY | {State.PLANNED, State.MISSING}
"""Its items are not free for another package."""


class Package(msgspec.Struct, frozen=True, gc=False):
    """A package that Amazon has of the order."""

    reference: str
    items: tuple[tuple[str, int], ...]


class Confirmation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A confirmation that was made, or is to be. `content` is a keyed hash of carrier and tracking number.

    `asked`: it was sent before, and as far as we know in vain; `resent`: because it was not stored the first time.
    """

    order_id: str
    reference: str
    parcel: str
    state: State
    items: tuple[Item, ...]
    content: str
    is_edit: bool = False
    asked: bool = False
    resent: bool = False
