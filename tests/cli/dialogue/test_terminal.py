"""The guided set-up at a real terminal: hidden input, Ctrl-C, the end of input, the browser, and one whole walk.

What is asked and what follows from an answer is tested by key, in `test_conversation.py`.
"""

import os
import pty
import re
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
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


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


def a_browser(tmp_path: Path) -> tuple[Path, str]:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    script.chmod(0o755)
    return opened, f"{script} %s"


class TestAMerchantWithTheOldGuide:
    def test_is_led_to_a_link_that_works_without_leaving_the_prompt(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        credentials = shell.credentials
        screen = at_terminal("connect")
        screen.answer("Country, by code or name", "A1PA6795UKMFR9")
        screen.expect("Germany: region Europe.")
        said = unwrapped(screen.answer("registered and authorised? (y/n)", "n"))
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
        said = unwrapped(screen.answer("Send orders to Sendcloud? (Y/n)", "n"))
        assert "Settings, Integrations, Sendcloud API, Connect" in said
        said = screen.answer("Countries to add (Enter for none)", "nl, FR")
        assert "proved       Reading orders" in said
        assert screen.end() == 0
        assert "Connected: Kontor am Markt" in screen.text

        store = shell.config["stores"]["kontor-am-markt"]
        assert store["marketplace_ids"] == ["A1PA6795UKMFR9", "A1805IZSGTT6HS", "A13V1IB3VIYZZH"]
        assert (store["import_weights"], store["update_status_when"]) == (True, "processed")
        assert shell.keyring["kontor-am-markt/refresh-token"] == credentials["refresh_token"]
        for secret in (credentials["client_secret"], credentials["refresh_token"]):
            assert secret not in screen.text


class TestLeaving:
    def test_by_ctrl_c_stores_nothing_and_says_so(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], tmp_path: Path
    ) -> None:
        opened, browser = a_browser(tmp_path)
        screen = at_terminal("connect", "--country", "DE", BROWSER=browser)
        screen.answer("registered and authorised?", "y")
        screen.expect("Seller ID: ")
        assert not opened.exists(), "--no-browser"
        screen.interrupt()
        assert screen.end() == 130
        assert "Nothing was stored." in screen.text
        assert shell.config == {}

    def test_by_the_end_of_input_is_no_endless_question(self, at_terminal: Callable[..., Terminal]) -> None:
        screen = at_terminal("connect")
        screen.answer("Country, by code or name", "\x04")  # Ctrl-D
        assert screen.end() == 130


class TestTheBrowser:
    def test_shows_the_page_of_the_country(self, shell: EmptyShell, tmp_path: Path) -> None:
        opened, browser = a_browser(tmp_path)
        screen = Terminal(["connect", "--country", "NL"], {**shell.environ, "BROWSER": browser})
        try:
            assert "opening in your browser" in screen.expect("registered and authorised?")
            assert opened.read_text().strip() == "https://sellercentral.amazon.nl/sellingpartner/developerconsole"
        finally:
            screen.close()


def test_a_terminal_without_a_keyring_is_told_before_the_first_question(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("connect", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert screen.end() == 78
    assert "Country" not in screen.text
    said = unwrapped(screen.text)
    assert "SLUG" not in said
    assert "run `amzlink verify`" not in said.casefold()


class TestWithoutAKeyring:
    """The steps of the message, carried out as they stand."""

    def follow(self, shell: EmptyShell, said: str) -> dict[str, str]:
        """Make the files that the message names, and set its variables."""
        content = {"CLIENT_SECRET": "client_secret", "REFRESH_TOKEN": "refresh_token"}
        environ = dict(NO_KEYRING)
        for variable in set(re.findall("AMZLINK_SECRET_[A-Z_]+_FILE", said)):
            file = shell.home.parent / f"{variable}.txt"
            key = next((key for name, key in content.items() if name in variable), None)
            file.write_text(shell.credentials[key] if key else "")
            file.chmod(0o600)
            environ[variable] = str(file)
        return environ

    def steps(self, at_terminal: Callable[..., Terminal], *words: str) -> str:
        screen = at_terminal("connect", *words, **NO_KEYRING)
        assert screen.end() == 78
        return unwrapped(screen.text)

    @pytest.mark.parametrize("words", [(), ("--name", "Kontor am Markt"), ("--store", "kontor")])
    def test_the_steps_can_be_followed_and_lead_to_a_store(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], words: tuple[str, ...]
    ) -> None:
        said = self.steps(at_terminal, *words)
        slug = {"--name": "kontor-am-markt", "--store": "kontor"}.get((*words, "")[0], "my-shop")
        assert f"`amzlink connect --store {slug}`" in said
        screen = at_terminal("connect", *words, **self.follow(shell, said))
        screen.answer("Country, by code or name", "DE")
        screen.answer("registered and authorised?", "y")
        screen.answer("Seller ID: ", shell.credentials["seller_id"])
        screen.answer("Client id: ", shell.credentials["client_id"])
        if "--name" not in words:
            screen.answer("Store name", "")
        screen.answer("Import weights from the shop?", "")
        screen.answer("when the parcel is", "")
        screen.answer("Send orders to Sendcloud?", "n")
        screen.answer("Countries to add (Enter for none)", "")
        assert screen.end() == 0
        assert "Client secret: " not in screen.text
        assert "Refresh token: " not in screen.text
        assert "Warning" not in screen.text, "the vault key has its file too"
        assert list(shell.config["stores"]) == [slug]
