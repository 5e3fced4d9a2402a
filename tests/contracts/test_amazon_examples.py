"""Amazon's own example answers, through the client and the import into a real order book.

They stand in the published models, as the answers of Amazon's static sandbox.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.orders import search_orders
from amzlink.amazon.sellers import get_marketplace_participations
from amzlink.config import Config, Store
from amzlink.deps import Account, Deps
from amzlink.files import find_home
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.orders import OrderDetail, list_orders, show_order
from amzlink.orderbook.orders import Filter
from amzlink.problems import Problem, ProblemName
from amzlink.secrets import MemorySecrets
from tests.support.models import FOLDER
from tests.support.world import VirtualClock

Json = dict[str, Any]
SLUG = "sample"
ORDERS = "orders_2026-01-01.json"
SELLERS = "sellers.json"
LISTINGS = "listingsItems_2021-08-01.json"
SEARCH = "/orders/2026-01-01/orders"
GET = "/orders/2026-01-01/orders/{orderId}"


@dataclass(frozen=True)
class Sample:
    """A request that the model lists, and its answer."""

    parameters: Json
    status: int
    answer: Json

    def matches(self, given: Json) -> bool:
        """Whether a request is this one, word for word."""
        return {name: _spell(entry["value"]) for name, entry in self.parameters.items() if "value" in entry} == given


def _spell(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@cache
def samples(model: str, path: str) -> tuple[Sample, ...]:
    """The samples of a path's GET; empty where the models are not here."""
    file = FOLDER / model
    if not file.is_file():
        return ()
    document = json.loads(file.read_text(encoding="utf-8"))
    responses = document["paths"][path]["get"]["responses"]
    return tuple(
        Sample(entry["request"]["parameters"], int(status), entry["response"])
        for status, response in responses.items()
        for entry in response.get("x-amzn-api-sandbox", {}).get("static", ())
    )


def good(path: str) -> list[Sample]:
    return [sample for sample in samples(ORDERS, path) if sample.status == 200]


def order_of(sample: Sample) -> Json:
    order: Json = sample.answer["order"] if "order" in sample.answer else sample.answer["orders"][0]
    return order


SEARCHED = [pytest.param(sample, id=order_of(sample)["salesChannel"]["marketplaceName"]) for sample in good(SEARCH)]
FETCHED = [pytest.param(sample, id=order_of(sample)["salesChannel"]["marketplaceName"]) for sample in good(GET)]


@pytest.fixture(autouse=True)
def models_are_here() -> None:
    if not FOLDER.is_dir():
        pytest.skip("Amazon's models are not here")


@dataclass
class StaticSandbox(httpx.BaseTransport):
    """Amazon's static sandbox: knows the samples' requests and no others. An order is found by its number alone."""

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
        if path.startswith(f"{SEARCH}/"):
            order_id = path.rpartition("/")[2]
            return next((s for s in samples(ORDERS, GET) if s.parameters["orderId"]["value"] == order_id), None)
        return next((sample for sample in samples(ORDERS, SEARCH) if sample.matches(given)), None)


@dataclass
class Shop:
    """A store on Amazon's static sandbox, a day after the sample's last change."""

    deps: Deps
    transport: StaticSandbox

    def run(self, **options: Any) -> ImportReport:
        return import_orders(self.deps, [SLUG], ImportOptions(**options))[0]

    def show(self, order_id: str) -> OrderDetail:
        return show_order(self.deps, SLUG, order_id, with_personal=True)


def shop_for(order: Json, folder: Path) -> Shop:
    marketplace = BY_ID[order["salesChannel"]["marketplaceId"]]
    home = find_home({"AMZLINK_HOME": str(folder / "amzlink")})
    home.prepare()
    secrets = MemorySecrets()
    secrets.set(SLUG, "client-secret", "a-client-secret")
    secrets.set(SLUG, "refresh-token", "a-refresh-token")
    clock = VirtualClock(datetime.fromisoformat(order["lastUpdatedTime"]) + timedelta(days=1))
    transport = StaticSandbox()
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
    return [each for each in parameters if order_of(each.values[0])["fulfillment"]["fulfilledBy"] == who]


