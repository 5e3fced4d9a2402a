"""Every decoder of foreign data, each with a document that it reads as it should."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from amzlink.amazon import catalog, feeds, listings, orders, reports, sellers, tokens
from amzlink.amazon.errors import lwa_failure, spapi_failure
from amzlink.amazon.feed_reports import read_report
from amzlink.amazon.orders_report import NEEDED, ReportedOrders, reported_orders
from amzlink.amazon.transport import Document, SpApiClient
from amzlink.config.file import read_config
from amzlink.core.decoding import read_toml
from amzlink.core.orders.address_file import read_addresses
from amzlink.core.schedule import crontab
from amzlink.core.shipments.rows import read_shipments
from amzlink.core.weights.rows import read_weights
from amzlink.http.client import Answer
from amzlink.sealed import VaultKeys, open_vault
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.store import require
from amzlink.sendcloud import account, shipments
from amzlink.sendcloud import orders as destination
from amzlink.sendcloud.errors import parse_errors
from amzlink.sendcloud.transport import Reply, SendcloudClient
from tests.amazon.test_feeds_reports import QUANTITIES, report, result
from tests.support.address_files import cells_of, file_of
from tests.support.pushing import HEADER, row
from tests.support.quotas import FileQuotas
from tests.support.sealed import vault_of
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

KNOWN: Final = (ValueError,)  # what whoever calls them makes a problem of
Decode = Callable[[bytes], object]


@dataclass(frozen=True)
class Decoder:
    """What reads a document; beside problems it may raise what it is known to, and nothing else."""

    whole: bytes
    decode: Decode
    may_raise: tuple[type[Exception], ...] = ()


class Replaced:
    """Stands where a client calls its service: `body` takes the place of every answer while it is set."""

    def __init__(self, call: Callable[..., Any], answer: Callable[[bytes], Any]) -> None:
        self._call, self._answer = call, answer
        self.body: bytes | None = None
        self.last = b""

    def __call__(self, *given: Any, **named: Any) -> Any:
        if self.body is not None:
            return self._answer(self.body)
        answer = self._call(*given, **named)
        self.last = answer.body
        return answer


class OneDocument:
    """A connection that leads to this document, whatever is asked for."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, *_: object, **__: object) -> Answer:
        return Answer(b'{"reportDocumentId": "1", "url": "http://127.0.0.1/1"}', "1")

    def download(self, _url: str) -> Document:
        return Document(self._body, "text/plain; charset=Cp1252")

    @property
    def as_link(self) -> SpApiClient:
        return cast("SpApiClient", self)


class Services:
    """Clients of a store on a sandbox whose answers can be replaced."""

    def __init__(self, folder: Path) -> None:
        self.at: StoreOnSandbox = store_on_sandbox(folder, orders=30, destination="sendcloud")
        deps = self.at.deps
        self.store = deps.load_config().stores[SLUG]
        self._amazon = deps.link(deps.account_of(SLUG, self.store), timedelta())
        self._sendcloud = deps.sendcloud(SLUG, self.store, timedelta())
        self._of_amazon = Replaced(self._amazon._call, lambda body: Answer(body, "1"))
        self._of_sendcloud = Replaced(self._sendcloud._call, lambda body: Reply("call", 200, body, "1"))
        self._amazon._call = self._of_amazon  # type: ignore[method-assign]
        self._sendcloud._call = self._of_sendcloud  # type: ignore[method-assign]

    def of_amazon(self, call: Callable[[SpApiClient], object], whole: bytes = b"") -> Decoder:
        """The decoder of an answer of Amazon's, `whole` or as the sandbox gives it."""
        return _decoder(self._of_amazon, lambda: call(self._amazon), whole)

    def of_sendcloud(self, call: Callable[[SendcloudClient], object]) -> Decoder:
        """The decoder of an answer of Sendcloud's."""
        return _decoder(self._of_sendcloud, lambda: call(self._sendcloud), b"")


def _decoder(replaced: Replaced, call: Callable[[], object], whole: bytes) -> Decoder:
    if not whole:
        replaced.body = None
        call()
        whole = replaced.last

    def decode(body: bytes) -> object:
        replaced.body = body
        return call()

    return Decoder(whole, decode)


