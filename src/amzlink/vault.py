"""The vault: buyers' personal data, encrypted with keys that are deleted day by day.

An order's data is sealed with AES-256-GCM under the key of the day on which its lease ends, with store and order id as
associated data. Day keys form one-way chains, one chain a month: the key of a day follows from that of the day before
by HKDF, never the other way round. The keyring holds, per chain, the key of the day after the last one purged; moving
it on makes every earlier day unreadable for ever, in backups and copies too.

The vault does not know where sealed data is kept: the order book keeps the boxes, the chains' ids and the floor.
"""

import base64
import contextlib
import os
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from amzlink.core.decoding import read_json
from amzlink.core.privacy.sealed_data import THE_ORDER, Box
from amzlink.problems import Problem, ProblemName, privacy

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NEXT_DAY: Final = b"amzlink vault: key of the next day"


class KeyPlace(Protocol):
    """The keyring's entry for one store."""

    def load(self) -> str | None:
        """The stored text, or None where there is none."""

    def save(self, text: str) -> None:
        """Store the text; when this returns it can be read back."""

    def alone(self) -> AbstractContextManager[None]:
        """While it is entered no other process changes the text."""


class Chain(msgspec.Struct, frozen=True):
    """One month's chain: a public id, the first day that can still be read, and that day's key."""

    id: str
    day: date
    key: str

    def __repr__(self) -> str:
        return f"Chain({self.id}, {self.day})"


class _Keys(msgspec.Struct, frozen=True):
    """What the keyring holds: the first day that can still be read, and the chains by month (`2026-11`)."""

    floor: date | None = None
    chains: dict[str, Chain] = {}


class Sealed(Protocol):
    """What the order book tells the vault when it is opened."""

    @property
    def floor(self) -> date | None:
        """The first day whose data may still be opened."""

    @property
    def chain_ids(self) -> Mapping[str, str]:
        """The ids of the chains that boxes were sealed with, by month."""


