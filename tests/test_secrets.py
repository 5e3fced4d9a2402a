"""Secrets: the order of their sources, what hides them, and what a keyring's failures are called."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import keyring.errors
import pytest

from amzlink.files.home import Home, find_home
from amzlink.problems import Exit, Problem
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.keyring import why_no_keyring
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import variable
from amzlink.secrets.store import Secret, require
from amzlink.secrets.system import SystemSecrets
from amzlink.secrets.system_keyring import KeyringAccess


class DictKeyring:
    """A keyring that works, in memory."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}

    def get(self, service: str, user: str) -> str | None:
        return self.values.get((service, user))

    def set(self, service: str, user: str, value: str) -> None:
        self.values[service, user] = value

    def delete(self, service: str, user: str) -> None:
        del self.values[service, user]


class FailingKeyring:
    """A keyring that raises the same error at every call."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def _fail(self) -> None:
        self.calls += 1
        raise self.error

    def get(self, service: str, user: str) -> str | None:
        self._fail()
        return None

    def set(self, service: str, user: str, value: str) -> None:
        self._fail()

    def delete(self, service: str, user: str) -> None:
        self._fail()


class SilentKeyring(FailingKeyring):
    """A keyring that does not answer until the test is over."""

    def __init__(self) -> None:
        super().__init__(RuntimeError("the test is over"))
        self.over = threading.Event()

    def _fail(self) -> None:
        self.calls += 1
        self.over.wait(30)


class ForgetfulKeyring(DictKeyring):
    """A keyring that takes everything and keeps nothing, like the library's null back end."""

    def set(self, service: str, user: str, value: str) -> None:
        """Lose it."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return find_home({"AMZLINK_HOME": str(tmp_path / "home")})


@pytest.fixture
def silent() -> Iterator[SilentKeyring]:
    keyring = SilentKeyring()
    yield keyring
    keyring.over.set()


def problem_of(call: Callable[[], object]) -> Problem:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value


def value_of(secret: Secret | None) -> tuple[str, str] | None:
    return None if secret is None else (secret.reveal(), secret.source)


class TestASecret:
    def test_does_not_show_itself(self) -> None:
        secret = Secret("sesame", "keyring")
        assert "sesame" not in f"{secret} {secret!r} {[secret]}"
        assert secret.reveal() == "sesame"

    def test_names_its_source(self) -> None:
        assert repr(Secret("sesame", "file")) == "Secret(from file)"

    def test_in_the_environment_is_not_shown_by_the_store_either(self, home: Home) -> None:
        store = SystemSecrets({"AMZLINK_SECRET_A_CLIENT_SECRET": "sesame"}, home)
        assert "sesame" not in repr(store)


class TestTheOrderOfTheSources:
    def test_is_variable_then_file_then_credentials_directory_then_keyring(self, home: Home, tmp_path: Path) -> None:
        keyring = DictKeyring()
        (tmp_path / "named").write_text("from the file")
        (tmp_path / "my-shop.client-secret").write_text("from systemd")
        environ = {
            "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": "from the variable",
            "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE": str(tmp_path / "named"),
            "CREDENTIALS_DIRECTORY": str(tmp_path),
        }
        store = SystemSecrets(environ, home, keyring=keyring)
        store.set("my-shop", "client-secret", "from the keyring")

        seen = []
        for gone in (*environ, "the keyring's"):
            seen.append(value_of(store.get("my-shop", "client-secret")))
            assert store.overridden("my-shop", "client-secret") is (gone != "the keyring's")
            environ.pop(gone, None)
        assert seen == [
            ("from the variable", "environment"),
            ("from the file", "file"),
            ("from systemd", "credentials directory"),
            ("from the keyring", "keyring"),
        ]

    def test_the_variable_is_spelled_in_capitals_with_underscores(self) -> None:
        assert variable("de-1", "sendcloud-secret-key") == "AMZLINK_SECRET_DE_1_SENDCLOUD_SECRET_KEY"

    def test_an_empty_variable_counts_as_none(self, home: Home) -> None:
        store = SystemSecrets({"AMZLINK_SECRET_A_CLIENT_SECRET": " "}, home, keyring=DictKeyring())
        assert store.get("a", "client-secret") is None
        assert not store.overridden("a", "client-secret")

    def test_a_keyring_is_not_asked_for_what_the_environment_gives(self, home: Home) -> None:
        keyring = FailingKeyring(keyring_error("NoKeyringError"))
        store = SystemSecrets({"AMZLINK_SECRET_A_CLIENT_SECRET": "x"}, home, keyring=keyring)
        assert value_of(store.get("a", "client-secret")) == ("x", "environment")
        assert keyring.calls == 0

    def test_a_credentials_directory_of_other_services_is_passed_over(self, home: Home, tmp_path: Path) -> None:
        (tmp_path / "other.password").write_text("x")
        store = SystemSecrets({"CREDENTIALS_DIRECTORY": str(tmp_path)}, home, keyring=DictKeyring())
        assert store.get("a", "client-secret") is None


class TestAFileWithASecret:
    def read(self, home: Home, file: Path) -> str:
        secret = SystemSecrets({"AMZLINK_SECRET_A_REFRESH_TOKEN_FILE": str(file)}, home).get("a", "refresh-token")
        assert secret is not None
        return secret.reveal()

    @pytest.mark.parametrize("content", [b"Atzr|x\n", b"Atzr|x\r\n\r\n", b"\xef\xbb\xbfAtzr|x", b"  Atzr|x"])
    def test_may_hold_white_space_and_a_byte_order_mark_around_it(
        self, home: Home, tmp_path: Path, content: bytes
    ) -> None:
        file = tmp_path / "secret"
        file.write_bytes(content)
        assert self.read(home, file) == "Atzr|x"

    @pytest.mark.parametrize(
        ("content", "detail"),
        [(None, "No such file or directory"), (b" \n", "it is empty"), (b"\xff\xfe", "it is not text in UTF-8")],
    )
    def test_that_cannot_be_read_is_named(self, home: Home, tmp_path: Path, content: bytes | None, detail: str) -> None:
        file = tmp_path / "secret"
        if content is not None:
            file.write_bytes(content)
        problem = problem_of(lambda: self.read(home, file))
        assert problem.name.value == "secret-file-unreadable"
        assert problem.summary == f"{file} should hold a secret but cannot be read: {detail}."
        assert problem.exit_code == Exit.CONFIGURATION

    def test_that_is_a_folder_is_named(self, home: Home, tmp_path: Path) -> None:
        assert problem_of(lambda: self.read(home, tmp_path)).name.value == "secret-file-unreadable"


class TestTheVaultKey:
    def store(self, home: Home, environ: Mapping[str, str]) -> SystemSecrets:
        return SystemSecrets(environ, home, keyring=DictKeyring())

    def test_moves_on_in_the_file_that_the_environment_names(self, home: Home, tmp_path: Path) -> None:
        file = tmp_path / "keys" / "vault"
        store = self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY_FILE": str(file)})
        assert store.get("a", "vault-key") is None
        store.set("a", "vault-key", "day 1")
        store.set("a", "vault-key", "day 2")
        assert value_of(store.get("a", "vault-key")) == ("day 2", "file")
        assert file.stat().st_mode & 0o777 == 0o600
        assert store.overridden("a", "vault-key")
        store.delete("a", "vault-key")
        assert not file.exists()

    def test_file_that_is_made_beforehand_may_be_empty(self, home: Home, tmp_path: Path) -> None:
        file = tmp_path / "vault"
        file.touch()
        assert self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY_FILE": str(file)}).get("a", "vault-key") is None

    def test_file_that_cannot_be_looked_at_is_not_taken_for_a_missing_one(self, home: Home, tmp_path: Path) -> None:
        """Otherwise a new key would be made over data that the old one sealed."""
        (tmp_path / "folder").mkdir()
        store = self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY_FILE": str(tmp_path / "folder")})
        assert problem_of(lambda: store.get("a", "vault-key")).name.value == "secret-file-unreadable"

    def test_cannot_be_given_as_a_variable_or_as_a_credential(self, home: Home, tmp_path: Path) -> None:
        (tmp_path / "a.vault-key").write_text("fixed")
        store = self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY": "fixed", "CREDENTIALS_DIRECTORY": str(tmp_path)})
        assert store.get("a", "vault-key") is None
        assert not store.overridden("a", "vault-key")

    @pytest.mark.parametrize("place", ["data/vault.key", "vault.key", "data/../config/vault.key"])
    def test_inside_the_home_is_refused(self, home: Home, place: str) -> None:
        assert home.root is not None
        store = self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY_FILE": str(home.root / place)})
        for call in (
            lambda: store.get("a", "vault-key"),
            lambda: store.set("a", "vault-key", "x"),
            lambda: store.delete("a", "vault-key"),
        ):
            problem = problem_of(call)
            assert problem.name.value == "environment-invalid"
            assert "AMZLINK_SECRET_A_VAULT_KEY_FILE" in problem.summary

    def test_behind_a_link_into_the_home_is_refused(self, home: Home, tmp_path: Path) -> None:
        assert home.root is not None
        home.prepare()
        link = tmp_path / "innocent"
        link.symlink_to(home.data)
        store = self.store(home, {"AMZLINK_SECRET_A_VAULT_KEY_FILE": str(link / "vault.key")})
        assert problem_of(lambda: store.get("a", "vault-key")).name.value == "environment-invalid"


class TestFilesThatNoVariableNames:
    def store(self, home: Home, folder: Path, keyring: KeyringAccess) -> SystemSecrets:
        for name in ("refresh-token", "vault-key"):
            (folder / f"my-shop.{name}").write_text("x")
        return SystemSecrets({}, home, keyring=keyring, folder_of=lambda _slug: folder)

    @pytest.mark.parametrize("error", ["NoKeyringError", "KeyringLocked"])
    def test_are_told_where_there_is_no_keyring(self, home: Home, tmp_path: Path, error: str) -> None:
        store = self.store(home, tmp_path, FailingKeyring(keyring_error(error)))
        step = problem_of(lambda: require(store, "my-shop", "client-secret")).next_step
        assert f"are in files in {tmp_path}" in step
        assert "`amzlink stores show --store my-shop`" in step

    def test_are_told_where_the_keyring_lacks_the_secret(self, home: Home, tmp_path: Path) -> None:
        store = self.store(home, tmp_path, DictKeyring())
        missing = problem_of(lambda: require(store, "my-shop", "refresh-token"))
        assert (missing.name.value, str(tmp_path) in missing.next_step) == ("secret-missing", True)
        missing = problem_of(lambda: require(store, "my-shop", "client-secret"))  # which is in no file
        assert "amzlink connect --store my-shop --renew" in missing.next_step

    def test_keep_a_second_vault_key_from_being_made(self, home: Home, tmp_path: Path) -> None:
        store = self.store(home, tmp_path, DictKeyring())
        assert problem_of(lambda: store.get("my-shop", "vault-key")).name.value == "secret-missing"


def keyring_error(name: str, message: str = "") -> Exception:
    error: Exception = getattr(keyring.errors, name)(message)
    return error


class TestAKeyringThatFails:
    @pytest.mark.parametrize(
        ("error", "problem", "detail"),
        [
            (
                keyring_error("NoKeyringError", "No recommended backend"),
                "keyring-unavailable",
                why_no_keyring({}, sys.platform),
            ),
            (
                keyring_error("InitError", "Failed to create the collection:\n Prompt dismissed"),
                "keyring-unavailable",
                "it answered with InitError (Failed to create the collection: Prompt dismissed)",
            ),
            (RuntimeError(), "keyring-unavailable", "it answered with RuntimeError"),
            (ConnectionResetError("gone"), "keyring-unavailable", "it answered with ConnectionResetError (gone)"),
            (keyring_error("KeyringLocked"), "keyring-locked", "it could not be unlocked"),
        ],
    )
    def test_is_named(self, home: Home, error: Exception, problem: str, detail: str) -> None:
        store = SystemSecrets({}, home, keyring=FailingKeyring(error))
        for call in (
            lambda: store.get("de-1", "client-secret"),
            lambda: store.set("de-1", "client-secret", "x"),
            lambda: store.delete("de-1", "client-secret"),
        ):
            raised = problem_of(call)
            assert raised.name.value == problem
            assert raised.facts["detail"] == detail
            assert raised.exit_code == Exit.CONFIGURATION

    def test_says_all_the_ways_out(self, home: Home) -> None:
        store = SystemSecrets({}, home, keyring=FailingKeyring(keyring_error("NoKeyringError")))
        problem = problem_of(lambda: store.get("de-1", "client-secret"))
        assert problem.summary.startswith("The keyring of this machine cannot be used: this session has none")
        bus = f"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{os.getuid()}/bus"
        for way in ("AMZLINK_SECRET_DE_1_CLIENT_SECRET_FILE", "de-1.client-secret", "dbus-run-session", bus):
            assert way in problem.next_step

    @pytest.mark.parametrize(
        ("environ", "platform", "why"),
        [
            ({}, "linux", ", because DBUS_SESSION_BUS_ADDRESS is not set (as under cron and sudo)"),
            ({}, "win32", ""),
            ({}, "darwin", ""),
            (
                {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent,guid=1"},
                "linux",
                ", because the D-Bus of DBUS_SESSION_BUS_ADDRESS is gone (as after signing out)",
            ),
            ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/"}, "linux", ": no keyring service answers on its D-Bus"),
            ({"DBUS_SESSION_BUS_ADDRESS": "unix:abstract=x"}, "linux", ": no keyring service answers on its D-Bus"),
            (
                {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
                "linux",
                ", because PYTHON_KEYRING_BACKEND chooses something else",
            ),
        ],
    )
    def test_says_why_there_is_none(self, environ: dict[str, str], platform: str, why: str) -> None:
        assert why_no_keyring(environ, platform) == f"this session has none{why}"

    @pytest.mark.parametrize("quoted", ["sesame-sesame-sesame", "sesame-s, shortened"])
    def test_and_quotes_the_secret_is_not_quoted(self, home: Home, quoted: str) -> None:
        store = SystemSecrets({}, home, keyring=FailingKeyring(ValueError(f"cannot keep {quoted}")))
        problem = problem_of(lambda: store.set("a", "client-secret", "sesame-sesame-sesame"))
        assert problem.facts["detail"] == "it answered with ValueError"
        assert problem.__cause__ is None

    def test_by_silence_is_given_up_and_not_asked_again(self, home: Home, silent: SilentKeyring) -> None:
        store = SystemSecrets({}, home, keyring=silent, patience_seconds=0.05)
        for _ in range(2):
            problem = problem_of(lambda: store.get("a", "client-secret"))
            assert problem.name.value == "keyring-unavailable"
            assert problem.facts["detail"] == "it did not answer within 0.05 seconds"
        assert silent.calls == 1

    def test_by_forgetting_is_noticed_when_a_secret_is_kept(self, home: Home) -> None:
        store = SystemSecrets({}, home, keyring=ForgetfulKeyring())
        problem = problem_of(lambda: store.set("a", "client-secret", "sesame"))
        assert problem.name.value == "keyring-unavailable"
        assert problem.facts["detail"] == "it did not keep the value that it was given"
        assert "sesame" not in str(problem.facts)


class ShortKeyring(DictKeyring):
    """A keyring with the limit of Windows', which takes 2,560 bytes of UTF-16 and refuses more with its error 1783."""

    def set(self, service: str, user: str, value: str) -> None:
        if len(value.encode("utf-16-le")) > 2560:
            raise OSError(1783, "CredWrite", "The stub received bad data")
        super().set(service, user, value)


