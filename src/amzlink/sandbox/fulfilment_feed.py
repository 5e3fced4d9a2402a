"""A feed of type POST_ORDER_FULFILLMENT_DATA: reads its XML, confirms message by message, writes the report.

The form is that of Amazon's schema `OrderFulfillment.xsd`: elements come in a fixed order, a carrier is told by its
code or by its name, number and service may be missing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)
from xml.sax.saxutils import escape

from amzlink.sandbox.carriers import CARRIER_CODES
from amzlink.sandbox.confirmations import (
    CARRIER_UNKNOWN,
    Confirmation,
    ConfirmationRefusedError,
    Rule,
    SentItem,
    confirm,
)
from amzlink.sandbox.ledger import Route
from amzlink.sandbox.shipment_faults import FEED_CONTRADICTS, FEED_CONTRADICTS_AND_STORES
from amzlink.sandbox.world import World

_MESSAGE_TYPE: Final = "OrderFulfillment"
_ILL_FORMED: Final = Rule(
    "The XML you submitted is ill-formed at the Amazon Envelope XML level at (or near) line {}, column {}.",
    result_code=5000,
)
_ITEMS_INVALID: Final = Rule(
    "We are unable to process the XML feed because one or more items are invalid. Please re-submit the feed.",
    result_code=25,
)
_ORDER_PARTS: Final = (
    "AmazonOrderID", "MerchantFulfillmentID", "FulfillmentDate", "FulfillmentData", "CODCollectionMethod", "Item",
    "ShipFromAddress",
)  # fmt: skip
_DATA_PARTS: Final = ("CarrierCode", "CarrierName", "ShippingMethod", "ShipperTrackingNumber")
_ITEM_PARTS: Final = ("AmazonOrderItemCode", "MerchantFulfillmentItemID", "Quantity", "TransparencyCode")
_MOST_CODES: Final = 10
_REPORT_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
<Header><DocumentVersion>1.02</DocumentVersion><MerchantIdentifier>{seller_id}</MerchantIdentifier></Header>
<MessageType>ProcessingReport</MessageType>
<Message><MessageID>1</MessageID><ProcessingReport>
<DocumentTransactionID>{feed_id}</DocumentTransactionID><StatusCode>Complete</StatusCode>
<ProcessingSummary><MessagesProcessed>{processed}</MessagesProcessed><MessagesSuccessful>{successful}</MessagesSuccessful>
<MessagesWithError>{errors}</MessagesWithError><MessagesWithWarning>{warnings}</MessagesWithWarning></ProcessingSummary>
"""
_REPORT_FOOT: Final = "</ProcessingReport></Message>\n</AmazonEnvelope>\n"


