"""The sandbox's answers, its table and its refusals against the facts of Amazon's published models."""

from collections.abc import Iterator
from typing import Any

import pytest

from amzlink.sandbox.messages import Response
from amzlink.sandbox.order_plan import SHOWCASE, Story, Trait
from amzlink.sandbox.table import CATALOG_DATASETS, LISTING_DATASETS, OPERATIONS, Kind, Operation, Parameter
from amzlink.sandbox.weights import WeightKind
from tests.sandbox import parcels, shelf
from tests.sandbox.driver import (
    ACCOUNT_PATH,
    EVERYTHING,
    ORDERS_PATH,
    PARTICIPATIONS_PATH,
    RDT_PATH,
    REPORTS_PATH,
    SHIPPING_REPORT,
    Driver,
)
from tests.support.models import Model
from tests.support.rows import each_row

MODELS = {
    "/orders/v0/": "ordersV0.json",
    "/orders/": "orders_2026-01-01.json",
    "/sellers/": "sellers.json",
    "/tokens/": "tokens_2021-03-01.json",
    "/listings/": "listingsItems_2021-08-01.json",
    "/catalog/": "catalogItems_2022-04-01.json",
    "/reports/": "reports_2021-06-30.json",
    "/feeds/": "feeds_2021-06-30.json",
}
SEEDS = (1, 7, 42, 2026)


def model_of(path: str) -> Model:
    return Model.load(next(name for prefix, name in MODELS.items() if path.startswith(prefix)))


def hold(operation: Operation, answer: Response, status: int = 200) -> None:
    assert answer.status == status, answer.body
    model_of(operation.template).check_response(operation.id, status, answer.body)


