"""What is wrong with settings, in words: everything at once, and no value that may be a secret."""

from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Final, Literal, Union, get_args, get_origin

import msgspec

from amzlink.config.settings import LARGEST_NUMBER, RANGES, STORE_IN_ADDRESS, Archive, Notify, Store
from amzlink.core.privacy.archive_recipients import AgeKey, clean, kind_of
from amzlink.core.privacy.retention import Retention
from amzlink.core.shipments.own_carriers import is_usable
from amzlink.core.stores.slug import is_slug
from amzlink.http.allowed_hosts import is_protected
from amzlink.problems import privacy, schedule, stores

_LONGEST_RETENTION_DAYS: Final = 30  # Amazon's data protection policy; more is `config-invalid`
_MOST_ORDER_MONTHS: Final = 1200
_FORMS: Final[Mapping[object, str]] = {
    bool: stores.A_BOOLEAN,
    int: stores.A_WHOLE_NUMBER,
    str: stores.A_TEXT,
    tuple: stores.A_LIST,
}


def store_faults(slug: str, store: Store) -> list[str]:
    """What is wrong with a store's settings, each of which has the form that it should have."""
    out_of_range = [
        fault
        for name, value in msgspec.structs.asdict(store).items()
        if (fault := range_fault(name, f"stores.{slug}.{name}", value))
    ]
    unnamed = [] if is_slug(slug) else [stores.slug_invalid(slug=slug)]
    return [*out_of_range, *unnamed, *_carrier_faults(slug, store)]


def field_faults(where: str, table: object, kind: object) -> list[str]:
    """What is wrong with each key of a table; msgspec tells only the first."""
    if not (isinstance(table, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    faults = []
    for field in msgspec.structs.fields(kind):
        if field.name in table:
            try:
                msgspec.convert(table[field.name], field.type)
            except msgspec.ValidationError:
                faults.append(stores.setting_invalid(setting=f"{where}.{field.name}", reason=form_of(field.type)))
        elif field.required:
            faults.append(stores.setting_missing(setting=f"{where}.{field.name}"))
    return faults


def form_of(kind: object) -> str:
    """What a value has to be, in words; the library's own speak of its types."""
    kinds = set(get_args(kind)) - {type(None)} if get_origin(kind) in (Union, UnionType) else {kind}
    plain = {get_origin(each) or each for each in kinds}
    if Literal in plain:
        return stores.one_of([choice for each in kinds for choice in get_args(each)])
    if {str, dict} <= plain:
        return stores.A_TEXT_OR_TABLE
    return next((words for each, words in _FORMS.items() if each in plain), stores.A_TABLE)


def range_fault(name: str, setting: str, value: object) -> str | None:
    """What is wrong with a number that this setting cannot have; `setting` is how it is called in that text."""
    least, most = RANGES.get(name, (-LARGEST_NUMBER, LARGEST_NUMBER))
    if not isinstance(value, int) or least <= value <= most:
        return None
    return stores.setting_out_of_range(setting=setting, least=least, most=most)


def _carrier_faults(slug: str, store: Store) -> list[str]:
    """What of the store's own carriers could not be told to Amazon."""
    faults = []
    for name, meant in store.carriers.items():
        parts = (name, meant) if isinstance(meant, str) else (name, meant.code, meant.method or meant.code)
        if not all(map(is_usable, parts)):
            faults.append(stores.carrier_invalid(setting=f"stores.{slug}.carriers", name=name))
    if len(store.own_carriers) < len(store.carriers):
        faults.append(stores.carrier_twice(setting=f"stores.{slug}.carriers"))
    return faults


def retention_faults(retention: Retention) -> list[str]:
    """Which periods are longer than Amazon allows, or none at all."""
    faults = []
    if not 1 <= retention.days <= _LONGEST_RETENTION_DAYS:
        faults.append(stores.retention_days_invalid(days=retention.days, most=_LONGEST_RETENTION_DAYS))
    if retention.counts_from not in ("delivery", "shipment"):
        faults.append(stores.RETENTION_COUNTS_FROM_INVALID)
    if not 0 <= retention.unknown_delivery_days <= _LONGEST_RETENTION_DAYS:
        faults.append(stores.unknown_delivery_days_invalid(most=_LONGEST_RETENTION_DAYS))
    if not 1 <= retention.order_months <= _MOST_ORDER_MONTHS:
        faults.append(stores.ORDER_MONTHS_INVALID)
    return faults


def ping_faults(notify: Notify) -> list[str]:
    """An address is never repeated: who knows it can pretend that all is well."""
    given = notify.ping.values() if isinstance(notify.ping, dict) else [notify.ping or ""]
    wrong = [address for address in given if address and not is_protected(address.replace(STORE_IN_ADDRESS, "s"))]
    return [schedule.PING_NOT_PROTECTED] if wrong else []


def archive_faults(archive: Archive) -> list[str]:
    """What of it no purge could use. A key is never repeated: it may be a private one."""
    faults = []
    if archive.dir is not None:
        try:
            absolute = Path(archive.dir).expanduser().is_absolute()
        except RuntimeError:  # the home of a user that there is not
            absolute = False
        if not absolute:
            faults.append(privacy.ARCHIVE_DIR_RELATIVE)
        if not archive.recipients:
            faults.append(privacy.ARCHIVE_RECIPIENTS_MISSING)
    elif archive.recipients:
        faults.append(privacy.ARCHIVE_DIR_MISSING)
    for number, text in enumerate(archive.recipients, 1):
        kind = kind_of(clean(text))
        if kind is AgeKey.PRIVATE:
            faults.append(privacy.archive_recipient_private(number=number))
        elif kind is not AgeKey.PUBLIC:
            faults.append(privacy.archive_recipient_unusable(number=number, found=kind))
    return faults
