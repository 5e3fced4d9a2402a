"""The order book on a PostgreSQL server: what is different there."""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from amzlink.orderbook.connection import HEAD, locate
from amzlink.orderbook.database import Database, UnkeptDatabase
from amzlink.orderbook.health import book_faults, facts_of
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.orders.pages import known_orders
from amzlink.orderbook.schema import METADATA, ORDERS
from amzlink.problems import Exit, Problem
from tests.orderbook.samples import ORDER_ID, STORE, change_of, contents, order_of, save
from tests.support import postgres
from tests.support.rows import each_row

pytestmark = [pytest.mark.needs_postgres, pytest.mark.on_sqlite]
NOWHERE = Path("not-used.db")


@pytest.fixture
def book() -> Iterator[Database]:
    with Database.open(NOWHERE, postgres.new_database()) as found:
        yield found


def url_of(book: Database) -> str:
    return str(book.location)  # there is no password in it


def texts(problem: Problem) -> str:
    return f"{problem.summary} {problem.cause} {problem.next_step}"


def refusal(url: str) -> Problem:
    with pytest.raises(Problem) as error:
        Database.open(NOWHERE, url)
    assert not NOWHERE.exists()
    return error.value


class TestSchema:
    def test_a_book_made_from_nothing_has_the_schema_of_the_code(self) -> None:
        with Database.open(NOWHERE, postgres.bare_database()) as book, book.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD

    def test_texts_sort_by_code_point_and_whole_numbers_have_64_bits(self, book: Database) -> None:
        columns = text("SELECT DISTINCT data_type, collation_name FROM information_schema.columns "
                       "WHERE table_schema = 'public' AND table_name != 'alembic_version'")  # fmt: skip
        with book.reading() as connection:
            assert {tuple(row) for row in connection.execute(columns)} == {
                ("text", "C"), ("bigint", None), ("boolean", None), ("bytea", None)
            }  # fmt: skip

    def test_several_machines_can_make_it_at_once(self) -> None:
        url, failed = postgres.bare_database(), list[BaseException]()

        def open_it() -> None:
            try:
                Database.open(NOWHERE, url).close()
            except Exception as error:  # noqa: BLE001 - what a thread raises, only it sees
                failed.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []

    def test_a_book_of_a_newer_version_is_left_alone(self) -> None:
        url = postgres.new_database()
        with Database.open(NOWHERE, url) as book, book.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        problem = refusal(url)
        assert (problem.name.value, problem.exit_code) == ("database-newer", Exit.CONFIGURATION)


class TestTransactions:
    def test_a_reader_sees_one_moment_and_writes_nothing(self, book: Database) -> None:
        count = text("SELECT count(*) FROM orders")
        with book.reading() as reader:
            assert reader.scalar(count) == 0
            save(book, change_of(order_of()))
            assert reader.scalar(count) == 0
            assert reader.scalar(text("SHOW transaction_read_only")) == "on"
        with book.reading() as reader:
            assert reader.scalar(count) == 1

    def test_writers_of_one_store_follow_one_another_and_those_of_others_do_not_wait(self, book: Database) -> None:
        seen: list[str] = []

        def write(store: str) -> None:
            with book.of(store).writing():
                seen.append(store)

        with book.of("a").writing():
            same, other = threading.Thread(target=write, args=["a"]), threading.Thread(target=write, args=["b"])
            same.start()
            other.start()
            other.join()
            assert seen == ["b"]
        same.join()
        assert seen == ["b", "a"]

    def test_who_writes_for_all_stores_has_the_book_alone(self, book: Database) -> None:
        seen: list[str] = []

        def write() -> None:
            with book.of("a").writing():
                seen.append("a")

        with book.writing():
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(0.2)
            seen.append("all")
        thread.join()
        assert seen == ["all", "a"]

    def test_nothing_is_set_for_longer_than_a_transaction(self, book: Database) -> None:
        with book.writing():
            pass
        with book.outside_transactions() as connection:
            assert connection.scalar(text("SHOW lock_timeout")) == "0"
            assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
            assert connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0

    def test_a_connection_that_the_server_closed_meanwhile_is_replaced(self, book: Database) -> None:
        save(book, change_of(order_of()))
        postgres.end_connections(url_of(book))
        assert find_order(book.of(STORE), ORDER_ID) is not None


def test_a_dry_run_gets_the_rows_of_its_store_and_gives_nothing_back(book: Database) -> None:
    save(book, change_of(order_of()))
    save(book, change_of(order_of("302-7654321-7654321")), store="another")
    before = contents(book)
    with UnkeptDatabase(book) as unkept:
        save(unkept, change_of(order_of("302-0000000-0000000")))
        found = {row[1] for row in contents(unkept)["orders"]}
        assert found == {ORDER_ID, "302-0000000-0000000"}
    assert contents(book) == before