def decoders(folder: Path) -> dict[str, Decoder]:
    """All of them, by name."""
    at = Services(folder / "store")
    return {**_answers(at), **_documents(at), **_files(folder, at)}


def _answers(at: Services) -> dict[str, Decoder]:
    sandbox, store = at.at.sandbox, at.store
    now = at.at.clock.now()
    ids, seller = list(store.marketplace_ids), store.seller_id
    order_id = next(iter(sandbox.world.orders))
    asins = [product.asin for product in list(sandbox.world.catalogue.products)[:10]]
    long_ago = now - timedelta(days=700)
    query = orders.changed_between(long_ago, now - timedelta(minutes=5), ids)
    since = now - timedelta(days=1)
    return {
        "searchOrders": at.of_amazon(lambda link: orders.search_orders(link, query)),
        "getOrder": at.of_amazon(lambda link: orders.get_order(link, order_id)),
        "getMarketplaceParticipations": at.of_amazon(sellers.get_marketplace_participations),
        "getAccount": at.of_amazon(sellers.get_account),
        "searchListingsItems": replace(
            at.of_amazon(lambda link: list(listings.changed_listings(link, seller, tuple(ids), long_ago, now))),
            may_raise=(listings.TooManyListings,),
        ),
        "searchCatalogItems": at.of_amazon(lambda link: catalog.package_weights(link, ids[0], asins)),
        "getFeeds": at.of_amazon(lambda link: feeds.recent_feeds(link, since)),
        "createFeedDocument": at.of_amazon(feeds.create_document),
        "createReport": at.of_amazon(lambda link: reports.request_orders_report(link, ids, since)),
        "getReports": at.of_amazon(lambda link: reports.find_orders_report(link, ids, since)),
        "createRestrictedDataToken": at.of_amazon(
            lambda link: tokens.token_for(link, "/reports/2021-06-30/documents/1"),
            b'{"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600}',
        ),
        "getReport": at.of_amazon(
            lambda link: reports.report_status(link, "1"),
            b'{"reportId": "1", "reportType": "T", "processingStatus": "DONE", "reportDocumentId": "2",'
            b' "createdTime": "2026-11-29T00:00:00Z"}',
        ),
        "getFeed": at.of_amazon(
            lambda link: feeds.get_feed(link, "1"),
            b'{"feedId": "1", "feedType": "T", "processingStatus": "DONE", "resultFeedDocumentId": "2",'
            b' "createdTime": "2026-11-29T00:00:00Z"}',
        ),
        "sendcloud/whoami": at.of_sendcloud(account.who_am_i),
        "sendcloud/integrations": at.of_sendcloud(account.list_integrations),
        "sendcloud/orders": at.of_sendcloud(
            lambda client: destination.find_order(client, store.sendcloud_integration_id or 1, order_id)
        ),
        "sendcloud/shipments": at.of_sendcloud(
            lambda client: shipments.shipments_of_order(client, store.sendcloud_integration_id or 1, order_id)
        ),
    }


