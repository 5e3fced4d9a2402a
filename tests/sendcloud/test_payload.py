"""An order as Sendcloud is given it: held to Sendcloud's own model, and nothing of it lost or made up."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from amzlink.core.destination.outgoing_order import OutgoingOrder, outgoing
from amzlink.core.orders.order import Buyer, OrderLine, PersonalData, Recipient, TaxRegistration
from amzlink.core.weights.customs import CustomsData
from amzlink.problems import Problem
from amzlink.sendcloud.order_json import OrderPayload
from amzlink.sendcloud.payload import build_payload, payload_bytes
from tests.orderbook.samples import NOW, ORDER_ID, PERSONAL, RECIPIENT, order_of
from tests.orderbook.samples import line_of as ordered_line_of
from tests.support.models import load_table

INTEGRATION = 4711


def line_of(order_item_id: str = "1", *, weight_grams: int | None = 450, **fields: Any) -> tuple[OrderLine, int | None]:
    """A line with so much of it still to ship, and what a piece of it weighs."""
    quantity = fields.pop("quantity", 2)
    fields = {"quantity": quantity, "quantity_unshipped": quantity, **fields}
    return ordered_line_of(order_item_id, **fields), weight_grams


def outgoing_of(
    *, lines: Sequence[tuple[OrderLine, int | None]] | None = None, import_weights: bool = True, **fields: Any
) -> OutgoingOrder:
    """An order with something left to ship; `fields` replace what it would have."""
    lines = lines or (line_of(),)
    order = order_of(
        **{
            "service_level": "EXPEDITED",
            "total": "44.97",
            "lines": tuple(line for line, _ in lines),
            "personal": PersonalData(buyer=PERSONAL.buyer, recipient=RECIPIENT),
            **fields,
        }
    )
    weights = {line.order_item_id: grams for line, grams in lines if grams is not None}
    found = outgoing(order, weights if import_weights else {})
    assert found
    return found


def personal_of(**fields: Any) -> PersonalData:
    return msgspec.structs.replace(PersonalData(buyer=PERSONAL.buyer, recipient=RECIPIENT), **fields)


def outcome(outgoing: OutgoingOrder) -> OrderPayload | Problem:
    try:
        return build_payload(outgoing, INTEGRATION)
    except Problem as problem:
        return problem


def document(**fields: Any) -> Any:
    return json.loads(msgspec.json.encode(build_payload(outgoing_of(**fields), INTEGRATION)))


def close(schema: Any) -> Any:
    """The schema with every object closed to fields that it does not name."""
    if isinstance(schema, list):
        return [close(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed


@cache
def validator() -> Draft202012Validator:
    definitions = load_table("sendcloud/orders.json")["definitions"]
    schema = {"$ref": "#/definitions/order", "definitions": close(definitions)}
    return Draft202012Validator(schema, format_checker=FormatChecker(["email"]))


def check(payload: OrderPayload) -> None:
    faults = [
        f"{error.json_path}: {error.message}"
        for error in validator().iter_errors(json.loads(msgspec.json.encode(payload)))
    ]
    assert not faults, "\n".join(faults)


EVERYTHING = outgoing_of(
    status="PARTIALLY_SHIPPED",
    programs=("PREMIUM", "AMAZON_BUSINESS"),
    lines=(line_of("1", ioss_number="IM4420001201"), line_of("2", title=None, sku=None, weight_grams=80, quantity=1)),
    personal=PersonalData(
        buyer=Buyer(
            name="Jan Novák", email="a@marketplace.amazon.de", company_name="Novák s.r.o.", purchase_order_number="PO-7"
        ),
        recipient=msgspec.structs.replace(
            RECIPIENT, company_name="Novák s.r.o.", phone="+1 347-448-3190 ext. 32549", drop_off_location="Garáž",
            address_instruction="2 × Nováková", address_line_2="3. patro", state_or_region="Praha",
        ),
        gift_messages={"1": "Všechno nejlepší!\nTvoje babička 🎂"},
        tax_registrations=(TaxRegistration(entity_type="BUYER", type="VAT", number="CZ12345678"),),
    ),
)  # fmt: skip


class TestTheModel:
    """Sendcloud's OpenAPI document, closed to fields that it does not name."""

    def test_an_order_with_everything_is_one_of_it(self) -> None:
        check(build_payload(EVERYTHING, INTEGRATION))

    def test_an_order_with_the_least_that_amazon_gives_is_one_of_it(self) -> None:
        bare = Recipient(name="A", address_line_1="B", city="Dubai", country_code="AE")
        line = line_of(sku=None, asin=None, title=None, unit_price=None, currency=None, weight_grams=None)
        check(
            build_payload(
                outgoing_of(
                    ship_by=None, deliver_by=None, service_level=None, total=None, currency=None, lines=(line,),
                    personal=PersonalData(recipient=bare),
                ),
                INTEGRATION,
            )
        )  # fmt: skip

    def test_the_check_would_see_a_field_that_is_not_there(self) -> None:
        faulty = {**document(), "surprise": 1}
        assert [error.json_path for error in validator().iter_errors(faulty)] == ["$"]

    def test_the_check_would_see_an_address_without_a_postal_code(self) -> None:
        faulty = document()
        del faulty["shipping_address"]["postal_code"]
        assert not validator().is_valid(faulty)


