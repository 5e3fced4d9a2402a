"""Months and weekdays as people and spreadsheets write them in the languages of Amazon's marketplaces."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# English, German, French, Spanish, Italian, Dutch, Polish (also as in "28 listopada"), Swedish, Turkish, Portuguese.
_WORDS: Final = (
    "jan january januar janv janvier ene enero gen genn gennaio januari sty styczeń stycznia oca ocak janeiro",
    "feb february februar févr fév février febrero febbr febbraio februari lut luty lutego şub şubat fev fevereiro",
    "mar march mär mrz märz mars marzo mrt maart marzec marca mart março",
    "apr april avr avril abr abril aprile kwi kwiecień kwietnia nis nisan",
    "may mai mayo mag magg maggio mei maj maja mayıs maio",
    "jun june juni juin junio giu giugno cze czerwiec czerwca haz haziran junho",
    "jul july juli juil juillet julio lug luglio lip lipiec lipca tem temmuz julho",
    "aug august août ago agosto augustus sie sierpień sierpnia augusti ağu ağustos",
    "sep sept september septembre septiembre set sett settembre wrz wrzesień września eyl eylül setembro",
    "oct october okt oktober octobre octubre ott ottobre paź październik października eki ekim out outubro",
    "nov november novembre noviembre lis listopad listopada kas kasım novembro",
    "dec december dez dezember déc décembre dic diciembre dicembre gru grudzień grudnia ara aralık dezembro",
)

# From Monday to Sunday, in the same languages.
_WEEKDAYS: Final = (
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday",
    "mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag sonnabend so sonntag",
    "lun lundi mar mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche",
    "lu lunes ma martes mié miércoles ju jue jueves vi vie viernes sá sáb sábado do domingo",
    "lunedì martedì mercoledì gio giovedì venerdì sab sabato dom domenica",
    "maandag dinsdag wo woensdag donderdag vr vrijdag za zaterdag zo zondag",
    "pon poniedziałek wt wtorek śr środa czw czwartek pt piątek sob sobota niedz niedziela",
    "mån måndag tis tisdag ons onsdag tors torsdag fre fredag lör lördag sön söndag",
    "pzt pazartesi sal salı çar çarşamba per perşembe cum cuma cmt cumartesi paz pazar",
    "segunda terça quarta quinta sexta",
)

MONTH_NAMES: Final = tuple(word for words in _WORDS for word in words.split())
"""Every name and short form, in lower case and with its accents."""


def _bare(word: str) -> str:
    """A word without case and accents; the Turkish letter without its dot is an i."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("ı", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {_bare(word): number for number, words in enumerate(_WORDS, start=1) for word in words.split()}
)


_DAYS: Final = frozenset(_bare(word) for words in _WEEKDAYS for word in words.split())


def is_weekday(word: str) -> bool:
    """Whether a word names a day of the week; case, accents and a full stop at its end do not count."""
    return _bare(word.removesuffix(".")) in _DAYS


def month_number(word: str) -> int | None:
    """The month that a word names, 1 to 12; case, accents and a full stop at its end do not count."""
    return _NUMBERS.get(_bare(word.removesuffix(".")))