BY_ID = {operation.id: operation for operation in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
class TestTable:
    def test_method_path_rate_and_burst_are_the_models(self, operation: Operation) -> None:
        theirs = model_of(operation.template).operations[operation.id]
        assert (operation.method, operation.template) == (theirs.method, theirs.template)
        assert (operation.rate, operation.burst) == theirs.usage_plan

    def test_parameters_are_the_models(self, operation: Operation) -> None:
        theirs = model_of(operation.template).operations[operation.id].parameters
        assert set(operation.by_name) == set(theirs)
        for parameter in operation.parameters:
            assert facts_of(parameter) == model_facts(theirs[parameter.name]), parameter.name


def facts_of(parameter: Parameter) -> tuple[Any, ...]:
    return (
        parameter.kind,
        parameter.place,
        parameter.required,
        set(parameter.values),
        parameter.max_items,
        parameter.maximum,
    )


def model_facts(theirs: dict[str, Any]) -> tuple[Any, ...]:
    """The same facts as the model has them."""
    kinds = {"array": Kind.CSV, "integer": Kind.INTEGER, "string": Kind.TEXT, "boolean": Kind.BOOLEAN}
    kind = Kind.BODY if theirs["in"] == "body" else kinds[theirs["type"]]
    if theirs.get("format") == "date-time":
        kind = Kind.TIME
    return (
        kind,
        theirs["in"],
        theirs.get("required", False),
        set(theirs.get("enum") or theirs.get("items", {}).get("enum") or ()),
        theirs.get("maxItems"),
        theirs.get("maximum"),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_order_of_several_seeds_is_as_in_the_model(seed: int) -> None:
    driver = Driver(orders=400, seed=seed)
    stories = set()
    for page in driver.pages(includedData=EVERYTHING):
        Model.load(MODELS["/orders/"]).check_response("searchOrders", 200, Response(200).with_json(page).body)
        stories |= {order["fulfillment"]["fulfillmentStatus"] for order in page["orders"]}
    assert stories == {story.value for story in Story}


@pytest.mark.parametrize("included_data", ["BUYER", "FULFILLMENT,PACKAGES", "CANCELLATION,RECIPIENT,TAX"])
def test_orders_with_few_datasets_are_as_in_the_model(included_data: str) -> None:
    driver = Driver(orders=len(SHOWCASE))
    for order_id in driver.world.orders:
        hold(BY_ID["getOrder"], driver.get(f"{ORDERS_PATH}/{order_id}", includedData=included_data))


@pytest.mark.parametrize("action", ["cancel", "request-cancellation", "ship", "touch"])
def test_changed_orders_are_as_in_the_model(action: str) -> None:
    driver = Driver(orders=len(SHOWCASE))
    for order_id in [each.order_id for each in driver.world.orders.values() if each.status is Story.UNSHIPPED]:
        driver.control(f"orders/{order_id}", {"action": action})
        hold(BY_ID["getOrder"], driver.get(f"{ORDERS_PATH}/{order_id}", includedData=EVERYTHING))


def test_paid_and_delivered_orders_are_as_in_the_model() -> None:
    driver = Driver()
    for order_id in driver.world.add_orders(20, Story.PENDING):
        for action in ("pay", "ship", "deliver"):
            driver.control(f"orders/{order_id}", {"action": action})
            hold(BY_ID["getOrder"], driver.get(f"{ORDERS_PATH}/{order_id}", includedData=EVERYTHING))


def test_participations_and_account_are_as_in_the_model() -> None:
    driver = Driver()
    hold(BY_ID["getMarketplaceParticipations"], driver.get(PARTICIPATIONS_PATH))
    hold(BY_ID["getAccount"], driver.get(ACCOUNT_PATH))


@pytest.mark.parametrize(
    "fault", ["not-participating", "listings-suspended", "individual-plan", "wrong-marketplace-empty"]
)
def test_participations_and_account_of_every_state_are_as_in_the_model(fault: str) -> None:
    driver = Driver(faults=(fault,))
    hold(BY_ID["getMarketplaceParticipations"], driver.get(PARTICIPATIONS_PATH))
    hold(BY_ID["getAccount"], driver.get(ACCOUNT_PATH))


def test_participations_of_another_region_are_as_in_the_model() -> None:
    driver = Driver(faults=("account-in-other-region",))
    hold(BY_ID["getMarketplaceParticipations"], driver.get(f"/na{PARTICIPATIONS_PATH}"))


@pytest.mark.parametrize("fault", ["only-amazon-fulfilled", "only-pending-orders", "no-orders", "role-missing-pii"])
def test_searches_under_faults_are_as_in_the_model(fault: str) -> None:
    driver = Driver(orders=200, faults=(fault,))
    for page in driver.pages(includedData=EVERYTHING):
        Model.load(MODELS["/orders/"]).check_response("searchOrders", 200, Response(200).with_json(page).body)


def test_reports_are_as_in_the_model() -> None:
    hold(BY_ID["getReports"], Driver().get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, pageSize=1))


class Listening(Driver):
    """Keeps what it sends."""

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        self.sent = method, path, query, body
        return super().send(method, path, query, body, headers)


def test_the_confirmation_that_the_tests_send_is_as_in_the_model() -> None:
    driver = Listening()
    driver.confirm()
    assert Model.load(MODELS["/orders/v0/"]).check_request(*driver.sent) == "confirmShipment"


def test_confirmed_orders_and_their_packages_are_as_in_the_model() -> None:
    driver = Driver()
    for traits in ((), (Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)):
        order = parcels.find_order(driver, *traits)
        items = parcels.items_of(order)
        for changes in ({"orderItems": items[:1]}, {"trackingNumber": "NEW-1", "orderItems": items[:1]}):
            hold(BY_ID["confirmShipment"], parcels.confirm(driver, order, **changes), 204)
            hold(BY_ID["getOrder"], driver.get(f"{ORDERS_PATH}/{order.order_id}", includedData=EVERYTHING))


def test_a_confirmation_with_everything_that_the_model_knows_is_taken() -> None:
    driver = Listening()
    order = parcels.find_order(driver, Trait.TRANSPARENCY)
    (item,) = parcels.items_of(order)
    answer = parcels.confirm(
        driver, order, carrierCode="Other", carrierName="Kurier", shippingMethod="Classic", shipFromSupplySourceId="1",
        orderItems=[{**item, "transparencyCodes": ["AZ:1"]}],
    )  # fmt: skip
    hold(BY_ID["confirmShipment"], answer, 204)
    assert Model.load(MODELS["/orders/v0/"]).check_request(*driver.sent) == "confirmShipment"
    hold(BY_ID["getOrder"], driver.get(f"{ORDERS_PATH}/{order.order_id}", includedData=EVERYTHING))


class TestFeeds:
    @pytest.mark.parametrize(
        ("fault", "seen"),
        [
            (None, ["IN_QUEUE", "IN_PROGRESS", "DONE"]),
            ("feed-fatal", ["IN_QUEUE", "IN_PROGRESS", "FATAL"]),
            ("feed-cancelled", ["IN_QUEUE", "CANCELLED", "CANCELLED"]),
        ],
    )
    def test_every_answer_on_a_feeds_way_is_as_in_the_model(self, fault: str | None, seen: list[str]) -> None:
        driver = Listening(faults=(fault,) if fault else ())
        model = Model.load(MODELS["/feeds/"])
        created = driver.post_json(parcels.DOCUMENTS_PATH, {"contentType": parcels.XML})
        assert model.check_request(*driver.sent) == "createFeedDocument"
        hold(BY_ID["createFeedDocument"], created, 201)
        message = parcels.message(driver, parcels.find_order(driver), 1)
        assert parcels.put(driver, created.json()["url"], parcels.envelope(driver, [message])).status == 200
        feed = parcels.create_feed(driver, created.json()["feedDocumentId"])
        assert model.check_request(*driver.sent) == "createFeed"
        hold(BY_ID["createFeed"], feed, 202)
        statuses = []
        for _ in seen:
            answer = driver.get(f"{parcels.FEEDS_PATH}/{feed.json()['feedId']}")
            hold(BY_ID["getFeed"], answer)
            hold(BY_ID["getFeeds"], driver.get(parcels.FEEDS_PATH, feedTypes=parcels.FEED_TYPE))
            statuses.append(answer.json()["processingStatus"])
            driver.control("clock", {"advance": 60})
        assert statuses == seen

    @pytest.mark.parametrize("messages", [1, 500])
    def test_documents_and_pages_are_as_in_the_model(self, messages: int) -> None:
        driver = Driver()
        nowhere = "<AmazonOrderID>000-0000000-0000000</AmazonOrderID>"
        order = parcels.find_order(driver)
        written = [parcels.message(driver, order, at, order=nowhere) for at in range(messages)]
        feed = parcels.finish(driver, parcels.send_feed(driver, written))
        hold(BY_ID["getFeedDocument"], driver.get(f"{parcels.DOCUMENTS_PATH}/{feed['resultFeedDocumentId']}"))
        parcels.send_feed(driver, [])
        page = driver.get(parcels.FEEDS_PATH, feedTypes=parcels.FEED_TYPE, pageSize=1)
        hold(BY_ID["getFeeds"], page)
        hold(BY_ID["getFeeds"], driver.get(parcels.FEEDS_PATH, nextToken=page.json()["nextToken"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_all_listings_are_as_in_the_model(seed: int) -> None:
    driver = Driver(seed=seed)
    everywhere = ",".join(marketplace.id for marketplace in driver.world.account.marketplaces)
    query: dict[str, Any] = {"marketplaceIds": everywhere, "includedData": ",".join(LISTING_DATASETS)}
    for page in shelf.listing_pages(driver, pageSize=20, **query):
        hold(BY_ID["searchListingsItems"], Response(200).with_json(page))
        for sku in shelf.skus_of(page):
            hold(BY_ID["getListingsItem"], driver.listings(sku, **query))


@each_row("kind", list(WeightKind))
def test_changes_to_listings_of_every_kind_are_as_in_the_model(kind: WeightKind) -> None:
    driver = Listening()
    model = Model.load(MODELS["/listings/"])
    product = shelf.product_of(driver, kind)
    for parameters in ({"mode": shelf.PREVIEW, "includedData": "issues,identifiers", "issueLocale": "en_GB"}, {}):
        told = shelf.patch(driver, product, **parameters)
        assert model.check_request(*driver.sent) == "patchListingsItem"
        hold(BY_ID["patchListingsItem"], Response(200).with_json(told))
    driver.control("clock", {"advance": 300})
    hold(BY_ID["getListingsItem"], driver.listings(product.sku, includedData=",".join(LISTING_DATASETS)))


def test_an_issue_that_comes_after_a_change_is_as_in_the_model() -> None:
    driver = Driver(faults=("listing-patch-refused-later",))
    product = shelf.product_of(driver, WeightKind.ZERO)
    shelf.patch(driver, product)
    driver.control("clock", {"advance": 300})
    hold(BY_ID["getListingsItem"], driver.listings(product.sku, includedData="issues"))


def test_all_catalog_items_are_as_in_the_model() -> None:
    driver = Driver()
    asins = list(driver.world.catalogue.by_asin)
    data = ",".join(name for name in CATALOG_DATASETS if name != "vendorDetails")
    query = {"marketplaceIds": shelf.GERMANY, "includedData": data}
    for start in range(0, len(asins), 20):
        chunk = ",".join(asins[start : start + 20])
        page = driver.get(shelf.CATALOG_PATH, identifiers=chunk, identifiersType="ASIN", **query)
        hold(BY_ID["searchCatalogItems"], page)
    for asin in asins:
        hold(BY_ID["getCatalogItem"], driver.get(f"{shelf.CATALOG_PATH}/{asin}", **query))


class TestReports:
    @pytest.mark.parametrize(
        ("fault", "seen"),
        [
            (None, ["IN_QUEUE", "IN_PROGRESS", "DONE"]),
            ("report-failed", ["IN_QUEUE", "IN_PROGRESS", "FATAL"]),
            ("report-cancelled", ["IN_QUEUE", "CANCELLED", "CANCELLED"]),
        ],
    )
    def test_every_answer_on_a_reports_way_is_as_in_the_model(self, fault: str | None, seen: list[str]) -> None:
        driver = Listening(faults=(fault,) if fault else ())
        created = shelf.create_report(driver, dataStartTime=driver.ago(days=1))
        assert Model.load(MODELS["/reports/"]).check_request(*driver.sent) == "createReport"
        hold(BY_ID["createReport"], created, 202)
        statuses = []
        for _ in seen:
            answer = driver.get(f"{REPORTS_PATH}/{created.json()['reportId']}")
            hold(BY_ID["getReport"], answer)
            hold(BY_ID["getReports"], driver.get(REPORTS_PATH, reportTypes=shelf.REPORT_TYPE))
            statuses.append(answer.json()["processingStatus"])
            driver.control("clock", {"advance": 60})
        assert statuses == seen

    @pytest.mark.parametrize("listings", [96, 1000])
    def test_documents_and_pages_are_as_in_the_model(self, listings: int) -> None:
        driver = Driver(listings=listings)
        document_id = shelf.make_report(driver)["reportDocumentId"]
        hold(BY_ID["getReportDocument"], driver.get(f"{shelf.REPORT_DOCUMENTS_PATH}/{document_id}"))
        shelf.create_report(driver)
        page = driver.get(REPORTS_PATH, reportTypes=shelf.REPORT_TYPE, pageSize=1)
        hold(BY_ID["getReports"], page)
        hold(BY_ID["getReports"], driver.get(REPORTS_PATH, nextToken=page.json()["nextToken"]))


def test_a_restricted_data_token_is_as_in_the_model() -> None:
    driver = Driver()
    resource = {"method": "GET", "path": "/orders/v0/orders/302-1234567-1234567/address", "dataElements": ["buyerInfo"]}
    hold(BY_ID["createRestrictedDataToken"], driver.post_json(RDT_PATH, {"restrictedResources": [resource]}))


def refused(status: int) -> Iterator[tuple[str, Response]]:
    """Each operation's answer when it refuses with that status."""
    faults = {403: "account-suspended", 429: "throttled", 500: "server-error", 503: "service-unavailable"}
    driver = Driver(faults=(faults[status],) if status in faults else ())
    yield from refused_by_the_shelf(driver, status)
    if status in faults:
        yield "searchOrders", driver.search()
        yield "getOrder", driver.get(f"{ORDERS_PATH}/302-1234567-1234567")
        yield "getMarketplaceParticipations", driver.get(PARTICIPATIONS_PATH)
        yield "getAccount", driver.get(ACCOUNT_PATH)
        yield "createRestrictedDataToken", driver.post_json(RDT_PATH, {})
        yield "searchListingsItems", driver.listings()
        yield "getListingsItem", driver.listings("MUG")
        yield "getReports", driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT)
        yield "confirmShipment", driver.confirm()
        yield "createFeedDocument", driver.post_json(parcels.DOCUMENTS_PATH, {"contentType": parcels.XML})
        yield "createFeed", parcels.create_feed(driver, "1")
        yield "getFeed", driver.get(f"{parcels.FEEDS_PATH}/1")
        yield "getFeeds", driver.get(parcels.FEEDS_PATH, feedTypes=parcels.FEED_TYPE)
        yield "getFeedDocument", driver.get(f"{parcels.DOCUMENTS_PATH}/1")
    if status == 400:
        vague = Driver(faults=("refused-vaguely",))
        yield "searchOrders", driver.search(maxResultsPerPage=0)
        yield "getOrder", driver.get(f"{ORDERS_PATH}/302-1234567-1234567", includedData="ALL")
        yield "getMarketplaceParticipations", vague.get(PARTICIPATIONS_PATH)
        yield "createRestrictedDataToken", driver.post_json(RDT_PATH, {"restrictedResources": []})
        yield "searchListingsItems", driver.listings(pageSize=21)
        yield "getListingsItem", driver.listings("MUG", marketplaceIds="")
        yield "getReports", driver.get(REPORTS_PATH)
        yield "confirmShipment", driver.confirm(packageReferenceId=1)
        yield "confirmShipment", driver.confirm(driver.world.shippable()[0])
        yield "createFeedDocument", driver.post_json(parcels.DOCUMENTS_PATH, {})
        yield "createFeed", parcels.create_feed(driver, "1")
        yield "getFeed", vague.get(f"{parcels.FEEDS_PATH}/1")
        yield "getReport", vague.get(f"{REPORTS_PATH}/1")
        yield "getFeeds", driver.get(parcels.FEEDS_PATH)
        yield "getFeedDocument", driver.get(f"{parcels.DOCUMENTS_PATH}/1")
    if status == 404:
        yield "confirmShipment", driver.confirm()
        yield "getFeed", driver.get(f"{parcels.FEEDS_PATH}/1")
        yield "getOrder", driver.get(f"{ORDERS_PATH}/302-1234567-1234567")
        yield "getListingsItem", driver.listings("MUG")


def refused_by_the_shelf(driver: Driver, status: int) -> Iterator[tuple[str, Response]]:
    """The same of listings, the catalogue and reports; calls that are right otherwise, but for status 400."""
    item, report = f"{shelf.CATALOG_PATH}/B0", f"{REPORTS_PATH}/1"
    if status == 404:
        yield "getCatalogItem", driver.get(item, marketplaceIds=shelf.GERMANY)
        yield "getReport", driver.get(report)
        return
    bad: dict[str, object] = {"includedData": "colors"} if status == 400 else {}
    catalog_query = {"identifiers": "B0", "identifiersType": "ASIN", "marketplaceIds": shelf.GERMANY}
    yield "patchListingsItem", shelf.send_patch(driver, "MUG", {}, **bad)
    yield "searchCatalogItems", driver.get(shelf.CATALOG_PATH, **catalog_query, **bad)
    yield "getCatalogItem", driver.get(item, marketplaceIds=shelf.GERMANY, **bad)
    yield "createReport", shelf.create_report(driver, **({"reportType": "GET_EVERYTHING"} if bad else {}))
    if status != 400:  # there is no parameter that could be wrong
        yield "getReport", driver.get(report)
    yield "getReportDocument", driver.get(f"{shelf.REPORT_DOCUMENTS_PATH}/1")


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_refusals_are_as_in_the_model(status: int) -> None:
    answers = list(refused(status))
    assert answers
    for operation_id, answer in answers:
        hold(BY_ID[operation_id], answer, status)


@pytest.mark.parametrize(
    ("fault", "status"), [("role-missing-reports", 403), ("dormant-account", 400), ("sandbox-host", 400)]
)
def test_a_refusal_in_other_words_is_as_in_the_model(fault: str, status: int) -> None:
    hold(BY_ID["getReports"], Driver(faults=(fault,)).get(REPORTS_PATH, reportTypes=SHIPPING_REPORT), status)


class TestMeasure:
    """The helper that holds requests and answers to a model must itself find faults."""

    def test_a_right_request_is_named(self) -> None:
        model = Model.load(MODELS["/orders/"])
        query = "createdAfter=2026-01-01T00%3A00%3A00Z&marketplaceIds=A%2CB&maxResultsPerPage=50"
        assert model.check_request("GET", ORDERS_PATH, query) == "searchOrders"

    @pytest.mark.parametrize(
        ("query", "fault"),
        [
            ("createdafter=2026-01-01T00:00:00Z", "no query parameter createdafter"),
            ("createdAfter=2026-01-01", "no time in UTC"),
            ("createdAfter=2026-01-01T00:00:00%2B01:00", "no time in UTC"),
            ("fulfilledBy=MERCHANT,AMZ", "not one of"),
            ("marketplaceIds=" + ",".join("A" * 51), "at most 50"),
            ("maxResultsPerPage=ten", "no whole number"),
            ("includedData=BUYER&includedData=TAX", "given twice"),
            ("paginationToken=", "is empty"),
        ],
    )
    def test_a_wrong_query_is_told(self, query: str, fault: str) -> None:
        with pytest.raises(AssertionError, match=fault):
            Model.load(MODELS["/orders/"]).check_request("GET", ORDERS_PATH, query)

    def test_a_missing_parameter_an_unknown_path_and_a_needless_body_are_told(self) -> None:
        listings = Model.load(MODELS["/listings/"])
        with pytest.raises(AssertionError, match="marketplaceIds is required"):
            listings.check_request("GET", "/listings/2021-08-01/items/A1", "")
        with pytest.raises(AssertionError, match="no operation"):
            listings.check_request("GET", "/listings/2021-08-01/items/A1/MUG/BLUE", "marketplaceIds=A")
        with pytest.raises(AssertionError, match="takes no body"):
            listings.check_request("GET", "/listings/2021-08-01/items/A1/MUG%2FBLUE", "marketplaceIds=A", b"{}")

    def test_a_body_is_held_to_its_schema(self) -> None:
        tokens = Model.load(MODELS["/tokens/"])
        good = '{"restrictedResources":[{"method":"GET","path":"/orders/v0/orders"}]}'
        assert tokens.check_request("POST", RDT_PATH, "", good) == "createRestrictedDataToken"
        with pytest.raises(AssertionError, match="'path' is a required property"):
            tokens.check_request("POST", RDT_PATH, "", '{"restrictedResources":[{"method":"GET"}]}')

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ("{}", "'orders' is a required property"),
            ('{"orders":[],"createdBefore":"yesterday"}', "date-time"),
            ('{"orders":[],"surprise":1}', "surprise"),
            ('{"orders":[', "no JSON"),
        ],
    )
    def test_a_wrong_answer_is_told(self, body: str, fault: str) -> None:
        with pytest.raises(AssertionError, match=fault):
            Model.load(MODELS["/orders/"]).check_response("searchOrders", 200, body)

    def test_unknown_fields_pass_where_they_are_allowed(self) -> None:
        body = '{"orders":[],"surprise":1}'
        Model.load(MODELS["/orders/"]).check_response("searchOrders", 200, body, allow_unknown=True)