def test_amazons_ids_are_the_orders_and_the_items() -> None:
    order = document(lines=(line_of("11"), line_of("22")))
    assert (order["order_id"], order["order_number"]) == (ORDER_ID, ORDER_ID)
    assert order["order_details"]["integration"] == {"id": INTEGRATION}
    assert [item["item_id"] for item in order["order_details"]["order_items"]] == ["11", "22"]


def test_times_are_in_utc_and_exact() -> None:
    details = document()["order_details"]
    assert (details["order_created_at"], details["order_updated_at"]) == (
        "2026-11-21T09:30:00Z",
        "2026-11-22T09:30:00Z",
    )
    assert details["order_items"][0]["delivery_dates"] == {
        "handover_at": "2026-11-25T09:30:00Z",
        "deliver_at": "2026-11-28T09:30:00Z",
    }


def test_the_status_is_amazons_in_words() -> None:
    assert document()["order_details"]["status"] == {"code": "unshipped", "message": "Unshipped"}
    partly = document(status="PARTIALLY_SHIPPED")["order_details"]["status"]
    assert partly == {"code": "partially_shipped", "message": "Partially shipped"}
    assert document()["payment_details"]["status"] == {"code": "paid", "message": "Paid"}


@pytest.mark.parametrize(
    ("unit", "quantity", "total"),
    [("0.10", 3, "0.30"), ("19.99", 7, "139.93"), ("1.1", 3, "3.3"), ("900719925474099.01", 1, "900719925474099.01")],
)
def test_a_price_is_a_number_to_the_last_digit(unit: str, quantity: int, total: str) -> None:
    body = msgspec.json.encode(build_payload(outgoing_of(lines=(line_of(unit_price=unit, quantity=quantity),)), 1))
    assert f'"total_price":{{"value":{total},"currency":"EUR"}}'.encode() in body


def test_the_orders_total_is_amazons_or_else_what_the_lines_add_up_to() -> None:
    lines = (line_of("1", unit_price="0.10", quantity=3), line_of("2", unit_price=None))
    assert document()["payment_details"]["total_price"] == {"value": 44.97, "currency": "EUR"}
    assert document(total=None, lines=lines)["payment_details"]["total_price"] == {"value": 0.3, "currency": "EUR"}


def test_what_customs_will_want_a_value_of_is_in_the_notes_where_amazon_tells_none() -> None:
    free = line_of("2", unit_price=None, sku="GIFT-1")
    swiss = personal_of(recipient=msgspec.structs.replace(RECIPIENT, country_code="CH", postal_code="8001"))
    order = outgoing_of(lines=(line_of(), free), personal=swiss)
    abroad = msgspec.structs.replace(order, leaves_customs_union=True)
    assert "Value for customs (GIFT-1): Amazon gives no price" in str(
        build_payload(abroad, INTEGRATION).order_details.notes
    )
    assert "Value for customs" not in str(build_payload(order, INTEGRATION).order_details.notes)


