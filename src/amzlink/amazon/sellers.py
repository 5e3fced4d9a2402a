"""Sellers API v1: in which marketplaces the account sells, and on which plan.

In Europe and North America a 403 here proves nothing: the role that opens orders does not open this
(docs/services/amazon.md, "Roles").
"""

from typing import Final

import msgspec

from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import SpApiClient
from amzlink.http.bodies import UndecodableError, read_json
from amzlink.problems import services

GET_MARKETPLACE_PARTICIPATIONS: Final = Operation("getMarketplaceParticipations", 0.016, 15, "Product Listing")
GET_ACCOUNT: Final = Operation("getAccount", 0.016, 15, "Finance and Accounting")


class Participation(msgspec.Struct, frozen=True):
    """One marketplace of the account."""

    marketplace_id: str
    participating: bool
    listings_suspended: bool


class SellerAccount(msgspec.Struct, frozen=True):
    """What Amazon tells of the account itself. `selling_plan` is Amazon's word: PROFESSIONAL or INDIVIDUAL."""

    selling_plan: str
    participations: tuple[Participation, ...]


class _Marketplace(msgspec.Struct, frozen=True):
    id: str


class _Participation(msgspec.Struct, frozen=True, rename="camel"):
    is_participating: bool
    has_suspended_listings: bool = False


class _Entry(msgspec.Struct, frozen=True):
    marketplace: _Marketplace
    participation: _Participation


class _Answer(msgspec.Struct, frozen=True):
    payload: tuple[_Entry, ...] = ()


class _Account(msgspec.Struct, frozen=True, rename="camel"):
    selling_plan: str
    marketplace_participation_list: tuple[_Entry, ...] = ()


class _AccountAnswer(msgspec.Struct, frozen=True):
    payload: _Account | None = None


def get_marketplace_participations(link: SpApiClient) -> tuple[Participation, ...]:
    """The account's marketplaces, without those that are none of Amazon's shops.

    Source: docs/services/amazon.md, "Marketplaces and regions".

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    answer = link.get(GET_MARKETPLACE_PARTICIPATIONS, "/sellers/v1/marketplaceParticipations", {})
    try:
        entries = read_json(answer.body, _Answer).payload
    except UndecodableError as error:
        raise link.malformed(GET_MARKETPLACE_PARTICIPATIONS, answer.request_id, services.NO_MARKETPLACES) from error
    return _in_amazons_shops(entries)


def get_account(link: SpApiClient) -> SellerAccount:
    """The account's plan and marketplaces. Amazon answers this for sellers of Europe alone.

    Source: docs/services/amazon.md, "Roles".

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    answer = link.get(GET_ACCOUNT, "/sellers/v1/account", {})
    try:
        account = read_json(answer.body, _AccountAnswer).payload
    except UndecodableError as error:
        raise link.malformed(GET_ACCOUNT, answer.request_id, services.NO_ACCOUNT) from error
    if account is None:
        raise link.malformed(GET_ACCOUNT, answer.request_id, services.NO_ACCOUNT)
    return SellerAccount(account.selling_plan, _in_amazons_shops(account.marketplace_participation_list))


def _in_amazons_shops(entries: tuple[_Entry, ...]) -> tuple[Participation, ...]:
    return tuple(
        Participation(
            entry.marketplace.id, entry.participation.is_participating, entry.participation.has_suspended_listings
        )
        for entry in entries
        if entry.marketplace.id in BY_ID
    )