def test_the_models_have_the_samples_that_these_tests_are_about() -> None:
    assert len(SEARCHED) == 3
    assert len(FETCHED) == 3


@pytest.mark.parametrize("sample", shipped_by("MERCHANT", SEARCHED))
def test_the_sample_of_a_search_is_imported_as_it_stands(sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(order, tmp_path)
    report = shop.run()
    assert (report.complete, report.tally.counts()["new"], report.tally.refused) == (True, 1, [])
    region = BY_ID[order["salesChannel"]["marketplaceId"]].region
    assert shop.transport.hosts == {f"sandbox.sellingpartnerapi-{region}.amazon.com"}
    hold(shop.show(order["orderId"]), order)


@pytest.mark.parametrize("sample", FETCHED)
def test_the_sample_of_a_single_order_is_imported_as_it_stands(sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(order, tmp_path)
    report = shop.run(order_ids=(order["orderId"],))
    assert (report.complete, report.tally.counts()["new"], report.tally.refused) == (True, 1, [])
    hold(shop.show(order["orderId"]), order)


@pytest.mark.parametrize("sample", shipped_by("AMAZON", SEARCHED))
def test_the_sample_that_amazon_ships_is_refused_by_name_and_not_stored(sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(order, tmp_path)
    report = shop.run()
    assert [(entry.order_id, entry.problem) for entry in report.tally.refused] == [
        (order["orderId"], ProblemName.ORDER_AMAZON_FULFILLED)
    ]
    assert list(list_orders(shop.deps, SLUG, Filter())) == []


@pytest.mark.parametrize("sample", [*shipped_by("MERCHANT", SEARCHED), *FETCHED])
def test_a_sample_that_comes_again_changes_nothing(sample: Sample, tmp_path: Path) -> None:
    order = order_of(sample)
    shop = shop_for(order, tmp_path)
    options = {"order_ids": (order["orderId"],)} if "order" in sample.answer else {}
    shop.run(**options)
    before = shop.show(order["orderId"])
    assert shop.run(**options).tally.counts()["unchanged"] == 1
    assert shop.show(order["orderId"]) == before


@pytest.mark.parametrize(
    ("order_id", "holds"),
    [
        ("171-9876543-2109876", ("label-too-early", "prime")),
        ("114-9876543-1234567", ("store-pickup",)),
        ("028-1234567-8901234", ()),
    ],
)
def test_a_sample_that_is_not_shipped_the_normal_way_is_held(
    order_id: str, holds: tuple[str, ...], tmp_path: Path
) -> None:
    order = next(order_of(sample) for sample in good(GET) if order_of(sample)["orderId"] == order_id)
    shop = shop_for(order, tmp_path)
    shop.run(order_ids=(order_id,))
    assert shop.show(order_id).holds == holds


def test_the_sample_that_amazon_delivers_is_held(tmp_path: Path) -> None:
    order = next(order_of(sample) for sample in good(SEARCH) if "DELIVERY_BY_AMAZON" in order_of(sample)["programs"])
    shop = shop_for(order, tmp_path)
    shop.run()
    assert shop.show(order["orderId"]).holds == ("amazon-ships",)


def test_any_other_request_is_refused_by_the_name_that_tells_why(tmp_path: Path) -> None:
    shop = shop_for(order_of(good(SEARCH)[0]), tmp_path)
    with shop.deps.link(_account(shop)) as link, pytest.raises(Problem, match="sandbox-credentials"):
        search_orders(link, {"createdAfter": "2026-11-01T00:00:00Z"})


@pytest.mark.parametrize("path", [SEARCH, GET])
def test_the_sample_of_a_refusal_is_one(path: str, tmp_path: Path) -> None:
    (sample,) = [sample for sample in samples(ORDERS, path) if sample.status == 400]
    shop = shop_for(order_of(good(SEARCH)[0]), tmp_path)
    shop.deps.transport = Fixed(sample)
    with shop.deps.link(_account(shop)) as link, pytest.raises(Problem) as caught:
        search_orders(link, {"createdAfter": "TEST_CASE_400"})
    assert (caught.value.name.value, caught.value.facts["code"]) == ("request-refused", "InvalidInput")


def test_the_sample_of_participations_is_read(tmp_path: Path) -> None:
    (sample,) = [s for s in samples(SELLERS, "/sellers/v1/marketplaceParticipations") if s.status == 200]
    shop = shop_for(order_of(good(SEARCH)[0]), tmp_path)
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


def test_the_samples_of_listings_prove_a_seller_id_or_refuse_it(tmp_path: Path) -> None:
    shop = shop_for(order_of(good(SEARCH)[0]), tmp_path)
    by_status = {sample.status: sample for sample in samples(LISTINGS, "/listings/2021-08-01/items/{sellerId}")}
    shop.deps.transport = Fixed(by_status[200])
    with shop.deps.link(_account(shop)) as link:
        prove_seller_id(link, "A1SAMPLESELLER", "ATVPDKIKX0DER")
    shop.deps.transport = Fixed(by_status[400])
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


def hold(shown: OrderDetail, sample: Json) -> None:
    """What the order book shows, against the sample as it stands."""
    state = sample["fulfillment"]
    order = shown.order
    assert (order.order_id, order.status) == (sample["orderId"], state["fulfillmentStatus"])
    assert order.marketplace_id == sample["salesChannel"]["marketplaceId"]
    assert order.purchased_at == sample["createdTime"]
    assert datetime.fromisoformat(order.changed_at) == datetime.fromisoformat(sample["lastUpdatedTime"])
    assert order.ship_by == state.get("shipByWindow", {}).get("latestDateTime")
    assert order.deliver_by == state.get("deliverByWindow", {}).get("latestDateTime")
    assert order.service_level == state["fulfillmentServiceLevel"]
    assert list(order.programs) == sample.get("programs", [])
    total = sample["proceeds"]["grandTotal"]
    assert (order.total, order.currency) == (total["amount"], total["currencyCode"])
    hold_lines(shown, sample)
    hold_packages(shown, sample)
    hold_personal(shown, sample)


def hold_lines(shown: OrderDetail, sample: Json) -> None:
    assert len(shown.lines) == len(sample["orderItems"])
    assert shown.order.units == sum(item["quantityOrdered"] for item in sample["orderItems"])
    for line, item in zip(shown.lines, sample["orderItems"], strict=True):
        product, price = item["product"], item["product"]["price"]["unitPrice"]
        assert (line.order_item_id, line.quantity) == (item["orderItemId"], item["quantityOrdered"])
        assert line.quantity_unshipped == item["fulfillment"]["quantityUnfulfilled"]
        assert (line.sku, line.asin, line.title) == (product["sellerSku"], product["asin"], product["title"])
        assert (line.unit_price, line.currency) == (price["amount"], price["currencyCode"])
        assert list(line.programs) == item.get("programs", [])


def hold_packages(shown: OrderDetail, sample: Json) -> None:
    packages = sample.get("packages", [])
    assert [package.reference for package in shown.packages] == [p["packageReferenceId"] for p in packages]
    for package, theirs in zip(shown.packages, packages, strict=True):
        assert (package.carrier, package.service) == (theirs["carrier"], theirs["shippingService"])
        assert package.status == theirs["packageStatus"]["status"]
        assert package.shipped_at == theirs["shipTime"]
        assert list(package.items) == [(item["orderItemId"], item["quantity"]) for item in theirs["packageItems"]]


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