def test_a_free_replacement_costs_nothing_and_has_no_unit_price() -> None:
    [item] = document(lines=(line_of(unit_price=None),))["order_details"]["order_items"]
    assert item["total_price"] == {"value": 0, "currency": "EUR"}
    assert "unit_price" not in item


def test_an_order_without_any_price_costs_nothing_in_any_currency() -> None:
    order = document(total=None, currency=None, lines=(line_of(unit_price=None, currency=None),))
    assert order["payment_details"]["total_price"] == {"value": 0, "currency": "EUR"}


def test_a_price_in_no_named_currency_is_refused() -> None:
    made = outcome(outgoing_of(currency=None, lines=(line_of(currency=None),)))
    assert isinstance(made, Problem)
    assert made.name.value == "currency-unsupported"


@pytest.mark.parametrize("currency", ["SEK", "PLN", "TRY", "XYZ"])
def test_a_price_goes_in_its_own_currency_whatever_sendclouds_list_says(currency: str) -> None:
    order = document(currency=currency, lines=(line_of(currency=currency),))
    (item,) = order["order_details"]["order_items"]
    prices = (order["payment_details"]["total_price"], item["unit_price"], item["total_price"])
    assert {price["currency"] for price in prices} == {currency}


def test_weights_are_whole_grams_a_piece_and_all_together() -> None:
    order = document(lines=(line_of("1", quantity=2), line_of("2", quantity=1, weight_grams=80)))
    weights = [item["measurement"]["weight"] for item in order["order_details"]["order_items"]]
    assert weights == [{"value": 450, "unit": "g"}, {"value": 80, "unit": "g"}]
    assert order["shipping_details"]["measurement"]["weight"] == {"value": 980, "unit": "g"}


@pytest.mark.parametrize("missing", [None, 0])
def test_an_order_of_which_one_line_has_no_weight_has_none_itself(missing: int | None) -> None:
    order = document(lines=(line_of("1"), line_of("2", weight_grams=missing)))
    assert "measurement" in order["order_details"]["order_items"][0]
    assert "measurement" not in order["order_details"]["order_items"][1]
    assert "measurement" not in order["shipping_details"]


def test_a_store_that_does_not_want_weights_sends_none() -> None:
    assert b"measurement" not in msgspec.json.encode(build_payload(outgoing_of(import_weights=False), INTEGRATION))


@pytest.mark.parametrize(
    ("fields", "name"),
    [({}, "Tea pot"), ({"title": None}, "SKU-1"), ({"title": "  ", "sku": None}, "Amazon item 1")],
)
def test_an_item_is_called_by_its_title_or_what_there_is(fields: dict[str, Any], name: str) -> None:
    [item] = document(lines=(line_of(**fields),))["order_details"]["order_items"]
    assert item["name"] == name


def test_the_service_level_is_there_for_shipping_rules_and_the_programs_as_tags() -> None:
    order = document(programs=("PREMIUM", "AMAZON_BUSINESS", "PREMIUM"))
    assert order["shipping_details"]["delivery_indicator"] == "EXPEDITED"
    assert order["order_details"]["tags"] == ["AMAZON_BUSINESS", "PREMIUM"]


