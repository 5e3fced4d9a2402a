"""What Amazon is to be told of an order's parcels."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.shipments.confirmation import COUNTING, Confirmation, Package, State
from amzlink.core.shipments.packing import Item, Line
from amzlink.core.shipments.parcels import DEAD, Kind, Parcel, ParcelItem
from amzlink.core.shipments.plan import LOWEST_REFERENCE, Outlook, Situation, plan

ORDER = "302-0000000-0000001"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def parcel(key: str, *items: ParcelItem, kind: Kind = Kind.UNDER_WAY, **fields: Any) -> Parcel:
    name = key if ":" in key else f"sendcloud:{key}"
    given = {"status": "X", "updated_at": NOON, "announced_at": NOON, "traceable": True, **fields}
    return Parcel(key=name, order_id=ORDER, kind=kind, items=items, **given)


def holds(
    item: str | None, quantity: int | None = 1, *, sku: str | None = None, codes: Sequence[str] = ()
) -> ParcelItem:
    return ParcelItem(item, sku, quantity, tuple(codes))


def line(item: str, unshipped: int = 1, *, sku: str | None = None, needs_codes: bool = False) -> Line:
    return Line(item, sku or f"SKU-{item}", unshipped, needs_codes)


def ours(reference: str) -> str:
    """A reference that is written in these tests as if ours began with 1."""
    return str(int(reference) + LOWEST_REFERENCE - 1) if reference.isdecimal() else reference


def package(reference: str, items: tuple[tuple[str, int], ...] = ()) -> Package:
    """A package that Amazon shows."""
    return Package(ours(reference), items)


def told(reference: str, key: str, *items: tuple[str, int], state: State = State.STORED, **fields: Any) -> Confirmation:
    return Confirmation(
        order_id=ORDER,
        reference=ours(reference),
        parcel=f"sendcloud:{key}" if ":" not in key else key,
        state=state,
        items=tuple(Item(item, quantity) for item, quantity in items),
        content=fields.pop("content", f"content of {key}"),
        **fields,
    )


def situation(
    *parcels: Parcel,
    lines: Sequence[Line] = (Line("1", "SKU-1", 1),),
    packages: Sequence[Package] = (),
    confirmations: Sequence[Confirmation] = (),
    status: str = "UNSHIPPED",
    contents: Mapping[str, str] | None = None,
) -> Situation:
    known = {each.key: f"content of {each.key.removeprefix('sendcloud:')}" for each in parcels if each.is_live}
    return Situation(
        order_id=ORDER,
        status=status,
        lines=tuple(lines),
        packages=tuple(packages),
        parcels=parcels,
        confirmations=tuple(confirmations),
        contents={**known, **(contents or {})},
    )


def decide(now: Situation, *, waiting: Sequence[str] = ()) -> Outlook:
    """The decision, where all parcels but those named have reached the trigger."""
    return plan(now, frozenset(each.key for each in now.parcels) - {f"sendcloud:{key}" for key in waiting})


def number(entry: Confirmation) -> str:
    """The reference, counted from the first that is ours."""
    return str(int(entry.reference) - LOWEST_REFERENCE + 1)


def contents_of(*confirmations: Confirmation) -> dict[str, dict[str, int]]:
    """What is in each package, by reference; new ones are counted from 1."""
    return {
        number(entry): {item.order_item_id: item.quantity for item in entry.items} for entry in confirmations
    }  # fmt: skip


# Which parcel holds what.


def test_a_parcel_without_a_list_holds_everything_that_is_left() -> None:
    found = decide(situation(parcel("A"), lines=[line("1", 2), line("2", 3)]))
    assert contents_of(*found.confirm) == {"1": {"1": 2, "2": 3}}


def test_parcels_that_name_amazons_item_ids_hold_those() -> None:
    found = decide(
        situation(parcel("A", holds("1", 2)), parcel("B", holds("2", 3)), lines=[line("1", 2), line("2", 3)])
    )
    assert contents_of(*found.confirm) == {"1": {"1": 2}, "2": {"2": 3}}


def test_items_are_found_by_sku_where_the_id_did_not_survive() -> None:
    found = decide(
        situation(
            parcel("A", holds(None, sku="RED")), parcel("B", holds("999", sku="BLUE")),
            lines=[line("1", sku="BLUE"), line("2", sku="RED")],
        )
    )  # fmt: skip
    assert contents_of(*found.confirm) == {"1": {"2": 1}, "2": {"1": 1}}


def test_one_parcel_fills_all_lines_of_the_same_sku() -> None:
    lines = [line("1", sku="RED"), line("2", sku="RED")]
    twice = decide(situation(parcel("A", holds(None, sku="RED"), holds(None, sku="RED")), lines=lines))
    both = decide(situation(parcel("A", holds(None, 2, sku="RED")), lines=lines))
    assert contents_of(*twice.confirm) == contents_of(*both.confirm) == {"1": {"1": 1, "2": 1}}


def test_what_is_left_goes_into_a_later_parcel() -> None:
    first = told("1", "A", ("1", 2))
    found = decide(
        situation(
            parcel("A", holds("1", 2)), parcel("B"), lines=[line("1", 1)],
            packages=[package("1", (("1", 2),))], confirmations=[first], status="PARTIALLY_SHIPPED",
        )
    )  # fmt: skip
    assert contents_of(*found.confirm) == {"2": {"1": 1}}
    assert found.already == ("sendcloud:A",)


def test_what_amazon_was_told_and_does_not_show_yet_is_not_free() -> None:
    first = told("1", "A", ("1", 2), state=State.ACCEPTED)
    found = decide(situation(parcel("A", holds("1", 2)), parcel("B"), lines=[line("1", 3)], confirmations=[first]))
    assert contents_of(*found.confirm) == {"2": {"1": 1}}


def test_parcels_that_all_repeat_the_whole_order_make_one_package() -> None:
    everything = (holds("1", 2), holds("2", 1))
    found = decide(situation(parcel("A", *everything), parcel("B", *everything), lines=[line("1", 2), line("2", 1)]))
    assert contents_of(*found.confirm) == {"1": {"1": 2, "2": 1}}
    assert (found.already, found.nothing_left) == ((), ("sendcloud:B",))


def test_a_parcel_whose_number_was_deleted_counts_as_told_where_nothing_is_left_for_it() -> None:
    """Whether Amazon was told of it cannot be seen any more, and nobody is to tell it by hand twice."""
    now = situation(
        parcel("A", holds("1", 1)), parcel("B", holds("1", 1)), lines=[line("1", 0)],
        packages=[package("1", (("1", 1),))], confirmations=[told("1", "A", ("1", 1))], status="SHIPPED",
    )  # fmt: skip
    assert decide(now).nothing_left == ("sendcloud:B",)
    kept = {key: content for key, content in now.contents.items() if key != "sendcloud:B"}
    found = decide(msgspec.structs.replace(now, contents=kept))
    assert (found.nothing_left, "sendcloud:B" in found.already) == ((), True)


def test_a_parcel_whose_items_another_one_holds_waits_as_long_as_either_may_be_scanned_first() -> None:
    found = decide(situation(parcel("A"), parcel("B")), waiting=["A", "B"])
    assert (found.waiting, found.nothing_left) == (("sendcloud:A", "sendcloud:B"), ())
    confirmed = [told("1", "A", ("1", 1), state=State.ACCEPTED)]
    found = decide(situation(parcel("A"), parcel("B"), confirmations=confirmed), waiting=["B"])
    assert (found.waiting, found.nothing_left) == ((), ("sendcloud:B",))


def test_a_parcel_that_a_file_names_too_is_known_and_not_left_over() -> None:
    known = told("1", "A", ("1", 1))
    now = situation(
        parcel("A"), parcel("file:B"), lines=[line("1", 0)], packages=[package("1")], confirmations=[known],
        contents={"sendcloud:A": known.content, "file:B": known.content},
    )  # fmt: skip
    assert (decide(now).nothing_left, "file:B" in decide(now).already) == ((), True)


def test_of_parcels_that_claim_the_same_the_one_that_is_on_its_way_counts() -> None:
    found = decide(situation(parcel("A"), parcel("B")), waiting=["A"])
    assert [entry.parcel for entry in found.confirm] == ["sendcloud:B"]


def test_no_package_holds_more_than_amazon_waits_for() -> None:
    found = decide(situation(parcel("A", holds("1", 5)), lines=[line("1", 2)]))
    assert contents_of(*found.confirm) == {"1": {"1": 2}}


def test_a_parcel_of_something_else_holds_what_is_left() -> None:
    assert contents_of(*decide(situation(parcel("A", holds("77", sku="UNKNOWN")))).confirm) == {"1": {"1": 1}}


def test_a_row_without_an_item_counts_pieces_of_the_orders_only_line() -> None:
    found = decide(situation(parcel("file:A", holds(None, 2)), lines=[line("1", 3)]))
    assert contents_of(*found.confirm) == {"1": {"1": 2}}


def test_a_parcel_waits_until_it_has_reached_the_trigger_and_keeps_its_share() -> None:
    found = decide(situation(parcel("A", holds("1", 1)), parcel("B"), lines=[line("1", 2)]), waiting=["A"])
    assert contents_of(*found.confirm) == {"1": {"1": 1}}
    assert found.waiting == ("sendcloud:A",)


def test_an_order_that_another_tool_has_shipped_is_known_already() -> None:
    found = decide(situation(parcel("A"), lines=[line("1", 0)], packages=[package("1", (("1", 1),))], status="SHIPPED"))
    assert (found.confirm, found.already) == ((), ("sendcloud:A",))


# References.


def test_a_new_package_gets_a_number_that_the_order_has_never_used() -> None:
    withdrawn = told("7", "Z", ("1", 1), state=State.WITHDRAWN)
    found = decide(
        situation(
            parcel("A"), packages=[package("2", ()), package("other", ())], confirmations=[withdrawn],
        )
    )  # fmt: skip
    assert [number(entry) for entry in found.confirm] == ["8"]


def test_our_numbers_begin_where_other_programs_hardly_come() -> None:
    (entry,) = decide(situation(parcel("A"), packages=[Package("3", ())])).confirm
    assert entry.reference == "1001"


def test_a_number_that_another_tool_took_meanwhile_is_given_up() -> None:
    planned = told("1", "A", ("1", 1), state=State.PLANNED)
    found = decide(situation(parcel("A"), lines=[line("1", 1)], packages=[package("1", ())], confirmations=[planned]))
    assert [(number(entry), entry.state) for entry in found.withdraw] == [("1", State.WITHDRAWN)]
    assert [number(entry) for entry in found.confirm] == ["2"]


def test_a_call_that_seemed_lost_and_arrived_after_all_is_not_made_again() -> None:
    planned = told("1", "A", ("1", 1), state=State.PLANNED, asked=True)
    found = decide(
        situation(parcel("A"), lines=[line("1", 0)], packages=[package("1", (("1", 1),))], confirmations=[planned])
    )
    assert [(number(entry), entry.state) for entry in found.withdraw] == [("1", State.STORED)]
    assert found.confirm == found.edit == ()


# Changes and cancellations.


def test_a_changed_tracking_number_is_an_edit_of_the_same_package() -> None:
    found = decide(
        situation(
            parcel("A"), lines=[line("1", 0)], packages=[package("1", (("1", 1),))],
            confirmations=[told("1", "A", ("1", 1), content="old")], status="SHIPPED",
        )
    )  # fmt: skip
    (edit,) = found.edit
    assert (number(edit), edit.is_edit, edit.state, edit.content) == ("1", True, State.PLANNED, "content of A")
    assert edit.items == (Item("1", 1),)


def test_a_number_that_changes_before_anything_was_sent_is_no_edit() -> None:
    found = decide(situation(parcel("A"), confirmations=[told("1", "A", ("1", 1), state=State.PLANNED, content="old")]))
    assert found.edit == ()
    assert [(number(entry), entry.is_edit, entry.content) for entry in found.confirm] == [
        ("1", False, "content of A")
    ]  # fmt: skip


@pytest.mark.parametrize("state", [State.CALLING, State.IN_FEED])
def test_nothing_is_changed_of_what_nobody_can_tell_yet(state: State) -> None:
    found = decide(situation(parcel("A"), confirmations=[told("1", "A", ("1", 1), state=state, content="old")]))
    assert found == Outlook()


def test_what_waits_in_the_queue_is_counted_and_not_planned_again() -> None:
    found = decide(situation(parcel("A"), confirmations=[told("1", "A", ("1", 1), state=State.PLANNED)]))
    assert [number(entry) for entry in found.queued] == ["1"]
    assert found.confirm == ()


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.FAILED, Kind.CANCELLING])
def test_a_parcel_that_is_cancelled_before_anything_was_sent_is_taken_out_of_the_queue(kind: Kind) -> None:
    found = decide(situation(parcel("A", kind=kind), confirmations=[told("1", "A", ("1", 1), state=State.PLANNED)]))
    assert [entry.state for entry in found.withdraw] == [State.WITHDRAWN]


def test_an_edit_that_is_taken_out_of_the_queue_leaves_the_package_as_amazon_has_it() -> None:
    edit = told("1", "A", ("1", 1), state=State.PLANNED, is_edit=True, content="new")
    found = decide(situation(parcel("A", kind=Kind.CANCELLING), confirmations=[edit]))
    (left,) = found.withdraw
    assert left.state is State.STORED
    later = decide(situation(parcel("A"), confirmations=[left], contents={"sendcloud:A": "new"}, lines=[line("1", 0)]))
    assert [entry.content for entry in later.edit] == ["new"]


def test_a_parcel_that_is_cancelled_after_it_was_confirmed_leaves_nothing_to_undo() -> None:
    found = decide(situation(parcel("A", kind=Kind.CANCELLED), confirmations=[told("1", "A", ("1", 1))]))
    assert found == Outlook()


def test_a_new_label_takes_the_package_of_the_cancelled_one() -> None:
    found = decide(
        situation(
            parcel("A", holds("1"), kind=Kind.CANCELLED), parcel("B", holds("1")), lines=[line("1", 0)],
            packages=[package("1", (("1", 1),))], confirmations=[told("1", "A", ("1", 1))], status="SHIPPED",
        )
    )  # fmt: skip
    (edit,) = found.edit
    assert (number(edit), edit.parcel, edit.is_edit) == ("1", "sendcloud:B", True)


def test_a_new_label_that_names_its_contents_by_sku_takes_over_too() -> None:
    found = decide(
        situation(
            parcel("A", holds("1"), kind=Kind.CANCELLED), parcel("B", holds(None, sku="RED")),
            lines=[line("1", 1, sku="RED"), line("2", 1)], packages=[],
            confirmations=[told("1", "A", ("1", 1), state=State.ACCEPTED)],
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel) for entry in found.edit] == [("1", "sendcloud:B")]


def test_a_new_label_and_the_rest_of_the_order_are_told_apart_at_once() -> None:
    found = decide(
        situation(
            parcel("A", holds("1"), kind=Kind.CANCELLED), parcel("B", holds("1")), parcel("C", holds("1")),
            lines=[line("1", 1)], packages=[package("1", (("1", 1),))], confirmations=[told("1", "A", ("1", 1))],
            status="PARTIALLY_SHIPPED",
        )
    )  # fmt: skip
    assert [entry.parcel for entry in found.edit] == ["sendcloud:B"]
    assert [(entry.parcel, number(entry)) for entry in found.confirm] == [("sendcloud:C", "2")]


def test_a_parcel_with_other_things_in_it_does_not_take_the_place_of_a_cancelled_one() -> None:
    found = decide(
        situation(
            parcel("A", holds("1"), kind=Kind.CANCELLED), parcel("B", holds("2")), parcel("C", holds("2")),
            lines=[line("1", 0), line("2", 0)], packages=[package("1", (("1", 1),)), package("2", (("2", 1),))],
            confirmations=[told("1", "A", ("1", 1)), told("2", "B", ("2", 1))], status="SHIPPED",
        )
    )  # fmt: skip
    assert found.edit == ()


def test_a_new_label_waits_for_the_trigger_before_it_takes_over() -> None:
    found = decide(
        situation(
            parcel("A", kind=Kind.CANCELLED), parcel("B"), lines=[line("1", 0)],
            confirmations=[told("1", "A", ("1", 1))], packages=[package("1", (("1", 1),))],
        ),
        waiting=["B"],
    )  # fmt: skip
    assert found == Outlook(waiting=("sendcloud:B",))


def test_a_new_label_waits_while_nobody_knows_what_became_of_the_old_one() -> None:
    found = decide(
        situation(
            parcel("A", kind=Kind.CANCELLED), parcel("B"), confirmations=[told("1", "A", ("1", 1), state=State.IN_FEED)]
        )
    )
    assert found == Outlook(waiting=("sendcloud:B",))


def test_everything_planned_for_a_cancelled_order_is_withdrawn() -> None:
    found = decide(
        situation(
            parcel("A"), parcel("B"), status="CANCELLED",
            confirmations=[
                told("1", "A", ("1", 1), state=State.PLANNED),
                told("2", "B", ("1", 1), state=State.PLANNED, is_edit=True),
            ],
        )
    )  # fmt: skip
    assert [entry.state for entry in found.withdraw] == [State.WITHDRAWN, State.STORED]
    assert found.of_cancelled_order == ("sendcloud:A", "sendcloud:B")
    assert found.confirm == ()


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY"])
def test_parcels_of_an_order_that_is_not_paid_wait(status: str) -> None:
    found = decide(situation(parcel("A"), status=status))
    assert (found.confirm, found.waiting) == ((), ("sendcloud:A",))


# Refusals.


def test_what_amazon_refused_is_not_told_again() -> None:
    found = decide(situation(parcel("A"), confirmations=[told("1", "A", ("1", 1), state=State.REFUSED)]))
    assert found == Outlook()


def test_what_amazon_refused_is_told_anew_when_the_parcel_has_changed() -> None:
    refused = told("1", "A", ("1", 1), state=State.REFUSED, content="old")
    found = decide(situation(parcel("A"), confirmations=[refused]))
    assert [entry.state for entry in found.withdraw] == [State.WITHDRAWN]
    assert [(number(entry), entry.is_edit) for entry in found.confirm] == [("2", False)]


def test_a_refusal_goes_with_its_parcel() -> None:
    found = decide(
        situation(
            parcel("A", kind=Kind.CANCELLED), parcel("B"), confirmations=[told("1", "A", ("1", 1), state=State.REFUSED)]
        )
    )
    assert [entry.state for entry in found.withdraw] == [State.WITHDRAWN]
    assert [number(entry) for entry in found.confirm] == ["2"]


def test_a_refused_edit_frees_no_items() -> None:
    refused = told("1", "A", ("1", 1), state=State.REFUSED, is_edit=True)
    assert decide(situation(parcel("A"), parcel("B"), confirmations=[refused])).confirm == ()


def test_what_is_missing_for_good_is_told_anew_with_another_label() -> None:
    missing = told("1", "A", ("1", 1), state=State.MISSING)
    assert decide(situation(parcel("A"), confirmations=[missing])) == Outlook()
    found = decide(situation(parcel("A", kind=Kind.CANCELLED), parcel("B"), confirmations=[missing]))
    assert [number(entry) for entry in found.confirm] == ["2"]


# Transparency.


def test_items_that_need_codes_are_not_confirmed_without() -> None:
    found = decide(situation(parcel("A"), lines=[line("1", 2, needs_codes=True)]))
    assert found.confirm == ()
    assert [(entry.state, number(entry)) for entry in found.without_codes] == [(State.REFUSED, "1")]


def test_items_with_a_code_for_each_piece_are_confirmed() -> None:
    told_of = parcel("file:A", holds("1", 2, codes=["C1", "C2"]))
    found = decide(situation(told_of, lines=[line("1", 2, needs_codes=True)]))
    assert found.confirm[0].items == (Item("1", 2, ("C1", "C2")),)


def test_codes_from_a_file_confirm_what_was_reported_without() -> None:
    refused = told("1", "A", ("1", 1), state=State.REFUSED)
    found = decide(
        situation(
            parcel("A"), parcel("file:B", holds("1", 1, codes=["C1"])), lines=[line("1", needs_codes=True)],
            confirmations=[refused],
        )
    )  # fmt: skip
    assert [(entry.parcel, number(entry)) for entry in found.confirm] == [("file:B", "2")]
    assert found.without_codes == ()


# Corrections by a later file.


def test_a_later_file_with_another_number_for_the_same_things_corrects_the_earlier() -> None:
    found = decide(
        situation(
            parcel("file:A"), parcel("file:B", updated_at=NOON + HOUR), lines=[line("1", 0)],
            packages=[package("1", (("1", 1),))], confirmations=[told("1", "file:A", ("1", 1))], status="SHIPPED",
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel, entry.is_edit) for entry in found.edit] == [("1", "file:B", True)]
    assert found.superseded == ("file:A",)


def test_a_later_file_with_the_rest_of_the_order_corrects_nothing() -> None:
    one = holds("1", 1)
    found = decide(
        situation(
            parcel("file:A", one), parcel("file:B", one, updated_at=NOON + HOUR), lines=[line("1", 1)],
            packages=[package("1", (("1", 1),))], confirmations=[told("1", "file:A", ("1", 1))],
            status="PARTIALLY_SHIPPED",
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel) for entry in found.confirm] == [("2", "file:B")]
    assert (found.edit, found.superseded) == ((), ())


def test_a_correction_of_what_was_not_sent_yet_takes_its_place_in_the_queue() -> None:
    found = decide(
        situation(
            parcel("file:A"), parcel("file:B", updated_at=NOON + HOUR),
            confirmations=[told("1", "file:A", ("1", 1), state=State.PLANNED)],
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel, entry.is_edit) for entry in found.confirm] == [("1", "file:B", False)]
    assert found.superseded == ("file:A",)


def test_a_correction_of_what_amazon_refused_replaces_it() -> None:
    found = decide(
        situation(
            parcel("file:A"), parcel("file:B", updated_at=NOON + HOUR),
            confirmations=[told("1", "file:A", ("1", 1), state=State.REFUSED)],
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel) for entry in found.confirm] == [("2", "file:B")]
    assert [number(entry) for entry in found.withdraw] == ["1"]
    assert found.superseded == ("file:A",)


def test_of_two_earlier_files_the_one_that_amazon_took_is_corrected_and_not_the_one_that_was_withdrawn() -> None:
    found = decide(
        situation(
            parcel("file:A"), parcel("file:B", updated_at=NOON + HOUR), parcel("file:C", updated_at=NOON + 2 * HOUR),
            lines=[line("1", 0)], packages=[package("2", (("1", 1),))], status="SHIPPED",
            confirmations=[
                told("1", "file:A", ("1", 1), state=State.WITHDRAWN), told("2", "file:B", ("1", 1)),
            ],
        )
    )  # fmt: skip
    assert [(number(entry), entry.parcel, entry.is_edit) for entry in found.edit] == [("2", "file:C", True)]
    assert (found.confirm, set(found.superseded)) == ((), {"file:A", "file:B"})


def test_two_numbers_in_one_file_correct_nothing() -> None:
    found = decide(
        situation(
            parcel("file:A"), parcel("file:B"), lines=[line("1", 0)], packages=[package("1", (("1", 1),))],
            confirmations=[told("1", "file:A", ("1", 1))], status="SHIPPED",
        )
    )  # fmt: skip
    assert found.edit == ()
    assert (found.already, found.nothing_left) == (("file:A",), ("file:B",))


# A file that corrects what Sendcloud told of.


def reported(now: Situation, *keys: str) -> Situation:
    return msgspec.structs.replace(now, reported=frozenset(keys))


class TestCorrections:
    LATER = parcel("file:B", updated_at=NOON + HOUR)

    @pytest.mark.parametrize("state", [State.ACCEPTED, State.STORED])
    def test_another_number_in_a_file_edits_the_package_that_sendcloud_told_of(self, state: State) -> None:
        before = told("1", "A", ("1", 1), state=state)
        now = situation(
            parcel("A", holds("1")), self.LATER, packages=[package("1")], lines=[line("1", 0)], confirmations=[before]
        )
        outlook = decide(reported(now, "file:B"))
        (edit,) = outlook.edit
        assert (edit.reference, edit.parcel, edit.items, edit.is_edit) == (
            before.reference,
            "file:B",
            before.items,
            True,
        )
        assert (outlook.superseded, outlook.already, outlook.confirm) == (("sendcloud:A",), (), ())

    def test_a_number_that_waits_to_be_sent_is_replaced_before_it_is(self) -> None:
        before = told("1", "A", ("1", 1), state=State.PLANNED)
        outlook = decide(reported(situation(parcel("A", holds("1")), self.LATER, confirmations=[before]), "file:B"))
        assert [(entry.parcel, entry.is_edit) for entry in outlook.confirm] == [("file:B", False)]
        assert outlook.queued == ()

    def test_the_same_number_and_carrier_is_known_already(self) -> None:
        now = situation(
            parcel("A", holds("1")), self.LATER, packages=[package("1")], lines=[line("1", 0)],
            confirmations=[told("1", "A", ("1", 1))], contents={"file:B": "content of A"},
        )  # fmt: skip
        outlook = decide(reported(now, "file:B"))
        assert (outlook.edit, set(outlook.already)) == ((), {"sendcloud:A", "file:B"})

    @pytest.mark.parametrize(
        "later",
        [
            parcel("file:B", updated_at=NOON - HOUR),
            parcel("file:B", updated_at=NOON + HOUR, traceable=False),
            parcel("file:B", holds("2"), updated_at=NOON + HOUR),
        ],
    )
    def test_what_is_older_has_no_number_or_holds_something_else_corrects_nothing(self, later: Parcel) -> None:
        now = situation(
            parcel("A", holds("1")),
            later,
            packages=[package("1")],
            lines=[line("1", 0)],
            confirmations=[told("1", "A", ("1", 1))],
        )
        outlook = decide(reported(now, "file:B"))
        assert (outlook.edit, outlook.confirm, outlook.unclear) == ((), (), ())

    def test_what_nobody_told_of_in_this_run_corrects_nothing(self) -> None:
        now = situation(
            parcel("A", holds("1")),
            self.LATER,
            packages=[package("1")],
            lines=[line("1", 0)],
            confirmations=[told("1", "A", ("1", 1))],
        )
        assert decide(now).edit == ()

    def test_of_several_packages_the_one_with_the_same_things_in_it_is_corrected(self) -> None:
        parcels = (parcel("A", holds("1")), parcel("C", holds("2")))
        lines, packages = [line("1", 0), line("2", 0)], [package("1"), package("2")]
        known = [told("1", "A", ("1", 1)), told("2", "C", ("2", 1))]
        later = parcel("file:B", holds("2"), updated_at=NOON + HOUR)
        outlook = decide(
            reported(situation(*parcels, later, lines=lines, packages=packages, confirmations=known), "file:B")
        )
        assert [(entry.reference, entry.parcel) for entry in outlook.edit] == [(ours("2"), "file:B")]
        unclear = decide(
            reported(situation(*parcels, self.LATER, lines=lines, packages=packages, confirmations=known), "file:B")
        )
        assert (unclear.unclear, unclear.edit) == (("file:B",), ())
        assert set(unclear.already) == {"sendcloud:A", "sendcloud:C"}

    @pytest.mark.parametrize("traceable", [True, False])
    def test_a_file_confirms_what_a_label_holds_that_nobody_has_scanned(self, traceable: bool) -> None:
        later = parcel("file:B", updated_at=NOON + HOUR, traceable=traceable)
        lines = [line("1"), line("2")]
        outlook = decide(situation(parcel("A", holds("1"), holds("2")), later, lines=lines), waiting=["A"])
        assert [(entry.parcel, len(entry.items)) for entry in outlook.confirm] == [("file:B", 2)]
        assert (outlook.superseded, outlook.waiting, outlook.nothing_left) == (("sendcloud:A",), (), ())

    def test_a_label_that_is_made_after_the_file_waits_for_its_own_scan(self) -> None:
        earlier = parcel("file:B", updated_at=NOON - HOUR)
        outlook = decide(situation(parcel("A", holds("1")), earlier), waiting=["A"])
        assert (outlook.confirm, outlook.waiting, outlook.superseded) == ((), ("sendcloud:A",), ())

    def test_of_several_labels_a_file_has_to_say_which_one_is_on_its_way(self) -> None:
        lines, labels = [line("1"), line("2")], (parcel("A", holds("1")), parcel("C", holds("2")))
        outlook = decide(situation(*labels, self.LATER, lines=lines), waiting=["A", "C"])
        assert (outlook.confirm, outlook.unclear) == ((), ("file:B",))
        named = parcel("file:B", holds("2"), updated_at=NOON + HOUR)
        outlook = decide(situation(*labels, named, lines=lines), waiting=["A", "C"])
        assert contents_of(*outlook.confirm) == {"1": {"2": 1}}


# Whatever the situation.

ITEMS = ("1", "2", "3")
SKUS = {"1": "RED", "2": "RED", "3": "BLUE"}


class Amazon:
    """Amazon's side of one order: it takes what is planned, by its own rules."""

    def __init__(self, quantities: Mapping[str, int]) -> None:
        self.unshipped = dict(quantities)
        self.packages: dict[str, tuple[tuple[str, int], ...]] = {}

    def take(self, entry: Confirmation) -> None:
        """Raises AssertionError where a rule is broken."""
        if entry.reference in self.packages:
            assert entry.is_edit, "a new package under a number that the order has"
            return
        assert not entry.is_edit, "an edit of a package that the order does not have"
        assert entry.items
        for item in entry.items:
            assert 0 < item.quantity <= self.unshipped[item.order_item_id], "more than Amazon waits for"
            self.unshipped[item.order_item_id] -= item.quantity
        self.packages[entry.reference] = tuple((item.order_item_id, item.quantity) for item in entry.items)

    @property
    def status(self) -> str:
        return "UNSHIPPED" if any(self.unshipped.values()) else "SHIPPED"


