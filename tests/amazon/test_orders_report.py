"""The report of orders to ship: each line's order as far as the report tells it, and nothing lost by what is broken."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.orders import get_order
from amzlink.amazon.orders_report import ReportedOrders, reported_orders
from amzlink.amazon.reports import report_lines, report_status, request_orders_report
from amzlink.amazon.transport import SpApiClient
from amzlink.core.orders.holds import COUNTRY_UNKNOWN, OWN_CARRIER, Hold, cause_to_keep, causes
from amzlink.core.orders.order import Order
from amzlink.problems import Problem, ProblemName
from tests.amazon.test_listings import open_link, seller_of
from tests.support.world import StoreOnSandbox, store_on_sandbox

GERMANY, FRANCE = BY_COUNTRY["DE"].id, BY_COUNTRY["FR"].id
COLUMNS = (
    "order-id", "order-item-id", "purchase-date", "promise-date", "buyer-phone-number", "sku", "product-name",
    "quantity-purchased", "quantity-shipped", "quantity-to-ship", "ship-service-level", "recipient-name",
    "ship-address-1", "ship-city", "ship-postal-code", "ship-country", "is-prime", "sales-channel",
)  # fmt: skip
PLAIN = {
    "order-id": "302-0000000-0000001", "order-item-id": "11", "purchase-date": "2026-11-20T10:00:00+01:00",
    "promise-date": "2026-11-23T23:59:59+01:00", "buyer-phone-number": "+49 30 1", "sku": "MUG-1",
    "product-name": "Becher", "quantity-purchased": "2", "quantity-shipped": "0", "quantity-to-ship": "2",
    "ship-service-level": "NextDay", "recipient-name": "Ada Öz", "ship-address-1": "Gasse 1", "ship-city": "Köln",
    "ship-postal-code": "50667", "ship-country": "DE", "is-prime": "false", "sales-channel": "Amazon.de",
}  # fmt: skip


def line(**changes: str) -> dict[str, str]:
    return {**PLAIN, **{name.replace("_", "-"): value for name, value in changes.items()}}


def read(*lines: Mapping[str, str], marketplace_ids: tuple[str, ...] = (GERMANY, FRANCE)) -> list[Order]:
    return list(reported_orders(lines, marketplace_ids, ReportedOrders()))


def test_a_line_is_an_order_as_far_as_it_tells() -> None:
    (order,) = read(line())
    (item,) = order.lines
    assert (order.order_id, order.marketplace_id, order.status) == ("302-0000000-0000001", GERMANY, "UNSHIPPED")
    assert order.purchased_at == order.changed_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert order.ship_by == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert (order.service_level, order.programs, order.from_report) == ("NEXT_DAY", (), True)
    assert (item.order_item_id, item.sku, item.quantity, item.quantity_unshipped) == ("11", "MUG-1", 2, 2)
    recipient = order.personal.recipient
    assert (recipient.name, recipient.address_line_1, recipient.phone) == ("Ada Öz", "Gasse 1", "+49 30 1")
    assert causes(order) == {Hold.NOT_READ_YET: "report"}


def test_lines_of_one_order_are_one_order() -> None:
    found = read(
        line(),
        line(order_item_id="12", quantity_to_ship="1", quantity_shipped="1"),
        line(order_id="302-0000000-0000002"),
    )
    assert [(order.order_id[-1], len(order.lines), order.status) for order in found] == [
        ("1", 2, "PARTIALLY_SHIPPED"), ("2", 1, "UNSHIPPED"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Lech Wa??sa", "\ufffdzge", "?"])
def test_where_letters_may_have_been_lost_the_order_is_held_for_it(text: str) -> None:
    assert Hold.DAMAGED_TEXT in causes(read(line(recipient_name=text))[0])


def test_columns_may_be_fewer_more_and_in_another_order() -> None:
    few = {name: PLAIN[name] for name in ("quantity-purchased", "purchase-date", "order-item-id", "order-id")}
    (order,) = read({"new-column": "x", **few})
    assert (order.marketplace_id, order.lines[0].quantity_unshipped, order.ship_by) == (None, 2, None)
    (order,) = read(few, marketplace_ids=(FRANCE,))
    assert order.marketplace_id == FRANCE


def test_without_a_column_that_nothing_can_do_without_it_is_malformed() -> None:
    with pytest.raises(Problem) as caught:
        read({"order-id": "302-0000000-0000001", "sku": "A"})
    assert caught.value.name is ProblemName.RESPONSE_MALFORMED
    assert "order-item-id, purchase-date, quantity-purchased" in caught.value.summary


@pytest.mark.parametrize(
    "broken",
    [
        {}, line(order_id="302-1"), line(order_id=""), line(order_item_id=" "), line(quantity_purchased="two"),
        line(quantity_purchased="9" * 400), line(quantity_purchased="-1"), line(purchase_date="yesterday"),
        line(purchase_date="2026-11-20T10:00:00"), line(purchase_date="0001-01-01T00:00:00+14:00"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_broken_line_costs_itself_alone(broken: dict[str, str]) -> None:
    told = ReportedOrders()
    found = list(reported_orders([line(), broken, line(order_id="302-0000000-0000002")], (GERMANY,), told))
    assert [order.order_id[-1] for order in found] == ["1", "2"]
    assert told.broken == 1


@given(st.lists(st.fixed_dictionaries({name: st.text(max_size=20) for name in COLUMNS}), max_size=5))
def test_whatever_stands_in_it_each_line_is_an_order_or_counted(lines: list[dict[str, str]]) -> None:
    told = ReportedOrders()
    found = list(reported_orders(lines, (GERMANY,), told))
    assert sum(len(order.lines) for order in found) + told.broken <= len(lines)


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=60)


def fetched(store: StoreOnSandbox, link: SpApiClient) -> Iterable[dict[str, str]]:
    marketplace_ids = seller_of(store)[1]
    report_id = request_orders_report(link, marketplace_ids, store.clock.now() - timedelta(days=700))
    while not (report := report_status(link, report_id)).is_over:
        store.clock.advance(30)
    return report_lines(link, report.document() or "", restricted=True)


def test_what_it_tells_of_an_order_is_what_amazon_tells_when_asked_for_it(store: StoreOnSandbox) -> None:
    with open_link(store) as link:
        found = list(reported_orders(fetched(store, link), seller_of(store)[1], ReportedOrders()))
        whole = {order.order_id: get_order(link, order.order_id) for order in found}
    assert {order.order_id for order in found} == {
        order_id
        for order_id in store.sandbox.world.shippable()
        if store.sandbox.world.orders[order_id].marketplace_id in seller_of(store)[1]
    }
    for order in found:
        same = whole[order.order_id]
        assert (order.ship_by, order.service_level, order.marketplace_id) == (
            same.ship_by, same.service_level, same.marketplace_id,
        )  # fmt: skip
        assert order.to_ship  # whether a line that the report leaves out was shipped already, it does not tell
        assert order.changed_at <= same.changed_at
        to_ship = {each.order_item_id: each.quantity_unshipped for each in same.lines if each.quantity_unshipped}
        assert {each.order_item_id: each.quantity_unshipped for each in order.lines} == to_ship
        if Hold.DAMAGED_TEXT not in causes(order):
            told, known = order.personal.recipient, same.personal.recipient
            assert (told.name, told.address_line_1, told.city) == (known.name, known.address_line_1, known.city)
    assert any(Hold.DAMAGED_TEXT in causes(order) for order in found)


def test_its_document_opens_to_a_restricted_data_token_alone(store: StoreOnSandbox) -> None:
    with open_link(store) as link:
        marketplace_ids = seller_of(store)[1]
        report_id = request_orders_report(link, marketplace_ids, store.clock.now() - timedelta(days=60))
        store.clock.advance(600)
        document = report_status(link, report_id).document() or ""
        with pytest.raises(Problem) as caught:
            list(report_lines(link, document))
        assert caught.value.name is ProblemName.ACCESS_DENIED
        assert list(report_lines(link, document, restricted=True))
    assert link.calls["createRestrictedDataToken"] == 1


def test_without_the_restricted_role_the_report_is_refused_by_name(store: StoreOnSandbox) -> None:
    store.sandbox.world.faults.switch(on=["role-missing-pii"])
    with open_link(store) as link, pytest.raises(Problem) as caught:
        request_orders_report(link, seller_of(store)[1], store.clock.now() - timedelta(days=60))
    assert caught.value.name is ProblemName.ROLE_MISSING_REPORTS


def test_nothing_to_ship_is_a_cancelled_report(tmp_path: Path) -> None:
    store = store_on_sandbox(tmp_path, orders=0)
    with open_link(store) as link, pytest.raises(Problem) as caught:
        fetched(store, link)
    assert caught.value.name is ProblemName.REPORT_CANCELLED


def test_an_order_that_no_marketplace_is_told_of_leaves_open_which_rule_of_prime_holds() -> None:
    (order,) = read(line(is_prime="true", sales_channel=""))
    assert causes(order)[Hold.PRIME] == COUNTRY_UNKNOWN
    assert cause_to_keep(Hold.PRIME, COUNTRY_UNKNOWN, OWN_CARRIER) == OWN_CARRIER


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
def test_a_promise_at_the_end_of_the_calendar_is_none(time: str) -> None:
    (order,) = read(line(promise_date=time))
    assert order.ship_by is None
