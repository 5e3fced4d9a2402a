"""The seller's products: every kind of weight, in the numbers that are asked for."""

import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from statistics import median

import pytest

from amzlink.sandbox.catalogue import Catalogue
from amzlink.sandbox.products import Product, has_attribute
from amzlink.sandbox.weights import GRAMS, ITEM, PACKAGE, SHIPPING, WEIGHT_ATTRIBUTES, WeightKind
from amzlink.sandbox.world import World
from tests.sandbox.driver import NOON, StoppedClock
from tests.sandbox.shelf import FRANCE, GERMANY

SEEDS = (1, 7, 42, 2026)
MOST_GRAMS = 70_000
K = WeightKind


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """A catalogue that no test changes."""
    return Catalogue(7, NOON)


def of_kind(catalogue: Catalogue, kind: WeightKind) -> list[Product]:
    return [product for product in catalogue.by_sku.values() if product.kind is kind]


def grams_of(product: Product, attribute: str, marketplace_id: str = GERMANY) -> Decimal:
    (entry,) = [each for each in product.attributes[attribute] if each["marketplace_id"] == marketplace_id]
    return Decimal(str(entry["value"])) * GRAMS[entry["unit"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_shop_has_every_kind_of_weight(seed: int) -> None:
    kinds = Counter(product.kind for product in Catalogue(seed, NOON).by_sku.values())
    assert set(kinds) == set(WeightKind)
    assert kinds[K.PACKAGE] > 30


def test_the_same_seed_gives_the_same_products_and_another_seed_others() -> None:
    assert Catalogue(7, NOON).by_sku == Catalogue(7, NOON).by_sku
    assert Catalogue(8, NOON).by_sku.keys() != Catalogue(7, NOON).by_sku.keys()


def test_a_larger_shop_begins_with_the_products_of_a_smaller_one() -> None:
    small, large = Catalogue(7, NOON), Catalogue(7, NOON, 5000)
    assert list(large.by_sku)[: len(small.by_sku)] == list(small.by_sku)


@pytest.mark.parametrize("count", [10, 90, 96, 500, 1001])
def test_exactly_so_many_listings_exist(count: int) -> None:
    catalogue = Catalogue(7, NOON, count)
    assert len(catalogue.by_sku) == len(catalogue.by_asin) == count
    assert all(product.parent in {None, *catalogue.by_sku} for product in catalogue.by_sku.values())


def test_fewer_products_than_an_order_may_need_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 10 listings, not 9"):
        Catalogue(7, NOON, 9)


def test_ten_thousand_listings_are_ready_within_seconds_and_few_have_something_wrong() -> None:
    """The bound is generous, for slow machines."""
    begun = time.process_time()
    catalogue = Catalogue(7, NOON, 10_000)
    assert time.process_time() - begun < 20
    wrong = sum(not has_good_weight(product) for product in catalogue.products)
    assert 0.02 < wrong / len(catalogue.products) < 0.08


def has_good_weight(product: Product) -> bool:
    told = {name: grams_of(product, name) for name in (SHIPPING, PACKAGE) if has_readable(product, name)}
    return any(product.grams * Decimal("0.9") < grams < product.grams * Decimal("1.4") for grams in told.values())


def has_readable(product: Product, name: str) -> bool:
    entries = [each for each in product.attributes.get(name, []) if each["marketplace_id"] == GERMANY]
    return bool(entries) and entries[0]["unit"] in GRAMS


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        (K.PACKAGE, {PACKAGE, ITEM}),
        (K.SHIPPING, {SHIPPING}),
        (K.SHIPPING_AND_PACKAGE, {SHIPPING, PACKAGE}),
        (K.NONE, set()),
        (K.SUPPRESSED, set()),
        (K.CATALOGUE_ONLY, set()),
        (K.NO_ATTRIBUTE, set()),
        (K.PARENT, set()),
        (K.ITEM_ONLY, {ITEM}),
        (K.ZERO, {PACKAGE}),
    ],
)
def test_a_listing_has_the_attributes_of_its_kind(catalogue: Catalogue, kind: WeightKind, attributes: set[str]) -> None:
    for product in of_kind(catalogue, kind):
        assert set(product.attributes) == attributes


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        (K.OUNCES, "ounces"),
        (K.POUNDS, "pounds"),
        (K.HUNDREDTHS_POUNDS, "hundredths_pounds"),
        (K.MILLIGRAMS, "milligrams"),
        (K.TONS, "tons"),
        (K.PACKAGE, "kilograms"),
    ],
)
def test_a_weight_in_any_unit_is_the_products(catalogue: Catalogue, kind: WeightKind, unit: str) -> None:
    for product in of_kind(catalogue, kind):
        assert {entry["unit"] for entry in product.attributes[PACKAGE]} == {unit}
        assert abs(grams_of(product, PACKAGE) - product.grams) < 1


def test_an_unknown_unit_is_none_of_amazons(catalogue: Catalogue) -> None:
    units = {each["unit"] for product in of_kind(catalogue, K.UNKNOWN_UNIT) for each in product.attributes[PACKAGE]}
    assert units.isdisjoint(GRAMS)


