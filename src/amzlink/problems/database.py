"""The order book as a database."""

from typing import Final

from amzlink.problems.entry import READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Order book"

ENTRIES: Final = {
    ProblemName.DATABASE_CORRUPT: Entry(
        title="The order book is damaged",
        what="The order book {file} cannot be read: {detail}.",
        why="The disk failed, or something else wrote into the file.",
        next_step="Put back a backup, or move the file away and run `amzlink import-orders`: orders still to ship are fetched again.",
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
        why="It is locked by another program, on a disk that is not there, or not yours to read.",
        next_step="Close what else uses it, check the disk and its permissions, and try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=READING_THE_BOOK,
    ),
}
