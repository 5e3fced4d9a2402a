"""Confirmations as the sandbox's tests send them: by a call, or in a feed that is written out by hand."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from amzlink.sandbox.messages import Response
from amzlink.sandbox.order import Order
from amzlink.sandbox.order_plan import Story, Trait
from tests.sandbox.driver import ORDERS_PATH, Driver

FEEDS_PATH = "/feeds/2021-06-30/feeds"
DOCUMENTS_PATH = "/feeds/2021-06-30/documents"
FEED_TYPE = "POST_ORDER_FULFILLMENT_DATA"
XML = "text/xml; charset=UTF-8"
TRACKING = "01234567890123"


def find_order(driver: Driver, *traits: Trait, status: Story = Story.UNSHIPPED) -> Order:
    """The first order of the merchant's with exactly these traits."""
    return next(
        order
        for order in driver.world.orders.values()
        if order.status is status and order.traits == frozenset(traits) and order.fulfilled_by == "MERCHANT"
    )


def items_of(order: Order, quantity: int | None = None) -> list[dict[str, Any]]:
    """All lines of the order, with what is left of each, or with that quantity."""
    return [
        {"orderItemId": line["orderItemId"], "quantity": quantity or line["fulfillment"]["quantityUnfulfilled"]}
        for line in order.body["orderItems"]
    ]


def confirm(driver: Driver, order: Order, /, **changes: object) -> Response:
    """One call that confirms everything of the order, but for the changes."""
    changes.setdefault("orderItems", items_of(order))
    changes.setdefault("marketplaceId", order.marketplace_id)
    return driver.confirm(order.order_id, **changes)


def message(driver: Driver, order: Order, number: int = 1, /, **changes: str | None) -> str:
    """A feed's message that confirms everything of the order; a change replaces a part, None leaves it out."""
    items = "".join(
        f"<Item><AmazonOrderItemCode>{item['orderItemId']}</AmazonOrderItemCode>"
        f"<Quantity>{item['quantity']}</Quantity></Item>"
        for item in items_of(order)
    )
    parts: dict[str, str | None] = {
        "order": f"<AmazonOrderID>{order.order_id}</AmazonOrderID>",
        "reference": "<MerchantFulfillmentID>1</MerchantFulfillmentID>",
        "date": f"<FulfillmentDate>{driver.ago(minutes=1)}</FulfillmentDate>",
        "data": "<FulfillmentData><CarrierCode>DPD</CarrierCode><ShippingMethod>Classic</ShippingMethod>"
        f"<ShipperTrackingNumber>{TRACKING}</ShipperTrackingNumber></FulfillmentData>",
        "items": items,
    }
    body = "".join(part for part in (parts | changes).values() if part is not None)
    return f"<Message><MessageID>{number}</MessageID><OrderFulfillment>{body}</OrderFulfillment></Message>"


def envelope(driver: Driver, messages: Iterable[str]) -> bytes:
    """The document around messages."""
    seller = escape(driver.world.account.seller_id)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>"
        f"<MerchantIdentifier>{seller}</MerchantIdentifier></Header><MessageType>OrderFulfillment</MessageType>"
        f"{''.join(messages)}</AmazonEnvelope>"
    ).encode()


def create_document(driver: Driver) -> dict[str, str]:
    answer = driver.post_json(DOCUMENTS_PATH, {"contentType": XML})
    assert answer.status == 201, answer.body
    document: dict[str, str] = answer.json()
    return document


def put(driver: Driver, url: str, body: bytes, **headers: str) -> Response:
    """An upload to a signed address."""
    split = urlsplit(url)
    return driver.send("PUT", split.path, split.query, body, {"content-type": XML, **headers})


def create_feed(driver: Driver, document_id: str, **changes: object) -> Response:
    body = {
        "feedType": FEED_TYPE,
        "marketplaceIds": [marketplace.id for marketplace in driver.world.account.marketplaces],
        "inputFeedDocumentId": document_id,
    }
    return driver.post_json(FEEDS_PATH, body | changes)


def send_feed(driver: Driver, messages: Iterable[str]) -> str:
    """A feed on its way; its id."""
    document = create_document(driver)
    assert put(driver, document["url"], envelope(driver, messages)).status == 200
    answer = create_feed(driver, document["feedDocumentId"])
    assert answer.status == 202, answer.body
    feed_id: str = answer.json()["feedId"]
    return feed_id


def download(driver: Driver, document_id: str, **parameters: object) -> Response:
    """What lies behind a document's address."""
    answer = driver.get(f"{DOCUMENTS_PATH}/{document_id}", **parameters)
    assert answer.status == 200, answer.body
    split = urlsplit(answer.json()["url"])
    return driver.send("GET", split.path, split.query, headers={})


def finish(driver: Driver, feed_id: str) -> dict[str, Any]:
    """The feed, as long after as the sandbox takes for one."""
    driver.control("clock", {"advance": 120})
    feed: dict[str, Any] = driver.get(f"{FEEDS_PATH}/{feed_id}").json()
    return feed


class Report:
    """A processing report, read."""

    def __init__(self, body: bytes) -> None:
        report = fromstring(body).find("Message/ProcessingReport")
        assert report is not None
        summary = report.find("ProcessingSummary")
        assert summary is not None
        self.summary = {part.tag: int(part.text or "") for part in summary}
        self.results = [
            {part.tag: part.text or part.findtext("AmazonOrderID") or "" for part in result}
            for result in report.findall("Result")
        ]

    @property
    def codes(self) -> list[tuple[str, str, str]]:
        """Message, level and number of each result."""
        return [(each["MessageID"], each["ResultCode"], each["ResultMessageCode"]) for each in self.results]


def process(driver: Driver, messages: Iterable[str]) -> Report:
    """The report on a feed of these messages."""
    feed = finish(driver, send_feed(driver, messages))
    assert feed["processingStatus"] == "DONE"
    return Report(download(driver, feed["resultFeedDocumentId"]).body)


def confirm_parcels(driver: Driver) -> list[Response]:
    """Every call around confirmations, as far as the one before it was answered: single, an edit, then by feed."""
    order = find_order(driver)
    items = items_of(order)
    answers = [confirm(driver, order), confirm(driver, order, trackingNumber="NEW-1", orderItems=items)]
    answers.append(driver.get(f"{ORDERS_PATH}/{order.order_id}", includedData="PACKAGES"))
    document = driver.post_json(DOCUMENTS_PATH, {"contentType": XML})
    if document.status != 201 or document.silent:
        return [*answers, document]
    body = envelope(driver, [message(driver, find_order(driver, trait), at) for at, trait in enumerate(_TRAITS)])
    answers.append(put(driver, document.json()["url"], body))
    answers.append(create_feed(driver, document.json()["feedDocumentId"]))
    driver.control("clock", {"advance": 120})
    feeds = driver.get(FEEDS_PATH, feedTypes=FEED_TYPE)
    answers.append(feeds)
    found = feeds.json()["feeds"] if feeds.status == 200 and feeds.body.endswith(b"}") else []
    return [
        *answers,
        *(download(driver, feed["resultFeedDocumentId"]) for feed in found if "resultFeedDocumentId" in feed),
    ]


_TRAITS = (Trait.GIFT, Trait.BUSINESS)
