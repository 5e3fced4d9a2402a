"""What runs have seen of the time is kept, in the order in which they noted it, and reaches back for days."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amzlink.core.privacy.trusted_time import Sighting
from amzlink.orderbook.database import Database
from amzlink.orderbook.privacy.clock_readings import (
    MOST,
    clock_readings,
    note_reading,
    note_trusted_time,
    noted_time,
)
from tests.orderbook.samples import NOW, STORE
from tests.support.books import url_of

pytestmark = pytest.mark.on_both_engines

OTHER = "my-other-shop"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    file = tmp_path / "orders.db"
    with Database.open(file, url_of(file)) as found:
        yield found


def note(book: Database, *seen: Sighting, store: str = STORE) -> None:
    for each in seen:
        note_reading(book.of(store), each)


def seen_at(after: timedelta, offset: timedelta | None = timedelta()) -> Sighting:
    return Sighting(NOW + after, offset)


class TestReadings:
    def test_they_come_in_the_order_of_noting_whatever_the_machines_clock_said(self, book: Database) -> None:
        runs = [seen_at(40 * DAY, -40 * DAY), seen_at(DAY), seen_at(2 * DAY, None)]
        note(book, *runs)
        assert clock_readings(book, [STORE]) == runs

    def test_only_those_of_the_stores_that_count(self, book: Database) -> None:
        ours, theirs = seen_at(DAY), seen_at(2 * DAY)
        note(book, ours)
        note(book, theirs, store=OTHER)
        assert clock_readings(book, [STORE]) == [ours]
        assert clock_readings(book, [OTHER, STORE]) == [ours, theirs]
        assert clock_readings(book, []) == []

    def test_of_runs_that_see_the_same_within_an_hour_three_stay(self, book: Database) -> None:
        runs = [seen_at(at * MINUTE) for at in range(50)]
        note(book, *runs)
        assert clock_readings(book, [STORE]) == [runs[0], runs[1], runs[-1]]

    @pytest.mark.on_sqlite  # it takes long
    def test_so_they_reach_back_for_days_however_often_runs_are_made(self, book: Database) -> None:
        note(book, *(seen_at(at * 20 * MINUTE) for at in range(3 * 24 * 3)))
        kept = clock_readings(book, [STORE])
        assert kept[-1].machine - kept[0].machine > 2 * DAY
        assert len(kept) <= 3 * 24 * 3

    def test_one_that_differs_is_kept_beside_those_that_are_alike(self, book: Database) -> None:
        runs = [seen_at(MINUTE), seen_at(2 * MINUTE), seen_at(3 * MINUTE), seen_at(4 * MINUTE, 730 * DAY)]
        note(book, *runs, seen_at(5 * MINUTE), seen_at(6 * MINUTE, None))
        assert [each.offset for each in clock_readings(book, [STORE])] == [
            *[timedelta()] * 3,
            730 * DAY,
            timedelta(),
            None,
        ]

    @pytest.mark.on_sqlite  # it takes long
    def test_the_oldest_give_way(self, book: Database) -> None:
        for at in range(MOST + 5):
            note(book, seen_at(at * HOUR))
        kept = clock_readings(book, [STORE])
        assert (len(kept), kept[0]) == (MOST, seen_at(5 * HOUR))


class TestTheNotedTime:
    def test_is_the_latest_that_one_of_the_stores_has_noted(self, book: Database) -> None:
        assert noted_time(book, [STORE, OTHER]) is None
        note_trusted_time(book.of(STORE), NOW)
        note_trusted_time(book.of(OTHER), NOW + HOUR)
        assert noted_time(book, [STORE]) == NOW
        assert noted_time(book, [STORE, OTHER]) == NOW + HOUR

    def test_never_goes_back_by_itself(self, book: Database) -> None:
        note_trusted_time(book.of(STORE), NOW + HOUR)
        note_trusted_time(book.of(STORE), NOW)
        assert noted_time(book, [STORE]) == NOW + HOUR

    def test_goes_back_in_all_stores_where_it_is_corrected(self, book: Database) -> None:
        note_trusted_time(book.of(STORE), NOW + 730 * DAY)
        note_trusted_time(book.of(OTHER), NOW + 731 * DAY)
        note_trusted_time(book.of("third"), NOW - HOUR)
        note_trusted_time(book.of(STORE), NOW, correcting=[STORE, OTHER, "third"])
        assert noted_time(book, [STORE, OTHER]) == NOW
        assert noted_time(book, ["third"]) == NOW - HOUR
