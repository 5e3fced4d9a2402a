"""Tests run commands from a warm process, for speed; these hold that a fresh start of Python gives the same."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import Ran, Shell, shell

SETTINGS = {"destination": "sendcloud", "update_status_when": "announced", "import_weights": True}
LOOKING = (
    ("status", "--json"),
    ("stores", "list", "--json"),
    ("orders", "list", "--json"),
    ("orders", "export", "--with-pii"),
    ("verify", "--json"),
    ("check-weights", "--json"),
    ("import-orders", "--dry-run", "--json"),
    ("push-status", "--dry-run", "--json"),
    ("purge-pii", "--dry-run", "--json"),
    ("disconnect", "--store", "nobody", "--yes", "--json"),
    ("connect", "--json"),
)

# Moments that go with the run ("since" is thirty days before it), durations, and the calls that a look-up in the book
# can spare.
PASSING = ("seconds", "_ms", "window", "api_calls")
MOMENTS = {"at", "since"}


def start_afresh(at: Shell, *words: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "amzlink", *words],
        env=at.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("fresh"), SETTINGS, orders=40) as found:
        yield found


def test_a_store_is_brought_up_to_date_and_let_go_by_programs_that_start_afresh(tmp_path: Path) -> None:
    with shell(tmp_path, SETTINGS, with_book=False, orders=40) as at:
        assert start_afresh(at, "import-orders", "--quiet").code in (0, 1)
        at.control("/clock", {"advance": 60})
        at.control("/sendcloud/parcels", {"action": "announce", "orders": "all"})
        pushed = start_afresh(at, "push-status", "--json")
        assert pushed.document["stores"][0]["confirmed"] > 5
        at.control("/clock", {"advance": 120 * 86_400})
        assert start_afresh(at, "purge-pii", "--json").document["stores"][0]["kept"] == 0
        assert start_afresh(at, "disconnect", "--yes", "--json").code == 0


def test_every_command_says_the_same_from_a_warm_process(at: Shell) -> None:
    assert at.run("import-orders", "--quiet").code in (0, 1)
    assert at.run("verify").code == 0
    differing = [words for words in LOOKING if lasting(start_afresh(at, *words)) != lasting(at.run(*words))]
    assert differing == []


def lasting(ran: Ran) -> tuple[int, Any, str]:
    """What a run says, but for what another run a second later says differently."""
    return ran.code, json.loads(ran.out, object_hook=without_times) if ran.out.startswith("{") else ran.out, ran.err


def without_times(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not (name.endswith(PASSING) or name in MOMENTS)}
