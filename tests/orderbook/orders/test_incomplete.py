"""Orders that are known from a report alone, and how the reading of them is planned."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from amzlink.core.orders.holds import Hold
from amzlink.core.orders.reading_plan import Moment
from amzlink.orderbook.orders.incomplete import unread_moments
from amzlink.orderbook.schema import HOLDS
from tests.orderbook.samples import STORE, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

GERMANY = "A1PA6795UKMFR9"
FIRST = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DUE = datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC)


def test_orders_are_counted_by_the_second_in_which_they_were_placed(tmp_path: Path) -> None:
    numbers = [f"302-1234567-{number:07d}" for number in range(3)]
    with empty_book_in(tmp_path) as book:
        placed = (FIRST, FIRST, FIRST + timedelta(hours=1))
        save(
            book,
            *(
                change_of(order_of(number, purchased_at=at, ship_by=DUE))
                for number, at in zip(numbers, placed, strict=True)
            ),
        )
        not_read = [
            {
                "store": STORE,
                "order_id": number,
                "hold": Hold.NOT_READ_YET.value,
                "cause": "",
                "set_at": "2026-11-20T09:30:00Z",
            }
            for number in numbers[1:]
        ]
        with book.writing() as connection:
            connection.execute(insert(HOLDS), not_read)
        found = unread_moments(book.of(STORE), [GERMANY], 10)
    assert found == [
        Moment(int(FIRST.timestamp()), 2, 1, int(DUE.timestamp())),
        Moment(int(FIRST.timestamp()) + 3600, 1, 1, int(DUE.timestamp())),
    ]
    assert {type(number) for moment in found for number in (moment.at, moment.orders, moment.unread, moment.due)} == {
        int
    }
