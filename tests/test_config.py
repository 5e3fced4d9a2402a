"""`config.toml`: what is read, what survives a rewrite, and what is refused with all its faults at once."""

import stat
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.config.file import read_config, write_config
from amzlink.config.settings import SETTINGS, Config, Store
from amzlink.config.typed_setting import parse_setting
from amzlink.core.orders.holds import HoldPolicy
from amzlink.core.privacy.retention import Retention
from amzlink.problems import Exit, Problem
from tests.orderbook.machine import as_nobody, common_folder, needs_root
from tests.support.problems import texts_of

MINIMAL = """
[stores.my-shop]
name = "My Shop"
country = "DE"
seller_id = "A2EXAMPLE"
client_id = "amzn1.application-oa2-client.1"
marketplace_ids = ["A1PA6795UKMFR9"]
"""
STORE = Store(
    name="My Shop",
    country="DE",
    seller_id="A2EXAMPLE",
    client_id="amzn1.application-oa2-client.1",
    marketplace_ids=("A1PA6795UKMFR9",),
)

RECIPIENT = "age1mj5pzr0h2586mnaw7ur9w3nyn253rzl3fh47g34hhq2rc60s4gpqpw3kgr"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.toml"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def refusal(file: Path, text: str) -> Problem:
    with pytest.raises(Problem) as error:
        read_config(written(file, text))
    return error.value


