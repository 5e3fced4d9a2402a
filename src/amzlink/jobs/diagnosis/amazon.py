"""Asking Amazon: one cheap call per API, each reply kept, whatever it says. `core.diagnosis.judge` weighs them."""

import functools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from amzlink.account import Account
from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.marketplaces import BY_ID, ENDPOINTS, MARKETPLACES, REGION_NAMES, Region
from amzlink.amazon.orders import SANDBOX_QUERIES, any_between, search_orders, to_ship_created_between
from amzlink.amazon.reports import prove_reports_access, prove_restricted_role
from amzlink.amazon.sellers import get_account, get_marketplace_participations
from amzlink.amazon.shipments import prove_confirm_access
from amzlink.amazon.transport import DeadPageToken, SpApiClient
from amzlink.config.settings import Store
from amzlink.core.diagnosis.checks import Result
from amzlink.core.diagnosis.judge import Asked, Probe, Replies, diagnose, needs_other_regions
from amzlink.core.orders.import_window import SETTLED
from amzlink.deps import Deps
from amzlink.jobs.diagnosis.probing import Call, Limits, replies_within
from amzlink.problems import Problem, ProblemName, access

_LOOK_BACK: Final = timedelta(days=30)
_SAMPLE: Final = 20


class Examined(msgspec.Struct, frozen=True):
    """Amazon's replies, and the results that they give."""

    replies: Replies
    results: list[Result]


def examine_amazon(deps: Deps, account: Account, store: Store, limits: Limits, *, deep: bool = False) -> Examined:
    """Ask Amazon whether the link works, and judge the answers. Nothing is changed and nothing is stored.

    `account` has the credentials, `store` the marketplaces and the Seller ID; neither needs to be stored yet.
    """
    with deps.link(account, limits.waits) as link:
        replies = replies_within(limits, {Probe.TOKEN: lambda: _token(link)})
        if replies[Probe.TOKEN].problem is None:
            replies |= replies_within(limits, _probes(link, store, deep=deep))
        if (reports := replies.get(Probe.REPORTS)) and reports.problem is None:
            document_id = reports.facts.get("document_id")
            replies |= replies_within(
                limits, {Probe.TOKEN_FOR_REPORT: lambda: prove_restricted_role(link, document_id)}
            )
    open_region = _find_open_region(deps, account, limits) if needs_other_regions(replies) else None
    return Examined(replies, diagnose(replies, _asked(store, deep=deep), open_region))


def _token(link: SpApiClient) -> Mapping[str, Any]:
    link.learn_time()
    return {}


def _probes(link: SpApiClient, store: Store, *, deep: bool) -> dict[Probe, Call]:
    """The calls to make, ready to be made in any order, each debiting its own quota once."""
    if store.amazon_sandbox:
        return {Probe.SAMPLE: lambda: _sandbox_sample(link, _region_of(store))}
    calls: dict[Probe, Call] = {
        Probe.ORDERS: lambda: _orders(link, store),
        Probe.PARTICIPATIONS: lambda: _participations(link),
        Probe.LISTINGS: lambda: _listings(link, store),
        Probe.REPORTS: lambda: prove_reports_access(link) or {},
    }
    if _region_of(store) == "eu":
        calls[Probe.ACCOUNT] = lambda: {"selling_plan": get_account(link).selling_plan}
    if deep:
        calls[Probe.CONFIRM] = lambda: prove_confirm_access(link, store.marketplace_ids[0]) or {}
    return calls


def _region_of(store: Store) -> Region:
    return BY_ID[store.marketplace_ids[0]].region


def _asked(store: Store, *, deep: bool) -> Asked:
    """What the diagnosis has to know of the store."""
    return Asked(
        countries={marketplace_id: BY_ID[marketplace_id].name for marketplace_id in store.marketplace_ids},
        selling_plan_told=_region_of(store) == "eu",
        deep=deep,
    )


def _find_open_region(deps: Deps, account: Account, limits: Limits) -> str | None:
    """Try a search on the other regions' hosts, with a marketplace of theirs; the name of the one that accepts it."""
    regions = [region for region in ENDPOINTS if region != account.region]
    calls = {region: functools.partial(_any_order, deps, account, limits, region) for region in regions}
    replies = replies_within(limits, calls)
    return next((REGION_NAMES[region] for region in regions if replies[region].problem is None), None)


def _any_order(deps: Deps, account: Account, limits: Limits, region: Region) -> Mapping[str, Any]:
    marketplace = next(each for each in MARKETPLACES if each.region == region)
    with deps.link(account, limits.waits, region=region) as link:
        now = link.learn_time()
        query = any_between(now - _LOOK_BACK, now - SETTLED, [marketplace.id])
        return {"orders": len(search_orders(link, query).orders)}


def _sandbox_sample(link: SpApiClient, region: Region) -> Mapping[str, Any]:
    try:
        return {"orders": len(search_orders(link, SANDBOX_QUERIES[region]).orders)}
    except DeadPageToken:
        detail = access.SAMPLE_UNKNOWN
        raise Problem(ProblemName.SANDBOX_CREDENTIALS, detail=detail) from None


def _orders(link: SpApiClient, store: Store) -> Mapping[str, Any]:
    """Some orders to ship, for their shape; where there are none, whether there are any orders at all."""
    now = link.learn_time()
    start, end = now - _LOOK_BACK, now - SETTLED
    orders = search_orders(link, to_ship_created_between(start, end, store.marketplace_ids, _SAMPLE)).orders
    facts: dict[str, Any] = {
        "orders": len(orders),
        "to_ship": len(orders),
        "addressed": sum(order.personal.recipient.deliverable for order in orders),
        "only_amazon_fulfilled": False,
    }
    if not orders:
        others = search_orders(link, any_between(start, end, store.marketplace_ids)).orders
        facts["orders"] = len(others)
        facts["only_amazon_fulfilled"] = bool(others) and all(order.fulfilled_by == "AMAZON" for order in others)
    return facts


def _participations(link: SpApiClient) -> Mapping[str, Any]:
    found = get_marketplace_participations(link)
    selling = [entry.marketplace_id for entry in found if entry.participating]
    return {
        "selling_in": selling,
        "selling_in_names": sorted(BY_ID[marketplace_id].name for marketplace_id in selling),
        "suspended_in": [entry.marketplace_id for entry in found if entry.listings_suspended],
    }


def _listings(link: SpApiClient, store: Store) -> Mapping[str, Any]:
    prove_seller_id(link, store.seller_id, store.marketplace_ids[0])
    return {}
