"""The Shipments API: what has become of orders, parcel by parcel."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.ask import Ask
from amzlink.sandbox.sendcloud.errors import SendcloudError
from amzlink.sandbox.sendcloud.paging import newest_first, read_size
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.shipment_store import Parcel, Shipment
from amzlink.sandbox.sendcloud.statuses import STATUSES
from amzlink.sandbox.sendcloud.times import read_time, stamp

USUAL_SIZE: Final = 40
LARGEST_SIZE: Final = 100
MOST_IDS: Final = 100
_WAREHOUSE: Final = {
    "name": "Lager",
    "company_name": "Kontor am Markt",
    "address_line_1": "Speicherweg",
    "house_number": "3",
    "postal_code": "34117",
    "city": "Kassel",
    "country_code": "DE",
}
Test = Callable[[Shipment], bool]


def list_shipments(panel: Panel, ask: Ask) -> Response:
    """A page of shipments, of every integration unless one is named."""
    tests = _read_filters(ask)
    store = panel.shipments

    def matches(key: int) -> bool:
        return all(test(store[key]) for test in tests)

    size = read_size(ask.query.get("page_size"), USUAL_SIZE, LARGEST_SIZE)
    page = newest_first(_candidates(panel, ask), matches, ask.cursor(), size)
    answer = json_response(200, {"data": [render(store[key]) for key in page.ids]})
    return answer.with_headers(page.link(f"{ask.path.rstrip('/')}/", ask.query))


def get_shipment(panel: Panel, ask: Ask) -> Response:
    """One shipment."""
    found = panel.shipments.by_uuid({ask.variable})
    if not found:
        return errors.not_found("Not found")
    return json_response(200, {"data": render(panel.shipments[found[0]])})


def render(shipment: Shipment) -> Json:
    """The shipment as the API tells it. It does not say which integration it belongs to."""
    return {
        "id": shipment.uuid,
        "order_number": shipment.order_number,
        "reference": None,
        "external_reference_id": None,
        "total_order_price": shipment.total,
        "to_address": shipment.to_address,
        "from_address": _WAREHOUSE,
        "carrier": {"code": shipment.carrier.code, "name": shipment.carrier.name},
        "ship_with": {
            "type": "shipping_option_code",
            "properties": {"shipping_option_code": shipment.option, "contract_id": None},
        },
        "customs_information": None,
        "errors": _errors_of(shipment),
        "parcels": [_render_parcel(shipment, parcel) for parcel in shipment.parcels],
    }


def _render_parcel(shipment: Shipment, parcel: Parcel) -> Json:
    number = parcel.tracking_number
    tracking = f"https://tracking.sendcloud.example/forward?carrier={shipment.carrier.code}&code={number}"
    label = f"https://panel.sendcloud.sc/api/v3/parcels/{parcel.id}/documents/label"
    return {
        "id": parcel.id,
        "status": {"code": parcel.status, "message": STATUSES[parcel.status]},
        "tracking_number": number,
        "tracking_url": tracking if number else None,
        "announced_at": None if parcel.announced is None else stamp(parcel.announced),
        "created_at": stamp(parcel.created),
        "updated_at": stamp(parcel.updated),
        "weight": {"value": parcel.weight_kg, "unit": "kg"},
        "documents": [{"type": "label", "size": "a6", "link": label}] if parcel.announced else [],
        "additional_carrier_data": {"awb_tracking_number": None, "box_number": None},
        "label_notes": [],
        "package_type": "package",
        "parcel_items": parcel.items,
    }


def _errors_of(shipment: Shipment) -> list[Json]:
    failed = any(parcel.status == "ANNOUNCEMENT_FAILED" for parcel in shipment.parcels)
    error = {"status": "400", "code": "parcel_announcement_error", "detail": "The carrier refused the announcement."}
    return [error] if failed else []


def _candidates(panel: Panel, ask: Ask) -> Sequence[int]:
    """Ids, rising, of the shipments that the names in the query leave."""
    store, query = panel.shipments, ask.query
    found: list[Sequence[int]] = []
    if "ids" in query:
        found.append(store.by_parcels({_read_parcel_id(each) for each in _read_list(query["ids"], "ids")}))
    if "shipment_uuids" in query:
        found.append(store.by_uuid(set(_read_list(query["shipment_uuids"], "shipment_uuids"))))
    if "order_number" in query:
        found.append(store.by_number(query["order_number"]))
    if "tracking_number" in query:
        found.append(store.by_tracking(query["tracking_number"]))
    if not found:
        return store.ids
    return sorted(set(found[0]).intersection(*found[1:]))


def _read_filters(ask: Ask) -> list[Test]:
    tests: list[Test] = []
    query = ask.query
    if "integration_id" in query:
        tests.append(lambda shipment: str(shipment.integration_id) == query["integration_id"])
    if "external_reference_id" in query:
        tests.append(lambda _shipment: False)  # the sandbox makes no shipment with one
    if "parcel_status" in query:
        tests.append(lambda shipment: any(parcel.status == query["parcel_status"] for parcel in shipment.parcels))
    for name in ("updated", "announced"):
        after, before = (_read_moment(ask, f"{name}_{end}") for end in ("after", "before"))
        if after is not None or before is not None:
            tests.append(_test_times(name, after, before))
    return tests


def _test_times(name: str, after: datetime | None, before: datetime | None) -> Test:
    """Whether the shipment, or a parcel of it, has a moment between the two; both ends excluded."""

    def test(shipment: Shipment) -> bool:
        moments = [shipment.updated] if name == "updated" else [parcel.announced for parcel in shipment.parcels]
        return any(
            moment is not None and (after is None or moment > after) and (before is None or moment < before)
            for moment in moments
        )

    return test


def _read_moment(ask: Ask, name: str) -> datetime | None:
    if name not in ask.query:
        return None
    moment = read_time(ask.query[name])
    if moment is None:
        raise _wrong(f"Validation failed, {name} is not a datetime")
    return moment


def _read_list(text: str, name: str) -> list[str]:
    values = text.split(",")
    if len(values) > MOST_IDS:
        raise _wrong(f"Validation failed, {name} has more than {MOST_IDS} values")
    return values


def _read_parcel_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _wrong("Validation failed, ids is not a list of integers")
    return int(text)


def _wrong(detail: str) -> SendcloudError:
    return SendcloudError(
        errors.failure(400, "validation_error", detail, source={"pointer": "/list_shipments/filters"})
    )