def test_wrong_weights_are_wrong_in_the_way_of_their_kind(catalogue: Catalogue) -> None:
    assert all(grams_of(each, PACKAGE) == each.grams * 1000 > MOST_GRAMS for each in of_kind(catalogue, K.OUTWEIGHED))
    assert all(grams_of(each, PACKAGE) > MOST_GRAMS for each in of_kind(catalogue, K.GRAMS_AS_KILOGRAMS))
    assert all(grams_of(each, PACKAGE) < 1 for each in of_kind(catalogue, K.UNDER_A_GRAM))
    assert all(1 <= grams_of(each, PACKAGE) < grams_of(each, ITEM) for each in of_kind(catalogue, K.LIGHTER_THAN_ITEM))
    assert all(grams_of(each, SHIPPING) == 0 < grams_of(each, PACKAGE) for each in of_kind(catalogue, K.ZERO_SHIPPING))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "factor"), [(K.THOUSANDFOLD, 1000), (K.THOUSANDTH, Decimal("0.001"))])
def test_a_slip_of_the_unit_shows_by_the_siblings_alone(seed: int, kind: WeightKind, factor: Decimal) -> None:
    catalogue = Catalogue(seed, NOON)
    (product,) = of_kind(catalogue, kind)
    siblings = [each for each in catalogue.by_sku.values() if each.parent == product.parent and each is not product]
    assert len(siblings) == 6
    assert grams_of(product, PACKAGE) == factor * median(grams_of(each, PACKAGE) for each in siblings)
    assert 1 <= grams_of(product, PACKAGE) <= MOST_GRAMS
    assert ITEM not in product.attributes


def test_marketplaces_can_differ_and_be_the_only_ones(catalogue: Catalogue) -> None:
    for product in of_kind(catalogue, K.BY_MARKETPLACE):
        assert len({each["value"] for each in product.attributes[PACKAGE]}) == 3
        assert grams_of(product, PACKAGE, FRANCE) > grams_of(product, PACKAGE)
    for product in of_kind(catalogue, K.ELSEWHERE):
        assert [each["marketplace_id"] for each in product.attributes[PACKAGE]] == [FRANCE]


def test_no_listing_has_an_attribute_that_its_product_type_lacks(catalogue: Catalogue) -> None:
    for product in Catalogue(7, NOON, 3000).by_sku.values():
        assert all(has_attribute(product.product_type, name) for name in product.attributes)
    refused = of_kind(catalogue, K.NO_ATTRIBUTE)
    assert not any(has_attribute(each.product_type, name) for each in refused for name in (SHIPPING, PACKAGE))
    lacking = [each for each in catalogue.products if not has_attribute(each.product_type, SHIPPING)]
    assert any(has_attribute(each.product_type, PACKAGE) for each in lacking)


def test_generic_products_have_no_weight_to_set() -> None:
    assert not any(has_attribute("PRODUCT", name) for name in WEIGHT_ATTRIBUTES)
    assert has_attribute("PRODUCT", "purchasable_offer")
    assert not has_attribute("KITCHEN", "number_of_wishes")


def test_skus_and_titles_include_what_breaks_tables_paths_and_lists(catalogue: Catalogue) -> None:
    skus = set(catalogue.by_sku)
    for sign in ("/", " ", "%", "+", ",", "#", "?", "Ü", "Ł", '"', "."):
        assert any(sign in sku for sku in skus), sign
    assert {"00012345", "=1+1", "1E5", "-5%20OFF"} <= skus
    titles = [title for product in catalogue.products for title in product.titles.values()]
    assert max(map(len, titles)) > 150
    for sign in ("Λ", "Н", "מ", "デ", "م", "ก", "🎁", '"', "="):
        assert any(sign in title for title in titles), sign


def test_no_title_or_sku_holds_a_tab_or_a_line_break(catalogue: Catalogue) -> None:
    for product in catalogue.by_sku.values():
        assert not {"\t", "\r", "\n"} & {*product.sku, *"".join(product.titles.values())}


def test_orders_are_for_products_that_are_listed_and_can_be_sent() -> None:
    for listings in (96, 500):
        world = World(orders=300, listings=listings, clock=StoppedClock())
        drawn = set()
        for order in world.orders.values():
            for item in order.body["orderItems"]:
                product = world.catalogue.by_sku[item["product"]["sellerSku"]]
                assert (product.asin, product.is_parent) == (item["product"]["asin"], False)
                drawn.add(product.sku)
        assert len(drawn) > listings / 3


def test_changes_are_found_by_their_time_with_both_ends_included(catalogue: Catalogue) -> None:
    times = sorted(product.updated for product in catalogue.by_sku.values())
    assert all(moment.microsecond == 0 for moment in times)
    found = catalogue.changed_between(times[10], times[20])
    assert [product.updated for product in found] == times[10:21]
    assert [product.updated for product in catalogue.changed_between(None, None)] == times
    assert catalogue.changed_between(times[-1] + timedelta(seconds=1), None) == []


def test_a_change_an_addition_and_a_removal_keep_the_order_of_changes() -> None:
    catalogue = Catalogue(7, NOON)
    oldest, second, *rest = catalogue.changed_between(None, None)
    catalogue.note_change(oldest, NOON)
    catalogue.remove(second)
    (added,) = catalogue.add(1, NOON + timedelta(seconds=1))
    assert catalogue.changed_between(None, None) == [*rest, oldest, added]
    assert second.sku not in catalogue.by_sku
    assert catalogue.by_asin[second.asin] is second
    assert added.sku not in Catalogue(7, NOON).by_sku
    assert not added.is_parent
