"""Buyers' personal data: sealed into the order book and opened again here, and nowhere else.

Only this module opens the vault and knows its floor, below which data was purged and is never opened again, though its
rows may still be there. `tests/test_sealed_door.py` holds that.
"""

import contextlib
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from amzlink.core.orders.order import Order, PersonalData, keep_known
from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import ITS_PARCELS, THE_ORDER, Box, Place
from amzlink.core.shipments.parcels import SealedParcels
from amzlink.files.locks import lock
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.boxes import (
    all_boxes,
    boxes,
    boxes_of,
    leases_ending,
    note_floor,
    replace_boxes,
    sample_boxes,
    sealed_marks,
)
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.store import SecretStore
from amzlink.vault import KeyPlace, Vault

_LOCK_SECONDS: Final = 30  # changing a key takes moments, but a keyring may ask for its password
_SALT_BYTES: Final = 16
_SAMPLE: Final = 3
_encode: Final = msgspec.json.Encoder().encode
_decode_personal: Final = msgspec.json.Decoder(PersonalData).decode
_decode_parcels: Final = msgspec.json.Decoder(SealedParcels).decode
_T = TypeVar("_T")


class SealedOrders:
    """The personal data of one store's orders."""

    def __init__(self, book: StoreBook, keys: KeyPlace) -> None:
        """Open the vault.

        Raises:
            Problem: `vault-key-missing`, where the book has data whose key is not there; or the keyring's own.
        """
        self._book = book
        self._keys = keys
        self._vault = open_vault(book, keys)

    @property
    def floor(self) -> date | None:
        """The first day of which data may still be opened; None: nothing was purged yet."""
        return self._vault.floor

    @property
    def chain_ids(self) -> Mapping[str, str]:
        """The chains that what was sealed hangs on, by month: stored together with it."""
        return self._vault.chain_ids

    def read_again(self) -> None:
        """Read the keys again: another job of the store may have begun a month's since, or moved on."""
        self._vault = open_vault(self._book, self._keys)

    def today(self, now: datetime) -> date:
        """The day by which data is sealed. What was purged stays purged, whatever time somebody tells."""
        return max(now.date(), self.floor or now.date())

    # Opening.

    def personal_data(
        self, order_ids: Collection[str], *, damaged: list[Problem] | None = None
    ) -> dict[str, PersonalData]:
        """What is personal in these orders; one of which nothing is sealed, or can still be opened, is left out.

        With `damaged` a box that cannot be opened although others can holds back no other: its problem goes there.

        Raises:
            Problem: `vault-key-missing`, where no key fits; `personal-data-unreadable`, where one box is damaged.
        """
        return self._opened(order_ids, THE_ORDER, _decode_personal, damaged)

    def parcels(self, order_ids: Collection[str]) -> dict[str, SealedParcels]:
        """The tracking numbers of these orders' parcels, as `personal_data`."""
        return self._opened(order_ids, ITS_PARCELS, _decode_parcels)

    def _opened(
        self,
        order_ids: Collection[str],
        part: str,
        decode: Callable[[bytes], _T],
        damaged: list[Problem] | None = None,
    ) -> dict[str, _T]:
        opened = {}
        for order_id, box in boxes(self._book, order_ids, part).items():
            try:
                opened[order_id] = decode(self._vault.open(order_id, box, part=part))
            except Problem as problem:
                failure = self._judged(problem, order_id)
                if damaged is None or failure is problem:
                    raise failure from None
                damaged.append(failure)
        return opened

    def _judged(self, problem: Problem, order_id: str) -> Problem:
        """What it means that a box does not open: where others do, it is damaged; else it is the key or keyring."""
        if problem.name is not ProblemName.VAULT_KEY_MISSING or not self._opens_any:
            return problem
        return Problem(ProblemName.PERSONAL_DATA_UNREADABLE, order_id=order_id, store=self._book.store)

    @property
    def _opens_any(self) -> bool:
        for place, box in sample_boxes(self._book, _SAMPLE).items():
            with contextlib.suppress(Problem):
                self._vault.open(place.order_id, box, part=place.part)
                return True
        return False

    def try_some(self) -> int:
        """Open what runs out first and last, to see whether the keys fit. How much that was; raises as opening does."""
        sample = sample_boxes(self._book, _SAMPLE)
        for place, box in sample.items():
            self._vault.open(place.order_id, box, part=place.part)
        return len(sample)

    # Sealing.

    def taking_in(self, order_ids: Sequence[str]) -> "TakingIn":
        """For orders that are about to be stored: what is sealed of them, to be completed and sealed anew."""
        there = boxes(self._book, order_ids) if order_ids else {}
        return TakingIn(self._vault, there, self._judged)

    def seal_parcels(self, order_id: str, numbers: SealedParcels, lease: date) -> Box:
        """Tracking numbers, sealed until the end of `lease`."""
        return self._vault.seal(order_id, _encode(numbers), lease, part=ITS_PARCELS)

    def leases(self, order_ids: Sequence[str], part: str = THE_ORDER) -> dict[str, date]:
        """The last day on which that part of these orders may be opened; where there is nothing of it, none."""
        return {order_id: box.lease_day for order_id, box in boxes(self._book, order_ids, part).items()}

    # Leases.

    def renew(self, before: date, until: Callable[[Lifetime, date], date]) -> int:
        """Seal anew what has a lease that ends before a day. How much that was.

        `until` is asked for each lease, with what its order's rows say; one that it does not lengthen stays.
        """
        renewed = 0
        for leases in leases_ending(self._book, before):
            longer = {lease.place: (lease.box, until(lease.order, lease.box.lease_day)) for lease in leases}
            renewed += self._lengthen(longer)
        return renewed

    def lengthen(self, until: Mapping[str, date]) -> None:
        """Give everything that is sealed of these orders a lease until then, where it has not a longer one."""
        self._lengthen(
            {place: (box, until[place.order_id]) for place, box in all_boxes(self._book, list(until)).items()}
        )

    def _lengthen(self, longer: Mapping[Place, tuple[Box, date]]) -> int:
        fresh = {}
        for place, (box, until) in longer.items():
            if until > box.lease_day:
                try:
                    fresh[place] = (box, self._seal_anew(place, box, until))
                except Problem as problem:
                    if self._judged(problem, place.order_id) is problem:
                        raise
                    # A damaged box keeps its lease: nobody can read it any more, and the others go on.
        if fresh:
            replace_boxes(self._book, fresh, self.chain_ids)
        return len(fresh)

    def _seal_anew(self, place: Place, box: Box, until: date) -> Box:
        data = self._vault.open(place.order_id, box, part=place.part)
        return self._vault.seal(place.order_id, data, until, part=place.part)

    # Destroying.

    def move_floor(self, day: date) -> None:
        """Make all data whose lease ended before a day unreadable for ever; a floor never goes back.

        From the note in the book on rows below it are never opened again, however far the rest gets.

        Raises:
            Problem: `vault-key-stuck`, where the keyring still gives the old keys; or the keyring's own.
        """
        if self.floor is None or day > self.floor:
            note_floor(self._book, day)
            self._vault.move_on(day)
        self.read_again()  # a proof asks what the keyring holds now

    def remember(self, order_ids: Collection[str]) -> Mapping[Place, Box]:
        """Everything that is sealed of orders that are about to be destroyed, for `readable` to try its keys on."""
        return boxes_of(self._book, order_ids)

    def readable(self, destroyed: Mapping[Place, Box]) -> set[str]:
        """Of which of these orders a key that is here opens what was purged: a purge that worked leaves none."""
        floor = self.floor
        if floor is None:
            return set()
        return {
            place.order_id
            for place, box in destroyed.items()
            if box.lease_day < floor and self._vault.reaches(place.order_id, box, part=place.part)
        }


