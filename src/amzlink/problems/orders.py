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
        next_step="Compare the number with Seller Central; `amzlink orders list` shows what has been imported.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.ORDER_AMAZON_FULFILLED: Entry(
        title="Amazon ships this order itself",
        what="The order {order_id} is fulfilled by Amazon (FBA).",
        why="Amazon sends it from its own warehouse; there is nothing for the merchant to ship.",
        next_step="Nothing to do.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.HOLD_NOT_FOUND: Entry(
        title="Nothing to lift",
        what="The order {order_id} is not held.",
        why="Its holds were lifted before, or their cause is gone.",
        next_step="Nothing to do.",
        exit_code=Exit.DONE,
    ),
    ProblemName.IMPORT_STALE: Entry(
        title="Orders have not been imported lately",
        what="The order book is not up to date: {detail}.",
        why="No import has come to its end lately: none was started, or each was stopped by something.",
        next_step="Run `amzlink import-orders{store_option}`; if it fails, its message names the cause. For regular runs see docs/servers.md.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.NOT_SCHEDULED: Entry(
        title="Nothing runs amzlink regularly",
        what="Neither a timer nor a crontab line that runs amzlink was found for this user.",
        why="Orders arrive, and personal data is destroyed in time, only when something starts amzlink again and again.",
        next_step="Set up a timer or a crontab line (docs/servers.md has both). If another user or machine runs it, there is nothing to do.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
}
