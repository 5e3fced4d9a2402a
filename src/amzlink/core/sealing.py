"""What is sealed: made and opened by the vault, kept by the order book."""

from datetime import date

import msgspec


class Box(msgspec.Struct, frozen=True, gc=False):
    """Sealed data: nonce and cipher text in `data`; `lease_day` is the last day on which it may be opened."""

    lease_day: date
    chain_id: str
    data: bytes
