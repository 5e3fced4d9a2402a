"""What a pasted value is, by its looks, and whether it is the one that was asked for.

Merchants copy a dozen values that look alike out of Amazon's pages, and out of guides from the time of MWS. The forms
are those that Amazon documents or shows; only the Seller ID has no published one, so it gets the benefit of the doubt.
Nor have Sendcloud's keys: whatever is not something else is taken, and Sendcloud tells.
"""

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Final, Literal, assert_never

from amzlink.problems import DEFAULT_FACTS, Problem, ProblemName, usage
from amzlink.problems.secrets import A_KEY, ASKED_AT_ITS_OWN_PROMPT

Wanted = Literal[
    "client id", "client secret", "refresh token", "Seller ID", "Sendcloud public key", "Sendcloud secret key"
]


class Kind(StrEnum):
    """What a value is, as the phrase that follows “it is”."""

    EMPTY = "nothing"
    CLIENT_ID = "a client id"
    CLIENT_SECRET = "a client secret"  # noqa: S105 - a phrase
    REFRESH_TOKEN = "a refresh token"  # noqa: S105 - a phrase
    ACCESS_TOKEN = "an access token (Atza|)"  # noqa: S105 - a phrase
    RESTRICTED_TOKEN = "a restricted data token (Atz.sprdt|)"  # noqa: S105 - a phrase
    APPLICATION_ID = "the app's application id"
    OTHER_AMAZON_ID = "another of Amazon's identifiers (amzn1.)"
    OAUTH_CODE = "probably the code of a consent page"
    SELLER_ID = "probably a Seller ID"
    MARKETPLACE_ID = "a marketplace id"
    MWS_AUTH_TOKEN = "an MWS auth token (amzn.mws.)"  # noqa: S105 - a phrase
    DEVELOPER_ID = "a Developer ID (12 digits)"
    SENDCLOUD_DEVELOPER_ID = "Sendcloud's own Developer ID (3244-7764-4129)"
    AWS_ACCESS_KEY = "an AWS access key (AKIA)"
    AWS_ROLE = "the ARN of an AWS role"
    AWS_SECRET = "probably the secret of an AWS access key"  # noqa: S105 - a phrase
    EMAIL = "an e-mail address"
    URL = "the address of a web page"
    MASKED = "only the masked form (dots or stars) that a page shows"
    UNKNOWN = "a value of another form"


_FROM_MWS: Final = {Kind.MWS_AUTH_TOKEN, Kind.DEVELOPER_ID, Kind.SENDCLOUD_DEVELOPER_ID}

# As texts: `re` compiles and keeps them at their first use, so that whoever only asks for help does not pay for it.
_FORMS: Final = (
    (Kind.CLIENT_ID, r"amzn1\.application-oa2-client\..*"),
    (Kind.CLIENT_SECRET, r"amzn1\.oa2-cs\..*|[0-9a-f]{64}"),
    (Kind.APPLICATION_ID, r"amzn1\.(sp\.solution|sellerapps\.app)\..*"),
    (Kind.OTHER_AMAZON_ID, r"amzn1\..*"),
    (Kind.MWS_AUTH_TOKEN, r"amzn\.mws\..*"),
    (Kind.RESTRICTED_TOKEN, r"Atz\.sprdt.*"),
    (Kind.ACCESS_TOKEN, r"Atza\|.*"),
    (Kind.REFRESH_TOKEN, r"Atzr\|.*"),
    (Kind.AWS_ROLE, r"arn:aws.*"),
    (Kind.AWS_ACCESS_KEY, r"A(KIA|SIA|IDA|ROA)[A-Z0-9]{16}"),
    (Kind.SENDCLOUD_DEVELOPER_ID, r"3244-?7764-?4129"),
    (Kind.DEVELOPER_ID, r"\d{4}-?\d{4}-?\d{4}"),
    (Kind.URL, r"\w+://.*|www\..*|[\w.-]+\.amazon\.\w.*"),
    (Kind.EMAIL, r"[^@|]+@[^@|]+\.\w+"),
    (Kind.MASKED, r".*(\*{3}|•{3}|●{3}|\.{3}).*"),
    (Kind.SELLER_ID, r"A(?=[A-Z]*\d)[A-Z0-9]{12,14}"),
    (Kind.AWS_SECRET, r"(?=.*[A-Z])(?=.*[a-z])(?=.*[\d/+])[A-Za-z0-9/+]{40}"),
    (Kind.OAUTH_CODE, r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9]{18,22}"),
)

