"""Leases of stores on a real server: who works on a store, and what becomes of a run that was silent for too long."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from amzlink.orderbook.database import Database
from amzlink.orderbook.leases import (
    DEFAULT_TERMS,
    LeaseHeldError,
    LeaseTerms,
    StoreLease,
    accounts,
    note_account,
    tenant_of,
)
from amzlink.orderbook.runs import Run, note_run
from amzlink.orderbook.schema import LEASES, RUNS
from amzlink.problems import Problem
from tests.support import postgres
from tests.support.world import SLUG, VirtualClock

pytestmark = pytest.mark.needs_postgres
JOBS = ("import-orders", "push-status")
NEVER = LeaseTerms(renewed_every=3600)


class Machine:
    """A machine that shares the book, with a count of seconds that is moved by hand."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seconds = 1000.0
        self.is_cut_off = False

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        url = "postgresql://nobody@127.0.0.1:1/nowhere" if self.is_cut_off else self.url
        with Database.open(Path("unused"), url) as database:
            yield database

    def lease(self, *jobs: str, terms: LeaseTerms = NEVER, account: str = "A1 eu") -> StoreLease:
        return StoreLease(self.database, SLUG, jobs or JOBS, account=account, elapsed=lambda: self.seconds, terms=terms)


@pytest.fixture
def url() -> str:
    return postgres.new_database()


@pytest.fixture
def book(url: str) -> Iterator[Database]:
    with Database.open(Path("unused"), url) as database:
        yield database


def expire(book: Database) -> None:
    """Two minutes pass by the server's clock."""
    with book.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=LEASES.c.expires_at - DEFAULT_TERMS.length * 1000))


def numbers(book: Database) -> dict[str, int]:
    with book.reading() as connection:
        return {row.job: row.number for row in connection.execute(select(LEASES))}


def test_one_machine_has_a_store_until_it_gives_it_back(url: str, book: Database) -> None:
    one, other = Machine(url), Machine(url)
    with one.lease():
        with pytest.raises(LeaseHeldError) as caught, other.lease("push-status"):
            pass
        tenant = tenant_of(book, SLUG, "push-status")
        assert tenant == caught.value.tenant
        assert "process" in caught.value.tenant.machine
        with other.lease("check-weights"):
            pass
    assert tenant_of(book, SLUG, "push-status") is None
    with other.lease():
        assert numbers(book) == {"import-orders": 2, "push-status": 2, "check-weights": 1}


def test_all_jobs_are_taken_or_none(url: str, book: Database) -> None:
    one, other = Machine(url), Machine(url)
    with one.lease("push-status"):
        with pytest.raises(LeaseHeldError), other.lease():
            pass
        assert tenant_of(book, SLUG, "import-orders") is None


def test_who_was_silent_for_too_long_writes_nothing_once_another_has_taken_over(url: str, book: Database) -> None:
    one, other = Machine(url), Machine(url)
    with one.lease() as lease:
        at_work = book.of(SLUG, lease.fence)
        now = VirtualClock().now()
        run = Run(job="push-status", started_at=now, finished_at=now, problem=None, counts={}, amazon_time=None)
        expire(book)
        note_run(at_work, run)  # nobody else has it: what was done may be written down
        with other.lease():
            with pytest.raises(Problem, match="lease-lost"):
                note_run(at_work, run)
            with book.reading() as connection:
                assert len(connection.execute(select(RUNS)).all()) == 1
            with pytest.raises(Problem, match="lease-lost"):
                lease.check()
        expired = numbers(book)
    assert numbers(book) == expired, "nothing of the other's is given back"


def test_a_run_knows_by_its_own_count_when_it_may_not_send_any_more(url: str) -> None:
    machine = Machine(url)
    with machine.lease() as lease:
        machine.seconds += 89
        lease.check()
        machine.seconds += 1
        with pytest.raises(Problem, match="lease-lost"):
            lease.check()
        lease.renew()  # in the half minute that is left for calls under way
        machine.seconds += 89
        lease.check()


def test_a_lease_that_has_ended_is_lost_for_good(url: str) -> None:
    machine = Machine(url)
    with machine.lease() as lease:
        machine.seconds += 120
        lease.renew()
        machine.seconds -= 120
        with pytest.raises(Problem, match="lease-lost"):
            lease.check()


def test_a_lease_that_the_server_holds_for_ended_is_lost_too(url: str, book: Database) -> None:
    """The machine's count may be slow."""
    machine = Machine(url)
    with machine.lease() as lease:
        expire(book)
        lease.renew()
        with pytest.raises(Problem, match="lease-lost"):
            lease.check()


def test_it_is_renewed_in_the_background_and_a_server_that_is_gone_for_a_moment_is_no_harm(
    url: str, book: Database
) -> None:
    machine = Machine(url)
    with machine.lease(terms=LeaseTerms(renewed_every=0.01)) as lease:
        for is_cut_off in (True, False):
            machine.is_cut_off = is_cut_off
            time.sleep(0.05)
        expire_by_half = update(LEASES).values(expires_at=LEASES.c.expires_at - 60_000)
        with book.writing(SLUG) as connection:
            connection.execute(expire_by_half)
        ended = time.monotonic() + 60
        while _seconds_left(book) < 100:
            assert time.monotonic() < ended
            time.sleep(0.01)
        lease.check()


def test_a_store_is_known_by_its_account_to_all_machines(url: str, book: Database) -> None:
    note_account(book.of("new-shop"), "B2 eu")
    with Machine(url).lease(account="A1 eu"):
        pass
    assert accounts(book) == {SLUG: "A1 eu", "new-shop": "B2 eu"}


def _seconds_left(book: Database) -> float:
    with book.reading() as connection:
        ends: list[int] = [row.expires_at for row in connection.execute(select(LEASES))]
    return min(ends) / 1000 - time.time()
