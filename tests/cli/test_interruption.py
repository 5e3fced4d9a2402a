"""Ctrl-C: what a command says then is true for this command."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from amzlink.cli.main import app, run
from amzlink.config.file import read_config, write_config
from amzlink.config.settings import Config
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.files.locks import lock
from amzlink.problems import Problem, ProblemName, usage
from amzlink.sandbox.server import Sandbox
from tests.cli.dialogue.by_key import secrets_file
from tests.cli.dialogue.test_terminal import Terminal, unwrapped
from tests.jobs.stores.test_prove_amazon import unconnected
from tests.support.rows import each_row
from tests.support.world import SLUG, Shell, shell, store_on_sandbox

COMMANDS = [
    *(str(command.name) for command in app.registered_commands if not command.hidden),
    *(
        f"{group.name} {command.name}"
        for group in app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
    ),
]
READING = {
    "verify", "status", "explain", "orders list", "orders show", "orders export", "stores list", "stores show",
    "schedule show",
}  # fmt: skip


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, orders=20) as running:
        yield running


@pytest.fixture
def at_terminal(connected: Shell) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def start(*words: str) -> Terminal:
        terminals.append(Terminal(list(words), connected.environ))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


@each_row("command", COMMANDS)
def test_every_command_says_what_is_safe_and_what_to_do(command: str) -> None:
    found = usage.interruption(command, dry_run=False)
    assert ("were not changed" in found.safe) == (command in READING)
    problem = Problem(ProblemName.INTERRUPTED, **found.facts)
    assert found.safe in problem.cause
    assert problem.next_step == found.again


def test_a_dry_run_has_changed_nothing() -> None:
    assert "were not changed" in usage.interruption("purge-pii", dry_run=True).safe


def test_at_the_question_of_disconnect_nothing_was_changed(
    connected: Shell, at_terminal: Callable[..., Terminal]
) -> None:
    screen = at_terminal("disconnect")
    screen.expect("Disconnect demo-shop? (y/N): ")
    screen.interrupt()
    assert screen.end() == 130
    assert "Nothing was changed. Run the same command again." in unwrapped(screen.text)
    assert connected.run("stores", "show", "--json").document["store"] == SLUG


class _Interrupted(Deps):
    """Ctrl-C comes when the settings are written, or right before."""

    __slots__ = ()

    def save_config(self, settings: Config) -> None:
        if self.environ["WRITTEN"]:
            super().save_config(settings)
        raise KeyboardInterrupt


def interrupted(deps: Deps, words: list[str], *, written: bool) -> int:
    environ = {**deps.environ, "WRITTEN": "yes" if written else ""}
    return run(words, _Interrupted(environ, deps.home, deps.secrets, deps.clock, transport=deps.transport))


@pytest.mark.parametrize(
    ("written", "told"), [(False, "A part of the store may be removed"), (True, "The store was removed before")]
)
def test_at_the_end_of_disconnect_it_says_whether_the_store_is_there_still(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, written: bool, told: str
) -> None:
    deps = store_on_sandbox(tmp_path, orders=0).deps
    assert interrupted(deps, ["disconnect", "--yes"], written=written) == 130
    assert told in capsys.readouterr().err
    assert (SLUG in deps.load_config().stores) is not written


@pytest.mark.parametrize(
    ("written", "told"), [(False, "Nothing was stored."), (True, "The store was stored before that.")]
)
def test_at_the_end_of_connect_it_says_whether_the_store_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, written: bool, told: str
) -> None:
    world = unconnected(tmp_path)
    given = world.sandbox.world.account.credentials()
    words = ["connect", "--name", "Shop", "--country", "DE", "--seller-id", given["seller_id"], "--no-verify"]
    words += ["--client-id", given["client_id"], "--secrets-from", secrets_file(tmp_path, world)]
    assert interrupted(world.deps, words, written=written) == 130
    assert told in capsys.readouterr().err
    assert ("shop" in world.deps.load_config().stores) is written
    assert (world.deps.secrets.get("shop", "refresh-token") is not None) is written


def test_at_the_question_of_purge_pii_nothing_was_changed(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("purge-pii", "--order", "302-1234567-1234567")
    screen.expect("(y/N): ")
    screen.interrupt()
    assert screen.end() == 130
    assert "Nothing was changed." in unwrapped(screen.text)


def test_in_the_demo_ends_the_whole_demo_and_leaves_nothing(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("demo")
    screen.expect("2. Import its orders")
    screen.interrupt()
    assert screen.end() == 130
    said = unwrapped(screen.text)
    assert said.count("The command was interrupted.") == 1
    assert "The demo keeps nothing, and your own stores were not used." in said
    assert "11. Seven weeks later" not in said


def test_of_the_sandbox_ends_it_after_it_said_where_it_listens_and_how_to_stop_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_and_be_interrupted(sandbox: Sandbox) -> None:
        assert httpx.get(f"{sandbox.describe()['control_url']}/state").status_code == 200
        raise KeyboardInterrupt

    monkeypatch.setattr(Sandbox, "serve_forever", answer_and_be_interrupted)
    assert run(["sandbox", "--orders", "5", "-v"]) == 130
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["spapi_url"].startswith("http://127.0.0.1:")
    assert err.startswith("The sandbox is running. Ctrl-C stops it.\n")
    assert "The sandbox keeps nothing." in err
    with pytest.raises(httpx.ConnectError):
        httpx.get(told["control_url"])


def with_three_stores(at: Shell) -> list[str]:
    """Two more stores like the first one; all slugs."""
    home = find_home(at.environ)
    settings = read_config(home.config_file)
    slugs = [SLUG, "shop-2", "shop-3"]
    for slug in slugs[1:]:
        settings = settings.with_store(slug, settings.stores[SLUG])
        for name, value in list(at.environ.items()):
            if "_DEMO_SHOP_" in name:
                its = name.replace("DEMO_SHOP", slug.upper().replace("-", "_"))
                at.environ[its] = f"{value}-{slug}" if name.endswith("_FILE") else value
    write_config(settings, home.config_file)
    return slugs


def are_locked(at: Shell, slugs: list[str]) -> int:
    """How many of the stores are being imported."""
    locked = 0
    for slug in slugs:
        held = Problem(ProblemName.RUN_IN_PROGRESS, job="import-orders", store=slug)
        try:
            with lock(find_home(at.environ).locks / f"{slug}.import-orders.lock", held):
                pass
        except Problem:
            locked += 1
    return locked


def all_ended(session: int) -> bool:
    """Whether a session has no process any more, but for those that nobody has asked for their end."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            state, _parent, _group, its = (folder / "stat").read_text().rpartition(") ")[2].split()[:4]
            if int(its) == session and state != "Z":
                return False
    return True