class TestNotes:
    def test_what_the_parcel_must_have_is_a_note_and_a_tag(self) -> None:
        demands = ("recipientAgeVerification", "signatureConfirmation")
        details = document(programs=("PREMIUM",), lines=(line_of(demands=demands, gift_wrap="STANDARD"),))[
            "order_details"
        ]
        assert details["notes"].split("\n") == [
            "Required: age check on delivery", "Required: signature on delivery", "Gift wrap: STANDARD",
        ]  # fmt: skip
        assert details["tags"] == ["GIFT_WRAP", "PREMIUM", "RECIPIENT_AGE_VERIFICATION", "SIGNATURE_CONFIRMATION"]

    def test_a_demand_that_nobody_has_seen_yet_is_told_too(self) -> None:
        details = document(lines=(line_of(demands=("coldChain",)),))["order_details"]
        assert (details["notes"], details["tags"]) == ("Required: cold chain", ["COLD_CHAIN"])

    def test_demands_name_the_lines_that_are_still_to_ship_and_have_them(self) -> None:
        lines = (line_of("1", demands=("cashOnDelivery",)), line_of("2"))
        gone = ordered_line_of("3", quantity_unshipped=0, demands=("palletDelivery",)), None
        details = document(lines=(*lines, gone))["order_details"]
        assert (details["notes"], details["tags"]) == ("Required (SKU-1): cash on delivery", ["CASH_ON_DELIVERY"])

    def test_a_product_made_to_order_is_marked_without_the_link_to_the_wishes(self) -> None:
        personal = personal_of(customization_urls={"1": "https://wishes.test/1"})
        details = document(personal=personal, lines=(line_of("1"),))["order_details"]
        assert details["tags"] == ["CUSTOMISED"]
        assert details["notes"].startswith("Made to order: ")
        assert "wishes.test" not in str(details)

    def test_a_store_can_leave_notes_and_tags_for_demands_out(self) -> None:
        demanding = outgoing_of(lines=(line_of(demands=("cashOnDelivery",), gift_wrap="STANDARD"),))
        plain = build_payload(outgoing_of(), INTEGRATION)
        assert build_payload(demanding, INTEGRATION, with_demands=False) == plain

    def test_a_gift_message_for_the_whole_order_stands_once(self) -> None:
        personal = personal_of(gift_messages={"1": "Sto lat!", "2": "Sto lat!"})
        order = document(lines=(line_of("1"), line_of("2")), personal=personal)
        assert order["order_details"]["notes"] == "Gift message: Sto lat!"

    def test_messages_for_some_lines_name_them(self) -> None:
        personal = personal_of(gift_messages={"1": "Sto lat!", "2": "Alles Gute!", "9": "of a line that is shipped"})
        notes = document(lines=(line_of("1"), line_of("2")), personal=personal)["order_details"]["notes"]
        assert notes == "Gift message (SKU-1): Sto lat!\nGift message (SKU-2): Alles Gute!"

    def test_what_has_no_field_of_its_own_stands_there(self) -> None:
        notes = json.loads(msgspec.json.encode(build_payload(EVERYTHING, 1)))["order_details"]["notes"]
        assert notes.splitlines() == [
            "Gift message (SKU-1): Všechno nejlepší!",
            "Tvoje babička 🎂",
            "Leave at: Garáž",
            "Delivery instructions: 2 × Nováková",
            "Buyer's company: Novák s.r.o.",
            "Purchase order: PO-7",
            "Phone: +1 347-448-3190 ext. 32549",
        ]

    def test_an_order_with_nothing_to_note_has_none(self) -> None:
        assert "notes" not in document()["order_details"]


class TestPeople:
    def test_the_buyer_is_the_customer_and_the_recipient_the_address(self) -> None:
        order = document()
        assert order["customer_details"] == {
            "name": "Jan Novák",
            "phone_number": "+420 601 000 000",
            "email": "abc123@marketplace.amazon.de",
        }
        assert order["shipping_address"] == {
            "name": "Žofie Nováková",
            "address_line_1": "Dlouhá",
            "house_number": "12",
            "postal_code": "110 00",
            "city": "Praha",
            "country_code": "CZ",
            "email": "abc123@marketplace.amazon.de",
            "phone_number": "+420 601 000 000",
        }

    def test_an_unknown_buyer_is_called_by_the_recipients_name(self) -> None:
        assert document(personal=PersonalData(recipient=RECIPIENT))["customer_details"]["name"] == "Žofie Nováková"

    @pytest.mark.parametrize(
        ("phone", "given"),
        [
            ("+1 347-448-3190 ext. 32549", "+13474483190"),
            ("0049 (0) 30 / 231 25 - 123 456", "+493023125123456"),
            ("ring twice, then ask for the lady", None),
        ],
    )
    def test_a_phone_number_that_is_too_long_is_written_shorter_or_left_to_the_notes(
        self, phone: str, given: str | None
    ) -> None:
        personal = personal_of(recipient=msgspec.structs.replace(RECIPIENT, phone=phone))
        order = document(personal=personal)
        assert order["shipping_address"].get("phone_number") == given
        assert f"Phone: {phone}" in order["order_details"]["notes"]

    def test_what_is_no_email_address_is_not_sent_as_one(self) -> None:
        order = document(personal=personal_of(buyer=Buyer(name="Jan", email="not given")))
        assert "email" not in order["customer_details"]
        assert "email" not in order["shipping_address"]

    def test_an_address_that_does_not_fit_is_a_problem_of_that_order(self) -> None:
        personal = personal_of(recipient=msgspec.structs.replace(RECIPIENT, city="X" * 31, postal_code=None))
        with pytest.raises(Problem) as caught:
            build_payload(outgoing_of(personal=personal), INTEGRATION)
        assert caught.value.name.value == "address-unfit"
        assert caught.value.facts["order_id"] == ORDER_ID