class TestReading:
    def test_no_file_is_an_empty_configuration(self, file: Path) -> None:
        assert read_config(file) == Config()

    def test_an_empty_file_is_an_empty_configuration(self, file: Path) -> None:
        assert read_config(written(file, "")) == Config()

    def test_a_file_with_a_byte_order_mark_is_read(self, file: Path) -> None:
        assert read_config(written(file, '\ufeffdefault_store = "my-shop"\n')).default_store == "my-shop"

    def test_a_store_has_the_defaults_of_the_contract(self, file: Path) -> None:
        store = read_config(written(file, MINIMAL)).stores["my-shop"]
        assert store == STORE
        assert {name: getattr(store, name) for name in SETTINGS} == {
            "name": "My Shop",
            "marketplace_ids": ("A1PA6795UKMFR9",),
            "import_weights": True,
            "update_status_when": "processed",
            "destination": "none",
            "hold_missing_weight": False,
            "hold_missing_customs": False,
            "default_weight_grams": None,
            "include_prime": "auto",
            "include_customised": False,
            "notes_for_demands": True,
            "ship_by_guard_hours": 0,
            "purge_destination": False,
            "sendcloud_public_key": None,
            "sendcloud_integration_id": None,
        }
        assert not store.test
        assert not store.amazon_sandbox

    def test_the_other_sections_have_the_defaults_of_the_contract(self, file: Path) -> None:
        found = read_config(written(file, MINIMAL))
        assert found.retention == Retention(days=30, counts_from="delivery", unknown_delivery_days=14, order_months=18)
        assert found.database.url is None
        assert (found.archive.dir, found.archive.recipients) == (None, ())

    def test_all_sections_are_read(self, file: Path) -> None:
        text = """
            default_store = "my-shop"
            [database]
            url = "sqlite:////srv/orders.db"
            [retention]
            days = 7
            counts_from = "shipment"
            unknown_delivery_days = 3
            order_months = 12
            [archive]
            dir = "/srv/archive"
            recipients = ["RECIPIENT"]
        """.replace("RECIPIENT", RECIPIENT)
        found = read_config(written(file, text + MINIMAL))
        assert found.default_store == "my-shop"
        assert found.database.url == "sqlite:////srv/orders.db"
        assert found.retention == Retention(7, "shipment", 3, 12)
        assert (found.archive.dir, found.archive.recipients) == ("/srv/archive", (RECIPIENT,))
        assert found.archive.folder == Path("/srv/archive")

    def test_prime_and_missing_weights_are_held_as_the_store_is_set(self) -> None:
        assert STORE.hold_policy == HoldPolicy(include_prime="auto", hold_missing_weight=False)
        set_otherwise = msgspec.structs.replace(STORE, include_prime="never", hold_missing_weight=True)
        assert set_otherwise.hold_policy == HoldPolicy(include_prime="never", hold_missing_weight=True)

    @pytest.mark.parametrize(("before", "now"), [("true", "always"), ("false", "auto")])
    def test_the_boolean_that_an_earlier_version_wrote_for_prime_is_read(
        self, file: Path, before: str, now: str
    ) -> None:
        found = read_config(written(file, f"{MINIMAL}\ninclude_prime = {before}\n"))
        assert found.stores["my-shop"].include_prime == now
        assert found.old_prime == {"my-shop": before == "true"}
        write_config(found, file)
        assert read_config(file).stores["my-shop"].include_prime == now
        assert read_config(file).old_prime == {}

    def test_brackets_without_an_end_are_told_and_no_bug(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text("a = " + "[" * 100_000)
        with pytest.raises(Problem) as error:
            read_config(tmp_path / "config.toml")
        assert error.value.name.value == "config-invalid"

    @needs_root
    def test_a_file_that_may_not_be_read_is_told(self) -> None:
        with common_folder() as folder:
            (folder / "config.toml").write_text(MINIMAL)
            (folder / "config.toml").chmod(0o600)
            said = as_nobody(folder, 'told(lambda: read_config(here / "config.toml"))')
        assert said.startswith("not-readable")
        assert "Permission denied" in said


class TestRefusing:
    @pytest.mark.parametrize("text", ["default_store = ", "[stores", 'name = "open', "a = 1\na = 2", "\x00", "= 1"])
    def test_what_is_no_toml_is_told_with_the_file_and_the_place(self, file: Path, text: str) -> None:
        problem = refusal(file, text)
        assert problem.name.value == "config-invalid"
        assert problem.exit_code is Exit.CONFIGURATION
        assert str(file) in problem.summary
        assert "line 1" in problem.summary or "line 2" in problem.summary or "end of document" in problem.summary

    def test_what_is_not_utf_8_is_told(self, file: Path) -> None:
        file.parent.mkdir()
        file.write_bytes(b'name = "\xe9"')
        with pytest.raises(Problem) as error:
            read_config(file)
        assert error.value.name.value == "config-invalid"

    @pytest.mark.parametrize(
        ("line", "place"),
        [
            ("default_store = 7", "default_store"),
            ("stores = 7", "stores"),
            ("stores = { my-shop = 7 }", "stores.my-shop"),
            ("retention = 7", "retention"),
            ("retention.days = 'many'", "retention.days"),
            ("retention.days = 31", "retention.days"),
            ("retention.days = 0", "retention.days"),
            ("retention.counts_from = 'purchase'", "retention.counts_from"),
            ("retention.unknown_delivery_days = 31", "retention.unknown_delivery_days"),
            ("retention.unknown_delivery_days = -1", "retention.unknown_delivery_days"),
            ("retention.order_months = 0", "retention.order_months"),
            ("database.url = 7", "database.url"),
            ("archive.recipients = 'age1'", "archive.recipients"),
            ("archive.dir = '/srv/archive'", "archive.recipients"),
            ("archive.dir = 'archive'", "archive.dir"),
            ("archive.dir = ''", "archive.dir"),
            ("archive.dir = '~nobody-of-this-name/archive'", "archive.dir"),
            ("archive.recipients = ['age1example']", "archive.recipients"),
            ("archive.recipients = ['ssh-ed25519 AAAA']", "archive.recipients"),
        ],
    )
    def test_a_value_that_cannot_be_is_told_with_its_place(self, file: Path, line: str, place: str) -> None:
        problem = refusal(file, line)
        assert problem.name.value == "config-invalid"
        assert f"{place}: " in problem.summary

    def test_recipients_without_a_folder_are_refused(self, file: Path) -> None:
        assert "archive.dir is missing" in refusal(file, f"archive.recipients = ['{RECIPIENT}']").summary

    def test_a_private_key_among_the_recipients_is_refused_and_not_repeated(self, file: Path) -> None:
        private = "AGE-SECRET-KEY-1" + "Q" * 58
        problem = refusal(file, f"[archive]\ndir = '/srv'\nrecipients = ['{RECIPIENT}', '{private}']")
        assert "archive.recipients: no. 2 is a private key" in problem.summary
        assert private not in repr((texts_of(problem), problem.facts))

    def test_the_archives_folder_may_be_in_the_users_home(self, file: Path, empty_home: Path) -> None:
        found = read_config(written(file, f"[archive]\ndir = '~/archive'\nrecipients = ['{RECIPIENT}']"))
        assert found.archive.folder == empty_home / "archive"
        assert read_config(written(file, "")).archive.folder is None

    def test_more_than_thirty_days_are_refused_with_the_reason(self, file: Path) -> None:
        assert "Amazon allows 1 to 30 days" in refusal(file, "[retention]\ndays = 31").summary

    @pytest.mark.parametrize("days", [1, 30])
    def test_one_to_thirty_days_are_taken(self, file: Path, days: int) -> None:
        assert read_config(written(file, f"[retention]\ndays = {days}")).retention.days == days

    @pytest.mark.parametrize(
        "line",
        [
            "import_weights = 'yes'",
            "import_weights = 1",
            "update_status_when = 'delivered'",
            "destination = 'elsewhere'",
            "default_weight_grams = 0.5",
            "ship_by_guard_hours = '2'",
            "marketplace_ids = 'A1PA6795UKMFR9'",
            "name = 7",
        ],
    )
    def test_a_store_with_a_value_that_cannot_be_is_refused(self, file: Path, line: str) -> None:
        key = line.split(" = ", maxsplit=1)[0]
        text = "\n".join(known for known in MINIMAL.splitlines() if not known.startswith(f"{key} "))
        problem = refusal(file, f"{text}\n{line}")
        assert "stores.my-shop" in problem.summary
        assert key in problem.summary

    @pytest.mark.parametrize("missing", ["name", "country", "seller_id", "client_id", "marketplace_ids"])
    def test_a_store_without_what_it_needs_is_refused(self, file: Path, missing: str) -> None:
        text = "\n".join(line for line in MINIMAL.splitlines() if not line.startswith(missing))
        assert missing in refusal(file, text).summary

    @pytest.mark.parametrize("slug", ["My Shop", "", "../outside", "UPPER", "über"])
    def test_a_store_whose_name_in_the_file_is_no_slug_is_refused(self, file: Path, slug: str) -> None:
        """A slug becomes the name of a lock file and of variables."""
        problem = refusal(file, MINIMAL.replace("my-shop", f'"{slug}"'))
        assert problem.name.value == "config-invalid"
        assert "a-z" in problem.summary

    def test_all_faults_are_told_at_once(self, file: Path) -> None:
        text = """
            default_store = 7
            [retention]
            days = 90
            order_months = 0
            [archive]
            dir = 7
            [stores.one]
            name = "One"
            country = "DE"
            seller_id = "A2EXAMPLE"
            client_id = "id"
            marketplace_ids = ["A1PA6795UKMFR9"]
            import_weights = "yes"
            destination = "elsewhere"
            [stores.two]
            name = "Two"
        """
        summary = refusal(file, text).summary
        places = [
            "default_store", "retention.days", "retention.order_months", "archive", "stores.one.import_weights",
            "stores.one.destination", "stores.two.country", "stores.two.seller_id", "stores.two.client_id",
            "stores.two.marketplace_ids",
        ]  # fmt: skip
        assert [place for place in places if place not in summary] == []

    def test_a_number_that_stores_set_refuses_is_refused_in_the_file_too(self, file: Path) -> None:
        for line in ("default_weight_grams = 0", "default_weight_grams = 70001", "ship_by_guard_hours = -1"):
            name = line.partition(" ")[0]
            assert f"stores.my-shop.{name}: it has to be between" in refusal(file, MINIMAL + line).summary

    def test_what_a_value_has_to_be_is_told_in_words_and_not_by_the_library(self, file: Path) -> None:
        wrong = {
            "default_store = 1": "default_store: it has to be a text",
            "retention.days = '30'": "retention.days: it has to be a whole number",
            "notify.command = 'tell'": "notify.command: it has to be a list of texts",
            "notify.ping = 1": "notify.ping: it has to be a text in quotation marks, or a table",
            "archive = 1": "archive: it has to be a table",
            "stores.a.import_weights = 'no'": "stores.a.import_weights: it has to be true or false",
            "stores.a.destination = 'x'": "stores.a.destination: it can be none, sendcloud",
            "stores.a.carriers.x = 1": "stores.a.carriers: it has to be a table",
            "stores.a.default_weight_grams = 'x'": "stores.a.default_weight_grams: it has to be a whole number",
        }
        for text, words in wrong.items():
            summary = refusal(file, text).summary
            assert words in summary
            assert "Expected" not in summary

    def test_nothing_of_a_refused_file_is_changed(self, file: Path) -> None:
        refusal(file, "retention.days = 31")
        assert file.read_text() == "retention.days = 31"


class TestRewriting:
    def test_what_was_saved_is_what_is_read(self, file: Path) -> None:
        full = Store(
            name="Größe & Co “Ltd”",
            country="GB",
            seller_id="A2EXAMPLE",
            client_id="id",
            marketplace_ids=("A1F83G8C2ARO7P", "A1PA6795UKMFR9"),
            import_weights=False,
            update_status_when="announced",
            destination="sendcloud",
            hold_missing_weight=True,
            default_weight_grams=450,
            include_prime="never",
            include_customised=True,
            notes_for_demands=False,
            ship_by_guard_hours=4,
            purge_destination=True,
            sendcloud_public_key="key",
            sendcloud_integration_id=12,
            amazon_sandbox=True,
            test=True,
            client_secret_set_on="2026-11-23",
            authorised_on="2026-11-23",
        )
        config = msgspec.structs.replace(Config().with_store("a", full).with_store("b", STORE), default_store="b")
        write_config(config, file)
        found = read_config(file)
        assert found.stores == {"a": full, "b": STORE}
        assert found.default_store == "b"

    def test_the_file_is_the_users_alone(self, file: Path) -> None:
        write_config(Config(), file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_keys_that_this_version_does_not_know_survive(self, file: Path) -> None:
        text = f"""
            new_switch = true
            [new_section]
            since = 2026-11-23T09:30:00Z
            [retention]
            days = 20
            new_rule = "strict"
            {MINIMAL}
            new_setting = [1, 2, 3]
            [stores.my-shop.new_table]
            deep = 1.5
        """
        config = read_config(written(file, text))
        changed = msgspec.structs.replace(config.stores["my-shop"], import_weights=False)
        write_config(config.with_store("my-shop", changed), file)
        before, after = tomllib.loads(text), tomllib.loads(file.read_text())
        before["stores"]["my-shop"]["import_weights"] = False
        assert {key: after[key] for key in before if key != "stores"} == {
            key: before[key] for key in before if key != "stores"
        }
        assert before["stores"]["my-shop"].items() <= after["stores"]["my-shop"].items()
        assert read_config(file).stores["my-shop"] == changed

    def test_sections_that_no_command_changes_survive_as_they_were(self, file: Path) -> None:
        text = '[database]\nurl = "sqlite:////srv/o.db"\n[archive]\ndir = "~/archive"\n[retention]\ndays = 9\n'
        text = text.replace("[retention]", f'recipients = ["{RECIPIENT}"]\n[retention]')
        write_config(read_config(written(file, text)).with_store("my-shop", STORE), file)
        found = read_config(file)
        assert (found.database.url, found.archive.dir, found.archive.recipients, found.retention.days) == (
            "sqlite:////srv/o.db", "~/archive", (RECIPIENT,), 9,
        )  # fmt: skip

    def test_a_setting_that_was_taken_away_is_gone_from_the_file(self, file: Path) -> None:
        with_weight = msgspec.structs.replace(STORE, default_weight_grams=450)
        write_config(Config().with_store("my-shop", with_weight), file)
        write_config(read_config(file).with_store("my-shop", STORE), file)
        assert "default_weight_grams" not in file.read_text()
        assert read_config(file).stores["my-shop"] == STORE

    def test_a_store_that_was_removed_is_gone_with_its_unknown_keys(self, file: Path) -> None:
        config = read_config(
            written(file, f'default_store = "my-shop"\n{MINIMAL}new_setting = 1\n[stores.b]\n' + MINIMAL[18:])
        )
        write_config(config.without_store("my-shop"), file)
        found = read_config(file)
        assert list(found.stores) == ["b"]
        assert found.default_store is None
        assert "new_setting" not in file.read_text()

    def test_removing_another_store_keeps_the_default(self) -> None:
        config = msgspec.structs.replace(Config().with_store("a", STORE).with_store("b", STORE), default_store="a")
        assert config.without_store("b").default_store == "a"

    def test_marks_of_test_stores_stand_only_in_test_stores(self, file: Path) -> None:
        write_config(Config().with_store("my-shop", STORE), file)
        table = tomllib.loads(file.read_text())["stores"]["my-shop"]
        assert "test" not in table
        assert "amazon_sandbox" not in table

    def test_a_mark_that_is_taken_away_is_taken_away(self, file: Path) -> None:
        write_config(Config().with_store("my-shop", msgspec.structs.replace(STORE, test=True)), file)
        write_config(read_config(file).with_store("my-shop", STORE), file)
        assert read_config(file).stores["my-shop"] == STORE

    @given(
        st.recursive(
            st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False) | st.dates(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
        st.text(min_size=1, max_size=8),
    )
    @settings(deadline=None)
    def test_whatever_an_unknown_key_holds_survives(self, value: Any, key: str) -> None:
        unknown = f"x-{key}"
        store = {**tomllib.loads(MINIMAL)["stores"]["my-shop"], unknown: value}
        with common_folder() as folder:
            file = folder / "config.toml"
            file.write_bytes(tomli_w.dumps({unknown: value, "stores": {"my-shop": store}}).encode())
            write_config(read_config(file), file)
            after = tomllib.loads(file.read_bytes().decode())
            assert after[unknown] == value
            assert after["stores"]["my-shop"][unknown] == value


class TestChoosing:
    FILE = Path("/home/me/config.toml")

    def config(self, *slugs: str, default: str | None = None) -> Config:
        return Config(stores=dict.fromkeys(slugs, STORE), default_store=default)

    def test_the_store_that_was_named_is_taken(self) -> None:
        assert self.config("a", "b", default="a").choose("b", self.FILE) == "b"

    def test_a_store_whose_settings_are_broken_keeps_no_other_from_being_taken_nor_saved(self, tmp_path: Path) -> None:
        file = tmp_path / "config.toml"
        given = tomllib.loads(MINIMAL)["stores"]
        file.write_bytes(tomli_w.dumps({"stores": {**given, "b": {"include_prime": "perhaps"}}}).encode())
        file.chmod(0o600)
        config = read_config(file, one_by_one=True)
        assert config.choose("my-shop", self.FILE) == "my-shop"
        for wanted, problem in (("b", "config-invalid"), (None, "which-store")):
            with pytest.raises(Problem) as error:
                config.choose(wanted, self.FILE)
            assert error.value.name.value == problem
        assert "stores.b.include_prime" in str(config.broken["b"])
        assert "it can be auto, always, never" in str(config.broken["b"])
        write_config(config, file)
        assert tomllib.loads(file.read_text())["stores"]["b"] == {"include_prime": "perhaps"}

    def test_the_only_store_needs_no_name(self) -> None:
        assert self.config("a").choose(None, self.FILE) == "a"

    def test_of_several_the_default_is_taken(self) -> None:
        assert self.config("a", "b", default="b").choose(None, self.FILE) == "b"

    @pytest.mark.parametrize("default", [None, "gone"])
    def test_of_several_without_a_default_none_is_guessed_and_all_are_listed(self, default: str | None) -> None:
        with pytest.raises(Problem) as error:
            self.config("b", "a", default=default).choose(None, self.FILE)
        assert error.value.name.value == "which-store"
        assert "a, b" in error.value.summary

    def test_a_store_that_is_not_there_is_told_by_its_name(self) -> None:
        with pytest.raises(Problem) as error:
            self.config("a").choose("b", self.FILE)
        assert error.value.name.value == "no-store"
        assert "“b”" in error.value.summary
        assert "Connected stores: a." in error.value.next_step

    def test_without_any_store_that_is_told(self) -> None:
        with pytest.raises(Problem) as error:
            self.config().choose(None, self.FILE)
        assert error.value.name.value == "no-store"
        assert str(self.FILE) in error.value.cause
        assert "stores list" not in error.value.next_step  # it would be empty
        assert "the AMZLINK_HOME, with which" in error.value.next_step


class TestSettings:
    @pytest.mark.parametrize(
        ("key", "text", "value"),
        [
            ("name", " My Shop ", "My Shop"),
            ("name", "007", "007"),
            ("import_weights", "true", True),
            ("import_weights", "false", False),
            ("import_weights", "ja", True),
            ("import_weights", "No", False),
            ("import_weights", "0", False),
            ("name", "Ja", "Ja"),
            ("update_status_when", "announced", "announced"),
            ("destination", "none", "none"),
            ("default_weight_grams", "450", 450),
            ("default_weight_grams", "", None),
            ("ship_by_guard_hours", "4", 4),
            ("sendcloud_public_key", "abc", "abc"),
            ("sendcloud_public_key", "", None),
            ("sendcloud_integration_id", "12", 12),
            ("marketplace_ids", "A1PA6795UKMFR9", ("A1PA6795UKMFR9",)),
            ("marketplace_ids", "A1PA6795UKMFR9, A13V1IB3VIYZZH", ("A1PA6795UKMFR9", "A13V1IB3VIYZZH")),
        ],
    )
    def test_a_text_becomes_the_value_that_it_means(self, key: str, text: str, value: object) -> None:
        assert parse_setting(key, text) == value

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("import_weights", ""),
            ("import_weights", "perhaps"),
            ("update_status_when", "delivered"),
            ("destination", ""),
            ("default_weight_grams", "half a kilo"),
            ("default_weight_grams", "0.5"),
            ("ship_by_guard_hours", ""),
            ("name", ""),
            ("marketplace_ids", ""),
            ("marketplace_ids", " , "),
        ],
    )
    def test_a_value_that_cannot_be_is_a_usage_error_that_names_the_setting(self, key: str, text: str) -> None:
        with pytest.raises(Problem) as error:
            parse_setting(key, text)
        assert error.value.name.value == "usage"
        assert error.value.exit_code is Exit.USAGE
        assert key in error.value.summary

    @pytest.mark.parametrize(
        ("key", "values"),
        [
            ("update_status_when", "announced, processed"),
            ("destination", "none, sendcloud"),
            ("import_weights", "true, false"),
            ("default_weight_grams", "a whole number"),
            ("name", "cannot be empty"),
        ],
    )
    def test_the_values_that_a_setting_may_have_are_named(self, key: str, values: str) -> None:
        with pytest.raises(Problem) as error:
            parse_setting(key, "shipped" if key != "name" else "")
        assert values in error.value.summary

    @pytest.mark.parametrize("key", ["seller_id", "client_id", "country", "test", "nonsense", ""])
    def test_what_follows_from_the_account_cannot_be_set(self, key: str) -> None:
        with pytest.raises(Problem) as error:
            parse_setting(key, "value")
        assert error.value.name.value == "usage"
        assert "import_weights" in error.value.summary

    def test_every_setting_is_a_field_of_a_store(self) -> None:
        assert set(SETTINGS) <= set(Store.__struct_fields__)

    @given(st.sampled_from(SETTINGS), st.text(max_size=10))
    @settings(deadline=None)
    def test_whatever_is_typed_gives_a_value_that_can_be_saved_or_a_usage_error(self, key: str, text: str) -> None:
        try:
            value = parse_setting(key, text)
        except Problem as problem:
            if problem.name.value != "usage":
                raise
        else:
            msgspec.convert({**msgspec.to_builtins(STORE), key: value}, Store)


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 100_000, "a = " + "1" * 5000, "a." * 100_000 + "b = 1", "[" + "a." * 100_000 + "b]"],
    ids=["lists", "digits", "key", "table"],
)
def test_a_file_that_is_made_to_break_its_reader_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(Problem) as caught:
        read_config(file)
    assert caught.value.name.value == "config-invalid"


