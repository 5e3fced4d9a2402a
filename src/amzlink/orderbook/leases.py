"""Which run works on a store, where several machines share one order book on a server.

A run leases a job of a store by a row: who it is, until when, and a number that grows with every holder. Only the
server's clock says when a lease ends, because the clocks of machines differ. A thread renews it while the run works. A
run that was silent for too long has lost its lease for good, even if nobody else has taken the store since.

Two things keep such a run from doing harm. `check` refuses by the time that has passed on this machine, and costs no
call. `fence` refuses in the transaction that writes, by what the row says.
"""

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from amzlink.clock import elapsed_seconds
from amzlink.orderbook.database import Database, StoreBook
from amzlink.orderbook.dialects import server_seconds
from amzlink.orderbook.schema import LEASES
from amzlink.problems import Problem, ProblemName

_HOLDER_BYTES: Final = 8
_MILLISECONDS: Final = 1000
_END_SECONDS: Final = 5.0
_CONNECT: Final = "connect"
_NOBODY: Final = {"number": 0, "holder": "", "machine": "", "taken_at": 0, "expires_at": 0}
_KEYS: Final = (LEASES.c.store, LEASES.c.job)


class LeaseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How leases run, in seconds.

    A call that began within the lease must have arrived before the lease ends: the services give up a call after half a
    minute, which is the `margin`.
    """

    length: float = 120.0
    renewed_every: float = 30.0
    margin: float = 30.0


DEFAULT_TERMS: Final = LeaseTerms()


class Tenant(msgspec.Struct, frozen=True):
    """Who has a lease: the job, the machine and its process in words, and since when, by the server's clock."""

    job: str
    machine: str
    since: datetime


class LeaseHeldError(Exception):
    """Somebody else works on the store."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant.machine)
        self.tenant = tenant


class StoreLease:
    """A lease of some jobs of one store: all of them or none. As a context it is held, and renewed in the background.

    `open_database` gives the order book for moments: no connection stays open between two renewals. `elapsed` counts
    the seconds of this machine, those in which it slept too. `account` is whose store it is.
    """

    def __init__(
        self,
        open_database: Callable[[], AbstractContextManager[Database]],
        store: str,
        jobs: Collection[str],
        *,
        account: str,
        elapsed: Callable[[], float] = elapsed_seconds,
        terms: LeaseTerms = DEFAULT_TERMS,
    ) -> None:
        self._open = open_database
        self._store = store
        self._jobs = sorted(jobs)
        self._terms = terms
        self._account = account
        self._elapsed = elapsed
        self._holder = secrets.token_hex(_HOLDER_BYTES)
        self._numbers: Mapping[str, int] = {}
        self._sure_until = 0.0
        self._is_lost = False
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)

    def __enter__(self) -> Self:
        """Take it. Raises `LeaseHeldError`, or what the order book raises."""
        begun = self._elapsed()
        with self._open() as database, database.writing(self._store) as connection:
            fresh = {**_holding(self._holder, self._terms.length), "account": self._account}
            self._numbers = {job: _take(connection, self._store, job, fresh) for job in self._jobs}
        self._counts_from(begun)
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._renewing.join(_END_SECONDS)
        with contextlib.suppress(Problem):  # then it ends by itself
            self._release()

    def check(self) -> None:
        """Refuse to go on without the lease, by the time that has passed on this machine. Raises `lease-lost`."""
        if self._is_lost or self._elapsed() >= self._sure_until:
            raise self._lost()

    def fence(self, connection: Connection) -> None:
        """Refuse to write without the lease, in a transaction that writes rows of the store.

        Until it ends nobody else can take the lease: that is a transaction of the same kind, and they follow one
        another.

        Raises:
            Problem: `lease-lost`.
        """
        ours = and_(self._rows, LEASES.c.holder == self._holder)
        rows = connection.execute(select(LEASES.c.job, LEASES.c.number).where(ours))
        if {row.job: row.number for row in rows} != self._numbers:
            self._is_lost = True
            raise self._lost()

    def renew(self) -> None:
        """Lengthen the lease from now on. Raises what the order book raises."""
        begun = self._elapsed()
        if self._is_over(begun):
            self._is_lost = True
            return
        # Not among the writers of the store: the run's own long transaction must not keep its lease from being renewed.
        with self._open() as database, database.writing(f"{self._store}: renewal") as connection:
            until = _server_time() + round(self._terms.length * _MILLISECONDS)
            ours = and_(self._rows, LEASES.c.holder == self._holder, LEASES.c.expires_at > _server_time())
            renewed = connection.execute(update(LEASES).where(ours).values(expires_at=until)).rowcount
        if renewed == len(self._jobs):
            self._counts_from(begun)
        else:
            self._is_lost = True

    def _keep_renewing(self) -> None:
        while not self._ended.wait(self._terms.renewed_every) and not self._is_lost:
            with contextlib.suppress(Problem):  # tried again; until then `check` counts the time
                self.renew()

    def _release(self) -> None:
        with self._open() as database, database.writing(self._store) as connection:
            ours = and_(self._rows, LEASES.c.holder == self._holder)
            connection.execute(update(LEASES).where(ours).values(expires_at=0))

    @property
    def _rows(self) -> ColumnElement[bool]:
        return and_(LEASES.c.store == self._store, LEASES.c.job.in_(self._jobs))

    def _counts_from(self, begun: float) -> None:
        self._sure_until = begun + self._terms.length - self._terms.margin

    def _is_over(self, moment: float) -> bool:
        return self._is_lost or moment >= self._sure_until + self._terms.margin

    def _lost(self) -> Problem:
        return Problem(ProblemName.LEASE_LOST, job=self._jobs[0], store=self._store)


def tenant_of(database: Database, store: str, job: str) -> Tenant | None:
    """Who has the lease of a job now; None where nobody has."""
    here = and_(LEASES.c.store == store, LEASES.c.job == job, LEASES.c.expires_at > _server_time())
    with database.reading() as connection:
        row = connection.execute(select(LEASES).where(here)).one_or_none()
    return Tenant(row.job, row.machine, _moment(row.taken_at)) if row else None


def accounts(database: Database) -> dict[str, str]:
    """Whose the stores are that any machine has connected, by their slugs."""
    known = select(LEASES.c.store, LEASES.c.account).where(LEASES.c.account != "").distinct()
    with database.reading() as connection:
        return {row.store: row.account for row in connection.execute(known)}


def note_account(book: StoreBook, account: str) -> None:
    """Note whose a store is that has been connected, for the other machines."""
    noted = insert(LEASES).values(store=book.store, job=_CONNECT, account=account, **_NOBODY)
    with book.writing() as connection:
        connection.execute(noted.on_conflict_do_update(index_elements=_KEYS, set_={"account": account}))


def note_ended(book: StoreBook, job: str) -> None:
    """Note that a run of this job, which holds its lease, came to an end, and when it began by the server's clock."""
    lease = select(LEASES.c.taken_at).where(LEASES.c.store == book.store, LEASES.c.job == job).scalar_subquery()
    begun = func.coalesce(lease, _server_time())
    row = {**_NOBODY, "store": book.store, "job": _ended(job), "account": "", "taken_at": begun}
    noted = insert(LEASES).values(row)
    with book.writing() as connection:
        connection.execute(
            noted.on_conflict_do_update(index_elements=_KEYS, set_={"taken_at": noted.excluded.taken_at})
        )


