"""What an order that came means for the book: new, updated, unchanged, or not payable yet."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders.changes import Known, Verdict, digest, judge
from amzlink.core.orders.order import NOTHING_PERSONAL, Order, OrderLine, PackageItem, PersonalData, Recipient
from tests.orderbook.samples import MONEY, NOW, line_of, order_of, package_of

CITY_ONLY = PersonalData(recipient=Recipient(city="Praha", country_code="CZ"))


def known_from(order: Order) -> Known:
    return Known(order.changed_at, digest(order), order.personal.recipient.deliverable)


def verdict_on(order: Order, known: Known | None) -> Verdict:
    return judge(order, digest(order), known)


def test_an_order_that_the_book_does_not_have_is_new() -> None:
    assert verdict_on(order_of(), None) is Verdict.NEW


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY"])
def test_an_unknown_order_that_is_not_payable_yet_is_pending(status: str) -> None:
    assert verdict_on(order_of(status=status), None) is Verdict.PENDING


def test_a_known_order_that_falls_back_to_pending_is_updated() -> None:
    order = order_of()
    later = order_of(status="PENDING", changed_at=order.changed_at + timedelta(seconds=1))
    assert verdict_on(later, known_from(order)) is Verdict.UPDATED


def test_the_same_answer_twice_is_unchanged() -> None:
    assert verdict_on(order_of(), known_from(order_of())) is Verdict.UNCHANGED


def test_a_newer_answer_updates_even_where_its_facts_are_the_same() -> None:
    """What has changed may be personal, and of that the book keeps no digest."""
    order = order_of()
    newer = order_of(changed_at=order.changed_at + timedelta(milliseconds=1))
    assert verdict_on(newer, known_from(order)) is Verdict.UPDATED


def test_an_order_without_what_later_versions_read_has_the_digest_of_the_first() -> None:
    """Else every order in the book would count as changed after an upgrade."""
    lines = (line_of("1", ioss_number="IM1", cancellation_requested=True, programs=("TRANSPARENCY",)), line_of("2"))
    whole = order_of(programs=("PRIME",), lines=lines, packages=(package_of(),))
    assert (digest(order_of()), digest(whole)) == ("033a4b9533115fc72451458f", "537e85228447ad7ee7433801")


def test_what_a_price_consists_of_makes_no_order_changed() -> None:
    assert digest(order_of(money=MONEY)) == digest(order_of())


def test_a_demand_that_is_new_at_the_same_time_updates() -> None:
    demanding = order_of(lines=(line_of(demands=("signatureConfirmation",)),))
    assert verdict_on(demanding, known_from(order_of())) is Verdict.UPDATED


def test_another_content_at_the_same_time_updates() -> None:
    assert verdict_on(order_of(status="SHIPPED"), known_from(order_of())) is Verdict.UPDATED


def test_an_address_that_was_missing_is_taken_without_any_change() -> None:
    assert verdict_on(order_of(), known_from(order_of(personal=CITY_ONLY))) is Verdict.UPDATED


def test_an_address_that_is_lost_without_any_change_updates_nothing() -> None:
    assert verdict_on(order_of(personal=CITY_ONLY), known_from(order_of())) is Verdict.UNCHANGED


ORDERS = st.builds(
    order_of,
    status=st.sampled_from(["UNSHIPPED", "SHIPPED", "CANCELLED", "PENDING", "SOMETHING_NEW"]),
    changed_at=st.integers(0, 3).map(lambda hours: NOW - timedelta(hours=hours)),
    total=st.sampled_from(["1.00", "2.00"]),
    personal=st.sampled_from([NOTHING_PERSONAL, CITY_ONLY, order_of().personal]),
)


@given(ORDERS, ORDERS)
@settings(deadline=None)
def test_an_older_answer_never_overwrites_a_newer_one(new: Order, old: Order) -> None:
    verdict = verdict_on(new, known_from(old))
    if new.changed_at < old.changed_at:
        assert verdict is Verdict.UNCHANGED
    else:
        assert verdict in (Verdict.UPDATED, Verdict.UNCHANGED)


@given(st.lists(ORDERS, min_size=1, max_size=8))
@settings(deadline=None)
def test_whatever_the_answers_and_their_sequence_the_newest_one_is_what_stays(answers: list[Order]) -> None:
    kept: Order | None = None
    for answer in answers:
        if verdict_on(answer, known_from(kept) if kept else None) in (Verdict.NEW, Verdict.UPDATED):
            kept = answer
    stored = [answer for answer in answers if answer.status != "PENDING"]
    if stored:
        assert kept is not None
        assert kept.changed_at >= max(answer.changed_at for answer in stored)


@given(
    st.builds(Recipient, name=st.text(), address_line_1=st.text(), city=st.text(), phone=st.none() | st.text()),
    st.dictionaries(st.text(max_size=3), st.text(), max_size=2),
)
@settings(deadline=None)
def test_the_digest_does_not_depend_on_personal_data(recipient: Recipient, texts: dict[str, str]) -> None:
    personal = PersonalData(recipient=recipient, gift_messages=texts, tracking_numbers=texts, customization_urls=texts)
    assert digest(order_of(personal=personal)) == digest(order_of())


@pytest.mark.parametrize(
    "fact",
    [
        {"status": "SHIPPED"},
        {"marketplace_id": None},
        {"purchased_at": NOW},
        {"changed_at": NOW},
        {"ship_by": None},
        {"deliver_by": None},
        {"label_from": NOW},
        {"service_level": None},
        {"programs": ("PRIME",)},
        {"replaces": "302-7654321-7654321"},
        {"total": "40.00"},
        {"currency": "PLN"},
        {"fulfilled_by": None},
        {"lines": (line_of(quantity_unshipped=1),)},
        {"lines": (line_of(cancellation_requested=True),)},
        {"lines": (line_of(demands=("signatureConfirmation",)),)},
        {"lines": (line_of(gift_wrap="STANDARD"),)},
        {"lines": (line_of(customised=True),)},
        {"lines": (line_of(), line_of("2"))},
        {"packages": (package_of(),)},
        {"packages": (package_of(items=(PackageItem("1", 1),)),)},
    ],
    ids=lambda fact: next(iter(fact)),
)
def test_the_digest_tells_any_other_difference(fact: dict[str, Any]) -> None:
    assert digest(order_of(**fact)) != digest(order_of())


def test_no_fact_of_an_order_is_left_out_of_the_digest_but_the_personal_data_and_the_parts_of_prices() -> None:
    whole = order_of(lines=(line_of(demands=("x",), gift_wrap="y", customised=True),), money=MONEY, from_report=True)
    fields = msgspec.json.decode(msgspec.json.encode(whole))
    assert set(fields) == set(Order.__struct_fields__)
    assert set(fields["lines"][0]) == set(OrderLine.__struct_fields__)


def test_the_digest_of_an_order_that_went_through_json_is_the_same() -> None:
    order = order_of(packages=(package_of(),))
    assert digest(msgspec.json.decode(msgspec.json.encode(order), type=Order)) == digest(order)


@pytest.mark.parametrize("days", [-400, 0, 400])
def test_whatever_is_read_of_an_order_replaces_what_a_report_told_of_it(days: int) -> None:
    """A report's time may be damaged, and an order that could not get over it would be held for ever."""
    order = order_of()
    known = msgspec.structs.replace(known_from(order), changed_at=NOW + timedelta(days=days), reported_at=NOW)
    assert verdict_on(order, known) is Verdict.UPDATED
