"""What Amazon is to be told of an order's parcels: which package holds what, under which reference, and when.

Each parcel becomes one package. Amazon takes a package reference that it knows already as an edit of that package, so
a new parcel gets a number that the order has never used, and a label that takes another's place keeps its number.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.core.orders import CANCELLED, PENDING
from amzlink.core.parcels import DEAD, Parcel, ParcelItem


class State(StrEnum):
    """Where a confirmation stands."""

    PLANNED = "planned"
    """To be sent."""
    CALLING = "calling"
    """Sent, and the answer is not known: the order is read back before anything is sent again."""
    IN_FEED = "in-feed"
    ACCEPTED = "accepted"
    """Amazon has taken it. That is no proof that it is stored (facts 5.3)."""
    STORED = "stored"
    """Seen among the order's packages."""
    REFUSED = "refused"
    MISSING = "missing"
    """Accepted twice, and still not among the order's packages."""
    WITHDRAWN = "withdrawn"
    """Its parcel was cancelled before anything was sent."""


SAID: Final = frozenset({State.ACCEPTED, State.STORED})
"""Amazon has been told, as far as we know."""

UNDER_WAY: Final = frozenset({State.CALLING, State.IN_FEED})
"""Nobody can say yet."""

COUNTING: Final = SAID | UNDER_WAY | {State.PLANNED, State.MISSING}
"""Its items are not free for another package."""


