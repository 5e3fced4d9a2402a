"""The manual page and the completion files that a package brings."""

import os
import subprocess
from pathlib import Path

import pytest

from amzlink.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
SHARE = ROOT / "share"
PAGE = SHARE / "man" / "man1" / "amzlink.1"


def rendered() -> str:
    """The page as plain text; what groff warns of stands in it too."""
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-ww", "-rLL=200n", PAGE],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.needs("groff")
def test_the_page_is_set_without_a_warning_and_has_every_command() -> None:
    text = rendered()
    assert "warning" not in text
    names = [command.name for command in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance
        names += [f"{group.name} {command.name}" for command in group.typer_instance.registered_commands]
    missing = [name for name in names if f"   amzlink {name}\n" not in text]
    assert missing == []


@pytest.mark.needs("groff")
def test_what_can_be_typed_stands_in_it_as_it_is_typed() -> None:
    text = " ".join(rendered().split())
    for typed in (
        "amzlink connect --renew --store my-shop",
        "amzlink check-weights --set MUG-RED=0.45kg",
        "AMZLINK_SECRET_<STORE>_VAULT_KEY_FILE",
        "~/.config/amzlink/config.toml",
        "-q, --quiet",
    ):
        assert typed in text


@pytest.mark.needs("mandoc")
def test_mandoc_finds_no_error_in_it() -> None:
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", PAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_plain_ascii() -> None:
    assert PAGE.read_bytes().isascii()


@pytest.mark.needs("zsh")
def test_zsh_loads_its_file_by_its_name(tmp_path: Path) -> None:
    """As a package's file, below a folder of `fpath`, with nothing set up by the user."""
    script = (
        f"fpath=({SHARE / 'zsh' / 'site-functions'} $fpath)\n"
        f"autoload -Uz compinit; compinit -u -d {tmp_path / 'dump'}\n"
        "print -r -- $_comps[amzlink]; autoload +X _amzlink && print -r -- loaded"
    )
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, env=environ, check=True)
    assert (done.stdout.splitlines(), done.stderr) == (["_amzlink", "loaded"], "")
