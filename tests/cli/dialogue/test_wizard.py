"""The guided set-up at a real terminal: what a person types, and what comes back."""

import os
import pty
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_connect import EmptyShell, shell
from tests.support.warm import Program

__all__ = ["shell"]  # the fixture

PAGE = "https://sellercentral-europe.amazon.com/sellingpartner/developerconsole"
SECONDS = 60


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, words: list[str], environ: dict[str, str]) -> None:
        self._own, theirs = pty.openpty()
        self._process = Program(
            "amzlink",
            words,
            env={**environ, "TERM": "dumb", "COLUMNS": "100"},
            streams=(theirs, theirs, theirs),
            own_session=True,  # so that a hidden prompt does not find the terminal of whoever runs the tests
        )
        os.close(theirs)
        self.text = ""
        self._read = 0

    def expect(self, words: str) -> str:
        """Wait until the program has said this; gives what it said before, since the last time."""
        end = time.monotonic() + SECONDS
        while words not in self.text[self._read :]:
            if not self._receive(end):
                raise AssertionError(f"“{words}” did not come; the last was:\n{self.text[-2000:]}")
        position = self.text.index(words, self._read) + len(words)
        said, self._read = self.text[self._read : position], position
        return said

    def answer(self, question: str, text: str) -> str:
        """Wait for a question and answer it; gives what was said before it."""
        said = self.expect(f"{question}")
        os.write(self._own, f"{text}\n".encode())
        return said

    def end(self) -> int:
        """Read to the end; gives the exit code."""
        end = time.monotonic() + SECONDS
        while self._receive(end):
            pass
        return self._process.wait()

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.signal(signal.SIGINT)

    def close(self) -> None:
        """Let go, whatever state it is in."""
        self._process.kill()
        os.close(self._own)

    def _receive(self, end: float) -> bool:
        ready, _, _ = select.select([self._own], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self._own, 65_536)
        except OSError:  # Linux says so when the other side has closed
            return False
        self.text += chunk.decode(errors="replace").replace("\r", "")
        return bool(chunk)


@pytest.fixture
def at_terminal(shell: EmptyShell) -> Iterator[Callable[..., Terminal]]:
    """Starts the program with some words; no browser is ever opened."""
    terminals: list[Terminal] = []

    def start(*words: str, **environ: str) -> Terminal:
        terminals.append(Terminal([*words, "--no-browser"], {**shell.environ, **environ}))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def unwrapped(text: str) -> str:
    return " ".join(text.split())


