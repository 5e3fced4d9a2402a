"""stores as a program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import SLUG, Shell, shell

SECRETS = ("client_secret", "refresh_token", "sendcloud_secret_key")


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, orders=0) as running:
        yield running


def test_list_shows_each_store(connected: Shell) -> None:
    done = connected.run("stores", "list", "--json")
    assert (done.code, done.err) == (0, "")
    (store,) = done.document["stores"]
    assert (store["store"], store["region"], store["test"], store["default"]) == (SLUG, "eu", True, False)
    assert "secrets" not in store
    table = connected.run("stores", "list").out
    assert table.splitlines()[0].split() == ["STORE", "NAME", "SELLS", "IN", "SELLER", "ID"]
    assert "DE FR NL PL" in table


def test_list_of_no_store_says_how_to_link_one(connected: Shell) -> None:
    environ = {"AMZLINK_HOME": str(connected.home.parent / "empty")}
    done = connected.run("stores", "list", environ=environ)
    assert (done.code, done.out) == (0, "")
    assert "`amzlink connect`" in done.err
    assert connected.run("stores", "list", "--json", environ=environ).document == {"schema": 1, "stores": []}


def test_show_names_where_secrets_come_from_and_never_says_them(connected: Shell) -> None:
    done = connected.run("stores", "show", "--json")
    assert done.code == 0
    assert done.document["secrets"]["client-secret"] == {"source": "environment", "problem": None}
    assert done.document["secrets"]["vault-key"] == {"source": None, "problem": None}
    assert done.document["secrets"]["sendcloud-secret-key"]["source"] == "environment"
    plain = connected.run("stores", "show").out
    assert "client-secret" in plain
    assert "from the environment" in plain
    for secret in (connected.addresses["credentials"][key] for key in SECRETS):
        assert secret not in plain + done.out


def test_set_changes_a_setting_and_shows_it(connected: Shell) -> None:
    assert connected.run("stores", "set", "import_weights=true").out == f"{SLUG}: import_weights = true\n"
    assert connected.run("stores", "set", "hold_missing_weight=ja", "carrier.Budbee=DPD").out == (
        f"{SLUG}: hold_missing_weight = true\n{SLUG}: carrier.Budbee = DPD\n"
    )
    assert connected.run("stores", "set", "marketplace_ids=NL,DE").out.startswith(f"{SLUG}: marketplace_ids = A1805")
    shown = connected.run("stores", "set", "default_weight_grams=", "--json").document
    assert shown["settings"]["import_weights"] is True
    assert shown["settings"]["default_weight_grams"] is None
    assert shown["marketplace_ids"] == ["A1805IZSGTT6HS", "A1PA6795UKMFR9"]


@pytest.mark.parametrize(("before", "now"), [("true", "always"), ("false", "auto")])
def test_the_boolean_of_an_earlier_version_is_rewritten_once_and_that_is_said(
    connected: Shell, before: str, now: str
) -> None:
    file = connected.home / "config" / "config.toml"
    file.write_text(file.read_text().replace('include_prime = "auto"', f"include_prime = {before}"))
    first = connected.run("stores", "show", "--json")
    assert first.document["settings"]["include_prime"] == now
    assert f"The setting include_prime of the store {SLUG} was {before}. It is now {now}." in first.err
    assert f'include_prime = "{now}"' in file.read_text()
    assert connected.run("stores", "show").err == ""


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("set", "import_weights=perhaps"), 64, "usage"),
        (("set", "colour=red"), 64, "usage"),
        (("set",), 64, "usage"),
        (("set", "destination=sendcloud"), 78, "sendcloud-keys-missing"),
        (("set", "marketplace_ids=US"), 64, "region-mixed"),
        (("set", "name=x", "--store", "nobody"), 78, "no-store"),
        (("default", "nobody"), 78, "no-store"),
        (("show", "--store", "nobody"), 78, "no-store"),
    ],
)
def test_what_cannot_be_is_refused_by_name(connected: Shell, words: tuple[str, ...], code: int, problem: str) -> None:
    done = connected.run("stores", *words, "--json")
    assert (done.code, done.document["error"]["problem"]) == (code, problem)


def test_default_is_kept(connected: Shell) -> None:
    assert connected.run("stores", "default", SLUG, "--json").document == {"schema": 1, "default_store": SLUG}
    assert connected.run("stores", "list", "--json").document["stores"][0]["default"] is True