def test_a_nul_that_a_service_sends_becomes_a_sign_that_can_be_seen(book: Database) -> None:
    save(book, change_of(order_of(service_level="a\0b")))
    found = find_order(book.of(STORE), ORDER_ID)
    assert found
    assert found.order.service_level == "a\N{REPLACEMENT CHARACTER}b"
    assert known_orders(book.of(STORE), [ORDER_ID, "a\0"])[0].keys() == {ORDER_ID}


class TestAddresses:
    def test_no_password_is_shown(self) -> None:
        place = locate(NOWHERE, "postgresql://amzlink:s3cret@db.example:5433/shop?sslmode=require&password=s3cret")
        assert str(place) == "postgresql://amzlink@db.example:5433/shop"
        assert "s3cret" not in repr(place)

    @pytest.mark.parametrize("url", ["postgresql://u:s3@cret@host/db", "postgresql://u:s3cret@host:port/db"])
    def test_one_that_cannot_be_read_is_not_quoted(self, url: str) -> None:
        with pytest.raises(Problem) as error:
            locate(NOWHERE, url)
        assert error.value.name.value == "config-invalid"
        assert "cret" not in error.value.summary


def server_without_tls() -> Iterator[int]:
    """What a server does that offers no TLS: it answers N."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(8)
                        connection.sendall(b"N")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


class TestWhatGoesWrong:
    def test_without_the_driver_it_says_how_to_install_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        problem = refusal("postgresql://host/amzlink")
        assert (problem.name.value, problem.exit_code) == ("database-driver-missing", Exit.CONFIGURATION)
        assert "pip install 'psycopg[binary]'" in problem.next_step

    def test_no_server(self, tmp_path: Path) -> None:
        problem = refusal(f"postgresql://amzlink:s3cret@/shop?host={tmp_path}")
        assert (problem.name.value, problem.exit_code) == ("database-unreachable", Exit.TRY_AGAIN)
        assert "s3cret" not in texts(problem)
        assert "locked" not in problem.cause
        assert problem.summary.endswith("cannot be opened: No such file or directory.")

    def test_a_wrong_password_is_told_without_it(self) -> None:
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            postgres.server().execute("CREATE ROLE known_by_password LOGIN PASSWORD 'right'")
        problem = refusal(postgres.server().url(user="known_by_password", password="wr0ng-one"))
        assert (problem.name.value, problem.exit_code) == ("database-login-refused", Exit.NOT_ALLOWED)
        shown = "".join(f"{error!r} {error}" for error in chain_of(problem))
        assert "wr0ng-one" not in texts(problem) + shown + repr(problem.facts)

    @pytest.mark.parametrize("user", ["refused", "nobody_of_this_name"])
    def test_a_user_who_is_not_admitted(self, user: str) -> None:
        assert refusal(postgres.server().url(user=user)).name.value == "database-login-refused"

    def test_a_database_that_there_is_not(self) -> None:
        assert refusal(postgres.server().url("no_such_database")).name.value == "database-missing"

    def test_a_user_who_may_make_no_tables_and_one_who_may_not_write(self) -> None:
        bare, book = postgres.bare_database(), postgres.new_database()
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            postgres.server().execute("CREATE ROLE onlooker LOGIN")
        problem = refusal(bare.replace("postgres@", "onlooker@"))
        assert (problem.name.value, problem.exit_code) == ("database-no-rights", Exit.NOT_ALLOWED)
        with psycopg.connect(book, autocommit=True) as connection:
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker")
        with Database.open(NOWHERE, book.replace("postgres@", "onlooker@")) as opened:
            for action in (lambda: save(opened, change_of(order_of())), lambda: book_faults(opened, thorough=False)):
                with pytest.raises(Problem) as error:
                    action()
                assert error.value.name.value == "database-no-rights"

    def test_a_server_that_can_only_be_read(self) -> None:
        url = postgres.new_database()
        name = url.split("@/")[1].split("?", maxsplit=1)[0]
        postgres.server().execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with Database.open(NOWHERE, url) as book:
            for action in (lambda: book_faults(book, thorough=False), lambda: save(book, change_of(order_of()))):
                with pytest.raises(Problem) as error:
                    action()
                assert error.value.name.value == "database-read-only"

    def test_a_standby_says_so_when_it_is_written_to(self, book: Database) -> None:
        with pytest.raises(Problem) as error, book.reading() as connection:
            connection.execute(text("DELETE FROM orders"))
        assert error.value.name.value == "database-read-only"

    def test_a_database_of_another_encoding(self) -> None:
        name = f"latin_{os.getpid()}"
        postgres.server().execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0")
        problem = refusal(postgres.server().url(name))
        assert problem.name.value == "database-unfit"
        assert "LATIN1" in problem.summary

    def test_a_server_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        url = postgres.bare_database()
        monkeypatch.setattr("amzlink.orderbook.postgresql._OLDEST", 990_000)
        problem = refusal(url)
        assert (problem.name.value, problem.exit_code) == ("database-unfit", Exit.CONFIGURATION)
        assert "the server is PostgreSQL 1" in problem.summary

    def test_a_server_without_tls_where_it_is_asked_for(self) -> None:
        with contextlib.contextmanager(server_without_tls)() as port:
            problem = refusal(f"postgresql://amzlink@127.0.0.1:{port}/shop?sslmode=require")
        assert problem.name.value == "database-tls-failed"

    def test_a_server_that_goes_in_the_middle_leaves_nothing_half_done(self, book: Database) -> None:
        def write() -> None:
            with book.of(STORE).writing() as connection:
                connection.execute(text("INSERT INTO coverage VALUES ('my-shop', 'x', 'y')"))
                postgres.end_connections(url_of(book))
                connection.execute(text("INSERT INTO coverage VALUES ('another', 'x', 'y')"))

        with pytest.raises(Problem) as error:
            write()
        assert (error.value.name.value, error.value.exit_code) == ("database-unreachable", Exit.TRY_AGAIN)
        assert contents(book)["coverage"] == []

    def test_where_it_goes_at_the_very_end_nobody_claims_to_know_what_was_stored(self, book: Database) -> None:
        def write() -> None:
            with book.of(STORE).writing() as connection:
                connection.execute(text("INSERT INTO coverage VALUES ('my-shop', 'x', 'y')"))
                postgres.end_connections(url_of(book))

        with pytest.raises(Problem) as error:
            write()
        assert error.value.name.value == "database-unreachable"
        assert "the next run sees whether it did" in error.value.summary
        assert "failed:" not in error.value.summary

    def test_a_lock_that_is_held_too_long(self, book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("amzlink.orderbook.postgresql._LOCK_SECONDS", 0.1)
        with book.of(STORE).writing(), pytest.raises(Problem) as error:
            save(book, change_of(order_of()))
        assert (error.value.name.value, error.value.exit_code) == ("database-busy", Exit.TRY_AGAIN)

    def test_a_statement_that_takes_too_long(self, book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("amzlink.orderbook.postgresql._STATEMENT_SECONDS", 0.1)
        with pytest.raises(Problem) as error, book.reading() as connection:
            connection.execute(text("SELECT pg_sleep(5)"))
        assert error.value.name.value == "database-busy"

    def test_no_more_connections(self) -> None:
        url = postgres.new_database()
        name = url.split("@/")[1].split("?", maxsplit=1)[0]
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            postgres.server().execute("CREATE ROLE one_of_many LOGIN")
        postgres.server().execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        assert refusal(url.replace("postgres@", "one_of_many@")).name.value == "database-busy"

    @each_row(
        ("code", "name"),
        [
            ("53100", "database-server-full"),
            ("40P01", "database-busy"),
            ("08006", "database-unreachable"),
            ("57P03", "database-unreachable"),
            ("42P01", "database-corrupt"),
            ("XX001", "database-corrupt"),
            ("53200", "database-error"),
            ("23502", None),
            ("22003", None),
        ],
    )
    def test_each_code_has_its_name_and_a_fault_of_ours_has_none(self, code: str, name: str | None) -> None:
        error = DBAPIError("SELECT", None, psycopg.errors.lookup(code)("words"))
        with pytest.raises((Problem, DBAPIError)) as caught, locate(NOWHERE, "postgresql://h/d").translated_errors():
            raise error
        assert (caught.value.name.value if isinstance(caught.value, Problem) else None) == name

    def test_an_error_quotes_nothing_of_a_row(self, book: Database) -> None:
        row = {column.name: None for column in ORDERS.columns} | {"store": STORE, "order_id": "Zofie-Novakova"}

        def write() -> None:
            with book.writing() as connection:
                connection.execute(ORDERS.insert(), row)

        with pytest.raises(IntegrityError) as error:
            write()
        assert "Zofie" not in "".join(f"{each!r} {each}" for each in chain_of(error.value))


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An error and all that stand behind it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def test_verify_tells_which_server_it_is(book: Database) -> None:
    assert book_faults(book, thorough=True) == []
    facts = facts_of(book)
    assert facts["order_book"] == url_of(book)
    assert facts["server"].startswith("PostgreSQL 1")