_WHOLE_CLIENT_ID: Final = r"amzn1\.application-oa2-client\.[0-9a-f]{32}"
_WHOLE_CLIENT_SECRET: Final = r"amzn1\.oa2-cs\.v1\.[0-9a-f]{64}|[0-9a-f]{64}|amzn1\.oa2-cs\.v[2-9]\..{32,}"  # noqa: S105 - a pattern
_POSSIBLE_SELLER_ID: Final = r"(?=.*[A-Z])[A-Z0-9]{10,16}"
_POSSIBLE_SENDCLOUD_KEY: Final = r"[A-Za-z0-9_-]{16,128}"
_REFRESH_TOKEN_START: Final = "Atzr|"  # noqa: S105 - what all of them begin with
_REFRESH_TOKEN_BODY: Final = r"[A-Za-z0-9._~+/=-]+"  # noqa: S105 - a pattern
_SHORTEST_TOKEN: Final = 20  # characters after the prefix; real ones have hundreds, so this only catches stumps

# What a shop's name or a country may well be. A code of a consent page cannot be told from a long word.
_HARMLESS: Final = frozenset({Kind.EMPTY, Kind.UNKNOWN, Kind.URL, Kind.EMAIL, Kind.MASKED, Kind.OAUTH_CODE})
_LONG_KEY: Final = r"(?=(?:[^0-9]*[0-9]){4})(?=.*[A-Za-z])[A-Za-z0-9._~+/=|-]{30,}"  # as Sendcloud's keys, and tokens

_PASTE_MARKS: Final = r"\x1b\[20[01]~"  # some terminals put them around a pasted text
_LINE_BREAK: Final = r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*"
_WRAPPING: Final = " \"'`´“”„‟‘’‚‛«»‹›<>,;"


def clean(text: str) -> str:
    """The text without what copying adds: white space and quotes around it, invisible signs and line breaks within.

    Full-width letters become plain ones. Single spaces inside stay, because a shop's name may hold them.
    """
    while (cleaner := _clean_once(text)) != text:
        text = cleaner
    return text


def _clean_once(text: str) -> str:
    text = re.sub(_LINE_BREAK, "", re.sub(_PASTE_MARKS, "", text.strip()))
    text = "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in {"Cf", "Cc"})
    text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split()).strip(_WRAPPING)


def recognise(text: str, marketplace_ids: Collection[str]) -> Kind:
    """What the text is, after cleaning. `marketplace_ids` are all that Amazon has."""
    value = _compact(text)
    if not value:
        return Kind.EMPTY
    if value.upper() in marketplace_ids:
        return Kind.MARKETPLACE_ID
    return next((kind for kind, form in _FORMS if re.fullmatch(form, value)), Kind.UNKNOWN)


def check(wanted: Wanted, text: str, marketplace_ids: Collection[str], *, page: str = DEFAULT_FACTS["page"]) -> str:
    """The cleaned value, if it can be what is wanted; `page` is where the merchant's apps are managed.

    Raises:
        Problem: `usage` when nothing was given, `mws-credentials`, `refresh-token-malformed`, or `secret-looks-wrong`
            with what was found and where the right value is.
    """
    kind = recognise(text, marketplace_ids)
    if kind is Kind.EMPTY:
        raise Problem(ProblemName.USAGE, command="amzlink connect", detail=usage.value_not_given(wanted=wanted))
    if kind in _FROM_MWS:
        raise Problem(ProblemName.MWS_CREDENTIALS, found=kind, wanted=wanted, page=page)
    if wanted == "refresh token" and (fault := _refresh_token_fault(_compact(text), kind)):
        raise Problem(ProblemName.REFRESH_TOKEN_MALFORMED, detail=fault, page=page)
    if fault := _fault(wanted, text, kind):
        raise Problem(ProblemName.SECRET_LOOKS_WRONG, wanted=wanted, found=fault, where=_where(wanted, kind, page))
    return clean(text).upper() if wanted == "Seller ID" else _compact(text)


def refuse_pasted(
    wanted: str,
    text: str,
    marketplace_ids: Collection[str],
    *,
    page: str = DEFAULT_FACTS["page"],
    allowed: Collection[Kind],
) -> None:
    """Refuse a key, a token or an id where something else is asked for: a name, a country, a yes or a no.

    Raises:
        Problem: `mws-credentials` or `secret-looks-wrong`.
    """
    kind = recognise(text, marketplace_ids)
    if kind in allowed or kind in _HARMLESS:
        if kind is not Kind.UNKNOWN or not re.fullmatch(_LONG_KEY, clean(text)):
            return
        raise Problem(ProblemName.SECRET_LOOKS_WRONG, wanted=wanted, found=A_KEY, where=ASKED_AT_ITS_OWN_PROMPT)
    if kind in _FROM_MWS:
        raise Problem(ProblemName.MWS_CREDENTIALS, found=kind, wanted=wanted, page=page)
    raise Problem(ProblemName.SECRET_LOOKS_WRONG, wanted=wanted, found=kind, where=ASKED_AT_ITS_OWN_PROMPT)


def is_usual_seller_id(value: str) -> bool:
    """Whether a Seller ID has the form of those seen so far: `A` and 12 to 14 capital letters and digits.

    Amazon publishes no form, so that an unusual one is worth a word but no refusal.
    """
    return re.fullmatch(r"A[A-Z0-9]{12,14}", value) is not None


