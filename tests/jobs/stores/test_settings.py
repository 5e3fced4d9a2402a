"""Looking at stores and changing their settings."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from amzlink.cli.views.stores import Settings
from amzlink.config.settings import SETTINGS
from amzlink.jobs.stores.settings import SecretPlace, list_stores, set_default, set_settings, show_store
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.system import SystemSecrets
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox
from tests.test_secrets import DictKeyring, FailingKeyring, keyring_error


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0)


def refusal(world: StoreOnSandbox, assignment: str, slug: str | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        set_settings(world.deps, slug, [assignment])
    return caught.value


def stored(world: StoreOnSandbox) -> dict[str, Any]:
    return msgspec.structs.asdict(world.deps.load_config().stores[SLUG])


def test_stores_are_listed_by_slug_with_the_default_marked(world: StoreOnSandbox) -> None:
    config = world.deps.load_config()
    world.deps.save_config(config.with_store("a-shop", config.stores[SLUG]))
    set_default(world.deps, SLUG)
    assert [(shown.slug, shown.is_default) for shown in list_stores(world.deps)] == [("a-shop", False), (SLUG, True)]


def test_listing_does_not_ask_the_keyring(world: StoreOnSandbox) -> None:
    keyring = FailingKeyring(keyring_error("NoKeyringError"))
    world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=keyring)
    assert list_stores(world.deps)[0].secrets is None
    assert keyring.calls == 0


class TestShowing:
    def test_names_the_place_of_each_secret(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        (tmp_path / "demo-shop.refresh-token").write_text("x")
        environ = {"AMZLINK_SECRET_DEMO_SHOP_CLIENT_SECRET": "x", "CREDENTIALS_DIRECTORY": str(tmp_path)}
        world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=DictKeyring())
        world.deps.secrets.set(SLUG, "vault-key", "x")
        assert show_store(world.deps, None).secrets == {
            "client-secret": SecretPlace("environment"),
            "refresh-token": SecretPlace("credentials directory", file=tmp_path / "demo-shop.refresh-token"),
            "sendcloud-secret-key": SecretPlace(None),
            "vault-key": SecretPlace("keyring"),
        }

    def test_goes_on_without_a_keyring_and_says_so(self, world: StoreOnSandbox) -> None:
        failing = FailingKeyring(keyring_error("KeyringLocked"))
        world.deps.secrets = SystemSecrets(
            {"AMZLINK_SECRET_DEMO_SHOP_CLIENT_SECRET": "x"}, world.deps.home, keyring=failing
        )
        secrets = show_store(world.deps, None).secrets or {}
        assert secrets["client-secret"] == SecretPlace("environment")
        assert secrets["refresh-token"] == SecretPlace(None, ProblemName.KEYRING_LOCKED)

    def test_never_holds_a_secret(self, world: StoreOnSandbox) -> None:
        shown = repr(show_store(world.deps, None))
        assert world.sandbox.world.account.app.client_secret not in shown
        assert world.sandbox.world.account.app.refresh_token not in shown


class TestSetting:
    @pytest.mark.parametrize(
        ("assignment", "key", "value"),
        [
            ("name=My New Shop", "name", "My New Shop"),
            ("import_weights=true", "import_weights", True),
            (" update_status_when = announced ", "update_status_when", "announced"),
            ("hold_missing_weight=true", "hold_missing_weight", True),
            ("hold_missing_customs=true", "hold_missing_customs", True),
            ("default_weight_grams=250", "default_weight_grams", 250),
            ("include_prime=always", "include_prime", "always"),
            ("include_prime=never", "include_prime", "never"),
            ("include_prime=auto", "include_prime", "auto"),
            ("include_prime=true", "include_prime", "always"),
            ("include_prime=False", "include_prime", "never"),
            ("include_prime=ja, graag", "include_prime", "always"),
            ("hold_missing_weight=Tak", "hold_missing_weight", True),
            ("notes_for_demands=nein", "notes_for_demands", False),
            ("include_customised=true", "include_customised", True),
            ("notes_for_demands=false", "notes_for_demands", False),
            ("ship_by_guard_hours=6", "ship_by_guard_hours", 6),
            ("purge_destination=true", "purge_destination", True),
            ("destination=none", "destination", "none"),
            ("marketplace_ids=DE", "marketplace_ids", ("A1PA6795UKMFR9",)),
            ("marketplace_ids=A1PA6795UKMFR9, netherlands", "marketplace_ids", ("A1PA6795UKMFR9", "A1805IZSGTT6HS")),
        ],
    )
    def test_changes_that_setting_alone(self, world: StoreOnSandbox, assignment: str, key: str, value: object) -> None:
        before = stored(world)
        set_settings(world.deps, None, [assignment])
        assert stored(world) == {**before, key: value}

    def test_several_change_together_or_not_at_all(self, world: StoreOnSandbox) -> None:
        before = stored(world)
        for wrong in ("name=", "import_weights=perhaps", "carrier.=DPD", "Shop", " import_weights =nein"):
            with pytest.raises(Problem, match="usage"):
                set_settings(world.deps, None, ["import_weights=ja", "carrier.Budbee=DPD", wrong])
            assert stored(world) == before
        set_settings(world.deps, None, ["import_weights=ja", "carrier.Budbee=DPD", "ship_by_guard_hours=6"])
        changed = {"import_weights": True, "carriers": {"Budbee": "DPD"}, "ship_by_guard_hours": 6}
        assert stored(world) == {**before, **changed}

    def test_an_optional_one_to_nothing_takes_it_away(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["default_weight_grams=250"])
        set_settings(world.deps, None, ["default_weight_grams="])
        assert stored(world)["default_weight_grams"] is None
        assert "default_weight_grams" not in world.deps.home.config_file.read_text()

    def test_marketplaces_without_the_own_country_moves_the_country(self, world: StoreOnSandbox) -> None:
        shown = set_settings(world.deps, None, ["marketplace_ids=FR,NL"])
        assert (shown.store.country, shown.store.marketplace_ids) == ("FR", ("A13V1IB3VIYZZH", "A1805IZSGTT6HS"))

    @pytest.mark.parametrize(
        ("assignment", "problem"),
        [
            ("import_weights", "usage"),
            ("import_weights=perhaps", "usage"),
            ("update_status_when=delivered", "usage"),
            ("include_prime=sometimes", "usage"),
            ("include_prime=", "usage"),
            ("colour=red", "usage"),
            ("seller_id=A3TH9S8BH6GOGM", "usage"),
            ("name=", "usage"),
            ("default_weight_grams=0", "usage"),
            ("default_weight_grams=-5", "usage"),
            ("default_weight_grams=70001", "usage"),
            ("ship_by_guard_hours=-1", "usage"),
            ("ship_by_guard_hours=721", "usage"),
            ("=x", "usage"),
            ("marketplace_ids=", "usage"),
            ("marketplace_ids=DE,XX", "usage"),
            ("marketplace_ids=DE,US", "region-mixed"),
            ("marketplace_ids=US", "region-mixed"),
            ("destination=sendcloud", "sendcloud-keys-missing"),
            ("destination=moon", "usage"),
            ("sendcloud_public_key=abc", "secret-looks-wrong"),
            ("sendcloud_integration_id=0", "usage"),
            ("sendcloud_integration_id=x", "usage"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_changes(
        self, world: StoreOnSandbox, assignment: str, problem: str
    ) -> None:
        before = world.deps.home.config_file.read_bytes()
        assert refusal(world, assignment).name.value == problem
        assert world.deps.home.config_file.read_bytes() == before

    def test_names_the_countries_of_two_regions(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["marketplace_ids=DE"])
        assert refusal(world, "marketplace_ids=US").summary == (
            "Germany, United States are in different Amazon regions."
        )

    def test_of_an_unknown_store_is_refused(self, world: StoreOnSandbox) -> None:
        assert refusal(world, "name=x", "nobody").name.value == "no-store"


class TestSendingToSendcloud:
    def test_needs_both_keys_and_the_integration(self, world: StoreOnSandbox) -> None:
        credentials = world.sandbox.world.account.credentials()
        set_settings(world.deps, None, [f"sendcloud_public_key={credentials['sendcloud_public_key']}"])
        assert refusal(world, "destination=sendcloud").name.value == "sendcloud-keys-missing"
        set_settings(world.deps, None, [f"sendcloud_integration_id={credentials['sendcloud_integration_id']}"])
        assert set_settings(world.deps, None, ["destination=sendcloud"]).store.destination == "sendcloud"

    def test_is_refused_with_the_way_to_give_them_where_the_secret_key_is_missing(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, destination="sendcloud")
        set_settings(world.deps, None, ["destination=none"])
        world.deps.secrets.delete(SLUG, "sendcloud-secret-key")
        problem = refusal(world, "destination=sendcloud")
        assert problem.name.value == "sendcloud-keys-missing"
        assert f"amzlink connect --store {SLUG}" in problem.next_step

    @pytest.mark.parametrize("key", ["sendcloud_public_key", "sendcloud_integration_id"])
    def test_goes_on_only_while_they_are_there(self, tmp_path: Path, key: str) -> None:
        world = store_on_sandbox(tmp_path, destination="sendcloud")
        assert refusal(world, f"{key}=").name.value == "sendcloud-keys-missing"
        set_settings(world.deps, None, ["destination=none"])
        set_settings(world.deps, None, [f"{key}="])


def test_every_setting_is_shown_beside_the_marketplaces() -> None:
    shown = [name for name in Settings.__struct_fields__ if name != "carriers"]  # which is set by `carrier.NAME`
    assert [key for key in SETTINGS if key != "marketplace_ids"] == shown
    assert list(Settings.__struct_fields__) == [
        "name",
        "import_weights",
        "update_status_when",
        "destination",
        "hold_missing_weight",
        "hold_missing_customs",
        "default_weight_grams",
        "include_prime",
        "include_customised",
        "notes_for_demands",
        "ship_by_guard_hours",
        "purge_destination",
        "sendcloud_public_key",
        "sendcloud_integration_id",
        "carriers",
    ]


class TestOwnCarriers:
    """`stores set carrier.NAME=CODE[,METHOD]`."""

    def test_are_kept_in_the_file_with_amazon_s_spelling(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["carrier.Budbee=dpd"])
        shown = set_settings(world.deps, None, ["carrier.Red je Pakketje=PostNL, Brievenbus"])
        assert tomllib.loads(world.deps.home.config_file.read_text())["stores"][SLUG]["carriers"] == {
            "Budbee": "DPD",
            "Red je Pakketje": {"code": "PostNL", "method": "Brievenbus"},
        }
        assert shown.store.own_carriers["redjepakketje"].method == "Brievenbus"
        assert world.reported.warnings == []

    def test_a_name_is_the_same_whatever_its_capitals_and_blanks(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["carrier.Red je Pakketje=DPD"])
        set_settings(world.deps, None, ["carrier. red JE  pakketje =GLS"])
        assert stored(world)["carriers"] == {"red JE  pakketje": "GLS"}
        set_settings(world.deps, None, ["carrier.REDJEPAKKETJE="])
        assert stored(world).get("carriers", {}) == {}

    def test_a_code_that_the_list_lacks_is_taken_and_warned_of(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["carrier.Evri=Evri Next"])
        set_settings(world.deps, None, ["carrier.Budbee=Chronpost"])
        assert stored(world)["carriers"] == {"Budbee": "Chronpost", "Evri": "Evri Next"}
        first, second = world.reported.warnings
        assert [first.name.value, second.name.value] == ["carrier-code-unlisted"] * 2
        assert "Did you mean Chronopost?" in second.next_step
        assert f"`amzlink stores set carrier.Budbee=Chronopost --store {SLUG}`" in second.next_step

    def test_other_is_a_code_too(self, world: StoreOnSandbox) -> None:
        set_settings(world.deps, None, ["carrier.Budbee=other"])
        assert stored(world)["carriers"] == {"Budbee": "Other"}
        assert world.reported.warnings == []

    @pytest.mark.parametrize(
        ("assignment", "words"),
        [
            ("carrier.=DPD", "A name is missing"),
            ("carrier.DPD\x07=DPD", "visible characters"),
            ("carrier.DPD=,Classic", "visible characters"),
            ("carrier.DPD=", "It has none"),
        ],
        ids=["no-name", "invisible", "no-code", "not-there"],
    )
    def test_what_cannot_be_is_refused(self, world: StoreOnSandbox, assignment: str, words: str) -> None:
        problem = refusal(world, assignment)
        assert problem.name.value == "usage"
        assert words in problem.summary


def test_only_a_connected_store_can_be_the_default(world: StoreOnSandbox) -> None:
    assert set_default(world.deps, SLUG) == SLUG
    assert world.deps.load_config().default_store == SLUG
    with pytest.raises(Problem, match="no-store"):
        set_default(world.deps, "nobody")
    assert world.deps.load_config().default_store == SLUG


def test_a_store_keeps_a_name(world: StoreOnSandbox) -> None:
    assert refusal(world, "name=").name is ProblemName.USAGE
    assert stored(world)["name"] == "Demo Shop"
