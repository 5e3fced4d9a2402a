"""The guided set-up at a real terminal: hidden input, Ctrl-C, the end of input, the browser, and one whole walk.

What is asked and what follows from an answer is tested by key, in `test_conversation.py`.
"""

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_connect import EmptyShell, shell
from tests.support.forked_programs import Program
from tests.support.schedulers import Machine

__all__ = ["shell"]  # the fixture

PAGE = "https://sellercentral-europe.amazon.com/sellingpartner/developerconsole"
SECONDS = 300  # only what fails waits for so long
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, words: list[str], environ: dict[str, str], *, term: str = "dumb", columns: int = 100) -> None:
        self._own, theirs = pty.openpty()
        self._process = Program(
            "amzlink",
            words,
            env={**environ, "TERM": term, "COLUMNS": str(columns)},
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


class TestTheLastStep:
    """Where the machine can run amzlink by itself, connect offers it."""

    def connect(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], tmp_path: Path
    ) -> tuple[Terminal, Machine]:
        machine = Machine(tmp_path / "with-cron", "crontab")
        words = ("--country", "DE", "--name", "My Shop", "--seller-id", shell.credentials["seller_id"])
        screen = at_terminal("connect", *words, "--client-id", shell.credentials["client_id"], PATH=machine.path)
        screen.answer("registered and authorised?", "y")
        screen.answer("Client secret: ", shell.credentials["client_secret"])
        screen.answer("Refresh token: ", shell.credentials["refresh_token"])
        screen.answer("Import weights from the shop? (Y/n)", "")
        screen.answer("Update the order's status when the parcel is [1]", "")
        screen.answer("Send orders to Sendcloud? (Y/n)", "n")
        screen.answer("Countries to add (Enter for none)", "")
        return screen, machine

    def test_shows_what_it_writes_and_writes_it(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], tmp_path: Path
    ) -> None:
        screen, machine = self.connect(shell, at_terminal, tmp_path)
        screen.answer("Run amzlink by itself, every 15 minutes? (Y/n)", "?")
        said = screen.answer("Run amzlink by itself, every 15 minutes? (Y/n)", "")
        assert "without you" in unwrapped(said)
        said = screen.answer("Write this? (Y/n)", "")
        assert screen.end() == 0
        assert machine.table
        assert all(line in said for line in machine.table.splitlines())
        assert "amzlink now runs by itself." in screen.text

    def test_is_left_out_by_a_no_and_the_store_is_connected_all_the_same(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], tmp_path: Path
    ) -> None:
        screen, machine = self.connect(shell, at_terminal, tmp_path)
        screen.answer("Run amzlink by itself, every 15 minutes? (Y/n)", "nein")
        assert screen.end() == 0
        assert machine.table is None
        assert "my-shop" in shell.config["stores"]


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
    screen = at_terminal("connect", **NO_KEYRING)
    screen.answer("Write the secrets to files? (Y/n)", "n")
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
        screen.answer("Write the secrets to files? (Y/n)", "n")
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


