"""Layers import only what they may, and nothing heavy is loaded where nobody needs it."""

import graphlib
import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"httpx", "truststore", "sqlalchemy", "keyring", "cryptography", "msgspec", "rich", "pydantic", "pyrage"}
_WHAT_WAS_LOADED = """
import sys
from amzlink.__main__ import main
sys.argv = ["amzlink", *sys.argv[1:]]
try:
    code = main()
finally:
    print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
"""

_WHAT_AN_IMPORT_LOADS = """
import gc, sys
from amzlink.cli.shell.garbage_collection import loading
loading()
looks = []
gc.callbacks.append(lambda phase, _: looks.append(phase))
import amzlink.cli.main, amzlink.cli.views.orders.imports
print(len(looks), *sys.modules)
"""


def loaded_by(home: Path, *words: str) -> tuple[str, set[str]]:
    """What a fresh process prints, and the top-level modules that it has then loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _WHAT_WAS_LOADED, *words],
        capture_output=True,
        text=True,
        env={"AMZLINK_HOME": str(home)},
        timeout=300,
        check=True,
    )
    shown, _, modules = done.stdout.rpartition("LOADED ")
    return shown, set(modules.split())


def test_the_contracts_between_the_layers_are_kept() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Imports go to lower layers only KEPT" in done.stdout


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports within functions and for type checkers count too."""
    graph = grimp.build_graph("amzlink", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize(
    "words",
    [("--version",), ("--help",), ("import-orders", "--help"), ("connect", "--help"), ("orders", "--help")],
    ids=" ".join,
)
def test_version_and_help_load_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    shown, modules = loaded_by(tmp_path / "home", *words)
    assert "amzlink" in shown
    assert HEAVY & modules == set()


def test_the_version_loads_no_command_line_either(tmp_path: Path) -> None:
    _, modules = loaded_by(tmp_path / "home", "--version")
    assert "typer" not in modules


def test_version_and_help_leave_no_home_behind(tmp_path: Path) -> None:
    loaded_by(tmp_path / "home", "--version")
    loaded_by(tmp_path / "home", "--help")
    assert not (tmp_path / "home").exists()


def test_an_import_that_finds_nothing_loads_nothing_that_only_others_need() -> None:
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", _WHAT_AN_IMPORT_LOADS],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env=unmeasured,  # coverage loads things itself
    )
    looks_for_garbage, *modules = done.stdout.split()
    assert "amzlink.jobs.import_orders" in modules
    assert looks_for_garbage == "0"
    only_others = {
        "amzlink.core.orders.address_file", "amzlink.jobs.destination.send", "amzlink.jobs.orders.report_route",
        "amzlink.jobs.runs.at_once", "amzlink.jobs.weights.look_up", "amzlink.orderbook.postgresql",
        "amzlink.orderbook.leases", "sqlalchemy.dialects.postgresql", "multiprocessing", "alembic", "phonenumbers",
        "pyrage", "truststore", "unittest", "amzlink.config.typed_setting", "amzlink.jobs.schedule",
        "amzlink.secrets.files", "amzlink.secrets.memory",
    }  # fmt: skip
    assert only_others.intersection(modules) == set()


def test_looking_at_an_order_book_that_is_there_loads_no_http_no_keyring_and_no_migrations(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(
        '[stores.my-shop]\nname = "x"\ncountry = "DE"\nseller_id = "x"\nclient_id = "x"\nmarketplace_ids = ["x"]\n'
    )
    shown, modules = loaded_by(home, "orders", "list", "--json")
    assert '"orders": []' in shown
    assert {"httpx", "keyring", "alembic", "pydantic"} & modules == {"alembic"}, "which made the book"
    _, modules = loaded_by(home, "orders", "list", "--json")
    assert {"httpx", "keyring", "alembic", "pydantic"} & modules == set()
