"""Writes a planned order out in full, as Amazon would tell it with every dataset asked for.

The whole order is written whatever its status; `order` leaves out what Amazon does not tell yet, or no longer.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.catalogue import Catalogue
from amzlink.sandbox.clock import iso
from amzlink.sandbox.items import add_up, make_item
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Plan, Story, Trait, make_order_id
from amzlink.sandbox.packages import make_packages
from amzlink.sandbox.places import Place
from amzlink.sandbox.recipients import draw_place, make_buyer, make_recipient

_ORDER_PROGRAMS: Final = {
    Trait.PRIME: "PRIME",
    Trait.BUSINESS: "AMAZON_BUSINESS",
    Trait.SHIP_PLUS: "FBM_SHIP_PLUS",
    Trait.EASY_SHIP: "AMAZON_EASY_SHIP",
    Trait.DELIVERY_BY_AMAZON: "DELIVERY_BY_AMAZON",
    Trait.STORE_PICKUP: "IN_STORE_PICK_UP",
    Trait.PREORDER: "PREORDER",
}
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


def write_order(plan: Plan, catalogue: Catalogue) -> Json:
    """The order with all its datasets."""
    rng = Random(f"{plan.seed}/{plan.number}/body")
    place = draw_place(rng, plan)
    buyer = make_buyer(rng, plan, place)
    items = [
        make_item(rng, plan, product, at) for at, product in enumerate(catalogue.draw(rng, _line_count(rng, plan)))
    ]
    proceeds = add_up(items)
    body: Json = {
        "orderId": plan.order_id,
        "createdTime": iso(plan.created),
        "lastUpdatedTime": iso(plan.updated),
        "salesChannel": _sales_channel(plan),
        "buyer": buyer,
        "recipient": make_recipient(rng, plan, place, buyer),
        "proceeds": proceeds,
        "payment": {"paymentExecutions": [_payment(plan, proceeds["grandTotal"])]},
        "fulfillment": _fulfillment(rng, plan),
        "orderItems": items,
    }
    body |= _rarer_parts(rng, plan, place, buyer)
    packages = make_packages(rng, plan, items)
    if packages:
        body["packages"] = packages
    return body


def _line_count(rng: Random, plan: Plan) -> int:
    return rng.choice((2, 2, 2, 3, 3, 5)) if Trait.SEVERAL_LINES in plan.traits else 1


def _sales_channel(plan: Plan) -> Json:
    if plan.story is Story.UNFULFILLABLE:
        # Only orders from elsewhere that Amazon's warehouses are to send can end like this.
        return {"channelName": "NON_AMAZON", "marketplaceId": BY_COUNTRY[plan.country].id}
    marketplace = BY_COUNTRY[plan.country]
    return {
        "channelName": "AMAZON",
        "marketplaceId": marketplace.id,
        "marketplaceName": marketplace.shop.capitalize(),
    }


def _payment(plan: Plan, total: Json) -> Json:
    return {"paymentMethod": "Invoice" if Trait.BUSINESS in plan.traits else "CreditCard", "paymentAmount": total}


def _rarer_parts(rng: Random, plan: Plan, place: Place, buyer: Json) -> Json:
    parts: Json = {}
    programs = [name for trait, name in _ORDER_PROGRAMS.items() if trait in plan.traits]
    if programs:
        parts["programs"] = programs
    if Trait.REPLACEMENT in plan.traits:
        original = make_order_id(rng, plan.country)
        parts["associatedOrders"] = [{"orderId": original, "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    if rng.random() < 0.03:
        parts["orderAliases"] = [{"aliasId": f"WEB-{plan.number:06d}", "aliasType": "SELLER_ORDER_ID"}]
    if Trait.BUSINESS in plan.traits:
        parts["tax"] = {"taxRegistrations": [_tax_registration(rng, place, buyer)]}
    if Trait.EASY_SHIP in plan.traits:
        parts["fulfillmentOrders"] = [{"fulfillmentOrderId": f"{rng.randrange(10**12):012d}"}]
    return parts


def _tax_registration(rng: Random, place: Place, buyer: Json) -> Json:
    return {
        "entityType": "BUYER",
        "legalName": buyer["buyerCompanyName"],
        "taxRegistrationType": "VAT",
        "taxRegistrationNumber": f"{place.vat_prefix}{rng.randrange(10**9):09d}",
    }


def _fulfillment(rng: Random, plan: Plan) -> Json:
    level = _service_level(rng, plan)
    handling = 1 if level in {"NEXT_DAY", "SECOND_DAY", "EXPEDITED"} else rng.choice((1, 2, 2, 3))
    # Amazon's windows end at midnight where the marketplace is, which in winter is an hour before UTC's.
    ship_latest = plan.created.replace(hour=23, minute=0, second=0) + handling * _DAY - _SECOND
    transit = {"NEXT_DAY": 1, "SECOND_DAY": 2, "EXPEDITED": 2}.get(level, rng.choice((3, 4, 5)))
    fulfillment = {
        "fulfillmentStatus": plan.story.value,
        "fulfilledBy": "AMAZON" if Trait.AMAZON_FULFILLED in plan.traits else "MERCHANT",
        "fulfillmentServiceLevel": level,
        "shipByWindow": _window(plan.created, ship_latest),
        "deliverByWindow": _window(ship_latest + _SECOND, ship_latest + transit * _DAY),
    }
    if Trait.LABEL_LATER in plan.traits:
        opens = plan.now + timedelta(hours=rng.randrange(20, 90))
        fulfillment["labelPrintingWindow"] = {"earliestDateTime": iso(opens)}
    return fulfillment


def _service_level(rng: Random, plan: Plan) -> str:
    if Trait.PRIME in plan.traits:
        return rng.choice(("NEXT_DAY", "SECOND_DAY"))
    if Trait.DELIVERY_BY_AMAZON in plan.traits:
        return "SCHEDULED"
    return rng.choices(("STANDARD", "EXPEDITED", "FREE_ECONOMY", "PRIORITY"), weights=(78, 12, 8, 2))[0]


def _window(earliest: datetime, latest: datetime) -> Json:
    return {"earliestDateTime": iso(earliest), "latestDateTime": iso(latest)}