class Item(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a package holds of a line."""

    order_item_id: str
    quantity: int
    transparency_codes: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the order: how many Amazon still waits for, and whether each piece has a transparency code."""

    order_item_id: str
    sku: str | None
    unshipped: int
    needs_codes: bool = False


class Package(msgspec.Struct, frozen=True, gc=False):
    """A package that Amazon has of the order."""

    reference: str
    items: tuple[tuple[str, int], ...]


class Confirmation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A confirmation that was made, or is to be. `content` is a keyed hash of carrier and tracking number."""

    order_id: str
    reference: str
    parcel: str
    state: State
    items: tuple[Item, ...]
    content: str
    is_edit: bool = False
    resent: bool = False


class Situation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that counts for one order. `contents` has an entry for each parcel that could be confirmed now."""

    order_id: str
    status: str
    lines: tuple[Line, ...]
    packages: tuple[Package, ...]
    parcels: tuple[Parcel, ...]
    confirmations: tuple[Confirmation, ...]
    contents: Mapping[str, str]


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for one order, and what is not.

    `confirm` and `edit` are to be sent, `withdraw` is not any more, and `without_codes` cannot be, because its
    transparency codes are missing. The rest are keys of parcels: that have not reached the trigger, that Amazon knows
    all about, and of a cancelled order.
    """

    confirm: tuple[Confirmation, ...] = ()
    edit: tuple[Confirmation, ...] = ()
    withdraw: tuple[Confirmation, ...] = ()
    without_codes: tuple[Confirmation, ...] = ()
    waiting: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    of_cancelled_order: tuple[str, ...] = ()


class Trigger(msgspec.Struct, frozen=True):
    """When a parcel is to be confirmed: `announced` or `processed`.

    `guard_hours`, if more than none, confirms one that is only announced so long before the order's ship-by date: some
    parcels are never scanned.
    """

    when: str
    guard_hours: int = 0

    def reached(self, parcel: Parcel, ship_by: datetime | None, now: datetime) -> bool:
        """Whether a parcel is to be confirmed now."""
        if not parcel.is_live or parcel.announced_at is None:
            return False
        if self.when == "announced" or parcel.processed_at is not None:
            return True
        return bool(self.guard_hours and ship_by and now >= ship_by - timedelta(hours=self.guard_hours))


def ship_date(parcel: Parcel, purchased_at: datetime, now: datetime) -> datetime:
    """When the parcel was handed over, as far as is known: never in the future, nor before the order (facts 5.1)."""
    known = parcel.processed_at or parcel.announced_at or now
    return max(purchased_at, min(known, now))


def plan(now: Situation, reached: frozenset[str]) -> Outlook:
    """Decide for one order. `reached` are the parcels that have reached the trigger."""
    live = sorted(
        (parcel for parcel in now.parcels if parcel.is_live),
        key=lambda parcel: (parcel.announced_at or parcel.updated_at, parcel.key),
    )
    if now.status == CANCELLED:
        return Outlook(withdraw=_planned(now.confirmations), of_cancelled_order=tuple(parcel.key for parcel in live))
    if now.status in PENDING:
        return Outlook(waiting=tuple(parcel.key for parcel in live))
    return _Planner(now, live, reached).outlook()


def _planned(confirmations: Iterable[Confirmation]) -> tuple[Confirmation, ...]:
    return tuple(entry for entry in confirmations if entry.state is State.PLANNED)


def _taken_back(entry: Confirmation) -> Confirmation:
    """What is left of a confirmation that is not to be sent: of an edit, the package that Amazon was told of before."""
    return msgspec.structs.replace(entry, state=State.STORED if entry.is_edit else State.WITHDRAWN)


class _Planner:
    """The decision for an order that can be confirmed."""

    def __init__(self, now: Situation, live: Sequence[Parcel], reached: frozenset[str]) -> None:
        self._now = now
        self._live = live
        self._reached = reached
        dead = {parcel.key for parcel in now.parcels if parcel.kind in DEAD}
        counting = [entry for entry in now.confirmations if entry.state is not State.WITHDRAWN]
        doomed = [entry for entry in _planned(counting) if entry.parcel in dead]
        self._withdraw = tuple(map(_taken_back, doomed))
        counting = [entry for entry in counting if entry not in doomed]
        counting += [entry for entry in self._withdraw if entry.state is State.STORED]
        # What Amazon refused is told anew, as if for the first time, when something about the parcel has changed.
        again = [entry for entry in counting if self._is_to_be_told_anew(entry)]
        self._withdraw += tuple(msgspec.structs.replace(entry, state=State.WITHDRAWN) for entry in again)
        counting = [entry for entry in counting if entry not in again]
        self._of_parcel = {entry.parcel: entry for entry in counting}
        # What Amazon was told of labels that are cancelled now: the next label with the same content takes its place.
        self._orphans = [entry for entry in counting if entry.parcel in dead and entry.state in SAID]
        self._left = self._unclaimed()
        self._used = {int(reference) for reference in self._references() if reference.isdecimal()}

    def outlook(self) -> Outlook:
        """Everything that is to be said and done."""
        confirm, edit, waiting, already, without_codes = [], [], [], [], []
        fresh = [parcel for parcel in self._live if parcel.key not in self._of_parcel]
        shares = self._share_out(fresh)
        for parcel in self._live:
            content = self._now.contents.get(parcel.key)
            entry = self._of_parcel.get(parcel.key)
            if entry is not None:
                if changed := self._changed(entry, content):
                    edit.append(changed)
                elif entry.state in SAID:
                    already.append(parcel.key)
                continue
            items = shares[parcel.key]
            if not items and not self._orphans:
                already.append(parcel.key)
            elif parcel.key not in self._reached or content is None:
                waiting.append(parcel.key)
            elif taken := self._take_over(parcel, items, content):
                edit.append(taken)
            elif not items:
                already.append(parcel.key)
            elif self._lacks_codes(items):
                refused = self._new(parcel, items, content)
                without_codes.append(msgspec.structs.replace(refused, state=State.REFUSED))
            else:
                confirm.append(self._new(parcel, items, content))
        return Outlook(
            confirm=tuple(confirm),
            edit=tuple(edit),
            withdraw=self._withdraw,
            waiting=tuple(waiting),
            already=tuple(already),
            without_codes=tuple(without_codes),
        )

    def _is_to_be_told_anew(self, entry: Confirmation) -> bool:
        changed = self._now.contents.get(entry.parcel, entry.content) != entry.content
        return entry.state is State.REFUSED and not entry.is_edit and changed

    def _changed(self, entry: Confirmation, content: str | None) -> Confirmation | None:
        """The confirmation with its new carrier or tracking number, where it has one and may be sent (again)."""
        if content is None or content == entry.content or entry.state in UNDER_WAY:
            return None
        known = (
            entry.is_edit
            or entry.state in SAID
            or any(package.reference == entry.reference for package in self._now.packages)
        )
        return msgspec.structs.replace(entry, content=content, state=State.PLANNED, is_edit=known, resent=False)

    def _take_over(self, parcel: Parcel, items: tuple[Item, ...], content: str) -> Confirmation | None:
        """The package of a cancelled label, where this parcel comes in its place.

        It does with the same things in it, or when nothing is free because Amazon has been told of that package.
        """
        wanted = _claims(parcel)
        for orphan in self._orphans:
            held = {(item.order_item_id, item.quantity) for item in orphan.items}
            if not items or (wanted and held == wanted):
                self._orphans.remove(orphan)
                return msgspec.structs.replace(
                    orphan, parcel=parcel.key, content=content, state=State.PLANNED, is_edit=True, resent=False
                )
        return None

    def _new(self, parcel: Parcel, items: tuple[Item, ...], content: str) -> Confirmation:
        number = max(self._used, default=0) + 1
        self._used.add(number)
        return Confirmation(
            order_id=self._now.order_id,
            reference=str(number),
            parcel=parcel.key,
            state=State.PLANNED,
            items=items,
            content=content,
        )

    def _references(self) -> set[str]:
        known = {package.reference for package in self._now.packages}
        return known | {entry.reference for entry in self._now.confirmations}

    def _unclaimed(self) -> dict[str, int]:
        """What Amazon waits for, less what it was told and does not show yet."""
        left = {line.order_item_id: line.unshipped for line in self._now.lines}
        shown = {package.reference for package in self._now.packages}
        for entry in self._of_parcel.values():
            if entry.state in COUNTING and entry.reference not in shown:
                for item in entry.items:
                    left[item.order_item_id] = left.get(item.order_item_id, 0) - item.quantity
        return {item: max(0, quantity) for item, quantity in left.items()}

    def _share_out(self, parcels: Sequence[Parcel]) -> dict[str, tuple[Item, ...]]:
        """What each of these parcels holds.

        Those that say it come first, the trigger reached or not; one that does not say, or names nothing of this order,
        holds what is left.
        """
        shares: dict[str, tuple[Item, ...]] = {}
        silent = []
        for parcel in parcels:
            named = [(line, item) for item in parcel.items if (line := self._line_of(item))]
            if named:
                shares[parcel.key] = self._take(named)
            else:
                silent.append(parcel)
        for parcel in silent:
            rest = [(line, ParcelItem(line.order_item_id, line.sku, None)) for line in self._now.lines]
            shares[parcel.key] = self._take(rest)
        return shares

    def _line_of(self, item: ParcelItem) -> Line | None:
        """By Amazon's id; else by SKU, where a line of it still has something left; an only line needs no name."""
        if item.order_item_id is None and item.sku is None and len(self._now.lines) == 1:
            return self._now.lines[0]
        for line in self._now.lines:
            if item.order_item_id is not None and line.order_item_id == item.order_item_id:
                return line
        same = [line for line in self._now.lines if item.sku is not None and line.sku == item.sku]
        return next((line for line in same if self._left[line.order_item_id]), same[0] if same else None)

    def _take(self, wanted: Iterable[tuple[Line, ParcelItem]]) -> tuple[Item, ...]:
        taken: dict[str, Item] = {}
        for line, item in wanted:
            left = self._left[line.order_item_id]
            quantity = left if item.quantity is None else min(item.quantity, left)
            if quantity:
                self._left[line.order_item_id] -= quantity
                before = taken.get(line.order_item_id, Item(line.order_item_id, 0))
                codes = before.transparency_codes + item.transparency_codes
                taken[line.order_item_id] = Item(line.order_item_id, before.quantity + quantity, codes)
        return tuple(taken.values())

    def _lacks_codes(self, items: tuple[Item, ...]) -> bool:
        needing = {line.order_item_id for line in self._now.lines if line.needs_codes}
        return any(item.order_item_id in needing and len(item.transparency_codes) != item.quantity for item in items)


def _claims(parcel: Parcel) -> set[tuple[str | None, int | None]]:
    return {(item.order_item_id, item.quantity) for item in parcel.items}
