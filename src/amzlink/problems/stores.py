"""Setting up a store: which store, and its settings."""

from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Set-up"

ENTRIES: Final = {
    ProblemName.NO_STORE: Entry(
        title="No store is connected",
        what="There is no store {named}to work on.",
        why="amzlink keeps its stores in {file}, and the one asked for is not there.",
        next_step="Run `amzlink stores list` to see the stores, or `amzlink connect` to link one.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.WHICH_STORE: Entry(
        title="Several stores are connected",
        what="Several stores are connected and none was named: {detail}.",
        why="With more than one store, amzlink does not guess.",
        next_step="Add `--store SLUG`, or choose one for good with `amzlink stores default SLUG`.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.CONFIG_INVALID: Entry(
        title="The configuration cannot be used",
        what="The configuration in {file} cannot be used: {detail}.",
        why="The file was edited by hand or damaged; amzlink does not go on with half of it.",
        next_step="Correct the line, or move the file away and run `amzlink connect` again; orders and secrets stay where they are.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.REGION_MIXED: Entry(
        title="Countries of several regions in one store",
        what="{detail} are in different Amazon regions.",
        why="One authorisation covers the marketplaces of one region (North America, Europe or Far East), so each region is a store of its own.",
        next_step="Connect one store per region, each with its own refresh token.",
        exit_code=Exit.USAGE,
        checks=("config",),
    ),
}
