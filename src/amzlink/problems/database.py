"""The order book as a database."""

from typing import Final

from amzlink.problems.entry import READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Order book"

ENTRIES: Final = {
    ProblemName.DATABASE_CORRUPT: Entry(
        title="The order book is damaged",
        what="The order book {file} cannot be read: {detail}.",
        why="The disk failed, or another program wrote to the file.",
        next_step="Restore a backup. Or move the file away and run `amzlink import-orders --all-stores`, which imports all orders still to ship again.",
        exit_code=Exit.DISK,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_NEWER: Entry(
        title="The order book is from a newer version",
        what="The order book {file} was written by a newer version of amzlink (schema {detail}).",
        why="An older version must not write to it.",
        next_step="Update amzlink.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_UNREACHABLE: Entry(
        title="The order book cannot be opened",
        what="The order book {file} cannot be opened: {detail}.",
        why="Another program has locked it, its disk is not connected, or you may not read it.",
        next_step="Close other programs that use it, check the disk and the file's permissions, and try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_ERROR: Entry(
        title="The order book gave an error",
        what="The order book {file} could not be used: {detail}.",
        why="amzlink does not know this error. It does not mean that the order book is damaged.",
        next_step="Run the command again. If the error stays, `amzlink verify{store_option} --deep --bundle support.zip` checks the order book and writes a file for support.",
        exit_code=Exit.TRY_AGAIN,
        checks=READING_THE_BOOK,
    ),
}


READ_ONLY: Final = "it is read-only"
INPUT_OUTPUT_ERROR: Final = "input/output error"


def faults_found(*, count: int) -> str:
    """What the database's own check found."""
    return f"the check found {count} {'fault' if count == 1 else 'faults'}"
