"""Every request that the client makes, against Amazon's published models; and what the client believes of them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from msgspec import inspect

from amzlink.amazon import catalog, feeds, listings, reports, sellers, tokens
from amzlink.amazon import listing_json as listing_wire
from amzlink.amazon import order_json as order_wire
from amzlink.amazon.marketplaces import BY_COUNTRY, BY_ID, Region
from amzlink.amazon.orders import GET_ORDER, SANDBOX_QUERIES, SEARCH_ORDERS
from amzlink.amazon.quota import Operation
from amzlink.amazon.sellers import GET_MARKETPLACE_PARTICIPATIONS
from amzlink.amazon.shipments import CONFIRM_SHIPMENT
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.stores.answers import Answers
from amzlink.jobs.stores.prove import prove_amazon
from amzlink.secrets.store import Secret
from tests.support.models import Model, load_table
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

MODELS = {
    "/orders/v0/": "ordersV0.json",
    "/feeds/": "feeds_2021-06-30.json",
    "/reports/": "reports_2021-06-30.json",
    "/orders/": "orders_2026-01-01.json",
    "/sellers/": "sellers.json",
    "/listings/": "listingsItems_2021-08-01.json",
    "/tokens/": "tokens_2021-03-01.json",
}
TOKEN_PATH = "/auth/o2/token"


def hold(requests: list[httpx.Request]) -> list[str]:
    """Hold each request to its model, and the log-ins to what LWA documents; the operations in their order."""
    found = []
    for request in requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        if path == TOKEN_PATH:
            hold_log_in(request)
            continue
        model = Model.load(next(name for prefix, name in MODELS.items() if path.startswith(prefix)))
        found.append(model.check_request(request.method, path, query, request.content))
        assert request.headers["x-amz-access-token"].startswith("Atza|")
        assert request.headers["user-agent"].startswith("amzlink/")
    return found


def hold_log_in(request: httpx.Request) -> None:
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = dict(parse_qsl(request.content.decode(), strict_parsing=True))
    assert form.keys() == {"grant_type", "refresh_token", "client_id", "client_secret"}
    assert form["grant_type"] == "refresh_token"
    assert "x-amz-access-token" not in request.headers


def run(world: StoreOnSandbox, **options: Any) -> ImportReport:
    return import_orders(world.deps, [SLUG], ImportOptions(**options))[0]


def answers_for(world: StoreOnSandbox) -> Answers:
    credentials = world.sandbox.world.account.credentials()
    return Answers(
        slug="my-shop",
        name="My Shop",
        marketplaces=tuple(BY_ID[marketplace_id] for marketplace_id in credentials["marketplace_ids"]),
        seller_id=credentials["seller_id"],
        client_id=credentials["client_id"],
        client_secret=Secret(credentials["client_secret"], "memory"),
        refresh_token=Secret(credentials["refresh_token"], "memory"),
    )


def test_a_first_import_of_many_pages_asks_as_the_model_says(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=500)
    assert run(world, since=world.clock.now() - timedelta(days=300)).complete
    searches = [call for call in world.transport.calls if call.url.path.endswith("/orders")]
    assert hold(world.transport.calls) == ["searchOrders"] * len(searches)
    assert any("paginationToken" in call.url.params for call in searches)
    assert any("createdAfter" in call.url.params for call in searches), "the sweep of orders still to ship"
    assert any("lastUpdatedAfter" in call.url.params for call in searches)


def test_a_page_is_asked_for_with_the_very_query_of_the_first(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=500)
    run(world, since=world.clock.now() - timedelta(days=300))
    queries = [
        tuple(pair for pair in call.url.params.multi_items() if pair[0] != "paginationToken")
        for call in world.transport.calls
        if call.url.path.endswith("/orders")
    ]
    assert len(set(queries)) == 2
    assert len(queries) > 4


def test_windows_end_two_minutes_before_the_request_and_never_begin_after_their_end(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=60)
    for _ in range(3):
        run(world)
        world.clock.advance(1000)
    checked = 0
    for call in world.transport.calls:
        for kind in ("created", "lastUpdated"):
            if f"{kind}After" in call.url.params:
                start, end = (datetime.fromisoformat(call.url.params[f"{kind}{side}"]) for side in ("After", "Before"))
                assert start <= end <= world.clock.now() - timedelta(minutes=2)
                checked += 1
    assert checked >= 3


@pytest.mark.parametrize(
    "fault", ["page-token-dies", "throttled-once", "service-unavailable-once", "token-expires-mid-paging"]
)
def test_what_is_asked_again_after_a_fault_is_as_the_model_says(fault: str, tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=400, faults=(fault,))
    calm = store_on_sandbox(tmp_path / "calm", orders=400)
    for each in (world, calm):
        run(each, since=each.clock.now() - timedelta(days=300))
    assert len(hold(world.transport.calls)) > len(hold(calm.transport.calls))


def test_orders_by_their_number_are_asked_for_as_the_model_says(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=20)
    wanted = tuple(world.sandbox.world.orders)[:3]
    run(world, order_ids=(*wanted, "000-0000000-0000000"))
    assert hold(world.transport.calls) == ["getOrder"] * 4


def test_orders_that_could_not_be_read_are_asked_for_again_as_the_model_says(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=60, faults=("malformed-order",))
    assert run(world).tally.refused
    world.sandbox.world.faults.switch(off=["malformed-order"])
    run(world)
    assert {"searchOrders", "getOrder"} == set(hold(world.transport.calls))


def test_a_dry_run_asks_as_the_model_says(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=60)
    run(world, dry_run=True)
    assert set(hold(world.transport.calls)) == {"searchOrders"}


@pytest.mark.parametrize("fault", [None, "role-missing-orders", "role-missing-listings", "role-missing-participations"])
def test_the_proof_of_a_new_link_asks_as_the_model_says(fault: str | None, tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, faults=(fault,) if fault else ())
    prove_amazon(world.deps, answers_for(world))
    asked = hold(world.transport.calls)
    assert set(asked) == {
        "searchOrders", "getMarketplaceParticipations", "getAccount", "searchListingsItems", "getReports",
        "createRestrictedDataToken",
    }  # fmt: skip


def test_a_get_has_no_body_because_amazons_gateway_refuses_one(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=20)
    run(world)
    gets = [call for call in world.transport.calls if call.method == "GET"]
    assert gets
    assert not any(call.content or "content-length" in call.headers for call in gets)


# What the client believes


@pytest.mark.parametrize(
    ("model", "operation"),
    [
        ("orders_2026-01-01.json", SEARCH_ORDERS),
        ("orders_2026-01-01.json", GET_ORDER),
        ("sellers.json", GET_MARKETPLACE_PARTICIPATIONS),
        ("listingsItems_2021-08-01.json", listings.SEARCH_LISTINGS_ITEMS),
        ("listingsItems_2021-08-01.json", listings.GET_LISTINGS_ITEM),
        ("listingsItems_2021-08-01.json", listings.PATCH_LISTINGS_ITEM),
        ("catalogItems_2022-04-01.json", catalog.SEARCH_CATALOG_ITEMS),
        ("reports_2021-06-30.json", reports.CREATE_REPORT),
        ("reports_2021-06-30.json", reports.GET_REPORT),
        ("reports_2021-06-30.json", reports.GET_REPORT_DOCUMENT),
        ("reports_2021-06-30.json", reports.GET_REPORTS),
        ("tokens_2021-03-01.json", tokens.CREATE_RESTRICTED_DATA_TOKEN),
        ("ordersV0.json", CONFIRM_SHIPMENT),
        ("feeds_2021-06-30.json", feeds.CREATE_FEED_DOCUMENT),
        ("feeds_2021-06-30.json", feeds.CREATE_FEED),
        ("feeds_2021-06-30.json", feeds.GET_FEEDS),
        ("feeds_2021-06-30.json", feeds.GET_FEED),
        ("feeds_2021-06-30.json", feeds.GET_FEED_DOCUMENT),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_rates_and_bursts_are_the_published_ones(model: str, operation: Operation) -> None:
    assert Model.load(model).operations[operation.name].usage_plan == (operation.rate, operation.burst)


@pytest.mark.parametrize("region", ["na", "eu", "fe"])
def test_the_request_for_amazons_own_sandbox_is_one_that_its_model_lists(region: Region) -> None:
    listed = [
        {name: ",".join(value) if isinstance(value, list) else value for name, value in example["parameters"].items()}
        for example in load_table("amazon/examples.json")["searchOrders"]
        if example["status"] == 200
    ]
    query = dict(SANDBOX_QUERIES[region])
    assert query in listed
    assert BY_ID[query["marketplaceIds"]].region == region


def test_every_region_has_a_sample() -> None:
    assert SANDBOX_QUERIES.keys() == {marketplace.region for marketplace in BY_COUNTRY.values()}


# The client asks for the dataset FULFILLMENT, with which this part comes; without a state nothing could be decided.
NEEDED_ALL_THE_SAME = {"Order.fulfillment"}
PLAIN = {inspect.StrType: "string", inspect.IntType: "integer", inspect.BoolType: "boolean"}


class Walk:
    """Goes through the client's type and the model's side by side; `seen` holds the fields on the way."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self.seen: set[str] = set()

    def compare(self, kind: inspect.Type, schema: dict[str, Any], name: str = "") -> None:
        while "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = self._definitions[name]
        if isinstance(kind, inspect.Metadata):
            self.compare(kind.type, schema, name)
        elif isinstance(kind, inspect.UnionType):
            for each in kind.types:
                if not isinstance(each, inspect.NoneType):
                    self.compare(each, schema, name)
        elif isinstance(kind, inspect.VarTupleType):
            assert schema["type"] == "array", name
            self.compare(kind.item_type, schema["items"], name)
        elif isinstance(kind, inspect.StructType):
            self._compare_fields(kind, schema, name)
        elif isinstance(kind, inspect.DictType):  # read by whatever names the model has
            assert schema["type"] == "object", name
        elif isinstance(kind, inspect.DateTimeType):
            assert schema["format"] == "date-time", name
        else:
            assert schema["type"] == PLAIN[type(kind)], name

    def _compare_fields(self, kind: inspect.StructType, schema: dict[str, Any], name: str) -> None:
        for field in kind.fields:
            path = f"{name}.{field.encode_name}"
            self.seen.add(path)
            assert field.encode_name in schema["properties"], f"the model has no {path}"
            if field.required and path not in NEEDED_ALL_THE_SAME:
                assert field.encode_name in schema.get("required", ()), f"the model does not promise {path}"
            self.compare(field.type, schema["properties"][field.encode_name], path)


