"""What is found in the text of a page that is no JSON."""

import json
from typing import Any

import pytest

from amzlink.amazon.damaged_page import salvage
from tests.amazon.test_orders_mapping import bare_order
from tests.support.rows import each_row

FIRST, SECOND, THIRD = (f"302-0000000-000000{number}" for number in (1, 2, 3))


def page(*, middle: bytes = b"", **fields: Any) -> bytes:
    """Three orders, the second one with something else in front of its time."""
    orders = [json.dumps(bare_order(orderId=number)).encode() for number in (FIRST, SECOND, THIRD)]
    orders[1] = orders[1].replace(b'"createdTime"', middle + b'"createdTime"')
    around = json.dumps(fields).encode()[1:-1]
    return b'{"orders": [' + b", ".join(orders) + b"]" + (b", " + around if around else b"") + b"}"


TOKEN = {"pagination": {"nextToken": 'a"b\\c'}, "createdBefore": "2026-11-23T09:28:00Z"}


class TestSalvage:
    @pytest.mark.parametrize(
        "middle",
        [b"UOSS ", b'"x" "y",', b'"x": "a\nb",', b'"x": "30" wide",', b'"x": "\xff",', b'"x": {"y": "z', b"[[["],
    )
    def test_the_numbers_and_the_next_token_are_found_whatever_the_damage(self, middle: bytes) -> None:
        found = salvage(page(middle=middle, **TOKEN))
        assert found is not None
        assert (found.order_ids, found.nameless, found.next_token) == ((FIRST, SECOND, THIRD), 0, 'a"b\\c')

    def test_a_token_may_stand_before_the_orders(self) -> None:
        body = page(middle=b"UOSS ").replace(b'{"orders"', b'{"pagination": {"nextToken": "next"}, "orders"')
        found = salvage(body)
        assert found is not None
        assert found.next_token == "next"

    @pytest.mark.parametrize("fields", [{}, {"pagination": None}, {"pagination": {}}, {"lastUpdatedBefore": "2026"}])
    def test_the_last_page_has_none(self, fields: dict[str, Any]) -> None:
        found = salvage(page(middle=b"UOSS ", **fields))
        assert found is not None
        assert (len(found.order_ids), found.next_token) == (3, None)

    def test_the_number_of_a_replaced_order_is_none_of_the_page(self) -> None:
        other = b'"associatedOrders": [{"orderId": "302-9999999-9999999", "associationType": "X"}], UOSS '
        found = salvage(page(middle=other, **TOKEN))
        assert found is not None
        assert found.order_ids == (FIRST, SECOND, THIRD)

    def test_an_order_without_a_number_that_can_be_read_is_counted(self) -> None:
        found = salvage(page(middle=b"UOSS ", **TOKEN).replace(SECOND.encode(), b"302-000"))
        assert found is not None
        assert (found.order_ids, found.nameless) == ((FIRST, THIRD), 1)

    @pytest.mark.parametrize("body", [b"", b"{}", b"[" * 99, b'{"orders": [', b"null"])
    def test_what_is_no_page_gives_nothing(self, body: bytes) -> None:
        assert salvage(body) is None

    @each_row("damage", [b'"nextToken": ', b'"nextToken": "\\x', b'"nextToken": "\xff'])
    def test_a_token_that_cannot_be_read_is_not_taken_for_none(self, damage: bytes) -> None:
        assert salvage(page(middle=b"UOSS ", **TOKEN).replace(b'"nextToken": "', damage)) is None

    @each_row("fields", [{}, TOKEN, {"createdBefore": "2026-11-23T09:28:00Z"}])
    def test_a_page_that_is_cut_off_never_passes_for_the_last_one(self, fields: Any) -> None:
        """Wherever it is cut: also behind an order's own list."""
        body = page(**fields)
        assert [end for end in range(len(body)) if salvage(body[:end])] == []
        assert salvage(body)
