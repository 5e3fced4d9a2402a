"""Parcels of merchant-fulfilled orders."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Plan, Trait

_CARRIERS: Final = {
    "DE": (("DHL", "DHL Paket"), ("DPD", "Classic"), ("GLS", "BusinessParcel"), ("Hermes", "Hermes Paket")),
    "FR": (("Colissimo", "Domicile"), ("Chronopost", "Chrono 13"), ("Mondial Relay", "Standard")),
    "NL": (("PostNL", "Pakket"), ("DHL", "DFY"), ("DPD", "Classic")),
    "PL": (("InPost", "Kurier"), ("DPD", "Classic"), ("Polish Post", "Pocztex")),
    "ES": (("Correos", "Paq Premium"), ("Seur", "24")),
    "SE": (("PostNord", "MyPack"), ("DHL", "Paket")),
    "BE": (("BPOST", "bpack"), ("DPD", "Classic")),
    "GB": (("Royal Mail", "Tracked 48"), ("Yodel", "Xpress")),
    "IT": (("BRT", "Classic"), ("Poste Italiane", "Crono")),
    "US": (("USPS", "Ground Advantage"), ("UPS", "Ground")),
}
_WAREHOUSE: Final = {
    "name": "Kontor am Markt, Lager",
    "addressLine1": "Speicherweg 3",
    "city": "Kassel",
    "postalCode": "34117",
    "countryCode": "DE",
}


def make_packages(rng: Random, plan: Plan, items: list[Json]) -> list[Json]:
    """What has been sent of a planned order, by line; Amazon tells nothing of what its own warehouses send."""
    if plan.shipped is None or Trait.AMAZON_FULFILLED in plan.traits:
        return []
    sent = [
        {"orderItemId": item["orderItemId"], "quantity": item["fulfillment"]["quantityFulfilled"]}
        for item in items
        if item["fulfillment"]["quantityFulfilled"]
    ]
    # Several lines travel in two parcels half of the time.
    split = len(sent) // 2 if rng.random() < 0.5 else 0
    parcels = [part for part in (sent[:split], sent[split:]) if part]
    status = _status(rng, plan.now - plan.shipped)
    return [
        make_package(rng, plan.country, number, shipped=plan.shipped, status=status, contents=contents)
        for number, contents in enumerate(parcels, start=1)
    ]


def make_package(
    rng: Random, country: str, reference: int, *, shipped: datetime, status: Json, contents: list[Json]
) -> Json:
    """One parcel, handed to one of the country's carriers at `shipped`."""
    carrier, service = rng.choice(_CARRIERS[country])
    return {
        "packageReferenceId": str(reference),
        "createdTime": iso(shipped),
        "packageStatus": status,
        **tell_way(carrier, service, f"{rng.randrange(10**13, 10**14)}", shipped),
        "shipFromAddress": dict(_WAREHOUSE),
        "packageItems": contents,
    }


def make_confirmed_package(reference: str, way: Json, contents: list[Json], now: datetime) -> Json:
    """The parcel of a confirmation that came at `now`; `way` is what `tell_way` makes."""
    return {
        "packageReferenceId": reference,
        "createdTime": iso(now),
        "packageStatus": {"status": "SHIPPED"},
        **way,
        "shipFromAddress": dict(_WAREHOUSE),
        "packageItems": contents,
    }


def tell_way(carrier: str, service: str | None, tracking_number: str | None, shipped: datetime) -> Json:
    """How a parcel travels, in a package's fields; mail may have neither service nor number."""
    way = {
        "carrier": carrier,
        "shipTime": iso(shipped),
        "shippingService": service,
        "trackingNumber": tracking_number,
    }
    return {name: value for name, value in way.items() if value is not None}


def _status(rng: Random, age: timedelta) -> Json:
    """Most parcels arrive within four days; the detailed status is often missing, as it is with Amazon."""
    if age < timedelta(hours=12):
        status, details = "SHIPPED", ("PICKED_UP", "DROPPED_OFF")
    elif age < timedelta(days=rng.uniform(1, 4)):
        status, details = "IN_TRANSIT", ("OUT_FOR_DELIVERY", "PICKED_UP")
    elif rng.random() < 0.02:
        status, details = "UNDELIVERABLE", ("REJECTED_BY_BUYER", "RETURNING_TO_SELLER")
    else:
        status, details = "DELIVERED", ("DELIVERED", "DELIVERED")
    told = {"status": status}
    if rng.random() < 0.5:
        told["detailedStatus"] = rng.choice(details)
    return told
