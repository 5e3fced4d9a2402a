"""Opening the order book: its schema, its files, and what it is called when it cannot be opened."""

import contextlib
import errno
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from amzlink.orderbook import migrations
from amzlink.orderbook.connection import HEAD, locate
from amzlink.orderbook.database import Database
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.schema import METADATA, ORDERS
from amzlink.orderbook.sqlite import translated_database_errors
from amzlink.problems import Exit, Problem
from tests.orderbook.machine import NOBODY, as_nobody, common_folder, fill, needs_root, tiny_disk
from tests.orderbook.samples import ORDER_ID, STORE, book_in, change_of, contents, order_of, save

pytestmark = pytest.mark.on_sqlite  # what is different on a server is in test_postgresql.py


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with book_in(tmp_path) as found:
        yield found


def refusal(file: Path, url: str | None = None) -> Problem:
    with pytest.raises(Problem) as error:
        Database.open(file, url)
    return error.value


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def shape_of(connection: sqlite3.Connection) -> dict[str, dict[str, list[tuple[object, ...]]]]:
    """All that SQLite itself tells of the tables but for the migration's own."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'")
    return {
        name: {
            "columns": connection.execute(f"PRAGMA table_info({name})").fetchall(),
            "keys": connection.execute(f"PRAGMA foreign_key_list({name})").fetchall(),
            "indexes": sorted(
                (index[1], index[2], *connection.execute(f"PRAGMA index_info({index[1]})").fetchall())
                for index in connection.execute(f"PRAGMA index_list({name})").fetchall()
            ),
        }
        for (name,) in names
    }


class TestSchema:
    def test_a_book_made_from_nothing_has_the_schema_of_the_code(self, book: Database) -> None:
        with book.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []

    def test_down_to_keys_and_indexes_it_is_what_the_code_would_make(self, book: Database, tmp_path: Path) -> None:
        """Alembic's comparison passes over primary keys and what a foreign key does on deletion."""
        engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
        METADATA.create_all(engine)
        engine.dispose()
        with (
            contextlib.closing(sqlite3.connect(tmp_path / "made.db")) as made,
            contextlib.closing(sqlite3.connect(tmp_path / "data" / "orders.db")) as migrated,
        ):
            assert shape_of(migrated) == shape_of(made)
            assert set(shape_of(made)) == set(METADATA.tables)

    def test_the_version_that_counts_as_newest_is_that_of_the_newest_script(self, book: Database) -> None:
        scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
        assert scripts.get_current_head() == HEAD
        with book.reading() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD

    def test_every_version_is_known_and_no_other(self) -> None:
        assert migrations.is_known(HEAD)
        assert not migrations.is_known("9999")

    def test_every_table_belongs_to_a_store(self) -> None:
        for table in METADATA.sorted_tables:
            assert table.primary_key.columns.keys()[0] == "store", table.name

    def test_only_the_sealed_table_has_room_for_personal_data(self) -> None:
        """What the contract counts as personal stands in the box, and nowhere in a column of its own."""
        words = ("name", "address", "city", "postal", "phone", "email", "gift", "buyer", "recipient", "tracking")
        columns = [column.name for table in METADATA.sorted_tables for column in table.columns]
        assert [column for column in columns if any(word in column for word in words)] == []


