"""Example answers of Amazon's static sandbox, through the client and the import into a real order book.

The requests are Amazon's. The answers have the shape of Amazon's with invented words; where the published models lie
beside the checkout, Amazon's own answers go the same way.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripts.write_model_tables import AMAZON_FOLDER, amazon_examples

from amzlink.account import Account
from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.orders import search_orders
from amzlink.amazon.sellers import get_marketplace_participations
from amzlink.config.settings import Config, Store
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.orders.show import OrderDetail, show_order
from amzlink.orderbook.orders.browse import Filter
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from tests.support.lists import list_orders
from tests.support.models import load_table
from tests.support.world import VirtualClock

Json = dict[str, Any]
SLUG = "sample"
SEARCH_PATH = "/orders/2026-01-01/orders"
SEARCH, GET = "searchOrders", "getOrder"


@dataclass(frozen=True)
class Sample:
    """A request that the static sandbox knows, and its answer."""

    parameters: Json
    status: int
    answer: Json

    def matches(self, given: Json) -> bool:
        """Whether a request is this one, word for word."""
        return {name: _spell(value) for name, value in self.parameters.items()} == given


def _spell(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Samples:
    """All samples of one origin, by operation."""

    origin: str
    by_operation: dict[str, list[Sample]]

    def good(self, operation: str) -> list[Sample]:
        return [sample for sample in self.by_operation[operation] if sample.status == 200]

    def bad(self, operation: str) -> Sample:
        (sample,) = [sample for sample in self.by_operation[operation] if sample.status == 400]
        return sample


def read_samples(origin: str, examples: dict[str, list[Json]]) -> Samples:
    return Samples(origin, {name: [Sample(**example) for example in group] for name, group in examples.items()})


def order_of(sample: Sample) -> Json:
    order: Json = sample.answer["order"] if "order" in sample.answer else sample.answer["orders"][0]
    return order


ORIGINS = [read_samples("invented", load_table("amazon/examples.json"))]
if AMAZON_FOLDER.is_dir():
    ORIGINS.append(read_samples("published", amazon_examples()))
of_each_origin = pytest.mark.parametrize("samples", ORIGINS, ids=lambda samples: samples.origin)


def each(operation: str) -> list[Any]:
    """Parameters of a test: the samples of every origin, and a good one of the operation."""
    return [
        pytest.param(samples, sample, id=f"{samples.origin}-{order_of(sample)['salesChannel']['marketplaceName']}")
        for samples in ORIGINS
        for sample in samples.good(operation)
    ]


SEARCHED, FETCHED = each(SEARCH), each(GET)


@dataclass
class StaticSandbox(httpx.BaseTransport):
    """Amazon's static sandbox: knows the samples' requests and no others. An order is found by its number alone."""

    samples: Samples
    hosts: set[str] = field(default_factory=set)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/auth/o2/token":
            return httpx.Response(200, json={"access_token": "Atza|sample", "expires_in": 3600})
        self.hosts.add(request.url.host)
        sample = self._find(request)
        if sample is None:
            error = {"code": "InvalidInput", "message": "Could not match input arguments"}
            return httpx.Response(400, json={"errors": [error]})
        return httpx.Response(sample.status, json=sample.answer)

    def _find(self, request: httpx.Request) -> Sample | None:
        path, given = request.url.path, dict(request.url.params)
        if path.startswith(f"{SEARCH_PATH}/"):
            order_id = path.rpartition("/")[2]
            return next((s for s in self.samples.by_operation[GET] if s.parameters["orderId"] == order_id), None)
        return next((sample for sample in self.samples.by_operation[SEARCH] if sample.matches(given)), None)


@dataclass
class Shop:
    """A store on Amazon's static sandbox, a day after the sample's last change."""

    deps: Deps
    transport: StaticSandbox

    def run(self, **options: Any) -> ImportReport:
        return import_orders(self.deps, [SLUG], ImportOptions(**options))[0]

    def show(self, order_id: str) -> OrderDetail:
        return show_order(self.deps, SLUG, order_id, with_personal=True)


def shop_for(samples: Samples, order: Json, folder: Path) -> Shop:
    marketplace = BY_ID[order["salesChannel"]["marketplaceId"]]
    home = find_home({"AMZLINK_HOME": str(folder / "amzlink")})
    home.prepare()
    secrets = MemorySecrets()
    secrets.set(SLUG, "client-secret", "a-client-secret")
    secrets.set(SLUG, "refresh-token", "a-refresh-token")
    clock = VirtualClock(datetime.fromisoformat(order["lastUpdatedTime"]) + timedelta(days=1))
    transport = StaticSandbox(samples)
    deps = Deps({}, home, secrets, clock, transport=transport, rng=random.Random(7))
    store = Store(
        name="Sample",
        country=marketplace.country,
        seller_id="A1SAMPLESELLER",
        client_id="a-client-id",
        marketplace_ids=(marketplace.id,),
        amazon_sandbox=True,
    )
    deps.save_config(Config().with_store(SLUG, store))
    return Shop(deps, transport)


def shipped_by(who: str, parameters: list[Any]) -> list[Any]:
    """The samples of orders that this one ships."""
    return [entry for entry in parameters if order_of(entry.values[1])["fulfillment"]["fulfilledBy"] == who]


@of_each_origin
def test_there_are_the_samples_that_these_tests_are_about(samples: Samples) -> None:
    assert len(samples.good(SEARCH)) == 3
    assert len(samples.good(GET)) == 3


@pytest.mark.parametrize(("samples", "sample"), shipped_by("MERCHANT", SEARCHED))
def test_the_sample_of_a_search_is_imported_as_it_stands(samples: Samples, sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(samples, order, tmp_path)
    report = shop.run()
    assert (report.complete, report.tally.counts()["new"], report.tally.refused) == (True, 1, [])
    region = BY_ID[order["salesChannel"]["marketplaceId"]].region
    assert shop.transport.hosts == {f"sandbox.sellingpartnerapi-{region}.amazon.com"}
    hold(shop.show(order["orderId"]), order)


@pytest.mark.parametrize(("samples", "sample"), FETCHED)
def test_the_sample_of_a_single_order_is_imported_as_it_stands(
    samples: Samples, sample: Sample, tmp_path: Path
) -> None:
    order = order_of(sample)
    shop = shop_for(samples, order, tmp_path)
    report = shop.run(order_ids=(order["orderId"],))
    assert (report.complete, report.tally.counts()["new"], report.tally.refused) == (True, 1, [])
    hold(shop.show(order["orderId"]), order)


@pytest.mark.parametrize(("samples", "sample"), shipped_by("AMAZON", SEARCHED))
def test_the_sample_that_amazon_ships_is_refused_by_name_and_not_stored(
    samples: Samples, sample: Sample, tmp_path: Path
) -> None:
    order = order_of(sample)
    shop = shop_for(samples, order, tmp_path)
    report = shop.run()
    assert [(entry.order_id, entry.problem) for entry in report.tally.refused] == [
        (order["orderId"], ProblemName.ORDER_AMAZON_FULFILLED)
    ]
    assert list_orders(shop.deps, SLUG, Filter()) == []


@pytest.mark.parametrize(("samples", "sample"), [*shipped_by("MERCHANT", SEARCHED), *FETCHED])
def test_a_sample_that_comes_again_changes_nothing(samples: Samples, sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(samples, order, tmp_path)
    options = {"order_ids": (order["orderId"],)} if "order" in sample.answer else {}
    shop.run(**options)
    before = shop.show(order["orderId"])
    assert shop.run(**options).tally.counts()["unchanged"] == 1
    assert shop.show(order["orderId"]) == before


@of_each_origin
@pytest.mark.parametrize(
    ("order_id", "holds"),
    [
        ("171-9876543-2109876", ("label-too-early", "prime")),
        ("114-9876543-1234567", ("store-pickup",)),
        ("028-1234567-8901234", ()),
    ],
)
def test_a_sample_that_is_not_shipped_the_normal_way_is_held(
    samples: Samples, order_id: str, holds: tuple[str, ...], tmp_path: Path
) -> None:
    order = next(order_of(sample) for sample in samples.good(GET) if order_of(sample)["orderId"] == order_id)
    shop = shop_for(samples, order, tmp_path)
    shop.run(order_ids=(order_id,))
    assert shop.show(order_id).holds == holds


@of_each_origin
def test_the_sample_that_amazon_delivers_is_held(samples: Samples, tmp_path: Path) -> None:
    order = next(
        order_of(sample) for sample in samples.good(SEARCH) if "DELIVERY_BY_AMAZON" in order_of(sample)["programs"]
    )
    shop = shop_for(samples, order, tmp_path)
    shop.run()
    assert shop.show(order["orderId"]).holds == ("amazon-ships",)


@of_each_origin
def test_any_other_request_is_refused_by_the_name_that_tells_why(samples: Samples, tmp_path: Path) -> None:
    shop = shop_for(samples, order_of(samples.good(SEARCH)[0]), tmp_path)
    with shop.deps.link(_account(shop)) as link, pytest.raises(Problem, match="sandbox-credentials"):
        search_orders(link, {"createdAfter": "2026-11-01T00:00:00Z"})


@of_each_origin
@pytest.mark.parametrize("operation", [SEARCH, GET])
def test_the_sample_of_a_refusal_is_one(samples: Samples, operation: str, tmp_path: Path) -> None:
    sample = samples.bad(operation)
    shop = shop_for(samples, order_of(samples.good(SEARCH)[0]), tmp_path)
    shop.deps.transport = Fixed(sample)
    with shop.deps.link(_account(shop)) as link, pytest.raises(Problem) as caught:
        search_orders(link, {"createdAfter": "TEST_CASE_400"})
    assert (caught.value.name.value, caught.value.facts["code"]) == ("request-refused", "InvalidInput")


@of_each_origin
def test_the_sample_of_participations_is_read(samples: Samples, tmp_path: Path) -> None:
    (sample,) = samples.good("getMarketplaceParticipations")
    shop = shop_for(samples, order_of(samples.good(SEARCH)[0]), tmp_path)
    shop.deps.transport = Fixed(sample)
    with shop.deps.link(_account(shop)) as link:
        found = get_marketplace_participations(link)
    assert [(entry.marketplace_id, entry.participating, entry.listings_suspended) for entry in found] == [
        (
            entry["marketplace"]["id"],
            entry["participation"]["isParticipating"],
            entry["participation"]["hasSuspendedListings"],
        )
        for entry in sample.answer["payload"]
    ]


@of_each_origin
def test_the_samples_of_listings_prove_a_seller_id_or_refuse_it(samples: Samples, tmp_path: Path) -> None:
    shop = shop_for(samples, order_of(samples.good(SEARCH)[0]), tmp_path)
    (good,) = samples.good("searchListingsItems")
    shop.deps.transport = Fixed(good)
    with shop.deps.link(_account(shop)) as link:
        prove_seller_id(link, "A1SAMPLESELLER", "ATVPDKIKX0DER")
    shop.deps.transport = Fixed(samples.bad("searchListingsItems"))
    with shop.deps.link(_account(shop)) as link, pytest.raises(Problem, match="request-refused"):
        prove_seller_id(link, "SellerId", "invalid")


@dataclass
class Fixed(httpx.BaseTransport):
    """One answer to everything but the log-in."""

    sample: Sample

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/auth/o2/token":
            return httpx.Response(200, json={"access_token": "Atza|sample"})
        return httpx.Response(self.sample.status, json=self.sample.answer)


def _account(shop: Shop) -> Account:
    return shop.deps.account_of(SLUG, shop.deps.load_config().stores[SLUG])


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def hold(shown: OrderDetail, sample: Json) -> None:
    """What the order book shows, against the sample as it stands."""
    state = sample["fulfillment"]
    order = shown.order.order
    assert (order.order_id, order.status) == (sample["orderId"], state["fulfillmentStatus"])
    assert order.marketplace_id == sample["salesChannel"]["marketplaceId"]
    assert order.purchased_at == moment(sample["createdTime"])
    assert order.changed_at == moment(sample["lastUpdatedTime"])
    assert order.ship_by == moment(state.get("shipByWindow", {}).get("latestDateTime"))
    assert order.deliver_by == moment(state.get("deliverByWindow", {}).get("latestDateTime"))
    assert order.service_level == state["fulfillmentServiceLevel"]
    assert list(order.programs) == sample.get("programs", [])
    total = sample["proceeds"]["grandTotal"]
    assert (order.total, order.currency) == (total["amount"], total["currencyCode"])
    hold_lines(shown, sample)
    hold_packages(shown, sample)
    hold_personal(shown, sample)


def hold_lines(shown: OrderDetail, sample: Json) -> None:
    assert len(shown.order.order.lines) == len(sample["orderItems"])
    assert shown.order.order.units == sum(item["quantityOrdered"] for item in sample["orderItems"])
    for line, item in zip(shown.order.order.lines, sample["orderItems"], strict=True):
        product, price = item["product"], item["product"]["price"]["unitPrice"]
        assert (line.order_item_id, line.quantity) == (item["orderItemId"], item["quantityOrdered"])
        assert line.quantity_unshipped == item["fulfillment"]["quantityUnfulfilled"]
        assert (line.sku, line.asin, line.title) == (product["sellerSku"], product["asin"], product["title"])
        assert (line.unit_price, line.currency) == (price["amount"], price["currencyCode"])
        assert list(line.programs) == item.get("programs", [])


def hold_packages(shown: OrderDetail, sample: Json) -> None:
    packages = sample.get("packages", [])
    assert [package.reference for package in shown.order.order.packages] == [p["packageReferenceId"] for p in packages]
    for package, theirs in zip(shown.order.order.packages, packages, strict=True):
        assert (package.carrier, package.service) == (theirs["carrier"], theirs["shippingService"])
        assert package.status == theirs["packageStatus"]["status"]
        assert package.shipped_at == moment(theirs["shipTime"])
        packed = [(item.order_item_id, item.quantity) for item in package.items]
        assert packed == [(item["orderItemId"], item["quantity"]) for item in theirs["packageItems"]]


RECIPIENT = {
    "name": "name", "companyName": "company_name", "addressLine1": "address_line_1", "addressLine2": "address_line_2",
    "addressLine3": "address_line_3", "city": "city", "districtOrCounty": "district_or_county",
    "stateOrRegion": "state_or_region", "municipality": "municipality", "postalCode": "postal_code",
    "countryCode": "country_code", "phone": "phone", "addressType": "address_type",
}  # fmt: skip
EXTENDED = {
    "streetName": "street_name", "streetNumber": "street_number", "complement": "complement",
    "neighborhood": "neighborhood",
}  # fmt: skip
BUYER = {
    "buyerName": "name", "buyerEmail": "email", "buyerCompanyName": "company_name",
    "buyerPurchaseOrderNumber": "purchase_order_number",
}  # fmt: skip


def hold_personal(shown: OrderDetail, sample: Json) -> None:
    """What comes out of the vault."""
    personal = shown.personal
    assert personal is not None
    address = sample["recipient"]["deliveryAddress"]
    for theirs, ours in RECIPIENT.items():
        assert getattr(personal.recipient, ours) == (address.get(theirs) or None), ours
    for theirs, ours in EXTENDED.items():
        assert getattr(personal.recipient, ours) == address.get("extendedFields", {}).get(theirs), ours
    for theirs, ours in BUYER.items():
        assert getattr(personal.buyer, ours) == sample.get("buyer", {}).get(theirs), ours
    assert personal.gift_messages == {
        item["orderItemId"]: item["fulfillment"]["packing"]["giftOption"]["giftMessage"]
        for item in sample["orderItems"]
        if "packing" in item["fulfillment"]
    }
    assert personal.tracking_numbers == {
        package["packageReferenceId"]: package["trackingNumber"] for package in sample.get("packages", [])
    }
    registrations = sample.get("tax", {}).get("taxRegistrations", [])
    assert [entry.number for entry in personal.tax_registrations] == [
        entry["taxRegistrationNumber"] for entry in registrations if entry["entityType"] == "BUYER"
    ]
