"""The document of a feed that confirms shipments, as Amazon's schema `OrderFulfillment.xsd` has it.

Elements stand in the schema's order. A carrier goes by its code or by its name, never by both; number and service may
be left out, which is why mail without tracking goes this way.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final
from xml.sax.saxutils import escape

from amzlink.amazon.shipments import Confirmation
from amzlink.clock import to_iso
from amzlink.core.shipments.own_carriers import OTHER
from amzlink.core.shipments.packing import Item

MOST_FEED_BYTES: Final = 10 * 1024 * 1024
"""Amazon's advice for the size of a document (docs/services/amazon.md, "Fulfilment feeds")."""
MOST_CODES: Final = 10
"""How many Transparency codes an item of a message may have (docs/services/amazon.md, "Fulfilment feeds")."""

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
<Header><DocumentVersion>1.01</DocumentVersion><MerchantIdentifier>{}</MerchantIdentifier></Header>
<MessageType>OrderFulfillment</MessageType>
"""
_FOOT: Final = "</AmazonEnvelope>\n"
# XML 1.0 has no place for these, escaped or not; none of them is a part of a number or of a name.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fits_feed(confirmation: Confirmation) -> bool:
    """Whether a feed can tell of it; where an item has more Transparency codes than fit, only a single call can."""
    return all(len(item.transparency_codes) <= MOST_CODES for item in confirmation.items)


def fulfilment_feed(confirmations: Iterable[Confirmation], seller_id: str) -> bytes:
    """The document; its messages are numbered 1, 2, 3 in the order of the confirmations.

    Raises:
        ValueError: it is larger than `MOST_FEED_BYTES`, or a confirmation does not fit (`fits_feed`).
    """
    body = bytearray()
    messages = (_message(number, confirmation) for number, confirmation in enumerate(confirmations, start=1))
    for part in chain([_HEAD.format(_text(seller_id))], messages, [_FOOT]):
        body += part.encode()
        if len(body) > MOST_FEED_BYTES:
            raise ValueError(f"the feed is larger than {MOST_FEED_BYTES} bytes: it has to be divided")
    return bytes(body)


def _message(number: int, confirmation: Confirmation) -> str:
    if not fits_feed(confirmation):
        raise ValueError(f"an item has more than {MOST_CODES} Transparency codes: it goes by a single call")
    parts = [
        _element("AmazonOrderID", confirmation.order_id),
        _element("MerchantFulfillmentID", confirmation.reference),
        _element("FulfillmentDate", to_iso(confirmation.ship_date)),
        f"<FulfillmentData>{''.join(_data(confirmation))}</FulfillmentData>",
        *map(_item, confirmation.items),
    ]
    return f"<Message><MessageID>{number}</MessageID><OrderFulfillment>{''.join(parts)}</OrderFulfillment></Message>\n"


def _data(confirmation: Confirmation) -> Iterator[str]:
    if confirmation.carrier_code == OTHER and confirmation.carrier_name:
        yield _element("CarrierName", confirmation.carrier_name)
    else:
        yield _element("CarrierCode", confirmation.carrier_code)
    if confirmation.shipping_method:
        yield _element("ShippingMethod", confirmation.shipping_method)
    if confirmation.tracking_number:
        yield _element("ShipperTrackingNumber", confirmation.tracking_number)


def _item(item: Item) -> str:
    codes = "".join(_element("TransparencyCode", code) for code in item.transparency_codes)
    return (
        f"<Item>{_element('AmazonOrderItemCode', item.order_item_id)}<Quantity>{item.quantity}</Quantity>{codes}</Item>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
