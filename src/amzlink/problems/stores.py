"""Setting up a store: which store, and its settings."""

from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Set-up"

ENTRIES: Final = {
    ProblemName.NO_STORE: Entry(
        title="No store is connected",
        what="No store {named}is connected.",
        why="amzlink looked for it in {file}.",
        next_step="Run `amzlink stores list` to see the stores, or `amzlink connect` to connect one.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.WHICH_STORE: Entry(
        title="More than one store is connected",
        what="More than one store is connected, and no store was named: {detail}.",
        why="amzlink does not guess which store you mean.",
        next_step="Add `--store NAME` with one of these names. `amzlink stores default NAME` makes it the default.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.CONFIG_INVALID: Entry(
        title="The configuration cannot be used",
        what="The configuration in {file} cannot be used: {detail}.",
        why="The file was edited or damaged. amzlink does not use only a part of it.",
        next_step="Correct it. If you cannot, move the file away and run `amzlink connect` again: orders and secrets stay where they are.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.REGION_MIXED: Entry(
        title="One store with countries of several regions",
        what="{detail} are in different Amazon regions.",
        why="One authorisation covers the marketplaces of one region: North America, Europe or Far East. So each region needs its own store.",
        next_step="Connect one store per region, each with its own refresh token.",
        exit_code=Exit.USAGE,
        checks=("config",),
    ),
}


# What can be wrong in config.toml. Several of these are joined with semicolons.

STORES_ARE_NO_TABLE: Final = "stores: it has to be a table, such as [stores.my-shop]"


def setting_missing(*, setting: str) -> str:
    """A setting that a table needs."""
    return f"{setting} is missing"


def setting_invalid(*, setting: str, reason: str) -> str:
    """A value that a setting cannot have; `reason` is that of the library which read it."""
    return f"{setting}: {reason}"


def slug_invalid(*, slug: str) -> str:
    """A table's name that is no store's short name."""
    return f"stores.{slug}: a store's short name can have a-z, 0-9 and -"


def retention_days_invalid(*, days: int, most: int) -> str:
    """`days` under `[retention]`."""
    return f"retention.days: {days} is not possible, Amazon allows 1 to {most} days"


RETENTION_COUNTS_FROM_INVALID: Final = 'retention.counts_from: it has to be "delivery" or "shipment"'


def unknown_delivery_days_invalid(*, most: int) -> str:
    """`unknown_delivery_days` under `[retention]`."""
    return f"retention.unknown_delivery_days: it has to be 0 to {most}"


ORDER_MONTHS_INVALID: Final = "retention.order_months: it has to be 1 or more"