@st.composite
def parcels_in_time(draw: st.DrawFn) -> list[list[Parcel]]:
    """The parcels of an order, as they are in each of some runs."""
    named = st.builds(
        lambda item, by_sku, quantity: ParcelItem(None if by_sku else item, SKUS[item], quantity),
        st.sampled_from(ITEMS), st.booleans(), st.integers(1, 3),
    )  # fmt: skip
    first = [
        parcel(f"{draw(st.sampled_from(['sendcloud', 'file']))}:{name}", *draw(st.lists(named, max_size=3)))
        for name in draw(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=4, unique=True))
    ]
    moments = [first]
    for number in range(1, draw(st.integers(1, 4))):
        moments.append(
            [
                msgspec.structs.replace(
                    each,
                    kind=draw(st.sampled_from([each.kind, *Kind])),
                    updated_at=NOON + number * HOUR if draw(st.booleans()) else each.updated_at,
                )
                for each in moments[-1]
            ]
        )
        if draw(st.booleans()):
            moments[-1].append(parcel(f"sendcloud:{number}", *draw(st.lists(named, max_size=2))))
    return moments


def _gone(each: Parcel) -> Parcel:
    return msgspec.structs.replace(each, kind=Kind.CANCELLED)


def apply(outlook: Outlook, rows: dict[str, Confirmation]) -> list[Confirmation]:
    """Write the decision down; what is to be sent then."""
    for entry in (*outlook.withdraw, *outlook.confirm, *outlook.edit, *outlook.without_codes):
        rows[entry.reference] = entry
    return [entry for entry in rows.values() if entry.state is State.PLANNED]


