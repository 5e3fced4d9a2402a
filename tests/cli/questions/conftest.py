"""One shop for every question that a shop owner or a support desk asks: `desk`, and one with a keyring, `desktop`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_connect import KEYRING
from tests.support.questions import SLUG, Desk, at_the_desk

SECRETS = ("client_secret", "refresh_token", "sendcloud_secret_key")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A connected shop without orders, whose orders go to Sendcloud."""
    with at_the_desk(tmp_path) as found:
        yield found


@pytest.fixture
def desktop(desk: Desk, tmp_path: Path) -> Desk:
    """The same on a computer with a keyring, which has the secrets."""
    (tmp_path / "file_keyring.py").write_text(KEYRING)
    desk.at.environ |= {
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "TEST_KEYRING": str(tmp_path / "keyring.json"),
    }
    for name in SECRETS:
        desk.secret(name.upper(), None)
    renew(desk, **{name: desk.at.addresses["credentials"][name] for name in SECRETS})
    return desk


def renew(desk: Desk, **secrets: str) -> None:
    """`connect --renew` with new secrets, as the messages say, with them in a file."""
    given = "".join(f"{name} = {json.dumps(value)}\n" for name, value in secrets.items())
    done = desk.at.run("connect", "--store", SLUG, "--renew", "--secrets-from", "-", stdin=given)
    assert done.code == 0, done.err
