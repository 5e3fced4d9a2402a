"""The client and the sandbox's Sendcloud understand each other, and every request is as Sendcloud's documents say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.problems import Problem
from amzlink.sandbox.messages import Request
from amzlink.sendcloud.account import list_integrations, who_am_i
from amzlink.sendcloud.orders import BatchRefused, delete_order, find_order, find_orders, upsert_orders
from amzlink.sendcloud.shipments import changed_shipments, shipments_of_order, shipments_of_parcels
from amzlink.sendcloud.transport import SendcloudClient
from tests.support.sendcloud_models import check_request
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

STORED = 3.0  # seconds; Sendcloud stores a little later than it accepts


@dataclass
class AtSendcloud:
    """A client of a sandbox, and what a merchant would do in the panel."""

    client: SendcloudClient
    world: StoreOnSandbox
    integration_id: int

    def order(self, order_id: str, **details: Any) -> dict[str, Any]:
        price = {"value": 12.5, "currency": "EUR"}
        return {
            "order_id": order_id,
            "order_number": order_id,
            "order_details": {
                "integration": {"id": self.integration_id},
                "status": {"code": "unshipped", "message": "Unshipped"},
                "order_created_at": "2026-11-20T08:00:00Z",
                "order_updated_at": "2026-11-21T08:00:00Z",
                "order_items": [{"item_id": "11", "name": "Kerze", "quantity": 2, "total_price": price}],
                **details,
            },
            "payment_details": {"total_price": price, "status": {"code": "paid", "message": "Paid"}},
            "shipping_address": {
                "name": "Erika Muster", "address_line_1": "Hauptweg", "house_number": "1", "postal_code": "10115",
                "city": "Berlin", "country_code": "DE",
            },
        }  # fmt: skip

    def store(self, *order_ids: str) -> None:
        upsert_orders(self.client, [self.order(order_id) for order_id in order_ids])
        self.world.clock.advance(STORED)

    def control(self, path: str, **document: Any) -> Any:
        body = json.dumps(document).encode() if document else b""
        method = "POST" if document else "GET"
        answer = self.world.sandbox.app.handle(Request(method, f"/control/sendcloud{path}", "", {}, body))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def hold(self) -> set[str]:
        """Hold what was asked to Sendcloud's documents; the operations that there were."""
        found = set()
        for call in self.world.transport.calls:
            path, _, query = call.url.raw_path.decode().partition("?")
            found.add(check_request(call.method, path, query, call.content))
        return found


@contextmanager
def at_sendcloud(folder: Path, *faults: str, quota: str = "real") -> Iterator[AtSendcloud]:
    world = store_on_sandbox(folder, orders=1, quota=quota, faults=faults, destination="sendcloud")
    store = world.deps.load_config().stores[SLUG]
    with world.deps.sendcloud(SLUG, store, timedelta(minutes=10)) as client:
        assert store.sendcloud_integration_id
        yield AtSendcloud(client, world, store.sendcloud_integration_id)