class TestTaxNumbers:
    def test_an_ioss_number_is_the_senders_with_its_member_state_and_stands_once(self) -> None:
        order = document(lines=(line_of("1", ioss_number="IM4420001201"), line_of("2", ioss_number="IM4420001201")))
        assert order["customs_details"]["tax_numbers"] == {
            "sender": [{"name": "IOSS", "country_code": "LU", "value": "IM4420001201"}]
        }

    @pytest.mark.parametrize(
        ("kind", "number", "sent"),
        [
            ("VAT", "ATU12345678", {"name": "VAT", "country_code": "AT", "value": "ATU12345678"}),
            ("VAT", "EL123456789", {"name": "VAT", "country_code": "GR", "value": "EL123456789"}),
            ("VAT", "123456789", {"name": "VAT", "value": "123456789"}),
            ("CPF", "123.456.789-09", {"name": "CNP", "country_code": "BR", "value": "123.456.789-09"}),
        ],
    )
    def test_the_buyers_number_is_the_receivers(self, kind: str, number: str, sent: dict[str, str]) -> None:
        entry = TaxRegistration(entity_type="BUYER", type=kind, number=number)
        assert document(personal=personal_of(tax_registrations=(entry,)))["customs_details"]["tax_numbers"] == {
            "receiver": [sent]
        }

    @pytest.mark.parametrize(
        "entry",
        [
            TaxRegistration(entity_type="BUYER", type="BUSINESS", number="HRB 1"),
            TaxRegistration(entity_type="MERCHANT", type="VAT", number="DE123456789"),
            TaxRegistration(entity_type="BUYER", type="VAT"),
        ],
    )
    def test_a_number_without_a_name_at_sendcloud_or_of_somebody_else_is_not_sent(self, entry: TaxRegistration) -> None:
        assert "customs_details" not in document(personal=personal_of(tax_registrations=(entry,)))


def abroad(
    country: str = "CH", customs: Mapping[str, CustomsData] | None = None, sender: str = "DE", **fields: Any
) -> OutgoingOrder:
    """An order to another country; without more the product of its line is known to customs."""
    recipient = msgspec.structs.replace(RECIPIENT, country_code=country, postal_code="8001")
    order = order_of(personal=personal_of(recipient=recipient), total="39.98", **fields)
    known = {"SKU-1": CustomsData("691110", "PT")} if customs is None else customs
    found = outgoing(order, {}, known, sender)
    assert found
    return found


def payload_of(order: OutgoingOrder) -> Any:
    return json.loads(msgspec.json.encode(build_payload(order, INTEGRATION)))


