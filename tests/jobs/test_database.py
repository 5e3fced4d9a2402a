"""Moving an order book from its file into a database on a real PostgreSQL server."""

import contextlib
import random
import signal
import sqlite3
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest
from sqlalchemy import create_engine, inspect

from amzlink.config.settings import Config
from amzlink.deps import Deps
from amzlink.jobs.database import MoveOptions, MoveReport, migrate
from amzlink.orderbook.database import Database
from amzlink.orderbook.moving import address_of, moved
from amzlink.orderbook.schema import ORDER_LINES
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.store_locks import store_lock
from tests.orderbook.every_table import put_rows_into
from tests.orderbook.samples import STORE, contents, rows_of
from tests.support import postgres
from tests.support.killed_at_step import Killed, killed_at
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

pytestmark = [pytest.mark.needs_postgres, pytest.mark.on_sqlite]

PASSWORD: Final = "correct-horse-battery"


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """A store whose order book has rows in every table."""
    found = store_on_sandbox(tmp_path, orders=10, listings=10)
    put_rows_into(found.deps.home.database_file)
    return found


@pytest.fixture
def empty() -> str:
    """The address of a database without a table."""
    return postgres.bare_database()


def move(world: StoreOnSandbox, to: str, *, dry_run: bool = False, switch: bool = True) -> MoveReport:
    return migrate(world.deps, MoveOptions(to=to, dry_run=dry_run, switch=switch))


def refusal(world: StoreOnSandbox, to: str) -> Problem:
    """What keeps a book from being moved; it and the settings are as they were."""
    home = world.deps.home
    before = home.database_file.read_bytes(), home.config_file.read_bytes()
    with pytest.raises(Problem) as error:
        move(world, to)
    assert (home.database_file.read_bytes(), home.config_file.read_bytes()) == before
    return error.value


def name_of(url: str) -> str:
    return url.split("/")[3].split("?", maxsplit=1)[0]


def tables_at(url: str) -> list[str]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def change(world: StoreOnSandbox, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(world.deps.home.database_file, isolation_level=None)) as book:
        book.execute(statement)


class Ended(Deps):
    """A machine on which a move ends after the server has stored the book, and before the settings name it."""

    def save_config(self, settings: Config) -> None:
        raise KeyboardInterrupt


def move_half(world: StoreOnSandbox, to: str) -> None:
    deps = world.deps
    ended = Ended(deps.environ, deps.home, deps.secrets, deps.clock, deps.observer, deps.transport)
    with pytest.raises(KeyboardInterrupt):
        migrate(ended, MoveOptions(to=to))


