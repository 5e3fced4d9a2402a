"""Cassettes of the Amazon client: what is said on each, how it is recorded, and how it is played.

A scene is a talk between the client and Amazon. Recorded, it runs over sockets against the sandbox (or, where somebody
has credentials for it, Amazon's own); the hosts are rewritten to Amazon's, secrets and tokens scrubbed. Played, the
same talk runs on the plain transport, from which vcrpy keeps the network away.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import vcr
import yaml
from vcr.cassette import Cassette
from vcr.request import Request as TapedRequest

from amzlink.amazon.auth import LwaAuth
from amzlink.amazon.catalog import CatalogWeights, package_weights
from amzlink.amazon.feed_reports import FeedResult
from amzlink.amazon.feeds import create_document, create_feed, feed_results, get_feed, recent_feeds, upload_document
from amzlink.amazon.fulfilment_feed import fulfilment_feed
from amzlink.amazon.listings import Listing, PatchAnswer, find_listings, patch_weight, prove_seller_id
from amzlink.amazon.marketplaces import ENDPOINTS, LWA_URL, SANDBOX_ENDPOINTS
from amzlink.amazon.orders import (
    SANDBOX_QUERIES,
    OrdersPage,
    get_order,
    search_orders,
    to_ship_created_between,
)
from amzlink.amazon.reports import Report, report_status, request_listings_report
from amzlink.amazon.sellers import get_marketplace_participations
from amzlink.amazon.shipments import Confirmation, confirm_shipment
from amzlink.amazon.transport import DeadPageToken, SpApiClient
from amzlink.clock import Clock, SystemClock
from amzlink.core.orders.import_window import SETTLED
from amzlink.core.orders.order import Order
from amzlink.core.shipments.packing import Item
from amzlink.http.client import CallRecord
from amzlink.http.patience import Patience
from amzlink.problems import Problem
from amzlink.sandbox.server import Sandbox
from tests.support.quotas import FileQuotas
from tests.support.world import VirtualClock

FOLDER = Path(__file__).resolve().parents[1] / "amazon" / "cassettes"
NOT_THERE = "000-0000000-0000000"
ODD_SKUS = ("MUG+GRN", "KETTLE/BLU 1", "LAMP 100%", "KNIFE,20CM", "NOBODY/S")
NEW_GRAMS = 455
_LWA_PATH = "/auth/o2/token"
_DOCUMENTS_PATH = "/documents/"
DOCUMENTS_URL = "https://documents.example"  # where the sandbox keeps them, Amazon has signed addresses of S3's
_OF_NOBODY = "A0000000000000"
_ELSEWHERE = "ATVPDKIKX0DER"
_KEPT_REQUEST_HEADERS = ("accept", "content-type", "x-amz-access-token")
_KEPT_RESPONSE_HEADERS = (
    "content-type", "date", "retry-after", "x-amzn-errortype", "x-amzn-ratelimit-limit", "x-amzn-requestid",
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Whose account it is; on a cassette it is always `SCRUBBED`."""

    client_id: str
    client_secret: str
    refresh_token: str
    seller_id: str
    marketplace_ids: tuple[str, ...]


SCRUBBED = Identity(
    client_id="the-client-id",
    client_secret="the-client-secret",
    refresh_token="the-refresh-token",
    seller_id="THESELLERID",
    marketplace_ids=("A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1805IZSGTT6HS", "A1C3SOZRARQ6R3"),
)


@dataclass
class Caller:
    """The client, and the account it calls for."""

    link: SpApiClient
    who: Identity

    def to_ship(self, page_size: int, *marketplace_ids: str) -> dict[str, str]:
        """The query for the orders of the last 30 days that are still to ship."""
        now = self.link.amazon_now()
        wanted = marketplace_ids or self.who.marketplace_ids
        return to_ship_created_between(now - timedelta(days=30), now - SETTLED, wanted, page_size)


# The talks


def ask_for_a_token(caller: Caller) -> None:
    """Only the log-in."""
    caller.link.learn_time()


def read_all_pages(caller: Caller) -> list[OrdersPage]:
    """All orders still to ship, four a page."""
    query, pages, token = caller.to_ship(4), list[OrdersPage](), None
    while not pages or token:
        pages.append(search_orders(caller.link, query, token))
        token = pages[-1].next_token
    return pages


def read_a_page(caller: Caller) -> OrdersPage:
    """The first orders still to ship."""
    return search_orders(caller.link, caller.to_ship(3))


def read_an_order_twice(caller: Caller) -> tuple[Order, Order]:
    """An order, found by a search and then asked for by its number."""
    found = search_orders(caller.link, caller.to_ship(1)).orders[0]
    return found, get_order(caller.link, found.order_id)


