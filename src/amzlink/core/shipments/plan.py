"""What Amazon is to be told of an order's parcels: which package holds what, under which reference, and when.

Each parcel becomes one package. Amazon takes a package reference that it knows already as an edit of that package, so
a new parcel gets a number that the order has never used, and a label that takes another's place keeps its number. That
is also why a call whose answer was lost can be made again: at worst it edits the package into what it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from amzlink.core.orders.order import CANCELLED, PENDING
from amzlink.core.shipments.confirmation import COUNTING, SAID, UNDER_WAY, Confirmation, Package, State
from amzlink.core.shipments.packing import Item, Line, Packing
from amzlink.core.shipments.parcels import DEAD, FILE, Parcel

LOWEST_REFERENCE: Final = 1001
"""Other programs count from 1. What they have confirmed since the last import is not known here, and must not be edited
by mistake."""


class Situation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that counts for one order. `contents` has an entry for each parcel that could be confirmed now.

    `reported` are the parcels that this run has received reports of: only these can correct what was confirmed before.
    """

    order_id: str
    status: str
    lines: tuple[Line, ...]
    packages: tuple[Package, ...]
    parcels: tuple[Parcel, ...]
    confirmations: tuple[Confirmation, ...]
    contents: Mapping[str, str]
    reported: frozenset[str] = frozenset()


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for one order, and what is not.

    `confirm` and `edit` are to be sent from now on, `queued` was so before. `withdraw` are not to be sent any more,
    each with what it is instead. `without_codes` cannot be sent, because their transparency codes are missing. The
    rest are keys of parcels: that have not reached the trigger, that Amazon knows all about, whose items are all in
    other parcels, of a cancelled order, that a later file replaced, and that correct one of several packages without
    saying which.
    """

    confirm: tuple[Confirmation, ...] = ()
    edit: tuple[Confirmation, ...] = ()
    queued: tuple[Confirmation, ...] = ()
    withdraw: tuple[Confirmation, ...] = ()
    without_codes: tuple[Confirmation, ...] = ()
    waiting: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    nothing_left: tuple[str, ...] = ()
    of_cancelled_order: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


def plan(now: Situation, reached: frozenset[str]) -> Outlook:
    """Decide for one order. `reached` are the parcels that have reached the trigger."""
    live = sorted(
        (parcel for parcel in now.parcels if parcel.is_live),
        key=lambda parcel: (parcel.announced_at or parcel.updated_at, parcel.key),
    )
    if now.status == CANCELLED:
        planned = [entry for entry in now.confirmations if entry.state is State.PLANNED]
        return Outlook(
            withdraw=tuple(map(_taken_back, planned)), of_cancelled_order=tuple(parcel.key for parcel in live)
        )
    if now.status in PENDING:
        return Outlook(waiting=tuple(parcel.key for parcel in live))
    return _Planner(now, live, reached).outlook()


def _taken_back(entry: Confirmation) -> Confirmation:
    """What is left of a confirmation that is not to be sent: of an edit, the package that Amazon was told of before.

    What that package's content was is not known any more, so that whatever comes next differs from it.
    """
    if entry.is_edit:
        return msgspec.structs.replace(entry, state=State.STORED, content="")
    return msgspec.structs.replace(entry, state=State.WITHDRAWN)


class _Planner:
    """The decision for an order that can be confirmed."""

    def __init__(self, now: Situation, live: Sequence[Parcel], reached: frozenset[str]) -> None:
        self._now = now
        self._live = live
        self._reached = reached
        self._by_key = {parcel.key: parcel for parcel in now.parcels}
        self._live_keys = {parcel.key for parcel in live}
        self._shown = {package.reference for package in now.packages}
        self._used = _numbers(self._shown) | _numbers(entry.reference for entry in now.confirmations)
        self._confirm: list[Confirmation] = []
        self._edit: list[Confirmation] = []
        self._queued: list[Confirmation] = []
        self._withdraw: list[Confirmation] = []
        self._without_codes: list[Confirmation] = []
        self._waiting: list[str] = []
        self._already: list[str] = []
        self._nothing_left: list[str] = []
        self._superseded: list[str] = []
        self._unclear: list[str] = []
        self._of_parcel = self._reconsidered()
        # What Amazon was told of labels that are cancelled now: the next label comes in their place.
        dead = [entry for entry in self._of_parcel.values() if self._is_dead(entry.parcel)]
        self._orphans = [entry for entry in dead if entry.state in SAID or _is_refused_edit(entry)]
        self._nobody_knows = any(entry.state in UNDER_WAY for entry in dead)
        self._packing = Packing(now.lines, self._free())

    def outlook(self) -> Outlook:
        """Everything that is to be said and done."""
        fresh = [parcel for parcel in self._live if parcel.key not in self._of_parcel]
        heirs = self._exact_heirs(fresh)
        # Of parcels that claim the same, the one that is on its way counts, and what was told last.
        others = sorted(
            (parcel for parcel in fresh if parcel.key not in heirs),
            key=lambda parcel: (parcel.key not in self._reached, self._is_outdated(parcel)),
        )
        shares = self._packing.share_out(others)
        heirs |= self._other_heirs(
            [parcel for parcel in others if not shares[parcel.key]], self._unscanned(others, shares)
        )
        self._take_over_labels([parcel for parcel in others if parcel.key not in heirs], shares)
        for parcel in self._live:
            content = self._now.contents.get(parcel.key) if parcel.key in self._reached else None
            if inherited := heirs.get(parcel.key):
                self._inherit(inherited, parcel, content)
            elif items := shares.get(parcel.key):
                self._say(parcel, items, content)
            elif parcel in fresh and parcel.key not in (*self._superseded, *self._unclear):
                self._judge_empty(parcel, shares).append(parcel.key)
        for entry in self._of_parcel.values():
            if entry.parcel in self._live_keys and entry.parcel not in self._superseded:
                self._look_at(entry)
        return Outlook(
            confirm=tuple(self._confirm),
            edit=tuple(self._edit),
            queued=tuple(self._queued),
            withdraw=tuple(self._withdraw),
            without_codes=tuple(self._without_codes),
            waiting=tuple(self._waiting),
            already=tuple(self._already),
            nothing_left=tuple(self._nothing_left),
            superseded=tuple(self._superseded),
            unclear=tuple(self._unclear),
        )

    def _judge_empty(self, parcel: Parcel, shares: Mapping[str, tuple[Item, ...]]) -> list[str]:
        """To which of the outlook's lists a parcel belongs for which nothing of the order is left.

        Where it is none of our other parcels that hold it all, another program has told Amazon. While one of these
        waits, it depends on which is scanned first.
        """
        if self._nobody_knows:
            return self._waiting
        others = [key for key, items in shares.items() if items]
        content = self._now.contents.get(parcel.key)
        told = [entry for entry in self._of_parcel.values() if entry.state in COUNTING or _is_refused_edit(entry)]
        if not (others or told) or self._is_said(content):
            return self._already
        if parcel.source != FILE and any(self._is_from_file(entry.parcel) for entry in told):
            return self._already  # a file corrected what this label says: what a person says counts
        if content is None and not parcel.nothing_left:  # its number was deleted: whether it was told cannot be seen
            return self._already
        is_open = any(key not in self._reached for key in others)
        return self._waiting if is_open and parcel.key not in self._reached else self._nothing_left

    def _is_from_file(self, key: str) -> bool:
        parcel = self._by_key.get(key)
        return parcel is not None and parcel.source == FILE

    def _is_said(self, content: str | None) -> bool:
        """Whether a package says the same, of the same parcel as somebody else told of it."""
        return content is not None and any(entry.content == content for entry in self._of_parcel.values())

    # What there is already.

    def _reconsidered(self) -> dict[str, Confirmation]:
        """What was said and planned before, by parcel, without what has become void."""
        left = {}
        for entry in self._now.confirmations:
            if entry.state is State.WITHDRAWN:
                continue
            after = self._after_all(entry)
            if after is not entry:
                self._withdraw.append(after)
            if after.state is not State.WITHDRAWN:
                left[after.parcel] = after
        return left

    def _after_all(self, entry: Confirmation) -> Confirmation:
        parcel = self._by_key.get(entry.parcel)
        if entry.state is State.PLANNED:
            if not entry.is_edit and entry.reference in self._shown:
                # A call that seemed lost has arrived; or another tool has taken the number.
                state = State.STORED if entry.asked else State.WITHDRAWN
                return msgspec.structs.replace(entry, state=state)
            return entry if parcel and parcel.is_live else _taken_back(entry)
        if entry.is_edit or entry.state not in (State.REFUSED, State.MISSING):
            return entry
        # What Amazon does not have is told as if for the first time when something about it has changed.
        changed = self._now.contents.get(entry.parcel, entry.content) != entry.content
        if self._is_dead(entry.parcel) or (entry.state is State.REFUSED and changed):
            return msgspec.structs.replace(entry, state=State.WITHDRAWN)
        return entry

    def _is_dead(self, key: str) -> bool:
        parcel = self._by_key.get(key)
        return parcel is not None and parcel.kind in DEAD

    def _free(self) -> dict[str, int]:
        """What Amazon waits for, less what it was told, or will be, and does not show yet."""
        left = {line.order_item_id: line.unshipped for line in self._now.lines}
        for entry in self._of_parcel.values():
            if entry.reference not in self._shown and (entry.state in COUNTING or _is_refused_edit(entry)):
                for item in entry.items:
                    left[item.order_item_id] = left.get(item.order_item_id, 0) - item.quantity
        return {item: max(0, quantity) for item, quantity in left.items()}

    def _look_at(self, entry: Confirmation) -> None:
        """Plan a confirmation with its new carrier or tracking number, where it has one and may be sent (again)."""
        content = self._now.contents.get(entry.parcel, entry.content)
        if entry.state in UNDER_WAY:
            return
        if content != entry.content:
            is_edit = entry.is_edit or entry.state in SAID
            changed = msgspec.structs.replace(
                entry, content=content, state=State.PLANNED, is_edit=is_edit, resent=False
            )
            (self._edit if is_edit else self._confirm).append(changed)
        elif entry.state is State.PLANNED:
            self._queued.append(entry)
        elif entry.state in SAID:
            self._already.append(entry.parcel)

    # Labels that come in the place of others.

    def _exact_heirs(self, fresh: Sequence[Parcel]) -> dict[str, Confirmation]:
        """Parcels with the same things in them as a package whose label was cancelled."""
        found = {}
        for parcel in fresh:
            claims = self._packing.claims(parcel)
            orphan = next((entry for entry in self._orphans if claims and _holds(entry, claims)), None)
            if orphan:
                self._orphans.remove(orphan)
                found[parcel.key] = orphan
        return found

    def _unscanned(self, parcels: Sequence[Parcel], shares: Mapping[str, tuple[Item, ...]]) -> list[Parcel]:
        """Labels that hold something of the order, and that no carrier has scanned."""
        return [
            label for label in parcels if label.source != FILE and shares[label.key] and label.key not in self._reached
        ]

    def _other_heirs(self, empty: Sequence[Parcel], unscanned: Sequence[Parcel]) -> dict[str, Confirmation]:
        """Parcels for which nothing is free, because Amazon was told of it with a label that is none any more.

        `unscanned` are labels of which Amazon was not told: a file that does not say what its parcel holds may mean one
        of these just as well as one that Amazon was told of.
        """
        found: dict[str, Confirmation] = {}
        for parcel in empty:
            claims = self._packing.claims(parcel)
            entry = next((each for each in self._orphans if not claims or _shares(each, claims)), None)
            if entry:
                self._orphans.remove(entry)
            elif parcel.source == FILE:
                taken = {each.reference for each in found.values()}
                may_mean = [label for label in unscanned if not claims and self._is_label_before(label, parcel)]
                entry = self._corrected_by(parcel, taken) or self._of_another_source(parcel, claims, taken, may_mean)
            if entry:
                found[parcel.key] = entry
            elif self._is_outdated(parcel):
                self._superseded.append(parcel.key)
        return found

    def _is_outdated(self, parcel: Parcel) -> bool:
        """Whether a later file tells of the same things with another number."""
        return parcel.source == FILE and any(parcel in self._earlier(newer) for newer in self._live)

    def _corrected_by(self, parcel: Parcel, taken: set[str]) -> Confirmation | None:
        """The package that an earlier file told of with the same things in it, and the later one no longer does."""
        for old in self._earlier(parcel):
            entry = self._of_parcel.get(old.key)
            if entry is None or entry.reference in taken:
                continue
            if _can_be_corrected(entry):
                return entry
        return None

    def _of_another_source(
        self, parcel: Parcel, claims: Mapping[str, int | None], taken: set[str], unscanned: Sequence[Parcel]
    ) -> Confirmation | None:
        """The package that Sendcloud told of before, and a file now with another number: what a person says counts.

        Where the file says the same as is known, there is none. Where several could be meant, it is unclear which;
        an `unscanned` label is one more of these.
        """
        content = self._now.contents.get(parcel.key)
        if content is None or not parcel.traceable or parcel.key not in self._now.reported or self._is_outdated(parcel):
            return None
        if (parcel.items and not claims) or self._is_said(content) or self._with_same_number(unscanned, parcel):
            return None
        meant = [
            entry
            for entry in self._of_parcel.values()
            if self._is_told_before(entry, parcel)
            and entry.reference not in taken
            and _can_be_corrected(entry)
            and (not claims or _holds(entry, claims))
        ]
        if not meant:
            return None
        if len(meant) > 1 or unscanned:
            self._unclear.append(parcel.key)
            return None
        return meant[0]

    def _take_over_labels(self, parcels: Sequence[Parcel], shares: dict[str, tuple[Item, ...]]) -> None:
        """Let a file confirm what a label holds that nobody has scanned: it says that the parcel is on its way.

        A letter is never scanned, and a file is the only other way to confirm it. A row that says what it holds has
        its share already. Of several labels, it is unclear which one is meant, unless one has the row's number.
        """
        for parcel in parcels:
            if shares[parcel.key] or parcel.key not in self._reached or not self._may_take_over(parcel):
                continue
            labels = [label for label in self._unscanned(parcels, shares) if self._is_label_before(label, parcel)]
            labels = self._with_same_number(labels, parcel) or labels
            if len(labels) == 1:
                shares[parcel.key], shares[labels[0].key] = shares[labels[0].key], ()
                self._superseded.append(labels[0].key)
            elif labels:
                self._unclear.append(parcel.key)

    def _with_same_number(self, labels: Sequence[Parcel], parcel: Parcel) -> list[Parcel]:
        """Those of the labels with the carrier and the number that a file tells of."""
        content = self._now.contents.get(parcel.key) if parcel.traceable else None
        return [label for label in labels if content is not None and self._now.contents.get(label.key) == content]

    def _may_take_over(self, parcel: Parcel) -> bool:
        is_decided = parcel.key in (*self._superseded, *self._unclear)
        return parcel.source == FILE and not is_decided and not self._packing.claims(parcel)

    @staticmethod
    def _is_label_before(label: Parcel, parcel: Parcel) -> bool:
        return label.source != FILE and label.updated_at < parcel.updated_at

    def _is_told_before(self, entry: Confirmation, parcel: Parcel) -> bool:
        old = self._by_key.get(entry.parcel)
        return old is not None and old.is_live and self._is_label_before(old, parcel)

    def _replace_refused(self, parcel: Parcel) -> None:
        for old in self._earlier(parcel):
            entry = self._of_parcel.get(old.key)
            if entry and entry.state is State.REFUSED and not entry.is_edit and old.key not in self._superseded:
                self._withdraw.append(msgspec.structs.replace(entry, state=State.WITHDRAWN))
                self._superseded.append(old.key)
                return

    def _earlier(self, parcel: Parcel) -> list[Parcel]:
        if parcel.source != FILE:
            return []
        return [
            old
            for old in self._live
            if old.source == FILE and old.updated_at < parcel.updated_at and _named(old) == _named(parcel)
        ]

    def _inherit(self, entry: Confirmation, parcel: Parcel, content: str | None) -> None:
        """Plan that a parcel takes over a package, once it may be told of and it is known what became of the last."""
        if content is None or entry.state in UNDER_WAY:
            self._waiting.append(parcel.key)
            return
        is_edit = entry.is_edit or entry.state is not State.PLANNED
        heir = msgspec.structs.replace(
            entry, parcel=parcel.key, content=content, state=State.PLANNED, is_edit=is_edit, resent=False
        )
        (self._edit if is_edit else self._confirm).append(heir)
        if not self._is_dead(entry.parcel):
            self._superseded.append(entry.parcel)

    # New packages.

    def _say(self, parcel: Parcel, items: tuple[Item, ...], content: str | None) -> None:
        """Plan a new package, where the parcel may be told of now."""
        if content is None:
            self._waiting.append(parcel.key)
        elif lacking := self._lacking_codes(items):
            if not self._is_refused(lacking):
                refused = msgspec.structs.replace(self._new(parcel, items, content), state=State.REFUSED)
                self._without_codes.append(refused)
        else:
            self._confirm.append(self._new(parcel, items, content))
            self._replace_refused(parcel)

    def _new(self, parcel: Parcel, items: tuple[Item, ...], content: str) -> Confirmation:
        number = max(LOWEST_REFERENCE, max(self._used, default=0) + 1)
        self._used.add(number)
        return Confirmation(
            order_id=self._now.order_id,
            reference=str(number),
            parcel=parcel.key,
            state=State.PLANNED,
            items=items,
            content=content,
        )

    def _lacking_codes(self, items: tuple[Item, ...]) -> set[str]:
        needing = {line.order_item_id for line in self._now.lines if line.needs_codes}
        return {
            item.order_item_id
            for item in items
            if item.order_item_id in needing and len(item.transparency_codes) != item.quantity
        }

    def _is_refused(self, order_items: set[str]) -> bool:
        """Whether that is known, by another parcel that was thought to hold the same."""
        refused = [entry for entry in self._of_parcel.values() if entry.state is State.REFUSED]
        return any(item.order_item_id in order_items for entry in refused for item in entry.items)


def _is_refused_edit(entry: Confirmation) -> bool:
    """Amazon has the package, as it was before the edit."""
    return entry.is_edit and entry.state is State.REFUSED


def _can_be_corrected(entry: Confirmation) -> bool:
    """Whether Amazon has the package, may have it, or is to get it."""
    return entry.state in (*SAID, *UNDER_WAY, State.PLANNED) or _is_refused_edit(entry)


def _numbers(references: Iterable[str]) -> set[int]:
    return {int(reference) for reference in references if reference.isascii() and reference.isdecimal()}


def _holds(entry: Confirmation, claims: Mapping[str, int | None]) -> bool:
    held = {item.order_item_id: item.quantity for item in entry.items}
    return held.keys() == claims.keys() and all(claims[item] in (None, quantity) for item, quantity in held.items())


def _shares(entry: Confirmation, claims: Mapping[str, int | None]) -> bool:
    return any(item.order_item_id in claims for item in entry.items)


def _named(parcel: Parcel) -> tuple[tuple[str | None, int | None], ...]:
    return tuple((item.order_item_id, item.quantity) for item in parcel.items)
