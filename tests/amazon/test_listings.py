"""Reading listings: which calls are made, what is taken from the answers, and what is passed over."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon.listing_json import Grams, Issue, ListedWeight, Listing, read_listing
from amzlink.amazon.listings import (
    MOST_PAGED,
    TooManyListings,
    changed_listings,
    count_listings,
    find_listings,
    listings_of_asins,
)
from amzlink.amazon.transport import SpApiClient
from amzlink.core.weights.weights import Finding, Weights, assess
from amzlink.problems import Problem
from amzlink.sandbox.weights import WeightKind
from tests.amazon.bench import Bench, bench, denied, ok, refused
from tests.support.models import Model
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

SELLER = "A1B2C3D4E5F6G7"
GERMANY, FRANCE, POLAND = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1C3SOZRARQ6R3"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOT_FOUND = refused(404, "NOT_FOUND", "SKU not found in the marketplaces asked for")


def weight(value: object, unit: object = "kilograms", marketplace_id: object = GERMANY) -> dict[str, object]:
    return {"value": value, "unit": unit, "marketplace_id": marketplace_id}


def summary(marketplace_id: str = GERMANY, **fields: object) -> dict[str, object]:
    return {"marketplaceId": marketplace_id, "asin": "B0CHX1W1XY", "productType": "LAMP", **fields}


def item(sku: str = "MUG-1", /, **datasets: object) -> dict[str, object]:
    return {"sku": sku, "summaries": [summary()], **datasets}


def page(*items: object, total: int | None = None, token: str | None = None) -> httpx.Response:
    pagination = {"pagination": {"nextToken": token}} if token else {}
    return ok({"numberOfResults": len(items) if total is None else total, "items": list(items), **pagination})


def read(document: Mapping[str, object] | str, *marketplace_ids: str) -> Listing:
    body = document if isinstance(document, str) else json.dumps(document)
    listing = read_listing(body.encode(), marketplace_ids or (GERMANY, FRANCE))
    assert listing is not None
    return listing


def held(made: Bench) -> list[str]:
    """The operations of the requests, each held to its model."""
    model = Model.load("listingsItems_2021-08-01.json")
    found = []
    for request in made.amazon.requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        found.append(model.check_request(request.method, path, query, request.content))
    return found


def find(made: Bench, *skus: str) -> dict[str, Listing]:
    return find_listings(made.link, SELLER, (GERMANY, FRANCE), skus)


class TestAListing:
    def test_all_that_bears_on_its_weight_is_read(self) -> None:
        found = read(
            item(
                "MUG-1",
                summaries=[
                    summary(
                        itemName="A mug", status=["BUYABLE", "DISCOVERABLE"], lastUpdatedDate="2026-11-23T12:00:00Z"
                    )
                ],
                attributes={
                    "item_name": [{"value": "A mug"}],
                    "website_shipping_weight": [weight(0.5)],
                    "item_package_weight": [weight(450, "grams"), weight(0.46, "kilograms", FRANCE)],
                    "item_weight": [weight("0.4")],
                },
                issues=[
                    {
                        "code": "90220", "message": "colour is missing", "severity": "WARNING", "categories": [],
                        "attributeNames": ["color"],
                    }
                ],
                relationships=[
                    {"marketplaceId": GERMANY, "relationships": [{"type": "VARIATION", "parentSkus": ["MUG"]}]}
                ],
                productTypes=[{"marketplaceId": GERMANY, "productType": "DRINKING_CUP"}],
            )
        )  # fmt: skip
        assert found == Listing(
            sku="MUG-1",
            asin="B0CHX1W1XY",
            title="A mug",
            product_type="LAMP",
            status=frozenset({"BUYABLE", "DISCOVERABLE"}),
            shipping=(ListedWeight(Decimal("0.5"), "kilograms", GERMANY),),
            package=(
                ListedWeight(Decimal(450), "grams", GERMANY),
                ListedWeight(Decimal("0.46"), "kilograms", FRANCE),
            ),
            item=(ListedWeight(Decimal("0.4"), "kilograms", GERMANY),),
            family="MUG",
            issues=(Issue("90220", "colour is missing", "WARNING", ("color",)),),
            updated_at=NOON,
        )

    def test_digits_are_taken_as_they_are_sent_and_never_as_a_float(self) -> None:
        body = '{"sku":"a","attributes":{"item_package_weight":[{"value":0.4500000000000000000000000001,"unit":"kg"}]}}'
        assert str(read(body).package[0].value) == "0.4500000000000000000000000001"
        assert read(body).grams_in((GERMANY,)).package == 451

    @pytest.mark.parametrize(
        "entries",
        [
            None, [], {}, "0.45 kg", [None], ["0.45"], [{}], [{"value": 1}], [{"unit": "kilograms"}],
            [weight(None)], [weight(1, None)], [weight(1, 5)], [weight("much")], [weight("0,45")], [weight(True)],
            [weight([1])], [weight({"value": 1})],
        ],
    )  # fmt: skip
    def test_what_is_no_weight_is_passed_over(self, entries: object) -> None:
        found = read(item(attributes={"item_package_weight": entries, "item_weight": [weight(1)]}))
        assert (found.package, len(found.item)) == ((), 1)

    @pytest.mark.parametrize("value", ["1E400", "1E999999999", "1E99999999999999999999", "-1E5", "1" * 400])
    def test_numbers_beyond_all_reckoning_do_no_harm(self, value: str) -> None:
        body = f'{{"sku":"a","attributes":{{"item_package_weight":[{{"value":{value},"unit":"kilograms"}}]}}}}'
        grams = read(body).grams_in((GERMANY,)).package
        finding = assess(Weights(package=grams), default=None).finding
        assert finding in (Finding.IMPLAUSIBLE, Finding.ZERO, Finding.MISSING)

    @pytest.mark.parametrize("name", ["summaries", "attributes", "issues", "relationships", "productTypes"])
    def test_a_part_that_is_null_or_absent_is_as_if_it_were_empty(self, name: str) -> None:
        document = {**item(attributes={"item_package_weight": [weight(1)]}), name: None}
        assert read(document) != Listing(sku="MUG-1")
        del document[name]
        assert read(document) != Listing(sku="MUG-1")

    @pytest.mark.parametrize(
        "broken",
        [
            {"summaries": {}},
            {"summaries": [{"asin": "B0"}]},
            {"summaries": [summary(lastUpdatedDate="yesterday")]},
            {"attributes": []},
            {"issues": [{"code": 5}]},
        ],
    )
    def test_of_one_that_cannot_be_read_the_sku_is_known_and_nothing_else(self, broken: dict[str, object]) -> None:
        assert read(item("MUG-1", **broken)) == Listing(sku="MUG-1")

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"sku":5}', b"[1]", b'{"sku":"\xff"}'])
    def test_without_a_sku_it_is_none(self, body: bytes) -> None:
        assert read_listing(body, (GERMANY,)) is None

    def test_what_differs_by_marketplace_is_that_of_the_first_that_has_it(self) -> None:
        french = summary(
            FRANCE, asin="B0FR", productType="CUP", itemName="Une tasse", status=["BUYABLE"],
            lastUpdatedDate="2026-11-23T13:00:00Z",
        )  # fmt: skip
        german = {"marketplaceId": GERMANY, "status": ["DISCOVERABLE"], "lastUpdatedDate": "2026-11-23T12:00:00Z"}
        found = read(item(summaries=[french, german]))
        assert (found.asin, found.title, found.product_type) == ("B0FR", "Une tasse", "CUP")
        assert found.status == {"BUYABLE", "DISCOVERABLE"}
        assert found.updated_at == NOON + timedelta(hours=1)
        both = item(summaries=[french, summary(itemName="Ein Becher")])
        assert read(both, GERMANY, FRANCE).title == "Ein Becher"
        assert read(both, FRANCE, GERMANY).title == "Une tasse"

    def test_the_product_type_stands_in_two_places(self) -> None:
        types = [{"marketplaceId": FRANCE, "productType": "CUP"}, {"marketplaceId": GERMANY, "productType": "MUG"}]
        assert read({"sku": "a", "productTypes": types}).product_type == "MUG"

    @pytest.mark.parametrize(
        ("relationships", "family"),
        [
            ([], None),
            ([{"type": "VARIATION", "parentSkus": ["P"]}], "P"),
            ([{"type": "VARIATION", "childSkus": ["A", "B"]}], "MUG-1"),
            ([{"type": "PACKAGE_HIERARCHY", "parentSkus": ["P"]}], None),
            ([{"type": "VARIATION"}, {"type": "VARIATION", "parentSkus": ["P"]}], "P"),
            ([{"type": "PACKAGE_HIERARCHY"}, {"type": "VARIATION", "parentSkus": ["P"], "childSkus": None}], "P"),
        ],
    )
    def test_a_family_goes_by_its_parents_sku(self, relationships: list[object], family: str | None) -> None:
        found = read(item(relationships=[{"marketplaceId": GERMANY, "relationships": relationships}]))
        assert found.family == family

    def test_it_is_suppressed_when_nobody_can_buy_it_because_of_an_error(self) -> None:
        error = {"code": "1", "message": "no image", "severity": "ERROR", "categories": []}
        hidden, shown = summary(status=["DISCOVERABLE"]), summary(status=["BUYABLE"])
        assert read(item(summaries=[hidden], issues=[error])).is_suppressed
        assert not read(item(summaries=[shown], issues=[error])).is_suppressed
        assert not read(item(summaries=[hidden], issues=[{**error, "severity": "WARNING"}])).is_suppressed
        assert not read(item(summaries=[hidden])).is_suppressed, "sold out"


def package(*entries: dict[str, object]) -> Listing:
    return read(item(attributes={"item_package_weight": list(entries)}))


class TestItsWeight:
    def test_the_stores_marketplaces_count_in_their_order_then_any_other(self) -> None:
        found = package(weight(3, marketplace_id=POLAND), weight(2, marketplace_id=FRANCE), weight(1))
        assert found.grams_in((GERMANY, FRANCE)).package == 1000
        assert found.grams_in((FRANCE, GERMANY)).package == 2000
        assert found.grams_in(("A1805IZSGTT6HS",)).package == 3000

    def test_an_entry_for_no_marketplace_in_particular_counts_last(self) -> None:
        assert package(weight(2, marketplace_id=None), weight(1)).grams_in((GERMANY,)).package == 1000
        assert package(weight(2, marketplace_id=None)).grams_in((GERMANY,)).package == 2000

    def test_a_zero_gives_way_to_a_weight_and_is_told_where_there_is_none(self) -> None:
        assert package(weight(0), weight(2, marketplace_id=FRANCE)).grams_in((GERMANY, FRANCE)).package == 2000
        assert package(weight(0), weight(0, marketplace_id=FRANCE)).grams_in((GERMANY,)) == Grams(package=0)

    def test_a_unit_that_nobody_knows_is_named_and_the_weight_is_missing(self) -> None:
        assert package(weight(1, "stone")).grams_in((GERMANY,)) == Grams(unknown_unit="stone")
        both = package(weight(1, "stone"), weight(2, marketplace_id=FRANCE))
        assert both.grams_in((GERMANY, FRANCE)) == Grams(package=2000, unknown_unit="stone")
        assert package(weight(1, "x" * 500)).grams_in((GERMANY,)).unknown_unit == "x" * 40

    def test_it_is_written_where_it_stands(self) -> None:
        both = item(attributes={"item_package_weight": [weight(1)], "website_shipping_weight": [weight(1, "grams")]})
        assert read(both).weight_attribute == "website_shipping_weight"
        assert read(both).unit_of("website_shipping_weight", GERMANY) == "grams"
        assert read(both).unit_of("item_package_weight", GERMANY) == "kilograms"
        assert package(weight(1)).weight_attribute == "item_package_weight"
        assert read(item()).weight_attribute == "item_package_weight"
        assert read(item()).unit_of("item_package_weight", GERMANY) is None
        mixed = package(weight(1, "grams", FRANCE), weight(1, "pounds"))
        assert (mixed.unit_of("item_package_weight", GERMANY), mixed.unit_of("item_package_weight", FRANCE)) == (
            "pounds",
            "grams",
        )


class TestFinding:
    def test_twenty_are_asked_for_in_a_call_with_all_that_is_needed(self) -> None:
        skus = [f"SKU-{number}" for number in range(45)]
        answers = [page(*map(item, skus[start : start + 20])) for start in (0, 20, 40)]
        with bench(*answers) as made:
            assert list(find(made, *skus)) == skus
        assert held(made) == ["searchListingsItems"] * 3
        query = dict(made.amazon.requests[2].url.params)
        assert query == {
            "marketplaceIds": f"{GERMANY},{FRANCE}",
            "identifiers": ",".join(skus[40:]),
            "identifiersType": "SKU",
            "includedData": "summaries,attributes,issues,relationships,productTypes",
            "pageSize": "20",
        }

    @pytest.mark.parametrize(
        ("sku", "segment"),
        [
            ("KETTLE/BLU 1", "KETTLE%2FBLU%201"),
            ("MUG+GRN", "MUG%2BGRN"),
            ("LAMP 100%", "LAMP%20100%25"),
            ("LAMP%20", "LAMP%2520"),
            ("TÜCHER", "T%C3%9CCHER"),
            ("KNIFE,20CM", "KNIFE%2C20CM"),
            ("LOCK#7&8", "LOCK%237%268"),
            ("PUZZLE?=1000", "PUZZLE%3F%3D1000"),
            ("a;b:c@d", "a%3Bb%3Ac%40d"),
            ("..", "%2E%2E"),
            (".", "%2E"),
            ("../../sellers", "..%2F..%2Fsellers"),
            ("...x", "...x"),
        ],
    )
    def test_a_sku_is_one_segment_of_the_path_whatever_signs_it_has(self, sku: str, segment: str) -> None:
        answers = [page(), ok(item(sku))] if "," not in sku else [ok(item(sku))]
        with bench(*answers) as made:
            assert list(find(made, sku)) == [sku]
        path = made.amazon.requests[-1].url.raw_path.decode().partition("?")[0]
        assert path == f"/listings/2021-08-01/items/{SELLER}/{segment}"
        assert held(made)[-1] == "getListingsItem"

    def test_a_sku_in_a_search_keeps_its_signs_too(self) -> None:
        skus = ["KETTLE/BLU 1", "MUG+GRN", "LAMP 100%", "LOCK#7&8", "TÜCHER"]
        with bench(page(*map(item, skus))) as made:
            assert list(find(made, *skus)) == skus
        assert made.amazon.requests[0].url.params["identifiers"] == ",".join(skus)

    def test_a_sku_with_a_comma_is_asked_for_alone_because_the_search_takes_a_list_with_commas(self) -> None:
        with bench(page(item("MUG-1")), ok(item("KNIFE,20CM"))) as made:
            assert find(made, "KNIFE,20CM", "MUG-1").keys() == {"KNIFE,20CM", "MUG-1"}
        assert held(made) == ["searchListingsItems", "getListingsItem"]
        assert "KNIFE" not in made.amazon.requests[0].url.params["identifiers"]

    def test_what_the_search_does_not_give_back_is_asked_for_alone_and_may_not_be_there(self) -> None:
        with bench(page(item("MUG-1"), item("NOT-ASKED")), ok(item("LAMP 2")), NOT_FOUND) as made:
            assert list(find(made, "MUG-1", "LAMP 2", "GONE")) == ["MUG-1", "LAMP 2"]
        assert held(made) == ["searchListingsItems", "getListingsItem", "getListingsItem"]

    def test_each_is_asked_for_once_and_what_is_empty_not_at_all(self) -> None:
        with bench(page(item("MUG-1"))) as made:
            assert list(find(made, "MUG-1", "MUG-1", "", " ")) == ["MUG-1"]
        assert made.amazon.requests[0].url.params["identifiers"] == "MUG-1"
        with bench() as made:
            assert find(made) == {}

    def test_more_pages_are_followed(self) -> None:
        with bench(page(item("A"), token="more"), page(item("B"))) as made:
            assert list(find(made, "A", "B")) == ["A", "B"]
        assert made.amazon.requests[1].url.params["pageToken"] == "more"
        assert made.amazon.requests[1].url.params["identifiers"] == "A,B"

    def test_a_page_token_that_repeats_ends_the_search(self) -> None:
        with bench(page(item("A"), token="more"), page(item("A"), token="more")) as made:
            assert list(find(made, "A")) == ["A"]

    def test_one_that_cannot_be_read_does_not_hold_back_the_others(self) -> None:
        with bench(page(item("A", attributes=[]), item("B"), "nonsense")) as made:
            found = find(made, "A", "B")
        assert (found["A"] == Listing(sku="A"), found["B"] == Listing(sku="B")) == (True, False)

    def test_two_skus_that_differ_in_their_case_are_two(self) -> None:
        with bench(page(item("mug", attributes={"item_weight": [weight(1)]}), item("MUG"))) as made:
            found = find(made, "MUG", "mug")
        assert (len(found["mug"].item), len(found["MUG"].item)) == (1, 0)

    @pytest.mark.parametrize(
        ("answers", "name"),
        [
            ([denied()], "access-denied"),
            ([refused(400, "InvalidInput", "Invalid 'sellerId' and 'marketplaceId' combination.")], "seller-id-wrong"),
            ([refused(400, "InvalidInput", "no")], "request-refused"),
            ([page(), denied()], "access-denied"),
            ([page(), refused(400, "InvalidInput", "no")], "request-refused"),
            ([ok({"items": []})], "response-malformed"),
            ([httpx.Response(200, content=b"{")], "response-malformed"),
            ([page(), ok({})], "response-malformed"),
            ([refused(400, "InvalidInput", "We could not decode your NextToken")], "response-malformed"),
        ],
    )
    def test_what_ends_the_look_up_has_a_name(self, answers: list[httpx.Response], name: str) -> None:
        with bench(*answers) as made, pytest.raises(Problem, match=f"^{name}:"):
            find(made, "MUG-1")

    def test_damaged_skus_are_found_by_their_asins_and_one_asin_can_have_several(self) -> None:
        asins = [f"B{number:09}" for number in range(21)]
        with bench(page(item("ŁYŻKA"), token="more"), page(item("ŁYŻKA-2")), page()) as made:
            found = list(listings_of_asins(made.link, SELLER, (GERMANY,), [*asins, asins[0]]))
        assert [listing.sku for listing in found] == ["ŁYŻKA", "ŁYŻKA-2"]
        assert held(made) == ["searchListingsItems"] * 3
        assert made.amazon.requests[2].url.params["identifiers"] == asins[20]
        assert made.amazon.requests[2].url.params["identifiersType"] == "ASIN"

    def test_listings_are_counted_in_one_call(self) -> None:
        with bench(page(item("A"), total=4711)) as made:
            assert count_listings(made.link, SELLER, (GERMANY, FRANCE)) == 4711
        assert held(made) == ["searchListingsItems"]
        assert dict(made.amazon.requests[0].url.params) == {"marketplaceIds": f"{GERMANY},{FRANCE}", "pageSize": "1"}


def changes(link: SpApiClient) -> list[list[str]]:
    span = (NOON - timedelta(days=1), NOON)
    return [[listing.sku for listing in found.listings] for found in changed_listings(link, SELLER, (GERMANY,), *span)]


class TestChanges:
    def test_they_come_in_pages_of_twenty_the_earliest_first(self) -> None:
        skus = [f"SKU-{number}" for number in range(25)]
        first = page(*map(item, skus[:20]), total=25, token="more")
        with bench(first, page(*map(item, skus[20:]), total=25)) as made:
            assert changes(made.link) == [skus[:20], skus[20:]]
        assert held(made) == ["searchListingsItems"] * 2
        one, two = (dict(request.url.params) for request in made.amazon.requests)
        assert two == {**one, "pageToken": "more"}
        assert {name: one[name] for name in ("lastUpdatedAfter", "lastUpdatedBefore", "sortBy", "sortOrder")} == {
            "lastUpdatedAfter": "2026-11-22T12:00:00Z",
            "lastUpdatedBefore": "2026-11-23T12:00:00Z",
            "sortBy": "lastUpdatedDate",
            "sortOrder": "ASC",
        }
        assert one["pageSize"] == "20"

    def test_each_page_says_how_many_there_are_in_all(self) -> None:
        with bench(page(item("A"), total=7)) as made:
            (found,) = changed_listings(made.link, SELLER, (GERMANY,), NOON, NOON)
        assert found.total == 7

    @pytest.mark.parametrize("total", [MOST_PAGED, MOST_PAGED + 1, 40_000])
    def test_more_than_can_be_paged_through_is_told_after_one_call(self, total: int) -> None:
        with bench(page(item("A"), total=total, token="more")) as made, pytest.raises(TooManyListings):
            changes(made.link)

    def test_what_leaves_the_span_moves_the_others_so_it_is_read_again(self) -> None:
        with bench(
            page(item("A"), item("B"), total=3, token="1"),
            page(total=2),  # B has changed, so C has moved to the first page
            page(item("A"), item("C"), total=2),
        ) as made:
            assert changes(made.link) == [["A", "B"], [], ["A", "C"]]

    def test_what_changes_faster_than_it_can_be_read_is_too_much_too(self) -> None:
        pages = [page(item("A"), total=number, token=f"{number}") for number in (9, 8, 7, 6, 5, 4)]
        with bench(*pages) as made, pytest.raises(TooManyListings):
            changes(made.link)


# Against the sandbox


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5, quota="real")


def open_link(store: StoreOnSandbox, max_wait: timedelta = timedelta(minutes=30)) -> SpApiClient:
    return store.deps.link(store.deps.account_of(SLUG, store.deps.load_config().stores[SLUG]), max_wait)


def seller_of(store: StoreOnSandbox) -> tuple[str, tuple[str, ...]]:
    found = store.deps.load_config().stores[SLUG]
    return found.seller_id, found.marketplace_ids


class TestOnTheSandbox:
    def test_every_listing_is_found_by_its_sku_whatever_signs_it_has(self, store: StoreOnSandbox) -> None:
        skus = list(store.sandbox.world.catalogue.by_sku)
        seller_id, marketplace_ids = seller_of(store)
        with open_link(store) as link:
            found = find_listings(link, seller_id, marketplace_ids, [*skus, "NOBODY-S", "NOBODY/S 1"])
        assert found.keys() == set(skus)
        assert all(listing != Listing(sku=sku) for sku, listing in found.items())
        odd = {sku for sku in skus if not sku.replace("-", "").isalnum()}
        assert len(odd) > 5

    @pytest.mark.parametrize(
        ("kind", "finding"),
        [
            (WeightKind.PACKAGE, Finding.OK), (WeightKind.SHIPPING, Finding.OK), (WeightKind.OUNCES, Finding.OK),
            (WeightKind.POUNDS, Finding.OK), (WeightKind.HUNDREDTHS_POUNDS, Finding.OK),
            (WeightKind.MILLIGRAMS, Finding.OK), (WeightKind.TONS, Finding.OK), (WeightKind.ELSEWHERE, Finding.OK),
            (WeightKind.BY_MARKETPLACE, Finding.OK), (WeightKind.ZERO_SHIPPING, Finding.OK),
            (WeightKind.NONE, Finding.MISSING), (WeightKind.ITEM_ONLY, Finding.MISSING),
            (WeightKind.CATALOGUE_ONLY, Finding.MISSING), (WeightKind.UNKNOWN_UNIT, Finding.MISSING),
            (WeightKind.NO_ATTRIBUTE, Finding.MISSING), (WeightKind.ZERO, Finding.ZERO),
            (WeightKind.GRAMS_AS_KILOGRAMS, Finding.IMPLAUSIBLE), (WeightKind.UNDER_A_GRAM, Finding.IMPLAUSIBLE),
            (WeightKind.LIGHTER_THAN_ITEM, Finding.IMPLAUSIBLE),
        ],
    )  # fmt: skip
    def test_every_kind_of_weight_comes_to_its_finding(
        self, kind: WeightKind, finding: Finding, store: StoreOnSandbox
    ) -> None:
        products = [each for each in store.sandbox.world.catalogue.by_sku.values() if each.kind is kind]
        assert products
        seller_id, marketplace_ids = seller_of(store)
        with open_link(store) as link:
            found = find_listings(link, seller_id, marketplace_ids, [product.sku for product in products])
        for product in products:
            grams = found[product.sku].grams_in(marketplace_ids)
            weights = Weights(
                shipping=grams.shipping, package=grams.package, item=grams.item, unknown_unit=grams.unknown_unit
            )
            verdict = assess(weights, default=None)
            assert verdict.finding is finding, (product.sku, grams)
            if finding is Finding.OK:
                # In some boxes it weighs more; and a weight in another unit has been rounded already.
                assert 0.95 < (verdict.weight_grams or 0) / product.grams < 1.35

    def test_pages_of_changes_give_every_listing_once(self, store: StoreOnSandbox) -> None:
        seller_id, marketplace_ids = seller_of(store)
        now = store.clock.now()
        with open_link(store) as link:
            pages = list(changed_listings(link, seller_id, marketplace_ids, now - timedelta(days=4000), now))
        skus = [listing.sku for found in pages for listing in found.listings]
        assert len(skus) == len(set(skus)) == pages[0].total == len(store.sandbox.world.catalogue.by_sku)
        times = [listing.updated_at for found in pages for listing in found.listings]
        assert times == sorted(times, key=lambda time: time or now)

    def test_one_that_changes_while_pages_are_read_hides_no_other(self, store: StoreOnSandbox) -> None:
        seller_id, marketplace_ids = seller_of(store)
        catalogue, now = store.sandbox.world.catalogue, store.clock.now()
        seen: set[str] = set()
        with open_link(store) as link:
            for number, found in enumerate(
                changed_listings(link, seller_id, marketplace_ids, now - timedelta(days=4000), now)
            ):
                seen |= {listing.sku for listing in found.listings}
                if number == 0:
                    for listing in found.listings[:5]:
                        catalogue.note_change(catalogue.by_sku[listing.sku], now + timedelta(minutes=1))
        assert seen == set(catalogue.by_sku)


def test_the_calls_stay_within_the_models_limits(store: StoreOnSandbox) -> None:
    seller_id, marketplace_ids = seller_of(store)
    model = Model.load("listingsItems_2021-08-01.json")
    with open_link(store) as link:
        find_listings(link, seller_id, marketplace_ids, list(store.sandbox.world.catalogue.by_sku))
    operations: list[Any] = []
    for call in store.transport.calls:
        path, _, query = call.url.raw_path.decode().partition("?")
        if path.startswith("/listings/"):
            operations.append(model.check_request(call.method, path, query, call.content))
    assert set(operations) == {"searchListingsItems", "getListingsItem"}
