"""Orders: finding, holding, and importing them regularly."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Orders"

# Where an order is not known.
UNKNOWN_TO_AMAZON: Final = "to Amazon"

_MOST_SHOWN: Final = 5

ENTRIES: Final = {
    ProblemName.ORDER_NOT_FOUND: Entry(
        title="No such order",
        what="The order {order_id} is not known {detail}.",
        why="The number is mistyped, or the order belongs to another account or region. Amazon gives none older than two years. Orders that Amazon ships are not imported.",
        next_step="Compare the number with Seller Central. `amzlink orders list{store_option}` shows the imported orders. `amzlink import-orders{store_option} --order {order_id}` asks Amazon for this one.",
        next_step_exactly="Did you mean {advice}? If not, compare the number with Seller Central. `amzlink import-orders{store_option} --order {order_id}` asks Amazon for this one.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_OF_OTHER_STORE: Entry(
        title="An order of another store",
        what="The order {order_id} is in the store {store}, not in {other}.",
        why="Each connected store has its own orders.",
        next_step="Run `amzlink orders show {order_id}{store_option}`.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_PURGED: Entry(
        title="An order that was deleted",
        what="The order {order_id} is not in the order book any more. Its personal data was deleted on {day}.",
        why="The rest of an order is deleted too when `order_months` have passed since its last change.",
        next_step="Nothing to do. Seller Central shows the order for as long as Amazon keeps it.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_AMAZON_FULFILLED: Entry(
        title="Amazon ships this order",
        what="Amazon ships the order {order_id} (FBA).",
        why="Amazon ships it from its own warehouse, so the merchant has nothing to ship.",
        next_step="Nothing to do.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_PENDING: Entry(
        title="This order is not paid for yet",
        what="The order {order_id} is pending: the buyer has not paid for it yet.",
        why="Amazon gives no address before the payment is complete, so there is nothing to ship.",
        next_step="Nothing to do: the import after the payment brings the order.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.ORDER_NOT_IMPORTED: Entry(
        title="This order could not be imported",
        what="The order {order_id} could not be imported: {detail}.",
        why="Amazon's answer to it could not be read, or Amazon refused it.",
        next_step="If it cannot wait, ship it from Seller Central. Each import asks Amazon for it again.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.ORDER_OF_OTHER_COUNTRY: Entry(
        title="An order of another country's marketplace",
        what="The order {order_id} was placed in {country}, and this store is not connected to that marketplace.",
        why="A store imports only the orders of its own marketplaces.",
        next_step="To import the orders of that country too, run `amzlink stores set{store_option} marketplace_ids={countries}`.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDERS_INCOMPLETE: Entry(
        title="Orders came incomplete",
        what="Amazon gives {count:order} to ship without an address or items: {detail}.",
        why="Amazon sometimes leaves out parts of an order at first and gives them later.",
        next_step="Nothing to do: each import asks Amazon again. If an order stays incomplete, ship it from Seller Central.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.ADDRESS_ROW_UNUSABLE: Entry(
        title="A line of the file with addresses cannot be used",
        what="Line {row} of the file with addresses cannot be used: {detail}.",
        why="The line is damaged, or the order needs no address any more. The other lines were used.",
        next_step="Request the file again in Seller Central, and give it to amzlink unchanged. `amzlink explain addresses` shows each step.",
        exit_code=Exit.BAD_INPUT,
    ),
    ProblemName.HOLD_NOT_FOUND: Entry(
        title="This order is not on hold",
        what="The order {order_id} is not on hold.",
        why="Its holds were lifted before, or their cause is gone.",
        next_step="Nothing to do.",
        exit_code=Exit.DONE,
    ),
    ProblemName.PRIME_STILL_HELD: Entry(
        title="Prime orders of an earlier version are still on hold",
        what="An earlier version put {count:Prime order} on hold, and they stay on hold.",
        why="In their country you may choose the carrier of Prime orders, so new ones are sent. Labels for the older ones may have been made elsewhere.",
        next_step="`amzlink orders list --held prime{store_option}` shows them. `amzlink orders release --held prime{store_option}` releases them all.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.PRIME_SETTING_CHANGED: Entry(
        title="The setting include_prime has new values",
        what="The setting include_prime of the store {store} was {before}. It is now {after}.",
        why="The values are now auto, always and never. With auto, Prime orders are sent where Amazon lets you choose the carrier.",
        next_step="If that is right, there is nothing to do. To hold all Prime orders, run `amzlink stores set include_prime=never{store_option}`.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.ORDERS_OVERDUE: Entry(
        title="Orders are overdue to ship",
        what="Orders are past their ship-by dates, and Amazon knows of no shipments.",
        what_exactly="{detail}",
        why="The order has no parcel yet, or the parcel has not reached the point at which the store confirms. Amazon counts late confirmations, and cancels orders that stay unconfirmed.",
        next_step="Ship what is late. If it is on its way already, run `amzlink push-status{store_option}`, or confirm it in Seller Central, Manage Orders. `amzlink orders list{store_option} --overdue` shows them, the longest overdue first.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.IMPORT_STALE: Entry(
        title="No recent import",
        what="The order book is not up to date: {detail}.",
        why="No import has succeeded for a while: none was started, or each one failed.",
        next_step="Run `amzlink import-orders{store_option}`. If it fails, its message names the cause. `amzlink schedule install` makes it run regularly.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.NOT_SCHEDULED: Entry(
        title="amzlink is not scheduled to run",
        what="This user has no timer and no crontab line that runs amzlink.",
        why="Orders are imported and personal data is deleted only when something runs amzlink regularly.",
        next_step="Run `amzlink schedule install`. If another user or machine runs amzlink, there is nothing to do.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
}


def in_the_book_of(*, store: str) -> str:
    """Where an order was looked for."""
    return f"in the order book of {store}"


def spell_incomplete(lacking: Mapping[str, Sequence[str]]) -> str:
    """The first orders with what they lack, by the names of the holds."""
    shown = [f"{order_id} ({', '.join(lacks)})" for order_id, lacks in list(lacking.items())[:_MOST_SHOWN]]
    more = [f"{len(lacking) - _MOST_SHOWN} more"] if len(lacking) > _MOST_SHOWN else []
    return ", ".join([*shown, *more])


def hours_ago(span: timedelta) -> str:
    """How long ago something was: in hours, and from two days on in days."""
    return f"{round(span / timedelta(hours=1))} hours ago" if span < timedelta(days=2) else f"{span.days} days ago"


def last_success(*, when: str) -> str:
    """When an import last went well; empty: none has."""
    return f"the last import that succeeded was {when}" if when else "no import has succeeded yet"


def overdue(*, count: int) -> str:
    """Orders that should have been shipped."""
    if count == 1:
        return "1 order is past its ship-by date, and Amazon knows of no shipment."
    return f"{count} orders are past their ship-by dates, and Amazon knows of no shipments."


def not_imported(*, count: int) -> str:
    """Orders that could not be read."""
    return "1 order could not be imported." if count == 1 else f"{count} orders could not be imported."


# The file with addresses ----------------------------------------------------------------------------------------------

NO_ORDER_NUMBER: Final = "it has no order number"
VALUE_UNUSABLE: Final = "a value is no text, or far too long"
NO_NAME_OR_STREET: Final = "it has no name, or no street"
COUNTRY_NO_CODE: Final = "its country is not a code of two letters"
POSTAL_CODE_CUT: Final = "its postal code is too short; a spreadsheet has taken away the zero in front"
ADDRESS_DIFFERS: Final = "Amazon now gives another country or postal code for this order"
DATA_DELETED: Final = "the personal data of this order has been deleted, and stays so"


def delete_the_file(*, file: object) -> str:
    """What is to become of a file with personal data once it was read."""
    return f"Delete {file} now: it contains names and addresses of buyers."


def two_addresses(*, line: int) -> str:
    """A line with another address for an order than an earlier one."""
    return f"line {line} has another address for the same order"


def no_address_needed(*, status: str) -> str:
    """An order of which nothing is left to ship."""
    return f"the order is {status.lower().replace('_', ' ')}"
