"""The story of an order on screens of several widths: the order number stays whole, and no line is too wide."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.show import show_detail
from amzlink.jobs.orders.show import show_order
from tests.cli.shell.test_safe_text import screens
from tests.cli.shell.test_widths import WIDTHS, plain
from tests.support.pushing import Pushing, row
from tests.support.world import SLUG


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pushing, str]:
    """An order with a parcel whose confirmation Amazon has refused: the longest story."""
    at = Pushing(tmp_path_factory.mktemp("shop"))
    order_id = at.sell_one(1)
    at.switch("shipment-refused")
    at.push_file(row(order_id, "00340434161094042557"))
    return at, order_id


def screen(at: Pushing, order_id: str, columns: int, now: datetime) -> list[str]:
    detail = show_order(at.world.deps, SLUG, order_id, with_personal=False)
    with screens(columns) as (out, _):
        show_detail(Console(), SLUG, detail, now, with_pii=False)
    return plain(out.getvalue())


@pytest.mark.parametrize("columns", WIDTHS)
def test_it_fits_and_says_first_what_the_order_waits_for(refused: tuple[Pushing, str], columns: int) -> None:
    at, order_id = refused
    lines = screen(at, order_id, columns, at.world.clock.now())
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith(f"{order_id}  UNSHIPPED")
    assert lines[1].startswith("Waits for: you to confirm it in Seller Central")
    assert any(line.startswith("Confirmation: ") for line in lines)
    assert any("shipment-refused" in line for line in lines)


def test_times_are_the_readers_with_their_day(refused: tuple[Pushing, str]) -> None:
    at, order_id = refused
    later = at.world.clock.now() + timedelta(days=3)
    assert any("Mon 23 Nov" in line for line in screen(at, order_id, 80, later))


def test_an_order_that_waits_for_nothing_says_so(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1)
    at.change(order_id, "cancel")
    at.run()
    assert screen(at, order_id, 80, at.world.clock.now())[1] == "Waits for nothing more."
