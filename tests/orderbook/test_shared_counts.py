"""What machines count together, in the book that they share: neither makes the other call too often."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from amzlink.amazon.orders import GET_ORDER
from amzlink.amazon.quota import Bucket, SharedQuotas
from amzlink.clock import ShiftedClock, SystemClock, shift_of
from amzlink.orderbook.database import Database
from amzlink.orderbook.shared_counts import SharedCount
from amzlink.sendcloud.pace import Made, Paces
from tests.support import postgres
from tests.support.world import VirtualClock

pytestmark = pytest.mark.needs_postgres
ACCOUNT = "client A1 eu"


@pytest.fixture
def opened() -> Callable[[], Database]:
    url = postgres.new_database()
    return lambda: Database.open(Path("unused"), url)


def test_two_machines_empty_one_bucket(opened: Callable[[], Database]) -> None:
    clock = VirtualClock()
    machines = [
        SharedQuotas(SharedCount(opened, "my-shop", ACCOUNT, dict[str, Bucket], None), ACCOUNT, clock) for _ in range(2)
    ]
    taken = 0
    while machines[taken % 2].take(GET_ORDER, 0.0) == 0:
        machines[taken % 2].answered(GET_ORDER, 0.0, None)
        taken += 1
    assert taken == GET_ORDER.burst
    assert [quotas.left(GET_ORDER, 0.0) for quotas in machines] == [0, 0]
    clock.advance(3 / GET_ORDER.rate)
    assert [quotas.left(GET_ORDER, 0.0) for quotas in machines] == [3, 3]
    for quotas in machines:
        quotas.close()


def test_the_servers_clock_counts_however_wrong_the_machines_are(opened: Callable[[], Database]) -> None:
    """One that is an hour ahead would find a full minute after every call."""
    clocks = [VirtualClock(), VirtualClock()]
    clocks[1].advance(3600)
    paces = [Paces(clock, "key", SharedCount(opened, "", "key", Made, 0.0)) for clock in clocks]
    made = 0
    while paces[made % 2].take("writes") == 0 and made < 100:
        made += 1
    assert made == 15
    for pace in paces:
        pace.close()


def test_a_document_that_nobody_understands_counts_as_empty(opened: Callable[[], Database]) -> None:
    count = SharedCount(opened, "", "key", Made, None)
    with count.held():
        count.store({"key writes": [1.0]})
    other = SharedCount(opened, "", "key", dict[str, Bucket], None)
    with other.held():
        assert other.load() == {}
    with count.held():
        assert count.load() == {"key writes": [1.0]}
    with pytest.raises(RuntimeError):
        count.store({})
    count.close()
    other.close()


def test_a_clock_is_ahead_of_the_machines_by_its_shift_or_has_a_time_of_its_own() -> None:
    assert shift_of(SystemClock()) == timedelta()
    assert shift_of(ShiftedClock(SystemClock(), timedelta(hours=1))) == timedelta(hours=1)
    assert shift_of(VirtualClock()) is None
    assert shift_of(ShiftedClock(VirtualClock(), timedelta(hours=1))) is None
