"""A store's own table of carriers: what a name means to Amazon, where the built-in table is silent or wrong."""

import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

OTHER: Final = "Other"
"""Amazon's code for a carrier that it does not list."""
LONGEST: Final = 100
"""Characters that a carrier's name, its code or its method has at most; Amazon's longest is a third of that."""


class OwnCarrier(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the table: Amazon's `carrierCode`, and its shipping method where that counts."""

    code: str
    method: str | None = None


OwnCarriers = Mapping[str, OwnCarrier]
"""The table by `comparable` names."""

NO_OWN_CARRIERS: Final[OwnCarriers] = MappingProxyType({})


def comparable(name: str) -> str:
    """A name as it is looked up: capitals and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def same_name(name: str, others: Iterable[str]) -> str | None:
    """The one of these that is the same name, as it is written there."""
    key = comparable(name)
    return next((other for other in others if comparable(other) == key), None)


def is_usable(text: str) -> bool:
    """Whether it can be a name, a code or a method: not empty, not too long, and nothing in it that is invisible."""
    return bool(text.strip()) and len(text) <= LONGEST and text.isprintable()
