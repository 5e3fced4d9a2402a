"""Answers that are not what they should be: each function takes Amazon's answer and puts a fault into it."""

import zlib
from collections.abc import Callable

from amzlink.sandbox.incomplete_orders import USUAL, withhold
from amzlink.sandbox.messages import Json, Response, html_response
from amzlink.sandbox.recipients import reduce_address

Distortion = Callable[[Response], Response]


def empty_body(answer: Response) -> Response:
    """A success that says nothing."""
    return Response(answer.status, answer.headers)


def truncated_body(answer: Response) -> Response:
    """A success that breaks off halfway."""
    return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def proxy_page(status: int = 200) -> Response:
    """What a captive portal or a company's proxy puts in place of any answer."""
    return html_response(
        status, "<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>"
    )


def proxy_redirect() -> Response:
    """The way of a guest network that leads to its page of conditions. The address is one that exists nowhere."""
    return proxy_page(302).with_headers({"Location": "http://portal.invalid/sign-in"})


def proxy_log_in() -> Response:
    """What a company's proxy says to who has not given name and password."""
    return proxy_page(407).with_headers({"Proxy-Authenticate": 'Basic realm="proxy"'})


def repeat_an_order(answer: Response) -> Response:
    """The page's first order comes once more at its end."""

    def change(document: Json) -> None:
        document["orders"] += document["orders"][:1]

    return change_json(answer, change)


def no_orders(answer: Response) -> Response:
    """A search that finds nothing."""

    def change(document: Json) -> None:
        document["orders"] = []
        document.pop("pagination", None)

    return change_json(answer, change)


def all_pending(answer: Response) -> Response:
    """Orders of which none is paid for yet: no address, no totals."""

    def change(document: Json) -> None:
        for order in _orders_of(document):
            for part in ("buyer", "recipient", "proceeds", "payment", "tax", "packages"):
                order.pop(part, None)
            if "fulfillment" in order:
                order["fulfillment"]["fulfillmentStatus"] = "PENDING"

    return change_json(answer, change)


def all_by_amazon(answer: Response) -> Response:
    """Orders that Amazon's own warehouses send; what the merchant needs not know of them is left out."""

    def change(document: Json) -> None:
        for order in _orders_of(document):
            for part in ("buyer", "recipient", "packages"):
                order.pop(part, None)
            if "fulfillment" in order:
                order["fulfillment"]["fulfilledBy"] = "AMAZON"

    return change_json(answer, change)


def drop_personal_data(answer: Response) -> Response:
    """What an app without the restricted role is told: a success with less in it."""

    def change(document: Json) -> None:
        for order in _orders_of(document):
            order.pop("buyer", None)
            order.pop("tax", None)
            if "recipient" in order:
                order["recipient"] = {"deliveryAddress": reduce_address(order["recipient"]["deliveryAddress"])}
            for item in order["orderItems"]:
                item.get("fulfillment", {}).get("packing", {}).get("giftOption", {}).pop("giftMessage", None)
                item["product"].pop("customization", None)

    return change_json(answer, change)


def leave_out_parts(answer: Response) -> Response:
    """Three of twenty orders come without name, street and telephone number, as if these were still on their way."""

    def change(document: Json) -> None:
        told = [withhold(each, USUAL) if _lot(each, 20) < 3 else each for each in _orders_of(document)]
        document |= {"orders": told} if "orders" in document else {"order": told[0]}

    return change_json(answer, change)


def add_unknown_fields(answer: Response) -> Response:
    """Fields, programs and statuses of a future that has not been announced."""

    def change(document: Json) -> None:
        document["searchInsights"] = {"confidence": 0.93}
        for order in _orders_of(document):
            order["carbonFootprint"] = {"grams": 410, "method": None}
            order["programs"] = [*order.get("programs", []), "AMAZON_MOONSHOT"]
            for item in order["orderItems"]:
                item["programs"] = [*item.get("programs", []), "ITEM_MOONSHOT"]
                item["product"]["colorMood"] = ["calm"]
            if "fulfillment" in order and _lot(order, 4) == 0:
                order["fulfillment"]["fulfillmentStatus"] = "INVOICE_UNCONFIRMED"
                order["fulfillment"]["fulfillmentServiceLevel"] = "DRONE"

    return change_json(answer, change)


def damage_an_order(answer: Response) -> Response:
    """One order of the page lacks a field that is required, or has it in another type."""

    def change(document: Json) -> None:
        if not document["orders"]:
            return
        order = document["orders"][len(document["orders"]) // 2]
        match _lot(order, 3):
            case 0:
                del order["createdTime"]
            case 1:
                order["orderItems"] = {"count": len(order["orderItems"])}
            case _:
                order["orderItems"][0]["quantityOrdered"] = "two"

    return change_json(answer, change)


def repeat_token(token: str) -> Distortion:
    """A page that names the token it was asked with as the next one, and so without end."""

    def change(document: Json) -> None:
        document["pagination"] = {"nextToken": token}

    return lambda answer: change_json(answer, change)


def set_participation(name: str, marketplace_id: str | None, *, value: bool) -> Distortion:
    """Participations in which that flag of a marketplace (None: of all) has this value."""

    def change(document: Json) -> None:
        payload = document["payload"]
        entries = payload["marketplaceParticipationList"] if isinstance(payload, dict) else payload
        for entry in entries:
            if marketplace_id in {None, entry["marketplace"]["id"]}:
                entry["participation"][name] = value

    return lambda answer: change_json(answer, change)


def sells_only_in(marketplace_id: str) -> Distortion:
    """Participations in which one marketplace is the only one with a shop."""
    closed = set_participation("isParticipating", None, value=False)
    opened = set_participation("isParticipating", marketplace_id, value=True)
    return lambda answer: opened(closed(answer))


def individual_plan(answer: Response) -> Response:
    """An account without the Professional plan."""

    def change(document: Json) -> None:
        document["payload"]["sellingPlan"] = "INDIVIDUAL"

    return change_json(answer, change)


def change_json(answer: Response, change: Callable[[Json], None]) -> Response:
    """The same answer with its document altered in place."""
    document = answer.json()
    change(document)
    return answer.with_json(document)


def _orders_of(document: Json) -> list[Json]:
    orders: list[Json] = document["orders"] if "orders" in document else [document["order"]]
    return orders


def _lot(order: Json, ways: int) -> int:
    """Which of so many ways befalls the order; always the same for the same id."""
    return zlib.crc32(order["orderId"].encode()) % ways
