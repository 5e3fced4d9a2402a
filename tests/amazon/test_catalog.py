"""What Amazon's catalogue says that products weigh."""

from pathlib import Path

import httpx
import pytest

from amzlink.amazon.catalog import CatalogWeights, package_weights
from amzlink.problems import Problem
from amzlink.sandbox.weights import WeightKind
from tests.amazon.bench import Bench, bench, denied, ok, refused
from tests.amazon.test_listings import GERMANY, open_link
from tests.support.models import Model
from tests.support.world import StoreOnSandbox, store_on_sandbox


def measure(value: object, unit: object = "pounds") -> dict[str, object]:
    return {"weight": {"value": value, "unit": unit}, "height": {"value": 3, "unit": "inches"}}


def entry(asin: str = "B0", /, **parts: object) -> dict[str, object]:
    return {"asin": asin, "dimensions": [{"marketplaceId": GERMANY, **parts}]}


def page(*items: object, token: str | None = None) -> httpx.Response:
    pagination = {"pagination": {"nextToken": token}} if token else {}
    return ok({"numberOfResults": len(items), "items": list(items), **pagination})


def held(made: Bench) -> list[str]:
    model = Model.load("catalogItems_2022-04-01.json")
    found = []
    for request in made.amazon.requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        found.append(model.check_request(request.method, path, query, request.content))
    return found


def weights(item: object) -> CatalogWeights | None:
    with bench(page(item)) as made:
        return package_weights(made.link, GERMANY, ["B0"]).get("B0")


class TestTheCalls:
    def test_twenty_are_asked_for_in_a_call_each_once(self) -> None:
        asins = [f"B{number:09}" for number in range(41)]
        answers = [page(*(entry(asin, package=measure(1)) for asin in asins[at : at + 20])) for at in (0, 20, 40)]
        with bench(*answers) as made:
            found = package_weights(made.link, GERMANY, [*asins, asins[3], ""])
        assert list(found) == asins
        assert held(made) == ["searchCatalogItems"] * 3
        assert dict(made.amazon.requests[2].url.params) == {
            "identifiers": asins[40],
            "identifiersType": "ASIN",
            "marketplaceIds": GERMANY,
            "includedData": "dimensions,attributes",
            "pageSize": "20",
        }

    def test_nothing_is_asked_where_there_is_nothing_to_ask(self) -> None:
        with bench() as made:
            assert package_weights(made.link, GERMANY, []) == {}

    def test_more_pages_are_followed_until_a_token_repeats(self) -> None:
        with bench(page(entry("A"), token="1"), page(entry("B"), token="1")) as made:
            assert package_weights(made.link, GERMANY, ["A", "B"]).keys() == {"A", "B"}
        assert made.amazon.requests[1].url.params["pageToken"] == "1"

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (denied(), "access-denied"),
            (ok({"items": None}), "response-malformed"),
            (httpx.Response(200, content=b"{"), "response-malformed"),
            (refused(400, "InvalidInput", "We could not decode your NextToken"), "response-malformed"),
        ],
    )
    def test_what_ends_it_has_a_name(self, answer: httpx.Response, name: str) -> None:
        with bench(answer) as made, pytest.raises(Problem, match=f"^{name}:"):
            package_weights(made.link, GERMANY, ["A"])


class TestTheWeights:
    def test_item_and_package_are_in_whole_grams_rounded_up(self) -> None:
        found = weights(entry(item=measure("0.9"), package=measure(1.1, "Kilograms")))
        assert found == CatalogWeights(item=409, package=1100)

    def test_what_the_dimensions_lack_the_attributes_may_have(self) -> None:
        attributes = {
            "item_package_weight": [{"value": 450, "unit": "grams", "marketplace_id": GERMANY}],
            "item_weight": [{"value": 400, "unit": "grams", "marketplace_id": GERMANY}],
        }
        assert weights({"asin": "B0", "attributes": attributes}) == CatalogWeights(item=400, package=450)
        both = {**entry(item=measure(1, "kilograms"), package={}), "attributes": attributes}
        assert weights(both) == CatalogWeights(item=1000, package=450)

    @pytest.mark.parametrize(
        "item",
        [
            {"asin": "B0"},
            {"asin": "B0", "dimensions": None, "attributes": None},
            entry(),
            entry(item=None, package={"weight": None}),
            entry(item=measure(0), package=measure(None)),
            entry(item=measure(1, "stone"), package=measure(1, None)),
        ],
    )
    def test_what_it_does_not_tell_is_not_known(self, item: object) -> None:
        assert weights(item) == CatalogWeights(item=None, package=None)

    @pytest.mark.parametrize(
        "item", [entry("B1"), {"asin": 5}, entry("B0", package=[]), "nonsense", entry("B0", item=measure("much"))]
    )
    def test_one_that_was_not_asked_for_or_cannot_be_read_is_left_out(self, item: object) -> None:
        with bench(page(item, entry("C", package=measure(1)))) as made:
            assert list(package_weights(made.link, GERMANY, ["B0", "C"])) == ["C"]


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5)


class TestOnTheSandbox:
    def test_the_catalogue_knows_what_the_listing_does_not_say(self, store: StoreOnSandbox) -> None:
        products = [
            each for each in store.sandbox.world.catalogue.by_sku.values() if each.kind is WeightKind.CATALOGUE_ONLY
        ]
        with open_link(store) as link:
            found = package_weights(link, GERMANY, [product.asin for product in products])
        assert products
        for product in products:
            # It stands there in another unit, rounded to a few places.
            assert product.grams <= (found[product.asin].package or 0) <= product.grams + 1

    def test_the_calls_are_as_the_model_says(self, store: StoreOnSandbox) -> None:
        asins = [product.asin for product in store.sandbox.world.catalogue.by_sku.values()]
        with open_link(store) as link:
            assert package_weights(link, GERMANY, [*asins, "B000000000"]).keys() == set(asins)
        model = Model.load("catalogItems_2022-04-01.json")
        calls = [call for call in store.transport.calls if call.url.path.startswith("/catalog/")]
        assert len(calls) == -(-(len(asins) + 1) // 20)
        for call in calls:
            path, _, query = call.url.raw_path.decode().partition("?")
            assert model.check_request(call.method, path, query, call.content) == "searchCatalogItems"
