"""Yes and no in the languages of Amazon's marketplaces."""

import unicodedata
from typing import Final

_YES: Final = frozenset(
    (
        "y", "yes", "yep", "ok", "okay", "j", "ja", "jo", "jawohl", "o", "oui", "s", "si", "sì", "sí", "sim", "t",
        "tak", "e", "evet", "hai", "haan", "نعم", "はい", "हाँ", "हां",
    )
)  # fmt: skip
_NO: Final = frozenset(
    (
        "n", "no", "nope", "nein", "ne", "nee", "nej", "non", "não", "nao", "nie", "h", "hayır", "hayir", "iie",
        "nahin", "لا", "いいえ", "नहीं",
    )
)  # fmt: skip


def parse_yes_no(text: str) -> bool | None:
    """Whether the text means yes or no in one of the languages; None where it means neither."""
    word = unicodedata.normalize("NFKC", text).strip(" .!。").casefold()
    if word in _YES:
        return True
    return False if word in _NO else None
