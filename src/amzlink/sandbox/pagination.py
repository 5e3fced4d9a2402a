"""Page tokens: opaque to the client, bound to the query they were made for, dead after a day."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Response, encode
from amzlink.sandbox.parameters import parse_time
from amzlink.sandbox.refusals import page_token_dead, query_changed

LIFE: Final = timedelta(hours=24)
_SEAL_LENGTH: Final = 8
_UNBOUND: Final = frozenset({"maxResultsPerPage", "paginationToken", "pageSize", "pageToken"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next page begins: after `after`, in a result that ends at `cutoff`."""

    after: str
    cutoff: datetime
    query: str
    made: datetime

    def is_alive(self, now: datetime) -> bool:
        """Whether the token may still be used."""
        return now - self.made <= LIFE


def fingerprint(parameters: Mapping[str, str]) -> str:
    """What stands for a query in its tokens; the size of pages may change on the way."""
    bound = sorted((name, value) for name, value in parameters.items() if name not in _UNBOUND)
    return hashlib.blake2b(encode(bound), digest_size=12).hexdigest()


def make_token(place: Place) -> str:
    """The token of a place.

    It is in plain base64 with `=` at its end: a client that encodes it twice, or not at all, is caught.
    """
    plain = encode([place.after, iso(place.cutoff), place.query, iso(place.made)])
    plain += b" " * ((1 - _SEAL_LENGTH - len(plain)) % 3)
    return base64.b64encode(_seal(plain) + plain).decode()


def read_token(token: str) -> Place | None:
    """The place that a token stands for; None for anything that `make_token` did not make."""
    try:
        data = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return None
    seal, plain = data[:_SEAL_LENGTH], data[_SEAL_LENGTH:]
    if seal != _seal(plain):
        return None
    after, cutoff, query, made = json.loads(plain)
    cutoff_time, made_time = parse_time(cutoff), parse_time(made)
    if cutoff_time is None or made_time is None:
        return None
    return Place(after, cutoff_time, query, made_time)


def find_start(parameters: Mapping[str, str], now: datetime) -> int | Response:
    """How many results the request's `pageToken` has behind it, 0 without one, or the refusal of the token."""
    if "pageToken" not in parameters:
        return 0
    place = read_token(parameters["pageToken"])
    if place is None or not place.is_alive(now):
        return page_token_dead()
    return int(place.after) if place.query == fingerprint(parameters) else query_changed()


def token_at(start: int, parameters: Mapping[str, str], now: datetime) -> str:
    """The `pageToken` of the page that has so many results behind it."""
    return make_token(Place(str(start), now, fingerprint(parameters), now))


def _seal(plain: bytes) -> bytes:
    return hashlib.blake2b(plain, digest_size=_SEAL_LENGTH, key=b"amzlink sandbox page").digest()