def change_the_query_between_pages(caller: Caller) -> None:
    """The second page of one search with the token of another."""
    token = search_orders(caller.link, caller.to_ship(1)).next_token
    search_orders(caller.link, caller.to_ship(1, caller.who.marketplace_ids[0]), token)


def search_to_this_moment(caller: Caller) -> None:
    """A window whose end is younger than the two minutes that Amazon asks for."""
    now = caller.link.amazon_now()
    search_orders(caller.link, to_ship_created_between(now - timedelta(days=1), now, caller.who.marketplace_ids))


def parcel_of(caller: Caller, order: Order, **changes: Any) -> Confirmation:
    """A confirmation of all that the order has left."""
    lines = [line for line in order.lines if line.quantity_unshipped]
    fields = {
        "order_id": order.order_id,
        "marketplace_id": order.marketplace_id,
        "reference": "1",
        "carrier_code": "DHL",
        "shipping_method": "DHL Paket",
        "tracking_number": "00340434161094042557",
        "ship_date": caller.link.amazon_now() - timedelta(minutes=5),
        "items": tuple(Item(line.order_item_id, line.quantity_unshipped) for line in lines),
    }
    return Confirmation(**fields | changes)


def confirm_and_read_back(caller: Caller) -> tuple[Order, Order]:
    """A parcel, confirmed and then corrected; the order before and after."""
    order = search_orders(caller.link, caller.to_ship(1)).orders[0]
    confirm_shipment(caller.link, parcel_of(caller, order))
    confirm_shipment(caller.link, parcel_of(caller, order, carrier_code="DPD", tracking_number="01234567890123"))
    return order, get_order(caller.link, order.order_id)


def confirm_too_much(caller: Caller) -> None:
    """The same units once more, in another package."""
    order = search_orders(caller.link, caller.to_ship(1)).orders[0]
    confirm_shipment(caller.link, parcel_of(caller, order))
    confirm_shipment(caller.link, parcel_of(caller, order, reference="2"))


def confirm_for_nobody(caller: Caller) -> None:
    """An order that there is not."""
    order = search_orders(caller.link, caller.to_ship(1)).orders[0]
    confirm_shipment(caller.link, parcel_of(caller, order, order_id=NOT_THERE))


def confirm_a_parcel(caller: Caller) -> None:
    """One parcel."""
    confirm_shipment(caller.link, parcel_of(caller, search_orders(caller.link, caller.to_ship(1)).orders[0]))


def confirm_by_feed(caller: Caller) -> dict[int, FeedResult]:
    """A parcel and a letter without a number, and one for an order that there is not; what the report says."""
    one, two = search_orders(caller.link, caller.to_ship(2)).orders
    letter = parcel_of(
        caller,
        two,
        carrier_code="Other",
        carrier_name="Deutsche Post Brief",
        tracking_number=None,
        shipping_method=None,
    )
    parcels = [parcel_of(caller, one), letter, parcel_of(caller, one, order_id=NOT_THERE)]
    place = create_document(caller.link)
    upload_document(caller.link, place, fulfilment_feed(parcels, caller.who.seller_id))
    feed_id = create_feed(caller.link, caller.who.marketplace_ids, place.document_id)
    while not (feed := get_feed(caller.link, feed_id)).is_over:
        caller.link.clock.sleep(40)
    (listed,) = recent_feeds(caller.link, feed.created_at)
    assert listed == feed
    return feed_results(caller.link, feed.result_document_id or "")


def upload_a_document(caller: Caller) -> None:
    """A place for a document, and the document."""
    upload_document(caller.link, create_document(caller.link), b"<AmazonEnvelope/>")


def find_some_listings(caller: Caller) -> dict[str, Listing]:
    """Listings with SKUs that have to be encoded, one that the search cannot be asked for, and one of nobody."""
    return find_listings(caller.link, caller.who.seller_id, caller.who.marketplace_ids, ODD_SKUS)


def weigh_a_listing(caller: Caller) -> tuple[PatchAnswer, PatchAnswer, Listing, Listing]:
    """A weight, previewed and written: both answers, and the listing before and some minutes after."""
    before = find_the_first(caller)
    preview, taken = (write_a_weight(caller, before, preview=preview) for preview in (True, False))
    caller.link.clock.sleep(600)
    return preview, taken, before, find_the_first(caller)


def weigh_it_unseen(caller: Caller) -> PatchAnswer:
    """A weight, written without a preview."""
    return write_a_weight(caller, find_the_first(caller), preview=False)


