"""The order book on a PostgreSQL server: its connections, their transactions, and what PostgreSQL's errors mean.

It works behind a pooler that hands out connections for one transaction: nothing is set for a session, and no prepared
statement is kept.
"""

import contextlib
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from sqlalchemy import URL, BigInteger, Column, Connection, Engine, Integer, Text, create_engine, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, StatementError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import sum as sum_of

from amzlink.orderbook.dialects import as_kept
from amzlink.orderbook.location import Location, Stage
from amzlink.problems import Problem, ProblemName, database, stores

_OLDEST: Final = 120_000
"""PostgreSQL 12, as the driver counts: older ones get no corrections any more, and the driver does not support them."""

_CONNECT: Final[Mapping[str, Any]] = {
    "application_name": "amzlink",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # A connection whose other end has gone without a word is given up after a minute, not after two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "prepare_threshold": None,  # a pooler may run the next transaction on another session
}
_LOCK_SECONDS: Final = 20
_STATEMENT_SECONDS: Final = 60
_MIGRATION_SECONDS: Final = 600
# A machine that stops in the middle of a transaction keeps other writers of the store waiting only so long.
_IDLE_SECONDS: Final = 60
_READING_SECONDS: Final = 3600  # who looks at a long list in a pager takes their time, and keeps nobody waiting
_ALL_STORES: Final = int.from_bytes(hashlib.sha256(b"amzlink: all stores").digest()[:8], "big", signed=True)

_WITHOUT_RIGHTS: Final = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema())
    AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    ORDER BY relname LIMIT 3
