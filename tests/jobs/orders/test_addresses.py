"""Addresses that a person gives while Amazon withholds them: what they fill, what they never replace, what stays."""

from collections.abc import Sequence
from pathlib import Path

from amzlink.jobs.orders.show import show_order
from amzlink.jobs.privacy.purge import PurgeOptions
from amzlink.jobs.purge_pii import purge_pii
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.orders.incomplete import incomplete_orders
from amzlink.run import StoreRun
from tests.jobs.orders.test_incomplete import withhold
from tests.jobs.test_import_orders import holds_of
from tests.support.address_files import cells_of, file_of
from tests.support.destination import Destination, problem_of
from tests.support.lists import list_orders
from tests.support.world import SLUG

ROLE = "role-missing-pii"


def withholding(tmp_path: Path, orders: int = 40) -> Destination:
    """A store whose app lacks the role for addresses; its orders are in the book."""
    at = Destination(tmp_path, orders=orders)
    at.world.sandbox.world.faults.switch(on=[ROLE])
    report = at.run()
    assert problem_of(report) == ROLE
    return at


def write(at: Destination, order_ids: Sequence[str], encoding: str = "utf-8", **changed: str) -> Path:
    file = at.folder / "unshipped.txt"
    rows = [row for order_id in order_ids for row in cells_of(at.world.sandbox.world, order_id, **changed)]
    file.write_bytes(file_of(rows, encoding))
    return file


def street(at: Destination, order_id: str) -> str | None:
    personal = show_order(at.world.deps, SLUG, order_id, with_personal=True).personal
    return personal.recipient.address_line_1 if personal else None


def lacking(at: Destination) -> list[str]:
    with StoreRun(at.world.deps, SLUG) as run:
        return [entry.order_id for entry in incomplete_orders(run.book)]


