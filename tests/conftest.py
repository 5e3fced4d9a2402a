"""What every test stands on: no real home, no real keyring, no network but this machine's own."""

import contextlib
import gc
import importlib
import itertools
import os
import shutil
import signal
import socket
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.support import books, postgres, statements

# A busy machine is no fault of the code: what a property test finds must not depend on the time it takes.
settings.register_profile("amzlink", deadline=None)
settings.load_profile("amzlink")

statements.share()

# Times are shown in the machine's zone; the tests', and those of the programs that they start, is one.
os.environ["TZ"] = "UTC"
time.tzset()

# What runs in the background, as by `nohup`, ignores these, and so would the programs that the tests interrupt.
for _number, _default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _default)

_IN_CI = bool(os.environ.get("CI"))
_real_connect = socket.socket.connect


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # Not one `mktemp` for each test: that one looks at all the folders there are, which thousands of tests feel.
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def empty_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test, and an environment that holds nothing of the machine's amzlink."""
    home = next(_homes)
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("AMZLINK_", "XDG_")) or name in ("CREDENTIALS_DIRECTORY", "DBUS_SESSION_BUS_ADDRESS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would reach out of this machine fails."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for {address}")
        return _real_connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[books.Engine]:
    """Where the order books of this test are; what is marked `on_both_engines` runs once on each."""
    chosen: books.Engine = getattr(request, "param", books.EVERYWHERE)
    with books.on("sqlite" if request.node.get_closest_marker("on_sqlite") else chosen):
        yield chosen


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of the order book, and one that asks for it, is two: one on each engine."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "on_both_engines" in marks and "on_sqlite" not in marks:
        server = pytest.param("postgresql", marks=pytest.mark.needs_postgres)
        metafunc.parametrize(
            "engine", [server] if books.EVERYWHERE == "postgresql" else ["sqlite", server], indirect=True
        )


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Two more workers than processors: a third of the suite's time goes by in waiting for clocks and disks."""
    return (yield) + 2


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Of a whole run each worker first loads a share of its own of the test files.

    pytest rewrites what they assert, in a fresh clone for the first time, which takes eight seconds. Where all workers
    begin with the same file, each of them does it all.
    """
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if number and session.config.args == session.config.getini("testpaths"):
        root, workers = session.config.rootpath, int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        files = sorted(file for path in session.config.args for file in (root / path).rglob("test_*.py"))
        for file in files[int(number) :: workers]:
            # What is wrong with a file is told when it is collected.
            with contextlib.suppress(Exception, pytest.skip.Exception):
                importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))


def pytest_sessionfinish() -> None:
    """The last worker stops the server, if there was one."""
    postgres.leave()


def pytest_collection_finish() -> None:
    # Thousands of tests stay till the end: not to look through them for garbage again and again saves an eighth.
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A missing program skips a test, which is a failure in CI."""
    if item.get_closest_marker("needs_postgres") and postgres.program("initdb") is None:
        pytest.skip("needs initdb (of postgresql)")
    for mark in item.iter_markers("needs"):
        missing = [program for program in mark.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped has failed, whatever its reason."""
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So has a file that is skipped as a whole."""
    return _without_skip((yield))


_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def _without_skip(report: _Report) -> _Report:
    if _IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"CI must not skip a test. {reason}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Left out is what lacks its files, and what takes long unless `make soak` or `make test-faults` asks for it."""
    # What takes a minute begins, so that no worker is left with it at the end; `worksteal` leaves it in one piece.
    items.sort(key=lambda item: item.name != "runTest" and item.get_closest_marker("long") is None)
    with_all = bool(config.getoption("-m") or os.environ.get("AMZLINK_SOAK"))
    left_out = {item for item in items if not _has_its_files(item) or (_takes_long(item) and not with_all)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _takes_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("soak", "faults"))


def _has_its_files(item: pytest.Item) -> bool:
    return all(Path(path).exists() for mark in item.iter_markers("only_with") for path in mark.args)