"""
# https://www.postgresql.org/docs/current/errcodes-appendix.html; the first two characters are the class.
_MEANING: Final = {
    "08": ProblemName.DATABASE_UNREACHABLE,
    "25006": ProblemName.DATABASE_READ_ONLY,  # a standby, or a server that has been made read-only
    "25P03": ProblemName.DATABASE_UNREACHABLE,  # we were asleep in a transaction
    "28": ProblemName.DATABASE_LOGIN_REFUSED,
    "3D000": ProblemName.DATABASE_MISSING,
    "3F000": ProblemName.DATABASE_NO_RIGHTS,  # there is no schema to create tables in, or none that we may use
    "40": ProblemName.DATABASE_BUSY,
    "42501": ProblemName.DATABASE_NO_RIGHTS,
    "42703": ProblemName.DATABASE_CORRUPT,  # another program has removed them: our names exist
    "42P01": ProblemName.DATABASE_CORRUPT,
    "53100": ProblemName.DATABASE_SERVER_FULL,
    "53300": ProblemName.DATABASE_BUSY,
    "55P03": ProblemName.DATABASE_BUSY,
    "57014": ProblemName.DATABASE_BUSY,
    "57": ProblemName.DATABASE_UNREACHABLE,
    "XX001": ProblemName.DATABASE_CORRUPT,
    "XX002": ProblemName.DATABASE_CORRUPT,
}
# Around the reason why there is no connection the library puts the address, which is told already, and advice.
_WRAPPING: Final = re.compile(
    r"(^|(?<=: ))connection (failed|is bad): |connection to server (at|on) .*? failed: (?=\S)"
    r"|(^|(?<=: ))(consuming input|sending query|sending query and params|flushing) failed: "
    r"| This probably means the server terminated abnormally before or while processing the request\."
    r"| Is the server running (on that host|locally) and accepting [^?]*\?"
)
_QUOTES_VALUES: Final = "22"  # the class of values that do not fit: the message itself has them
# No code comes with a connection that was refused: there are only the server's words, which are English unless it is
# set to another language.
_WORDS: Final = (
    (re.compile(r"database .* does not exist"), ProblemName.DATABASE_MISSING),
    (re.compile("too many (clients|connections)|connection slots|no more connections"), ProblemName.DATABASE_BUSY),
    (
        re.compile("authentication failed|no password supplied|pg_hba.conf|role .* (does not exist|is not permitted)"),
        ProblemName.DATABASE_LOGIN_REFUSED,
    ),
    (re.compile("SSL|certificate"), ProblemName.DATABASE_TLS_FAILED),
)


@dataclass(frozen=True, slots=True)
class PostgresDatabase(Location):
    """A book in a database of a PostgreSQL server."""

    url: URL = field(repr=False)

    finds_versions: ClassVar[str] = "SELECT count(to_regclass('alembic_version'))"

    @classmethod
    def of_url(cls, given: str) -> "PostgresDatabase":
        """The database that an address names. What the address leaves out, libpq takes from PGHOST and the like.

        Raises:
            Problem: `config-invalid`, which does not quote the address: it may hold a password.
        """
        try:
            url = make_url(given)
        except (ArgumentError, ValueError):
            raise _unusable(database.URL_MALFORMED) from None
        # What stands before a misread `@` is the end of a password.
        if any("@" in (part or "") for part in (url.host, url.database)):
            raise _unusable(database.PASSWORD_NOT_ENCODED)
        return cls(url.set(drivername="postgresql+psycopg"))

    def __str__(self) -> str:
        """Server and database as an address, without a password and without options."""
        shown = {name: value for name, value in self.url.query.items() if name in ("host", "port")}
        plain = URL.create(
            "postgresql", self.url.username, None, self.url.host, self.url.port, self.url.database, shown
        )
        return plain.render_as_string()

    def address_without_password(self) -> str:
        """The whole address as `of_url` takes it, options and all, but for the password."""
        plain = self.url.set(drivername="postgresql").difference_update_query(["password", "sslpassword"])
        return URL.create(**{**plain._asdict(), "password": None}).render_as_string()

    def in_file(self) -> None:
        """None."""

    def exists(self) -> bool:
        """Nobody knows without asking the server."""
        return True

    def make_engine(self) -> Engine:
        """An engine for the database.

        Raises:
            Problem: `database-driver-missing`.
        """
        options = {name: value for name, value in _CONNECT.items() if name not in self.url.query}
        try:
            engine = create_engine(self.url, hide_parameters=True, connect_args=options, use_native_hstore=False)
        except ImportError as error:
            raise Problem(ProblemName.DATABASE_DRIVER_MISSING, detail=str(error)) from error
        # What the driver would print beside the problem: the state of a transaction that the server has ended.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        event.listen(engine, "connect", self._configure)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "handle_error", _hide_values)
        return engine

    def _configure(self, connection: Any, _record: object) -> None:  # psycopg's own Connection
        version = connection.info.server_version
        if version < _OLDEST:
            connection.close()  # the pool does not know it yet
            detail = database.server_too_old(found=version // 10_000, oldest=_OLDEST // 10_000)
            raise Problem(ProblemName.DATABASE_UNFIT, file=str(self), detail=detail)
        # The driver would begin transactions by itself; `_begin` says when and how.
        connection.autocommit = True
        connection.adapters.register_dumper(str, _dumper())

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[Stage]:
        """PostgreSQL's errors as problems."""
        stage = Stage()
        try:
            yield stage
        except DBAPIError as error:
            if problem := self._problem(error, stage):
                raise problem from error
            raise

    def check(self, connection: Connection) -> None:
        """The database has to take every character.

        Raises:
            Problem: `database-unfit`.
        """
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            detail = database.another_encoding(encoding=encoding)
            raise Problem(ProblemName.DATABASE_UNFIT, file=str(self), detail=detail)

    def faults(self, connection: Connection, *, thorough: bool) -> list[str]:  # noqa: ARG002
        """None: PostgreSQL checks its pages as it reads them, and has no check of its own that any user may run.

        Raises:
            Problem: `database-read-only` or `database-no-rights`.
        """
        if connection.scalar(
            text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'")
        ):
            raise Problem(ProblemName.DATABASE_READ_ONLY, file=str(self), detail=database.NO_WRITING)
        forbidden = connection.scalars(text(_WITHOUT_RIGHTS)).all()
        if forbidden:
            detail = database.no_rights_to(tables=forbidden)
            raise Problem(ProblemName.DATABASE_NO_RIGHTS, file=str(self), detail=detail)
        return []

    def facts(self, connection: Connection) -> dict[str, str]:
        """Which server and database it is."""
        return {"order_book": str(self), "server": f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"}

    def empty_journal(self, connection: Connection) -> bool:  # noqa: ARG002
        """The journal is the server's. What is in it can be opened by nobody, once the key has moved on."""
        return True

    def _problem(self, error: DBAPIError, stage: Stage) -> Problem | None:
        """What an error means; None: it is a fault of ours."""
        code = getattr(error.orig, "sqlstate", None)
        said = _WRAPPING.sub("", self._without_password(" ".join(str(error.orig).split())))
        if (code is None and error.connection_invalidated) or (code or "").startswith(("08", "57P")):
            name = ProblemName.DATABASE_UNREACHABLE
            if stage.committing:
                said = database.lost_while_storing(detail=said)
        elif code is None:
            name = next((name for words, name in _WORDS if words.search(said)), ProblemName.DATABASE_UNREACHABLE)
        elif found := _MEANING.get(code) or _MEANING.get(code[:2]):
            name = found
        elif code.startswith(("22", "23", "42")):
            return None
        else:
            name = ProblemName.DATABASE_ERROR
        more = database.OF_A_SERVER.get(name, {})
        return Problem(name, file=str(self), detail=said, **more)

    def _without_password(self, said: str) -> str:
        """The words of the server and its library, which do not quote the password; but if ever they did."""
        passwords = (self.url.password, *(str(self.url.query.get(name) or "") for name in ("password", "sslpassword")))
        for password in passwords:
            said = said.replace(str(password), "***") if password else said
        return said


def _unusable(reason: str) -> Problem:
    detail = stores.setting_invalid(setting="database.url", reason=reason)
    return Problem(ProblemName.CONFIG_INVALID, file="config.toml", detail=detail)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("no_transaction"):
        connection.exec_driver_sql(_opening(**options))


def _opening(
    *, read_only: bool = False, store: str | None = None, migrating: bool = False, **_: object
) -> str:  # fmt: skip
    """The statements that open a transaction, sent in one go; what they set ends with it.

    Writers of one store follow one another, and writers of all stores follow everybody, as with SQLite, where writers
    of the whole book do: much is read and then written in the same transaction.
    """
    if read_only:
        return (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
            f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS}s'; "
            f"SET LOCAL idle_in_transaction_session_timeout = '{_READING_SECONDS}s'"
        )
    if store is None:
        locks = f"pg_advisory_xact_lock({_ALL_STORES})"
    else:
        locks = f"pg_advisory_xact_lock_shared({_ALL_STORES}), pg_advisory_xact_lock({_key_of(store)})"
    return (
        "BEGIN ISOLATION LEVEL READ COMMITTED; "  # not READ WRITE: a server that was set to read-only is left alone
        f"SET LOCAL lock_timeout = '{_MIGRATION_SECONDS if migrating else _LOCK_SECONDS}s'; "
        f"SET LOCAL statement_timeout = '{_MIGRATION_SECONDS if migrating else _STATEMENT_SECONDS}s'; "
        f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'; "
        f"SELECT {locks}"
    )