def test_the_keys_are_of_an_api_integration_of_the_account(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        keys = who_am_i(here.client)
        own = next(each for each in list_integrations(here.client) if each.id == keys.integration_id)
        assert (keys.integration_id, own.type) == (here.integration_id, "api")
        here.hold()


def test_with_the_switch_on_everything_goes_by_oauth(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        here.control(f"/integrations/{here.integration_id}", oauth=True)
        assert who_am_i(here.client).integration_id == here.integration_id
        here.store("302-0000000-0000001")
        assert find_order(here.client, here.integration_id, "302-0000000-0000001")
        assert here.client.uses_oauth
        assert here.client.calls["sendcloud/OAuth2TokenExchange"] == 1
        here.hold()


def test_orders_are_stored_once_found_and_taken_away(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        ids = [f"302-0000000-{number:07}" for number in range(100)]
        here.store(*ids)
        here.store(*ids)
        found = find_orders(here.client, here.integration_id, ids)
        assert sorted(found) == ids
        assert here.control("")["orders_stored"] == 100
        one = found[ids[0]]
        assert one.updated_at is not None
        assert one.updated_at.isoformat() == "2026-11-21T08:00:00+00:00"
        assert delete_order(here.client, one.id)
        assert not delete_order(here.client, one.id)
        assert find_order(here.client, here.integration_id, ids[0]) is None
        here.hold()


def test_that_an_order_is_accepted_is_no_proof_that_it_is_there(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        upsert_orders(here.client, [here.order("302-0000000-0000001")])
        assert find_order(here.client, here.integration_id, "302-0000000-0000001") is None
        here.world.clock.advance(STORED)
        assert find_order(here.client, here.integration_id, "302-0000000-0000001")


def test_a_refused_batch_stores_nothing_and_points_at_what_is_wrong(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        wrong = here.order("302-0000000-0000002", status={"message": "no code"})
        with pytest.raises(BatchRefused) as caught:
            upsert_orders(here.client, [here.order("302-0000000-0000001"), wrong])
        assert list(caught.value.refusals) == [1]
        assert caught.value.refusals[1][0].pointer == "order_details/status/code"
        here.world.clock.advance(STORED)
        assert find_orders(here.client, here.integration_id, ["302-0000000-0000001"]) == {}


def test_an_integration_of_somebody_else_is_named(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        strange = here.order("302-0000000-0000001", integration={"id": here.integration_id + 1})
        with pytest.raises(Problem, match="sendcloud-integration-missing"):
            upsert_orders(here.client, [strange])
        with pytest.raises(Problem, match="sendcloud-integration-missing"):
            find_order(here.client, 4711, "302-0000000-0000001")


def test_parcels_are_followed_from_their_label_to_the_door(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        here.store("302-0000000-0000001", "302-0000000-0000002")
        before = here.world.clock.now() - timedelta(minutes=1)
        here.control("/parcels", action="announce", orders=["302-0000000-0000001"], split=2)
        here.control("/strangers", add=3)
        shipments = list(changed_shipments(here.client, here.integration_id, before))
        assert {each.order_number for each in shipments} == {"302-0000000-0000001"}
        parcels = [parcel for shipment in shipments for parcel in shipment.parcels]
        assert len(parcels) == 2
        assert {parcel.status_code for parcel in parcels} == {"READY_TO_SEND"}
        assert all(parcel.tracking_number and parcel.announced_at and parcel.updated_at for parcel in parcels)
        assert sum(item.quantity for parcel in parcels for item in parcel.items if item.item_id == "11") == 2
        assert all(each.carrier_code and each.shipping_option_code for each in shipments)

        here.world.clock.advance(60)
        here.control("/parcels", action="scan", parcels=[parcels[0].id])
        changed = list(changed_shipments(here.client, here.integration_id, before + timedelta(seconds=90)))
        statuses = {parcel.id: parcel.status_code for each in changed for parcel in each.parcels}
        assert statuses[parcels[0].id] == "TO_SORTING"

        again = list(shipments_of_parcels(here.client, [parcel.id for parcel in parcels]))
        assert {parcel.id for each in again for parcel in each.parcels} == {parcel.id for parcel in parcels}
        own = shipments_of_order(here.client, here.integration_id, "302-0000000-0000001")
        assert {each.id for each in own} == {each.id for each in shipments}
        assert shipments_of_order(here.client, here.integration_id, "302-0000000-0000002") == []
        here.hold()


def test_hundreds_of_parcels_come_in_pages_each_once(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        ids = [f"302-0000000-{number:07}" for number in range(250)]
        for start in range(0, len(ids), 100):
            here.store(*ids[start : start + 100])
        since = here.world.clock.now() - timedelta(minutes=1)
        here.control("/parcels", action="announce", orders=ids)
        numbers = [each.order_number for each in changed_shipments(here.client, here.integration_id, since)]
        assert sorted(map(str, numbers)) == ids
        assert here.client.calls["sendcloud/all_shipments"] == 3
        here.hold()


def test_published_rates_are_never_passed(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path) as here:
        here.store("302-0000000-0000001")
        for _ in range(205):
            delete_order(here.client, "1")
        for _ in range(1005):
            find_order(here.client, here.integration_id, "302-0000000-0000001")
        # One that was turned away would have been made again, and counted.
        assert here.client.calls["sendcloud/delete_order"] == 205
        assert here.client.calls["sendcloud/list_orders"] == 1005


FAULTS = {
    "sendcloud-credentials": "sendcloud-credentials",
    "sendcloud-throttled": "sendcloud-throttled",
    "sendcloud-forbidden": "sendcloud-forbidden",
    "sendcloud-not-found": "sendcloud-integration-missing",
    "sendcloud-broken": "service-unavailable",
    "sendcloud-hang": "timeout",
    "sendcloud-html": "proxy-interferes",
    "sendcloud-malformed": "response-malformed",
}
PASSING = (
    "sendcloud-oauth-only", "sendcloud-throttled-once", "sendcloud-broken-once", "sendcloud-busy-once",
    "sendcloud-lost-answer",
)  # fmt: skip


@pytest.mark.parametrize(("fault", "name"), FAULTS.items())
def test_every_fault_has_its_name_in_whatever_is_read(tmp_path: Path, fault: str, name: str) -> None:
    with at_sendcloud(tmp_path, fault) as here:
        with pytest.raises(Problem) as caught:
            find_order(here.client, here.integration_id, "302-0000000-0000001")
        assert caught.value.name.value == name
        with pytest.raises(Problem) as caught:
            list(changed_shipments(here.client, here.integration_id, here.world.clock.now()))
        assert caught.value.name.value == name
        assert caught.value.facts["store"] == SLUG


@pytest.mark.parametrize(("fault", "name"), [*FAULTS.items(), ("sendcloud-busy", "sendcloud-busy")])
def test_every_fault_has_its_name_in_what_is_sent(tmp_path: Path, fault: str, name: str) -> None:
    with at_sendcloud(tmp_path, fault) as here:
        if fault == "sendcloud-malformed":  # a success is one, whatever it says: only reading back proves anything
            here.store("302-0000000-0000001")
            return
        with pytest.raises(Problem) as caught:
            here.store("302-0000000-0000001")
        assert caught.value.name.value == name


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_stops_nothing_and_doubles_nothing(tmp_path: Path, fault: str) -> None:
    with at_sendcloud(tmp_path, fault) as here:
        here.store("302-0000000-0000001")
        assert find_order(here.client, here.integration_id, "302-0000000-0000001")
        assert here.control("")["orders_stored"] == 1


def test_a_conflict_refuses_every_order_of_the_batch(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path, "sendcloud-conflict") as here, pytest.raises(BatchRefused) as caught:
        here.store("302-0000000-0000001", "302-0000000-0000002")
    assert sorted(caught.value.refusals) == [0, 1]
    assert not caught.value.pinned


def test_one_order_that_is_refused_is_picked_out_and_the_rest_goes(tmp_path: Path) -> None:
    with at_sendcloud(tmp_path, "sendcloud-refuses-one") as here:
        ids = [f"302-0000000-{number:07}" for number in range(5)]
        with pytest.raises(BatchRefused) as caught:
            here.store(*ids)
        good = [order_id for number, order_id in enumerate(ids) if number not in caught.value.refusals]
        assert len(good) == 4
        here.store(*good)
        assert sorted(find_orders(here.client, here.integration_id, ids)) == good
