"""Order books of other versions, and order books that are moved."""

from typing import Final

from amzlink.problems.entry import READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Upgrades and moves"

ENTRIES: Final = {
    ProblemName.UPGRADE_NEEDS_SPACE: Entry(
        title="No space for a copy before an upgrade",
        what="The order book {file} is of an earlier version, and there is no space to copy it.",
        why="amzlink upgrades an order book only after it has made a copy. Nothing was changed.",
        next_step="Free some space on the disk of {folder}, {needed} in all, and run the command again.",
        exit_code=Exit.DISK,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_NOT_EMPTY: Entry(
        title="The order book cannot be moved into this database",
        what="The database {file} is not empty: it has {detail}.",
        why="An order book is moved only into an empty database, so that nothing there is lost. Nothing was changed.",
        next_step="Make a new database on the server, and name it in `--to`. If an earlier move is in this one and nobody uses it, delete that database.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.MOVE_DIFFERS: Entry(
        title="The moved order book is not the same",
        what="After the move, {file} does not have the same row: table {table}, {key}.",
        why="The server keeps something in another form, or the old order book is damaged. Nothing was kept on the server.",
        next_step="The old order book is still in use. Run `amzlink verify --deep --bundle support.zip`, which checks it and writes a file for support.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.PASSWORD_VISIBLE: Entry(
        title="A password was given on the command line",
        what="The address after `--to` has a password in it.",
        why="Other users of this machine can see it while the command runs, and the shell keeps it in its history.",
        next_step="Put the password into ~/.pgpass, and leave it out of the address. amzlink finds it there.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
    ),
}

MOVES_TO_SERVERS: Final = (
    "--to takes the address of a PostgreSQL database: postgresql://USER@HOST/DATABASE. To move a file, stop all runs, "
    "move it, and set `url` under `[database]` in config.toml."
)
ADDRESS_UNUSABLE: Final = (
    "The address after --to cannot be read. It has the form postgresql://USER@HOST/DATABASE. In a password, @ is "
    "written as %40, / as %2F, : as %3A and % as %25."
)
BOOK_IS_THERE: Final = "The order book is in this database already."
BOOK_ON_A_SERVER: Final = (
    "The order book is on a server already. To move it to another server, use pg_dump and pg_restore, and set `url` "
    "under `[database]` in config.toml."
)
ANOTHER_BOOK: Final = "an order book with other rows"
TABLES_OF_OTHERS: Final = "tables that are not amzlink's"


def upgraded(*, copy: object) -> str:
    """A book of an earlier version was brought up to date."""
    return f"The order book was upgraded. A copy of how it was before is in {copy} for 14 days."