class TestAMove:
    def test_brings_every_row_and_the_settings_name_its_place(self, world: StoreOnSandbox, empty: str) -> None:
        file = world.deps.home.database_file
        copy = file.with_name("orders-before-0012.db")
        copy.write_bytes(file.read_bytes())
        before = file.read_bytes()
        with Database.open(file) as book:
            rows = contents(book)
        report = move(world, empty)
        assert (report.switched, report.found.was_there, report.old_file) == (True, False, file)
        assert report.found.contents.rows == {table: len(found) for table, found in rows.items()}
        assert world.deps.load_config().database.url == empty
        with world.deps.database() as book:
            assert contents(book) == rows
        assert file.read_bytes() == before
        assert not copy.exists(), "nobody would remove it any more"
        assert world.reported.warnings == []
        assert {line for line in world.reported.progress_lines if "order book" in line} == {
            "reading the order book", "copying the order book", "comparing both order books",
        }  # fmt: skip

    def test_keeps_the_other_settings(self, world: StoreOnSandbox, empty: str) -> None:
        config = world.deps.home.config_file
        config.write_text(config.read_text() + "\n[database]\npool = 7\n")
        before = world.deps.load_config().raw
        move(world, empty)
        after = world.deps.load_config().raw
        assert after == {**before, "database": {"pool": 7, "url": empty}}

    def test_without_a_switch_can_be_made_again_and_finds_that_all_is_there(
        self, world: StoreOnSandbox, empty: str
    ) -> None:
        config = world.deps.home.config_file.read_bytes()
        assert not move(world, empty, switch=False).switched
        assert world.deps.home.config_file.read_bytes() == config
        again = move(world, empty)
        assert (again.found.was_there, again.switched) == (True, True)

    def test_fills_an_order_book_without_rows(self, world: StoreOnSandbox) -> None:
        assert not move(world, postgres.new_database()).found.was_there

    def test_replaces_the_character_that_postgresql_does_not_take(self, world: StoreOnSandbox, empty: str) -> None:
        change(world, "UPDATE order_lines SET title = 'Tea' || char(0) || 'pot'")
        assert move(world, empty).found.contents.unkept_texts == 2
        with world.deps.database() as book:
            titles = {row["title"] for row in rows_of(book, ORDER_LINES, STORE)}
        assert titles == {"Tea\N{REPLACEMENT CHARACTER}pot"}

    def test_lets_nobody_write_to_the_old_book_until_the_settings_name_the_new_one(
        self, world: StoreOnSandbox, empty: str
    ) -> None:
        file = world.deps.home.database_file
        with (
            Database.open(file) as book,
            moved(book, address_of(empty).location, lambda _, __, ___: None),
            contextlib.closing(sqlite3.connect(file, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")

    def test_replaces_its_own_copy_of_an_older_state_after_it_was_ended_too_early(
        self, world: StoreOnSandbox, empty: str
    ) -> None:
        move_half(world, empty)
        assert world.deps.load_config().database.url != empty
        change(world, "UPDATE coverage SET until = '2026-11-21T09:30:00Z'")
        tried = move(world, empty, dry_run=True).found
        assert (tried.was_there, tried.replaced) == (False, True)
        report = move(world, empty)
        assert (report.found.was_there, report.found.replaced, report.switched) == (False, True, True)
        with world.deps.database() as book, Database.open(world.deps.home.database_file) as old:
            assert contents(book) == contents(old)
        assert not list(world.deps.home.state.glob("database-move*")), "the move is done"

    def test_never_replaces_a_copy_that_somebody_else_has_used(self, world: StoreOnSandbox, empty: str) -> None:
        move_half(world, empty)
        postgres.server().execute("UPDATE coverage SET until = '2026-11-22T09:30:00Z'", database=name_of(empty))
        change(world, "UPDATE coverage SET until = '2026-11-21T09:30:00Z'")
        assert refusal(world, empty).name is ProblemName.DATABASE_NOT_EMPTY

    def test_on_which_the_connection_is_lost_brings_nothing(self, world: StoreOnSandbox, empty: str) -> None:
        steps: list[str] = []

        def told(what: str, _: int, __: int) -> None:
            steps.append(what)
            if steps.count("copying the order book") == 1:
                postgres.server().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != "
                                          f"pg_backend_pid() AND datname = '{name_of(empty)}'")  # fmt: skip

        with (
            Database.open(world.deps.home.database_file) as book,
            pytest.raises(Problem) as error,
            moved(book, address_of(empty).location, told),
        ):
            pytest.fail("it cannot be moved")
        assert error.value.name is ProblemName.DATABASE_UNREACHABLE
        assert tables_at(empty) == []

    def test_of_a_value_that_postgresql_does_not_take_is_refused_and_the_value_quoted_nowhere(
        self, world: StoreOnSandbox, empty: str
    ) -> None:
        """SQLite keeps a text in a column of numbers, where another program has put it."""
        change(world, "UPDATE order_lines SET quantity = 'Mustermann'")
        problem = refusal(world, empty)
        assert problem.name is ProblemName.DATABASE_ERROR
        assert "Mustermann" not in "".join(traceback.format_exception(problem))
        assert tables_at(empty) == []

    def test_that_is_only_tried_changes_nothing(self, world: StoreOnSandbox, empty: str) -> None:
        config = world.deps.home.config_file.read_bytes()
        report = move(world, empty, dry_run=True)
        assert (report.switched, report.found.was_there) == (False, False)
        assert report.found.contents.total > 20
        assert tables_at(empty) == []
        assert world.deps.home.config_file.read_bytes() == config


class TestIsRefused:
    def test_where_other_rows_are(self, world: StoreOnSandbox, empty: str) -> None:
        move(world, empty, switch=False)
        change(world, "UPDATE coverage SET until = '2026-11-21T09:30:00Z'")
        problem = refusal(world, empty)
        assert (problem.name.value, problem.exit_code) == ("database-not-empty", Exit.CONFIGURATION)
        assert "an order book with other rows" in problem.summary

    def test_where_another_program_has_tables(self, world: StoreOnSandbox) -> None:
        other = postgres.bare_database()
        postgres.server().execute("CREATE TABLE orders (number integer)", database=name_of(other))
        assert "tables that are not amzlink's" in refusal(world, other).summary
        assert tables_at(other) == ["orders"]

    def test_where_a_newer_order_book_is(self, world: StoreOnSandbox) -> None:
        newer = postgres.new_database()
        postgres.server().execute("UPDATE alembic_version SET version_num = '0099'", database=name_of(newer))
        assert refusal(world, newer).name is ProblemName.DATABASE_NEWER

    def test_where_an_older_order_book_with_rows_is(self, world: StoreOnSandbox) -> None:
        older = postgres.new_database()
        move(world, older, switch=False)
        postgres.server().execute("UPDATE alembic_version SET version_num = '0001'", database=name_of(older))
        problem = refusal(world, older)
        assert problem.name is ProblemName.DATABASE_NOT_EMPTY
        assert "an order book with other rows" in problem.summary

    def test_while_a_run_is_in_progress(self, world: StoreOnSandbox, empty: str) -> None:
        with store_lock(world.deps, SLUG, "push-status"):
            problem = refusal(world, empty)
        assert (problem.name.value, problem.facts["job"], problem.facts["store"]) == (
            "run-in-progress", "push-status", SLUG,
        )  # fmt: skip
        assert tables_at(empty) == []

    def test_of_a_book_that_is_on_a_server(self, world: StoreOnSandbox, empty: str) -> None:
        move(world, empty)
        with pytest.raises(Problem, match="in this database already"):
            move(world, empty)
        with pytest.raises(Problem, match="on a server already"):
            move(world, f"{empty}&application_name=another".replace("book_", "other_"))

    def test_where_no_server_answers(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        problem = refusal(world, f"postgresql://postgres@/amzlink?host={tmp_path}")
        assert (problem.name.value, problem.exit_code) == ("database-unreachable", Exit.TRY_AGAIN)

    @pytest.mark.parametrize(
        "to",
        ["", "orders.db", "sqlite:////tmp/orders.db", "mysql://h/db", f"postgresql://u:{PASSWORD}@x@h/db"],
        ids=["nothing", "a file", "SQLite", "another engine", "an at sign in the password"],
    )
    def test_to_what_is_no_address_of_a_server(self, world: StoreOnSandbox, to: str) -> None:
        problem = refusal(world, to)
        assert problem.exit_code == Exit.USAGE
        assert "postgresql://USER@HOST/DATABASE" in problem.summary
        assert PASSWORD not in problem.summary + problem.cause + problem.next_step


class TestAPassword:
    def test_that_is_not_needed_is_left_out_and_warned_of(self, world: StoreOnSandbox, empty: str) -> None:
        report = move(world, empty.replace("postgres@", f"postgres:{PASSWORD}@"))
        assert (unquote(report.url), report.needs_password) == (empty, False)
        assert [problem.name.value for problem in world.reported.warnings] == ["password-visible"]
        assert world.deps.load_config().database.url == report.url

    def test_that_is_needed_is_in_the_settings_and_nowhere_else(self, world: StoreOnSandbox) -> None:
        with tempfile.TemporaryDirectory(prefix="amzlink-test-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            hba = "local all postgres trust\nlocal all all scram-sha-256\n"
            with postgres.started(folder, hba=hba) as server:
                server.execute(f"CREATE USER shop PASSWORD '{PASSWORD}'", "CREATE DATABASE shop OWNER shop")
                report = move(world, server.url("shop", "shop", PASSWORD))
                assert (unquote(report.url), report.needs_password) == (server.url("shop", "shop"), True)
                assert PASSWORD not in repr(report)
                with world.deps.database() as book:
                    assert contents(book)["orders"]
        assert PASSWORD in world.deps.home.config_file.read_text()
        logs = b"".join(file.read_bytes() for file in world.deps.home.log.iterdir())
        assert b"database-migrate" in logs
        assert PASSWORD.encode() not in logs


MOVE: Final = """
from amzlink.orderbook import migrations
from amzlink.orderbook.database import Database
from amzlink.orderbook.moving import address_of, moved

def work(step, url, file):
    with Database.open(Path(file)) as book, moved(book, address_of(url).location, lambda *_: None):
        step()
"""


class TestKilled:
    @pytest.fixture
    def killed(self) -> Iterator[Killed]:
        """Moves the book in a process that is killed at a step."""
        with killed_at(MOVE) as killed:
            yield killed

    def check(self, world: StoreOnSandbox, killed: Killed, count: int) -> None:
        never = 10_000
        file = world.deps.home.database_file
        left, code = killed(never, postgres.bare_database(), str(file))
        assert code == 0
        steps = never - left
        assert steps > 100
        before = file.read_bytes()
        with Database.open(file) as book:
            rows = contents(book)
        for step in [*random.Random(15).sample(range(2, steps), count), steps]:
            url = postgres.bare_database()
            assert killed(step, url, str(file)) == [-signal.SIGKILL]
            assert file.read_bytes() == before
            there = tables_at(url)
            assert bool(there) is (step == steps), f"killed at step {step} of {steps}: all or nothing"
            assert move(world, url, switch=False).found.was_there is bool(there)
            with Database.open(file, url) as book:
                assert contents(book) == rows, f"killed at step {step}"

    def test_anywhere_it_leaves_all_or_nothing_on_the_server_and_can_be_run_again(
        self, world: StoreOnSandbox, killed: Killed
    ) -> None:
        self.check(world, killed, 2)

    @pytest.mark.soak
    def test_at_many_more_points(self, world: StoreOnSandbox, killed: Killed) -> None:
        self.check(world, killed, 60)
