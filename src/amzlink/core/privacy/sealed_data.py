"""What is sealed: made and opened by the vault, kept by the order book."""

import hashlib
import hmac
from datetime import date
from typing import Final, NamedTuple

import msgspec

THE_ORDER: Final = "order"
"""The part that import writes: all that is personal in what Amazon tells of an order (`PersonalData`)."""

ITS_PARCELS: Final = "parcels"
"""The part that push-status writes: tracking numbers by parcel key (`SealedParcels`)."""


class Place(NamedTuple):
    """What a box is sealed for. A box of one order, or of one part of it, cannot be opened as another's."""

    order_id: str
    part: str = THE_ORDER


class Box(msgspec.Struct, frozen=True, gc=False):
    """Sealed data: nonce and cipher text in `data`; `lease_day` is the last day on which it may be opened."""

    lease_day: date
    chain_id: str
    data: bytes


def keyed_hash(salt: str, data: bytes) -> str:
    """A fingerprint by which a change of something personal is noticed.

    `salt` (hex) lies sealed with the order: without it nobody can try addresses or numbers until one fits.

    Raises:
        ValueError: there is no salt, so that anybody could.
    """
    if not salt:
        raise ValueError("a fingerprint of something personal needs a salt")
    return hmac.new(bytes.fromhex(salt), data, hashlib.sha256).hexdigest()[:32]
