"""An order book of any earlier version is copied and upgraded when it is opened, whatever happens meanwhile."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from amzlink.orderbook.connection import HEAD
from amzlink.orderbook.database import Database
from amzlink.orderbook.upgrade_copies import KEPT_FOR, purge_copies
from amzlink.problems import Exit, Problem
from tests.orderbook.every_table import EARLIER, bring_to, put_rows_into, rows_of
from tests.orderbook.machine import fill, tiny_disk
from tests.orderbook.samples import STORE, book_in, change_of, order_of, save
from tests.support.killed_at_step import Killed, killed_at
from tests.support.rows import each_row

pytestmark = pytest.mark.on_sqlite  # of a book on a server its administrator keeps copies
MADE_BY_THE_UPGRADE: Final = frozenset({"clock_readings", "trusted_times"})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A book of every earlier version, with rows in all the tables that it had."""
    folder = tmp_path_factory.mktemp("shelf")
    found = {version: folder / f"{version}.db" for version in EARLIER}
    growing = folder / "growing.db"
    for version, file in found.items():
        bring_to(growing, version)
        shutil.copy(growing, file)
        put_rows_into(file)
    return found


def version_of(file: Path) -> str:
    with contextlib.closing(sqlite3.connect(file)) as book:
        ((version,),) = book.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(version)


def old_book(shelf: Mapping[str, Path], folder: Path, version: str = EARLIER[0]) -> Path:
    file = folder / "orders.db"
    shutil.copy(shelf[version], file)
    return file


def copy_of(file: Path) -> Path:
    return file.with_name(f"orders-before-{HEAD}.db")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestEveryEarlierVersion:
    @each_row("version", EARLIER)
    def test_keeps_what_is_in_it(self, shelf: Mapping[str, Path], tmp_path: Path, version: str) -> None:
        folder = tmp_path / version
        folder.mkdir()
        file = old_book(shelf, folder, version)
        before = rows_of(file)
        Database.open(file).close()
        assert version_of(file) == HEAD
        after = rows_of(file)
        for table, rows in before.items():
            kept = [{name: row[name] for name in rows[0]} for row in after[table]]
            assert sorted(kept, key=str) == rows, table
        new = {table for table in after.keys() - before.keys() if after[table]}
        assert new <= MADE_BY_THE_UPGRADE
        assert (version_of(copy_of(file)), rows_of(copy_of(file))) == (version, before)

    def test_gets_what_can_be_told_of_its_rows(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path, "0001")
        Database.open(file).close()
        after = rows_of(file)
        assert [row["part"] for row in after["sealed"]] == ["order", "order"]
        assert [(row["store"], row["offset_seconds"]) for row in after["clock_readings"]] == [(STORE, 0)]
        assert [(row["store"], row["trusted_at"]) for row in after["trusted_times"]] == [
            (STORE, "2026-11-20T09:30:00Z")
        ]