def find_the_first(caller: Caller) -> Listing:
    """One listing."""
    found = find_listings(caller.link, caller.who.seller_id, caller.who.marketplace_ids, ODD_SKUS[:1])
    return found[ODD_SKUS[0]]


def write_a_weight(caller: Caller, listing: Listing, *, preview: bool) -> PatchAnswer:
    """A weight, as the listing itself says how."""
    marketplace_id = caller.who.marketplace_ids[0]
    return patch_weight(
        caller.link,
        caller.who.seller_id,
        listing.sku,
        marketplace_id=marketplace_id,
        product_type=listing.product_type or "",
        attribute=listing.weight_attribute,
        grams=NEW_GRAMS,
        preview=preview,
        locale="en_GB",
        unit=listing.unit_of(listing.weight_attribute, marketplace_id),
    )


def ask_the_catalogue(caller: Caller) -> dict[str, CatalogWeights]:
    """What the catalogue says of a listing's product, and of one that there is not."""
    asins = [find_the_first(caller).asin or "", "B000000000"]
    return package_weights(caller.link, caller.who.marketplace_ids[0], asins)


def make_a_report(caller: Caller) -> Report:
    """The listings report, until it is over."""
    report_id = request_listings_report(caller.link, caller.who.marketplace_ids)
    while not (report := report_status(caller.link, report_id)).is_over:
        caller.link.clock.sleep(30)
    return report


@dataclass(frozen=True)
class Scene:
    """A talk, and the faults under which it is held: switched on once the client has its token, or before."""

    talk: Callable[[Caller], Any]
    faults: tuple[str, ...] = ()
    token_first: bool = True


SCENES: Mapping[str, Scene] = {
    # What works
    "pages": Scene(read_all_pages),
    "one-order": Scene(read_an_order_twice),
    "participations": Scene(lambda caller: get_marketplace_participations(caller.link)),
    "seller-id": Scene(
        lambda caller: prove_seller_id(caller.link, caller.who.seller_id, caller.who.marketplace_ids[0])
    ),
    "personal-data-withheld": Scene(read_a_page, ("role-missing-pii",)),
    "unknown-fields": Scene(read_a_page, ("unknown-fields",)),
    "malformed-order": Scene(read_a_page, ("malformed-order",)),
    "shipment": Scene(confirm_and_read_back),
    "feed": Scene(confirm_by_feed),
    "listings": Scene(find_some_listings),
    "listing-weighed": Scene(weigh_a_listing),
    "catalogue": Scene(ask_the_catalogue),
    "report": Scene(make_a_report),
    # What passes
    "throttled-once": Scene(read_a_page, ("throttled-once",)),
    "unavailable-once": Scene(read_a_page, ("service-unavailable-once",)),
    "token-expires-between-pages": Scene(read_all_pages, ("token-expires-mid-paging",)),
    "page-token-dead": Scene(read_all_pages, ("page-token-dies",)),
    "page-token-of-another-query": Scene(change_the_query_between_pages),
    # What LWA refuses
    "client-unknown": Scene(ask_for_a_token, ("client-unknown",), token_first=False),
    "authorisation-revoked": Scene(ask_for_a_token, ("authorisation-revoked",), token_first=False),
    "app-mismatch": Scene(ask_for_a_token, ("app-mismatch",), token_first=False),
    # What the API refuses
    "order-unknown": Scene(lambda caller: get_order(caller.link, NOT_THERE)),
    "seller-id-wrong": Scene(lambda caller: prove_seller_id(caller.link, _OF_NOBODY, caller.who.marketplace_ids[0])),
    "window-too-young": Scene(search_to_this_moment),
    "region-mismatch": Scene(lambda caller: search_orders(caller.link, caller.to_ship(1, _ELSEWHERE))),
    "client-secret-expired": Scene(read_a_page, ("client-secret-expired",)),
    "access-token-rejected": Scene(read_a_page, ("access-token-rejected",)),
    "orders-denied": Scene(read_a_page, ("role-missing-orders",)),
    "listings-denied": Scene(
        lambda caller: prove_seller_id(caller.link, caller.who.seller_id, caller.who.marketplace_ids[0]),
        ("role-missing-listings",),
    ),
    "participations-denied": Scene(
        lambda caller: get_marketplace_participations(caller.link), ("role-missing-participations",)
    ),
    "shipment-too-much": Scene(confirm_too_much),
    "shipment-order-unknown": Scene(confirm_for_nobody),
    "shipment-tracking-format": Scene(confirm_a_parcel, ("shipment-refused",)),
    "shipment-denied": Scene(confirm_a_parcel, ("role-missing-confirm",)),
    "document-expired": Scene(upload_a_document, ("feed-document-expired",)),
    "feeds-denied": Scene(upload_a_document, ("role-missing-feeds",)),
    "listing-patch-refused": Scene(weigh_a_listing, ("listing-patch-refused",)),
    "listing-patch-denied": Scene(weigh_a_listing, ("role-missing-listings-write",)),
    "catalogue-denied": Scene(ask_the_catalogue, ("role-missing-catalog",)),
    "reports-denied": Scene(make_a_report, ("role-missing-reports",)),
    "report-failed": Scene(make_a_report, ("report-failed",)),
    # What is no answer
    "shipment-answer-lost": Scene(confirm_a_parcel, ("confirm-lost-answer",)),
    "listing-patch-answer-lost": Scene(weigh_it_unseen, ("listing-patch-lost-answer",)),
    "page-for-people": Scene(read_a_page, ("proxy-interferes",)),
    "page-for-people-before-the-token": Scene(ask_for_a_token, ("proxy-interferes",), token_first=False),
    "answer-cut-off": Scene(read_a_page, ("response-truncated",)),
    "answer-empty": Scene(read_a_page, ("response-empty",)),
    "unavailable": Scene(read_a_page, ("service-unavailable",)),
}
# Amazon's own sandbox knows fixed requests only; recorded where somebody has credentials for it.
AMAZONS_SANDBOX = "amazons-sandbox"
AMAZONS_SCENE = Scene(lambda caller: search_orders(caller.link, SANDBOX_QUERIES["eu"]))


