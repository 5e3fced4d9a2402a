"""Finding out which orders leave the customs union, and whose products lack the data that customs ask for."""

import itertools
from typing import Final

from amzlink.core.destination.customs_union import leaves_customs_union
from amzlink.core.diagnosis.alarms import Part
from amzlink.core.weights.customs import NO_CUSTOMS
from amzlink.orderbook.weights.customs import (
    MissingCustoms,
    hold_missing_customs,
    note_destinations,
    orders_of_unknown_destination,
)
from amzlink.problems import Problem, ProblemName, store_option, weights
from amzlink.run import StoreRun

_CHUNK: Final = 200


def find_missing_customs(run: StoreRun) -> MissingCustoms:
    """What orders to ship lack, with their holds brought up to date.

    Orders that an earlier version took in, or whose country came later, are looked up in the vault. What keeps it shut
    is told, and they are left for the next run.
    """
    try:
        if _look_up_destinations(run):
            run.reporter.works(Part.CUSTOMS, run.slug)
    except Problem as problem:
        run.reporter.warn(run.naming_store(problem), part=Part.CUSTOMS)
    return hold_missing_customs(run.book, run.now())


def customs_problem(missing: MissingCustoms, slug: str) -> Problem | None:
    """`customs-missing`, with the command for the product that most orders wait for; None where nothing is missing."""
    if not missing.orders:
        return None
    settings = customs_settings(missing)
    sku = next(iter(settings), "SKU")
    found = Problem(
        ProblemName.CUSTOMS_MISSING,
        count=missing.orders,
        detail=weights.spell_skus(list(settings)) if settings else weights.NO_SKU_TOLD,
        sku=sku,
        customs=settings.get(sku) or weights.customs_setting(hs_code=None, country=None),
        store=slug,
        store_option=store_option(slug),
    )
    return found if settings else found.with_facts(advice=weights.customs_without_sku(store_option=store_option(slug)))


def customs_settings(missing: MissingCustoms) -> dict[str, str]:
    """What is to be given of each product, by SKU: what is known of it, and gaps."""
    found = {}
    for sku in missing.by_sku:
        data = missing.known.get(sku, NO_CUSTOMS)
        found[sku] = weights.customs_setting(hs_code=data.hs_code, country=data.country_of_origin)
    return found


def _look_up_destinations(run: StoreRun) -> bool:
    """Write down whether orders leave the customs union of the store's country, where nobody has looked yet.

    Returns whether there were any.
    """
    unknown = list(orders_of_unknown_destination(run.book))
    ids = iter(unknown)
    while chunk := list(itertools.islice(ids, _CHUNK)):
        damaged: list[Problem] = []  # whoever sends or shows such an order tells of it
        personal = run.sealed.personal_data(chunk, damaged=damaged)
        leaving = {
            order_id: leaves
            for order_id, data in personal.items()
            if (leaves := leaves_customs_union(run.store.country, data.recipient)) is not None
        }
        note_destinations(run.book, leaving)
    return bool(unknown)
