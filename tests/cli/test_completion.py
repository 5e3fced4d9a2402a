"""Completion as a shell asks for it, and as people set it up: in real shells, with Tab."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from amzlink.cli.completion.scripts import SCRIPTS
from amzlink.cli.main import run
from amzlink.problems import CATALOGUE

_REST: Final = 'country = "DE"\nseller_id = "A"\nclient_id = "c"\nmarketplace_ids = ["A1PA6795UKMFR9"]\n'
CONFIG: Final = f'[stores.my-shop]\nname = "My Shop"\n{_REST}[stores.other-shop]\nname = "Other: a shop"\n{_REST}'
SECONDS: Final = 300  # only what fails waits for so long
# A shell that is to be typed into needs the terminal as its own.
AT_A_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
SHELLS: Final = {"bash": ["bash", "--noprofile", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}


@pytest.fixture
def home(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with two stores, in the folders that Linux has for them."""
    config = empty_home / ".config" / "amzlink"
    config.mkdir(parents=True, mode=0o700)
    (config / "config.toml").write_text(CONFIG)
    (config / "config.toml").chmod(0o600)
    monkeypatch.setenv("SHELL", "/bin/bash")
    return empty_home


EVERYWHERE: Final = ["--store", "--json", "--quiet", "--verbose", "--no-color"]
Ask = Callable[[str], list[str]]