class Vault:
    """Seals and opens the personal data of one store's orders."""

    def __init__(self, store: str, place: KeyPlace, book: Sealed) -> None:
        """Read the keys, and bring whichever of keyring and book is behind up to date.

        Raises:
            Problem: `vault-key-missing`, where the book has boxes whose chain the keyring does not hold. What the book
                has purged is put out of reach of the keys that are there, before that is raised.
        """
        self._store = store
        self._place = place
        self._keys = _read(place.load(), store)
        self._bound_to_store = f"{store}\0".encode()
        # What is sealed and opened by the ten thousand finds its chain's id and its cipher at one look.
        self._ready: dict[date, tuple[str, AESGCM]] = {}
        try:
            self._need(self._keys, book.chain_ids, book.floor)
        except Problem:
            if book.floor:
                with contextlib.suppress(Problem):  # the missing keys are what to tell; the next opening tries again
                    self._put_out_of_reach(book.chain_ids, book.floor)
            raise
        floors = [floor for floor in (self._keys.floor, book.floor) if floor]
        self.floor = max(floors, default=None)
        if self.floor and self.floor != self._keys.floor:
            self.move_on(self.floor)

    @property
    def chain_ids(self) -> dict[str, str]:
        """The ids of the living chains, by month: the book notes them with what they sealed."""
        return {month: chain.id for month, chain in self._keys.chains.items()}

    def seal(self, order_id: str, data: bytes, lease_day: date, *, part: str = THE_ORDER) -> Box:
        """Seal a part of an order's data under the key of `lease_day`, the last day on which it may be read.

        Raises:
            ValueError: that day has been purged.
            Problem: the keyring cannot be written (a month's first sealing makes its chain).
        """
        chain_id, cipher = self._ready.get(lease_day) or self._ready_to_seal(lease_day)
        bound = self._bound_to_store + order_id.encode() if part == THE_ORDER else self._bound_to(order_id, part)
        nonce = os.urandom(_NONCE_BYTES)
        return Box(lease_day, chain_id, nonce + cipher.encrypt(nonce, data, bound))

    def open(self, order_id: str, box: Box, *, part: str = THE_ORDER) -> bytes:
        """The data in a box.

        Raises:
            Problem: `vault-key-missing`, where its key is not (or no longer) here, or the box is not this order's.
        """
        ready = self._ready.get(box.lease_day)
        if ready is None or ready[0] != box.chain_id:
            ready = self._ready_to_open(box)
        bound = self._bound_to_store + order_id.encode() if part == THE_ORDER else self._bound_to(order_id, part)
        data = box.data
        try:
            return ready[1].decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):  # a value error: not even a nonce is left of the box
            # from None: the chained error would add nothing, and a traceback's locals would hold the key.
            raise Problem(ProblemName.VAULT_KEY_MISSING, store=self._store, detail=privacy.KEY_DOES_NOT_FIT) from None

    def reaches(self, order_id: str, box: Box, *, part: str = THE_ORDER) -> bool:
        """Whether a key that is here opens a box, whatever day and chain it is said to hang on.

        The proof of a purge asks this: a key that opens a purged day stands, if anywhere, at the start of a chain.
        """
        for chain in self._keys.chains.values():
            days = max(0, (box.lease_day - chain.day).days) if _month(chain.day) == _month(box.lease_day) else 0
            _, cipher = self._ready_for(chain, chain.day + timedelta(days=days))
            with contextlib.suppress(InvalidTag, ValueError):
                cipher.decrypt(box.data[:_NONCE_BYTES], box.data[_NONCE_BYTES:], self._bound_to(order_id, part))
                return True
        return False

    def move_on(self, floor: date) -> None:
        """Make every day before `floor` unreadable for ever; a floor never goes back. The order book notes it first.

        Raises:
            Problem: `vault-key-stuck`, where the keyring still gives the old keys; or the keyring's own.
        """
        if self._keys.floor and floor <= self._keys.floor:
            return
        with self._place.alone():
            self._read_again()  # another process may have begun a chain since, or have moved on further
            if not self._keys.floor or floor > self._keys.floor:
                self._save(_moved_on(self._keys, floor))
            self.floor = self._keys.floor
            if _read(self._place.load(), self._store) != self._keys:
                raise Problem(ProblemName.VAULT_KEY_STUCK, store=self._store)

    def _put_out_of_reach(self, chain_ids: Mapping[str, str], floor: date) -> None:
        """Move on an older keyring of this book, which lacks newer keys; another book's stays as it is."""
        with self._place.alone():
            keys = _read(self._place.load(), self._store)
            is_ours = all(chain.id == chain_ids.get(month) for month, chain in keys.chains.items())
            if keys.chains and is_ours and (keys.floor is None or keys.floor < floor):
                self._save(_moved_on(keys, floor))

    def _bound_to(self, order_id: str, part: str) -> bytes:
        bound = self._bound_to_store + order_id.encode()
        return bound if part == THE_ORDER else b"%b\0%b" % (bound, part.encode())

    def _ready_to_seal(self, lease_day: date) -> tuple[str, AESGCM]:
        if self.floor and lease_day < self.floor:
            raise ValueError(f"the day {lease_day} has been purged")
        return self._ready_for(self._keys.chains.get(_month(lease_day)) or self._begin_chain(lease_day), lease_day)

    def _ready_to_open(self, box: Box) -> tuple[str, AESGCM]:
        chain = self._keys.chains.get(_month(box.lease_day))
        if chain is None or chain.id != box.chain_id or box.lease_day < chain.day:
            raise Problem(
                ProblemName.VAULT_KEY_MISSING, store=self._store, detail=privacy.key_of_day_missing(day=box.lease_day)
            )
        return self._ready_for(chain, box.lease_day)

    def _ready_for(self, chain: Chain, day: date) -> tuple[str, AESGCM]:
        ready = self._ready.get(day)
        if ready is None:
            ready = self._ready[day] = chain.id, AESGCM(_key_of(chain, day))
        return ready

    def _begin_chain(self, lease_day: date) -> Chain:
        with self._place.alone():
            # Another process may have begun it since; to write over its key would lose what it has sealed.
            self._read_again()
            if chain := self._keys.chains.get(_month(lease_day)):
                return chain
            first = max(lease_day.replace(day=1), self._keys.floor or date.min)
            chain = Chain(secrets.token_hex(8), first, _encode(secrets.token_bytes(_KEY_BYTES)))
            chains = {**self._keys.chains, _month(lease_day): chain}
            self._save(msgspec.structs.replace(self._keys, chains=chains))
            return chain

    def _save(self, keys: _Keys) -> None:
        self._place.save(msgspec.json.encode(keys).decode())
        self._take(keys)

    def _take(self, keys: _Keys) -> None:
        self._keys = keys
        self._ready.clear()

    def _read_again(self) -> None:
        keys = _read(self._place.load(), self._store)
        self._need(keys, self.chain_ids, self.floor)
        self._take(keys)

    def _need(self, keys: _Keys, chain_ids: Mapping[str, str], floor: date | None) -> None:
        """Refuse to go on without the key of a chain that something may hang on still."""
        gone = max((each for each in (keys.floor, floor) if each), default=date.min)
        for month, chain_id in chain_ids.items():
            chain = keys.chains.get(month)
            if chain is None and _last_day(month) < gone:
                continue  # purged to its end
            if chain is None or chain.id != chain_id:
                raise Problem(
                    ProblemName.VAULT_KEY_MISSING, store=self._store, detail=privacy.key_of_month_missing(month=month)
                )


def _read(text: str | None, store: str) -> _Keys:
    if text is None:
        return _Keys()
    try:
        keys = read_json(text, _Keys)
        whole = all(
            _month(chain.day) == month and len(base64.b64decode(chain.key, validate=True)) == _KEY_BYTES
            for month, chain in keys.chains.items()
        )
    except ValueError:
        whole = False
    if not whole:
        # Raised out here, because the errors' texts may quote the key.
        raise Problem(ProblemName.VAULT_KEY_MISSING, store=store, detail=privacy.NOT_A_VAULT_KEY)
    return keys


def _moved_on(keys: _Keys, floor: date) -> _Keys:
    """The keys with every day before `floor` made unreadable."""
    chains = {}
    for month, chain in keys.chains.items():
        if _last_day(month) < floor:
            continue
        day = max(chain.day, floor if _month(floor) == month else chain.day)
        chains[month] = Chain(chain.id, day, _encode(_key_of(chain, day)))
    return _Keys(floor, chains)


def _key_of(chain: Chain, day: date) -> bytes:
    key = base64.b64decode(chain.key)
    for _ in range((day - chain.day).days):
        key = HKDFExpand(SHA256(), _KEY_BYTES, _NEXT_DAY).derive(key)
    return key


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