@given(
    parcels_in_time(),
    st.fixed_dictionaries({item: st.integers(0, 3) for item in ITEMS}),
    st.lists(st.sampled_from([State.ACCEPTED, State.STORED, State.REFUSED, State.PLANNED, State.IN_FEED]), max_size=12),
    st.sets(st.sampled_from(ITEMS)),
    st.randoms(use_true_random=False),
)
def test_whatever_happens_amazons_rules_are_kept(
    moments: list[list[Parcel]], quantities: dict[str, int], results: list[State], coded: set[str], chance: Any
) -> None:
    amazon, rows, replaced = Amazon(quantities), dict[str, Confirmation](), set[Parcel]()
    coming = iter(results)
    for told_of in moments:
        parcels = [_gone(each) if each in replaced else each for each in told_of]
        shown = dict(amazon.packages) if chance.random() < 0.5 else {}
        shown_units = {
            item: amazon.unshipped[item]
            + sum(
                quantity
                for reference, held in amazon.packages.items()
                if reference not in shown
                for name, quantity in held
                if name == item
            )
            for item in ITEMS
        }
        now = situation(
            *parcels,
            lines=[line(item, shown_units[item], sku=SKUS[item], needs_codes=item in coded) for item in ITEMS],
            packages=[Package(reference, held) for reference, held in shown.items()],
            confirmations=[
                # What Amazon shows is stored.
                msgspec.structs.replace(row, state=State.STORED)
                if row.reference in shown and row.state is State.ACCEPTED else row
                for row in rows.values()
            ],
            contents={each.key: f"{each.key} {chance.random() < 0.2}" for each in parcels if each.is_live},
        )  # fmt: skip
        reached = frozenset(each.key for each in parcels if chance.random() < 0.8)
        outlook = plan(now, reached)
        live = {each.key for each in parcels if each.is_live}
        assert {entry.parcel for entry in (*outlook.confirm, *outlook.edit)} <= live & reached | {
            entry.parcel for entry in now.confirmations
        }
        before = {row.reference: row for row in rows.values()}
        for entry in outlook.edit:
            assert entry.items == before[entry.reference].items, "an edit that changes the contents"
        assert len({*before, *(entry.reference for entry in outlook.confirm)}) >= len(before)
        replaced |= {each for each in told_of if each.key in outlook.superseded}
        to_send = apply(outlook, rows)
        assert all(entry.parcel in live for entry in to_send)
        keys = [row.parcel for row in rows.values() if row.state in COUNTING]
        assert len(keys) == len(set(keys)), "a parcel that was told of twice"
        # Decided once more, on what is written down, nothing new comes of it. (What a refusal or a correction sets free
        # is handed out the next time.)
        if not outlook.without_codes and not outlook.superseded:
            again = plan(msgspec.structs.replace(now, confirmations=tuple(rows.values())), reached)
            assert (again.confirm, again.edit, again.withdraw, again.without_codes) == ((), (), (), ())
        for entry in to_send:
            state = next(coming, State.ACCEPTED)
            if state in (State.ACCEPTED, State.STORED):
                amazon.take(entry)
            rows[entry.reference] = msgspec.structs.replace(entry, state=state, asked=state is not State.PLANNED)
        for row in list(rows.values()):
            if row.state is State.IN_FEED and chance.random() < 0.5:
                amazon.take(row)
                rows[row.reference] = msgspec.structs.replace(row, state=State.ACCEPTED)


def test_the_kinds_that_end_a_parcel_are_none_that_live() -> None:
    assert not any(parcel("A", kind=kind).is_live for kind in DEAD)
