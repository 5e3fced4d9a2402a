"""Who bought and where it goes: the `buyer` and `recipient` of an order."""

from random import Random

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Plan, Trait
from amzlink.sandbox.places import (
    DELIVERED_TO,
    DROP_OFF_PLACES,
    EMOJI_NAMES,
    LONG_NAMES,
    RIGHT_TO_LEFT_NAMES,
    Place,
)

_EMAIL_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def draw_place(rng: Random, plan: Plan) -> Place:
    """Where the order is delivered to: the marketplace's own country, now and then a neighbour."""
    places = DELIVERED_TO[plan.country]
    return places[-1] if rng.random() < 0.08 else places[0]


def make_buyer(rng: Random, plan: Plan, place: Place) -> Json:
    """The `buyer`; its address is the relay that Amazon puts between buyer and seller."""
    relay = "".join(rng.choices(_EMAIL_ALPHABET, k=15))
    buyer = {
        "buyerName": _draw_name(rng, plan, place),
        "buyerEmail": f"{relay}@marketplace.{BY_COUNTRY[plan.country].shop}",
    }
    if Trait.BUSINESS in plan.traits:
        buyer["buyerCompanyName"] = rng.choice(place.companies)
        buyer["buyerPurchaseOrderNumber"] = f"PO-{rng.randrange(2024, 2027)}/{rng.randrange(10**5):05d}"
    return buyer


def make_recipient(rng: Random, plan: Plan, place: Place, buyer: Json) -> Json:
    """The `recipient`: mostly the buyer, sometimes somebody else; bare where Amazon tells the town alone."""
    address = _make_address(rng, plan, place, buyer)
    if plan.traits & {Trait.BARE_RECIPIENT, Trait.AMAZON_FULFILLED}:
        return {"deliveryAddress": reduce_address(address)}
    recipient: Json = {"deliveryAddress": address}
    if Trait.DELIVERY_WISHES in plan.traits:
        recipient["deliveryPreference"] = _make_preference(rng, place)
    return recipient


def reduce_address(address: Json) -> Json:
    """What is left of an address for an app without the restricted role."""
    return {key: address[key] for key in ("city", "stateOrRegion", "countryCode") if key in address}


def _draw_name(rng: Random, plan: Plan, place: Place) -> str:
    name = f"{rng.choice(place.first_names)} {rng.choice(place.last_names)}"
    if Trait.EMOJI_NAME in plan.traits:
        return rng.choice(EMOJI_NAMES)
    if Trait.RIGHT_TO_LEFT_NAME in plan.traits:
        return rng.choice(RIGHT_TO_LEFT_NAMES)
    return rng.choice(LONG_NAMES) if Trait.LONG_NAME in plan.traits else name


def _make_address(rng: Random, plan: Plan, place: Place, buyer: Json) -> Json:
    city = rng.choice(place.cities)
    street = rng.choice(place.street_names)
    number = f"{rng.randrange(1, 190)}{rng.choice(('', '', '', ' bis' if place.language == 'fr' else 'a'))}"
    name = buyer["buyerName"] if rng.random() < 0.8 or _named_on_purpose(plan) else _draw_name(rng, plan, place)
    address: Json = {"name": name}
    if Trait.BUSINESS in plan.traits:
        address["companyName"] = buyer["buyerCompanyName"]
    address |= _make_lines(rng, plan, place, place.street.format(name=street, number=number))
    address["city"] = city.name
    if city.region:
        address["stateOrRegion"] = city.region
    address |= {"postalCode": city.postal_code, "countryCode": place.country}
    if rng.random() < 0.85:
        address["phone"] = place.phone.format(digits=rng.randrange(1000))
    if Trait.EXTENDED_ADDRESS in plan.traits:
        address["extendedFields"] = {
            "streetName": street,
            "streetNumber": number,
            "complement": "2",
            "neighborhood": "Altstadt",
        }
    address["addressType"] = _address_type(plan)
    return address


def _make_lines(rng: Random, plan: Plan, place: Place, street: str) -> Json:
    if Trait.PICKUP_POINT in plan.traits:
        return {
            "addressLine1": place.pickup_point.format(digits=rng.randrange(100, 999)),
            "addressLine2": str(rng.randrange(10**7, 10**9)),
            "addressLine3": street,
        }
    # German buyers often type their company or "c/o" into the first line, and the street then stands in the second.
    if place.language == "de" and rng.random() < 0.1:
        return {"addressLine1": f"c/o {rng.choice(place.last_names)}", "addressLine2": street}
    if rng.random() < 0.15:
        return {"addressLine1": street, "addressLine2": rng.choice(("2. OG links", "Bât. C", "App. 14", "3 hoog"))}
    return {"addressLine1": street}


def _named_on_purpose(plan: Plan) -> bool:
    return bool(plan.traits & {Trait.EMOJI_NAME, Trait.RIGHT_TO_LEFT_NAME, Trait.LONG_NAME})


def _address_type(plan: Plan) -> str:
    if Trait.PICKUP_POINT in plan.traits:
        return "PICKUP_POINT"
    return "COMMERCIAL" if plan.traits & {Trait.BUSINESS, Trait.STORE_PICKUP} else "RESIDENTIAL"


def _make_preference(rng: Random, place: Place) -> Json:
    opening = {"startTime": {"hour": 9, "minute": 0}, "endTime": {"hour": 17, "minute": 30}}
    return {
        "dropOffLocation": DROP_OFF_PLACES[place.language],
        "addressInstruction": f"2 × {rng.choice(place.last_names)}",
        "deliveryTime": {
            "businessHours": [{"dayOfWeek": day, "timeWindows": [opening]} for day in ("MON", "WED", "FRI")]
        },
        "deliveryCapabilities": ["HAS_ACCESS_POINT"],
    }