class TestAMerchantWithTheOldGuide:
    def test_is_led_to_a_link_that_works_without_leaving_the_prompt(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        credentials = shell.credentials
        screen = at_terminal("connect")
        screen.answer("Country, by code or name", "A1PA6795UKMFR9")
        screen.expect("Germany: region Europe.")
        said = unwrapped(screen.answer("registered and authorised? (Y/n)", "n"))
        assert "no Developer ID and no MWS auth token any more" in said
        assert PAGE in said
        assert said.count("Data Protection Policy") == 1
        assert "Apps and Services, Develop Apps" in said
        screen.answer("Press Enter when that is done", "")

        assert "Merchant Token" in screen.answer("Seller ID: ", "3244-7764-4129")
        said = unwrapped(screen.answer("Seller ID: ", "A1PA6795UKMFR9"))
        assert "Sendcloud's own Developer ID (3244-7764-4129)" in said
        assert "a marketplace id" in screen.answer("Seller ID: ", credentials["seller_id"])

        screen.answer("Client id: ", "1234-5678-9012")
        assert "a Developer ID (12 digits)" in unwrapped(screen.answer("Client id: ", credentials["client_id"]))
        screen.answer("Client secret: ", "AKIAIOSFODNN7EXAMPLE")
        assert "an AWS access key" in screen.answer("Client secret: ", f'"{credentials["client_secret"]}" ')
        screen.expect("Taken: 80 characters.")
        screen.answer("Refresh token: ", "amzn.mws.12345678-90ab-cdef-1234-567890abcdef")
        said = unwrapped(screen.answer("Refresh token: ", "Atza|IwEBIexample"))
        assert "an MWS auth token" in said
        assert PAGE in said
        assert "an access token" in screen.answer("Refresh token: ", credentials["refresh_token"])

        screen.answer("Store name [Amazon Germany]", "Kontor am Markt")
        screen.expect("--store kontor-am-markt")
        screen.answer("Import weights from the shop? (Y/n)", "")
        screen.answer("Update the order's status when the parcel is [1]", "1")
        said = unwrapped(screen.answer("Send orders to Sendcloud? (y/N)", "n"))
        assert "Settings, Integrations, Sendcloud API, Connect" in said
        said = screen.answer("Import orders from there too?", "nl, FR")
        assert "proved       Reading orders" in said
        assert screen.end() == 0
        assert "Connected: Kontor am Markt" in screen.text

        store = shell.config["stores"]["kontor-am-markt"]
        assert store["marketplace_ids"] == ["A1PA6795UKMFR9", "A1805IZSGTT6HS", "A13V1IB3VIYZZH"]
        assert (store["import_weights"], store["update_status_when"]) == (True, "processed")
        assert shell.keyring["kontor-am-markt/refresh-token"] == credentials["refresh_token"]
        for secret in (credentials["client_secret"], credentials["refresh_token"]):
            assert secret not in screen.text


def answer_all(screen: Terminal, shell: EmptyShell, **others: str) -> None:
    """The right answers to all questions up to the proof, but for the `others`."""
    right = {key: shell.credentials[key] for key in ("seller_id", "client_id", "client_secret", "refresh_token")}
    answers = {"country": "DE", "trigger": "", "sendcloud": "", **right, **others}
    screen.answer("Country, by code or name", answers["country"])
    screen.answer("registered and authorised?", "y")
    screen.answer("Seller ID: ", answers["seller_id"])
    screen.answer("Client id: ", answers["client_id"])
    screen.answer("Client secret: ", answers["client_secret"])
    screen.answer("Refresh token: ", answers["refresh_token"])
    screen.answer("Store name", "")
    screen.answer("Import weights", "")
    screen.answer("Update the order's status", answers["trigger"])
    screen.answer("Send orders to Sendcloud?", answers["sendcloud"])


class TestQuestions:
    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            ("Deutschland", "Germany: region Europe."),
            ("uk", "United Kingdom: region Europe."),
            ("amazon.com.be", "Belgium: region Europe."),
            ("jp", "Japan: region Far East."),
            ("DE, FR", "Germany, France: region Europe."),
            ("germny", "Did you mean Germany (DE)?"),
            ("Atlantis", "is no country in which Amazon has a marketplace"),
            ("DE, US", "are in different Amazon regions."),
            ("?", "Saudi Arabia SA"),
        ],
    )
    def test_a_country_may_be_written_in_many_ways(
        self, at_terminal: Callable[..., Terminal], text: str, reply: str
    ) -> None:
        screen = at_terminal("connect")
        screen.answer("Country, by code or name", text)
        screen.expect(reply)

    def test_a_question_mark_explains_again(self, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect", "--country", "DE")
        screen.answer("registered and authorised?", "")
        screen.answer("Seller ID: ", "?")
        assert "Merchant Token" in screen.answer("Seller ID: ", "A3TH9S8BH6GOGM")

    def test_an_unusual_seller_id_is_remarked_upon_but_taken(self, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect", "--country", "DE")
        screen.answer("registered and authorised?", "")
        screen.answer("Seller ID: ", "B3TH9S8BH6GOGM")
        assert "unusual" in screen.expect("Client id: ")

    def test_a_short_refresh_token_is_asked_about(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        """A terminal hands over only the first line of a token that was pasted with line breaks."""
        screen = at_terminal("connect", "--country", "DE", "--seller-id", shell.credentials["seller_id"])
        screen.answer("registered and authorised?", "")
        screen.answer("Client id: ", shell.credentials["client_id"])
        screen.answer("Client secret: ", shell.credentials["client_secret"])
        screen.answer("Refresh token: ", shell.credentials["refresh_token"][:80])
        assert "That has 80 characters" in screen.answer("Is it whole? (y/N)", "")
        screen.answer("Refresh token: ", shell.credentials["refresh_token"])
        screen.expect("Taken: 345 characters.")

    def test_only_what_is_open_is_asked(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        file = shell.home.parent / "secrets.toml"
        file.write_text(shell.secrets())
        screen = at_terminal(
            "connect", "--country", "DE", "--seller-id", shell.credentials["seller_id"], "--client-id",
            shell.credentials["client_id"], "--secrets-from", str(file), "--no-import-weights",
        )  # fmt: skip
        screen.answer("Store name", "x")
        screen.answer("Update the order's status", "")
        screen.answer("Send orders to Sendcloud?", "")
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0

    def test_yes_takes_what_has_a_default(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect", "--yes", "--country", "DE")
        screen.answer("Seller ID: ", shell.credentials["seller_id"])
        screen.answer("Client id: ", shell.credentials["client_id"])
        screen.answer("Client secret: ", shell.credentials["client_secret"])
        screen.answer("Refresh token: ", shell.credentials["refresh_token"])
        assert screen.end() == 0
        assert shell.config["stores"]["amazon-germany"]["marketplace_ids"] == ["A1PA6795UKMFR9"]

    def test_confirming_at_the_announcement_comes_with_what_amazon_says_of_it(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        screen = at_terminal("connect")
        answer_all(screen, shell, trigger="announced")
        assert "confirmation cannot be taken back" in unwrapped(screen.text)


class TestAProofThatFails:
    def test_asks_for_other_answers_until_the_link_works(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.control("/faults", {"on": ["authorisation-revoked"]})
        screen = at_terminal("connect")
        answer_all(screen, shell)
        said = unwrapped(screen.expect("What now? [1]"))
        assert "Amazon refused the refresh token." in said
        assert "1 Give another refresh token" in said
        shell.fault()
        screen.answer(":", "1")
        screen.answer("Refresh token: ", shell.credentials["refresh_token"])
        screen.answer("Import orders from there too?", "all")
        assert screen.end() == 0
        assert len(shell.config["stores"]["amazon-germany"]["marketplace_ids"]) == 4

    def test_of_the_seller_id_asks_for_it_alone(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect")
        answer_all(screen, shell, seller_id="A3TH9S8BH6GOGM")
        screen.answer("What now? [1]", "")
        screen.answer("Seller ID: ", shell.credentials["seller_id"])
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0

    def test_of_the_listings_role_offers_to_go_on_without_weights(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.fault("role-missing-listings")
        screen = at_terminal("connect")
        answer_all(screen, shell)
        said = unwrapped(screen.answer("What now? [1]", ""))
        assert "1 Go on without importing weights" in said
        assert "not checked  Seller ID" in screen.answer("Import orders from there too?", "")
        assert screen.end() == 0
        assert shell.config["stores"]["amazon-germany"]["import_weights"] is False

    def test_of_the_country_asks_for_another(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect")
        answer_all(screen, shell, country="Italy")
        assert "It sells in: France, Germany" in unwrapped(screen.answer("What now? [1]", ""))
        screen.answer("Country, by code or name", "FR")
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0
        assert shell.config["stores"]["amazon-italy"]["country"] == "FR"

    def test_can_be_overridden(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        shell.fault("role-missing-pii")
        screen = at_terminal("connect")
        answer_all(screen, shell)
        screen.answer("What now? [1]", "Store it")
        assert screen.end() == 0
        assert "The link was not verified." in screen.text
        assert "amazon-germany" in shell.config["stores"]

    def test_can_be_given_up(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        shell.fault("client-unknown")
        screen = at_terminal("connect")
        answer_all(screen, shell)
        screen.answer("What now? [1]", "stop")
        assert screen.end() == 77
        assert (shell.config, shell.keyring) == ({}, {})


class TestAConnectedAccount:
    def test_is_recognised_and_its_answers_are_the_defaults(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.connect("--no-import-weights", "--update-status-when", "announced")
        before = shell.config
        screen = at_terminal("connect", "--country", "DE")
        screen.answer("registered and authorised?", "")
        screen.answer("Seller ID: ", shell.credentials["seller_id"])
        said = unwrapped(screen.answer(f"Client id [{shell.credentials['client_id']}]", ""))
        assert "connected already, as the store my-shop" in said
        screen.answer("Client secret (Enter keeps the present one): ", "")
        screen.answer("Refresh token (Enter keeps the present one): ", "")
        screen.answer("Store name [My Shop]", "")
        screen.answer("Import weights from the shop? (y/N)", "")
        screen.answer("Update the order's status when the parcel is [2]", "")
        screen.answer("Send orders to Sendcloud? (y/N)", "")
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0
        assert shell.config == before

    def test_can_be_renewed(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        shell.connect()
        screen = at_terminal("connect", "--renew")
        screen.answer("Client id [", "")
        screen.answer("Client secret (Enter keeps the present one): ", shell.credentials["client_secret"])
        screen.answer("Refresh token (Enter keeps the present one): ", "")
        assert screen.end() == 0
        assert "proved       Reading orders" in screen.text


class TestSendcloud:
    def test_is_linked_with_keys_that_are_proved_as_they_are_given(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        credentials = shell.credentials
        screen = at_terminal("connect")
        answer_all(screen, shell, sendcloud="y")
        screen.answer("Sendcloud public key: ", "3244-7764-4129")
        assert "Sendcloud's own Developer ID" in unwrapped(screen.answer("Sendcloud public key: ", "?"))
        said = unwrapped(screen.answer("Sendcloud public key: ", f" {credentials['sendcloud_public_key']} "))
        assert "Settings, Integrations, your integration of the kind Sendcloud API" in said
        assert PAGE not in said
        screen.answer("Sendcloud secret key: ", credentials["sendcloud_public_key"])
        assert "the public key once more" in unwrapped(screen.answer("Sendcloud secret key: ", "0" * 32))
        said = unwrapped(screen.answer("What now? [1]", ""))
        assert "Sendcloud refused the public and the secret key." in said
        assert "1 Give other keys" in said
        screen.answer(f"Sendcloud public key [{credentials['sendcloud_public_key']}]: ", "")
        screen.answer("Sendcloud secret key: ", credentials["sendcloud_secret_key"])
        screen.expect("proved       Sendcloud's keys")
        screen.expect(f"proved       Integration {credentials['sendcloud_integration_id']} takes orders")
        said = unwrapped(screen.answer("Delete orders at Sendcloud too when their time is over? (y/N)", "y"))
        assert "Sendcloud keeps an order for 180 days" in said
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0

        store = shell.config["stores"]["amazon-germany"]
        assert (store["destination"], store["purge_destination"]) == ("sendcloud", True)
        assert store["sendcloud_public_key"] == credentials["sendcloud_public_key"]
        assert store["sendcloud_integration_id"] == credentials["sendcloud_integration_id"]
        assert shell.keyring["amazon-germany/sendcloud-secret-key"] == credentials["sendcloud_secret_key"]
        assert credentials["sendcloud_secret_key"] not in screen.text

    def give_keys(self, screen: Terminal, shell: EmptyShell) -> None:
        screen.answer("Sendcloud public key", shell.credentials["sendcloud_public_key"])
        screen.answer("Sendcloud secret key: ", shell.credentials["sendcloud_secret_key"])

    def test_whose_own_link_with_amazon_is_on_is_warned_of(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.fault("sendcloud-amazon-active")
        screen = at_terminal("connect")
        answer_all(screen, shell, sendcloud="y")
        self.give_keys(screen, shell)
        assert "every order would arrive twice" in unwrapped(screen.answer("Delete orders at Sendcloud", ""))
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0

    def test_can_be_left_out_when_it_does_not_work(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.fault("sendcloud-broken")
        screen = at_terminal("connect")
        answer_all(screen, shell, sendcloud="y")
        self.give_keys(screen, shell)
        said = unwrapped(screen.answer("What now? [1]", "Go on without"))
        assert "1 Try once more with the same keys" in said
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0
        assert shell.config["stores"]["amazon-germany"]["destination"] == "none"
        assert "amazon-germany/sendcloud-secret-key" not in shell.keyring

    def test_can_be_given_unproved_with_its_number(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        shell.fault("sendcloud-forbidden")
        screen = at_terminal("connect")
        answer_all(screen, shell, sendcloud="y")
        self.give_keys(screen, shell)
        screen.answer("What now? [1]", "Go on with these")
        screen.answer("Integration id: ", "mine")
        screen.answer("Integration id: ", "4711")
        screen.answer("Delete orders at Sendcloud", "")
        screen.answer("Import orders from there too?", "")
        assert screen.end() == 0
        assert shell.config["stores"]["amazon-germany"]["sendcloud_integration_id"] == 4711

    def test_can_stop_everything(self, shell: EmptyShell, at_terminal: Callable[..., Terminal]) -> None:
        shell.fault("sendcloud-credentials")
        screen = at_terminal("connect")
        answer_all(screen, shell, sendcloud="y")
        self.give_keys(screen, shell)
        screen.answer("What now? [1]", "stop")
        assert screen.end() == 77
        assert (shell.config, shell.keyring) == ({}, {})

    def test_of_a_connected_store_keeps_what_is_there(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        key = shell.credentials["sendcloud_public_key"]
        secrets = shell.secrets(sendcloud_secret_key=shell.credentials["sendcloud_secret_key"])
        shell.connect("--destination", "sendcloud", "--sendcloud-public-key", key, stdin=secrets)
        before = (shell.config, shell.keyring)
        screen = at_terminal("connect", "--renew")
        screen.answer("Client id [", "")
        screen.answer("Client secret (Enter keeps the present one): ", "")
        screen.answer("Refresh token (Enter keeps the present one): ", "")
        screen.answer(f"Sendcloud public key [{key}]: ", "")
        screen.answer("Sendcloud secret key (Enter keeps the present one): ", "")
        screen.expect("proved       Sendcloud's keys")
        assert screen.end() == 0
        assert (shell.config, shell.keyring) == before


class TestLeaving:
    def test_by_ctrl_c_stores_nothing_and_says_so(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        screen = at_terminal("connect", "--country", "DE")
        screen.answer("registered and authorised?", "")
        screen.expect("Seller ID: ")
        screen.interrupt()
        assert screen.end() == 130
        assert "Nothing was stored." in screen.text
        assert shell.config == {}

    def test_by_the_end_of_input_is_no_endless_question(self, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect")
        screen.answer("Country, by code or name", "\x04")  # Ctrl-D
        assert screen.end() == 130


class TestTheBrowser:
    def browser(self, tmp_path: Path) -> tuple[Path, str]:
        opened = tmp_path / "opened"
        script = tmp_path / "browser"
        script.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
        script.chmod(0o755)
        return opened, f"{script} %s"

    def test_shows_the_page_of_the_country(self, shell: EmptyShell, tmp_path: Path) -> None:
        opened, browser = self.browser(tmp_path)
        screen = Terminal(["connect", "--country", "NL"], {**shell.environ, "BROWSER": browser})
        try:
            assert "opening in your browser" in screen.expect("registered and authorised?")
            assert opened.read_text().strip() == "https://sellercentral.amazon.nl/sellingpartner/developerconsole"
        finally:
            screen.close()

    def test_stays_closed_when_asked_to(self, at_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
        opened, browser = self.browser(tmp_path)
        at_terminal("connect", "--country", "NL", BROWSER=browser).expect("registered and authorised?")
        assert not opened.exists()


def test_a_terminal_without_a_keyring_is_told_before_the_first_question(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("connect", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert screen.end() == 78
    assert "Country" not in screen.text