class CuttingKeyring(DictKeyring):
    """A keyring that cuts off what is too long for it, and says nothing."""

    def set(self, service: str, user: str, value: str) -> None:
        super().set(service, user, value[:1280])


class TestAKeyringThatTakesNoLongSecret:
    @pytest.mark.parametrize("keyring", [ShortKeyring, CuttingKeyring])
    def test_is_named_with_the_length_and_the_way_out(self, home: Home, keyring: type[DictKeyring]) -> None:
        store = SystemSecrets({}, home, keyring=keyring())
        problem = problem_of(lambda: store.set("de-1", "refresh-token", "Atzr|" + "x" * 1276))
        assert problem.name.value == "secret-too-long"
        assert problem.summary == (
            "The keyring of this machine takes other secrets, but not the refresh token, which has 1281 characters."
        )
        assert "AMZLINK_SECRET_DE_1_REFRESH_TOKEN_FILE" in problem.next_step
        assert problem.exit_code == Exit.CONFIGURATION
        assert "xxx" not in str(problem.facts)

    @pytest.mark.parametrize("keyring", [ShortKeyring, CuttingKeyring])
    def test_takes_one_of_just_its_length(self, home: Home, keyring: type[DictKeyring]) -> None:
        store = SystemSecrets({}, home, keyring=keyring())
        store.set("a", "refresh-token", "x" * 1280)
        assert value_of(store.get("a", "refresh-token")) == ("x" * 1280, "keyring")

    def test_keeps_the_older_secret_and_nothing_else(self, home: Home) -> None:
        keyring = ShortKeyring()
        store = SystemSecrets({}, home, keyring=keyring)
        store.set("a", "refresh-token", "older")
        problem_of(lambda: store.set("a", "refresh-token", "x" * 1281))
        assert list(keyring.values.values()) == ["older"]

    def test_is_left_with_no_half_of_a_secret(self, home: Home) -> None:
        keyring = CuttingKeyring()
        problem_of(lambda: SystemSecrets({}, home, keyring=keyring).set("a", "refresh-token", "x" * 1281))
        assert keyring.values == {}

    def test_is_told_from_one_that_takes_none_at_all(self, home: Home) -> None:
        keyring = FailingKeyring(OSError(1783, "CredWrite"))
        problem = problem_of(lambda: SystemSecrets({}, home, keyring=keyring).set("a", "refresh-token", "x" * 1281))
        assert problem.name.value == "keyring-unavailable"
        assert keyring.calls == 2

    def test_is_not_asked_twice_when_it_keeps_silent(self, home: Home, silent: SilentKeyring) -> None:
        store = SystemSecrets({}, home, keyring=silent, patience_seconds=0.05)
        assert problem_of(lambda: store.set("a", "refresh-token", "x" * 1281)).name.value == "keyring-unavailable"
        assert silent.calls == 1

    def test_does_not_matter_where_a_file_gives_the_secret(self, home: Home, tmp_path: Path) -> None:
        """The way out that the problem names."""
        (tmp_path / "token").write_text("x" * 5000)
        environ = {"AMZLINK_SECRET_A_REFRESH_TOKEN_FILE": str(tmp_path / "token")}
        store = SystemSecrets(environ, home, keyring=ShortKeyring())
        assert value_of(store.get("a", "refresh-token")) == ("x" * 5000, "file")


