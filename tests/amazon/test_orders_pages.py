"""Pages of orders: one that cannot be read does not hold back the others, and no page is taken for an empty one."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.orders import OrdersPage, changed_between, search_orders, to_ship_created_between
from amzlink.problems import Problem, ProblemName
from tests.amazon.bench import bench, ok
from tests.amazon.test_orders_mapping import bare_item, bare_order

QUERY = {"createdAfter": "2026-11-01T00:00:00Z", "marketplaceIds": "A1PA6795UKMFR9,A13V1IB3VIYZZH"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def numbered(number: int, **changes: object) -> dict[str, Any]:
    return bare_order(**{"orderId": f"302-0000000-000000{number}", **changes})


def read(body: bytes) -> OrdersPage:
    with bench(httpx.Response(200, content=body, headers={"x-amzn-RequestId": "abc-123"})) as made:
        return search_orders(made.link, QUERY)


def page_of(*orders: object, **fields: object) -> bytes:
    return json.dumps({"orders": orders, "createdBefore": "2026-11-23T09:28:00Z", **fields}).encode()


def ids(page: OrdersPage) -> list[str]:
    return [order.order_id for order in page.orders]


class TestPages:
    def test_a_page_gives_its_orders_and_the_token_of_the_next(self) -> None:
        page = read(page_of(numbered(1), numbered(2), pagination={"nextToken": "a+b/c=="}))
        assert ids(page) == ["302-0000000-0000001", "302-0000000-0000002"]
        assert (page.refused, page.next_token) == ((), "a+b/c==")

    @pytest.mark.parametrize("pagination", [None, {}, {"nextToken": None}, {"nextToken": ""}])
    def test_the_last_page_has_no_token_in_whatever_way_it_says_so(self, pagination: object) -> None:
        assert read(page_of(numbered(1), pagination=pagination)).next_token is None
        assert read(page_of(numbered(1))).next_token is None

    @pytest.mark.parametrize("pagination", [{"nextToken": 7}, {"nextToken": ["a"]}, "next", [1]])
    def test_a_token_of_the_wrong_form_costs_the_next_page_and_not_the_orders_of_this_one(
        self, pagination: object
    ) -> None:
        page = read(page_of(numbered(1), numbered(2), pagination=pagination))
        assert (len(page.orders), page.next_token, page.leads_nowhere) == (2, None, True)

    def test_a_page_without_orders_is_empty(self) -> None:
        assert read(page_of()) == OrdersPage((), (), None)

    def test_the_token_goes_once_encoded_beside_the_unchanged_query(self) -> None:
        with bench(ok({"orders": []})) as made:
            search_orders(made.link, QUERY, "a+b/c=d%2B é==")
            (request,) = made.amazon.requests
        raw = request.url.query.decode()
        assert "paginationToken=a%2Bb%2Fc%3Dd%252B%20%C3%A9%3D%3D" in raw
        assert "marketplaceIds=A1PA6795UKMFR9,A13V1IB3VIYZZH" in raw
        assert dict(request.url.params) == {**QUERY, "paginationToken": "a+b/c=d%2B é=="}

    @pytest.mark.parametrize(
        "body",
        [
            b"{}",
            b"[]",
            b"null",
            b'{"orders": null}',
            b'{"orders": {}}',
            b'{"payload": {"orders": []}}',
            b"",
            b"\xff\xfe",
        ],
    )
    def test_an_answer_without_a_list_of_orders_is_never_taken_for_an_empty_one(self, body: bytes) -> None:
        with pytest.raises(Problem) as caught:
            read(body)
        assert (caught.value.name.value, caught.value.facts["request_id"]) == ("response-malformed", "abc-123")

    def test_a_page_that_ends_in_the_middle_is_malformed_and_says_how_much_came(self) -> None:
        body = page_of(numbered(1), numbered(2))[:-40]
        with pytest.raises(Problem) as caught:
            read(body)
        assert caught.value.facts["detail"] == f"it is cut off, or is not JSON ({len(body)} bytes)"


class TestOrdersThatCannotBeRead:
    @pytest.mark.parametrize(
        ("changes", "place"),
        [
            ({"createdTime": "2026-11-20T08:00:00"}, "createdTime"),
            ({"orderItems": {"count": 1}}, "orderItems"),
            ({"orderItems": [bare_item(quantityOrdered="two")]}, "quantityOrdered"),
            ({"orderItems": [bare_item(quantityOrdered=2**63)]}, "quantityOrdered"),
            ({"orderItems": [bare_item(quantityOrdered=-1)]}, "quantityOrdered"),
            ({"orderItems": [bare_item(fulfillment={"quantityUnfulfilled": 2**64})]}, "quantityUnfulfilled"),
            ({"recipient": {"deliveryAddress": {"name": ["Hanna Secret"]}}}, "name"),
        ],
    )
    def test_it_is_refused_with_the_place_and_the_others_come_through(
        self, changes: dict[str, object], place: str
    ) -> None:
        page = read(page_of(numbered(1), numbered(2, **changes), numbered(3), pagination={"nextToken": "next"}))
        assert ids(page) == ["302-0000000-0000001", "302-0000000-0000003"]
        (refused,) = page.refused
        assert (refused.order_id, refused.problem) == ("302-0000000-0000002", ProblemName.RESPONSE_MALFORMED)
        assert place in refused.message
        assert "Secret" not in refused.message
        assert page.next_token == "next"

    @pytest.mark.parametrize("order_id", [None, 5, {}])
    def test_one_whose_number_cannot_be_read_either_is_counted_without_it(self, order_id: object) -> None:
        page = read(page_of(bare_order(orderId=order_id), numbered(2)))
        assert ids(page) == ["302-0000000-0000002"]
        assert [refused.order_id for refused in page.refused] == [""]

    @pytest.mark.parametrize("entry", [None, "text", 5, [], {}])
    def test_what_is_no_order_at_all_does_not_hold_back_the_others(self, entry: object) -> None:
        page = read(page_of(entry, numbered(2)))
        assert ids(page) == ["302-0000000-0000002"]
        assert len(page.refused) == 1

    @pytest.mark.parametrize(
        "damage", [b"\xff\xfe", b"\xc3", b"\\ud83d"], ids=["bytes", "half a letter", "half a pair"]
    )
    def test_one_whose_text_is_damaged_does_not_hold_back_the_others(self, damage: bytes) -> None:
        recipient = {"deliveryAddress": {"name": "Hanna Secret DAMAGE", "addressLine1": "Weg 1"}}
        body = page_of(numbered(1), numbered(2, recipient=recipient), numbered(3)).replace(b"DAMAGE", damage)
        page = read(body)
        assert ids(page) == ["302-0000000-0000001", "302-0000000-0000003"]
        (refused,) = page.refused
        assert (refused.order_id, refused.problem) == ("302-0000000-0000002", ProblemName.RESPONSE_MALFORMED)
        assert "Secret" not in refused.message

    def test_damage_in_a_field_that_is_not_read_does_no_harm(self) -> None:
        body = page_of(numbered(1, payment="DAMAGE")).replace(b"DAMAGE", b"\xff")
        assert ids(read(body)) == ["302-0000000-0000001"]

    @settings(deadline=None)
    @given(
        st.lists(
            st.none()
            | st.integers()
            | st.text(max_size=5)
            | st.builds(
                lambda key, value: numbered(1, **{key: value}), st.sampled_from(sorted(bare_order())), st.none()
            )
            | st.builds(numbered, st.integers(0, 9)),
            max_size=8,
        )
    )
    def test_every_entry_is_either_an_order_or_a_refusal(self, entries: list[object]) -> None:
        page = read(page_of(*entries))
        assert len(page.orders) + len(page.refused) == len(entries)


class TestQueries:
    def test_times_are_in_utc_with_z_whatever_zone_they_come_in(self) -> None:
        tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
        query = changed_between(tokyo - timedelta(days=1), tokyo, ("A1PA6795UKMFR9", "A13V1IB3VIYZZH"))
        assert query["lastUpdatedAfter"] == "2026-11-22T12:00:00Z"
        assert query["lastUpdatedBefore"] == "2026-11-23T12:00:00Z"
        assert query["marketplaceIds"] == "A1PA6795UKMFR9,A13V1IB3VIYZZH"

    def test_changes_are_asked_for_in_every_state_and_only_of_what_the_merchant_ships(self) -> None:
        query = changed_between(NOON, NOON, ("A1PA6795UKMFR9",))
        assert "fulfillmentStatuses" not in query
        assert query["fulfilledBy"] == "MERCHANT"

    def test_a_sweep_asks_by_creation_for_what_is_still_to_ship(self) -> None:
        query = to_ship_created_between(NOON - timedelta(days=1), NOON, ("A1PA6795UKMFR9",))
        assert (query["createdAfter"], query["createdBefore"]) == ("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z")
        assert query["fulfillmentStatuses"] == "UNSHIPPED,PARTIALLY_SHIPPED"
        assert query["maxResultsPerPage"] == "100"
