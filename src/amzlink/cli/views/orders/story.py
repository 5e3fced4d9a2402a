"""How the story of an order looks: what it waits for, where it stands, and what happened to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import moment
from amzlink.clock import in_local_zone, local_time, to_iso
from amzlink.core.orders.holds import Hold
from amzlink.core.orders.story import At, Confirmed, Event, Wait, WaitsFor, What
from amzlink.core.shipments.parcels import FILE, SUPERSEDED, Kind, Parcel
from amzlink.jobs.orders.story import AtDestination, ConfirmationNow, Story
from amzlink.problems import ProblemName
from amzlink.problems.words import local_day

_WAITS: Final = {
    Wait.DO_NOT_SHIP: "you to stop its parcel. Do not ship it: cancel the label, or keep the parcel back",
    Wait.REMOVAL: "the next import, which removes it from Sendcloud",
    Wait.PAYMENT: "the buyer's payment",
    Wait.READING: "an import to read the whole order from Amazon. The most urgent orders come first",
    Wait.MISSING_PARTS: "the rest of the order from Amazon. Each import asks for it again",
    Wait.BUYER_ASKS_TO_CANCEL: "your answer to the buyer, who asks to cancel it",
    Wait.RELEASE: "you to release it",
    Wait.WEIGHT: "the weight of its products. Set it with `amzlink check-weights`",
    Wait.CUSTOMS: "the customs data of its products. Set it with `amzlink check-weights`",
    Wait.LABEL_DAY: "the time from which Amazon allows a label",
    Wait.CONFIRM_BY_HAND: "you to confirm it in Seller Central, because Amazon did not take the confirmation",
    Wait.AMAZONS_ANSWER: "Amazon's answer to the confirmation",
    Wait.NEXT_PUSH: "the next push-status, which confirms the parcel to Amazon",
    Wait.SCAN: "the carrier's first scan",
    Wait.SCAN_IN_DOUBT: "the carrier's first scan, which may never come, because the parcel has no tracking number",
    Wait.AMAZON_SHOWS: "Amazon to show the confirmation. The next import looks for it",
    Wait.AMAZON_CONFIRMS: "Amazon, which confirms this order itself",
    Wait.LABEL_IN_THE_MAKING: "Sendcloud to finish the label",
    Wait.PARCEL_IN_DOUBT: "you to look at its parcel in Sendcloud, because amzlink does not know its state",
    Wait.REFUSED_BY_SENDCLOUD: "you: Sendcloud does not have it. Make its label by hand",
    Wait.CHANGE_REFUSED: "you: Sendcloud has it as it was before its last change. Compare it before you ship",
    Wait.SENDCLOUD_STORES: "Sendcloud to save the order",
    Wait.LABEL: "you to make its label in Sendcloud",
    Wait.NEXT_IMPORT: "the next import, which sends it to Sendcloud",
    Wait.SELLER_CENTRAL: "you to ship and confirm it in Seller Central, because its personal data was deleted here",
    Wait.OWN_PARCEL: "you to ship it and to confirm it with `amzlink push-status --from FILE.csv`",
    Wait.DELIVERY: "the delivery",
    Wait.RETURN: "the parcel, which comes back to you",
}
# The same for a table.
_WAITS_IN_SHORT: Final = {
    Wait.DO_NOT_SHIP: "you to stop the parcel",
    Wait.PAYMENT: "the payment",
    Wait.READING: "an import",
    Wait.MISSING_PARTS: "the rest of the order",
    Wait.BUYER_ASKS_TO_CANCEL: "your answer to the buyer",
    Wait.RELEASE: "you to release it",
    Wait.WEIGHT: "a weight",
    Wait.CUSTOMS: "customs data",
    Wait.LABEL_DAY: "the day of the label",
    Wait.CONFIRM_BY_HAND: "you to confirm it",
    Wait.AMAZONS_ANSWER: "Amazon's answer",
    Wait.NEXT_PUSH: "push-status",
    Wait.SCAN: "the first scan",
    Wait.SCAN_IN_DOUBT: "a scan that may never come",
    Wait.AMAZON_SHOWS: "Amazon to show it",
    Wait.AMAZON_CONFIRMS: "Amazon, which confirms it",
    Wait.LABEL_IN_THE_MAKING: "Sendcloud's label",
    Wait.PARCEL_IN_DOUBT: "a look at its parcel",
    Wait.SENDCLOUD_STORES: "Sendcloud to save it",
    Wait.LABEL: "a label",
}
_WHAT: Final = {
    What.ORDERED: "Ordered at Amazon",
    What.IMPORTED: "Imported",
    What.CHANGED: "Last change at Amazon",
    What.HELD: "Put on hold",
    What.RELEASED: "Released",
    What.HOLD_ENDED: "Hold ended",
    What.GIVEN_TO_SENDCLOUD: "Sent to Sendcloud",
    What.SENT: "Saved by Sendcloud",
    What.NOT_SENT: "Refused by Sendcloud",
    What.WITHDRAWN: "Removed from Sendcloud",
    What.STOPPED_TOO_LATE: "Not removed from Sendcloud, because it has a parcel",
    What.IN_A_FILE: "Parcel given by a file",
    What.ANNOUNCED: "Label made",
    What.SCANNED: "Scanned by the carrier",
    What.DELIVERED: "Delivered",
    What.RETURNING: "Parcel on its way back",
    What.LABEL_CANCELLED: "Label cancelled",
    What.CONFIRMATION_PLANNED: "Confirmation planned",
    What.CONFIRMATION_SENT: "Confirmation sent to Amazon",
    What.CONFIRMATION_ACCEPTED: "Confirmation accepted by Amazon",
    What.CONFIRMATION_STORED: "Confirmation shown by Amazon",
    What.CONFIRMATION_REFUSED: "Confirmation refused by Amazon",
    What.CONFIRMATION_WITHDRAWN: "Confirmation taken back",
    What.SHIPPED: "Shipped, as Amazon shows it",
    What.NOT_READ: "Amazon's answer could not be read",
    What.PURGED: "Personal data deleted",
}
# Where the problem says better what happened.
_BY_PROBLEM: Final = {
    ProblemName.ADDRESS_UNFIT: "Not sent to Sendcloud: the address does not fit",
    ProblemName.SENDCLOUD_NOT_STORED: "Accepted by Sendcloud, but not saved",
    ProblemName.CONFIRMATION_NOT_STORED: "Confirmation accepted by Amazon, but not saved",
    ProblemName.TRANSPARENCY_CODES_MISSING: "Not confirmed: Transparency codes are missing",
}
_STATES: Final = {
    Kind.BEFORE: "label not made yet",
    Kind.FAILED: "the label could not be made",
    Kind.LABELLED: "not scanned yet",
    Kind.UNDER_WAY: "on its way",
    Kind.DELIVERED: "delivered",
    Kind.RETURNING: "on its way back",
    Kind.CANCELLING: "being cancelled",
    Kind.CANCELLED: "cancelled",
    Kind.UNKNOWN: "state unknown",
}
_NOT_BY_CARRIER: Final = frozenset({Hold.AMAZON_SHIPS, Hold.STORE_PICKUP})
"""Holds of orders that the merchant's own carrier usually does not ship, so that a release is not the usual step."""
_CONFIRMATIONS: Final = {
    Confirmed.PLANNED: "planned",
    Confirmed.SENT: "sent, not answered yet",
    Confirmed.ACCEPTED: "accepted by Amazon",
    Confirmed.STORED: "shown by Amazon",
    Confirmed.REFUSED: "refused by Amazon",
    Confirmed.MENDED: "refused by Amazon, but the order is confirmed",
}
# A confirmation that Amazon did not refuse, although it counts as refused: somebody has to make it by hand.
_NOT_REFUSED: Final = {
    ProblemName.CONFIRMATION_NOT_STORED: "accepted by Amazon, but not saved",
    ProblemName.TRANSPARENCY_CODES_MISSING: "not sent",
}
_LEAD: Final = 16  # columns of a heading