@pytest.mark.parametrize("key", ["ship_by_guard_hours", "default_weight_grams", "sendcloud_integration_id"])
def test_a_number_that_is_beyond_all_reckoning_is_refused(tmp_path: Path, key: str) -> None:
    huge = "1" + "0" * 400
    file = tmp_path / "config.toml"
    file.write_text(
        '[stores.shop]\nname = "a"\ncountry = "DE"\nseller_id = "A1"\nclient_id = "c"\nmarketplace_ids = ["x"]\n'
        f"{key} = {huge}\n"
    )
    with pytest.raises(Problem) as caught:
        read_config(file)
    assert (caught.value.name.value, f"stores.shop.{key}" in caught.value.summary) == ("config-invalid", True)
    with pytest.raises(Problem) as caught:
        parse_setting(key, huge)
    assert caught.value.name.value == "usage"


def test_more_months_than_a_calendar_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[retention]\norder_months = 1" + "0" * 400)
    with pytest.raises(Problem, match="order_months: it has to be between 1 and 1200"):
        read_config(file)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('post = ""', "stores.my-shop.carriers"),
        ('post = "DHL"\nPOST = "DPD"', "stores.my-shop.carriers"),
        ('post = {code = "DHL", method = "a\\u0000b"}', "stores.my-shop.carriers"),
    ],
)
def test_carriers_that_could_not_be_told_to_amazon_are_refused(file: Path, table: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        read_config(written(file, f"{MINIMAL}\n[stores.my-shop.carriers]\n{table}\n"))