@dataclass(frozen=True, slots=True)
class Messages:
    """What a feed holds; or, where it cannot be read as a whole, why (`fault`)."""

    elements: tuple[Element, ...] = ()
    fault: ConfirmationRefusedError | None = None

    def first_half(self) -> "Messages":
        """The messages that come first, rounded down."""
        return replace(self, elements=self.elements[: len(self.elements) // 2])


@dataclass(frozen=True, slots=True)
class _Result:
    """One entry of the report."""

    message_id: str
    level: str
    code: int
    description: str
    order_id: str = ""

    def write(self) -> str:
        """The entry as XML."""
        order = f"<AmazonOrderID>{escape(self.order_id)}</AmazonOrderID>" if self.order_id else ""
        return (
            f"<Result><MessageID>{escape(self.message_id)}</MessageID><ResultCode>{self.level}</ResultCode>"
            f"<ResultMessageCode>{self.code}</ResultMessageCode>"
            f"<ResultDescription>{escape(self.description)}</ResultDescription>"
            f"{f'<AdditionalInfo>{order}</AdditionalInfo>' if order else ''}</Result>\n"
        )


class _DeclarationError(Exception):
    """The document declares a type of its own."""


class _Tree(TreeBuilder):
    """Builds elements, and stops at a document type: without one there are no entities that could swell up."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:  # noqa: ARG002
        """Called before anything of the declaration is read."""
        raise _DeclarationError


def read(body: bytes, seller_id: str) -> Messages:
    """The messages of a feed."""
    parser = XMLParser(target=_Tree())  # noqa: S314 (see _Tree)
    try:
        parser.feed(body)
        root = parser.close()
    except _DeclarationError:
        return Messages(fault=ConfirmationRefusedError(_ILL_FORMED, "1", "1"))
    except ParseError as error:
        line, column = error.position
        return Messages(fault=ConfirmationRefusedError(_ILL_FORMED, str(line), str(column)))
    named = (root.tag, root.findtext("Header/MerchantIdentifier"), root.findtext("MessageType"))
    if named != ("AmazonEnvelope", seller_id, _MESSAGE_TYPE):
        return Messages(fault=ConfirmationRefusedError(_ITEMS_INVALID))
    return Messages(tuple(root.findall("Message")))


def process(world: World, messages: Messages, feed_id: str, now: datetime) -> bytes:
    """Confirms what the messages tell, as of `now`; the processing report."""
    fault = messages.fault
    if fault is not None:
        results = [_Result("0", "Error", fault.rule.result_code, fault.message)]
    else:
        results = list(_process_as_told(world, messages.elements, now))
    errors = sum(result.level == "Error" for result in results)
    processed = len(messages.elements)
    successful = 0 if _contradicts(world) else max(0, processed - errors)
    head = _REPORT_HEAD.format(
        seller_id=world.account.seller_id, feed_id=feed_id, processed=processed,
        successful=successful, errors=errors, warnings=len(results) - errors,
    )  # fmt: skip
    return "".join((head, *(result.write() for result in results), _REPORT_FOOT)).encode()


def _contradicts(world: World) -> bool:
    return world.faults.has(FEED_CONTRADICTS) or world.faults.has(FEED_CONTRADICTS_AND_STORES)


def _process_as_told(world: World, elements: tuple[Element, ...], now: datetime) -> Iterator[_Result]:
    """The results, under the faults whose reports contradict themselves as well."""
    if not _contradicts(world) or not elements:
        yield from _process(world, elements, now)
        return
    first, *others = elements
    message_id = (first.findtext("MessageID") or "0").strip()
    yield _Result(message_id, "Error", _ITEMS_INVALID.result_code, _ITEMS_INVALID.message)
    if world.faults.has(FEED_CONTRADICTS_AND_STORES):
        yield from _process(world, others, now)


def _process(world: World, elements: Iterable[Element], now: datetime) -> Iterator[_Result]:
    """Results of the messages that are refused or doubted; of the others a report says nothing."""
    seen: set[str] = set()
    for element in elements:
        message_id = (element.findtext("MessageID") or "").strip()
        order_id = (element.findtext(f"{_MESSAGE_TYPE}/AmazonOrderID") or "").strip()
        try:
            _check_message_id(message_id, seen)
            doubt = confirm(world, _read_message(element), Route.FEED, now)
        except ConfirmationRefusedError as error:
            yield _Result(message_id or "0", "Error", error.rule.result_code, error.message, order_id)
        else:
            if doubt is not None:
                yield _Result(message_id, "Warning", 18000, doubt, order_id)


def _check_message_id(message_id: str, seen: set[str]) -> None:
    """Every message has a number of its own."""
    if not re.fullmatch(r"\d{1,20}", message_id, re.ASCII) or message_id in seen:
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    seen.add(message_id)


def _read_message(message: Element) -> Confirmation:
    fulfilment = message.find(_MESSAGE_TYPE)
    if fulfilment is None:
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    _check_parts(fulfilment, _ORDER_PARTS)
    data = fulfilment.find("FulfillmentData")
    if data is None:
        # The schema lets it be missing; Amazon has wanted a carrier in every marketplace since 2021.
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    _check_parts(data, _DATA_PARTS)
    return Confirmation(
        order_id=_text(fulfilment, "AmazonOrderID"),
        reference=_text(fulfilment, "MerchantFulfillmentID"),
        carrier=_read_carrier(data),
        shipping_method=(data.findtext("ShippingMethod") or "").strip() or None,
        tracking_number=(data.findtext("ShipperTrackingNumber") or "").strip() or None,
        ship_date=_read_date(_text(fulfilment, "FulfillmentDate")),
        items=tuple(_read_item(item) for item in fulfilment.findall("Item")),
    )


def _read_carrier(data: Element) -> str:
    if (data.find("CarrierCode") is None) == (data.find("CarrierName") is None):
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    if data.find("CarrierCode") is None:
        return _text(data, "CarrierName")
    code = _text(data, "CarrierCode")
    if code not in CARRIER_CODES:
        raise ConfirmationRefusedError(CARRIER_UNKNOWN, code)
    return code


def _read_item(item: Element) -> SentItem:
    _check_parts(item, _ITEM_PARTS)
    quantity = _text(item, "Quantity")
    codes = tuple((code.text or "").strip() for code in item.findall("TransparencyCode"))
    if not re.fullmatch(r"0*[1-9]\d{0,8}", quantity, re.ASCII) or len(codes) > _MOST_CODES or not all(codes):
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    return SentItem(_text(item, "AmazonOrderItemCode"), int(quantity), codes)


def _read_date(text: str) -> datetime:
    """A moment; one without an offset counts as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfirmationRefusedError(_ITEMS_INVALID) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _text(element: Element, name: str) -> str:
    text = (element.findtext(name) or "").strip()
    if not text:
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    return text


def _check_parts(element: Element, parts: tuple[str, ...]) -> None:
    """Only known parts, and in the schema's order."""
    if any(child.tag not in parts for child in element):
        raise ConfirmationRefusedError(_ITEMS_INVALID)
    places = [parts.index(child.tag) for child in element]
    if places != sorted(places):
        raise ConfirmationRefusedError(_ITEMS_INVALID)