class TakingIn:
    """What is sealed of some orders, while newer versions of them are taken in."""

    def __init__(self, vault: Vault, there: dict[str, Box], judged: Callable[[Problem, str], Problem]) -> None:
        self._vault = vault
        self._there = there
        self._judged = judged

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._there

    def completed(self, order: Order) -> Order:
        """The order with what Amazon now withholds and is sealed."""
        known = self.known(order.order_id)
        if known is None:
            return order
        return msgspec.structs.replace(order, personal=keep_known(order.personal, known))

    def tells_more(self, order: Order) -> bool:
        """Whether the order tells anything else than what is sealed of it; what it withholds is nothing else."""
        if order.order_id not in self._there:
            return False
        known = self.known(order.order_id)
        return known is None or keep_known(order.personal, known) != known

    def known(self, order_id: str) -> PersonalData | None:
        """What is sealed of an order; None for nothing, and for a damaged box, which what Amazon tells replaces."""
        box = self._there.get(order_id)
        if box is None:
            return None
        try:
            return _decode_personal(self._vault.open(order_id, box))
        except Problem as problem:
            if self._judged(problem, order_id) is problem:
                raise
            return None

    def seal(self, order: Order, lease: date) -> Box:
        """The order's personal data, sealed until the end of `lease`, or as long as it was already, if that is longer.

        Raises:
            Problem: the keyring cannot be written (a month's first sealing makes its key).
        """
        personal = order.personal
        if not personal.salt:
            personal = msgspec.structs.replace(personal, salt=secrets.token_hex(_SALT_BYTES))
        before = self._there.get(order.order_id)
        until = max(lease, before.lease_day) if before else lease
        box = self._vault.seal(order.order_id, _encode(personal), until)
        self._there[order.order_id] = box  # the same order may stand on a page twice
        return box


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """A store's vault key, among its secrets. `locks` is the folder of locks.

    `lease` keeps the other machines away that share the order book. `may_change` can refuse a change by raising.
    """

    secrets: SecretStore
    slug: str
    locks: Path
    lease: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    may_change: Callable[[], None] | None = None

    def load(self) -> str | None:
        """The stored text, or None where there is none."""
        secret = self.secrets.get(self.slug, "vault-key")
        return secret.reveal() if secret else None

    def save(self, text: str) -> None:
        """Store the text. Raises as `may_change`, and what the secret store raises."""
        if self.may_change:
            self.may_change()
        self.secrets.set(self.slug, "vault-key", text)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While it is entered no other process changes the text, on this machine or another.

        Raises `run-in-progress`, or what the order book raises.
        """
        held = Problem(ProblemName.RUN_IN_PROGRESS, job="amzlink", store=self.slug)
        with lock(self.locks / f"{self.slug}.vault-key.lock", held, wait_seconds=_LOCK_SECONDS), self.lease():
            yield


class UnkeptKeys:
    """The vault key as a dry run works with it: a key that it makes is forgotten with it."""

    def __init__(self, kept: KeyPlace) -> None:
        self._kept = kept
        self._text: str | None = None

    def load(self) -> str | None:
        """What this run has made of it, else what is stored."""
        return self._text or self._kept.load()

    def save(self, text: str) -> None:
        """Keep it in memory."""
        self._text = text

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else sees it."""
        return contextlib.nullcontext()


def open_vault(book: StoreBook, keys: KeyPlace) -> Vault:
    """The vault of a book's store; whichever of keyring and book is behind is brought up to date."""
    marks = sealed_marks(book)
    vault = Vault(book.store, keys, marks)
    if vault.floor and vault.floor != marks.floor:
        note_floor(book, vault.floor)
    return vault
