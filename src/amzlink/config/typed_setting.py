"""A setting as a person types it."""

from typing import Final, Literal, get_args, get_origin

import msgspec

from amzlink.config.faults import range_fault
from amzlink.config.settings import SETTINGS, Store
from amzlink.core.nearest import nearest
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.problems import Problem, ProblemName, usage

_PRIME_WORDS: Final = {True: "always", False: "never"}


def parse_setting(key: str, text: str) -> object:
    """The value that `stores set KEY=TEXT` means; an empty text unsets an optional setting.

    Raises:
        Problem: `usage`, for a key that cannot be set or a value that it cannot have.
    """
    fields = {field.name: field for field in msgspec.structs.fields(Store)}
    if key not in SETTINGS:
        known = (*SETTINGS, "carrier.NAME")
        raise _no_setting(usage.setting_unknown(key=key, known=known, nearest=nearest(key, SETTINGS)))
    wanted = fields[key].type
    value: object = text.strip() or None
    if (meant := parse_yes_no(text)) is not None:
        if key == "include_prime":
            value = _PRIME_WORDS[meant]
        elif wanted is bool:
            value = meant
    if key == "marketplace_ids":
        value = [part.strip() for part in text.split(",") if part.strip()] or None
    try:
        found = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _no_setting(_why_not(key, text, wanted)) from error
    if out_of_range := range_fault(key, key, found):
        raise _no_setting(out_of_range)
    return found


def _why_not(key: str, text: str, kind: object) -> str:
    """What a setting can be instead of what was given."""
    if get_origin(kind) is Literal:
        return usage.setting_not_one_of(key=key, choices=get_args(kind), given=text)
    if kind is bool:
        return usage.setting_not_one_of(key=key, choices=("true", "false", "yes", "no"), given=text)
    if kind is int or int in get_args(kind):
        return usage.setting_no_number(key=key, given=text)
    return usage.setting_empty(key=key)


def _no_setting(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command="amzlink stores set", detail=detail)