@pytest.fixture
def ask(home: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """What bash is told for a line with the cursor at its end."""

    def answers(line: str) -> list[str]:
        assert run(["--complete", "bash", re.split(r"[ =:]", line)[-1], line]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out.splitlines()

    return answers


class TestWhatCanStandNext:
    def test_a_stores_name_steers_no_terminal(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = home / ".config" / "amzlink" / "config.toml"
        file.write_text(CONFIG.replace("My Shop", r"\u001b]0;My\u0007\u202e Shop"))
        assert run(["--complete", "zsh", "orders", "--store", "my"]) == 0
        assert r"my-shop:\\x1b]0;My\\x07\\u202e Shop" in capsys.readouterr().out

    def test_the_commands(self, ask: Ask) -> None:
        kind, *words = ask("amzlink ")
        assert kind == "words"
        assert {"connect", "import-orders", "orders", "schedule", "explain"} <= set(words)

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("amzlink st", ["status", "stores"]),
            ("amzlink --verbose orders ex", ["export"]),
            ("amzlink --store my-shop orders re", ["release"]),
            ("amzlink --store m", ["my-shop"]),
            ("amzlink status --store ", ["my-shop", "other-shop"]),
            ("amzlink status --store=oth", ["other-shop"]),
            ("amzlink stores default ", ["my-shop", "other-shop"]),
            ("amzlink explain role-missing-p", ["role-missing-pii"]),
            ("amzlink explain exit", ["exit-codes"]),
            ("amzlink connect --destination ", ["none", "sendcloud"]),
            ("amzlink connect --no-v", ["--no-verify"]),
            ("amzlink push-status --route=f", ["feed"]),
            ("amzlink orders list --status UNS", ["UNSHIPPED"]),
            ("amzlink stores set include_p", ["include_prime="]),
            ("amzlink stores set include_prime=", ["auto", "always", "never"]),
            ("amzlink stores set import_weights=t", ["true"]),
            ("amzlink stores set name=", []),
            ("amzlink stores set name=x include_p", ["include_prime="]),
            ("amzlink sandbox --fault authorisation-", ["authorisation-revoked"]),
            ("amzlink --install-completion z", ["zsh"]),
            ("amzlink import-orders --dry", ["--dry-run"]),
            ("amzlink import-orders --js", ["--json"]),
            ("amzlink 'sta", ["status"]),
            ("amzlink explain --schema ver", ["verify", "version"]),
            ("amzlink orders list --held pre", ["preorder"]),
            ("amzlink orders list --held --ov", ["--overdue"]),
            ("amzlink orders list --held --status UNS", ["UNSHIPPED"]),
            ("amzlink orders release --held ", ["prime"]),
            ("amzlink explain -- role-missing-p", ["role-missing-pii"]),
            ("amzlink orders hold 302-1234567-1234567 ", EVERYWHERE),
            ("amzlink orders hold -- 302-1234567-1234567 ", []),
            ("amzlink nonsense ", []),
            ("amzlink orders nonsense --", []),
        ],
    )
    def test_after(self, line: str, words: list[str], ask: Ask) -> None:
        assert ask(line) == ["words", *words]

    def test_the_middle_of_an_escape_offers_nothing(self, ask: Ask) -> None:
        assert ask('amzlink orders show "x\\') == []

    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            ("amzlink push-status --from ", "files"),
            ("amzlink orders export --output=", "files"),
            ("amzlink verify --bundle x", "files"),
            ("amzlink purge-pii --archive ", "folders"),
        ],
    )
    def test_files_are_left_to_the_shell(self, line: str, kind: str, ask: Ask) -> None:
        assert ask(line) == [kind]

    def test_every_problem_and_every_command_can_be_completed(self, ask: Ask) -> None:
        assert {name.value for name in CATALOGUE} < set(ask("amzlink explain "))

    @pytest.mark.parametrize(
        "content", [b"[stores.my-shop", b"\xff\xfe", b"stores = 7", b'[stores]\n"; reboot" = {}\n']
    )
    def test_a_broken_config_file_offers_nothing_and_says_nothing(self, content: bytes, home: Path, ask: Ask) -> None:
        (home / ".config" / "amzlink" / "config.toml").write_bytes(content)
        assert ask("amzlink --store ") == ["words"]

    def test_nonsense_is_answered_with_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        for words in ([], ["bash"], ["bash", "x"], ["tcsh"]):
            assert run(["--complete", *words]) == 0
            assert "Error" not in "".join(capsys.readouterr())

    def test_zsh_and_fish_are_told_what_the_words_mean(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run(["--complete", "zsh", "stores", "default", ""])
        assert capsys.readouterr().out == "words\nmy-shop:My Shop\nother-shop:Other\\: a shop\n"
        run(["--complete", "fish", "stores", "default", "o"])
        assert capsys.readouterr().out == "words\nother-shop\tOther: a shop\n"

    def test_nothing_heavy_is_loaded(self, home: Path) -> None:
        code = (
            "import sys\nfrom amzlink.cli.main import run\n"
            "for line in ('st', '--store ', 'explain ', 'stores set ', 'orders list --status '):\n"
            "    run(['--complete', 'zsh', *line.split(' ')])\n"
            "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"HOME": str(home)}, check=True
        )
        loaded = set(done.stdout.rpartition("LOADED ")[2].split())
        assert {"httpx", "sqlalchemy", "keyring", "cryptography", "rich", "pyrage"} & loaded == set()


class TestSettingItUp:
    def test_bash_gets_a_script_and_one_line(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / ".bashrc").write_bytes(b"alias ll='ls -l'  # \xff, no newline")
        assert run(["--install-completion"]) == 0
        script = home / ".local" / "share" / "amzlink" / "completion" / "amzlink.bash"
        assert script.read_text() == SCRIPTS["bash"]
        before, line, rest = (home / ".bashrc").read_bytes().split(b"\n")
        assert (before, rest) == (b"alias ll='ls -l'  # \xff, no newline", b"")
        assert line.decode().endswith("# completion of amzlink")
        out = capsys.readouterr().out
        assert str(script) in out
        assert str(home / ".bashrc") in out
        assert "To undo:" in out

    def test_again_it_changes_nothing(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run(["--install-completion", "zsh", "--json"])
        first = json.loads(capsys.readouterr().out)
        before = (home / ".zshrc").read_bytes()
        assert run(["--install-completion=zsh", "--json"]) == 0
        second = json.loads(capsys.readouterr().out)
        assert [first.pop("changed"), second.pop("changed")] == [[first["script"], first["startup_file"]], []]
        assert first == second
        assert (home / ".zshrc").read_bytes() == before
        assert run(["--install-completion", "zsh"]) == 0
        assert "Nothing was changed" in capsys.readouterr().out

    def test_a_startup_file_that_is_a_link_stays_one(self, home: Path) -> None:
        (home / "dotfiles").mkdir()
        (home / "dotfiles" / "bashrc").write_text("# mine\n")
        (home / ".bashrc").symlink_to(home / "dotfiles" / "bashrc")
        run(["--install-completion", "bash"])
        assert (home / ".bashrc").is_symlink()
        assert len((home / "dotfiles" / "bashrc").read_text().splitlines()) == 2

    def test_fish_needs_no_line(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--install-completion", "fish", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["script"] == str(home / ".config" / "fish" / "completions" / "amzlink.fish")
        assert document["startup_file"] is None
        assert not (home / ".bashrc").exists()

    @pytest.mark.parametrize("shell", SCRIPTS)
    def test_the_script_can_be_shown_and_nothing_is_written(
        self, shell: str, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["--show-completion", shell]) == 0
        assert capsys.readouterr().out == SCRIPTS[shell]
        assert not (home / ".local").exists()

    @pytest.mark.parametrize("given", ["tcsh", ""])
    def test_another_shell_is_a_usage_error(
        self, given: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SHELL", given)
        assert run(["--install-completion"]) == 64
        assert "bash, zsh, fish" in capsys.readouterr().err

    def test_a_file_that_cannot_be_written_is_named(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / ".bashrc").mkdir()
        assert run(["--install-completion", "bash"]) in (73, 74, 78)
        assert ".bashrc" in capsys.readouterr().err


class Shell:
    """A real shell at a terminal, in which completion was set up as people do it."""

    def __init__(self, name: str, home: Path) -> None:
        program = home / "bin" / "amzlink"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m amzlink "$@"\n')
        program.chmod(0o755)
        environ = {
            "HOME": str(home),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        subprocess.run([program, "--install-completion", name], env=environ, check=True, capture_output=True)
        if name == "zsh":
            (home / ".zshrc").write_text("PS1='ready> '\n" + (home / ".zshrc").read_text())
        if name == "fish":
            # Without it fish reads all manual pages of the machine in the background, for minutes.
            (home / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
            (home / ".config" / "fish" / "config.fish").write_text("function fish_prompt; printf 'ready> '; end\n")
        if name == "bash":
            (home / ".bashrc").write_text("PS1='ready> '\n" + (home / ".bashrc").read_text())
        self._own, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL, *SHELLS[name]],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd=home, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.screen = ""
        self.wait_for("ready> ")

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + SECONDS
        while text not in self.screen:
            ready, _, _ = select.select([self._own], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"{text!r} did not come: {self.screen!r}")
            self.screen += os.read(self._own, 65_536).decode(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._own)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.needs(name)) for name in SHELLS])
def shell(request: pytest.FixtureRequest, home: Path) -> Iterator[Shell]:
    opened = Shell(request.param, home)
    yield opened
    opened.close()


class TestInARealShell:
    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("amzlink explain role-missing-p\t", "role-missing-pii:"),
            ("amzlink stores def\tother\t", "other-shop is now the default store"),
            ("amzlink stores show --store other\t", "other-shop: Other"),
            ("amzlink --store=my\t stores sho\t", "my-shop: My Shop"),
            ("amzlink stores set update_stat\tann\t --store my-shop", "update_status_when = announced"),
        ],
        ids=["problem", "slug", "option", "option with an equals sign", "setting and value"],
    )
    def test_tab_completes_and_the_line_runs(self, typed: str, shown: str, shell: Shell) -> None:
        shell.type(f"{typed}\r")
        shell.wait_for(shown)

    def test_files_are_completed_by_the_shell(self, shell: Shell, home: Path) -> None:
        (home / "parcels-of-today.csv").write_text("order_id\n")
        shell.type("amzlink push-status --from parc\t")
        shell.wait_for("parcels-of-today.csv")
