"""Orders: finding, holding, and importing them regularly."""

from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Orders"

# Where an order is not known.
UNKNOWN_TO_AMAZON: Final = "to Amazon"

ENTRIES: Final = {
    ProblemName.ORDER_NOT_FOUND: Entry(
        title="No such order",
        what="The order {order_id} is not known {detail}.",
        why="The number is mistyped, belongs to another account or region, or is older than two years.",
        next_step="Compare the number with Seller Central. `amzlink orders list{store_option}` shows the imported orders.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_AMAZON_FULFILLED: Entry(
        title="Amazon ships this order",
        what="Amazon ships the order {order_id} (FBA).",
        why="Amazon ships it from its own warehouse, so the merchant has nothing to ship.",
        next_step="Nothing to do.",
        exit_code=Exit.REFUSED,
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
        next_step="See which orders they are with `amzlink orders list{store_option}`. `amzlink orders release --held prime{store_option}` releases them all.",
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
    ProblemName.IMPORT_STALE: Entry(
        title="No recent import",
        what="The order book is not up to date: {detail}.",
        why="No import has succeeded for a while: none was started, or each one failed.",
        next_step="Run `amzlink import-orders{store_option}`. If it fails, its message names the cause. For regular runs see docs/servers.md.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.NOT_SCHEDULED: Entry(
        title="amzlink is not scheduled to run",
        what="This user has no timer and no crontab line that runs amzlink.",
        why="Orders are imported and personal data is deleted only when something runs amzlink regularly.",
        next_step="Set up a timer or a crontab line (docs/servers.md has both). If another user or machine runs it, there is nothing to do.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
}


def in_the_book_of(*, store: str) -> str:
    """Where an order was looked for."""
    return f"in the order book of {store}"
