"""Slugs: the short names by which stores are called on the command line and in file names."""

import itertools
import re
import unicodedata
from collections.abc import Collection
from typing import Final

LONGEST: Final = 40
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NO_PARTS: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss"}
)
"""Latin letters that Unicode does not take apart into a plain one and an accent."""


def is_slug(text: str) -> bool:
    """Whether the text is `a-z`, `0-9` and single hyphens between them, 40 at most."""
    return len(text) <= LONGEST and _SLUG.fullmatch(text) is not None


def slug_of(name: str) -> str:
    """The slug that a store's name gives, or an empty text where it gives none (a name in Japanese, say)."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_NO_PARTS))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].rstrip("-")


def free_slug(name: str, country: str, taken: Collection[str]) -> str:
    """A slug that no other store has: `my-shop`, `my-shop-2` and so on, or `de-1`, `de-2` where the name gives none."""
    if base := slug_of(name):
        candidates = itertools.chain([base], (_numbered(base, number) for number in itertools.count(2)))
    else:
        candidates = itertools.chain(f"{country.casefold()}-{number}" for number in itertools.count(1))
    return next(slug for slug in candidates if slug not in taken)


def _numbered(base: str, number: int) -> str:
    ending = f"-{number}"
    return base[: LONGEST - len(ending)].rstrip("-") + ending
