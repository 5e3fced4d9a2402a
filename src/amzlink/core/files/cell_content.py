"""What a cell holds where a value was expected: a link, a formula, a word for nothing, a number that lost digits."""

import re
import unicodedata
from typing import Final

from amzlink.core.files.spreadsheet_cells import FORMULA_MARKS

EXACT_DIGITS: Final = 15
"""Digits that a spreadsheet keeps of a number; it writes zeros in place of the rest.

Source: Microsoft, "Excel specifications and limits", number precision.
"""

_LOST_ZEROS: Final = 3
# As spreadsheets and programs write numbers: 26580641116266.0, 3,40434E+17, 2.6580641116266e13. A plus or a decimal
# sign is asked for, because 12E45 can be a number of letters and digits that a carrier gave.
_WITH_EXPONENT: Final = re.compile(
    r"(\d+)(?:[.,](\d*))?E\+(\d{1,3})|(\d+)[.,](\d*)E(\d{1,3})", re.IGNORECASE | re.ASCII
)
_WITH_DECIMALS: Final = re.compile(r"(\d+)[.,](\d+)", re.ASCII)
# A name such as "Fietskoeriers.nl" is none: a carrier is called so.
_LINK: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|[a-z0-9-]\.[a-z]{2,}[/?#:]|\bmailto:|<a\b", re.IGNORECASE | re.ASCII
)

# Words that people and programs write where there is no value, without case, accents, spaces and signs.
_WORDS: Final = (
    # English
    "na none null nil nan nat undefined empty blank void no not false missing unknown unavailable",
    "notavailable notapplicable nothing notyet notyetknown later soon pending awaiting follows tofollow",
    "willfollow tba tbd tbc todo untracked notracking notracked nottracked notrackingnumber notrackingid",
    "withouttracking notrackingavailable",
    # German
    "keine keiner keines kein keinenummer keinesendungsnummer keinetrackingnummer keintracking nochkeine",
    "ohne ohnetracking ohnenummer ohnesendungsnummer ka keineangabe entfallt fehlt fehlend folgt",
    "folgtnoch kommtnoch kommt spater unbekannt offen ausstehend leer nichtvorhanden nichtverfugbar",
    "nichtbekannt nein",
    # Dutch
    "geen geennummer geentrack geentracking geentrackentrace zonder zondertracking onbekend volgt",
    "volgtnog nvt leeg nee nognietbekend nogniet nietbeschikbaar nietbekend",
    # French
    "aucun aucune aucunsuivi sans sanssuivi sansnumero inconnu inconnue avenir asuivre vide neant",
    "nondisponible indisponible non sansobjet nd pasdesuivi pasdenumero enattente",
    # Italian
    "nessuno nessuna nessun senza senzatracking senzanumero sconosciuto sconosciuta seguira segue vuoto",
    "assente mancante nondisponibile inarrivo inattesa",
    # Spanish
    "ninguno ninguna ningun sin sinseguimiento sinnumero desconocido desconocida pendiente vacio",
    "nodisponible noaplica noprocede",
    # Polish
    "brak brakdanych bezsledzenia beznumeru bez nieznany nieznana niedotyczy wkrotce pusty",
    # Swedish
    "ingen inget inga saknas okand utan utansparning ejtillganglig ejaktuellt kommer tom",
    # Turkish
    "yok bilinmiyor bos beklemede numarasiz",
    # Portuguese
    "nenhum nenhuma sem semrastreio semnumero desconhecido pendente vazio",
)
_NOTHING: Final = frozenset(word for words in _WORDS for word in words.split())


class DigitsLostError(ValueError):
    """A number that a spreadsheet has rounded: what it was cannot be told."""


def is_link(text: str) -> bool:
    """Whether an address of the web, or of mail, stands in it."""
    return bool(_LINK.search(text))


def is_formula(text: str) -> bool:
    """Whether it begins as a formula does. `="..."`, by which a text keeps its zeros, has to be unwrapped before."""
    return text.startswith(FORMULA_MARKS)


def means_nothing(text: str) -> bool:
    """Whether it says that there is no value: signs alone, zeros alone, or a word such as n/a, keine, tba."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    word = "".join(letter for letter in letters if letter.isalnum())
    return not word.strip("0") or word in _NOTHING


def whole_number(text: str) -> str | None:
    """The digits of a whole number, however a program wrote it: `2`, `2.0`, `2,00`, `26580641116266.0`, `2.5E+1`.

    None where it is no such number. `1.000` is none either, because it can mean a thousand.

    Raises:
        DigitsLostError: it has been rounded, so that digits are gone.
    """
    if re.fullmatch(r"\d+", text, re.ASCII):
        return text
    if found := _WITH_EXPONENT.fullmatch(text):
        whole, decimals, power = (found[at] or found[at + 3] or "" for at in (1, 2, 3))
        return _shifted(whole, decimals, int(power))
    if found := _WITH_DECIMALS.fullmatch(text):
        whole, decimals = found[1], found[2]
        if len(whole.lstrip("0")) > EXACT_DIGITS:
            raise DigitsLostError
        is_thousand = len(decimals) == 3 and 0 < len(whole) <= 3  # noqa: PLR2004 - thousands come in groups of three
        return whole if not decimals.strip("0") and not is_thousand else None
    return None


def _shifted(whole: str, decimals: str, power: int) -> str | None:
    """A number with an exponent, written out; all its digits have to be there."""
    digits = (whole + decimals).lstrip("0")
    if len(decimals) < power or len(digits) > EXACT_DIGITS:
        raise DigitsLostError
    at = len(whole) + power
    return (whole + decimals)[:at] if not (whole + decimals)[at:].strip("0") else None


def has_lost_digits(digits: str) -> bool:
    """Whether a number of many digits ends as a spreadsheet leaves it: zeros from the 16th digit on.

    Genuine numbers end in a zero or two as well, so three or more are asked for. A number that begins with a zero was
    never taken for a quantity.
    """
    lost = digits[EXACT_DIGITS:]
    return digits.isdecimal() and digits[0] != "0" and len(lost) >= _LOST_ZEROS and not lost.strip("0")
