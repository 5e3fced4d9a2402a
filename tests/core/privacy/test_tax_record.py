"""What is kept for tax, and until when: everything an invoice needs, and nothing that it does not."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders.order import Buyer, Order, PersonalData, Recipient, TaxRegistration
from amzlink.core.privacy.tax_record import FIELDS, is_sale, keep_until, tax_record
from tests.orderbook.samples import MONEY, line_of, package_of
from tests.orderbook.samples import order_of as ordered

NOV_12 = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
NOV_14 = datetime(2026, 11, 14, 15, 0, tzinfo=UTC)

# What stays out, and why. A field that is new to an order has to be put here or into the record.
LEFT_OUT: Final = {
    Buyer: {"email", "purchase_order_number"},
    Recipient: {"phone", "address_type", "drop_off_location", "address_instruction", "from_file", "letters_lost"},
    TaxRegistration: set[str](),
    PersonalData: {"gift_messages", "customization_urls", "tracking_numbers", "salt"},
}


def marked(kind: type[msgspec.Struct]) -> Any:
    """One whose every field holds its own name, to be found again."""
    return kind(**{field.name: f"{kind.__name__}-{field.name}" for field in msgspec.structs.fields(kind)})


EVERYTHING: Final = PersonalData(
    buyer=marked(Buyer),
    recipient=marked(Recipient),
    gift_messages={"1": "PersonalData-gift_messages"},
    customization_urls={"1": "https://PersonalData-customization_urls"},
    tracking_numbers={"P1": "PersonalData-tracking_numbers"},
    tax_registrations=(marked(TaxRegistration),),
    salt="PersonalData-salt",
)


def order_of(**changes: Any) -> Order:
    """An order that was handed over; `shipped_at` is its package's."""
    packages = (package_of(shipped_at=changes.pop("shipped_at", NOV_14)),)
    line = line_of(
        sku="TEE-1", title="Tee", quantity=2, unit_price="14.95", currency="EUR", ioss_number="IM3720000000"
    )  # fmt: skip
    plain = ordered(
        status="SHIPPED", purchased_at=NOV_12, total="29.90", currency="EUR", lines=(line,), packages=packages,
        personal=EVERYTHING,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def paths_in(record: dict[str, Any]) -> set[str]:
    found = set()
    for name, value in record.items():
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            found |= {f"{name}.{inner}" for inner in part} if isinstance(part, dict) else {name}
    return found


class TestTheRecord:
    def test_it_holds_what_tax_needs(self) -> None:
        record = tax_record(order_of(personal=PersonalData()), ("DE",))
        assert record == {
            "order_id": "302-1234567-1234567",
            "marketplace_id": "A1PA6795UKMFR9",
            "status": "SHIPPED",
            "purchased_at": "2026-11-12T09:30:00Z",
            "shipped_at": "2026-11-14T15:00:00Z",
            "total": "29.90",
            "currency": "EUR",
            "price_parts": [],
            "lines": [
                {
                    "sku": "TEE-1", "title": "Tee", "quantity": 2, "unit_price": "14.95", "currency": "EUR",
                    "ioss_number": "IM3720000000", "price_parts": [], "tax_collections": [], "tax_schemes": [],
                }
            ],
            "buyer": dict.fromkeys(("name", "company_name")),
            "recipient": dict.fromkeys(
                (
                    "name", "company_name", "address_line_1", "address_line_2", "address_line_3", "street_name",
                    "street_number", "complement", "neighborhood", "city", "district_or_county", "municipality",
                    "state_or_region", "postal_code", "country_code",
                )
            ),
            "tax_registrations": [],
            "keep_until": "2036-12-31",
        }  # fmt: skip

    def test_it_tells_what_each_price_consists_of_tax_first_and_who_collects_the_tax(self) -> None:
        record = tax_record(order_of(money=MONEY), ("DE",))
        (line,) = record["lines"]
        assert record["price_parts"] == line["price_parts"]
        assert [(part["kind"], part["amount"]) for part in line["price_parts"]] == [("TAX", "6.38"), ("ITEM", "33.60")]
        assert line["price_parts"][0]["details"] == [{"kind": "ITEM", "amount": "6.38", "currency": "EUR"}]
        (collection,) = line["tax_collections"]
        assert collection["model"] == "MARKETPLACE_FACILITATOR"
        assert line["tax_schemes"] == ["UOSS"]

    def test_names_addresses_and_tax_numbers_are_the_orders_own(self) -> None:
        record = tax_record(order_of(), ("DE",))
        assert record["buyer"]["name"] == "Buyer-name"
        assert record["recipient"]["address_line_1"] == "Recipient-address_line_1"
        assert record["tax_registrations"] == [
            {
                "entity_type": "TaxRegistration-entity_type", "type": "TaxRegistration-type",
                "number": "TaxRegistration-number", "legal_name": "TaxRegistration-legal_name",
            }
        ]  # fmt: skip

    @pytest.mark.parametrize("kind", LEFT_OUT, ids=lambda kind: kind.__name__)
    def test_every_personal_field_is_either_in_it_or_left_out_on_purpose(self, kind: type[msgspec.Struct]) -> None:
        text = json.dumps(tax_record(order_of(), ("DE",)))
        nested = {"buyer", "recipient", "tax_registrations"} if kind is PersonalData else set()
        names = {field.name for field in msgspec.structs.fields(kind)} - nested
        assert {name for name in names if f"{kind.__name__}-{name}" not in text} == LEFT_OUT[kind]

    def test_its_fields_are_those_that_the_manifest_names(self) -> None:
        assert paths_in(tax_record(order_of(money=MONEY), ("DE",))) == set(FIELDS)
        assert len(FIELDS) == len(set(FIELDS))

    def test_an_order_of_which_little_is_known_makes_a_record_too(self) -> None:
        record = tax_record(order_of(marketplace_id=None, shipped_at=None, total=None, currency=None, lines=()), ())
        assert (record["marketplace_id"], record["shipped_at"], record["total"], record["lines"]) == (
            None, None, None, [],
        )  # fmt: skip
        assert record["keep_until"] == "2036-12-31"

    def test_it_can_be_written_as_json(self) -> None:
        record = tax_record(order_of(), ("DE",))
        assert json.loads(msgspec.json.encode(record)) == record


class TestWhichOrders:
    def test_a_cancelled_order_is_no_sale(self) -> None:
        assert not is_sale("CANCELLED", None)

    def test_one_that_was_cancelled_after_something_was_handed_over_is(self) -> None:
        assert is_sale("CANCELLED", NOV_14)

    @pytest.mark.parametrize("status", ["SHIPPED", "PARTIALLY_SHIPPED", "UNSHIPPED", "PENDING", "SOMETHING_NEW"])
    def test_whatever_may_have_been_sold_counts(self, status: str) -> None:
        assert is_sale(status, None)


class TestUntilWhen:
    @pytest.mark.parametrize("country", ["DE", "FR", "IT", "PL", "US", "JP", "XX"])
    def test_ten_years_from_the_end_of_the_year_of_the_sale(self, country: str) -> None:
        assert keep_until(NOV_12, (country,)) == date(2036, 12, 31)

    @pytest.mark.parametrize("country", ["GB", "CA"])
    def test_six_years_from_the_end_of_a_business_year_end_in_the_seventh(self, country: str) -> None:
        assert keep_until(NOV_12, (country,)) == date(2033, 12, 31)

    def test_of_several_countries_the_longest_rule_counts(self) -> None:
        assert keep_until(NOV_12, ("GB", "DE")) == keep_until(NOV_12, ("DE", "GB")) == date(2036, 12, 31)
        assert keep_until(NOV_12, ("GB", "CA")) == date(2033, 12, 31)

    def test_where_no_country_is_known_the_longest_counts(self) -> None:
        assert keep_until(NOV_12, ()) == date(2036, 12, 31)

    def test_the_year_is_that_of_the_shipment_where_there_is_one(self) -> None:
        bought, shipped = datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
        order = order_of(purchased_at=bought, shipped_at=shipped)
        assert tax_record(order, ("DE",))["keep_until"] == "2037-12-31"
        assert tax_record(order_of(purchased_at=bought, shipped_at=None), ("DE",))["keep_until"] == "2036-12-31"

    def test_a_sale_in_the_night_of_new_years_eve_counts_for_the_later_year(self) -> None:
        """In Berlin it is 2027 half an hour before midnight in UTC."""
        assert keep_until(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), ("DE",)) == date(2037, 12, 31)

    @given(
        st.integers(0, 80 * 366 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
        st.lists(st.sampled_from(["DE", "GB", "CA", "US", "AU"])),
    )
    @settings(deadline=None)
    def test_never_less_than_six_years_after_a_business_year_and_never_more_than_eleven_in_all(
        self, sold_at: datetime, countries: list[str]
    ) -> None:
        last = keep_until(sold_at, countries)
        assert sold_at.date() + timedelta(days=7 * 365) <= last <= sold_at.date() + timedelta(days=11 * 366 + 1)
        assert (last.month, last.day) == (12, 31)
