"""connect as a program: by options, without a terminal."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amzlink.sandbox.server import Sandbox
from tests.support.world import Ran, Shell

KEYRING = '''
import json, os, pathlib
from keyring.backend import KeyringBackend

class FileKeyring(KeyringBackend):
    """Keeps everything in a file, so that a test can look into it."""
    priority = 1

    def _file(self): return pathlib.Path(os.environ["TEST_KEYRING"])
    def _all(self): return json.loads(self._file().read_text()) if self._file().exists() else {}
    def _write(self, entries): self._file().write_text(json.dumps(entries))
    def get_password(self, service, username): return self._all().get(f"{service} {username}")
    def set_password(self, service, username, password):
        self._write({**self._all(), f"{service} {username}": password})
    def delete_password(self, service, username):
        self._write({key: value for key, value in self._all().items() if key != f"{service} {username}"})
'''


class EmptyShell(Shell):
    """A command line in an empty home, with a keyring in a file and a sandbox that listens."""

    @property
    def credentials(self) -> dict[str, Any]:
        found: dict[str, Any] = self.addresses["credentials"]
        return found

    @property
    def config(self) -> dict[str, Any]:
        file = self.home / "config" / "config.toml"
        return tomllib.loads(file.read_text()) if file.exists() else {}

    @property
    def keyring(self) -> dict[str, str]:
        """What the keyring holds, by `SLUG/NAME`."""
        file = Path(self.environ["TEST_KEYRING"])
        entries = json.loads(file.read_text()) if file.exists() else {}
        return {key.split(" ")[1]: value for key, value in entries.items()}

    def secrets(self, **others: str) -> str:
        """The TOML that `--secrets-from` reads."""
        right = {key: self.credentials[key] for key in ("client_secret", "refresh_token")}
        return "".join(f"{key} = {json.dumps(value)}\n" for key, value in {**right, **others}.items())

    def connect(self, *words: str, stdin: str | None = None) -> Ran:
        """connect with the right answers; further words come last."""
        return self.run(
            "connect", "--name", "My Shop", "--country", "DE", "--seller-id", self.credentials["seller_id"],
            "--client-id", self.credentials["client_id"], "--secrets-from", "-", *words,
            stdin=self.secrets() if stdin is None else stdin,
        )  # fmt: skip

    def fault(self, *on: str) -> None:
        """Switch faults on, and all others off."""
        self.control("/faults", {"on": list(on), "off": self.control("/faults")["on"]})


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[EmptyShell]:
    (tmp_path / "file_keyring.py").write_text(KEYRING)
    with Sandbox(orders=60, quota="off") as running:
        addresses = running.describe()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(tmp_path),
            "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
            "TEST_KEYRING": str(tmp_path / "keyring.json"),
            "AMZLINK_HOME": str(tmp_path / "amzlink"),
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
        }
        yield EmptyShell(tmp_path / "amzlink", addresses, environ, running)


class TestANewStore:
    def test_is_stored_once_the_link_is_proved(self, shell: EmptyShell) -> None:
        done = shell.connect("--json")
        assert (done.code, done.err) == (0, "")
        assert done.document == {
            "schema": 1,
            "store": "my-shop",
            "country": "DE",
            "marketplace_ids": ["A1PA6795UKMFR9"],
            "region": "eu",
            "verified": True,
            "settings": {
                "name": "My Shop",
                "import_weights": True,
                "update_status_when": "processed",
                "destination": "none",
                "hold_missing_weight": False,
                "default_weight_grams": None,
                "include_prime": False,
                "ship_by_guard_hours": 0,
                "purge_destination": False,
                "sendcloud_public_key": None,
                "sendcloud_integration_id": None,
            },
        }
        assert next(iter(done.document)) == "schema"
        assert shell.keyring == {
            "my-shop/client-secret": shell.credentials["client_secret"],
            "my-shop/refresh-token": shell.credentials["refresh_token"],
        }
        assert shell.config["stores"]["my-shop"]["test"] is True

    def test_takes_every_option(self, shell: EmptyShell) -> None:
        done = shell.connect(
            "--country", "nl", "--no-import-weights", "--update-status-when", "announced", "--destination", "none",
            "--store", "shop-1", "--no-browser", "--yes",
        )  # fmt: skip
        assert done.code == 0
        store = shell.config["stores"]["shop-1"]
        assert store["marketplace_ids"] == ["A1PA6795UKMFR9", "A1805IZSGTT6HS"]
        assert (store["import_weights"], store["update_status_when"]) == (False, "announced")

    def test_takes_its_secrets_from_a_file(self, shell: EmptyShell, tmp_path: Path) -> None:
        file = tmp_path / "secrets.toml"
        file.write_text(shell.secrets())
        assert shell.connect("--secrets-from", str(file)).code == 0

    def test_takes_its_secrets_from_the_environment_and_leaves_them_there(self, shell: EmptyShell) -> None:
        words = [
            "connect", "--name", "My Shop", "--country", "DE", "--seller-id", shell.credentials["seller_id"],
            "--client-id", shell.credentials["client_id"], "--json",
        ]  # fmt: skip
        environ = {
            "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": shell.credentials["client_secret"],
            "AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN": shell.credentials["refresh_token"],
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "AMZLINK_SECRET_MY_SHOP_VAULT_KEY_FILE": str(shell.home.parent / "vault-key"),
        }
        done = shell.run(*words, environ=environ)
        assert (done.code, done.err, done.document["store"]) == (0, "", "my-shop")
        assert shell.keyring == {}

    def test_on_a_machine_without_a_place_for_the_vault_key_comes_with_a_warning(self, shell: EmptyShell) -> None:
        environ = {
            "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": shell.credentials["client_secret"],
            "AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN": shell.credentials["refresh_token"],
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        shell.environ |= environ
        done = shell.connect()
        assert done.code == 0
        assert "Warning: The keyring of this machine cannot be used" in done.err
        assert "AMZLINK_SECRET_MY_SHOP_VAULT_KEY_FILE" in done.err

    def test_tells_what_could_not_be_checked(self, shell: EmptyShell) -> None:
        shell.fault("role-missing-participations")
        done = shell.connect()
        assert done.code == 0
        assert "not checked  Selling in Germany: Amazon does not tell an app with these roles" in done.err
        assert "proved" not in done.err

    def test_without_a_proof_is_stored_as_unproved_and_without_a_call(self, shell: EmptyShell) -> None:
        done = shell.connect("--no-verify", "--json")
        assert (done.code, done.document["verified"]) == (0, False)
        assert shell.control("/state")["calls"] == {}

    def test_whose_link_fails_is_not_stored(self, shell: EmptyShell) -> None:
        shell.fault("authorisation-revoked")
        done = shell.connect("--json")
        assert (done.code, done.document["error"]["problem"]) == (77, "authorisation-revoked")
        assert (shell.config, shell.keyring) == ({}, {})
        assert shell.connect("--no-verify").code == 0

    def test_when_amazon_does_not_answer_is_tried_again_later(self, shell: EmptyShell) -> None:
        shell.environ["AMZLINK_LWA_URL"] = "http://127.0.0.1:9"
        done = shell.connect("--json")
        assert (done.code, done.document["error"]["problem"]) == (75, "connect-refused")
        assert shell.config == {}

    def test_on_amazon_s_own_sandbox_is_marked_as_such(self, shell: EmptyShell) -> None:
        done = shell.connect("--amazon-sandbox", "--no-verify")
        assert done.code == 0
        assert shell.config["stores"]["my-shop"]["amazon_sandbox"] is True


class TestAConnectedStore:
    def test_is_updated_and_keeps_its_secrets_where_none_are_given(self, shell: EmptyShell) -> None:
        shell.connect()
        before = shell.keyring
        done = shell.run("connect", "--store", "my-shop", "--country", "DE", "--country", "FR", "--json")
        assert (done.code, done.document["marketplace_ids"]) == (0, ["A1PA6795UKMFR9", "A13V1IB3VIYZZH"])
        assert "is updated" in done.err
        assert shell.keyring == before

    def test_is_found_again_by_its_account(self, shell: EmptyShell) -> None:
        shell.connect()
        done = shell.connect("--name", "Another Name", "--json")
        assert (done.document["store"], done.document["settings"]["name"]) == ("my-shop", "Another Name")
        assert list(shell.config["stores"]) == ["my-shop"]

    def test_that_loses_a_country_is_told_so(self, shell: EmptyShell) -> None:
        shell.connect("--country", "NL")
        assert "no longer covers Netherlands" in shell.connect().err

    def test_is_not_given_to_another_account(self, shell: EmptyShell) -> None:
        shell.connect()
        done = shell.connect("--store", "my-shop", "--seller-id", "A3TH9S8BH6GOGM", "--no-verify")
        assert done.code == 64
        assert shell.config["stores"]["my-shop"]["seller_id"] == shell.credentials["seller_id"]

    def test_keeps_its_old_secrets_when_the_new_ones_fail(self, shell: EmptyShell) -> None:
        shell.connect()
        before = (shell.config, shell.keyring)
        wrong = shell.secrets(client_secret="amzn1.oa2-cs.v1." + "0" * 64)
        assert shell.connect(stdin=wrong).code == 77
        assert (shell.config, shell.keyring) == before


class TestRenew:
    def test_replaces_a_secret_and_nothing_else(self, shell: EmptyShell) -> None:
        shell.connect("--no-import-weights")
        wrong = "amzn1.oa2-cs.v1." + "0" * 64
        shell.run("connect", "--renew", "--no-verify", "--secrets-from", "-", stdin=f'client_secret = "{wrong}"')
        assert shell.keyring["my-shop/client-secret"] == wrong
        right = f'client_secret = "{shell.credentials["client_secret"]}"'
        done = shell.run("connect", "--renew", "--secrets-from", "-", "--json", stdin=right)
        assert (done.code, done.document["verified"]) == (0, True)
        assert done.document["settings"]["import_weights"] is False
        assert shell.keyring["my-shop/client-secret"] == shell.credentials["client_secret"]
        assert shell.keyring["my-shop/refresh-token"] == shell.credentials["refresh_token"]

    def test_without_secrets_and_without_a_terminal_names_the_option(self, shell: EmptyShell) -> None:
        shell.connect()
        done = shell.run("connect", "--renew")
        assert done.code == 64
        assert "--secrets-from is missing" in done.err

    @pytest.mark.parametrize("words", [("--name", "x"), ("--country", "DE"), ("--no-import-weights",)])
    def test_takes_no_settings(self, shell: EmptyShell, words: tuple[str, ...]) -> None:
        done = shell.run("connect", "--renew", *words)
        assert done.code == 64
        assert "stores set" in done.err

    def test_of_a_store_that_is_not_there_says_so(self, shell: EmptyShell) -> None:
        assert shell.run("connect", "--renew", "--json").document["error"]["problem"] == "no-store"


class TestWhatIsRefused:
    def test_all_missing_answers_are_named_at_once(self, shell: EmptyShell) -> None:
        done = shell.run("connect")
        assert done.code == 64
        for option in ("--name", "--country", "--seller-id", "--client-id", "client_secret", "refresh_token"):
            assert option in done.err.splitlines()[0]

    @pytest.mark.parametrize("option", ["--name", "--country", "--seller-id", "--client-id"])
    def test_one_missing_answer_is_named_alone(self, shell: EmptyShell, option: str) -> None:
        words = {
            "--name": "My Shop",
            "--country": "DE",
            "--seller-id": shell.credentials["seller_id"],
            "--client-id": shell.credentials["client_id"],
            "--secrets-from": "-",
        }
        del words[option]
        flat = [word for pair in words.items() for word in pair]
        done = shell.run("connect", *flat, stdin=shell.secrets())
        assert done.code == 64
        assert done.err.splitlines()[0] == f"Error: Missing: {option}."

    @pytest.mark.parametrize(
        ("words", "code", "problem"),
        [
            (("--country", "DE", "--country", "US"), 64, "region-mixed"),
            (("--country", "Atlantis"), 64, "usage"),
            (("--seller-id", "3244-7764-4129"), 65, "mws-credentials"),
            (("--seller-id", "my shop"), 65, "secret-looks-wrong"),
            (("--seller-id", "A1PA6795UKMFR9"), 65, "secret-looks-wrong"),
            (("--client-id", "amzn1.sp.solution.1234"), 65, "secret-looks-wrong"),
            (("--update-status-when", "delivered"), 64, "usage"),
            (("--destination", "sendcloud"), 64, "not-built-yet"),
            (("--destination", "moon"), 64, "usage"),
            (("--sendcloud-public-key", "x"), 64, "not-built-yet"),
            (("--sendcloud-integration-id", "5"), 64, "not-built-yet"),
            (("--secrets-from", "/nowhere.toml"), 65, "input-malformed"),
            (("--store", "My Shop"), 64, "usage"),
        ],
    )
    def test_a_wrong_option_is_named_and_nothing_is_stored(
        self, shell: EmptyShell, words: tuple[str, ...], code: int, problem: str
    ) -> None:
        done = shell.connect(*words, "--json")
        assert (done.code, done.document["error"]["problem"]) == (code, problem)
        assert (shell.config, shell.keyring) == ({}, {})

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("client_secret", "input-malformed"),
            ("client_secret = 5", "input-malformed"),
            ('password = "x"', "input-malformed"),
            ('sendcloud_secret_key = "x"', "not-built-yet"),
            ('client_secret = "AKIAIOSFODNN7EXAMPLE"', "secret-looks-wrong"),
            ('refresh_token = "Atzr|"', "refresh-token-malformed"),
            ('refresh_token = "amzn.mws.12345678-90ab-cdef-1234-567890abcdef"', "mws-credentials"),
        ],
    )
    def test_a_wrong_file_of_secrets_is_named(self, shell: EmptyShell, content: str, problem: str) -> None:
        assert shell.connect("--json", stdin=content).document["error"]["problem"] == problem

    def test_a_machine_without_a_keyring_is_told_its_ways_out_before_amazon_is_asked(self, shell: EmptyShell) -> None:
        shell.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        done = shell.connect()
        assert done.code == 78
        assert "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE" in done.err
        assert shell.control("/state")["calls"] == {}

    def test_secrets_are_no_option_s_value(self, shell: EmptyShell) -> None:
        for option in ("--client-secret", "--refresh-token", "--sendcloud-secret-key"):
            assert shell.connect(option, "x").code == 64


def test_no_secret_is_ever_said(shell: EmptyShell) -> None:
    spoken = []
    for fault in ((), ("authorisation-revoked",), ("role-missing-pii",), ("client-unknown",)):
        shell.fault(*fault)
        for words in ((), ("--json",), ("-vv",)):
            done = shell.connect(*words)
            spoken.append(done.out + done.err)
    spoken.append((shell.home / "config" / "config.toml").read_text())
    spoken += [file.read_text() for file in (shell.home / "log").iterdir()]
    for secret in (shell.credentials["client_secret"], shell.credentials["refresh_token"]):
        assert secret not in "".join(spoken)