class TestFiles:
    def test_folder_and_files_are_the_users_alone(self, book: Database, tmp_path: Path) -> None:
        save(book, change_of(order_of()))
        files = {path.name: oct(mode_of(path)) for path in (tmp_path / "data").iterdir()}
        assert files == dict.fromkeys(("orders.db", "orders.db-wal", "orders.db-shm"), oct(0o600))
        assert oct(mode_of(tmp_path / "data")) == oct(0o700)

    def test_opening_it_twice_is_harmless(self, tmp_path: Path) -> None:
        with book_in(tmp_path) as book:
            save(book, change_of(order_of()))
            before = contents(book)
        with book_in(tmp_path) as first, book_in(tmp_path) as second:
            assert contents(first) == contents(second) == before

    def test_closing_folds_the_journal_into_the_file(self, tmp_path: Path) -> None:
        with book_in(tmp_path) as book:
            save(book, change_of(order_of()))
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["orders.db"]

    @pytest.mark.parametrize("name", ["my data", "100%25", "what?mode=ro", "a#b", "Größe", "c:d", "quote'\"s"])
    def test_any_name_of_a_folder_will_do(self, tmp_path: Path, name: str) -> None:
        with book_in(tmp_path / name) as book:
            save(book, change_of(order_of()))
        assert (tmp_path / name / "data" / "orders.db").stat().st_size > 0
        with book_in(tmp_path / name) as book:
            assert find_order(book.of(STORE), ORDER_ID) is not None
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_the_configuration_can_put_it_elsewhere(self, tmp_path: Path) -> None:
        with Database.open(tmp_path / "here.db", f"sqlite:///{tmp_path}/elsewhere/orders.db") as book:
            save(book, change_of(order_of()))
        assert (tmp_path / "elsewhere" / "orders.db").is_file()
        assert not (tmp_path / "here.db").exists()

    def test_a_failure_of_a_book_that_lies_elsewhere_names_its_own_file(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere.db"
        with Database.open(tmp_path / "here.db", f"sqlite:///{elsewhere}") as book:
            with book.writing() as connection:
                connection.execute(text("DROP TABLE sealed"))
            with pytest.raises(Problem) as error:
                find_order(book.of(STORE), ORDER_ID)
        assert str(elsewhere) in error.value.summary

    def test_several_processes_can_make_it_at_once(self, tmp_path: Path) -> None:
        """Over and over, because the moment in which they could hinder each other is short."""
        code = (
            "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
            "from amzlink.orderbook import migrations\n"
            "from amzlink.orderbook.database import Database\n"
            "from amzlink.orderbook.runs import Run, note_run\n"
            "now = datetime(2026, 11, 23, tzinfo=UTC)\n"
            "run = Run(job='job', started_at=now, finished_at=now, problem=None, counts={}, amazon_time=None)\n"
            "print('ready', flush=True)\n"
            "for line in sys.stdin:\n"
            "    with Database.open(Path(line.strip())) as book:\n"
            "        note_run(book.of(sys.argv[1]), run)\n"
            "    print('done', flush=True)\n"
        )
        stores = [f"store-{number}" for number in range(5)]
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-c", code, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                    )
                )
                for store in stores
            ]
            pipes = [(process.stdin, process.stdout) for process in processes if process.stdin and process.stdout]
            assert [answers.readline() for _, answers in pipes] == ["ready\n"] * 5
            for number in range(15):
                file = tmp_path / str(number) / "orders.db"
                for orders, _ in pipes:
                    orders.write(f"{file}\n")
                    orders.flush()
                assert [answers.readline() for _, answers in pipes] == ["done\n"] * 5
                with Database.open(file) as book, book.reading() as connection:
                    assert connection.scalars(text("SELECT store FROM runs ORDER BY store")).all() == stores
                    assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [HEAD]


