"""What each of Sendcloud's statuses proves about a parcel."""

import pytest

from amzlink.core.shipments.parcels import LIVE, Kind
from amzlink.sandbox.sendcloud.statuses import STATUSES as RECORDED
from amzlink.sendcloud.statuses import STATUSES, kind_of, status_of
from tests.support.rows import each_row

ALL = list(STATUSES.values())


def test_the_table_is_the_list_that_sendcloud_gives() -> None:
    assert {status.code: status.message for status in ALL} == dict(RECORDED)
    assert len(ALL) == 35


@each_row("status", ALL)
def test_what_is_delivered_was_processed_and_what_was_processed_was_announced(status: object) -> None:
    found = status_of(status.code)  # type: ignore[attr-defined]
    assert found.announced >= found.processed >= found.delivered


@each_row("status", ALL)
def test_there_is_a_parcel_exactly_where_one_was_announced(status: object) -> None:
    found = status_of(status.code)  # type: ignore[attr-defined]
    assert found.announced == (found.kind in LIVE)


def test_a_label_alone_proves_no_scan() -> None:
    labelled = {status.code for status in ALL if status.announced and not status.processed}
    assert labelled == {
        "READY_TO_SEND", "ANNOUNCED", "ANNOUNCED_UNCOLLECTED", "COLLECT_ERROR",
        "DELAYED", "DELIVERY_METHOD_CHANGED", "DELIVERY_DATE_CHANGED", "DELIVERY_ADDRESS_CHANGED", "ADDRESS_INVALID",
        "EXCEPTION", "CANCELLATION_FAILED",
    }  # fmt: skip


def test_two_statuses_are_a_delivery() -> None:
    assert {status.code for status in ALL if status.delivered} == {"DELIVERED", "COLLECTED_BY_CUSTOMER"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NO_LABEL", Kind.BEFORE),
        ("ANNOUNCEMENT_FAILED", Kind.FAILED),
        ("READY_TO_SEND", Kind.LABELLED),
        ("PICKED_UP_BY_DRIVER", Kind.UNDER_WAY),
        ("UNDELIVERABLE", Kind.UNDER_WAY),
        ("RETURNED_TO_SENDER", Kind.RETURNING),
        ("CANCELLING", Kind.CANCELLING),
        ("CANCELLED_UPSTREAM", Kind.CANCELLED),
        ("CANCELLATION_FAILED", Kind.LABELLED),
        ("UNKNOWN", Kind.UNKNOWN),
    ],
)
def test_a_parcel_stands_where_its_status_says(code: str, kind: Kind) -> None:
    assert kind_of(code) is kind


@pytest.mark.parametrize("code", ["", "delivered", "DELIVERED ", "NOT_DELIVERED", "TELEPORTED"])
def test_a_status_that_nobody_knows_says_nothing(code: str) -> None:
    found = status_of(code)
    assert (found.code, found.announced, found.processed, found.delivered) == (code, False, False, False)
    assert found.kind is Kind.UNKNOWN
