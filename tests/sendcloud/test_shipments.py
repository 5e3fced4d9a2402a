"""Shipments and parcels are read as Sendcloud gives them, page by page, those of others left out where it shows."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from amzlink.problems import Problem
from amzlink.sendcloud.shipments import (
    ParcelItem,
    changed_shipments,
    shipments_of_order,
    shipments_of_parcels,
)
from tests.sendcloud.bench import INTEGRATION, bench, data

if TYPE_CHECKING:
    from amzlink.problems.failures import Unreadable

NUMBER = "302-1234567-1234567"
SINCE = datetime(2026, 11, 22, 8, 0, 0, 250_000, UTC)


def parcel(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": {"code": "ANNOUNCED", "message": "Announced"},
        "tracking_number": "3SABCD0123456",
        "tracking_url": "https://tracking.test/3SABCD0123456",
        "announced_at": "2026-11-23T09:02:19.480225Z",
        "created_at": "2026-11-23T09:02:18.864105Z",
        "updated_at": "2026-11-23T10:32:22+01:00",
        "weight": {"value": "1.320", "unit": "kg"},
        "parcel_items": [{"item_id": "11122233344455", "sku": "TS-1", "quantity": 2, "description": "T-Shirt"}],
        **changes,
    }


def shipment(*parcels: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "4df31240-daef-40bf-81fc-7a83184073e6",
        "order_number": NUMBER,
        "carrier": {"code": "postnl", "name": "PostNL"},
        "ship_with": {"type": "shipping_option_code", "properties": {"shipping_option_code": "postnl:standard"}},
        "to_address": {"name": "somebody"},
        "parcels": list(parcels) or [parcel()],
        **changes,
    }


class TestReading:
    def test_a_shipment_says_who_carries_what(self) -> None:
        with bench(data(shipment(parcel(1), parcel(2, status={"code": "DELIVERED"})))) as made:
            (found,) = changed_shipments(made.client, INTEGRATION, SINCE)
        assert (found.id, found.order_number) == ("4df31240-daef-40bf-81fc-7a83184073e6", NUMBER)
        assert (found.carrier_code, found.carrier_name) == ("postnl", "PostNL")
        assert found.shipping_option_code == "postnl:standard"
        first, second = found.parcels
        assert (first.id, first.status_code, second.status_code) == (1, "ANNOUNCED", "DELIVERED")
        assert first.tracking_number == "3SABCD0123456"
        assert first.tracking_url == "https://tracking.test/3SABCD0123456"
        assert first.announced_at == datetime(2026, 11, 23, 9, 2, 19, 480225, UTC)
        assert first.updated_at == datetime(2026, 11, 23, 9, 32, 22, tzinfo=UTC)
        assert first.items == (ParcelItem(2, "11122233344455", "TS-1"),)

    def test_what_is_missing_is_none_and_no_failure(self) -> None:
        bare = {"id": "x", "parcels": [{"id": 5, "status": {"code": "NO_LABEL"}}]}
        empty = shipment(
            parcel(
                tracking_number="", tracking_url=None, announced_at=None, updated_at=None,
                parcel_items=[{"item_id": "", "sku": "", "quantity": 1}],
            ),
            carrier=None, ship_with=None, order_number="",
        )  # fmt: skip
        with bench(data(bare, empty, {"id": "y", "parcels": None})) as made:
            first, second, third = changed_shipments(made.client, INTEGRATION, SINCE)
        for found in (first, second):
            assert (found.order_number, found.carrier_code, found.carrier_name) == (None, None, None)
            assert found.shipping_option_code is None
            (only,) = found.parcels
            assert (only.tracking_number, only.tracking_url, only.announced_at, only.updated_at) == (None,) * 4
        assert first.parcels[0].items == ()
        assert second.parcels[0].items == (ParcelItem(1),)
        assert third.parcels == ()

    def test_a_parcel_without_a_status_has_one_that_says_nothing(self) -> None:
        with bench(data(shipment(parcel(status=None), parcel(status={})))) as made:
            (found,) = changed_shipments(made.client, INTEGRATION, SINCE)
        assert [each.status_code for each in found.parcels] == ["UNKNOWN", "UNKNOWN"]

    @pytest.mark.parametrize(
        ("told", "number"),
        [("n/a", None), ("-", None), ("  ", None), ("https://track.test/1", None), (123456789012, "123456789012")],
    )
    def test_what_is_no_tracking_number_is_none_and_a_number_is_a_text(self, told: object, number: str | None) -> None:
        with bench(data(shipment(parcel(tracking_number=told)))) as made:
            (found,) = changed_shipments(made.client, INTEGRATION, SINCE)
        assert found.parcels[0].tracking_number == number

    def test_an_item_id_that_is_a_number_is_a_text(self) -> None:
        with bench(data(shipment(parcel(parcel_items=[{"item_id": 123, "quantity": 1}])))) as made:
            (found,) = changed_shipments(made.client, INTEGRATION, SINCE)
        assert found.parcels[0].items == (ParcelItem(1, "123"),)

    def test_an_answer_that_makes_no_sense_is_named_without_what_it_says(self) -> None:
        with bench(data(shipment(parcel(id="Frau Holle")))) as made, pytest.raises(Problem) as caught:
            list(changed_shipments(made.client, INTEGRATION, SINCE))
        assert caught.value.name.value == "response-malformed"
        assert "$.parcels[0].id" in caught.value.summary
        assert "Holle" not in str(caught.value.facts)

    @pytest.mark.parametrize(
        "odd",
        [
            {"id": None}, {"id": "x", "parcels": {}}, "no shipment",
            shipment(parcel(parcel_items=[{"item_id": "1", "quantity": 2**64}])), shipment(parcel(id=2**64)),
        ],
        ids=["without an id", "parcels of another kind", "a text", "a huge quantity", "a huge id"],
    )  # fmt: skip
    def test_a_shipment_that_cannot_be_read_holds_back_no_other_where_that_is_noted(self, odd: object) -> None:
        unreadable: list[Unreadable] = []
        with bench(data(shipment(parcel(1)), odd, shipment(parcel(2)))) as made:
            found = list(changed_shipments(made.client, INTEGRATION, SINCE, unreadable=unreadable))
        assert [each.parcels[0].id for each in found] == [1, 2]
        assert [failure.name.value for failure in unreadable] == ["response-malformed"]


class TestAsking:
    def test_changes_are_asked_for_by_integration_and_time(self) -> None:
        with bench(data()) as made:
            assert list(changed_shipments(made.client, INTEGRATION, SINCE)) == []
            assert dict(made.sent[0].url.params) == {
                "integration_id": str(INTEGRATION),
                "updated_after": "2026-11-22T08:00:00.250Z",
                "page_size": "100",
            }

    def test_all_pages_are_read_each_when_it_is_needed(self) -> None:
        with bench(data(shipment(id="1"), cursor="a"), data(shipment(id="2"))) as made:
            found = changed_shipments(made.client, INTEGRATION, SINCE)
            assert next(found).id == "1"
            assert len(made.sent) == 1
            assert [each.id for each in found] == ["2"]
            assert made.sent[1].url.params["cursor"] == "a"

    @pytest.mark.parametrize("own", [INTEGRATION, str(INTEGRATION), None])
    def test_a_row_that_tells_another_integration_is_left_out(self, own: object) -> None:
        rows = [shipment(id="1", integration_id=INTEGRATION + 1), shipment(id="2", integration_id=own)]
        with bench(data(*rows)) as made:
            assert [each.id for each in changed_shipments(made.client, INTEGRATION, SINCE)] == ["2"]

    def test_an_orders_shipments_are_asked_for_by_its_number_and_checked(self) -> None:
        with bench(data(shipment(), shipment(order_number="other"))) as made:
            (found,) = shipments_of_order(made.client, INTEGRATION, NUMBER)
            assert made.sent[0].url.params["order_number"] == NUMBER
        assert found.order_number == NUMBER

    def test_parcels_are_asked_for_a_hundred_at_a_time_each_once(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            ids = [int(each) for each in request.url.params["ids"].split(",")]
            return data(*(shipment(parcel(each)) for each in ids))

        with bench(answer, answer, answer) as made:
            wanted = [*range(250), 7, 8]
            found = [each.parcels[0].id for each in shipments_of_parcels(made.client, wanted)]
            assert [len(request.url.params["ids"].split(",")) for request in made.sent] == [100, 100, 50]
        assert sorted(found) == list(range(250))

    def test_no_parcels_are_no_call(self) -> None:
        with bench() as made:
            assert list(shipments_of_parcels(made.client, [])) == []

    def test_shipments_with_none_of_these_parcels_are_left_out(self) -> None:
        with bench(data(shipment(parcel(1)), shipment(parcel(2)))) as made:
            assert [each.parcels[0].id for each in shipments_of_parcels(made.client, [2])] == [2]
