"""A machine on which amzlink can die at every step, whose book can be looked at from outside, and a thief."""

import base64
import contextlib
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from amzlink.clock import Clock
from amzlink.core.privacy.sealed_data import Box, Place
from amzlink.deps import Deps
from amzlink.files.home import Home
from amzlink.orderbook.connection import open_engine
from amzlink.orderbook.database import Database
from amzlink.orderbook.sqlite import SqliteFile
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Secret, SecretStore
from tests.support.destination import DiedError

_A_MONTH = 31


@dataclass
class Fate:
    """When the process dies: before its n-th step, counted from 0. None: it lives.

    A step is a look into the keyring, a write to it, a transaction, and what comes after the last word of one.
    """

    steps_left: int | None = None

    def step(self) -> None:
        if self.steps_left == 0:
            raise DiedError  # and so at every further step: nothing cleans up
        if self.steps_left:
            self.steps_left -= 1


class Mood(Enum):
    """What a keyring can do to who writes to it."""

    LOCKED = "locked"
    FORGETFUL = "forgetful"
    """It takes the keys that a purge has moved on, and goes on giving the old ones."""


class Keyring(MemorySecrets):
    """A keyring with one store's vault key. It sees to it that the book notes a floor before the keys move on."""

    def __init__(self, fate: Fate, slug: str, book: Path) -> None:
        super().__init__()
        self._fate = fate
        self._slug = slug
        self._book = book
        self.mood: Mood | None = None

    @property
    def text(self) -> str | None:
        secret = super().get(self._slug, "vault-key")
        return secret.reveal() if secret else None

    def put_back(self, text: str | None) -> None:
        if text is None:
            self.delete(self._slug, "vault-key")
        else:
            super().set(self._slug, "vault-key", text)

    def get(self, slug: str, name: SecretName) -> Secret | None:
        self._fate.step()
        return super().get(slug, name)

    def set(self, slug: str, name: SecretName, value: str) -> None:
        self._fate.step()
        if self.mood is Mood.LOCKED:
            raise Problem(ProblemName.KEYRING_LOCKED, detail="it was not unlocked", variable="", slug=slug, name=name)
        floor = floor_in(value)
        if floor != floor_in(self.text):
            noted = look(self._book, slug).floor
            assert floor is not None
            assert noted is not None, "the book is the first to note a floor"
            assert noted >= floor, "the book is the first to note a floor"
            if self.mood is Mood.FORGETFUL:
                return
        super().set(slug, name, value)
        self._fate.step()


class MortalDatabase(Database):
    """An order book in whose transactions one can die: before, at the end with nothing committed yet, and after."""

    def __init__(self, file: Path, fate: Fate) -> None:
        location = SqliteFile(file)
        super().__init__(open_engine(location), location)
        self._fate = fate

    @contextlib.contextmanager
    def writing(self, store: str | None = None) -> Iterator[Connection]:
        self._fate.step()
        with super().writing(store) as connection:
            yield connection
            self._fate.step()
        self._fate.step()

    @contextlib.contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        self._fate.step()
        with super().outside_transactions() as connection:
            yield connection


class MortalDeps(Deps):
    """A machine whose order book is one in which one can die."""

    def __init__(self, database: MortalDatabase, home: Home, secrets: SecretStore, clock: Clock) -> None:
        super().__init__({}, home, secrets, clock)
        self._database = database

    def database(self) -> Database:
        return self._database


# What anybody sees who has the files.


@dataclass(frozen=True)
class Look:
    """What stands in a store's book, read from its file. Orders are rows by column; `to_fetch` says since when."""

    orders: dict[str, dict[str, Any]]
    boxes: dict[Place, Box]
    floor: date | None
    chains: dict[str, str]
    tombstones: frozenset[str]
    to_fetch: dict[str, str]


def look(file: Path, slug: str) -> Look:
    with contextlib.closing(sqlite3.connect(file)) as book:
        book.row_factory = sqlite3.Row

        def rows(table: str) -> list[dict[str, Any]]:
            return [dict(row) for row in book.execute(f"SELECT * FROM {table} WHERE store = ?", (slug,))]

        floors = [date.fromisoformat(row["floor"]) for row in rows("vault_floors")]
        return Look(
            orders={row["order_id"]: row for row in rows("orders")},
            boxes={
                Place(row["order_id"], row["part"]): Box(
                    date.fromisoformat(row["lease_day"]), row["chain_id"], row["box"]
                )
                for row in rows("sealed")
            },
            floor=max(floors, default=None),
            chains={row["month"]: row["chain_id"] for row in rows("vault_chains")},
            tombstones=frozenset(row["order_id"] for row in rows("tombstones")),
            to_fetch={row["order_id"]: row["seen_at"] for row in rows("refused_orders")},
        )


def files_of(book: Path) -> dict[str, bytes]:
    """The book with its journal, as a backup program finds them. Nobody may be writing."""
    return {file.name: file.read_bytes() for file in book.parent.glob(f"{book.name}*") if not file.name.endswith("shm")}


def put_back(book: Path, files: dict[str, bytes]) -> None:
    """The same the other way round. Nobody may have it open."""
    for file in book.parent.glob(f"{book.name}*"):
        file.unlink()
    for name, content in files.items():
        (book.parent / name).write_bytes(content)


# What a thief makes of a keyring's text, by what docs/vault.md says of it and by nothing of amzlink's.


def floor_in(text: str | None) -> date | None:
    floor = json.loads(text or "{}").get("floor")
    return date.fromisoformat(floor) if floor else None


def chains_in(text: str | None) -> dict[str, str]:
    """The ids of the chains, by month."""
    return {month: chain["id"] for month, chain in json.loads(text or "{}").get("chains", {}).items()}


def expand(key: bytes, days: int) -> bytes:
    """The key of so many days later: HKDF-Expand (RFC 5869), one block of SHA-256 a day, written out once more."""
    for _ in range(days):
        key = hmac.new(key, b"amzlink vault: key of the next day\x01", hashlib.sha256).digest()
    return key


class Thief:
    """Who holds a keyring's text and every box that ever was: tries all keys that follow from it on each of them."""

    def __init__(self, slug: str) -> None:
        self._slug = slug
        self._text: str | None = None
        self._ciphers: list[AESGCM] = []
        self._tried: dict[tuple[Place, Box], bool] = {}

    def reads(self, text: str | None, boxes: Collection[tuple[Place, Box]]) -> set[tuple[Place, Box]]:
        """The boxes that one of the keys opens. What was tried with the same text is not tried again."""
        if text != self._text:
            self._text, self._tried, self._ciphers = text, {}, []
            for chain in json.loads(text or "{}").get("chains", {}).values():
                key = base64.b64decode(chain["key"])
                for _ in range(_A_MONTH):
                    self._ciphers.append(AESGCM(key))
                    key = expand(key, 1)
        for place, box in boxes:
            if (place, box) not in self._tried:
                self._tried[place, box] = any(self._fits(cipher, place, box) for cipher in self._ciphers)
        return {entry for entry in boxes if self._tried[entry]}

    def _fits(self, cipher: AESGCM, place: Place, box: Box) -> bool:
        bound_to = f"{self._slug}\0{place.order_id}" + ("" if place.part == "order" else f"\0{place.part}")
        try:
            cipher.decrypt(box.data[:12], box.data[12:], bound_to.encode())
        except InvalidTag:
            return False
        return True
