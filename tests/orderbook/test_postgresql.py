"""The order book on a PostgreSQL server: what is different there."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from amzlink.orderbook.connection import HEAD, locate
from amzlink.orderbook.database import Database, UnkeptDatabase
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.schema import METADATA
from amzlink.problems import Exit, Problem
from tests.orderbook.samples import ORDER_ID, STORE, change_of, contents, order_of, save
from tests.support import postgres

pytestmark = [pytest.mark.needs_postgres, pytest.mark.on_sqlite]
NOWHERE = Path("not-used.db")


@pytest.fixture
def book() -> Iterator[Database]:
    with Database.open(NOWHERE, postgres.new_database()) as found:
        yield found


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
        postgres.server().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'amzlink'"
        )
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