def _compact(text: str) -> str:
    return clean(text).replace(" ", "")


def _fault(wanted: Wanted, text: str, kind: Kind) -> str | None:
    """What was found, if it is not what is wanted."""
    match wanted:
        case "client id":
            return _unless(kind, Kind.CLIENT_ID, _WHOLE_CLIENT_ID, text)
        case "client secret":
            return _unless(kind, Kind.CLIENT_SECRET, _WHOLE_CLIENT_SECRET, text)
        case "refresh token":
            return None if kind is Kind.REFRESH_TOKEN else kind
        case "Seller ID":
            return _seller_id_fault(clean(text), kind)
        case "Sendcloud public key" | "Sendcloud secret key":
            return _sendcloud_key_fault(_compact(text), kind)
        case _:
            assert_never(wanted)


def _unless(kind: Kind, right: Kind, whole: str, text: str) -> str | None:
    if kind is not right:
        return kind
    value = _compact(text)
    return None if re.fullmatch(whole, value) else f"one that is not whole ({len(value)} characters)"


def _seller_id_fault(value: str, kind: Kind) -> str | None:
    if kind not in {Kind.SELLER_ID, Kind.UNKNOWN}:
        return kind
    word = value.isalpha() and not value.isupper()
    if word or not re.fullmatch(_POSSIBLE_SELLER_ID, value.upper()):
        return Kind.UNKNOWN
    return None


def _sendcloud_key_fault(value: str, kind: Kind) -> str | None:
    if kind is not Kind.UNKNOWN:
        return kind
    return None if re.fullmatch(_POSSIBLE_SENDCLOUD_KEY, value) else Kind.UNKNOWN


def _refresh_token_fault(value: str, kind: Kind) -> str | None:
    """What is wrong with something that is, or was, a refresh token."""
    if kind is Kind.REFRESH_TOKEN:
        return _damage(value.removeprefix(_REFRESH_TOKEN_START))
    if kind is Kind.UNKNOWN and value.startswith("Atzr"):
        return "the sign | after Atzr is missing"
    if kind is Kind.UNKNOWN and len(value) >= 5 * _SHORTEST_TOKEN and re.fullmatch(_REFRESH_TOKEN_BODY, value):
        return f"its beginning {_REFRESH_TOKEN_START} is missing"
    return None


def _damage(body: str) -> str | None:
    if "..." in body or "***" in body:
        return "a part of it was replaced by dots or stars"
    if len(body) < _SHORTEST_TOKEN:
        return f"only {len(body)} characters after {_REFRESH_TOKEN_START} were given"
    if not re.fullmatch(_REFRESH_TOKEN_BODY, body):
        return "it holds signs that no token has"
    return None


def _where(wanted: Wanted, kind: Kind, page: str) -> str:
    return f"{_HINTS.get(kind, '')} {_PLACES[wanted].format(page=page)}".strip()


_PLACES: Final[dict[Wanted, str]] = {
    "client id": "The client id starts with amzn1.application-oa2-client. "
    "You find it at {page}: choose View under LWA credentials.",
    "client secret": "The client secret starts with amzn1.oa2-cs.v1. "
    "You find it beside the client id at {page}: choose View under LWA credentials.",
    "refresh token": "The refresh token starts with Atzr|. You get it at {page}: the arrow beside Edit App, Authorize, "
    "Manage Authorizations, Authorize app. It is shown only once; if it is lost, authorise again for a new one.",
    "Seller ID": "Seller Central calls the Seller ID Merchant Token: Settings, Account Info, Business Information. "
    "It has capital letters and digits, mostly 13 or 14 that begin with A.",
    "Sendcloud public key": "Sendcloud shows the public key in Settings, Integrations, at your integration of the kind "
    "Sendcloud API; it has letters and digits only, mostly 32.",
    "Sendcloud secret key": "Sendcloud shows the secret key beside the public key, in Settings, Integrations, at your "
    "integration of the kind Sendcloud API; it has letters and digits only, mostly 32.",
}

_HINTS: Final = {
    Kind.ACCESS_TOKEN: "An access token lives for an hour; the refresh token is the one that stays.",
    Kind.RESTRICTED_TOKEN: "A restricted data token lives for an hour and is nothing that a person has to copy.",
    Kind.APPLICATION_ID: "The application id is next to the app's name and is not needed.",
    Kind.OAUTH_CODE: "Such a code lives for five minutes and is of no use here.",
    Kind.MARKETPLACE_ID: "The marketplace id follows from the country and need not be given.",
    Kind.AWS_ACCESS_KEY: "Since October 2023 Amazon's selling interface needs no AWS keys.",
    Kind.AWS_ROLE: "Since October 2023 Amazon's selling interface needs no AWS roles.",
    Kind.AWS_SECRET: "Since October 2023 Amazon's selling interface needs no AWS keys.",
    Kind.MASKED: "Use the page's copy button, or show the value before copying it.",
}
