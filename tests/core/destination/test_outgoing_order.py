"""What is handed on of an order."""

from amzlink.core.destination.outgoing_order import outgoing
from tests.orderbook.samples import line_of, order_of


def test_of_an_order_what_is_left_to_ship_is_handed_on_and_nothing_of_one_without_that() -> None:
    shipped, left = line_of("1", quantity_unshipped=0), line_of("2", quantity_unshipped=1)
    found = outgoing(order_of(lines=(shipped, left)), {})
    assert found is not None
    assert found.lines == (left,)
    assert outgoing(order_of(lines=(shipped,)), {}) is None