class DestinationPart(msgspec.Struct, frozen=True, kw_only=True):
    """Where the order stands with the destination: `none`, `waiting`, `sent`, `refused` or `withdrawn`.

    `message` is why it was refused, without what the refusal quotes.
    """

    state: str
    since: datetime | None
    problem: ProblemName | None
    message: str | None


class ParcelPart(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel, by `core.shipments.parcels.Kind`; its tracking number is personal data and not here.

    `nothing_left`: it is not confirmed to Amazon, because other parcels hold all its items.
    """

    carrier: str | None
    service: str | None
    state: str
    announced_at: datetime | None
    processed_at: datetime | None
    delivered_at: datetime | None
    nothing_left: bool


class ConfirmationPart(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation to Amazon, by package: `planned`, `sent`, `accepted`, `stored` or `refused`."""

    package: str
    state: str
    at: datetime | None
    problem: ProblemName | None
    message: str | None


class EventPart(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, in words."""

    at: datetime | None
    what: str
    problem: ProblemName | None


class StoryParts(msgspec.Struct, frozen=True, kw_only=True):
    """The story of an order; `waits_for` is null where nothing more is to come."""

    destination: DestinationPart
    parcels: list[ParcelPart]
    confirmations: list[ConfirmationPart]
    waits_for: str | None
    events: list[EventPart]


def story_parts(story: Story) -> StoryParts:
    """The story as a program gets it."""
    at = story.destination
    return StoryParts(
        destination=DestinationPart(
            state=at.state.value, since=moment(at.since), problem=at.why.name if at.why else None, message=at.message
        ),
        parcels=[
            ParcelPart(
                carrier=parcel.carrier_label or parcel.carrier,
                service=parcel.service,
                state=parcel.kind.value,
                announced_at=moment(parcel.announced_at),
                processed_at=moment(parcel.processed_at),
                delivered_at=moment(parcel.delivered_at),
                nothing_left=parcel.nothing_left,
            )
            for parcel in story.parcels
        ],
        confirmations=[
            ConfirmationPart(
                package=entry.package,
                state="refused" if entry.state is Confirmed.MENDED else entry.state.value,
                at=moment(entry.at),
                problem=entry.why.name if entry.why else None,
                message=entry.message,
            )
            for entry in story.confirmations
        ],
        waits_for=waits_in_words(story.waits_for, to_iso) if story.waits_for else None,
        events=[EventPart(at=moment(each.at), what=what_happened(each), problem=each.problem) for each in story.events],
    )


def waits_in_words(waiting: WaitsFor, told: Callable[[datetime], str]) -> str:
    """What an order waits for, and until when; `told` spells a time."""
    words = _WAITS[waiting.wait]
    if waiting.wait is Wait.RELEASE:
        others = [hold for hold in waiting.holds if hold != Hold.MANUAL]
        if not _NOT_BY_CARRIER.isdisjoint(others):
            words = "you to handle it in Seller Central, or to release it if you ship it yourself"
        words += f". It is on hold for {', '.join(others)}" if others else ". You put it on hold"
    if waiting.unscanned_from:
        words += f". push-status confirms it from {told(waiting.unscanned_from)} on, scanned or not"
    elif waiting.wait is Wait.SCAN_IN_DOUBT:
        words += (
            ". If it is with the carrier, confirm it with `amzlink push-status --from FILE.csv`. The setting "
            "`ship_by_guard_hours` confirms such parcels by itself"
        )
    if waiting.until is None:
        return words
    time = told(waiting.until)
    if waiting.wait is Wait.LABEL_DAY:
        return f"{words}: {time}"
    if waiting.wait is Wait.DELIVERY:
        return f"{words}. Amazon promised it by {time}"
    return f"{words}. Amazon {'wanted' if waiting.is_late else 'wants'} it shipped by {time}"


def waits_in_short(waiting: WaitsFor) -> str:
    """What an order to ship waits for, in a few words."""
    return _WAITS_IN_SHORT.get(waiting.wait) or _WAITS[waiting.wait]


def what_happened(event: Event) -> str:
    """An event in words, with the hold, the carrier or the package that it is about."""
    words = _BY_PROBLEM.get(event.problem) if event.problem else None
    return f"{words or _WHAT[event.what]}{f' ({event.about})' if event.about else ''}"


def print_standing(console: Console, story: Story, now: datetime) -> None:
    """Where the order stands with Sendcloud, its parcels and its confirmations."""
    _print_destination(console, story.destination, now)
    for parcel in story.parcels:
        _row(console, "Parcel", _parcel(parcel, now))
    for entry in story.confirmations:
        _row(console, "Confirmation", _confirmation(entry, now))
    if story.not_read:
        why = f"{story.not_read.message.rstrip('.')}. Each import asks for it again."
        _row(console, "Not read again", f"{local_time(story.not_read.at, now)}: {why}")


def print_events(console: Console, story: Story, now: datetime) -> None:
    """What happened, one line each."""
    times = [local_time(event.at, now) for event in story.events]
    width = max(map(len, times), default=0)
    for event, time in zip(story.events, times, strict=True):
        problem = f": {event.problem}" if event.problem else ""
        console.line(what_happened(event) + problem, lead=f"  {time:<{width}}  ")


def _print_destination(console: Console, at: AtDestination, now: datetime) -> None:
    since = f" since {local_time(at.since, now)}" if at.since else ""
    if at.state is At.SENT:
        _row(console, "Sendcloud", f"has the order{since}")
    elif at.state is At.WAITING:
        _row(console, "Sendcloud", f"was given the order {local_time(at.since, now)}" if at.since else "not sent yet")
    elif at.state is At.WITHDRAWN:
        _row(console, "Sendcloud", f"does not have the order any more{since}")
    elif at.state is At.REFUSED and at.why:
        day = f", {local_time(at.since, now)}" if at.since else ""
        _row(console, "Not sent", f"{at.why.summary} ({at.why.name}{day})")
        _row(console, "Next", at.why.with_facts(store_option=console.store_option).next_step)


def _parcel(parcel: Parcel, now: datetime) -> str:
    carrier = parcel.carrier_label or parcel.carrier or "carrier unknown"
    times = (
        ("announced", parcel.announced_at),
        ("scanned", parcel.processed_at),
        ("delivered", parcel.delivered_at),
    )
    told = [f"{word} {local_time(time, now)}" for word, time in times if time]
    if parcel.source == FILE and parcel.announced_at:
        told = [f"shipped {local_day(in_local_zone(parcel.announced_at).date())}, as a file says"]
    state = [] if parcel.kind is Kind.DELIVERED and parcel.delivered_at else [_STATES[parcel.kind]]
    if parcel.kind is Kind.UNKNOWN:
        state = [f"{_STATES[parcel.kind]} ({parcel.status})"]
    if parcel.status == SUPERSEDED:
        state = ["replaced by what a file says"]
    service = f" ({parcel.service})" if parcel.service else ""
    why_not = ". Not confirmed: other parcels hold all its items" if parcel.nothing_left else ""
    return f"{carrier}{service}: {', '.join([*told, *state])}{why_not}"


def _confirmation(entry: ConfirmationNow, now: datetime) -> str:
    time = f" {local_time(entry.at, now)}" if entry.at else ""
    why = f": {entry.message} ({entry.why.name})" if entry.message and entry.why else ""
    words = _CONFIRMATIONS[entry.state]
    if entry.why and entry.why.name in _NOT_REFUSED:
        is_mended = entry.state is Confirmed.MENDED
        words = f"{_NOT_REFUSED[entry.why.name]}{'; the order is confirmed all the same' if is_mended else ''}"
    return f"package {entry.package} by {entry.carrier}, {words}{time}{why}"


def _row(console: Console, heading: str, text: str) -> None:
    console.line(text, lead=f"{heading + ':':<{_LEAD}}")