def until(reached: Callable[[], bool]) -> None:
    while not reached():
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_of_stores_at_once_ends_every_process_and_leaves_no_lock(connected: Shell) -> None:
    """Ctrl-C once and twice, at a terminal that closes, and whatever else ends a program."""
    slugs = with_three_stores(connected)
    connected.control("/faults", {"on": ["timeout"]})
    begun = find_home(connected.environ).state / "begun"
    ends: list[tuple[str, Callable[[int, int], None], list[signal.Signals], set[int]]] = [
        ("Ctrl-C", os.killpg, [signal.SIGINT], {130}),
        # The second one can come when all is said, and Python takes no more signals.
        ("Ctrl-C twice", os.killpg, [signal.SIGINT, signal.SIGINT], {130, -signal.SIGINT}),
        ("a terminal that closes", os.killpg, [signal.SIGHUP], {-signal.SIGHUP}),
        ("kill", os.kill, [signal.SIGTERM], {-signal.SIGTERM}),
        ("kill -9", os.kill, [signal.SIGKILL], {-signal.SIGKILL}),
    ]
    for what, send, signals, codes in ends:
        shutil.rmtree(begun, ignore_errors=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "amzlink", "import-orders", "--all-stores", "--jobs", "2"],
            env=connected.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        until(lambda: len(list(begun.glob("*"))) == 2)
        for number in signals:
            send(process.pid, number)
        out, err = process.communicate(timeout=300)
        assert (process.returncode in codes, out) == (True, ""), what
        assert ("Everything imported so far is stored." in err) == (signals[0] is signal.SIGINT), what
        assert "Traceback" not in err, what
        until(partial(all_ended, process.pid))
        assert are_locked(connected, slugs) == 0, what
    connected.control("/faults", {"off": ["timeout"]})
    done = connected.run("import-orders", "--all-stores", "--json")
    assert done.code == 0, done.err
