"""connect as a program: by options, without a terminal."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amzlink.sandbox.server import Sandbox
from tests.support.schedulers import Machine
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
            "PATH": Machine(tmp_path / "programs").path,  # where nothing starts programs by itself
            "HOME": str(tmp_path),
            "PYTHONPATH": str(tmp_path),
            "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
            "TEST_KEYRING": str(tmp_path / "keyring.json"),
            "AMZLINK_HOME": str(tmp_path / "amzlink"),
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
            "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
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
                "hold_missing_customs": False,
                "default_weight_grams": None,
                "include_prime": "auto",
                "include_customised": False,
                "notes_for_demands": True,
                "carriers": {},
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

    def test_reads_no_endless_file_of_secrets(self, shell: EmptyShell) -> None:
        done = shell.connect("--secrets-from", "/dev/zero")
        assert (done.code, "it is too large for a file of secrets" in done.err) == (65, True)

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
        assert "These answers update it." in done.err
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


class TestSendcloud:
    def words(self, shell: EmptyShell) -> tuple[str, ...]:
        return ("--destination", "sendcloud", "--sendcloud-public-key", shell.credentials["sendcloud_public_key"])

    def secrets(self, shell: EmptyShell, **others: str) -> str:
        return shell.secrets(**{"sendcloud_secret_key": shell.credentials["sendcloud_secret_key"], **others})

    def connect(self, shell: EmptyShell, *words: str, **secrets: str) -> Ran:
        return shell.connect(*self.words(shell), *words, "--json", stdin=self.secrets(shell, **secrets))

    def test_keys_are_proved_and_the_integration_follows_from_them(self, shell: EmptyShell) -> None:
        done = self.connect(shell)
        assert (done.code, done.err) == (0, "")
        settings = done.document["settings"]
        assert settings["destination"] == "sendcloud"
        assert settings["sendcloud_public_key"] == shell.credentials["sendcloud_public_key"]
        assert settings["sendcloud_integration_id"] == shell.credentials["sendcloud_integration_id"]
        assert settings["purge_destination"] is False
        assert shell.keyring["my-shop/sendcloud-secret-key"] == shell.credentials["sendcloud_secret_key"]
        assert shell.credentials["sendcloud_secret_key"] not in (shell.home / "config" / "config.toml").read_text()
        assert [name for name in shell.control("/state")["calls"] if name.startswith("sendcloud/")] == [
            "sendcloud/user_auth_metadata", "sendcloud/list_integrations",
        ]  # fmt: skip

    def test_keys_of_an_integration_that_takes_oauth_only_are_good(self, shell: EmptyShell) -> None:
        shell.fault("sendcloud-oauth-only")
        assert self.connect(shell).code == 0

    @pytest.mark.parametrize(
        ("fault", "code", "problem"),
        [
            ("sendcloud-credentials", 77, "sendcloud-credentials"),
            ("sendcloud-token-refused", 77, "sendcloud-oauth-only"),
            ("sendcloud-integration-missing", 69, "sendcloud-integration-missing"),
            ("sendcloud-broken", 75, "service-unavailable"),
            ("sendcloud-html", 75, "proxy-interferes"),
        ],
    )
    def test_keys_that_fail_are_named_and_nothing_is_stored(
        self, shell: EmptyShell, fault: str, code: int, problem: str
    ) -> None:
        shell.fault(fault)
        done = self.connect(shell)
        assert (done.code, done.document["error"]["problem"]) == (code, problem)
        assert "--renew" not in done.document["error"]["next_step"]
        assert (shell.config, shell.keyring) == ({}, {})

    def test_sendclouds_own_link_with_amazon_is_a_warning(self, shell: EmptyShell) -> None:
        shell.fault("sendcloud-amazon-active")
        done = self.connect(shell)
        assert done.code == 0
        assert "sendcloud-amazon-active" in done.err

    def test_an_integration_of_another_kind_takes_no_orders(self, shell: EmptyShell) -> None:
        strange = next(
            each["id"]
            for each in shell.control("/sendcloud/integrations")["integrations"]
            if each["type"] != "api"
        )  # fmt: skip
        done = self.connect(shell, "--sendcloud-integration-id", str(strange))
        assert done.document["error"]["problem"] == "sendcloud-integration-missing"
        assert str(strange) in done.document["error"]["summary"]

    def test_the_moment_that_sendcloud_is_set_to_is_mentioned_where_it_differs(self, shell: EmptyShell) -> None:
        number = shell.credentials["sendcloud_integration_id"]
        shell.control(f"/sendcloud/integrations/{number}", {"feedback_type": "eager"})
        said = " ".join(self.connect(shell).err.split())
        assert "once its label is made (announced); here you have chosen: once the carrier has scanned it" in said
        assert "`amzlink stores set update_status_when=announced` changes it." in said
        assert self.connect(shell, "--update-status-when", "announced").err.count("set update_status_when") == 0

    def test_both_keys_alike_are_named(self, shell: EmptyShell) -> None:
        done = self.connect(shell, sendcloud_secret_key=shell.credentials["sendcloud_public_key"])
        assert done.document["error"]["problem"] == "secret-looks-wrong"
        assert "the public key once more" in done.document["error"]["summary"]

    def test_missing_keys_are_named_with_their_options(self, shell: EmptyShell) -> None:
        done = shell.connect("--destination", "sendcloud")
        assert done.code == 64
        assert "--sendcloud-public-key, --secrets-from with sendcloud_secret_key" in done.err

    def test_keys_without_the_destination_are_not_passed_over(self, shell: EmptyShell) -> None:
        done = shell.connect(stdin=self.secrets(shell))
        assert done.code == 64
        assert "--destination sendcloud" in done.err

    def test_a_secret_that_a_store_without_destination_does_not_need_is_left_where_it_is(
        self, shell: EmptyShell
    ) -> None:
        done = shell.connect("--destination", "none", "--no-verify", stdin=self.secrets(shell))
        assert done.code == 0
        assert "The Sendcloud secret key is not stored" in done.err
        assert "my-shop/sendcloud-secret-key" not in shell.keyring

    def test_without_a_proof_the_integration_has_to_be_named(self, shell: EmptyShell) -> None:
        done = self.connect(shell, "--no-verify")
        assert (done.code, done.document["error"]["problem"]) == (64, "usage")
        assert "--sendcloud-integration-id" in done.document["error"]["summary"]
        done = self.connect(shell, "--no-verify", "--sendcloud-integration-id", "4711")
        assert (done.code, done.document["settings"]["sendcloud_integration_id"]) == (0, 4711)
        assert shell.control("/state")["calls"] == {}

    def test_a_connected_store_keeps_it_until_it_is_told_otherwise(self, shell: EmptyShell) -> None:
        self.connect(shell)
        again = shell.connect("--json")
        assert again.document["settings"]["destination"] == "sendcloud"
        gone = shell.connect("--destination", "none", "--json")
        assert gone.document["settings"]["destination"] == "none"
        assert shell.run("stores", "set", "destination=sendcloud").code == 0

    def test_the_secret_key_is_renewed_alone(self, shell: EmptyShell) -> None:
        self.connect(shell)
        wrong, right = "f" * 32, shell.credentials["sendcloud_secret_key"]
        renew = ("connect", "--renew", "--secrets-from", "-", "--json")
        shell.run(*renew, "--no-verify", stdin=f'sendcloud_secret_key = "{wrong}"')
        assert shell.keyring["my-shop/sendcloud-secret-key"] == wrong
        refused = shell.run(*renew, stdin=f'sendcloud_secret_key = "{wrong}"')
        assert refused.document["error"]["problem"] == "sendcloud-credentials"
        assert "amzlink connect --store my-shop --renew" in refused.document["error"]["next_step"]
        done = shell.run(*renew, stdin=f'sendcloud_secret_key = "{right}"')
        assert (done.code, done.document["verified"]) == (0, True)
        assert shell.keyring["my-shop/sendcloud-secret-key"] == right
        assert shell.keyring["my-shop/client-secret"] == shell.credentials["client_secret"]

    def test_a_store_without_it_has_no_key_to_renew(self, shell: EmptyShell) -> None:
        shell.connect()
        given = f'sendcloud_secret_key = "{shell.credentials["sendcloud_secret_key"]}"'
        assert shell.run("connect", "--renew", "--secrets-from", "-", stdin=given).code == 64

    def test_the_environment_may_give_the_key(self, shell: EmptyShell) -> None:
        shell.environ["AMZLINK_SECRET_MY_SHOP_SENDCLOUD_SECRET_KEY"] = shell.credentials["sendcloud_secret_key"]
        done = shell.connect(*self.words(shell))
        assert done.code == 0
        assert "my-shop/sendcloud-secret-key" not in shell.keyring


class TestSecretsInFiles:
    """`--secrets-to`: for a machine without a keyring and without a terminal."""

    @pytest.fixture(autouse=True)
    def no_keyring(self, shell: EmptyShell) -> None:
        shell.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

    def folder(self, shell: EmptyShell) -> Path:
        return shell.home.parent / "keys"

    def test_are_written_where_they_are_wanted(self, shell: EmptyShell) -> None:
        done = shell.connect("--secrets-to", str(self.folder(shell)))
        assert done.code == 0
        assert (self.folder(shell) / "my-shop.refresh-token").read_text() == shell.credentials["refresh_token"]
        assert f"AMZLINK_SECRET_MY_SHOP_VAULT_KEY_FILE={self.folder(shell)}/my-shop.vault-key" in done.out.splitlines()
        assert shell.config["stores"].keys() == {"my-shop"}
        for name in ("client_secret", "refresh_token"):
            assert shell.credentials[name] not in done.out + done.err

    def test_are_renewed_there(self, shell: EmptyShell) -> None:
        words = ("--secrets-to", str(self.folder(shell)))
        assert shell.connect(*words).code == 0
        other = shell.control("/refresh-token", {})["refresh_token"]
        secrets = f"refresh_token = {json.dumps(other)}"
        assert shell.run("connect", "--renew", *words, "--secrets-from", "-", stdin=secrets).code == 0
        assert (self.folder(shell) / "my-shop.refresh-token").read_text() == other

    def test_are_renewed_where_the_environment_names_them(self, shell: EmptyShell) -> None:
        assert shell.connect("--secrets-to", str(self.folder(shell))).code == 0
        file = self.folder(shell) / "my-shop.refresh-token"
        shell.environ["AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN_FILE"] = str(file)
        shell.environ["AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE"] = str(file.with_name("my-shop.client-secret"))
        other = shell.control("/refresh-token", {})["refresh_token"]
        secrets = f"refresh_token = {json.dumps(other)}"
        assert shell.run("connect", "--renew", "--secrets-from", "-", stdin=secrets).code == 0
        assert file.read_text() == other

    def test_are_found_again_by_who_opens_another_terminal(self, shell: EmptyShell) -> None:
        connected = shell.connect("--secrets-to", str(self.folder(shell)))
        export = [line for line in connected.out.splitlines() if line.startswith("export AMZLINK_SECRET")]
        lost = shell.run("import-orders", "-v")
        assert lost.code == 78
        assert f"are in files in {self.folder(shell)}" in lost.err
        assert "`amzlink stores show --store my-shop` shows the lines" in lost.err
        assert shell.run("verify", "--json").document["checks"][1]["next_step"].startswith("The secrets of this store")
        shown = shell.run("stores", "show")
        assert f"no variable names its file {self.folder(shell)}/my-shop.refresh-token" in shown.out
        assert [line for line in shown.out.splitlines() if line.startswith("export AMZLINK_SECRET")] == export
        shell.environ |= dict(line.removeprefix("export ").split("=", 1) for line in export)
        assert shell.run("import-orders").code in (0, 1)
        shown = shell.run("stores", "show")
        assert f"from the file: {self.folder(shell)}/my-shop.vault-key" in shown.out
        assert "export" not in shown.out
        place = {"source": "file", "problem": None, "file": f"{self.folder(shell)}/my-shop.client-secret"}
        assert shell.run("stores", "show", "--json").document["secrets"]["client-secret"] == place

    def test_are_named_when_the_store_goes(self, shell: EmptyShell) -> None:
        shell.connect("--secrets-to", str(self.folder(shell)))
        shell.environ["PYTHON_KEYRING_BACKEND"] = "file_keyring.FileKeyring"
        gone = shell.run("disconnect", "--yes", "--json").document
        names = ("client-secret", "refresh-token")
        assert gone["files_left"] == [f"{self.folder(shell)}/my-shop.{name}" for name in names]

    def test_leave_one_document_with_json(self, shell: EmptyShell) -> None:
        done = shell.connect("--secrets-to", str(self.folder(shell)), "--json")
        assert (done.code, done.document["store"], done.err) == (0, "my-shop", "")

    def test_are_not_left_behind_by_a_link_that_fails(self, shell: EmptyShell) -> None:
        shell.fault("client-unknown")
        assert shell.connect("--secrets-to", str(self.folder(shell))).code == 77
        assert not self.folder(shell).exists()

    def test_are_not_left_behind_by_settings_that_cannot_be_written(self, shell: EmptyShell) -> None:
        (shell.home / "config").mkdir(parents=True, mode=0o700)
        (shell.home / "config" / "config.toml").symlink_to(shell.home / "nowhere" / "config.toml")
        assert shell.connect("--secrets-to", str(self.folder(shell))).code == 73
        assert not self.folder(shell).exists()

    def test_do_not_go_beside_the_orders(self, shell: EmptyShell) -> None:
        done = shell.connect("--secrets-to", str(shell.home / "data" / "keys"), "--json")
        assert (done.code, done.document["error"]["problem"]) == (64, "usage")

    def test_stay_in_a_keyring_that_has_the_key_to_the_orders(self, shell: EmptyShell) -> None:
        shell.environ["PYTHON_KEYRING_BACKEND"] = "file_keyring.FileKeyring"
        assert shell.connect().code == 0
        assert shell.run("import-orders").code in (0, 1)
        done = shell.connect("--secrets-to", str(self.folder(shell)))
        assert done.code == 64
        assert "in this machine's keyring" in done.err


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
            (("--destination", "sendcloud"), 64, "usage"),
            (("--destination", "moon"), 64, "usage"),
            (("--sendcloud-public-key", "x"), 65, "secret-looks-wrong"),
            (("--sendcloud-public-key", "https://panel.sendcloud.sc"), 65, "secret-looks-wrong"),
            (("--sendcloud-public-key", "0123456789abcdef0123456789abcdef"), 64, "usage"),
            (("--sendcloud-integration-id", "5"), 64, "usage"),
            (("--sendcloud-integration-id", "mine", "--destination", "sendcloud"), 64, "usage"),
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
            ('sendcloud_secret_key = "x"', "secret-looks-wrong"),
            ('sendcloud_secret_key = "3244-7764-4129"', "mws-credentials"),
            ('client_secret = "AKIAIOSFODNN7EXAMPLE"', "secret-looks-wrong"),
            ('refresh_token = "Atzr|"', "refresh-token-malformed"),
            ('refresh_token = "amzn.mws.12345678-90ab-cdef-1234-567890abcdef"', "mws-credentials"),
        ],
    )
    def test_a_wrong_file_of_secrets_is_named(self, shell: EmptyShell, content: str, problem: str) -> None:
        error = shell.connect("--json", stdin=content).document["error"]
        assert error["problem"] == problem
        assert problem != "input-malformed" or 'client_secret = "VALUE"' in error["next_step"]

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
    sendcloud = ("--destination", "sendcloud", "--sendcloud-public-key", shell.credentials["sendcloud_public_key"])
    secrets = shell.secrets(sendcloud_secret_key=shell.credentials["sendcloud_secret_key"])
    faults = (
        (), ("authorisation-revoked",), ("role-missing-pii",), ("client-unknown",), ("sendcloud-credentials",),
        ("sendcloud-oauth-only",), ("sendcloud-malformed",),
    )  # fmt: skip
    for fault in faults:
        shell.fault(*fault)
        for words in ((), ("--json",), ("-vv",)):
            done = shell.connect(*sendcloud, *words, stdin=secrets)
            spoken.append(done.out + done.err)
    spoken.append((shell.home / "config" / "config.toml").read_text())
    spoken += [file.read_text() for file in (shell.home / "log").iterdir()]
    for secret in ("client_secret", "refresh_token", "sendcloud_secret_key"):
        assert shell.credentials[secret] not in "".join(spoken)
