"""What every secret store promises, held against each of them; the Secret Service among them is a real one."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from amzlink.files.home import Home, find_home
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import NAMES, SecretName
from amzlink.secrets.store import SecretStore
from amzlink.secrets.system import SystemSecrets
from tests.test_secrets import DictKeyring

PATIENCE_SECONDS = 30  # a loaded machine may need some for its first D-Bus call


@contextlib.contextmanager
def session_bus(folder: Path, *, unlock: bool) -> Iterator[dict[str, str]]:
    """The environment of a session with gnome-keyring (password `pw`), without a display and so without a prompt."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run")}
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    start = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
    if not unlock:
        start = "gnome-keyring-daemon --start --components=secrets >/dev/null"
    script = f'{start} || exit 1; echo "$DBUS_SESSION_BUS_ADDRESS"; cat'
    with subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", script],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        address = session.stdout.readline().strip()
        assert address, "the session did not start"
        yield {**environ, "DBUS_SESSION_BUS_ADDRESS": address}
        session.stdin.close()  # ends `cat`, with it the bus, and with the bus its daemon


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short path: the daemon's sockets lie in it, and their names may not be longer than 108 bytes."""
    path = Path(tempfile.mkdtemp(prefix="amzlink-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def unlocked_bus(folder: Path) -> Iterator[dict[str, str]]:
    """A session of its own for each test: where the daemon ends by itself, the next one starts locked."""
    user = Path(tempfile.mkdtemp(dir=folder))
    with session_bus(user, unlock=True) as environ:
        yield environ


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return find_home({"AMZLINK_HOME": str(tmp_path / "home")})


class SecretStoreContract:
    """The promises; a subclass says which store, and for which of the secrets."""

    names: tuple[SecretName, ...] = NAMES

    @pytest.fixture
    def store(self) -> SecretStore:
        raise NotImplementedError

    def test_what_was_never_kept_is_none(self, store: SecretStore) -> None:
        assert [store.get("never", name) for name in self.names] == [None] * len(self.names)

    def test_what_is_kept_comes_back(self, store: SecretStore) -> None:
        for name in self.names:
            store.set("a", name, f"Atzr|{name} with “ünusual” signs")
        for name in self.names:
            secret = store.get("a", name)
            assert secret is not None
            assert secret.reveal() == f"Atzr|{name} with “ünusual” signs"

    def test_a_long_one_comes_back_whole(self, store: SecretStore) -> None:
        """Access and refresh tokens grow; Amazon sets no bound."""
        store.set("a", self.names[0], "x" * 2000)
        secret = store.get("a", self.names[0])
        assert secret is not None
        assert secret.reveal() == "x" * 2000

    def test_the_newer_value_replaces_the_older(self, store: SecretStore) -> None:
        for value in ("old", "new"):
            store.set("a", self.names[0], value)
        secret = store.get("a", self.names[0])
        assert secret is not None
        assert secret.reveal() == "new"

    def test_stores_do_not_see_each_other_s(self, store: SecretStore) -> None:
        store.set("a", self.names[0], "x")
        assert store.get("b", self.names[0]) is None

    def test_what_is_deleted_is_gone_and_the_rest_stays(self, store: SecretStore) -> None:
        for name in self.names:
            store.set("a", name, name)
        store.delete("a", self.names[0])
        assert [name for name in self.names if store.get("a", name) is None] == [self.names[0]]

    def test_deleting_what_is_not_there_is_no_failure(self, store: SecretStore) -> None:
        for name in self.names:
            store.delete("never", name)

    def test_its_secrets_hide_their_value(self, store: SecretStore) -> None:
        store.set("a", self.names[0], "sesame")
        assert "sesame" not in repr(store.get("a", self.names[0]))


class TestMemory(SecretStoreContract):
    @pytest.fixture
    def store(self) -> SecretStore:
        return MemorySecrets()


class TestAKeyringInMemory(SecretStoreContract):
    @pytest.fixture
    def store(self, home: Home) -> SecretStore:
        return SystemSecrets({}, home, keyring=DictKeyring())


class TestTheFileOfTheVaultKey(SecretStoreContract):
    names = ("vault-key",)

    @pytest.fixture
    def store(self, home: Home, tmp_path: Path) -> SecretStore:
        files = {f"AMZLINK_SECRET_{slug}_VAULT_KEY_FILE": str(tmp_path / slug) for slug in ("A", "B", "NEVER")}
        return SystemSecrets(files, home, keyring=DictKeyring())


class TestFilesInAFolder(SecretStoreContract):
    """Secrets in files, as `connect` writes them without a keyring."""

    @pytest.fixture
    def store(self, home: Home, tmp_path: Path) -> SecretStore:
        return FileSecrets(SystemSecrets({}, home, keyring=DictKeyring()), tmp_path / "keys")


# gnome-keyring's daemon sometimes ends in the middle of a call, which is not ours to mend; three times is no accident.
@pytest.mark.flaky(reruns=2, only_rerun=["keyring-locked", "keyring-unavailable"])
@pytest.mark.needs("dbus-run-session", "gnome-keyring-daemon")
class TestARealSecretService(SecretStoreContract):
    @pytest.fixture
    def store(self, home: Home, unlocked_bus: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> SecretStore:
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")  # which keeps all other tests from a real keyring
        for name, value in unlocked_bus.items():
            monkeypatch.setenv(name, value)
        return SystemSecrets({}, home, patience_seconds=PATIENCE_SECONDS)

    def test_keeps_two_homes_apart(self, store: SecretStore, tmp_path: Path) -> None:
        other = find_home({"AMZLINK_HOME": str(tmp_path / "other")})
        store.set("a", "client-secret", "x")
        assert SystemSecrets({}, other, patience_seconds=PATIENCE_SECONDS).get("a", "client-secret") is None


# What takes long to load is loaded before the time is taken.
ASK = """
import json, os, sys, time
import keyring.backends.SecretService
from amzlink.files.home import find_home
from amzlink.problems import Problem
from amzlink.secrets.system import SystemSecrets

store = SystemSecrets(os.environ, find_home(os.environ), patience_seconds=float(sys.argv[1]) or None)
began = time.monotonic()
try:
    store.get("a", "client-secret")
    problem = None
except Problem as raised:
    problem = raised
print(json.dumps({
    "problem": problem and problem.name.value,
    "detail": problem and problem.facts["detail"],
    "seconds": time.monotonic() - began,
}))
"""


def ask_in_a_process(environ: dict[str, str], tmp_path: Path, patience_seconds: float = 0) -> dict[str, object]:
    """What a fresh process gets when it asks the keyring."""
    answer = subprocess.run(
        [sys.executable, "-c", ASK, str(patience_seconds)],
        env={**environ, "AMZLINK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    result: dict[str, object] = json.loads(answer.stdout)
    return result


@pytest.mark.needs("dbus-run-session", "gnome-keyring-daemon")
def test_a_locked_keyring_is_named_and_does_not_hang(tmp_path: Path, folder: Path) -> None:
    user = folder / "locked"
    user.mkdir()
    with session_bus(user, unlock=True) as environ:
        assert ask_in_a_process(environ, tmp_path, PATIENCE_SECONDS)["problem"] is None
    with session_bus(user, unlock=False) as environ:
        answer = ask_in_a_process(environ, tmp_path, PATIENCE_SECONDS)
    assert answer["problem"] == "keyring-locked"
    assert isinstance(answer["seconds"], float)
    assert answer["seconds"] < 20, "a call over D-Bus that nobody answers takes 25"


@pytest.mark.needs("dbus-run-session", "gnome-keyring-daemon")
def test_a_session_whose_user_has_no_keyring_yet_and_no_screen_to_make_one_is_named(
    tmp_path: Path, folder: Path
) -> None:
    user = folder / "fresh"
    user.mkdir()
    with session_bus(user, unlock=False) as environ:
        assert ask_in_a_process(environ, tmp_path, PATIENCE_SECONDS)["problem"] == "keyring-unavailable"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' keyrings need no session bus")
@pytest.mark.parametrize(
    ("bus", "why"),
    [(None, "is not set (as under cron and sudo)"), ("unix:path=/nonexistent", "is gone (as after signing out)")],
    ids=["none", "dead"],
)
def test_without_a_session_bus_the_keyring_is_unavailable(tmp_path: Path, bus: str | None, why: str) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    if bus:
        environ["DBUS_SESSION_BUS_ADDRESS"] = bus
    answer = ask_in_a_process(environ, tmp_path)
    assert answer["problem"] == "keyring-unavailable"
    assert str(answer["detail"]).startswith("this session has none, because ")
    assert str(answer["detail"]).endswith(why)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' keyrings need no session bus")
@pytest.mark.needs("dbus-run-session")
def test_a_session_bus_without_a_keyring_service_is_named(tmp_path: Path) -> None:
    """A server with D-Bus and nothing on it."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AMZLINK_HOME": str(tmp_path / "home")}
    # The bus would start any service that is installed; with this configuration it knows none.
    rules = tmp_path / "bus.conf"
    rules.write_text(BUS_WITHOUT_SERVICES)
    answer = subprocess.run(
        ["dbus-run-session", f"--config-file={rules}", "--", sys.executable, "-c", ASK, str(PATIENCE_SECONDS)],
        env=environ, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    told = json.loads(answer.stdout)
    assert told["problem"] == "keyring-unavailable"
    assert told["detail"] == "this session has none: no keyring service answers on its D-Bus"


BUS_WITHOUT_SERVICES = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def _sign_on(listening: socket.socket) -> None:
    """Let clients of a D-Bus sign on, as its specification has it, and answer nothing that they ask then."""
    answers = {b"AUTH": b"OK 0123456789abcdef0123456789abcdef\r\n", b"NEGOTIATE_UNIX_FD": b"AGREE_UNIX_FD\r\n"}
    with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
        while True:
            connection = opened.enter_context(listening.accept()[0])
            with connection.makefile("rb") as lines:
                for line in lines:
                    word = line.lstrip(b"\0").split()[0]
                    if word == b"BEGIN":
                        break
                    connection.sendall(answers[word])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' keyrings need no session bus")
@pytest.mark.parametrize(
    ("signs_on", "detail"),
    [
        (False, "this session has none: no keyring service answers on its D-Bus"),
        (True, "it did not answer within 2 seconds"),
    ],
    ids=["at all", "after the sign-on"],
)
def test_a_session_bus_that_never_answers_is_named_and_does_not_hold_up_the_process(
    tmp_path: Path, folder: Path, signs_on: bool, detail: str
) -> None:
    """The first the keyring's library gives up by itself, the second it would wait for without end."""
    path = folder / f"silent-bus-{signs_on}"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        if signs_on:
            threading.Thread(target=_sign_on, args=(listening,), daemon=True).start()
        answer = ask_in_a_process(environ, tmp_path, patience_seconds=2)
        listening.shutdown(socket.SHUT_RDWR)
    assert (answer["problem"], answer["detail"]) == ("keyring-unavailable", detail)
    assert isinstance(answer["seconds"], float)
    assert answer["seconds"] < 20, "a call over D-Bus that nobody answers takes 25"