@pytest.mark.parametrize(
    ("model", "definition", "struct", "fields"),
    [
        ("orders_2026-01-01.json", "SearchOrdersResponse", order_wire.WirePage, 60),
        ("orders_2026-01-01.json", "GetOrderResponse", order_wire.WireAnswer, 60),
        ("sellers.json", "GetMarketplaceParticipationsResponse", sellers._Answer, 6),
        ("listingsItems_2021-08-01.json", "ItemSummaryByMarketplace", listing_wire._Summary, 6),
        ("listingsItems_2021-08-01.json", "Issue", listing_wire.WireIssue, 4),
        ("listingsItems_2021-08-01.json", "ItemRelationshipsByMarketplace", listing_wire._Relationships, 4),
        ("listingsItems_2021-08-01.json", "ItemProductTypeByMarketplace", listing_wire._ProductType, 2),
        ("listingsItems_2021-08-01.json", "Pagination", listings._Pagination, 1),
        ("listingsItems_2021-08-01.json", "ListingsItemSubmissionResponse", listings._Submission, 6),
        ("listingsItems_2021-08-01.json", "ItemSearchResults", listings._Count, 1),
        ("catalogItems_2022-04-01.json", "Pagination", catalog._Pagination, 1),
        ("reports_2021-06-30.json", "CreateReportResponse", reports._ReportId, 1),
        ("reports_2021-06-30.json", "Report", reports.Report, 4),
        ("reports_2021-06-30.json", "ReportDocument", reports._Document, 2),
        ("feeds_2021-06-30.json", "CreateFeedDocumentResponse", feeds._NewDocument, 2),
        ("feeds_2021-06-30.json", "CreateFeedResponse", feeds._FeedId, 1),
        ("feeds_2021-06-30.json", "GetFeedsResponse", feeds._Feeds, 6),
        ("feeds_2021-06-30.json", "Feed", feeds._Feed, 4),
        ("feeds_2021-06-30.json", "FeedDocument", feeds._Document, 2),
    ],
)
def test_the_client_reads_fields_that_the_model_has_and_needs_none_that_it_does_not_promise(
    model: str, definition: str, struct: type, fields: int
) -> None:
    walk = Walk(Model.load(model).definitions)
    walk.compare(inspect.type_info(struct), {"$ref": f"#/definitions/{definition}"})
    assert len(walk.seen) >= fields
