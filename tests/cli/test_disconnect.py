"""disconnect as a program."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from amzlink.files.writing import write_private
from tests.support.world import SLUG, Shell, shell

SECRETS = [f"AMZLINK_SECRET_DEMO_SHOP_{name}" for name in ("CLIENT_SECRET", "REFRESH_TOKEN", "SENDCLOUD_SECRET_KEY")]


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, orders=60) as running:
        yield running


def test_without_a_terminal_it_needs_yes(connected: Shell) -> None:
    done = connected.run("disconnect")
    assert done.code == 64
    assert "--yes is missing" in done.err
    assert connected.run("stores", "list", "--json").document["stores"]


def test_a_store_that_is_named_without_the_option_is_told_the_option(connected: Shell) -> None:
    done = connected.run("disconnect", SLUG, "--yes")
    assert done.code == 64
    assert f"--store {SLUG}" in done.err
    assert "--store" not in connected.run("disconnect", "nobody", "--yes").err


def test_removes_the_store_and_says_which_secrets_the_machine_still_gives(connected: Shell) -> None:
    assert connected.run("import-orders", "--since", "30d").code == 0
    done = connected.run("disconnect", "--yes", "--json")
    assert done.code == 0
    document = done.document
    assert document.pop("purged") > 0
    assert document == {
        "schema": 1, "store": SLUG, "kept_orders": False, "archived": 0, "archive": None, "copies_left": 0,
        "secrets_left": SECRETS, "files_left": [],
    }  # fmt: skip
    for name in SECRETS:
        assert name in done.err
    assert connected.run("stores", "list", "--json").document["stores"] == []
    assert not Path(connected.environ["AMZLINK_SECRET_DEMO_SHOP_VAULT_KEY_FILE"]).exists()


def test_keeps_the_orders_when_asked_to(connected: Shell) -> None:
    assert connected.run("import-orders", "--since", "30d").code == 0
    assert "was deleted" in connected.run("disconnect", "--yes", "--keep-orders").out
    with closing(sqlite3.connect(connected.home / "data" / "orders.db")) as book:
        ((orders,), (sealed,)) = (book.execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("orders", "sealed"))
    assert orders > 0
    assert sealed == 0


def test_names_the_files_with_secrets_that_are_left(connected: Shell) -> None:
    file = connected.home.parent / "token"
    write_private(file, connected.environ.pop(SECRETS[1]).encode())
    connected.environ[f"{SECRETS[1]}_FILE"] = str(file)
    done = connected.run("disconnect", "--yes")
    assert f"This file still has a secret of the store. Delete it: {file}" in " ".join(done.err.split())


def test_of_an_unknown_store_is_refused(connected: Shell) -> None:
    done = connected.run("disconnect", "--yes", "--store", "nobody", "--json")
    assert (done.code, done.document["error"]["problem"]) == (78, "no-store")
