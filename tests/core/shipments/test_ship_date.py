"""Which moment a day without a time stands for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from amzlink.clock import from_local, in_local_zone
from amzlink.core.shipments.ship_date import moment_of
from tests.support.zones import machine_in

DAY = date(2026, 11, 23)
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_the_same_day_here_and_in_utc(zone: str) -> None:
    with machine_in(zone):
        moment = moment_of(DAY, datetime(2026, 12, 1, tzinfo=UTC))
        assert in_local_zone(moment).date() == moment.date() == DAY


@pytest.mark.parametrize("zone", ZONES)
def test_today_is_no_moment_that_has_not_come(zone: str) -> None:
    with machine_in(zone):
        now = from_local(datetime(2026, 11, 23, 0, 5))  # noqa: DTZ001 - as the clock on the wall shows it
        assert moment_of(DAY, now) == now
        assert moment_of(now + timedelta(minutes=1), now) == now


@pytest.mark.parametrize("zone", ZONES)
def test_what_was_bought_that_evening_was_shipped_after_it_was_bought(zone: str) -> None:
    with machine_in(zone):
        evening = from_local(datetime(2026, 11, 23, 20, 30))  # noqa: DTZ001
        assert moment_of(DAY, evening + timedelta(days=3), evening) == evening