class TestSecretsInFiles:
    """Without a keyring, and with the files that connect writes itself."""

    def answer(self, shell: EmptyShell, screen: Terminal) -> None:
        """The right answers to everything after the folder; orders go to Sendcloud."""
        for question, text in (
            ("Country, by code or name", "DE"),
            ("registered and authorised? (y/n)", "y"),
            ("Seller ID: ", shell.credentials["seller_id"]),
            ("Client id: ", shell.credentials["client_id"]),
            ("Client secret: ", shell.credentials["client_secret"]),
            ("Refresh token: ", shell.credentials["refresh_token"]),
            ("Store name", "Kontor am Markt"),
            ("Import weights from the shop?", "n"),
            ("when the parcel is", ""),
            ("Send orders to Sendcloud? (Y/n)", ""),
            ("Sendcloud public key: ", shell.credentials["sendcloud_public_key"]),
            ("Sendcloud secret key: ", shell.credentials["sendcloud_secret_key"]),
            ("Delete orders at Sendcloud too", ""),
        ):
            screen.answer(question, text)

    def connect(self, shell: EmptyShell, at_terminal: Callable[..., Terminal], *words: str) -> Terminal:
        screen = at_terminal("connect", *words, **NO_KEYRING)
        if not words:
            screen.answer("Write the secrets to files? (Y/n)", "")
            screen.answer(f"Folder for the secrets [{self.folder(shell)}]", "")
        self.answer(shell, screen)
        screen.answer("Countries to add (Enter for none)", "")
        assert screen.end() == 0
        return screen

    def folder(self, shell: EmptyShell) -> Path:
        return shell.home.with_name("amzlink-keys")

    def block(self, screen: Terminal, heading: str) -> list[str]:
        """The lines below a heading, as somebody copies them."""
        return screen.text.partition(heading)[2].partition("\n\n")[2].partition("\n\n")[0].splitlines()

    def started_with(self, shell: EmptyShell, variables: dict[str, str]) -> None:
        """The shell as cron and systemd have it: with these variables, and with none of this one's."""
        shell.environ = {key: shell.environ[key] for key in ("PATH", "HOME", "PYTHONPATH")} | NO_KEYRING | variables

    def test_nobody_else_can_read_them_and_no_secret_is_shown(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        screen = self.connect(shell, at_terminal)
        folder = self.folder(shell)
        assert folder.stat().st_mode & 0o777 == 0o700
        kept = {file.name: file for file in folder.iterdir()}
        names = {"client-secret", "refresh-token", "sendcloud-secret-key"}
        assert set(kept) == {f"kontor-am-markt.{name}" for name in names}
        assert {file.stat().st_mode & 0o777 for file in kept.values()} == {0o600}
        for name in names:
            secret = shell.credentials[name.replace("-", "_")]
            assert kept[f"kontor-am-markt.{name}"].read_text() == secret
            assert secret not in screen.text
            assert secret not in (shell.home / "config" / "config.toml").read_text()

    @pytest.mark.parametrize("columns", ["60", "80"])
    def test_the_lines_for_cron_work_as_they_stand(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], columns: str
    ) -> None:
        shell.environ["COLUMNS"] = columns
        lines = self.block(self.connect(shell, at_terminal), "For cron: ")
        variables = dict(line.split("=", 1) for line in lines if "* * *" not in line)
        jobs = [re.fullmatch(r"[\d*/-]+ \* \* \* \* \S+( -m amzlink)? (.*)", line) for line in lines[len(variables) :]]
        assert [job[2] for job in jobs if job] == [
            "import-orders --store kontor-am-markt",
            "push-status --store kontor-am-markt",
        ]
        self.started_with(shell, variables)
        for job in jobs:
            assert job
            ran = shell.run(*job[2].split())
            assert (ran.code, ran.err) in ((0, ""), (1, ran.err))
        sent = shell.control("/state")["calls"]
        assert sent["searchOrders"]
        assert (self.folder(shell) / "kontor-am-markt.vault-key").stat().st_mode & 0o777 == 0o600

    def test_the_lines_for_a_shell_work_as_they_stand(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        lines = self.block(self.connect(shell, at_terminal), "For commands that you run by hand")
        script = "\n".join([*lines, "env -0"])
        told = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
        self.started_with(shell, dict(line.split("=", 1) for line in told.split("\0") if line))
        shown = shell.run("stores", "show", "--json").document["secrets"]
        assert {place["source"] for place in shown.values()} == {"file", None}
        assert shown["vault-key"]["source"] is None
        verified = {check["id"]: check["status"] for check in shell.run("verify", "--json").document["checks"]}
        assert {verified[name] for name in ("keyring", "lwa-token", "sendcloud-access")} == {"ok"}

    def test_the_lines_for_systemd_name_the_credentials_and_the_file_of_the_vault_key(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        lines = self.block(self.connect(shell, at_terminal), "For systemd: ")
        settings = [line.split("=", 1) for line in lines[1:]]
        assert lines[0] == "[Service]"
        credentials = [value.split(":", 1) for key, value in settings if key == "LoadCredential"]
        place = shell.home.parent / "credentials"
        place.mkdir()
        for name, file in credentials:  # what systemd does
            (place / name).write_bytes(Path(file).read_bytes())
        environ = dict(shlex.split(value)[0].split("=", 1) for key, value in settings if key == "Environment")
        self.started_with(shell, environ | {"CREDENTIALS_DIRECTORY": str(place)})
        [command] = [value for key, value in settings if key == "ExecStart"]
        words = shlex.split(command)
        assert shell.run(*words[words.index("import-orders") :]).code in (0, 1)
        assert (self.folder(shell) / "kontor-am-markt.vault-key").exists()

    def test_ctrl_c_at_the_last_question_leaves_nothing(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal]
    ) -> None:
        screen = at_terminal("connect", **NO_KEYRING)
        screen.answer("Write the secrets to files?", "")
        screen.answer("Folder for the secrets", "")
        self.answer(shell, screen)
        screen.expect("Countries to add")
        screen.interrupt()
        assert screen.end() == 130
        assert "Nothing was stored." in screen.text
        assert not self.folder(shell).exists()
        assert shell.config == {}

    @pytest.mark.parametrize("told", [True, False], ids=["named-by-the-environment", "found-in-the-usual-folder"])
    def test_are_renewed_where_they_are(
        self, shell: EmptyShell, at_terminal: Callable[..., Terminal], *, told: bool
    ) -> None:
        self.connect(shell, at_terminal)
        file = self.folder(shell) / "kontor-am-markt.refresh-token"
        other = shell.control("/refresh-token", {})["refresh_token"]
        named = {
            f"AMZLINK_SECRET_KONTOR_AM_MARKT_{name.upper().replace('-', '_')}_FILE": str(
                self.folder(shell) / f"kontor-am-markt.{name}"
            )
            for name in ("client-secret", "refresh-token", "sendcloud-secret-key", "vault-key")
        }
        screen = at_terminal("connect", "--renew", **NO_KEYRING, **(named if told else {}))
        screen.answer("Client id", "")
        screen.answer("Client secret (Enter keeps the present one)", "")
        screen.answer("Refresh token (Enter keeps the present one)", other)
        screen.answer("Sendcloud public key", "")
        screen.answer("Sendcloud secret key (Enter keeps the present one)", "")
        assert screen.end() == 0
        assert "Write the secrets to files?" not in screen.text
        assert file.read_text() == other
        assert file.stat().st_mode & 0o777 == 0o600


def test_at_a_choice_a_question_mark_explains_and_a_paste_is_named(
    shell: EmptyShell, at_terminal: Callable[..., Terminal]
) -> None:
    shell.fault("client-unknown")
    credentials = shell.credentials
    screen = at_terminal("connect", "--country", "DE", "--seller-id", credentials["seller_id"], "--yes")
    screen.answer("Client id: ", credentials["client_id"])
    screen.answer("Client secret: ", credentials["client_secret"])
    screen.answer("Refresh token: ", credentials["refresh_token"])
    first = unwrapped(screen.answer("What now? [1]", "?"))
    assert first.partition("asking Amazon ")[2] in unwrapped(
        screen.answer("What now? [1]", credentials["client_secret"])
    )
    assert "It is a client secret." in unwrapped(screen.answer("What now? [1]", "9"))
    assert "a number from 1 to" in unwrapped(screen.answer("What now? [1]", "stop"))
    assert screen.end() == 77