class Watching:
    """Is told of the upgrade, and may do something in the middle of the copy."""

    def __init__(self, while_copying: Callable[[], object] = lambda: None) -> None:
        self.while_copying = while_copying
        self.copies: list[Path] = []

    def copying(self, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.while_copying()

    def upgraded(self, copy: Path) -> None:
        self.copies.append(copy)


class TestTheCopy:
    def test_is_the_owner_s_alone_and_one_whole_file(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path)
        watching = Watching()
        Database.open(file, watcher=watching).close()
        assert names_in(tmp_path) == [f"orders-before-{HEAD}.db", "orders.db"]
        assert watching.copies == [copy_of(file)]
        assert stat.S_IMODE(copy_of(file).stat().st_mode) == 0o600
        assert copy_of(file).read_bytes()[18:20] == b"\1\1", "it needs no journal beside it"

    def test_has_what_only_the_journal_has(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("UPDATE coverage SET until = 'written last'")
            assert b"written last" not in file.read_bytes()
            Database.open(file).close()
        assert {row["until"] for row in rows_of(copy_of(file))["coverage"]} == {"written last"}

    def test_is_made_of_no_book_that_is_new_or_up_to_date(self, tmp_path: Path) -> None:
        for _ in range(2):
            watching = Watching()
            Database.open(tmp_path / "orders.db", watcher=watching).close()
            assert watching.copies == []
        assert names_in(tmp_path) == ["orders.db"]

    def test_lies_beside_the_book_itself_where_a_link_leads_to_it(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        file = old_book(shelf, tmp_path / "elsewhere")
        (tmp_path / "orders.db").symlink_to(file)
        Database.open(tmp_path / "orders.db").close()
        assert copy_of(file).is_file()
        assert names_in(tmp_path) == ["elsewhere", "orders.db"]

    def test_stays_with_the_one_before_and_no_more(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path)
        others = ("orders-before-0003.db", "orders-before-0005.db", "orders-before-christmas.db", "my-before-0003.db")
        for age, name in enumerate(others):
            (tmp_path / name).write_bytes(b"")
            os.utime(tmp_path / name, (age, age))
        Database.open(file).close()
        assert names_in(tmp_path) == sorted({*others, "orders.db", copy_of(file).name} - {"orders-before-0003.db"})

    def test_is_not_begun_without_room_for_it_and_nothing_changes(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        with tiny_disk(tmp_path, 8_000) as disk:
            file = old_book(shelf, disk)
            before = rows_of(file)
            filler = fill(disk, leaving=1_000_000)
            with pytest.raises(Problem) as error:
                Database.open(file)
            assert (error.value.name.value, error.value.exit_code) == ("upgrade-needs-space", Exit.DISK)
            assert "5 MB" in error.value.next_step
            assert (version_of(file), rows_of(file)) == ("0001", before)
            assert names_in(disk) == ["filler", "orders.db"]
            filler.unlink()
            Database.open(file).close()
            assert version_of(file) == HEAD

    def test_that_finds_no_room_after_all_is_given_up_and_nothing_changes(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        """Somebody else fills the disk meanwhile."""
        with tiny_disk(tmp_path, 40_000) as disk:
            file = old_book(shelf, disk)
            with contextlib.closing(sqlite3.connect(file)) as book:
                book.execute("CREATE TABLE large AS SELECT zeroblob(12000000) AS rows")
            watching = Watching(lambda: (disk / "filler").exists() or fill(disk, leaving=0))
            with pytest.raises(Problem) as error:
                Database.open(file, watcher=watching)
            assert error.value.name.value == "upgrade-needs-space"
            assert (version_of(file), names_in(disk)) == ("0001", ["filler", "orders.db"])

    def test_is_left_by_an_upgrade_that_fails_and_the_book_is_as_it_was(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        """Another program has made a table of a later version in it."""
        file = old_book(shelf, tmp_path)
        with contextlib.closing(sqlite3.connect(file)) as book:
            book.execute("CREATE TABLE trusted_times (store)")
        before = rows_of(file)
        with pytest.raises(Problem) as error:
            Database.open(file)
        assert (error.value.name.value, error.value.facts["detail"]) == (
            "database-error", "table trusted_times already exists",
        )  # fmt: skip
        assert (version_of(file), rows_of(file)) == ("0001", before)
        assert rows_of(copy_of(file)) == before

    def test_is_waited_for_by_another_process_that_opens_the_book(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        file = old_book(shelf, tmp_path)
        is_copying, may_go_on = threading.Event(), threading.Event()

        def pause() -> None:
            is_copying.set()
            assert may_go_on.wait(60)

        first, second = Watching(pause), Watching()

        def open_it(watching: Watching) -> None:
            Database.open(file, watcher=watching).close()

        one = threading.Thread(target=open_it, args=(first,))
        one.start()
        assert is_copying.wait(60)
        other = threading.Thread(target=open_it, args=(second,))
        other.start()
        other.join(0.3)
        assert other.is_alive()
        may_go_on.set()
        one.join(60)
        other.join(60)
        assert (len(first.copies), second.copies) == (1, [])
        assert version_of(file) == HEAD


class TestAPurge:
    """What is destroyed in the book is destroyed in the copies, and copies do not stay."""

    def test_destroys_in_the_copy_what_it_destroyed_in_the_book(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        file = old_book(shelf, tmp_path)
        Database.open(file).close()
        copy = copy_of(file)
        os.utime(copy, (1_000_000, 1_000_000))
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as book:
            book.execute("DELETE FROM sealed")
        purge_copies(file, STORE, None)
        assert [row["store"] for row in rows_of(copy)["sealed"]] == ["old-shop"]
        purge_copies(file, "old-shop", None)
        assert rows_of(copy)["sealed"] == []
        assert bytes(range(256)) not in copy.read_bytes()
        assert copy.stat().st_mtime == 1_000_000, "its age counts from the upgrade"
        assert len(rows_of(copy)["orders"]) == 2

    def test_leaves_what_the_book_has(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path)
        Database.open(file).close()
        purge_copies(file, STORE, None)
        assert len(rows_of(copy_of(file))["sealed"]) == 2

    def test_removes_a_copy_whose_days_are_over(self, shelf: Mapping[str, Path], tmp_path: Path) -> None:
        file = old_book(shelf, tmp_path)
        Database.open(file).close()
        made = datetime.fromtimestamp(copy_of(file).stat().st_mtime, UTC)
        purge_copies(file, STORE, made + KEPT_FOR)
        assert copy_of(file).exists()
        purge_copies(file, STORE, made + KEPT_FOR + timedelta(seconds=1))
        assert names_in(tmp_path) == ["orders.db"]

    def test_passes_over_a_copy_that_another_run_removes_at_the_same_time(
        self, shelf: Mapping[str, Path], tmp_path: Path
    ) -> None:
        """Runs on several stores purge the copies of one book; here one leads to nothing by the time of the look."""
        file = old_book(shelf, tmp_path)
        (tmp_path / "orders-before-0003.db").symlink_to(tmp_path / "gone.db")
        Database.open(file).close()
        purge_copies(file, STORE, datetime.now(UTC))
        assert version_of(file) == HEAD

    def test_removes_a_copy_that_is_no_order_book(self, tmp_path: Path) -> None:
        with book_in(tmp_path) as book:
            save(book, change_of(order_of()))
            (tmp_path / "data" / "orders-before-0009.db").write_bytes(b"this is no database, but a text " * 100)
            (tmp_path / "data" / "orders-before-0010.db").write_bytes(b"")
            purge_copies(book.location.in_file(), STORE, None)
            assert [name for name in names_in(tmp_path / "data") if "before" in name] == []


OPEN: Final = """
from amzlink.orderbook import migrations, upgrade_copies
from amzlink.orderbook.database import Database

def work(step, file):
    class Watching:
        copying = upgraded = step
    Database.open(Path(file), watcher=Watching()).close()
"""


class TestKilled:
    @pytest.fixture
    def killed(self) -> Iterator[Killed]:
        """Opens a book in a process that is killed at a step."""
        with killed_at(OPEN) as killed:
            yield killed

    def check(self, shelf: Mapping[str, Path], folder: Path, killed: Killed, count: int) -> None:
        file = old_book(shelf, folder)
        before = rows_of(file)
        never = 10_000
        left, code = killed(never, str(file))
        assert code == 0
        steps = never - left
        assert steps > 50
        after = rows_of(file)
        chance = random.Random(15)
        unfinished = 0
        # The copy is among the first, and there most can be left over.
        for step in {*range(6, 11), steps, *chance.sample(range(11, steps), count)}:
            for path in folder.iterdir():
                path.unlink()
            old_book(shelf, folder)
            assert killed(step, str(file)) == [-signal.SIGKILL]
            unfinished += any(name.startswith(".orders-before") for name in names_in(folder))
            found = (version_of(file), rows_of(file))
            assert found in (("0001", before), (HEAD, after)), f"killed at step {step}"
            Database.open(file).close()
            assert (version_of(file), rows_of(file)) == (HEAD, after), f"killed at step {step}"
            assert names_in(folder) == [copy_of(file).name, "orders.db"], f"killed at step {step}"
            assert rows_of(copy_of(file)) == before
        assert unfinished

    def test_anywhere_leaves_the_old_or_the_new_and_the_next_start_finishes_it(
        self, shelf: Mapping[str, Path], tmp_path: Path, killed: Killed
    ) -> None:
        self.check(shelf, tmp_path, killed, 2)

    @pytest.mark.soak
    def test_at_many_more_points(self, shelf: Mapping[str, Path], tmp_path: Path, killed: Killed) -> None:
        self.check(shelf, tmp_path, killed, 60)