def _hide_values(context: ExceptionContext) -> None:
    error: Any = context.original_exception  # psycopg's own
    if getattr(error, "sqlstate", None) is None or not isinstance(context.sqlalchemy_exception, StatementError):
        return
    leave_out_values(error)
    context.sqlalchemy_exception.args = (f"({type(error).__name__}) {error}",)


def leave_out_values(error: Any) -> None:
    """Leave out of an error of psycopg's what the server quotes of a row: its text can end up in a crash report."""
    name, code = type(error).__name__, error.sqlstate or ""
    error.args = (name if code.startswith(_QUOTES_VALUES) else error.diag.message_primary or str(error) or name,)


def _key_of(store: str) -> int:
    return int.from_bytes(hashlib.sha256(f"amzlink store: {store}".encode()).digest()[:8], "big", signed=True)


def _dumper() -> type:
    from psycopg.types.string import StrDumperUnknown  # noqa: PLC0415 - it may not be installed

    class _Dumper(StrDumperUnknown):
        """Texts as PostgreSQL takes them."""

        def dump(self, obj: str) -> Any:  # bytes of one kind or another
            return super().dump(as_kept(obj))

    return _Dumper


# What the tables and statements mean on SQLite, said in PostgreSQL's words.


@compiles(Text, "postgresql")
def _text(_type: Text, _compiler: Any, **options: Any) -> str:
    """Texts sort by their code points, whatever the language that the database was made for."""
    return 'TEXT COLLATE "C"' if isinstance(options.get("type_expression"), Column) else "TEXT"


@compiles(Integer, "postgresql")
def _integer(_type: Integer, _compiler: Any, **options: Any) -> str:
    """Columns of whole numbers have 64 bits; PostgreSQL's INTEGER has 32, and is what its functions want."""
    return "BIGINT" if isinstance(options.get("type_expression"), Column) else "INTEGER"


@compiles(BigInteger, "postgresql")
def _big_integer(_type: BigInteger, _compiler: Any, **_: Any) -> str:
    return "BIGINT"


@compiles(sum_of, "postgresql")
def _sum(element: Any, compiler: Any, **options: Any) -> str:
    """The sum of whole numbers is one; PostgreSQL's would be a decimal."""
    return f"CAST(sum({compiler.process(element.clauses, **options)}) AS BIGINT)"
