"""Orders of marketplaces that a store does not have: what is said of them, by the import and by who looks later."""

from amzlink.amazon.marketplaces import BY_ID
from amzlink.config.settings import Store
from amzlink.problems import Problem, ProblemName, store_option


def of_other_country(order_id: str, marketplace_id: str, slug: str, store: Store) -> Problem:
    """`order-of-other-country`, with the setting that would bring such orders in."""
    place = BY_ID.get(marketplace_id)
    country, code = (place.name, place.country) if place else (marketplace_id, marketplace_id)
    own = [BY_ID[each].country for each in store.marketplace_ids if each in BY_ID]
    return Problem(
        ProblemName.ORDER_OF_OTHER_COUNTRY,
        order_id=order_id,
        country=country,
        countries=",".join([*own, code]),
        store_option=store_option(slug),
    )