def test_given_addresses_clear_the_hold_and_the_orders_go_on_in_the_same_run(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    ready = sorted(at.ready())
    assert ready
    assert not at.stored()
    report = at.run(addresses=write(at, ready))
    assert report.addresses
    assert sorted(report.addresses.taken) == ready
    assert not report.addresses.refused
    assert set(ready) <= set(at.stored())
    for order_id in ready:
        assert holds_of(at.world, order_id) == ()
        assert street(at, order_id)
    assert not set(ready) & set(lacking(at))


def test_a_dry_run_tells_what_it_would_take_and_takes_nothing(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    ready = sorted(at.ready())
    report = at.run(addresses=write(at, ready), dry_run=True)
    assert report.addresses
    assert sorted(report.addresses.taken) == ready
    assert report.sent.would_send == len(ready)
    assert not at.stored()
    assert "no-address" in holds_of(at.world, ready[0])


def test_later_answers_without_an_address_leave_it_and_one_with_an_address_replaces_it(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    first, second, *_ = sorted(at.ready())
    at.run(addresses=write(at, [first, second], ship_address_1="Von Hand 1"))
    for order_id in (first, second):
        at.change(order_id, "touch")
    at.run()
    at.run(order_ids=(first,))
    assert [street(at, order_id) for order_id in (first, second)] == ["Von Hand 1", "Von Hand 1"]
    assert holds_of(at.world, first) == holds_of(at.world, second) == ()
    at.world.sandbox.world.faults.switch(off=[ROLE])
    at.change(first, "touch")
    at.run()
    assert street(at, first) not in (None, "Von Hand 1")
    at.run(order_ids=(second,))  # under the same time
    assert street(at, second) not in (None, "Von Hand 1")


def test_an_order_that_has_an_address_keeps_it(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=40)
    at.run()
    order_id = min(at.ready())
    before = street(at, order_id)
    report = at.run(addresses=write(at, [order_id], ship_address_1="Von Hand 1"))
    assert report.addresses
    assert (report.addresses.taken, report.addresses.already) == ([], 1)
    assert street(at, order_id) == before


def test_what_is_given_twice_counts_once(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    order_id = min(at.ready())
    file = write(at, [order_id])
    at.run(addresses=file)
    report = at.run(addresses=file)
    assert report.addresses
    assert (report.addresses.taken, report.addresses.already, report.addresses.refused) == ([], 1, [])


def test_rows_of_orders_that_need_none_are_named_and_change_nothing(tmp_path: Path) -> None:
    at = withholding(tmp_path, orders=80)
    purged, open_one = sorted(at.ready())[:2]
    purge_pii(at.world.deps, [SLUG], PurgeOptions(order_id=purged))
    booked = {each.order_id: each.order.status for each, _ in list_orders(at.world.deps, SLUG, Filter())}
    shipped, cancelled = (
        next(order_id for order_id, status in booked.items() if status == wanted) for wanted in ("SHIPPED", "CANCELLED")
    )
    rows = [
        cells_of(at.world.sandbox.world, order_id, recipient_name="Jo Do")[0]
        for order_id in (shipped, cancelled, purged, open_one)
    ]
    file = at.folder / "unshipped.txt"
    file.write_bytes(file_of([*rows, {**rows[0], "order-id": "302-0000000-0000000"}], "utf-8"))
    report = at.run(addresses=file)
    assert report.addresses
    assert report.addresses.taken == [open_one]
    assert report.addresses.unknown == 1
    told = {row.row: (row.order_id, row.message) for row in report.addresses.refused}
    assert list(told) == [2, 3, 4, 6]
    for number, order_id, word in ((2, shipped, "shipped"), (3, cancelled, "cancelled"), (4, purged, "deleted")):
        assert told[number][0] == order_id
        assert word in told[number][1]
    assert not report.complete
    assert street(at, purged) is None


def test_an_address_with_lost_letters_holds_its_order_until_a_whole_one_comes(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    order_id, other = sorted(at.ready())[:2]
    report = at.run(addresses=write(at, [order_id, other], "cp1252", ship_address_1="ul. Świętokrzyska 5"))
    assert report.addresses
    assert sorted(report.addresses.damaged) == [order_id, other]
    assert holds_of(at.world, order_id) == ("damaged-text",)
    assert order_id not in at.stored()
    at.change(order_id, "touch")
    at.run()
    assert holds_of(at.world, order_id) == ("damaged-text",), "Amazon still tells no address"
    assert order_id in lacking(at), "and is asked again"
    at.run(addresses=write(at, [order_id], "utf-8", ship_address_1="ul. Świętokrzyska 5"))
    assert holds_of(at.world, order_id) == ()
    assert order_id in at.stored()
    at.world.sandbox.world.faults.switch(off=[ROLE])
    at.run()
    assert holds_of(at.world, other) == ()
    assert other in at.stored()


def test_a_file_that_is_older_than_what_amazon_tells_is_not_taken(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=40)
    order_id = min(at.ready())
    withhold(at.world, order_id, "name", "lines", "phone")
    at.run()
    report = at.run(addresses=write(at, [order_id], ship_postal_code="99999"))
    assert report.addresses
    assert report.addresses.taken == []
    assert "postal code" in report.addresses.refused[0].message
    assert "99999" not in report.addresses.refused[0].message
    assert at.run(addresses=write(at, [order_id])).addresses.taken == [order_id]  # type: ignore[union-attr]


def test_given_addresses_do_not_hide_that_amazon_withholds_them(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    everything = [each.order_id for each in at.world.sandbox.world.orders.values() if each.is_shippable]
    assert problem_of(at.run(addresses=write(at, everything, recipient_name="Jo Do"))) is None
    at.add(1)
    assert problem_of(at.run()) == ROLE


def test_an_import_that_fails_does_not_hold_the_addresses_back(tmp_path: Path) -> None:
    at = withholding(tmp_path)
    order_id = min(at.ready())
    at.world.sandbox.world.faults.switch(on=["authorisation-revoked"])
    report = at.run(addresses=write(at, [order_id]))
    assert problem_of(report) == "authorisation-revoked"
    assert report.addresses
    assert report.addresses.taken == [order_id]
    assert order_id in at.stored()
