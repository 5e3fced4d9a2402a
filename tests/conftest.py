"""What every test stands on: no real home, no real keyring, no network but this machine's own."""

import gc
import itertools
import os
import shutil
import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: what a property test finds must not depend on the time it takes.
settings.register_profile("amzlink", deadline=None)
settings.load_profile("amzlink")

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


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more worker than processors: a quarter of the suite's time goes by in waiting for clocks and disks."""
    return (yield) + 1


def pytest_collection_finish() -> None:
    # Thousands of tests stay till the end: not to look through them for garbage again and again saves an eighth.
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A missing program skips a test here, and fails it in CI."""
    for mark in item.iter_markers("needs"):
        missing = [program for program in mark.args if shutil.which(program) is None]
        if missing and _IN_CI:
            pytest.fail(f"CI has to have {', '.join(missing)}", pytrace=False)
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long form of a seeded test runs only when it is asked for, with `make soak`."""
    # Whole histories take longest of all: they begin, so that no worker is left with one at the end.
    items.sort(key=lambda item: item.name != "runTest")
    if config.getoption("-m") or os.environ.get("AMZLINK_SOAK"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("soak")])
    items[:] = [item for item in items if not item.get_closest_marker("soak")]
