"""What Amazon finds wrong with a listing, or with a change to one, in the language that is asked for."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox.messages import Json

ATTRIBUTE_MISSING: Final = "90220"
ATTRIBUTES_INVALID: Final = "90000900"
TOO_SMALL: Final = "90004114"
VALUE_INVALID: Final = "4000001"
REJECTED_LATER: Final = "8015"
_TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        ATTRIBUTE_MISSING: {
            "en": "'{name}' is required but not supplied.",
            "de": "'{name}' ist ein Pflichtfeld und fehlt.",
        },
        ATTRIBUTES_INVALID: {
            "en": "The attributes are invalid.",
            "de": "Die Attribute sind ungültig.",
        },
        TOO_SMALL: {
            "en": "The value of '{name}' is below the minimum.",
            "de": "Der Wert von '{name}' liegt unter dem Mindestwert.",
        },
        VALUE_INVALID: {
            "en": "The provided value for '{name}' is invalid.",
            "de": "Der angegebene Wert für '{name}' ist ungültig.",
        },
        REJECTED_LATER: {
            "en": "The data you provided for '{name}' are invalid.",
            "de": "Die Daten, die Sie für '{name}' angegeben haben, sind ungültig.",
        },
    }
)
_CATEGORIES: Final = {ATTRIBUTE_MISSING: "MISSING_ATTRIBUTE"}
_FALLBACK_LANGUAGE: Final = "en"


def make_issue(code: str, name: str, *, action: str | None = None) -> Json:
    """An error of that code over one attribute; `action` is what Amazon does about it. `localise` gives its text."""
    issue: Json = {
        "code": code,
        "message": "",
        "severity": "ERROR",
        "attributeNames": [name],
        "categories": [_CATEGORIES.get(code, "INVALID_ATTRIBUTE")],
    }
    if action:
        issue["enforcements"] = {"actions": [{"action": action}], "exemption": {"status": "NOT_EXEMPT"}}
    return issue


def localise(issues: Iterable[Json], locale: str | None, marketplace_ids: tuple[str, ...]) -> list[Json]:
    """The issues as Amazon words them: in the locale, or the first marketplace's, and in English where it has none."""
    language = (locale or BY_ID[marketplace_ids[0]].locale)[:2]
    return [{**issue, "message": _word(issue, language)} for issue in issues]


def _word(issue: Json, language: str) -> str:
    texts = _TEXTS[issue["code"]]
    name = issue["attributeNames"][0].replace("_", " ").title()
    return texts.get(language, texts[_FALLBACK_LANGUAGE]).format(name=name)
