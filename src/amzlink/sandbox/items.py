"""The lines of an order: product, price, what has been sent of it, and the sums over all lines."""

from random import Random
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Plan, Story, Trait
from amzlink.sandbox.places import GIFT_MESSAGES
from amzlink.sandbox.products import Product

# Products have titles in four languages; elsewhere a shop shows those of a neighbour.
_LANGUAGES: Final = {
    "DE": "de", "FR": "fr", "NL": "nl", "PL": "pl", "ES": "fr", "SE": "de", "BE": "nl", "GB": "de", "IT": "fr",
    "US": "de",
}  # fmt: skip
_PER_EURO: Final = {"PLN": 4.3, "SEK": 11.2, "GBP": 0.86, "USD": 1.08}
_BUSINESS_DISCOUNT: Final = 0.95
_TAX_RATE: Final = 0.19


def make_item(rng: Random, plan: Plan, product: Product, at: int) -> Json:
    """The order line at that place (0 is the first)."""
    quantity = rng.choice((2, 2, 3, 4, 12)) if Trait.SEVERAL_UNITS in plan.traits and at == 0 else 1
    unit_cents = _unit_cents(plan, product)
    item: Json = {
        "orderItemId": f"{rng.randrange(10**13, 10**14)}",
        "quantityOrdered": quantity,
        "product": _product(rng, plan, product, unit_cents),
        "proceeds": _proceeds(rng, plan, unit_cents * quantity),
        "fulfillment": _fulfillment(rng, plan, quantity, at),
    }
    programs = [name for trait, name in _ITEM_PROGRAMS.items() if trait in plan.traits and at == 0]
    if programs:
        item["programs"] = programs
    if any(part["type"] == "DISCOUNT" for part in item["proceeds"]["breakdowns"]):
        item["promotion"] = {"breakdowns": [{"promotionId": f"SAVE{rng.randrange(5, 25)}-{rng.randrange(10**6):06d}"}]}
    cancellation = _cancellation(rng, plan)
    if cancellation:
        item["cancellation"] = cancellation
    if Trait.IOSS in plan.traits:
        item["tax"] = {
            "taxCalculationBreakdowns": [{"reportingScheme": "IOSS"}],
            "taxCollections": [
                {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services Europe S.a.r.L."}
            ],
        }
    return item


def add_up(items: list[Json]) -> Json:
    """The order's `proceeds`: the lines' sums by type, and their total."""
    currency = items[0]["proceeds"]["proceedsTotal"]["currencyCode"]
    sums: dict[str, int] = {}
    for item in items:
        for part in item["proceeds"]["breakdowns"]:
            sums[part["type"]] = sums.get(part["type"], 0) + _cents(part["subtotal"])
    return {
        "grandTotal": _money(sum(sums.values()), currency),
        "breakdowns": [{"type": kind, "subtotal": _money(cents, currency)} for kind, cents in sums.items()],
    }


_ITEM_PROGRAMS: Final = {Trait.TRANSPARENCY: "TRANSPARENCY", Trait.SUBSCRIBED: "SUBSCRIBE_AND_SAVE"}


def _unit_cents(plan: Plan, product: Product) -> int:
    if Trait.REPLACEMENT in plan.traits:
        return 0
    cents = product.price_cents
    if Trait.BUSINESS in plan.traits:
        cents = round(cents * _BUSINESS_DISCOUNT)
    return round(cents * _PER_EURO.get(BY_COUNTRY[plan.country].currency, 1))


def _product(rng: Random, plan: Plan, product: Product, unit_cents: int) -> Json:
    used = rng.random() < 0.02
    price: Json = {"unitPrice": _money(unit_cents, BY_COUNTRY[plan.country].currency)}
    if Trait.BUSINESS in plan.traits:
        price["priceDesignation"] = "BUSINESS_PRICE"
    told: Json = {
        "asin": product.asin,
        "title": product.titles[_LANGUAGES[plan.country]],
        "sellerSku": product.sku,
        "condition": {
            "conditionType": "USED" if used else "NEW",
            "conditionSubtype": "VERY_GOOD" if used else "NEW",
            "conditionNote": "",
        },
        "price": price,
    }
    if Trait.CUSTOMISED in plan.traits:
        told["customization"] = {"customizedUrl": f"https://zme-caps.amazon.com/t/{rng.getrandbits(60):x}/custom.zip"}
    return told


def _proceeds(rng: Random, plan: Plan, cents: int) -> Json:
    currency = BY_COUNTRY[plan.country].currency
    parts = {"ITEM": cents}
    if cents and rng.random() < 0.25:
        parts["SHIPPING"] = 499
    if Trait.GIFT in plan.traits:
        parts["GIFT_WRAP"] = 299
    if cents and rng.random() < 0.08:
        parts["DISCOUNT"] = -round(cents * 0.1)
    return {
        "proceedsTotal": _money(sum(parts.values()), currency),
        "breakdowns": [{"type": kind, "subtotal": _money(value, currency)} for kind, value in parts.items()],
    }


def _fulfillment(rng: Random, plan: Plan, quantity: int, at: int) -> Json:
    fulfilled = _units_sent(plan, quantity, at)
    fulfillment: Json = {
        "quantityFulfilled": fulfilled,
        "quantityUnfulfilled": 0 if plan.story is Story.CANCELLED else quantity - fulfilled,
    }
    if Trait.GIFT in plan.traits:
        gift = {"giftMessage": GIFT_MESSAGES[_LANGUAGES[plan.country]], "giftWrapLevel": "STANDARD"}
        fulfillment["packing"] = {"giftOption": gift}
    shipping: Json = {}
    if Trait.CONSTRAINED in plan.traits:
        shipping["shippingConstraints"] = {
            "signatureConfirmation": "MANDATORY",
            "recipientAgeVerification": "MANDATORY",
        }
    if Trait.IOSS in plan.traits:
        shipping["internationalShipping"] = {"iossNumber": f"IM276{rng.randrange(10**7):07d}"}
    if shipping:
        fulfillment["shipping"] = shipping
    return fulfillment


def tell_taxes(body: Json) -> None:
    """Breaks an order's proceeds down as far as Amazon's model goes, without altering what is paid.

    There is shipping, gift wrap and a discount on the first line; everywhere the tax that was included stands apart,
    and is told for each part, and who pays it on.
    """
    for at, item in enumerate(body["orderItems"]):
        proceeds = item["proceeds"]
        currency = proceeds["proceedsTotal"]["currencyCode"]
        parts = {part["type"]: _cents(part["subtotal"]) for part in proceeds["breakdowns"]}
        if at == 0:
            parts = {"SHIPPING": 499, "GIFT_WRAP": 299, "DISCOUNT": -100} | parts
        item["proceeds"] = _break_down(parts, currency)
        item["tax"] = {
            "taxCalculationBreakdowns": [{"reportingScheme": "UOSS"}],
            "taxCollections": [
                {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services Europe S.a.r.L."}
            ],
        }
    body["proceeds"] = add_up(body["orderItems"])
    for payment in body["payment"]["paymentExecutions"]:
        payment["paymentAmount"] = body["proceeds"]["grandTotal"]


def _break_down(gross: dict[str, int], currency: str) -> Json:
    """A line's proceeds with its tax apart; `gross` has the parts in cents, tax included."""
    taxes = {kind: cents - round(cents / (1 + _TAX_RATE)) for kind, cents in gross.items()}
    breakdowns: list[Json] = [
        {"type": kind, "subtotal": _money(cents - taxes[kind], currency)} for kind, cents in gross.items()
    ]
    for part in breakdowns:
        if part["type"] == "DISCOUNT":
            part["detailedBreakdowns"] = [{"subtype": "ITEM", "value": part["subtotal"]}]
    details = [{"subtype": kind, "value": _money(cents, currency)} for kind, cents in taxes.items()]
    breakdowns.append({"type": "TAX", "subtotal": _money(sum(taxes.values()), currency), "detailedBreakdowns": details})
    return {"proceedsTotal": _money(sum(gross.values()), currency), "breakdowns": breakdowns}


def _units_sent(plan: Plan, quantity: int, at: int) -> int:
    if plan.story is Story.SHIPPED:
        return quantity
    # Of a partly shipped order the first line is on its way.
    return quantity if plan.story is Story.PARTIALLY_SHIPPED and at == 0 else 0


def _cancellation(rng: Random, plan: Plan) -> Json:
    if Trait.CANCELLATION_REQUESTED in plan.traits:
        return {"cancellationRequest": {"requester": "BUYER", "cancelReason": "Ordered by mistake"}}
    if plan.story is not Story.CANCELLED:
        return {}
    # All lines of an order end alike, so the choice hangs on the order and not on the line's random numbers.
    by, reason = (("BUYER", "No longer needed"), ("MERCHANT", "Out of stock"), ("AMAZON", "Payment failed"))[
        plan.number % 3
    ]
    cancellation: Json = {"cancellationExecution": {"cancelledBy": by, "cancelReason": reason}}
    if by == "BUYER" and rng.random() < 0.5:
        cancellation["cancellationRequest"] = {"requester": "BUYER", "cancelReason": reason}
    return cancellation


def _money(cents: int, currency: str) -> Json:
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return {"amount": f"{sign}{cents // 100}.{cents % 100:02d}", "currencyCode": currency}


def _cents(money: Json) -> int:
    return int(money["amount"].replace(".", ""))
