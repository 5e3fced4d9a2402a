"""Asking Amazon: one cheap call per API, each reply kept, whatever it says. `core.diagnosis` weighs them."""

import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.marketplaces import BY_ID, ENDPOINTS, MARKETPLACES, REGION_NAMES, Region
from amzlink.amazon.orders import any_between, search_orders, to_ship_created_between
from amzlink.amazon.reports import prove_reports_access
from amzlink.amazon.sellers import get_account, get_marketplace_participations
from amzlink.amazon.shipments import prove_confirm_access
from amzlink.amazon.transport import DeadPageToken, Link
from amzlink.config import Store
from amzlink.core.diagnosis.judge import Asked, Probe, Reply
from amzlink.core.orders.import_window import SETTLED
from amzlink.deps import Account, Deps
from amzlink.problems import Problem, ProblemName

NO_WAIT: Final = timedelta(seconds=4)  # a check has ten seconds in all
_LOOK_BACK: Final = timedelta(days=30)
_SAMPLE: Final = 20


def probes(link: Link, store: Store, *, deep: bool) -> Mapping[Probe, Callable[[], Mapping[str, Any]]]:
    """The calls to make, ready to be made in any order, each debiting its own quota once."""
    calls: dict[Probe, Callable[[], Mapping[str, Any]]] = {
        Probe.ORDERS: lambda: _orders(link, store),
        Probe.PARTICIPATIONS: lambda: _participations(link),
        Probe.LISTINGS: lambda: _listings(link, store),
        Probe.REPORTS: lambda: prove_reports_access(link) or {},
    }
    if link_region(store) == "eu":
        calls[Probe.ACCOUNT] = lambda: {"selling_plan": get_account(link).selling_plan}
    if deep:
        calls[Probe.CONFIRM] = lambda: prove_confirm_access(link, store.marketplace_ids[0]) or {}
    return calls


def reply_of(call: Callable[[], Mapping[str, Any]]) -> Reply:
    """Make a call and keep what came of it."""
    try:
        return Reply(facts=call())
    except Problem as problem:
        return Reply(problem)
    except DeadPageToken:
        return Reply(
            Problem(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail="it speaks of a page token")
        )


def link_region(store: Store) -> Region:
    """The region of the store's marketplaces."""
    return BY_ID[store.marketplace_ids[0]].region


def asked(store: Store, *, deep: bool) -> Asked:
    """What the diagnosis has to know of the store."""
    return Asked(
        countries={marketplace_id: BY_ID[marketplace_id].name for marketplace_id in store.marketplace_ids},
        selling_plan_told=link_region(store) == "eu",
        deep=deep,
    )


def find_open_region(deps: Deps, account: Account) -> str | None:
    """Try the same call on the other regions' hosts, with a marketplace of theirs; the name of the one that opens."""
    for region in ENDPOINTS:
        if region == account.region:
            continue
        marketplace = next(each for each in MARKETPLACES if each.region == region)
        with deps.link(account, NO_WAIT, region=region) as link:
            if reply_of(functools.partial(_any_order, link, marketplace.id)).problem is None:
                return REGION_NAMES[region]
    return None


def _any_order(link: Link, marketplace_id: str) -> Mapping[str, Any]:
    now = link.learn_time()
    query = any_between(now - _LOOK_BACK, now - SETTLED, [marketplace_id])
    return {"orders": len(search_orders(link, query).orders)}


def _orders(link: Link, store: Store) -> Mapping[str, Any]:
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


def _participations(link: Link) -> Mapping[str, Any]:
    found = get_marketplace_participations(link)
    selling = [entry.marketplace_id for entry in found if entry.participating]
    return {
        "selling_in": selling,
        "selling_in_names": sorted(BY_ID[marketplace_id].name for marketplace_id in selling),
        "suspended_in": [entry.marketplace_id for entry in found if entry.listings_suspended],
    }


def _listings(link: Link, store: Store) -> Mapping[str, Any]:
    prove_seller_id(link, store.seller_id, store.marketplace_ids[0])
    return {}