class TestCustoms:
    def test_each_item_has_its_code_and_its_origin_as_far_as_they_are_known(self) -> None:
        known = {"SKU-1": CustomsData("691110", "PT"), "SKU-2": CustomsData("61091000", None)}
        order = payload_of(abroad(customs=known, lines=(line_of("1")[0], line_of("2")[0], line_of("3")[0])))
        items = order["order_details"]["order_items"]
        assert [(item.get("hs_code"), item.get("country_of_origin")) for item in items] == [
            ("691110", "PT"), ("61091000", None), (None, None),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("programs", "kind"), [((), "commercial_b2c"), (("AMAZON_BUSINESS", "PRIME"), "commercial_b2b")]
    )
    def test_beyond_the_customs_union_the_order_says_what_it_is_sent_for(
        self, programs: tuple[str, ...], kind: str
    ) -> None:
        details = payload_of(abroad(programs=programs))["customs_details"]
        assert details == {"shipment_type": "commercial_goods", "export_type": kind}

    def test_it_says_so_beside_the_tax_numbers(self) -> None:
        details = payload_of(abroad(lines=(line_of("1", ioss_number="IM4420001201")[0],)))["customs_details"]
        assert details.keys() == {"shipment_type", "export_type", "tax_numbers"}

    @pytest.mark.parametrize(("country", "sender"), [("AT", "DE"), ("CH", "CH"), ("CH", "")])
    def test_within_it_the_items_say_it_and_the_order_nothing(self, country: str, sender: str) -> None:
        order = payload_of(abroad(country, sender=sender))
        assert "customs_details" not in order
        assert order["order_details"]["order_items"][0]["hs_code"] == "691110"

    def test_it_is_what_sendclouds_model_has(self) -> None:
        assert list(validator().iter_errors(payload_of(abroad()))) == []

    def test_a_change_of_it_is_a_change_of_the_order(self) -> None:
        codes = (CustomsData("691110", "PT"), CustomsData("691110", "CN"), CustomsData("691200", "PT"), CustomsData())
        found = {payload_bytes(build_payload(abroad(customs={"SKU-1": data}), INTEGRATION)) for data in codes}
        assert len(found) == len(codes)


class TestBytesForTheHash:
    def test_what_our_own_confirmation_changes_does_not_count(self) -> None:
        before = build_payload(outgoing_of(), INTEGRATION)
        after = build_payload(outgoing_of(status="PARTIALLY_SHIPPED", changed_at=NOW), INTEGRATION)
        assert payload_bytes(before) == payload_bytes(after)
        assert msgspec.json.encode(before) != msgspec.json.encode(after)

    def test_the_sequence_of_amazons_programs_does_not_count(self) -> None:
        one, other = outgoing_of(programs=("A", "B")), outgoing_of(programs=("B", "A"))
        assert payload_bytes(build_payload(one, 1)) == payload_bytes(build_payload(other, 1))

    @pytest.mark.parametrize(
        "fields",
        [
            {"ship_by": NOW},
            {"total": "44.98"},
            {"service_level": "STANDARD"},
            {"lines": (line_of(quantity=1),)},
            {"lines": (line_of(weight_grams=451),)},
            {"personal": personal_of(gift_messages={"1": "Hi"})},
            {"personal": personal_of(recipient=msgspec.structs.replace(RECIPIENT, phone=None))},
        ],
    )
    def test_what_the_parcel_needs_does(self, fields: dict[str, Any]) -> None:
        before, after = build_payload(outgoing_of(), 1), build_payload(outgoing_of(**fields), 1)
        assert payload_bytes(before) != payload_bytes(after)


texts = st.none() | st.text(max_size=40)


@given(
    buyer=st.builds(Buyer, name=texts, email=texts, company_name=texts),
    recipient=st.builds(
        Recipient, name=st.text(min_size=1, max_size=40), address_line_1=texts, address_line_2=texts, phone=texts,
        city=texts, postal_code=texts, country_code=st.sampled_from(["DE", "FR", "US", "AE"]), address_type=texts,
    ),
    title=texts, unit_price=texts, gift=st.text(max_size=40),
)  # fmt: skip
def test_whatever_text_amazon_gives_makes_an_order_of_the_model_or_a_problem(
    buyer: Buyer, recipient: Recipient, title: str | None, unit_price: str | None, gift: str
) -> None:
    personal = PersonalData(buyer=buyer, recipient=recipient, gift_messages={"1": gift})
    made = outcome(outgoing_of(personal=personal, lines=(line_of(title=title, unit_price=unit_price),)))
    if isinstance(made, Problem):
        assert made.name.value == "address-unfit"
    else:
        check(made)
