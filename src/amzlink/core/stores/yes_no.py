"""Yes and no in the languages of Amazon's marketplaces, and as a settings file has them."""

import re
import unicodedata
from typing import Final

_YES: Final = frozenset(
    (
        "y", "yes", "yep", "ok", "okay", "j", "ja", "jo", "jawohl", "o", "oui", "s", "si", "sì", "sí", "sim", "t",
        "tak", "e", "evet", "hai", "haan", "نعم", "はい", "हाँ", "हां", "true",
    )
)  # fmt: skip
_NO: Final = frozenset(
    (
        "n", "no", "nope", "nein", "ne", "nee", "nej", "non", "não", "nao", "nie", "h", "hayır", "hayir", "iie",
        "nahin", "لا", "いいえ", "नहीं", "false",
    )
)  # fmt: skip


# What people add to be polite.
_COURTESY: Final = frozenset(
    (
        "please", "thanks", "thank", "you", "bitte", "gerne", "danke", "graag", "alstublieft", "bedankt", "dank", "je",
        "merci", "s'il", "vous", "plaît", "plait", "grazie", "per", "favore", "gracias", "por", "favor", "proszę",
        "prosze", "dziękuję", "dziekuje", "tack", "gärna", "obrigado", "obrigada", "lütfen", "teşekkürler",
    )
)  # fmt: skip


def parse_yes_no(text: str) -> bool | None:
    """Whether the text means yes or no in one of the languages; None where it means neither."""
    words = re.split(r"[\s,;.!。¡]+", unicodedata.normalize("NFKC", text).casefold())
    meant = [word for word in words if word and word not in _COURTESY]
    if len(meant) != 1:
        return None
    if meant[0] in _YES:
        return True
    return False if meant[0] in _NO else None
