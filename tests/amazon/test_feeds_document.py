"""The document of a feed: what stands in it, whatever the confirmations hold."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.fulfilment_feed import MOST_CODES, MOST_FEED_BYTES, fits_feed, fulfilment_feed
from amzlink.amazon.shipments import Confirmation
from amzlink.core.shipments.packing import Item

SELLER = "A1SELLER000001"
PARCEL = Confirmation(
    order_id="302-1234567-7654321",
    marketplace_id="A1PA6795UKMFR9",
    reference="3",
    carrier_code="DHL",
    shipping_method="DHL Paket",
    tracking_number="JJD000390007882823",
    ship_date=datetime(2026, 11, 23, 8, tzinfo=UTC),
    items=(Item("12345678901234", 2), Item("22345678901234", 1, ("AZ:1",))),
)


def changed(**fields: Any) -> Confirmation:
    return msgspec.structs.replace(PARCEL, **fields)


def message(confirmation: Confirmation) -> Element:
    element = fromstring(fulfilment_feed([confirmation], SELLER)).find("Message/OrderFulfillment")
    assert element is not None
    return element


def flat(element: Element) -> list[tuple[str, str]]:
    """Every part that holds text, in its order."""
    return [(part.tag, part.text or "") for part in element.iter() if not len(part)]


def test_a_parcel_is_written_in_the_order_of_amazons_schema() -> None:
    assert flat(message(PARCEL)) == [
        ("AmazonOrderID", "302-1234567-7654321"),
        ("MerchantFulfillmentID", "3"),
        ("FulfillmentDate", "2026-11-23T08:00:00Z"),
        ("CarrierCode", "DHL"),
        ("ShippingMethod", "DHL Paket"),
        ("ShipperTrackingNumber", "JJD000390007882823"),
        ("AmazonOrderItemCode", "12345678901234"),
        ("Quantity", "2"),
        ("AmazonOrderItemCode", "22345678901234"),
        ("Quantity", "1"),
        ("TransparencyCode", "AZ:1"),
    ]


def test_the_envelope_names_the_seller_and_the_kind_of_its_messages() -> None:
    root = fromstring(fulfilment_feed([], SELLER))
    assert (root.tag, root.findtext("Header/MerchantIdentifier"), root.findtext("MessageType")) == (
        "AmazonEnvelope", SELLER, "OrderFulfillment",
    )  # fmt: skip
    assert root.findall("Message") == []


def test_messages_are_numbered_from_one() -> None:
    root = fromstring(fulfilment_feed((changed(reference=str(at)) for at in range(5)), SELLER))
    assert [part.findtext("MessageID") for part in root.findall("Message")] == ["1", "2", "3", "4", "5"]


def test_mail_goes_without_number_and_service_and_by_its_carriers_name() -> None:
    data = message(
        changed(carrier_code="Other", carrier_name="Brief & Mehr", shipping_method=None, tracking_number=None)
    ).find("FulfillmentData")
    assert data is not None
    assert flat(data) == [("CarrierName", "Brief & Mehr")]


def test_a_carrier_with_a_code_is_not_named_as_well() -> None:
    data = message(changed(carrier_name="DHL")).find("FulfillmentData")
    assert data is not None
    assert [tag for tag, _ in flat(data)] == ["CarrierCode", "ShippingMethod", "ShipperTrackingNumber"]


# Texts as they come from files and from carriers: with marks of XML, other scripts, and characters that XML has not.
texts = st.text(min_size=1, max_size=40)


@given(number=texts, service=texts, name=texts, code=texts)
def test_whatever_a_text_holds_arrives_as_it_was_but_for_what_xml_cannot_hold(
    number: str, service: str, name: str, code: str
) -> None:
    written = flat(
        message(
            changed(
                carrier_code="Other", carrier_name=name, shipping_method=service, tracking_number=number,
                items=(Item("1", 1, (code,)),),
            )
        )
    )  # fmt: skip
    found = dict(written)
    for tag, text in {
        "CarrierName": name,
        "ShippingMethod": service,
        "ShipperTrackingNumber": number,
        "TransparencyCode": code,
    }.items():
        assert found[tag] == "".join(filter(is_xml, text)).replace("\r\n", "\n").replace("\r", "\n")
    assert len(written) == 9


def is_xml(character: str) -> bool:
    """The production Char of XML 1.0."""
    number = ord(character)
    return (
        number in (0x9, 0xA, 0xD)
        or 0x20 <= number <= 0xD7FF
        or 0xE000 <= number <= 0xFFFD
        or 0x10000 <= number <= 0x10FFFF
    )


class TestLimits:
    def test_a_feed_of_ten_thousand_parcels_fits(self) -> None:
        assert len(fulfilment_feed([PARCEL] * 10_000, SELLER)) < MOST_FEED_BYTES

    def test_a_feed_that_is_too_large_is_not_made(self) -> None:
        with pytest.raises(ValueError, match="has to be divided"):
            fulfilment_feed([changed(shipping_method="x" * 1000)] * 10_000, SELLER)

    def test_an_item_with_too_many_codes_does_not_fit(self) -> None:
        most, more = (
            changed(items=(Item("1", count, tuple(f"AZ:{at}" for at in range(count))),))
            for count in (MOST_CODES, MOST_CODES + 1)
        )
        assert fits_feed(most)
        assert fulfilment_feed([most], SELLER)
        assert not fits_feed(more)
        with pytest.raises(ValueError, match="single call"):
            fulfilment_feed([more], SELLER)


def test_the_sandbox_takes_the_document(tmp_path: Path) -> None:
    """Message by message, and by the schema's order, which the sandbox demands."""
    from amzlink.sandbox import fulfilment_feed as theirs
    from amzlink.sandbox.world import World
    from tests.sandbox.driver import StoppedClock

    world = World(orders=60, clock=StoppedClock())
    order = next(each for each in world.orders.values() if each.is_shippable and not each.traits)
    parcel = changed(
        order_id=order.order_id,
        ship_date=world.now(),
        items=tuple(Item(line["orderItemId"], line["quantityOrdered"]) for line in order.body["orderItems"]),
    )
    body = fulfilment_feed([parcel, changed(order_id="000-0000000-0000000")], world.account.seller_id)
    messages = theirs.read(body, world.account.seller_id)
    assert messages.fault is None
    report = fromstring(theirs.process(world, messages, "1", world.now()))
    assert [part.text for part in report.iter("ResultMessageCode")] == ["18028"]
    assert order.body["packages"][0]["packageReferenceId"] == "3"
