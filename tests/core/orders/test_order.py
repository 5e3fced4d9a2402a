"""What an order is: what is to be shipped, whether it can be addressed, and what an answer that says less leaves."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders.order import (
    NOTHING_PERSONAL,
    Buyer,
    PersonalData,
    Recipient,
    TaxRegistration,
    keep_known,
)
from tests.orderbook.samples import NOW, PERSONAL, RECIPIENT, line_of, order_of, package_of

TEXTS = st.none() | st.sampled_from(["", "a", "b", "c"])
RECIPIENTS = st.builds(
    Recipient, name=TEXTS, company_name=TEXTS, address_line_1=TEXTS, street_name=TEXTS, city=TEXTS, phone=TEXTS
)
PERSONAL_DATA = st.builds(
    PersonalData,
    buyer=st.builds(Buyer, name=TEXTS, email=TEXTS),
    recipient=RECIPIENTS,
    gift_messages=st.dictionaries(st.sampled_from(["1", "2"]), st.sampled_from(["x", "y"])),
    tracking_numbers=st.dictionaries(st.sampled_from(["P1", "P2"]), st.sampled_from(["x", "y"])),
)


@pytest.mark.parametrize(
    ("status", "to_ship"),
    [
        ("UNSHIPPED", True),
        ("PARTIALLY_SHIPPED", True),
        ("PENDING", False),
        ("PENDING_AVAILABILITY", False),
        ("SHIPPED", False),
        ("CANCELLED", False),
        ("UNFULFILLABLE", False),
        ("INVOICE_UNCONFIRMED", False),
    ],
)
def test_only_unshipped_and_partly_shipped_orders_are_to_be_shipped(status: str, to_ship: bool) -> None:
    assert order_of(status=status).to_ship is to_ship


def test_units_are_the_pieces_of_all_lines() -> None:
    assert order_of(lines=(line_of("1", quantity=2), line_of("2", quantity=5))).units == 7


def test_an_order_was_shipped_when_its_last_package_was() -> None:
    packages = (
        package_of("P1", shipped_at=NOW - timedelta(days=2)),
        package_of("P2", shipped_at=None),
        package_of("P3", shipped_at=NOW - timedelta(days=1)),
    )
    assert order_of(packages=packages).shipped_at == NOW - timedelta(days=1)
    assert order_of(packages=(package_of("P2", shipped_at=None),)).shipped_at is None
    assert order_of().shipped_at is None


@pytest.mark.parametrize("street", ["address_line_1", "address_line_2", "address_line_3", "street_name"])
@pytest.mark.parametrize("who", ["name", "company_name"])
def test_a_parcel_can_be_addressed_to_a_name_or_company_in_a_street(who: str, street: str) -> None:
    given: dict[str, Any] = {who: "Somebody", street: "Somewhere 1"}
    assert Recipient(**given).deliverable


@pytest.mark.parametrize(
    "recipient",
    [
        Recipient(),
        Recipient(city="Praha", postal_code="110 00", country_code="CZ"),
        Recipient(name="Somebody", city="Praha"),
        Recipient(address_line_1="Dlouhá 12", city="Praha"),
        Recipient(name="", address_line_1="Dlouhá 12"),
        Recipient(name="Somebody", address_line_1=""),
    ],
)
def test_without_a_name_or_without_a_street_a_parcel_cannot_be_addressed(recipient: Recipient) -> None:
    assert not recipient.deliverable


def test_a_corrected_address_replaces_the_old_one_as_a_whole() -> None:
    moved = Recipient(name="Žofie Nováková", address_line_1="Krátká 1", city="Brno", postal_code="602 00")
    kept = keep_known(msgspec.structs.replace(PERSONAL, recipient=moved), PERSONAL)
    assert kept.recipient == moved


def test_an_address_that_amazon_now_withholds_is_kept() -> None:
    less = PersonalData(recipient=Recipient(city="Praha", country_code="CZ"))
    assert keep_known(less, PERSONAL).recipient == RECIPIENT


def test_a_phone_that_amazon_now_withholds_is_kept() -> None:
    less = msgspec.structs.replace(PERSONAL, recipient=msgspec.structs.replace(RECIPIENT, phone=None))
    assert keep_known(less, PERSONAL).recipient.phone == RECIPIENT.phone


def test_a_phone_is_not_taken_over_to_another_recipient() -> None:
    other = Recipient(name="Somebody Else", address_line_1="Dlouhá 12", city="Praha")
    kept = keep_known(msgspec.structs.replace(PERSONAL, recipient=other), PERSONAL)
    assert kept.recipient.phone is None


def test_an_email_that_amazon_now_withholds_is_kept() -> None:
    less = msgspec.structs.replace(PERSONAL, buyer=Buyer(name="Jan Novák"))
    assert keep_known(less, PERSONAL).buyer == PERSONAL.buyer


def test_the_buyers_new_name_replaces_the_old() -> None:
    renamed = msgspec.structs.replace(PERSONAL, buyer=Buyer(name="Jan Dvořák"))
    assert keep_known(renamed, PERSONAL).buyer.name == "Jan Dvořák"


def test_what_is_told_line_by_line_is_added_to_what_is_known_and_the_newer_word_counts() -> None:
    old = PersonalData(
        gift_messages={"1": "Všechno nejlepší!", "3": "Na zdraví"},
        customization_urls={"1": "https://example.com/a", "3": "https://example.com/c"},
        tracking_numbers={"P1": "mistyped", "P3": "third"},
    )
    new = PersonalData(
        gift_messages={"1": "Corrected", "2": "Ahoj"},
        customization_urls={"1": "https://example.com/corrected"},
        tracking_numbers={"P1": "corrected", "P2": "second"},
    )
    kept = keep_known(new, old)
    assert kept.gift_messages == {"1": "Corrected", "2": "Ahoj", "3": "Na zdraví"}
    assert kept.customization_urls == {"1": "https://example.com/corrected", "3": "https://example.com/c"}
    assert kept.tracking_numbers == {"P1": "corrected", "P2": "second", "P3": "third"}


def test_tax_registrations_that_are_left_out_are_kept() -> None:
    registered = PersonalData(tax_registrations=(TaxRegistration(number="CZ12345678"),))
    assert keep_known(NOTHING_PERSONAL, registered).tax_registrations == registered.tax_registrations


@given(PERSONAL_DATA)
@settings(deadline=None)
def test_an_empty_answer_takes_nothing_away(old: PersonalData) -> None:
    kept = keep_known(NOTHING_PERSONAL, old)
    assert kept.recipient.deliverable == old.recipient.deliverable
    assert kept.buyer == old.buyer
    assert (kept.gift_messages, kept.tracking_numbers) == (old.gift_messages, old.tracking_numbers)


@given(PERSONAL_DATA, PERSONAL_DATA)
@settings(deadline=None)
def test_what_was_deliverable_stays_deliverable(new: PersonalData, old: PersonalData) -> None:
    kept = keep_known(new, old)
    assert kept.recipient.deliverable == (new.recipient.deliverable or old.recipient.deliverable)


@given(PERSONAL_DATA, PERSONAL_DATA)
@settings(deadline=None)
def test_taking_the_same_answer_twice_changes_nothing_more(new: PersonalData, old: PersonalData) -> None:
    once = keep_known(new, old)
    assert keep_known(new, once) == once
