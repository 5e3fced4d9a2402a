"""Storing a link: which store it is, where its secrets come from, and all of it or nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.config.settings import Config
from amzlink.deps import Deps
from amzlink.jobs.stores.save import choose_slug, keep, pick_secret, require_place, vault_fault
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Secret
from amzlink.secrets.system import SystemSecrets
from tests.jobs.stores.test_prove_amazon import answers_for, unconnected
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox
from tests.test_secrets import DictKeyring, FailingKeyring, keyring_error


class FullKeyring(MemorySecrets):
    """Takes no refresh token: the second of the two that connect keeps."""

    def set(self, slug: str, name: SecretName, value: str) -> None:
        if name == "refresh-token" and value != "old":
            raise Problem(ProblemName.KEYRING_UNAVAILABLE, detail="it is full", variable="X", slug=slug, name=name)
        super().set(slug, name, value)


class InterruptedFiles(FileSecrets):
    """Ctrl-C comes when the second secret has just been written."""

    def set(self, slug: str, name: SecretName, value: str) -> None:
        super().set(slug, name, value)
        if self.folder and len(list(self.folder.iterdir())) == 2:
            raise KeyboardInterrupt


def with_environment(world: StoreOnSandbox, environ: Mapping[str, str]) -> Deps:
    world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=DictKeyring())
    return world.deps


def value(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def slug_for(deps: Deps, wanted: str | None = None, **others: object) -> str:
    account = {"name": "My Shop", "seller_id": "A3TH9S8BH6GOGM", "marketplace": BY_COUNTRY["DE"], **others}
    return choose_slug(deps, wanted, **account)  # type: ignore[arg-type]


class TestTheSlug:
    def test_of_a_new_store_comes_from_its_name(self, tmp_path: Path) -> None:
        assert slug_for(unconnected(tmp_path).deps) == "my-shop"

    def test_of_a_name_without_letters_comes_from_the_country(self, tmp_path: Path) -> None:
        assert slug_for(unconnected(tmp_path).deps, name="東京") == "de-1"

    def test_of_another_seller_with_the_same_name_is_the_next_free_one(self, tmp_path: Path) -> None:
        deps = store_on_sandbox(tmp_path, test=True).deps
        assert slug_for(deps, name="Demo Shop") == "demo-shop-2"

    def test_of_a_connected_account_is_the_one_it_has(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        seller_id = world.sandbox.world.account.seller_id
        assert slug_for(world.deps, name="Another Name", seller_id=seller_id) == SLUG

    def test_of_a_connected_account_in_another_region_is_a_new_one(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        seller_id = world.sandbox.world.account.seller_id
        assert slug_for(world.deps, seller_id=seller_id, marketplace=BY_COUNTRY["US"]) == "my-shop"

    def test_of_a_test_store_is_not_the_real_store_s(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=False)
        seller_id = world.sandbox.world.account.seller_id
        assert slug_for(world.deps, name="Demo Shop", seller_id=seller_id) == "demo-shop-2"

    def test_can_be_chosen(self, tmp_path: Path) -> None:
        assert slug_for(unconnected(tmp_path).deps, "shop-1") == "shop-1"

    @pytest.mark.parametrize(
        ("store", "others", "reason"),
        [
            ({"test": True}, {"seller_id": "A3TH9S8BH6GOGM"}, "has the Seller ID"),
            ({"test": True}, {"marketplace": BY_COUNTRY["US"]}, "is in another region (DE)"),
            ({"test": True, "amazon_sandbox": True}, {}, "was connected with --amazon-sandbox"),
            ({"test": False}, {}, "is a real store, and one of AMZLINK_SPAPI_URL, "),
        ],
    )
    def test_of_another_account_is_refused_rather_than_taken_over(
        self, tmp_path: Path, store: dict[str, Any], others: dict[str, Any], reason: str
    ) -> None:
        world = store_on_sandbox(tmp_path, **store)
        account = {"seller_id": world.sandbox.world.account.seller_id, **others}
        with pytest.raises(Problem) as caught:
            slug_for(world.deps, SLUG, **account)
        assert caught.value.name.value == "usage"
        assert f"The store demo-shop {reason}" in caught.value.summary

    @pytest.mark.parametrize("wanted", ["My Shop", "a_b", "", "../x"])
    def test_that_is_none_is_refused(self, tmp_path: Path, wanted: str) -> None:
        with pytest.raises(Problem, match="usage"):
            slug_for(unconnected(tmp_path).deps, wanted)


class TestPickingASecret:
    def test_takes_what_is_given(self, tmp_path: Path) -> None:
        assert value(pick_secret(unconnected(tmp_path).deps, "a", "client-secret", "given")) == "given"

    def test_takes_the_environment_s_where_none_is_given(self, tmp_path: Path) -> None:
        deps = with_environment(unconnected(tmp_path), {"AMZLINK_SECRET_A_CLIENT_SECRET": "there"})
        assert value(pick_secret(deps, "a", "client-secret", None)) == "there"
        assert value(pick_secret(deps, "a", "client-secret", "there")) == "there"

    def test_refuses_another_one_beside_the_environment_s(self, tmp_path: Path) -> None:
        deps = with_environment(unconnected(tmp_path), {"AMZLINK_SECRET_A_CLIENT_SECRET": "there"})
        with pytest.raises(Problem) as caught:
            pick_secret(deps, "a", "client-secret", "given")
        assert caught.value.name.value == "usage"
        assert "AMZLINK_SECRET_A_CLIENT_SECRET" in caught.value.summary
        assert "given" not in str(caught.value.facts).replace("is given", "")

    def test_takes_a_connected_store_s_where_there_is_no_other(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path)
        secret = world.sandbox.world.account.app.client_secret
        assert value(pick_secret(world.deps, SLUG, "client-secret", None)) == secret

    def test_does_not_take_what_an_unconnected_store_has_left(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.secrets.set("a", "client-secret", "left over")
        assert pick_secret(world.deps, "a", "client-secret", None) is None

    def test_without_a_slug_takes_what_is_given_or_nothing(self, tmp_path: Path) -> None:
        deps = unconnected(tmp_path).deps
        assert value(pick_secret(deps, None, "client-secret", "given")) == "given"
        assert pick_secret(deps, None, "client-secret", None) is None


class TestKeeping:
    def test_stores_secrets_and_settings(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        answers = answers_for(world, import_weights=False, update_status_when="announced")
        connected = keep(world.deps, answers, verified=True)
        assert connected.slug == "my-shop"
        assert connected.verified
        store = world.deps.load_config().stores["my-shop"]
        assert store == connected.store
        assert (store.name, store.country, store.seller_id) == ("My Shop", "DE", answers.seller_id)
        assert (store.client_id, store.marketplace_ids) == (answers.client_id, answers.marketplace_ids)
        assert (store.import_weights, store.update_status_when, store.destination) == (False, "announced", "none")
        assert (store.client_secret_set_on, store.authorised_on) == ("2026-11-23", "2026-11-23")
        assert store.test
        for name, secret in (("client-secret", answers.client_secret), ("refresh-token", answers.refresh_token)):
            assert value(world.deps.secrets.get("my-shop", name)) == secret.reveal()  # type: ignore[arg-type]

    def test_marks_a_store_of_the_real_amazon_as_no_test(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.environ = {}
        assert not keep(world.deps, answers_for(world), verified=False).store.test

    def test_leaves_what_connect_does_not_ask_about(self, tmp_path: Path) -> None:
        world = store_on_sandbox(
            tmp_path, test=True, hold_missing_weight=True, default_weight_grams=250, ship_by_guard_hours=6
        )
        store = keep(world.deps, answers_for(world, slug=SLUG), verified=True).store
        assert (store.hold_missing_weight, store.default_weight_grams, store.ship_by_guard_hours) == (True, 250, 6)

    def test_leaves_other_stores_and_unknown_keys(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        file = world.deps.home.config_file
        file.write_text(file.read_text() + 'from_a_newer_version = "kept"\n')
        keep(world.deps, answers_for(world), verified=True)
        assert set(world.deps.load_config().stores) == {SLUG, "my-shop"}
        assert 'from_a_newer_version = "kept"' in file.read_text()

    def test_dates_only_the_secret_that_is_new(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        keep(world.deps, answers_for(world), verified=True)
        world.clock.advance(86_400 * 3)
        store = keep(world.deps, answers_for(world, client_secret=Secret("newer", "memory")), verified=True).store
        assert (store.client_secret_set_on, store.authorised_on) == ("2026-11-26", "2026-11-23")

    def of_the_machine(self, secret: str, token: str) -> dict[str, Secret]:
        return {"client_secret": Secret(secret, "environment"), "refresh_token": Secret(token, "file")}

    def test_dates_a_renewed_secret_that_the_machine_gives(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.secrets = SystemSecrets(
            {"AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": "x", "AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN": "y"}, world.deps.home
        )
        keep(world.deps, answers_for(world, **self.of_the_machine("x", "y")), verified=True)
        world.clock.advance(86_400 * 3)
        again = keep(
            world.deps, answers_for(world, **self.of_the_machine("x", "y")), verified=True, renewing=True
        ).store
        assert (again.client_secret_set_on, again.authorised_on) == ("2026-11-23", "2026-11-23")
        store = keep(
            world.deps, answers_for(world, **self.of_the_machine("z", "y")), verified=True, renewing=True
        ).store
        assert (store.client_secret_set_on, store.authorised_on) == ("2026-11-26", "2026-11-23")

    def test_dates_what_the_machine_gives_at_the_first_renewal_of_an_older_store(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.secrets = SystemSecrets(
            {"AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": "x", "AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN": "y"}, world.deps.home
        )
        answers = answers_for(world, **self.of_the_machine("x", "y"))
        store = keep(world.deps, answers, verified=True).store
        unmarked = msgspec.structs.replace(store, client_secret_mark=None, refresh_token_mark=None)
        world.deps.save_config(world.deps.load_config().with_store("my-shop", unmarked))
        world.clock.advance(86_400 * 3)
        assert keep(world.deps, answers, verified=True).store.client_secret_set_on == "2026-11-23"
        world.deps.save_config(world.deps.load_config().with_store("my-shop", unmarked))
        assert keep(world.deps, answers, verified=True, renewing=True).store.client_secret_set_on == "2026-11-26"

    def test_does_not_copy_the_environment_s_secrets_into_the_keyring(self, tmp_path: Path) -> None:
        environ = {"AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": "x", "AMZLINK_SECRET_MY_SHOP_REFRESH_TOKEN": "y"}
        world = unconnected(tmp_path)
        keyring = FailingKeyring(keyring_error("NoKeyringError"))
        world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=keyring)
        keep(world.deps, answers_for(world), verified=True)
        assert keyring.calls == 0

    def test_that_fails_at_the_second_secret_puts_the_first_back(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.secrets = FullKeyring()
        for name in ("client-secret", "refresh-token"):
            world.deps.secrets.set("my-shop", name, "old")
        with pytest.raises(Problem, match="keyring-unavailable"):
            keep(world.deps, answers_for(world), verified=True)
        assert value(world.deps.secrets.get("my-shop", "client-secret")) == "old"
        assert value(world.deps.secrets.get("my-shop", "refresh-token")) == "old"
        assert world.deps.load_config().stores == {}

    def test_that_is_interrupted_between_two_files_leaves_neither_behind(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        folder = tmp_path / "keys"
        world.deps.secrets = InterruptedFiles(world.deps.secrets, folder)
        with pytest.raises(KeyboardInterrupt):
            keep(world.deps, answers_for(world), verified=True)
        assert not folder.exists()
        assert world.deps.load_config().stores == {}

    def test_that_fails_at_the_settings_leaves_no_secret_behind(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.home.config_file.unlink()
        world.deps.home.config_file.mkdir()  # a folder cannot be written as a file, not even by root
        with pytest.raises(Problem):
            keep(world.deps, answers_for(world), verified=True)
        assert world.deps.secrets.get("my-shop", "client-secret") is None
        assert world.deps.secrets.get("my-shop", "refresh-token") is None


class TestTheMachine:
    def test_without_a_place_for_secrets_is_refused_before_anything_is_asked(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        failing = FailingKeyring(keyring_error("NoKeyringError"))
        world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=failing)
        with pytest.raises(Problem) as caught:
            require_place(world.deps, None)
        assert caught.value.name.value == "keyring-unavailable"
        assert "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE" in caught.value.next_step
        assert "`amzlink connect --store my-shop`" in caught.value.next_step

    def test_that_gives_the_secrets_itself_needs_no_keyring(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        environ = {"AMZLINK_SECRET_A_CLIENT_SECRET": "x", "AMZLINK_SECRET_A_REFRESH_TOKEN": "y"}
        failing = FailingKeyring(keyring_error("NoKeyringError"))
        world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=failing)
        require_place(world.deps, "a")
        fault = vault_fault(world.deps, "a")
        assert fault is not None
        assert fault.name.value == "keyring-unavailable"
        assert "AMZLINK_SECRET_A_VAULT_KEY_FILE" in fault.next_step

    def test_with_a_keyring_has_a_place_for_the_vault_key(self, tmp_path: Path) -> None:
        assert vault_fault(unconnected(tmp_path).deps, "a") is None


def test_two_connections_at_once_do_not_lose_each_other_s_store(tmp_path: Path) -> None:
    """The settings are read again when they are written: a guided set-up takes minutes."""
    world = unconnected(tmp_path)
    answers = answers_for(world)
    other = store_on_sandbox(tmp_path / "other").deps.load_config().stores[SLUG]
    world.deps.save_config(Config().with_store("meanwhile", other))
    keep(world.deps, answers, verified=True)
    assert set(world.deps.load_config().stores) == {"meanwhile", "my-shop"}
