"""The Sellers API: where the seller participates, and what the account is."""

from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY, Marketplace
from amzlink.sandbox.account import CLOSED_COUNTRY, HOME
from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.refusals import denied
from amzlink.sandbox.world import World

# Amazon lists shops outside Amazon as marketplaces of their own, beside the real ones.
_NON_AMAZON: Final = {
    "id": "A38D8NSA03LJTC",
    "name": "Non-Amazon DE",
    "countryCode": "DE",
    "defaultCurrencyCode": "EUR",
    "defaultLanguageCode": "de_DE",
    "domainName": "siprod.stores.amazon.de",
}


def get_participations(world: World, _arguments: Arguments) -> Response:
    """All marketplaces of the account, those without a shop too."""
    return json_response(200, {"payload": _participations(world)})


def get_account(world: World, _arguments: Arguments) -> Response:
    """The account's plan and business, which Amazon tells to sellers of Europe alone."""
    if world.region != HOME:
        return denied()
    account = {
        "marketplaceParticipationList": _participations(world),
        "businessType": "PRIVATE_LIMITED",
        "sellingPlan": "PROFESSIONAL",
        "business": {
            "name": f"{world.account.store_name} GmbH",
            "registeredBusinessAddress": {
                "addressLine1": "Speicherweg 3",
                "city": "Kassel",
                "postalCode": "34117",
                "countryCode": "DE",
            },
        },
    }
    return json_response(200, {"payload": account})


def _participations(world: World) -> list[Json]:
    store = world.account.store_name
    entries = [_entry(_describe(marketplace), store) for marketplace in world.marketplaces]
    if world.region != HOME:
        return entries
    closed = _entry(_describe(BY_COUNTRY[CLOSED_COUNTRY]), store)
    closed["participation"]["isParticipating"] = False
    return [*entries, closed, _entry(dict(_NON_AMAZON), store)]


def _entry(marketplace: Json, store: str) -> Json:
    return {
        "marketplace": marketplace,
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
        "storeName": store,
    }


def _describe(marketplace: Marketplace) -> Json:
    return {
        "id": marketplace.id,
        "name": marketplace.shop.capitalize(),
        "countryCode": marketplace.country,
        "defaultCurrencyCode": marketplace.currency,
        "defaultLanguageCode": marketplace.locale,
        "domainName": f"www.{marketplace.shop}",
    }
