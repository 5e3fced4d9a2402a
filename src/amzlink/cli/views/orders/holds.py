"""What is said of orders that were held or released."""

from typing import Final

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document
from amzlink.cli.views.words import by_number, counted
from amzlink.core.orders.holds import Hold
from amzlink.core.orders.order import CANCELLED, SHIPPED
from amzlink.orderbook.orders.browse import BookedOrder

_MAY_BE_THERE: Final = "yes"  # `Outcome.sent`


class HeldDocument(Document, frozen=True, kw_only=True):
    """`orders hold --json`."""

    store: str
    order_id: str
    holds: tuple[str, ...]


class ReleasedDocument(Document, frozen=True, kw_only=True):
    """`orders release --json`."""

    store: str
    order_id: str
    released: tuple[str, ...]


class ReleasedOrdersDocument(Document, frozen=True, kw_only=True):
    """`orders release --held --json`. `still_held` are Prime orders of countries where Amazon makes the label."""

    store: str
    hold: str
    order_ids: list[str]
    still_held: list[str]


def show_held(console: Console, slug: str, order: BookedOrder) -> None:
    """That an order is held by hand, and what that cannot stop any more."""
    told = f"{order.order_id} is on hold until you release it.{_too_late(order, console.option_of(slug))}"
    console.result(
        lambda: HeldDocument(store=slug, order_id=order.order_id, holds=(Hold.MANUAL.value,)),
        lambda: console.line(told),
    )


def _too_late(order: BookedOrder, option: str) -> str:
    if order.order.status in (SHIPPED, CANCELLED):
        return f" It is {order.order.status.lower()} at Amazon, so the hold changes nothing now."
    if order.outcome.sent == _MAY_BE_THERE:
        removes = f"`amzlink import-orders{option}` removes it there, unless it has a label."
        return f" Sendcloud has it already: {removes}"
    return ""


def show_released(console: Console, slug: str, order_id: str, lifted: tuple[str, ...], nothing: str) -> None:
    """Which holds were lifted; where there were none, `nothing` says so."""
    told = f"{order_id} is released. It was on hold for: {', '.join(lifted)}." if lifted else nothing
    if Hold.NO_ADDRESS in lifted:
        told += " It still has no address, so its label has to be made by hand with the address from Seller Central."
    console.result(lambda: ReleasedDocument(store=slug, order_id=order_id, released=lifted), lambda: console.line(told))


def show_released_orders(console: Console, slug: str, hold: Hold, order_ids: list[str], still_held: list[str]) -> None:
    """Which orders a hold was lifted of, and which have it still, with what can be done about those."""

    def show() -> None:
        if order_ids:
            console.line(
                f"{counted(len(order_ids), 'order')} released from the hold {hold.value}: {', '.join(order_ids)}."
            )
        if still_held:
            one = len(still_held) == 1
            console.line(
                f"{counted(len(still_held), 'Prime order')} {by_number(len(still_held), 'stays', 'stay')} on hold: "
                f"{', '.join(still_held)}. In {'its' if one else 'their'} country Prime orders need a label from "
                "Amazon's Buy Shipping."
            )
            console.line(
                f"Next: buy the {'label' if one else 'labels'} in Seller Central. To send an order to Sendcloud all "
                f"the same, run `amzlink orders release {still_held[0] if one else 'ID'}{console.option_of(slug)}`."
            )
        if not order_ids and not still_held:
            console.line(f"No order to ship is on hold for {hold.value}.")

    console.result(
        lambda: ReleasedOrdersDocument(store=slug, hold=hold.value, order_ids=order_ids, still_held=still_held), show
    )
