"""import-orders and orders as cron, a script and a support engineer meet them: a program in its own environment."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import SLUG, Shell, shell, to_be_booked

PREFIX = "AMZLINK_SECRET_DEMO_SHOP_"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path) as found:
        yield found


def test_under_cron_a_run_that_is_fine_prints_nothing_and_ends_with_0(at: Shell) -> None:
    words = [f"{name}={value}" for name, value in at.environ.items()]
    cron = ["env", "-i", *words, "/bin/sh", "-c", f"{sys.executable} -m amzlink import-orders"]
    for _ in range(2):
        done = subprocess.run(cron, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    rows = at.run("orders", "list", "--json").document["orders"]
    assert {row["order_id"] for row in rows} <= to_be_booked(at.sandbox).keys()
    assert rows


def test_secrets_come_from_files_and_from_systemds_credentials(at: Shell, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / f"{SLUG}.refresh-token").write_text(at.environ[f"{PREFIX}REFRESH_TOKEN"] + "\n")
    secret_file = tmp_path / "client-secret"
    secret_file.write_text(at.environ[f"{PREFIX}CLIENT_SECRET"])
    environ = {name: value for name, value in at.environ.items() if not name.endswith(("_TOKEN", "_SECRET"))}
    environ |= {f"{PREFIX}CLIENT_SECRET_FILE": str(secret_file), "CREDENTIALS_DIRECTORY": str(credentials)}
    assert Shell(at.home, at.addresses, environ, at.sandbox).run("import-orders").code == 0


def test_without_a_keyring_the_three_ways_out_are_told(at: Shell) -> None:
    environ = {name: value for name, value in at.environ.items() if not name.startswith("AMZLINK_SECRET_")}
    ran = Shell(at.home, at.addresses, environ, at.sandbox).run("import-orders")
    assert ran.code == 78
    assert "keyring-unavailable" in ran.err
    for way in ("AMZLINK_SECRET_DEMO_SHOP_", "_FILE", "systemd", "gnome-keyring"):
        assert way in ran.err


def test_the_document_has_the_form_that_scripts_rely_on(at: Shell) -> None:
    ran = at.run("import-orders", "--json")
    assert ran.err == ""
    document = ran.document
    assert list(document) == ["schema", "stores"]
    [store] = document["stores"]
    assert list(store) == [
        "store", "window", "route", "fetched", "new", "updated", "unchanged", "pending", "held", "missing_weight",
        "missing_customs", "customs_missing_for", "incomplete", "sent", "refused", "api_calls", "seconds",
    ]  # fmt: skip
    assert list(store["window"]) == ["from", "to"]
    assert store["fetched"] == store["new"] + store["updated"] + store["unchanged"] + store["pending"]


@pytest.mark.parametrize(
    "words", [("--json", "import-orders"), ("import-orders", "--json"), ("import-orders", "--all-stores", "--json")]
)
def test_global_options_may_stand_anywhere(at: Shell, words: tuple[str, ...]) -> None:
    assert at.run(*words).document["stores"][0]["store"] == SLUG


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("client-unknown", 77), ("authorisation-revoked", 77), ("client-secret-expired", 77), ("app-mismatch", 77),
        ("region-mismatch", 77), ("role-missing-orders", 77), ("response-truncated", 75), ("response-empty", 75),
        ("proxy-interferes", 75), ("server-error", 75), ("throttled", 75),
    ],
)  # fmt: skip
def test_a_failure_has_its_exit_code_a_name_and_a_next_step(tmp_path: Path, fault: str, code: int) -> None:
    with shell(tmp_path, faults=[fault]) as at:
        ran = at.run("import-orders", "--max-wait", "1s", "--json")
        assert ran.code == code
        error = ran.document["error"]
        assert list(error) == ["problem", "summary", "cause", "next_step", "docs"]
        assert all(error.values())
        told = at.run("import-orders", "--max-wait", "1s", "-v")
        assert (told.code, told.out) == (code, "")
        assert "Traceback" not in told.err
        assert error["problem"] in told.err


@pytest.mark.parametrize(("fault", "code"), [("authorisation-revoked", 77), ("service-unavailable", 75)])
def test_under_cron_what_needs_a_person_is_told_once_and_what_passes_is_not(
    tmp_path: Path, fault: str, code: int
) -> None:
    with shell(tmp_path, faults=[fault]) as at:
        first, second = (at.run("import-orders", "--max-wait", "1s") for _ in range(2))
        assert (first.code, second.code) == (code, code)
        assert (first.out, second.out, second.err) == ("", "", "")
        assert (fault in first.err) == (code == 77)
        at.control("/faults", {"off": [fault]})
        after = at.run("import-orders")
        assert after.code == 0
        assert ("problem has ended: The authorisation is not valid" in after.err) == (code == 77)


def test_one_store_that_fails_does_not_hold_back_the_other(at: Shell) -> None:
    from msgspec.structs import replace

    from amzlink.config.file import read_config, write_config

    file = at.home / "config" / "config.toml"
    settings = read_config(file)
    other = replace(settings.stores[SLUG], name="Other", client_id="amzn1.application-oa2-client." + "0" * 32)
    write_config(settings.with_store("other", other), file)
    environ = {
        name.replace("DEMO_SHOP", "OTHER"): value for name, value in at.environ.items() if name.startswith(PREFIX)
    }
    environ["AMZLINK_SECRET_OTHER_VAULT_KEY_FILE"] = str(at.home.parent / "keys" / "other")
    ran = at.run("import-orders", "--all-stores", "--json", environ=environ)
    assert ran.code == 1
    good, bad = ran.document["stores"]
    assert good["new"] > 0
    assert bad["error"]["problem"] == "client-unknown"
    ran = at.run("import-orders", "--all-stores", "--jobs", "2", "--json", environ=environ)
    assert ran.code == 1
    good, bad = ran.document["stores"]
    assert (good["store"], good["api_calls"]["searchOrders"]) == (SLUG, 1)
    assert bad["error"]["problem"] == "client-unknown"
    checked = at.run("verify", "--all-stores", "--json", environ=environ)
    assert checked.code == 1
    assert [(store["store"], store["ok"]) for store in checked.document["stores"]] == [(SLUG, True), ("other", False)]
    assert at.run("import-orders", environ=environ).err.startswith("Error: More than one store is connected")


@pytest.mark.parametrize(
    "words",
    [
        ("import-orders", "--since", "yesterday"), ("import-orders", "--route", "fast"), ("import-orders", "--nope"),
        ("import-orders", "--since", ""),
        ("import-orders", "--max-wait", "5"), ("import-orders", "--store"), ("orders", "export", "--format", "xls"),
        ("import-orders", "--order", "1234"), ("schedule", "install", "--every", "7m"),
        ("import-orders", "--since", "7d", "--order", "302-0000000-0000000"), ("orders", "export", "--output", ""),
        ("orders", "list", "--status", "foo"), ("check-weights", "--output", ""), ("import-orders", "--jobs", "2"),
        ("import-orders", "--all-stores", "--jobs", "0"), ("import-orders", "--all-stores", "--jobs", "1000"),
        ("verify", "--all-stores", "--bundle", "x.zip"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_64(at: Shell, words: tuple[str, ...]) -> None:
    ran = at.run(*words, "--json")
    assert ran.code == 64
    assert ran.document["error"]["problem"] == "usage"


def test_broken_settings_are_named_and_left_as_they_are(at: Shell) -> None:
    file = at.home / "config" / "config.toml"
    file.write_text('[stores.x\nname = "x"')
    ran = at.run("import-orders", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (78, "config-invalid")
    assert file.read_text() == '[stores.x\nname = "x"'


def test_an_unknown_country_in_the_settings_is_named(at: Shell) -> None:
    file = at.home / "config" / "config.toml"
    file.write_text(file.read_text().replace('country = "DE"', 'country = "XX"'))
    ran = at.run("import-orders", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (78, "config-invalid")
    assert "XX" in ran.document["error"]["summary"]


def test_files_and_folders_are_their_owners_alone(at: Shell) -> None:
    at.run("import-orders")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in at.home.rglob("*")}
    assert {oct(mode) for path, mode in modes.items() if path.is_dir()} == {"0o700"}
    assert {oct(mode) for path, mode in modes.items() if path.is_file()} == {"0o600"}


def test_nothing_in_the_home_holds_a_secret(at: Shell) -> None:
    at.run("import-orders", "-vv")
    content = b"".join(path.read_bytes() for path in at.home.rglob("*") if path.is_file())
    for name in ("CLIENT_SECRET", "REFRESH_TOKEN"):
        assert at.environ[PREFIX + name].encode() not in content
    assert b"Atza|" not in content


def test_orders_are_listed_shown_held_and_released(at: Shell) -> None:
    at.run("import-orders")
    listed = at.run("orders", "list", "--status", "unshipped", "--json").document
    assert list(listed) == ["schema", "store", "orders"]
    order = next(order for order in listed["orders"] if not order["holds"])
    assert list(order) == [
        "order_id", "marketplace_id", "status", "purchased_at", "changed_at", "ship_by", "service_level", "programs",
        "holds", "lines", "units", "weight_grams", "sent", "confirmed", "personal_data_until",
    ]  # fmt: skip
    order_id = order["order_id"]
    assert at.run("orders", "hold", order_id).code == 0
    assert at.run("orders", "show", order_id, "--json").document["holds"] == ["manual"]
    assert at.run("orders", "release", order_id, "--json").document["released"] == ["manual"]
    shown = at.run("orders", "show", order_id, "--json").document
    assert shown["holds"] == []
    assert "recipient" not in shown
    opened = at.run("orders", "show", order_id, "--with-pii", "--json").document
    assert opened["recipient"]["address_line_1"]
    assert {"buyer", "recipient", "gift_messages", "order_lines", "packages"} <= opened.keys()


def test_all_prime_orders_are_released_at_once_where_they_are_held(at: Shell) -> None:
    at.run("stores", "set", "include_prime=never")
    at.run("import-orders")
    listed = at.run("orders", "list", "--json").document["orders"]
    held = sorted(order["order_id"] for order in listed if order["holds"] == ["prime"])
    assert held
    document = at.run("orders", "release", "--held", "prime", "--json").document
    assert document == {"schema": 1, "store": SLUG, "hold": "prime", "order_ids": held, "still_held": []}
    assert at.run("orders", "release", "--held", "prime").out == "No order to ship is on hold for prime.\n"
    for words in ((), ("--held", "manual"), (held[0], "--held", "prime")):
        assert at.run("orders", "release", *words).code == 64


def test_to_release_an_order_that_is_not_held_is_no_error(at: Shell) -> None:
    at.run("import-orders")
    listed = at.run("orders", "list", "--json").document
    order_id = next(order["order_id"] for order in listed["orders"] if not order["holds"])
    ran = at.run("orders", "release", order_id)
    assert (ran.code, ran.out, ran.err) == (0, f"The order {order_id} is not on hold.\n", "")
    document = at.run("orders", "release", order_id, "--json").document
    assert (document["order_id"], document["released"]) == (order_id, [])


def test_an_export_to_a_hyphen_goes_to_standard_output(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders")
    ran = at.run("orders", "export", "--output", "-")
    assert (ran.code, ran.out) == (0, at.run("orders", "export").out)
    assert not Path("-").exists()


def test_an_export_with_personal_data_is_its_owners_alone_and_warns(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders")
    file = tmp_path / "orders.csv"
    ran = at.run("orders", "export", "--output", str(file), "--with-pii")
    assert ran.code == 0
    assert "personal data" in ran.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    plain = at.run("orders", "export", "--format", "jsonl").out.splitlines()
    assert "recipient_name" not in json.loads(plain[0])


def test_an_order_that_the_book_does_not_have_is_named(at: Shell) -> None:
    ran = at.run("orders", "show", "302-0000000-0000000", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (69, "order-not-found")


def test_a_reader_that_has_seen_enough_ends_the_listing_quietly(at: Shell) -> None:
    at.run("import-orders")
    words = f"{sys.executable} -m amzlink orders export --format jsonl | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", words], env=at.environ, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_second_run_while_one_is_at_work_ends_with_75(at: Shell) -> None:
    from filelock import FileLock

    with FileLock(at.home / "state" / "locks" / f"{SLUG}.import-orders.lock"):
        ran = at.run("import-orders", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (75, "run-in-progress")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_home_that_belongs_to_another_user_is_refused_by_name(at: Shell) -> None:
    at.run("import-orders")
    before = {path: path.read_bytes() for path in at.home.rglob("*") if path.is_file()}
    os.chown(at.home, 65534, 65534)
    ran = at.run("import-orders", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (78, "home-of-another-user")
    os.chown(at.home, 0, 0)
    assert {path: path.read_bytes() for path in at.home.rglob("*") if path.is_file()} == before


def notify(at: Shell, tmp_path: Path, script: str) -> Path:
    """Set a program for alarms; what it is given comes into the file."""
    heard = tmp_path / "heard"
    program = tmp_path / "tell"
    program.write_text(f"#!/bin/sh\n{script.format(heard=heard)}\n")
    program.chmod(0o700)
    file = at.home / "config" / "config.toml"
    file.write_text(f'{file.read_text()}\n[notify]\ncommand = ["{program}", "now; rm -rf /", "$HOME"]\n')
    return heard


def test_the_merchants_program_gets_what_is_told_and_no_secrets(tmp_path: Path) -> None:
    with shell(tmp_path, faults=["authorisation-revoked"]) as at:
        heard = notify(at, tmp_path, 'cat >>{heard}; env >>{heard}.env; echo "$1 $2" >>{heard}.args')
        for _ in range(2):
            assert at.run("import-orders").code == 77
        at.control("/faults", {"off": ["authorisation-revoked"]})
        assert at.run("import-orders").code == 0
    begun, ended = map(json.loads, heard.read_text().splitlines())
    assert (begun["problem"], begun["store"], begun["job"]) == ("authorisation-revoked", SLUG, "import-orders")
    assert (begun["exit_code"], begun["over"], ended["over"]) == (77, False, True)
    assert all(begun[key] for key in ("summary", "cause", "next_step", "docs", "since"))
    assert "AMZLINK_SECRET_" not in Path(f"{heard}.env").read_text()
    assert Path(f"{heard}.args").read_text() == "now; rm -rf / $HOME\n" * 2


@pytest.mark.parametrize(("script", "why"), [("exit 3", "ended with code 3"), ("cat >/dev/null; kill -9 $$", "-9")])
def test_a_program_for_alarms_that_fails_is_told_of(tmp_path: Path, script: str, why: str) -> None:
    with shell(tmp_path, faults=["authorisation-revoked"]) as at:
        notify(at, tmp_path, script)
        ran = at.run("import-orders")
    assert ran.code == 77
    assert "authorisation-revoked" in ran.err
    assert "notify-failed" in ran.err
    assert why in ran.err


def test_a_program_for_alarms_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with shell(tmp_path, faults=["authorisation-revoked"]) as at:
        notify(at, tmp_path, "true")
        (tmp_path / "tell").unlink()
        assert "could not be started" in at.run("import-orders").err
