"""The order book as a database."""

from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.problems.entry import READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Order book"

ENTRIES: Final = {
    ProblemName.DATABASE_CORRUPT: Entry(
        title="The order book is damaged",
        what="The order book {file} cannot be read: {detail}.",
        why="The disk failed, or another program wrote to the file.",
        why_exactly="{reason}",
        next_step_exactly="{advice}",
        next_step="Restore a backup. Or move the file away and run `amzlink import-orders --all-stores`, which imports all orders still to ship again.",
        exit_code=Exit.DISK,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_NEWER: Entry(
        title="The order book is from a newer version",
        what="The order book {file} was written by a newer version of amzlink (schema {detail}).",
        why="An older version must not write to it.",
        next_step="Update amzlink on this machine in the way you installed it. Nothing was changed.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_UNREACHABLE: Entry(
        title="The order book cannot be opened",
        what="The order book {file} cannot be opened: {detail}.",
        why="Another program has locked it, its disk is not connected, or you may not read it.",
        why_exactly="{reason}",
        next_step="Close other programs that use it, check the disk and the file's permissions, and try again.",
        next_step_exactly="{advice}",
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
    ProblemName.DATABASE_DRIVER_MISSING: Entry(
        title="The PostgreSQL driver is not installed",
        what="The order book is on a PostgreSQL server, and the driver for it cannot be loaded: {detail}.",
        why="`[database] url` in config.toml names a PostgreSQL server. The driver is an extra, because most stores do not need it.",
        next_step="Run `pipx inject amzlink 'psycopg[binary]'`. Or, where amzlink was installed with pip, run `pip install 'psycopg[binary]'` there. `amzlink explain postgresql` shows it for uv.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_LOGIN_REFUSED: Entry(
        title="The database server refused the login",
        what="The server of the order book {file} refused the login: {detail}.",
        why="The user name or the password is wrong, or the server does not admit this user from this machine.",
        next_step="Check the user in the address, and its password in ~/.pgpass, in PGPASSWORD or in the address. Or have the server's administrator admit this machine (pg_hba.conf).",
        exit_code=Exit.NOT_ALLOWED,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_MISSING: Entry(
        title="The server does not have this database",
        what="The database of the order book {file} does not exist: {detail}.",
        why="The name in the address is wrong, or the database has not been made yet.",
        next_step="Check the name. `amzlink explain postgresql` shows the SQL that makes the database.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_NO_RIGHTS: Entry(
        title="The database user may not do this",
        what="The order book {file} does not allow this to its user: {detail}.",
        why="Since PostgreSQL 15, only a database's owner may make tables in it, unless it is granted to others.",
        next_step="Make the user the owner of the database, or grant it the rights. `amzlink explain postgresql` shows the SQL.",
        exit_code=Exit.NOT_ALLOWED,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_READ_ONLY: Entry(
        title="The database can only be read",
        what="The order book {file} cannot be written: {detail}.",
        why="The server is a standby, or it was set to read-only. Some providers do so when its disk is nearly full.",
        next_step="Name the primary server in `[database] url`, or make room on it. With several hosts there, add `target_session_attrs=read-write`.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_BUSY: Entry(
        title="The database server is busy",
        what="The order book {file} could not be used in time: {detail}.",
        why="Other programs hold what is needed for too long, or the server allows no more connections.",
        next_step="The next run tries again. If it stays, look for long transactions on the server, and raise its `max_connections` or use a pooler.",
        exit_code=Exit.TRY_AGAIN,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_SERVER_FULL: Entry(
        title="The database server's disk is full",
        what="The server could not store anything in the order book {file}: {detail}.",
        why="The disk of the database server is full. What was stored before is safe.",
        next_step="Make room on the server. The next run continues.",
        exit_code=Exit.DISK,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_TLS_FAILED: Entry(
        title="The connection to the database cannot be encrypted",
        what="No encrypted connection to the order book {file} could be made: {detail}.",
        why="`sslmode` in `[database] url` asks for TLS, and the server does not offer it. Or its certificate is not trusted here.",
        next_step="Name your provider's certificate with `sslrootcert=FILE` in `[database] url`. `amzlink explain postgresql` shows an example.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.DATABASE_UNFIT: Entry(
        title="The database cannot hold an order book",
        what="No order book can be made in {file}: {detail}.",
        why="amzlink needs PostgreSQL 12 or newer, and a database with the encoding UTF8.",
        next_step="Make a new database with `CREATE DATABASE amzlink ENCODING 'UTF8' TEMPLATE template0`, or use a newer server.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
}

OF_A_SERVER: Final[Mapping[ProblemName, Mapping[str, str]]] = {
    ProblemName.DATABASE_UNREACHABLE: {
        "reason": "The server does not run, the network does not lead to it, or it ended the connection.",
        "advice": "Check that the server runs, and that host and port in the address are right. The next run continues.",
    },
    ProblemName.DATABASE_CORRUPT: {
        "reason": "Another program has changed the tables, or the server's disk failed.",
        "advice": "Restore a backup of the database.",
    },
}
"""Why, and what to do, where the order book is on a server."""

URL_MALFORMED: Final = "it is no address of the form postgresql://USER@HOST/DATABASE"
PASSWORD_NOT_ENCODED: Final = (
    "the password has a character that must be written as %40 (@), %2F (/), %3A (:) or %25 (%)"
)
NO_BOOK_AT_URL: Final = "it begins neither with sqlite:/// nor with postgresql://"


READ_ONLY: Final = "it is read-only"
IN_ITS_PLACE: Final = "Something else has the name of this file."
MOVE_IT_AWAY: Final = "Find out what it is, and move it away. Then run the command again."
INPUT_OUTPUT_ERROR: Final = "input/output error"


def faults_found(*, count: int) -> str:
    """What the database's own check found."""
    return f"the check found {count} {'fault' if count == 1 else 'faults'}"


def lost_while_storing(*, detail: str) -> str:
    """The connection ended while the server stored something, so that nobody knows whether it did."""
    return f"{detail} (while it was storing something: the next run sees whether it did)"


NO_WRITING: Final = "the server accepts no changes"


def no_rights_to(*, tables: Sequence[str]) -> str:
    """Some tables that the user may not both read and write."""
    return f"no rights to read and write {', '.join(tables)}"


def server_too_old(*, found: int, oldest: int) -> str:
    """The server's version, which is older than what is supported."""
    return f"the server is PostgreSQL {found}, and amzlink needs {oldest} or newer"


def another_encoding(*, encoding: str) -> str:
    """The encoding of a database that cannot take every name."""
    return f"its encoding is {encoding}"
