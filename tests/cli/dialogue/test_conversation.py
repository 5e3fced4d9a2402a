"""The guided set-up, answered by key: what is asked, what is said to wrong answers, what follows a failed proof."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keyring.errors import NoKeyringError

from amzlink.core.stores.draft import Key
from amzlink.core.stores.next_step import Remedy
from amzlink.core.stores.questions import QUESTIONS
from amzlink.jobs.stores.save import keep
from amzlink.jobs.stores.secret_files import keep_in_files
from amzlink.problems import Problem
from amzlink.secrets.system import SystemSecrets
from tests.cli.dialogue.by_key import NOTHING, right_answers, secrets_file, talk
from tests.jobs.stores.test_prove_amazon import answers_for, unconnected
from tests.jobs.stores.test_prove_sendcloud import link_for
from tests.orderbook.machine import needs_root
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

PAGE = "https://sellercentral-europe.amazon.com/sellingpartner/developerconsole"


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return unconnected(tmp_path)


def credentials(world: StoreOnSandbox) -> dict[str, Any]:
    found: dict[str, Any] = world.sandbox.world.account.credentials()
    return found


class TestQuestions:
    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            ("Deutschland", "Germany: region Europe."),
            ("uk", "United Kingdom: region Europe."),
            ("amazon.com.be", "Belgium: region Europe."),
            ("A1PA6795UKMFR9", "Germany: region Europe."),
            ("jp", "Japan: region Far East."),
            ("DE, FR", "Germany, France: region Europe."),
            ("germny", "Did you mean Germany DE?"),
            ("Atlantis", "is not a country with an Amazon marketplace"),
            ("DE, US", "are in different Amazon regions."),
            ("?", "Saudi Arabia SA"),
            ("", "Saudi Arabia SA"),
        ],
    )
    def test_a_country_may_be_written_in_many_ways(self, world: StoreOnSandbox, text: str, reply: str) -> None:
        answers = {**right_answers(world), Key.COUNTRY: [text, "DE"]}
        assert reply in talk(world, answers, Remedy.UNPROVED, Remedy.UNPROVED).said

    def test_an_mws_token_in_place_of_the_country_is_no_dead_end(self, world: StoreOnSandbox) -> None:
        answers = {**right_answers(world), Key.COUNTRY: ["amzn.mws.12345678-90ab-cdef-1234-567890abcdef", "DE"]}
        talked = talk(world, answers)
        assert "What takes their place is an app of your own. The next questions lead there." in talked.said
        assert talked.problem is None

    def test_a_country_that_cannot_be_added_is_answered_with_those_that_can(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.MORE_COUNTRIES: ["y", "US", "all"]})
        assert talked.said.count("Please choose from FR, NL, PL.") == 2
        assert len(talked.stores["amazon-germany"].marketplace_ids) == 4

    def test_a_question_mark_explains_again(self, world: StoreOnSandbox) -> None:
        answers = {**right_answers(world), Key.SELLER_ID: ["?", credentials(world)["seller_id"]]}
        assert talk(world, answers).said.count("Merchant Token") == 2

    def test_enter_is_no_answer_to_whether_there_is_an_app(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.APP_IS_READY: ["", "", "y"]})
        assert talked.said.count("Enter is no answer here") == 2
        assert "Is your app registered and authorised? (y/n)" in talked.terminal.prompts
        assert talked.problem is None

    def test_no_app_is_answered_with_amazon_s_steps_and_what_works_while_the_role_is_waited_for(
        self, world: StoreOnSandbox
    ) -> None:
        talked = talk(world, {**right_answers(world), Key.APP_IS_READY: "nein", Key.APP_STEPS: ["?", "no", ""]})
        said = talked.said
        steps = (
            "proof of your identity",
            "security form",
            "App type: Production",
            "LWA credentials",
            "beside your account",
        )
        assert sorted(steps, key=said.index) == list(steps), "in the order of the pages"
        assert said.count(steps[2]) == 2, "? shows them again"
        assert "Connect the app without it meanwhile" in said
        assert "Please press Enter to go on" in said
        assert talked.problem is None

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            (Key.APP_IS_READY, "an app of your own that nobody else uses"),
            (Key.IMPORT_WEIGHTS, "A parcel needs a weight"),
            (Key.DESTINATION, "where you make labels"),
            (Key.UPDATE_STATUS_WHEN, "know that an order is shipped"),
            (Key.CLIENT_SECRET, "It is your app's password"),
            (Key.MORE_COUNTRIES, "One authorisation covers"),
        ],
    )
    def test_a_question_mark_explains_at_every_prompt(self, world: StoreOnSandbox, key: Key, words: str) -> None:
        right = right_answers(world)
        assert talk(world, {**right, key: ["?", str(right[key])]}).said.count(words) == 2

    def test_every_prompt_explains_itself_once_more_when_asked(self, world: StoreOnSandbox) -> None:
        token = credentials(world)["refresh_token"]
        right = {**right_answers(world), Key.DESTINATION: "y", Key.APP_IS_READY: "n", Key.APP_STEPS: ""}
        answers = {key: ["?", str(answer)] for key, answer in right.items()}
        answers |= {Key.REFRESH_TOKEN: ["?", token[:80], "?", token], Key.TOKEN_IS_WHOLE: ["?", "n"]}
        talked = talk(world, answers)
        assert talked.problem is None
        assert set(talked.terminal.asked) == set(answers)
        for key in answers:
            assert talked.said.count(QUESTIONS[key].reason) >= 2, key

    def test_an_unusual_seller_id_is_remarked_upon_but_taken(self, world: StoreOnSandbox) -> None:
        answers = {**right_answers(world), Key.SELLER_ID: "B3TH9S8BH6GOGM"}
        talked = talk(world, answers, Remedy.UNPROVED)
        assert "unusual" in talked.said
        assert talked.stores["amazon-germany"].seller_id == "B3TH9S8BH6GOGM"

    def test_a_short_refresh_token_is_asked_about(self, world: StoreOnSandbox) -> None:
        """A terminal hands over only the first line of a token that was pasted with line breaks."""
        token = credentials(world)["refresh_token"]
        answers = {**right_answers(world), Key.REFRESH_TOKEN: [token[:80], token], Key.TOKEN_IS_WHOLE: ""}
        talked = talk(world, answers)
        assert "has 80 characters" in talked.said
        assert "Is it whole? (y/N)" in talked.terminal.prompts
        assert "Taken: 345 characters." in talked.said
        assert talked.secret("amazon-germany", "refresh-token") == token

    def test_only_what_is_open_is_asked(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        options = replace(
            NOTHING,
            countries=("DE",),
            seller_id=credentials(world)["seller_id"],
            client_id=credentials(world)["client_id"],
            secrets_from=secrets_file(tmp_path, world),
            import_weights=False,
        )
        talked = talk(world, right_answers(world), options=options)
        assert talked.problem is None
        assert talked.terminal.asked == [Key.NAME, Key.UPDATE_STATUS_WHEN, Key.DESTINATION, Key.MORE_COUNTRIES]

    def test_yes_takes_what_has_a_default(self, world: StoreOnSandbox) -> None:
        options = replace(NOTHING, countries=("DE",), assume_yes=True)
        talked = talk(world, right_answers(world), options=options)
        assert talked.terminal.asked == [Key.SELLER_ID, Key.CLIENT_ID, Key.CLIENT_SECRET, Key.REFRESH_TOKEN]
        assert talked.stores["amazon-germany"].marketplace_ids == ("A1PA6795UKMFR9",)

    def test_confirming_at_the_announcement_comes_with_what_amazon_says_of_it(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.UPDATE_STATUS_WHEN: ["3", "announced"]})
        assert "confirmation cannot be taken back" in talked.said
        assert "a number from 1 to 2" in talked.said
        assert talked.stores["amazon-germany"].update_status_when == "announced"

    @pytest.mark.parametrize(
        ("text", "goes"), [("", True), ("ja", True), ("oui", True), ("tak", True), ("nee", False), ("nie", False)]
    )
    def test_yes_and_no_are_understood_in_the_languages_of_the_marketplaces(
        self, world: StoreOnSandbox, text: str, goes: bool
    ) -> None:
        talked = talk(world, {**right_answers(world), Key.DESTINATION: text})
        assert talked.stores["amazon-germany"].destination == ("sendcloud" if goes else "none")

    def test_a_word_that_begins_like_no_is_none(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.DESTINATION: ["Nederland", "n"]})
        assert "Please answer yes or no" in talked.said


class TestAPasteAtTheWrongPrompt:
    @pytest.mark.parametrize("key", [Key.COUNTRY, Key.NAME, Key.IMPORT_WEIGHTS, Key.DESTINATION, Key.MORE_COUNTRIES])
    @pytest.mark.parametrize(
        ("pasted", "kind"),
        [
            ("refresh_token", "a refresh token"),
            ("client_secret", "a client secret"),
            ("client_id", "a client id"),
            ("seller_id", "probably a Seller ID"),
            ("sendcloud_secret_key", "probably a key or a token"),
        ],
    )
    def test_is_named_and_kept_nowhere(self, world: StoreOnSandbox, key: Key, pasted: str, kind: str) -> None:
        right = right_answers(world)
        value = credentials(world)[pasted]
        talked = talk(world, {**right, key: [value, str(right[key])]})
        assert f"It is {kind}." in talked.said
        assert list(talked.stores) == ["amazon-germany"]
        assert "--store " + value[:8].lower() not in talked.said

    def test_is_named_as_an_option_too(self, world: StoreOnSandbox) -> None:
        options = replace(NOTHING, name=credentials(world)["refresh_token"])
        problem = talk(world, {}, options=options).problem
        assert problem is not None
        assert problem.name.value == "secret-looks-wrong"

    @pytest.mark.parametrize(
        "name", ["www.kontor.example", "shop@kontor.example", "Elektronikfachhandel Müller 1987 e.K.", "ACME"]
    )
    def test_is_not_seen_in_a_shops_name(self, world: StoreOnSandbox, name: str) -> None:
        [store] = talk(world, {**right_answers(world), Key.NAME: name}).stores.values()
        assert store.name == name


class TestAProofThatFails:
    def test_asks_for_other_answers_until_the_link_works(self, world: StoreOnSandbox) -> None:
        token = credentials(world)["refresh_token"]
        other = world.sandbox.world.account.other_app.refresh_token
        answers = {
            **right_answers(world),
            Key.REFRESH_TOKEN: [other, token],
            Key.CLIENT_ID: [credentials(world)["client_id"], ""],
        }
        answers |= {Key.CLIENT_SECRET: [credentials(world)["client_secret"]] * 2, Key.MORE_COUNTRIES: "all"}
        talked = talk(world, answers, Remedy.OTHER_ANSWERS)
        assert "Amazon says that this refresh token was not issued for this client id." in talked.said
        assert talked.terminal.offered[0][0] == "Give another client id and client secret and refresh token"
        assert len(talked.stores["amazon-germany"].marketplace_ids) == 4
        assert talked.secret("amazon-germany", "refresh-token") == token

    @pytest.mark.parametrize(
        ("fault", "first"),
        [
            ("authorisation-revoked", "Give another refresh token"),
            ("client-unknown", "Give another client id and client secret"),
            ("client-secret-expired", "Give another client secret"),
            ("region-mismatch", "Give another country"),
            ("account-in-other-region", "Give another country"),
            ("not-participating", "Give another country"),
            ("wrong-marketplace-empty", "Give another country"),
            ("seller-id-wrong", "Give another Seller ID"),
            ("role-missing-listings", "Go on without importing weights"),
            ("role-missing-orders", "Give another refresh token"),
            ("account-suspended", "Try once more with the same answers"),
            ("individual-plan", "Try once more with the same answers"),
            ("service-unavailable", "Try once more with the same answers"),
        ],
    )
    def test_offers_first_what_may_cure_the_problem_that_is_named(
        self, world: StoreOnSandbox, fault: str, first: str
    ) -> None:
        world.deps.environ = {**world.deps.environ, "AMZLINK_SPAPI_URL": "http://127.0.0.1:1/{region}"}
        world.sandbox.world.faults.switch(on=[fault])
        talked = talk(world, right_answers(world), Remedy.STOP)
        assert talked.terminal.offered[0][0] == first
        assert talked.stores == {}

    def test_of_the_seller_id_asks_for_it_alone(self, world: StoreOnSandbox) -> None:
        answers = {**right_answers(world), Key.SELLER_ID: ["A3TH9S8BH6GOGM", credentials(world)["seller_id"]]}
        talked = talk(world, answers, Remedy.OTHER_ANSWERS)
        assert talked.terminal.asked[-2:] == [Key.SELLER_ID, Key.MORE_COUNTRIES]
        assert talked.problem is None

    def test_of_the_listings_role_offers_to_go_on_without_weights(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["role-missing-listings"])
        talked = talk(world, right_answers(world), Remedy.WITHOUT_WEIGHTS)
        assert "not checked Seller ID" in talked.said
        assert talked.stores["amazon-germany"].import_weights is False

    def test_of_the_country_asks_for_another(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.COUNTRY: ["Italy", "FR"]}, Remedy.OTHER_ANSWERS)
        assert "It sells in: France, Germany" in talked.said
        assert talked.stores["amazon-italy"].country == "FR"

    def test_of_the_region_asks_for_another_country_and_keeps_the_other_answers(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.COUNTRY: ["US", "DE"]}, (Key.COUNTRY,))
        assert talked.problem is None
        assert talked.terminal.asked.count(Key.REFRESH_TOKEN) == 1

    def test_can_be_overridden(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["role-missing-pii"])
        talked = talk(world, right_answers(world), Remedy.UNPROVED)
        assert "The link was not verified." in talked.said
        assert "amazon-germany" in talked.stores

    def test_can_be_given_up(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["client-unknown"])
        talked = talk(world, right_answers(world), Remedy.STOP)
        assert talked.problem is not None
        assert talked.problem.name.value == "client-unknown"
        assert talked.stores == {}
        assert talked.secret("amazon-germany", "client-secret") is None

    def test_of_the_restricted_role_offers_to_go_on_until_it_is_granted(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["role-missing-pii"])
        talked = talk(world, right_answers(world), Remedy.WITHOUT_ADDRESSES)
        assert talked.terminal.offered[0][0] == "Go on without names and addresses until Amazon grants the role"
        assert "missing Names and addresses" in talked.said
        assert "proved Reading orders" in talked.said
        assert "not verified" not in talked.said
        assert "amazon-germany" in talked.stores


class TestAConnectedAccount:
    def test_is_recognised_and_its_answers_are_the_defaults(self, world: StoreOnSandbox) -> None:
        germany = answers_for(world).marketplaces[:1]
        keep(
            world.deps,
            answers_for(world, marketplaces=germany, import_weights=False, update_status_when="announced"),
            verified=True,
        )
        before = world.deps.load_config()
        enter = dict.fromkeys(Key, "")
        own = {Key.COUNTRY: "DE", Key.APP_IS_READY: "y", Key.SELLER_ID: credentials(world)["seller_id"]}
        talked = talk(world, {**enter, **own})
        assert "connected already, as the store my-shop" in talked.said
        assert talked.terminal.prompts[3:] == [
            f"Client id [{credentials(world)['client_id']}]",
            "Client secret (Enter keeps the present one)",
            "Refresh token (Enter keeps the present one)",
            "Store name [My Shop]",
            "Import weights from the shop? (y/N)",
            "Update the order's status when the parcel is [2]",
            "Send orders to Sendcloud? (y/N)",
            "Countries to add (Enter for none)",
        ]
        assert world.deps.load_config() == before

    def test_is_not_connected_a_second_time_under_another_name(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        options = replace(NOTHING, store="ww", countries=("DE",), seller_id=credentials(world)["seller_id"])
        problem = talk(world, right_answers(world), options=options).problem
        assert problem is not None
        assert f"connected already as the store {SLUG}" in problem.summary
        assert list(world.deps.load_config().stores) == [SLUG]

    def test_named_otherwise_in_a_dialogue_is_refused_once_and_not_asked_for_ever(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        talked = talk(world, right_answers(world), options=replace(NOTHING, store="ww"))
        assert talked.problem is not None
        assert f"`amzlink connect --store {SLUG}`" in talked.problem.next_step
        assert talked.terminal.asked.count(Key.SELLER_ID) == 1
        assert list(world.deps.load_config().stores) == [SLUG]

    def test_mistyped_for_a_named_store_is_asked_for_again(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        answers = {**dict.fromkeys(Key, ""), Key.SELLER_ID: ["A3TH9S8BH6GOGM", ""]}
        talked = talk(world, answers, options=replace(NOTHING, store=SLUG))
        assert talked.problem is None
        assert "cannot take its place" in talked.said

    def test_can_be_renewed(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True)
        answers = {Key.CLIENT_ID: "", Key.CLIENT_SECRET: credentials(world)["client_secret"], Key.REFRESH_TOKEN: ""}
        talked = talk(world, answers, renew=True)
        assert talked.problem is None
        assert talked.terminal.asked == [Key.CLIENT_ID, Key.CLIENT_SECRET, Key.REFRESH_TOKEN]
        assert "proved Reading orders" in talked.said


class TestSendcloud:
    def test_is_linked_with_keys_that_are_proved_as_they_are_given(self, world: StoreOnSandbox) -> None:
        public, secret = credentials(world)["sendcloud_public_key"], credentials(world)["sendcloud_secret_key"]
        answers = {
            **right_answers(world),
            Key.DESTINATION: "y",
            Key.SENDCLOUD_PUBLIC_KEY: ["3244-7764-4129", "?", f" {public} ", ""],
            Key.SENDCLOUD_SECRET_KEY: [public, "0" * 32, secret],
            Key.PURGE_DESTINATION: "y",
        }
        talked = talk(world, answers, Remedy.OTHER_ANSWERS)
        assert "Sendcloud's own Developer ID" in talked.said
        assert "Settings, Integrations, your integration of the kind Sendcloud API" in talked.said
        assert "the public key once more" in talked.said
        assert "Sendcloud refused the public and the secret key." in talked.said
        assert talked.terminal.offered[0][0] == "Give other keys"
        assert f"Sendcloud public key [{public}]" in talked.terminal.prompts
        assert "proved Sendcloud's keys" in talked.said
        assert f"proved Integration {credentials(world)['sendcloud_integration_id']} takes orders" in talked.said
        assert "Sendcloud keeps an order for 180 days" in talked.said
        store = talked.stores["amazon-germany"]
        assert (store.destination, store.purge_destination) == ("sendcloud", True)
        assert store.sendcloud_public_key == public
        assert store.sendcloud_integration_id == credentials(world)["sendcloud_integration_id"]
        assert talked.secret("amazon-germany", "sendcloud-secret-key") == secret
        assert secret not in talked.said

    def test_keys_that_were_exchanged_are_put_right(self, world: StoreOnSandbox) -> None:
        public, secret = credentials(world)["sendcloud_public_key"], credentials(world)["sendcloud_secret_key"]
        exchanged = {Key.SENDCLOUD_PUBLIC_KEY: secret, Key.SENDCLOUD_SECRET_KEY: public}
        talked = talk(world, {**right_answers(world), Key.DESTINATION: "y", **exchanged}, Remedy.EXCHANGE_KEYS)
        assert "they were exchanged" in talked.said
        assert talked.stores["amazon-germany"].sendcloud_public_key == public
        assert talked.secret("amazon-germany", "sendcloud-secret-key") == secret

    def test_whose_own_link_with_amazon_is_on_is_warned_of(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["sendcloud-amazon-active"])
        talked = talk(world, {**right_answers(world), Key.DESTINATION: "y"})
        assert "Every order would arrive twice" in talked.said
        assert talked.problem is None

    def test_can_be_left_out_when_it_does_not_work(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["sendcloud-broken"])
        talked = talk(world, {**right_answers(world), Key.DESTINATION: "y"}, Remedy.WITHOUT_SENDCLOUD)
        assert talked.terminal.offered[0][0] == "Try once more with the same keys"
        assert talked.stores["amazon-germany"].destination == "none"
        assert talked.secret("amazon-germany", "sendcloud-secret-key") is None

    def test_can_be_given_unproved_with_its_number(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["sendcloud-forbidden"])
        answers = {**right_answers(world), Key.DESTINATION: "y", Key.SENDCLOUD_INTEGRATION_ID: ["mine", "4711"]}
        talked = talk(world, answers, Remedy.UNPROVED)
        assert talked.stores["amazon-germany"].sendcloud_integration_id == 4711
        assert "The link was not verified." in talked.said

    def test_can_stop_everything(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["sendcloud-credentials"])
        talked = talk(world, {**right_answers(world), Key.DESTINATION: "y"}, Remedy.STOP)
        assert talked.problem is not None
        assert talked.problem.exit_code == 77
        assert talked.stores == {}
        assert talked.secret("amazon-germany", "client-secret") is None

    def test_of_a_connected_store_keeps_what_is_there(self, world: StoreOnSandbox) -> None:
        keep(
            world.deps,
            answers_for(
                world, sendcloud=link_for(world, integration_id=credentials(world)["sendcloud_integration_id"])
            ),
            verified=True,
        )
        before = world.deps.load_config()
        answers = dict.fromkeys(Key, "")
        talked = talk(world, answers, renew=True)
        key = credentials(world)["sendcloud_public_key"]
        assert talked.terminal.prompts[3:] == [
            f"Sendcloud public key [{key}]",
            "Sendcloud secret key (Enter keeps the present one)",
        ]
        assert "proved Sendcloud's keys" in talked.said
        assert world.deps.load_config() == before
        assert talked.secret("my-shop", "sendcloud-secret-key") == credentials(world)["sendcloud_secret_key"]


def test_what_the_environment_gives_is_not_asked_for_once_the_store_is_named(tmp_path: Path) -> None:
    from tests.test_secrets import DictKeyring

    world = unconnected(tmp_path)
    environ = {
        "AMZLINK_SECRET_KONTOR_CLIENT_SECRET": credentials(world)["client_secret"],
        "AMZLINK_SECRET_KONTOR_REFRESH_TOKEN": credentials(world)["refresh_token"],
    }
    world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=DictKeyring())
    talked = talk(world, right_answers(world), options=replace(NOTHING, store="kontor"))
    assert talked.problem is None
    assert not {Key.CLIENT_SECRET, Key.REFRESH_TOKEN} & set(talked.terminal.asked)
    assert "The client secret is given by this machine's environment." in talked.said


def test_sendclouds_key_in_the_environment_is_told_of_once_orders_go_to_sendcloud(tmp_path: Path) -> None:
    from tests.test_secrets import DictKeyring

    world = unconnected(tmp_path)
    environ = {"AMZLINK_SECRET_KONTOR_SENDCLOUD_SECRET_KEY": credentials(world)["sendcloud_secret_key"]}
    world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=DictKeyring())
    answers = {**right_answers(world), Key.DESTINATION: "y"}
    talked = talk(world, answers, options=replace(NOTHING, store="kontor"))
    assert talked.problem is None
    assert Key.SENDCLOUD_SECRET_KEY not in talked.terminal.asked
    assert talked.said.count("The Sendcloud secret key is given by this machine's environment.") == 1
    without = talk(world, {**answers, Key.DESTINATION: "n"}, options=replace(NOTHING, store="kontor"))
    assert "given by this machine's environment" not in without.said


class NoKeyring:
    """What the library does where it finds no back end."""

    def get(self, service: str, user: str) -> str | None:
        raise NoKeyringError

    def set(self, service: str, user: str, value: str) -> None:
        raise NoKeyringError

    def delete(self, service: str, user: str) -> None:
        raise NoKeyringError


class TestWithoutAKeyring:
    @pytest.fixture
    def world(self, tmp_path: Path) -> StoreOnSandbox:
        world = unconnected(tmp_path)
        world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=NoKeyring())
        return world

    def usual(self, world: StoreOnSandbox) -> Path:
        root = world.deps.home.root
        assert root
        return root.with_name(f"{root.name}-keys")

    def test_files_are_offered_first_and_hold_the_secrets_in_the_end(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {**right_answers(world), Key.WRITE_FILES: ["?", "ja"], Key.SECRETS_FOLDER: ["?", ""]})
        assert talked.problem is None
        assert talked.terminal.asked[:4] == [Key.WRITE_FILES] * 2 + [Key.SECRETS_FOLDER] * 2
        assert f"Folder for the secrets [{self.usual(world)}]" in talked.terminal.prompts
        assert (self.usual(world) / "amazon-germany.client-secret").read_text() == credentials(world)["client_secret"]
        assert "this session has none" in talked.said

    def test_who_wants_no_files_is_told_the_other_ways(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {Key.WRITE_FILES: "nee"})
        assert talked.problem is not None
        assert talked.problem.name.value == "keyring-unavailable"
        assert "AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET_FILE" in talked.problem.next_step
        assert not self.usual(world).exists()

    def test_a_folder_that_would_not_keep_them_safe_is_asked_for_again(
        self, world: StoreOnSandbox, tmp_path: Path
    ) -> None:
        opened, file = tmp_path / "open", tmp_path / "file"
        opened.mkdir(mode=0o755)
        opened.chmod(0o755)
        file.touch()
        own = world.deps.home.data / "keys"
        wrong = [str(own), "keys", str(opened), str(file), str(file / "below"), credentials(world)["refresh_token"]]
        chosen = tmp_path / "deep" / "keys"
        answers = {**right_answers(world), Key.WRITE_FILES: "", Key.SECRETS_FOLDER: [*wrong, str(chosen)]}
        talked = talk(world, answers)
        assert talked.problem is None
        for words in ("amzlink's own folders", "whole path", "mode 755", "cannot be made or written"):
            assert words in talked.said
        assert "It is a refresh token." in talked.said
        assert chosen.stat().st_mode & 0o777 == 0o700

    @needs_root
    def test_a_folder_of_another_user_is_refused(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        folder = tmp_path / "theirs"
        folder.mkdir(mode=0o700)
        os.chown(folder, 12345, -1)
        with pytest.raises(Problem, match="belongs to another user"):
            keep_in_files(world.deps, str(folder))

    def test_a_failed_proof_leaves_no_file(self, world: StoreOnSandbox) -> None:
        world.sandbox.world.faults.switch(on=["client-unknown"])
        answers = {**right_answers(world), Key.WRITE_FILES: "", Key.SECRETS_FOLDER: ""}
        assert talk(world, answers, Remedy.STOP).problem is not None
        assert not self.usual(world).exists()

    def test_the_environment_s_secrets_need_no_files_until_sendcloud_has_one(self, world: StoreOnSandbox) -> None:
        environ = {
            "AMZLINK_SECRET_KONTOR_CLIENT_SECRET": credentials(world)["client_secret"],
            "AMZLINK_SECRET_KONTOR_REFRESH_TOKEN": credentials(world)["refresh_token"],
        }
        world.deps.secrets = SystemSecrets(environ, world.deps.home, keyring=NoKeyring())
        answers = {**right_answers(world), Key.DESTINATION: "y", Key.WRITE_FILES: "", Key.SECRETS_FOLDER: ""}
        talked = talk(world, answers, options=replace(NOTHING, store="kontor"))
        assert talked.problem is None
        asked = talked.terminal.asked
        assert asked.index(Key.DESTINATION) < asked.index(Key.WRITE_FILES) < asked.index(Key.SENDCLOUD_SECRET_KEY)
        assert [file.name for file in self.usual(world).iterdir()] == ["kontor.sendcloud-secret-key"]

    def test_a_connected_store_with_secrets_in_the_environment_is_updated_without_files(
        self, world: StoreOnSandbox
    ) -> None:
        environ = {
            "AMZLINK_SECRET_AMAZON_GERMANY_CLIENT_SECRET": credentials(world)["client_secret"],
            "AMZLINK_SECRET_AMAZON_GERMANY_REFRESH_TOKEN": credentials(world)["refresh_token"],
        }
        world.deps.environ = {**world.deps.environ, **environ}
        world.deps.secrets = SystemSecrets(world.deps.environ, world.deps.home, keyring=NoKeyring())
        for _ in range(2):
            talked = talk(world, right_answers(world))
            assert talked.problem is None
            assert Key.WRITE_FILES not in talked.terminal.asked
        other = {**right_answers(world), Key.SELLER_ID: "A3TH9S8BH6GOGM", Key.NAME: "Other", Key.WRITE_FILES: "n"}
        talked = talk(world, other)
        assert talked.terminal.asked[-1] is Key.WRITE_FILES, "the other store has none"

    def test_yes_to_all_defaults_does_not_write_files_unasked(self, world: StoreOnSandbox) -> None:
        talked = talk(world, {Key.WRITE_FILES: "n"}, options=replace(NOTHING, assume_yes=True))
        assert talked.terminal.asked == [Key.WRITE_FILES]

    def test_a_second_time_keeps_what_is_in_the_usual_folder(self, world: StoreOnSandbox) -> None:
        talk(world, {**right_answers(world), Key.WRITE_FILES: "", Key.SECRETS_FOLDER: ""})
        world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=NoKeyring())
        talked = talk(world, dict.fromkeys(Key, ""), renew=True)
        assert talked.problem is None
        assert Key.WRITE_FILES not in talked.terminal.asked
        assert f"Secrets are kept in files in {self.usual(world)}." in talked.said