def begun_by_server(database: Database, job: str) -> dict[str, datetime]:
    """When each store's last run of a job began that has come to an end, by the server's clock and the store's slug.

    The record of runs has the clocks of the machines, which differ.
    """
    with database.reading() as connection:
        rows = connection.execute(select(LEASES.c.store, LEASES.c.taken_at).where(LEASES.c.job == _ended(job)))
        return {row.store: _moment(row.taken_at) for row in rows}


def server_time(database: Database) -> datetime:
    """The time by the server's clock."""
    with database.reading() as connection:
        return _moment(connection.execute(select(_server_time())).scalar_one())


def _ended(job: str) -> str:
    return f"{job}: ended"


def _holding(holder: str, seconds: float) -> dict[str, Any]:
    """What a row says of its new holder."""
    return {
        "holder": holder,
        "machine": f"{socket.gethostname()} (process {os.getpid()})",
        "taken_at": _server_time(),
        "expires_at": _server_time() + round(seconds * _MILLISECONDS),
    }


def _take(connection: Connection, store: str, job: str, fresh: Mapping[str, Any]) -> int:
    """Take a lease, in a transaction that writes rows of the store; its number. Raises `LeaseHeldError`."""
    wanted = (
        insert(LEASES)
        .values(store=store, job=job, number=1, **fresh)
        .on_conflict_do_update(
            index_elements=_KEYS,
            set_={"number": LEASES.c.number + 1, **fresh},
            where=LEASES.c.expires_at <= _server_time(),
        )
        .returning(LEASES.c.number)
    )
    number = connection.scalar(wanted)
    if number is None:
        row = connection.execute(select(LEASES).where(LEASES.c.store == store, LEASES.c.job == job)).one()
        raise LeaseHeldError(Tenant(row.job, row.machine, _moment(row.taken_at)))
    return int(number)


def _server_time() -> ColumnElement[int]:
    """Milliseconds since 1970 by the server's clock, at this very statement."""
    return cast(server_seconds() * _MILLISECONDS, BigInteger)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / _MILLISECONDS, UTC)
