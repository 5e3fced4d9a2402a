"""Holds: which causes an order carries, and which of them count at a time and under a store's settings."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.clock import to_iso
from amzlink.core.orders.holds import (
    BUY_SHIPPING,
    OWN_CARRIER,
    STILL_HELD,
    HeldFor,
    Hold,
    HoldPolicy,
    cause_to_keep,
    causes,
    counting,
)
from amzlink.core.orders.order import PENDING, TO_SHIP, PersonalData, Recipient
from amzlink.core.store_choices import IncludePrime
from tests.orderbook.samples import NOW, PERSONAL, line_of, order_of

DEFAULT = HoldPolicy()
ITALY, GERMANY = "APJ6JRA9NG5V4", "A1PA6795UKMFR9"
PROGRAMS = {
    "PRIME": Hold.PRIME,
    "AMAZON_EASY_SHIP": Hold.AMAZON_SHIPS,
    "DELIVERY_BY_AMAZON": Hold.AMAZON_SHIPS,
    "FBM_SHIP_PLUS": Hold.AMAZON_SHIPS,
    "IN_STORE_PICK_UP": Hold.STORE_PICKUP,
    "PREORDER": Hold.PREORDER,
}
HARMLESS = ("AMAZON_BUSINESS", "PREMIUM", "AMAZON_BAZAAR", "AMAZON_HAUL", "INVOICE_BY_AMAZON", "SOMETHING_NEW")


def test_the_names_of_the_holds_are_those_that_scripts_rely_on() -> None:
    assert {hold.value for hold in Hold} == {
        "cancellation-requested", "prime", "amazon-ships", "store-pickup", "preorder", "label-too-early", "no-address",
        "no-lines", "not-read-yet", "damaged-text", "missing-weight", "missing-customs", "manual", "customised",
    }  # fmt: skip


def test_an_ordinary_order_has_no_cause() -> None:
    assert causes(order_of()) == {}


@pytest.mark.parametrize(("program", "hold"), PROGRAMS.items())
def test_a_program_that_is_not_shipped_the_normal_way_holds_the_order(program: str, hold: Hold) -> None:
    assert causes(order_of(programs=(program,), marketplace_id=ITALY)) == {hold: program}


@pytest.mark.parametrize("program", HARMLESS)
def test_other_programs_hold_nothing_not_even_one_that_nobody_has_seen(program: str) -> None:
    assert causes(order_of(programs=(program,))) == {}


def test_a_buyers_wish_to_cancel_holds_the_order_and_names_its_lines() -> None:
    lines = (
        line_of("3", cancellation_requested=True),
        line_of("2"),
        line_of("1", cancellation_requested=True),
    )
    assert causes(order_of(lines=lines)) == {Hold.CANCELLATION_REQUESTED: "1,3"}


def test_a_label_that_may_not_be_printed_yet_holds_the_order() -> None:
    later = NOW + timedelta(hours=3)
    assert causes(order_of(label_from=later)) == {Hold.LABEL_TOO_EARLY: to_iso(later)}


def test_an_order_without_name_and_street_is_held() -> None:
    personal = PersonalData(recipient=Recipient(city="Praha", country_code="CZ"))
    assert causes(order_of(personal=personal)) == {Hold.NO_ADDRESS: "absent"}


def test_an_order_can_have_several_holds() -> None:
    order = order_of(programs=("PRIME", "PREORDER"), label_from=NOW, personal=PersonalData())
    assert set(causes(order)) == {Hold.PRIME, Hold.PREORDER, Hold.LABEL_TOO_EARLY, Hold.NO_ADDRESS}


@pytest.mark.parametrize("status", ["SHIPPED", "CANCELLED", "UNFULFILLABLE", "INVOICE_UNCONFIRMED", *sorted(PENDING)])
def test_an_order_with_nothing_to_ship_is_held_for_nothing(status: str) -> None:
    order = order_of(
        status=status,
        programs=tuple(PROGRAMS),
        label_from=NOW,
        lines=(line_of(cancellation_requested=True),),
        personal=PersonalData(),
    )
    assert causes(order) == {}


@given(st.lists(st.sampled_from([*PROGRAMS, *HARMLESS]), unique=True), st.data())
@settings(deadline=None)
def test_the_sequence_in_which_amazon_lists_the_programs_makes_no_cause_new(
    programs: list[str], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(programs))
    assert causes(order_of(programs=tuple(shuffled))) == causes(order_of(programs=tuple(programs)))


@given(
    st.sampled_from(sorted(TO_SHIP)),
    st.lists(st.sampled_from([*PROGRAMS, *HARMLESS])),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None)
def test_no_cause_holds_anything_personal(
    status: str, programs: list[str], asked: bool, early: bool, with_address: bool
) -> None:
    order = order_of(
        status=status,
        programs=tuple(programs),
        lines=(line_of("12345678901234", cancellation_requested=asked),),
        label_from=NOW if early else None,
        personal=PERSONAL if with_address else PersonalData(recipient=Recipient(city="Praha")),
    )
    allowed = {"12345678901234", to_iso(NOW), "absent", OWN_CARRIER}
    assert all(cause in allowed or set(cause.split(",")) <= set(PROGRAMS) for cause in causes(order).values())


def test_a_hold_that_was_lifted_does_not_count() -> None:
    held = (HeldFor("preorder", "PREORDER", lifted_at=to_iso(NOW)), HeldFor("no-address", "absent"))
    assert counting(held, DEFAULT, NOW) == ("no-address",)


@pytest.mark.parametrize("country", ["DE", "FR", "ES", "NL", "PL", "SE", "BE"])
def test_a_prime_order_goes_where_the_merchant_chooses_the_carrier(country: str) -> None:
    assert prime_counts(BY_COUNTRY[country].id, "auto") == ()


@pytest.mark.parametrize("country", ["IT", "GB", "US", "JP", "IE", "TR"])
def test_a_prime_order_whose_label_comes_from_buy_shipping_is_held(country: str) -> None:
    assert prime_counts(BY_COUNTRY[country].id, "auto") == ("prime",)


def test_a_prime_order_of_an_unknown_marketplace_is_held() -> None:
    assert prime_counts(None, "auto") == prime_counts("A2SOMETHINGNEW", "auto") == ("prime",)


@pytest.mark.parametrize("marketplace_id", [ITALY, GERMANY])
def test_a_store_can_send_all_its_prime_orders_or_none(marketplace_id: str) -> None:
    assert prime_counts(marketplace_id, "always") == ()
    assert prime_counts(marketplace_id, "never") == ("prime",)


def prime_counts(marketplace_id: str | None, include_prime: IncludePrime) -> tuple[str, ...]:
    found = causes(order_of(programs=("PRIME",), marketplace_id=marketplace_id))
    held = tuple(HeldFor(hold, cause) for hold, cause in found.items())
    return counting(held, HoldPolicy(include_prime), NOW)


def test_a_prime_order_that_an_earlier_version_held_keeps_its_cause() -> None:
    for before in (BUY_SHIPPING, STILL_HELD):
        assert cause_to_keep("prime", before, OWN_CARRIER) == before
        assert counting((HeldFor("prime", before),), DEFAULT, NOW) == ("prime",)
    assert cause_to_keep("prime", None, OWN_CARRIER) == OWN_CARRIER
    assert cause_to_keep("preorder", "PREORDER", "OTHER") == "OTHER"


def test_a_line_made_to_the_buyers_wishes_holds_the_order_unless_the_store_includes_it() -> None:
    lines = (line_of("3", customised=True), line_of("2"), line_of("1"))
    personal = msgspec.structs.replace(PERSONAL, customization_urls={"1": "https://wishes.test/1"})
    found = causes(order_of(lines=lines, personal=personal))
    assert found == {Hold.CUSTOMISED: "1,3"}
    held = (HeldFor("customised", found[Hold.CUSTOMISED]),)
    assert counting(held, DEFAULT, NOW) == ("customised",)
    assert counting(held, HoldPolicy(include_customised=True), NOW) == ()


def test_a_missing_weight_counts_only_where_the_store_asks_for_it() -> None:
    held = (HeldFor("missing-weight", "SKU-1"),)
    assert counting(held, DEFAULT, NOW) == ()
    assert counting(held, HoldPolicy(hold_missing_weight=True), NOW) == ("missing-weight",)


def test_a_label_is_too_early_until_its_time_has_come() -> None:
    held = (HeldFor("label-too-early", to_iso(NOW)),)
    assert counting(held, DEFAULT, NOW - timedelta(seconds=1)) == ("label-too-early",)
    assert counting(held, DEFAULT, NOW) == ()
    assert counting(held, DEFAULT, NOW + timedelta(days=400)) == ()


def test_missing_customs_data_counts_only_where_the_store_asks_for_it() -> None:
    held = (HeldFor("missing-customs", '["MUG"]'),)
    assert counting(held, DEFAULT, NOW) == ()
    assert counting(held, HoldPolicy(hold_missing_customs=True), NOW) == ("missing-customs",)
    assert counting(held, HoldPolicy(hold_missing_weight=True), NOW) == ()


@pytest.mark.parametrize("policy", [DEFAULT, HoldPolicy("always", hold_missing_weight=True)])
def test_all_other_holds_count_at_any_time_under_any_setting(policy: HoldPolicy) -> None:
    by_setting = {"prime", "customised", "missing-weight", "missing-customs", "label-too-early"}
    others = sorted({hold.value for hold in Hold} - by_setting)
    held = tuple(HeldFor(hold, "cause") for hold in reversed(others))
    assert counting(held, policy, NOW) == tuple(others)


@given(
    st.lists(
        st.builds(
            HeldFor,
            st.sampled_from([hold.value for hold in Hold]),
            st.just(to_iso(NOW)),
            st.none() | st.just(to_iso(NOW)),
        ),
        unique_by=lambda entry: entry.hold,
    ),
    st.sampled_from(["auto", "always", "never"]),
    st.booleans(),
)
@settings(deadline=None)
def test_what_counts_is_a_sorted_part_of_what_is_held(
    held: list[HeldFor], include_prime: IncludePrime, hold_missing_weight: bool
) -> None:
    found = counting(tuple(held), HoldPolicy(include_prime, hold_missing_weight), NOW)
    assert list(found) == sorted(set(found))
    assert set(found) <= {entry.hold for entry in held if entry.lifted_at is None}
