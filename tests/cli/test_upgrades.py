"""What every command says of an order book of another version."""

import contextlib
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
import tomli_w

from amzlink.cli.main import app, run
from amzlink.orderbook.connection import HEAD
from tests.orderbook.every_table import EARLIER, bring_to
from tests.support.rows import each_row
from tests.support.world import SLUG, Ran, StoreOnSandbox, store_on_sandbox

ORDER_ID: Final = "302-1234567-1234567"
USES_THE_BOOK: Final = (
    ("check-weights",), ("disconnect", "--yes"), ("import-orders",), ("import-orders", "--dry-run"),
    ("orders", "export"), ("orders", "hold", ORDER_ID), ("orders", "list"), ("orders", "release", ORDER_ID),
    ("orders", "show", ORDER_ID), ("purge-pii",), ("push-status",), ("status",),
)  # fmt: skip
WITHOUT_THE_BOOK: Final = frozenset(
    {"connect", "database", "demo", "explain", "sandbox", "schedule", "stores", "verify"}
)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> StoreOnSandbox:
    """A store whose order book a later version has upgraded."""
    world = store_on_sandbox(tmp_path_factory.mktemp("newer"), orders=10, listings=10)
    with closing(sqlite3.connect(world.deps.home.database_file)) as book:
        book.execute("UPDATE alembic_version SET version_num = '0099'")
        book.commit()
    return world


def ask(world: StoreOnSandbox, *words: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words, world.deps)
    return Ran(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def nothing_changes(file: Path) -> Iterator[None]:
    before = file.read_bytes()
    yield
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


class TestABookOfANewerVersion:
    def test_every_command_is_asked_here(self) -> None:
        names = {str(command.name) for command in app.registered_commands}
        names |= {str(group.name) for group in app.registered_groups}
        assert {words[0] for words in USES_THE_BOOK} | WITHOUT_THE_BOOK == names

    @each_row("words", USES_THE_BOOK)
    def test_is_named_and_left_alone_by_every_command(self, newer: StoreOnSandbox, words: tuple[str, ...]) -> None:
        with nothing_changes(newer.deps.home.database_file):
            done = ask(newer, *words, "--json")
        assert done.code in (1, 78), done.err
        assert '"database-newer"' in done.out
        assert "schema 0099" in done.out
        assert "Update amzlink on this machine" in done.out

    def test_is_what_verify_finds_and_the_bundle_tells(self, newer: StoreOnSandbox, tmp_path: Path) -> None:
        with nothing_changes(newer.deps.home.database_file):
            done = ask(newer, "verify", "--json", "--bundle", str(tmp_path / "support.zip"))
        assert done.code == 1
        checks = {check["id"]: check for check in done.document["checks"]}
        assert checks["order-book"]["problem"] == "database-newer"
        assert "Update amzlink on this machine" in checks["order-book"]["next_step"]
        with zipfile.ZipFile(tmp_path / "support.zip") as bundle:
            texts = [bundle.read(name).decode() for name in bundle.namelist()]
        assert any("database-newer" in text for text in texts)


class TestABookOfAnEarlierVersion:
    @pytest.fixture
    def older(self, tmp_path: Path) -> StoreOnSandbox:
        world = store_on_sandbox(tmp_path, orders=10, listings=10)
        world.deps.home.database_file.unlink()
        bring_to(world.deps.home.database_file, EARLIER[-1])
        return world

    def test_is_upgraded_which_is_said_once_to_who_looks_on(self, older: StoreOnSandbox) -> None:
        copy = older.deps.home.database_file.with_name(f"orders-before-{HEAD}.db")
        done = ask(older, "orders", "list", "--verbose")
        assert done.code == 0
        assert f"The order book was upgraded. A copy of how it was before is in {copy} for 14 days." in done.err
        assert copy.is_file()
        assert "upgraded" not in ask(older, "orders", "list", "--verbose").err

    def test_is_upgraded_silently_under_cron(self, older: StoreOnSandbox) -> None:
        assert ask(older, "import-orders") == Ran(0, "", "")

    def test_leaves_an_import_that_runs_by_itself_with_one_document(self, older: StoreOnSandbox) -> None:
        done = ask(older, "import-orders", "--json")
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["schema"] == 1


def test_what_is_deleted_on_request_or_with_its_store_is_deleted_in_the_copies_too(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=10, listings=10)
    ask(world, "import-orders")
    file = world.deps.home.database_file
    copy = file.with_name("orders-before-0001.db")
    shutil.copy(file, copy)

    def sealed() -> set[str]:
        with closing(sqlite3.connect(copy)) as book:
            return {order_id for (order_id,) in book.execute("SELECT order_id FROM sealed")}

    before = sealed()
    gone = min(before)
    assert ask(world, "purge-pii", "--order", gone, "--yes").code == 0
    assert sealed() == before - {gone} != set()
    assert ask(world, "disconnect", "--yes").code == 0
    assert sealed() == set()


def test_settings_of_a_newer_version_survive_a_change(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=10, listings=10)
    file = world.deps.home.config_file
    newer = {"url": f"sqlite:///{world.deps.home.database_file}", "pool": 7}
    file.write_text(file.read_text() + "\n" + tomli_w.dumps({"database": newer, "fleet": {"of": [1, 2]}}))
    assert ask(world, "stores", "set", "hold_missing_weight=true").code == 0
    after = world.deps.load_config()
    assert after.stores[SLUG].hold_missing_weight
    assert (after.raw["database"], after.raw["fleet"]) == (newer, {"of": [1, 2]})