# The recording


class Scrubber:
    """Puts a name in the place of every secret; each access token has a number, so that one can see which was sent."""

    def __init__(self, who: Identity = SCRUBBED) -> None:
        self._names = {
            who.client_id: SCRUBBED.client_id,
            who.client_secret: SCRUBBED.client_secret,
            who.refresh_token: SCRUBBED.refresh_token,
            who.seller_id: SCRUBBED.seller_id,
        }
        self._tokens: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret, name in self._names.items():
            text = text.replace(secret, name)
        text = re.sub(r"https?://[^/\"\s]+(?=/documents/)", DOCUMENTS_URL, text)
        text = re.sub(r"(?<=X-Amz-Signature=)[\w-]+", "the-signature", text)
        return re.sub(r"""Atz[^|"]*\|[^"'&\s<]+""", self._number, text)

    def _number(self, found: re.Match[str]) -> str:
        return self._tokens.setdefault(found[0], f"access-token-{len(self._tokens) + 1}")

    def request(self, request: TapedRequest) -> TapedRequest:
        """A request as it is taped, and as it is compared; one that is scrubbed already stays as it is."""
        parts = urlsplit(request.uri)
        host = urlsplit(_host_of(parts.path))
        uri = self.text(urlunsplit((host.scheme, host.netloc, parts.path, parts.query, "")))
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = (request.body or b"").decode()
        if parts.path == _LWA_PATH:
            form = parse_qsl(body, keep_blank_values=True)
            body = urlencode([(name, self.text(value)) for name, value in form])
        else:
            body = self.text(body)
        kept = {name: self.text(headers[name]) for name in _KEPT_REQUEST_HEADERS if name in headers}
        return TapedRequest(request.method, uri, body.encode(), kept)

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """An answer as it is taped: its JSON on lines of its own."""
        text = self.text(response["body"]["string"].decode())
        with suppress(ValueError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
        headers = {name.lower(): value for name, value in response["headers"].items()}
        return {
            "status": response["status"],
            "headers": {name: headers[name] for name in _KEPT_RESPONSE_HEADERS if name in headers},
            "body": {"string": text.encode()},
        }


def _host_of(path: str) -> str:
    """Whose a path is: LWA's, a signed document's, or the API's."""
    if path == _LWA_PATH:
        return LWA_URL
    return DOCUMENTS_URL if path.startswith(_DOCUMENTS_PATH) else ENDPOINTS["eu"]


class _Lines(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _write_text(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Lines.add_representer(str, _write_text)


class Readable:
    """YAML for reviewers."""

    @staticmethod
    def serialize(tape: dict[str, Any]) -> str:
        """The cassette's file."""
        text: str = yaml.dump(tape, Dumper=_Lines, sort_keys=False, allow_unicode=True, width=10_000)
        return text

    @staticmethod
    def deserialize(text: str) -> Any:
        """What is in it."""
        return yaml.safe_load(text)


def _is_the_same(request: TapedRequest, taped: TapedRequest) -> bool:
    """Compares all that a cassette keeps of a request, the number of its token too."""
    return all(getattr(request, part) == getattr(taped, part) for part in ("method", "uri", "body", "headers"))


def _recorder(mode: Literal["all", "none"], scrubber: Scrubber) -> vcr.VCR:
    recorder = vcr.VCR(
        record_mode=mode,
        serializer="readable",
        match_on=["exactly"],
        before_record_request=scrubber.request,
        before_record_response=scrubber.response,
        decode_compressed_response=True,
    )
    recorder.register_serializer("readable", Readable)
    recorder.register_matcher("exactly", _is_the_same)
    return recorder


def record(name: str, folder: Path = FOLDER) -> None:
    """Record a scene against the sandbox; the same sandbox gives the same cassette."""
    scene, clock = SCENES[name], VirtualClock()
    with Sandbox(orders=14, seed=7, quota="real", clock=clock) as sandbox:
        addresses = sandbox.describe()
        credentials = addresses["credentials"]
        who = Identity(
            **{key: credentials[key] for key in ("client_id", "client_secret", "refresh_token", "seller_id")},
            marketplace_ids=tuple(credentials["marketplace_ids"]),
        )

        with _taping(folder / f"{name}.yaml", who, (addresses["spapi_url"], addresses["lwa_url"]), clock) as caller:
            if scene.token_first:
                caller.link.learn_time()
            sandbox.world.faults.switch(on=scene.faults)
            scene.talk(caller)


def record_amazons_sandbox(
    client_id: str,
    client_secret: str,
    refresh_token: str,
    folder: Path = FOLDER,
    urls: tuple[str, str] = (SANDBOX_ENDPOINTS["eu"], LWA_URL),
) -> None:
    """Record the sample of Amazon's own sandbox."""
    who = Identity(client_id, client_secret, refresh_token, SCRUBBED.seller_id, SCRUBBED.marketplace_ids)
    with _taping(folder / f"{AMAZONS_SANDBOX}.yaml", who, urls, SystemClock()) as caller:
        caller.link.learn_time()
        AMAZONS_SCENE.talk(caller)


@contextmanager
def _taping(file: Path, who: Identity, urls: tuple[str, str], clock: Clock) -> Iterator[Caller]:
    """A caller whose talk is recorded; a scene may well end with a problem."""
    file.unlink(missing_ok=True)
    with (
        _recorder("all", Scrubber(who)).use_cassette(str(file)),
        _link(who, urls, clock, []) as link,
        suppress(Problem, DeadPageToken),
    ):
        yield Caller(link, who)


# The playing


@dataclass
class Tape:
    """A cassette in play."""

    caller: Caller
    clock: VirtualClock
    calls: list[CallRecord]
    cassette: Cassette
    _scene: Scene = field(repr=False)

    def talk(self) -> Any:
        """Hold the scene's talk."""
        return self._scene.talk(self.caller)

    @property
    def tokens(self) -> list[str]:
        """The access token of each call of the API, by its number."""
        headers = [request.headers for request in self.cassette.requests]
        return [each["x-amz-access-token"] for each in headers if "x-amz-access-token" in each]


@contextmanager
def playing(name: str) -> Iterator[Tape]:
    """A scene's cassette with recording off; it has to be played to its end, in the order in which it was recorded."""
    scene = AMAZONS_SCENE if name == AMAZONS_SANDBOX else SCENES[name]
    clock, calls = VirtualClock(), list[CallRecord]()
    recorder = _recorder("none", Scrubber())
    with (
        recorder.use_cassette(str(FOLDER / f"{name}.yaml")) as cassette,
        _link(SCRUBBED, (ENDPOINTS["eu"], LWA_URL), clock, calls) as link,
    ):
        if scene.token_first:
            link.learn_time()
        yield Tape(Caller(link, SCRUBBED), clock, calls, cassette, scene)
    assert cassette.all_played, f"{name} was not played to its end"
    recorded = [response["status"]["code"] for response in cassette.responses]
    assert [call.status for call in calls] == recorded, f"{name} was not played in its order"


@contextmanager
def _link(who: Identity, urls: tuple[str, str], clock: Clock, calls: list[CallRecord]) -> Iterator[SpApiClient]:
    """The client over the plain transport."""
    spapi_url, lwa_url = urls
    with (
        TemporaryDirectory() as folder,
        SpApiClient(
            base_url=spapi_url,
            auth=LwaAuth(lwa_url, who.client_id, lambda: (who.client_secret, who.refresh_token), clock),
            quotas=FileQuotas(Path(folder) / "quota.json", "cassettes"),
            clock=clock,
            patience=Patience(clock, timedelta(minutes=10)),
            rng=random.Random(7),
            on_call=calls.append,
        ) as link,
    ):
        yield link