def _documents(at: Services) -> dict[str, Decoder]:
    error = {"errors": [{"code": "Unauthorized", "message": "Access is denied.", "details": "no role"}]}
    refusal = {"errors": [{"status": "400", "code": "invalid", "detail": "no", "source": {"pointer": "/0/order_id"}}]}
    log_in = {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"}
    ids = at.store.marketplace_ids
    world = at.at.sandbox.world
    lines = file_of([line for order_id in list(world.orders)[:4] for line in cells_of(world, order_id)], "utf-8")

    def shipping_report(body: bytes) -> object:
        read = reports.report_lines(OneDocument(body).as_link, "1", needed=NEEDED)
        return list(reported_orders(read, ids, ReportedOrders()))

    def listings_report(body: bytes) -> object:
        return list(reports.listing_skus(OneDocument(body).as_link, "1"))

    return {
        "errors of Amazon": Decoder(
            json.dumps(error).encode(), lambda body: spapi_failure(403, body, "searchOrders", "orders", "1")
        ),
        "errors of the log-in": Decoder(json.dumps(log_in).encode(), lambda body: lwa_failure(400, body, "1")),
        "errors of Sendcloud": Decoder(json.dumps(refusal).encode(), parse_errors),
        "feed report": Decoder(
            report(result(2, "18021", QUANTITIES), result(5, "5004", "carrier"), errors=2),
            lambda body: read_report(body, compressed=False),
            KNOWN,
        ),
        "feed report, packed": Decoder(
            gzip.compress(report(result(2, "18021", QUANTITIES), errors=1)),
            lambda body: read_report(body, compressed=True),
            KNOWN,
        ),
        "shipping report": Decoder(lines, shipping_report),
        "listings report": Decoder(
            b"item-name\tseller-sku\tasin1\tstatus\nMug\tMUG-1\tB0ABC\tActive\nTea\tTEA\tB0ABD\tInactive\n",
            listings_report,
        ),
    }


def _files(folder: Path, at: Services) -> dict[str, Decoder]:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    world = at.at.sandbox.world
    table = at.at.deps.home.config_file.read_bytes()
    settings, counts, keys = folder / "config.toml", folder / "quota.json", folder / "keys"
    rows = (row("302-1234567-1234567"), row("302-1234567-1234568", ship_date="23.11.2026"))
    parcels = f"{HEADER}\n" + "\n".join(rows)
    as_json = json.dumps(list(csv.DictReader(io.StringIO(parcels))))
    weights = "sku;weight;unit;hs_code;country_of_origin\nMUG-1;0,45;kg;6912 00;CN\nTEA;450g;;0902.10;LK\n"
    addresses = file_of([line for order_id in list(world.orders)[:4] for line in cells_of(world, order_id)])
    schedule = "MAILTO=me\n*/15 * * * * /usr/bin/amzlink import-orders --all-stores # amzlink\n@daily run\n"

    def read_settings(body: bytes) -> object:
        settings.write_bytes(body)
        return read_config(settings)

    def read_counts(body: bytes) -> object:
        counts.write_bytes(body)
        return FileQuotas(counts, "store", at.at.clock).take(orders.GET_ORDER, now.timestamp())

    def read_key(body: bytes) -> object:
        secrets = MemorySecrets()
        secrets.set(SLUG, "vault-key", body.decode("utf-8", "replace"))
        with at.at.deps.book(SLUG) as book:
            return open_vault(book, VaultKeys(secrets, SLUG, folder))

    def read_crontab(body: bytes) -> object:
        text = body.decode("utf-8", "surrogateescape")
        return [crontab.timing_of("import-orders", line) for line in crontab.foreign_lines(text)]

    def read_parcels(body: bytes) -> object:
        return list(read_shipments(io.BytesIO(body), file="parcels.csv", now=now, countries=("DE",)))

    keys.mkdir()
    FileQuotas(counts, "store", at.at.clock).take(orders.GET_ORDER, now.timestamp())
    with at.at.deps.book(SLUG) as book:
        vault_of(at.at.deps, book).seal("302-1234567-1234567", b"a name", now.date())
    key = require(at.at.deps.secrets, SLUG, "vault-key").reveal()
    return {
        "config.toml": Decoder(table, read_settings),
        "secrets.toml": Decoder(b'client_secret = "amzn1.oa2-cs.v1.1"\nrefresh_token = "Atzr|1"\n', read_toml, KNOWN),
        "quota.json": Decoder(counts.read_bytes(), read_counts),
        "vault key": Decoder(key.encode(), read_key),
        "crontab": Decoder(schedule.encode(), read_crontab),
        "parcels.csv": Decoder(parcels.encode(), read_parcels),
        "parcels.json": Decoder(as_json.encode(), read_parcels),
        "weights.csv": Decoder(weights.encode(), lambda body: read_weights(io.BytesIO(body), file="weights.csv")),
        "addresses": Decoder(addresses, lambda body: read_addresses(io.BytesIO(body), file="orders.txt")),
        "addresses of Japan": Decoder(
            addresses, lambda body: read_addresses(io.BytesIO(body), file="orders.txt", japanese=True)
        ),
    }