class TestSettings:
    def test_every_connection_keeps_what_a_power_cut_and_a_deletion_ask_for(self, book: Database) -> None:
        with book.reading() as first, book.reading() as second:
            for connection in (first, second):
                found = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "secure_delete", "foreign_keys", "synchronous")
                }
                assert found == {"journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1, "synchronous": 2}
                assert (connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 10_000

    def test_a_reader_sees_one_moment_while_another_writes(self, book: Database) -> None:
        save(book, change_of(order_of()))
        count = text("SELECT count(*) FROM orders")
        with book.reading() as reader:
            assert reader.scalar(count) == 1
            save(book, change_of(order_of("302-7654321-7654321")))
            assert reader.scalar(count) == 1
        with book.reading() as reader:
            assert reader.scalar(count) == 2

    def test_what_fails_in_a_transaction_leaves_nothing(self, book: Database) -> None:
        def write_and_fail() -> None:
            with book.writing() as connection:
                connection.execute(text("INSERT INTO coverage VALUES ('my-shop', 'x', 'y')"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_and_fail()
        assert contents(book)["coverage"] == []


class TestWhatCannotBeOpened:
    def test_a_book_of_a_newer_version_is_left_alone(self, tmp_path: Path) -> None:
        with book_in(tmp_path) as book, book.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        file = tmp_path / "data" / "orders.db"
        before = file.read_bytes()
        problem = refusal(file)
        assert (problem.name.value, problem.exit_code) == ("database-newer", Exit.CONFIGURATION)
        assert "9999" in problem.summary
        assert file.read_bytes() == before

    @pytest.mark.parametrize("content", [b"this is no database, but a text of some length " * 40, b"\x00" * 5000])
    def test_a_file_that_is_no_database_is_told_and_left_alone(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "orders.db"
        file.write_bytes(content)
        problem = refusal(file)
        assert (problem.name.value, problem.exit_code) == ("database-corrupt", Exit.DISK)
        assert str(file) in problem.summary
        assert file.read_bytes() == content

    def test_a_book_with_a_broken_page_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "data" / "orders.db"
        with book_in(tmp_path) as book:
            save(book, *(change_of(order_of(f"302-{number:07}-0000000")) for number in range(200)))
        content = bytearray(file.read_bytes())
        content[4096 * 2 :] = bytes(len(content) - 4096 * 2)
        file.write_bytes(content)
        with pytest.raises(Problem) as error, Database.open(file) as book:
            contents(book)
        assert error.value.name.value == "database-corrupt"

    def test_a_book_that_lost_a_table_is_told(self, book: Database) -> None:
        with book.writing() as connection:
            connection.execute(text("DROP TABLE order_lines"))
        with pytest.raises(Problem) as error:
            save(book, change_of(order_of()))
        assert error.value.name.value == "database-corrupt"

    def test_a_book_that_another_program_keeps_locked_is_told_as_out_of_reach(
        self, book: Database, tmp_path: Path
    ) -> None:
        with book.reading() as connection:  # the pool gives the same connection again, and it no longer waits
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        other = sqlite3.connect(tmp_path / "data" / "orders.db", isolation_level=None)
        with contextlib.closing(other):
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Problem) as error:
                save(book, change_of(order_of()))
            assert (error.value.name.value, error.value.exit_code) == ("database-unreachable", Exit.TRY_AGAIN)
            assert "locked" in error.value.summary
            other.execute("ROLLBACK")
        save(book, change_of(order_of()))
        assert find_order(book.of(STORE), ORDER_ID) is not None

    def test_a_folder_in_its_place_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "orders.db").mkdir()
        assert refusal(tmp_path / "orders.db").name.value == "database-unreachable"

    def test_a_file_in_the_place_of_its_folder_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("in the way")
        assert refusal(tmp_path / "data" / "orders.db").name.value == "not-writable"

    @pytest.mark.parametrize("url", ["mysql://host/amzlink", "orders.db"])
    def test_an_address_of_no_database_that_amzlink_knows_is_a_fault_of_the_settings(
        self, tmp_path: Path, url: str
    ) -> None:
        problem = refusal(tmp_path / "orders.db", url)
        assert problem.name.value == "config-invalid"
        assert "database.url" in problem.summary
        assert list(tmp_path.iterdir()) == []

    @needs_root
    def test_a_folder_that_one_may_not_write_to_is_told(self) -> None:
        with common_folder() as folder:
            (folder / "data").mkdir(mode=0o755)
            said = as_nobody(folder, 'told(lambda: Database.open(here / "data" / "orders.db"))')
            assert list((folder / "data").iterdir()) == []
        assert said.startswith("not-writable")

    @needs_root
    def test_a_book_that_one_may_not_read_is_told(self) -> None:
        with common_folder() as folder:
            said = as_nobody(folder, 'told(lambda: Database.open(here / "warm-up" / "orders.db"))')
        assert said.startswith("not-writable")

    @needs_root
    def test_a_book_in_a_folder_that_is_read_only_is_told(self) -> None:
        """The file itself may be written, but SQLite has to lay its journal beside it."""
        with common_folder() as folder:
            with Database.open(folder / "data" / "orders.db") as book:
                save(book, change_of(order_of()))
            os.chown(folder / "data" / "orders.db", NOBODY.pw_uid, NOBODY.pw_gid)
            (folder / "data").chmod(0o755)
            said = as_nobody(folder, 'told(lambda: Database.open(here / "data" / "orders.db"))')
        assert said.split(" | ")[0] == "not-writable"


def test_a_url_in_the_home_of_a_user_that_does_not_exist_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(Problem) as error:
        locate(tmp_path, "sqlite:///~nobody-of-this-name/orders.db")
    assert error.value.name.value == "config-invalid"
    assert "database.url" in error.value.summary


class TestErrorsOfTheDatabase:
    """Only an error that says so calls a book damaged, and the advice for every other one leaves the book alone."""

    @pytest.mark.parametrize(
        ("code", "words", "name"),
        [
            (sqlite3.SQLITE_PROTOCOL, "locking protocol", "locking-unavailable"),
            (sqlite3.SQLITE_IOERR_LOCK, "disk I/O error", "locking-unavailable"),
            (sqlite3.SQLITE_IOERR_SHMMAP, "disk I/O error", "locking-unavailable"),
            (sqlite3.SQLITE_IOERR_READ, "disk I/O error", "disk-broken"),
            (sqlite3.SQLITE_FULL, "database or disk is full", "disk-full"),
            (sqlite3.SQLITE_BUSY, "database is locked", "database-unreachable"),
            (sqlite3.SQLITE_CANTOPEN, "unable to open database file", "database-unreachable"),
            (sqlite3.SQLITE_READONLY, "attempt to write a readonly database", "not-writable"),
            (sqlite3.SQLITE_CORRUPT, "database disk image is malformed", "database-corrupt"),
            (sqlite3.SQLITE_NOTADB, "file is not a database", "database-corrupt"),
            (sqlite3.SQLITE_NOMEM, "out of memory", "database-error"),
            (sqlite3.SQLITE_INTERRUPT, "interrupted", "database-error"),
            (sqlite3.SQLITE_ERROR, "near “x”: something that is full of surprises", "database-error"),
        ],
    )
    @pytest.mark.parametrize("has_code", [True, False])
    def test_each_has_its_own_name(self, tmp_path: Path, code: int, words: str, name: str, has_code: bool) -> None:
        error = sqlite3.OperationalError(words)
        if has_code:
            error.sqlite_errorcode = code
        elif name == "locking-unavailable" and "I/O" in words:
            name = "disk-broken"  # nothing tells it from one then
        with pytest.raises(Problem) as caught, translated_database_errors(tmp_path / "orders.db"):
            raise error
        assert caught.value.name.value == name
        if name != "database-corrupt":
            assert not re.search("backup|move the file away|damaged:", texts(caught.value))

    def test_a_book_on_a_network_drive_is_told_as_that_and_not_as_damaged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(_connection: sqlite3.Connection) -> None:
            raise sqlite3.OperationalError("locking protocol")

        monkeypatch.setattr("amzlink.orderbook.sqlite._use_wal", fails)
        problem = refusal(tmp_path / "orders.db")
        assert (problem.name.value, problem.exit_code) == ("locking-unavailable", Exit.CONFIGURATION)
        assert "network drive" in texts(problem)
        assert "AMZLINK_HOME" in texts(problem)
        assert "is damaged" not in texts(problem)

    def test_an_error_of_the_operating_system_is_named_as_everywhere(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as caught, translated_database_errors(tmp_path / "orders.db"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        assert (caught.value.name.value, caught.value.facts["file"]) == ("disk-full", tmp_path / "orders.db")

    def test_an_error_of_the_driver_itself_is_named_too(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as caught, translated_database_errors(tmp_path / "orders.db"):
            sqlite3.connect(tmp_path / "nowhere" / "orders.db")
        assert caught.value.name.value == "database-unreachable"


def texts(problem: Problem) -> str:
    return f"{problem.summary} {problem.cause} {problem.next_step}"


@pytest.mark.needs("mount")
class TestAFullDisk:
    def test_a_book_that_cannot_be_made_is_made_once_there_is_room(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 512) as disk:
            filler = fill(disk, leaving=40_000)
            problem = refusal(disk / "orders.db")
            assert (problem.name.value, problem.exit_code) == ("disk-full", Exit.DISK)
            filler.unlink()
            with Database.open(disk / "orders.db") as book:
                save(book, change_of(order_of()))
                assert find_order(book.of(STORE), ORDER_ID) is not None

    def test_not_even_a_byte_of_room_is_told_as_what_it_is(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 256) as disk:
            fill(disk)
            assert refusal(disk / "orders.db").name.value == "disk-full"

    @pytest.mark.parametrize("room", [0, 4_096, 20_000, 40_000, 60_000, 100_000, 140_000])
    def test_however_little_room_there_is_it_is_told_as_a_full_disk(self, tmp_path: Path, room: int) -> None:
        """Where SQLite has no room for its index of the journal, it speaks of an input/output error."""
        with tiny_disk(tmp_path, 1536) as disk:
            with Database.open(disk / "orders.db") as book:
                save(book, change_of(order_of()))
            fill(disk, leaving=room)
            page = [change_of(order_of(f"302-{number:07}-0000000")) for number in range(900)]
            with pytest.raises(Problem) as error, Database.open(disk / "orders.db") as book:
                save(book, *page)
            assert error.value.name.value == "disk-full"

    def test_a_page_that_does_not_fit_leaves_nothing_and_fits_once_there_is_room(self, tmp_path: Path) -> None:
        page = [change_of(order_of(f"302-{number:07}-0000000", service_level="X" * 400)) for number in range(500)]
        with tiny_disk(tmp_path, 4096) as disk, Database.open(disk / "orders.db") as book:
            save(book, change_of(order_of()))
            before = contents(book)
            filler = fill(disk, leaving=60_000)
            with pytest.raises(Problem) as error:
                save(book, *page, covered_until=None)
            assert error.value.name.value == "disk-full"
            assert contents(book) == before
            filler.unlink()
            save(book, *page)
            assert len(contents(book)["orders"]) == 501


class TestWhatErrorsShow:
    MARK = "Zofie-Novakova-Dlouha-12"

    @pytest.mark.parametrize("many", [False, True])
    def test_an_sql_error_carries_no_parameter(self, book: Database, many: bool) -> None:
        """A row that breaks a rule is amzlink's own fault: no problem of the user's, and no word of the row."""
        from amzlink.orderbook.database import execute_many, upsert

        row = {column.name: None for column in ORDERS.columns} | {"store": STORE, "order_id": self.MARK}

        def write() -> None:
            with book.writing() as connection:
                if many:
                    execute_many(connection, upsert(ORDERS), [row])
                else:
                    connection.execute(ORDERS.insert(), row)

        with pytest.raises(Exception, match="NOT NULL") as error:
            write()
        assert not isinstance(error.value, Problem)
        assert self.MARK not in "".join(str(entry) for entry in chain_of(error.value))

    def test_what_is_wrong_with_the_database_carries_none_either(self, book: Database) -> None:
        with book.writing() as connection:
            connection.execute(text("DROP TABLE orders"))
        with pytest.raises(Problem) as error:
            find_order(book.of(STORE), self.MARK)
        shown = "".join(f"{entry!r} {entry}" for entry in chain_of(error.value))
        assert re.search("no such table", shown)
        assert self.MARK not in shown


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An error and all that stand behind it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def test_a_book_that_others_reach_and_can_change_is_refused() -> None:
    with common_folder() as folder:
        (folder / "orders.db").touch(mode=0o600)
        (folder / "orders.db").chmod(0o666)
        with pytest.raises(Problem) as error:
            Database.open(folder / "orders.db")
    assert error.value.name.value == "writable-by-others"