class TestTheKeyring:
    def test_is_kept_apart_for_a_home_of_its_own(self, home: Home) -> None:
        keyring = DictKeyring()
        SystemSecrets({}, home, keyring=keyring).set("my-shop", "client-secret", "x")
        ((service, user),) = keyring.values
        assert service == home.keyring_service()
        assert service.startswith("amzlink@")
        assert user == "my-shop/client-secret"


class TestRequire:
    def test_gives_what_is_there(self) -> None:
        store = MemorySecrets()
        store.set("a", "client-secret", "x")
        assert require(store, "a", "client-secret").reveal() == "x"

    def test_names_a_missing_secret_and_the_command_that_gives_it_again(self) -> None:
        problem = problem_of(lambda: require(MemorySecrets(), "de-1", "refresh-token"))
        assert problem.name.value == "secret-missing"
        assert problem.summary.startswith(
            "The refresh token of the store de-1 is missing. It is not in the keyring, in AMZLINK_SE"
        )
        assert "AMZLINK_SECRET_DE_1_REFRESH_TOKEN" in problem.summary
        assert "`amzlink connect --store de-1 --renew`" in problem.next_step


class TestFiles:
    """Secrets in files in place of the keyring."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "keys"

    def store(self, home: Home, folder: Path | None, *, renewing: bool = False, **environ: str) -> FileSecrets:
        return FileSecrets(SystemSecrets(environ, home, keyring=ForgetfulKeyring()), folder, renewing)

    def test_are_their_owner_s_alone(self, home: Home, folder: Path) -> None:
        before = os.umask(0)
        try:
            self.store(home, folder).set("my-shop", "client-secret", "hidden")
        finally:
            os.umask(before)
        file = folder / "my-shop.client-secret"
        assert file.read_text() == "hidden"
        assert [path.stat().st_mode & 0o777 for path in (folder, file)] == [0o700, 0o600]

    def test_are_what_systemd_calls_credentials(self, home: Home, folder: Path) -> None:
        self.store(home, folder).set("my-shop", "client-secret", "hidden")
        found = SystemSecrets({"CREDENTIALS_DIRECTORY": str(folder)}, home).get("my-shop", "client-secret")
        assert found is not None
        assert found.reveal() == "hidden"

    def test_take_their_folder_with_them_where_it_was_made_for_them(self, home: Home, folder: Path) -> None:
        store = self.store(home, folder / "deep" / "er")
        store.set("my-shop", "client-secret", "hidden")
        store.delete("my-shop", "client-secret")
        assert not folder.exists()
        folder.mkdir(mode=0o700)
        store = self.store(home, folder)
        store.set("my-shop", "client-secret", "hidden")
        store.delete("my-shop", "client-secret")
        assert folder.exists(), "somebody else made it"

    @pytest.mark.parametrize("renewing", [False, True])
    def test_that_the_environment_names_are_replaced_by_a_renewal_alone(
        self, home: Home, folder: Path, tmp_path: Path, *, renewing: bool
    ) -> None:
        named = tmp_path / "named"
        named.write_text("old")
        store = self.store(home, folder, renewing=renewing, AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE=str(named))
        assert store.overridden("my-shop", "client-secret") is not renewing
        if renewing:
            store.set("my-shop", "client-secret", "new")
            assert named.read_text() == "new"
        assert not folder.exists()

    def test_never_replace_a_variable(self, home: Home, folder: Path) -> None:
        store = self.store(home, folder, renewing=True, AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET="given")
        assert store.overridden("my-shop", "client-secret")
        found = store.get("my-shop", "client-secret")
        assert found is not None
        assert found.reveal() == "given"
