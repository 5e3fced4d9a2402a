"""`database migrate` as people and programs use it."""

import contextlib
import io
from pathlib import Path

import pytest

from amzlink.cli.main import run
from tests.support import postgres
from tests.support.world import Ran, StoreOnSandbox, store_on_sandbox

pytestmark = [pytest.mark.needs_postgres, pytest.mark.on_sqlite]


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    found = store_on_sandbox(tmp_path, orders=10, listings=10)
    assert ask(found, "import-orders").code == 0
    return found


def ask(world: StoreOnSandbox, *words: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words, world.deps)
    return Ran(code, out.getvalue(), err.getvalue())


def test_a_person_reads_what_was_moved_where_it_is_and_what_stays(world: StoreOnSandbox) -> None:
    to, file = postgres.bare_database(), world.deps.home.database_file
    before = ask(world, "orders", "list", "--json").document
    tried = ask(world, "database", "migrate", "--to", to, "--dry-run")
    assert (tried.code, tried.err) == (0, "")
    assert "would be copied to" in tried.out
    assert "Nothing was changed." in tried.out
    done = ask(world, "database", "migrate", "--to", to)
    assert (done.code, done.err) == (0, "")
    assert "of 1 store were copied to" in done.out
    assert f'    [database]\n    url = "{to}"\n' in done.out
    assert (
        f"The old order book stays in {file}. Its personal data is encrypted, and nobody can read it after 30 days."
        in done.out
    )
    assert ask(world, "orders", "list", "--json").document == before
    assert ask(world, "import-orders").code == 0
    again = ask(world, "database", "migrate", "--to", to)
    assert again.code == 64
    assert "The order book is in this database already." in again.err


def test_a_program_gets_the_rows_of_each_table(world: StoreOnSandbox) -> None:
    to = postgres.bare_database().replace("postgres@", "postgres:secret@")
    done = ask(world, "database", "migrate", "--to", to, "--no-switch", "--json")
    assert done.code == 0, done.err
    document = done.document
    rows = {table["table"]: table["rows"] for table in document["tables"]}
    assert rows["orders"] > 5
    assert document["rows"] == sum(rows.values())
    flags = ("changed_texts", "was_there", "switched", "dry_run")
    assert [document[name] for name in flags] == [0, False, False, False]
    assert "secret" not in done.out + done.err


def test_without_an_address_it_is_asked_for_by_name(world: StoreOnSandbox) -> None:
    done = ask(world, "database", "migrate")
    assert done.code == 64
    assert "--to" in done.err


def test_an_address_that_cannot_be_read_is_not_quoted(world: StoreOnSandbox) -> None:
    done = ask(world, "database", "migrate", "--to", "postgresql://me:secret@x@host/db", "-vv")
    assert done.code == 64
    assert "secret" not in done.out + done.err
