"""verify as a support engineer meets it: a program, a broken store, and one document that tells what is wrong."""

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripts.verify_table import (
    AROUND_ANSWERS,
    AROUND_PAGES,
    AROUND_REPORTS,
    AROUND_SENDING,
    AROUND_SHIPMENTS,
    AROUND_WEIGHTS,
    FOUND,
)

from amzlink.core.diagnosis.checks import Check, Status
from amzlink.jobs.diagnosis.machine import check_secret_age
from amzlink.problems import CATALOGUE
from amzlink.sandbox.faults import FAULTS
from tests.support import forked_programs
from tests.support.network_ends import closed_port
from tests.support.world import SLUG, Ran, Shell, shell, store_on_sandbox

VERIFY = ("verify", "--deep", "--timeout", "4s", "--json")
THIS_MACHINE = "not-scheduled"
SENDCLOUD = ("sendcloud-access", "sendcloud-integration", "sendcloud-duplicate")


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A store with an import behind it, whose orders go to Sendcloud, on a sandbox that answers for every region."""
    with shell(tmp_path_factory.mktemp("verify"), {"destination": "sendcloud"}) as found:
        found.environ["AMZLINK_SPAPI_URL"] += "/{region}"
        assert found.run("import-orders").code == 1, "Polish orders, which Sendcloud does not take"
        # Amazon tells its rates with good answers only; until then the client keeps to the published ones.
        assert found.run("verify", "--deep").code == 0
        yield found


def checks_of(ran: Ran) -> dict[str, dict[str, object]]:
    return {check["id"]: check for check in ran.document["checks"]}


def bad(ran: Ran) -> dict[str, object]:
    return {
        name: check["problem"]
        for name, check in checks_of(ran).items()
        if check["status"] in ("failed", "warning") and check["problem"] != THIS_MACHINE
    }


def test_every_fault_of_the_sandbox_is_in_the_table() -> None:
    elsewhere = AROUND_PAGES | AROUND_SHIPMENTS | AROUND_WEIGHTS | AROUND_REPORTS | AROUND_SENDING | AROUND_ANSWERS
    assert set(FAULTS) == set(FOUND) | elsewhere
    assert not elsewhere & set(FOUND)


def test_forty_five_failures_and_more_are_told_apart() -> None:
    assert len(FOUND) >= 45


@pytest.mark.parametrize("fault", FOUND)
def test_each_fault_is_found_by_its_name_in_its_check_and_nowhere_else(at: Shell, fault: str) -> None:
    at.control("/faults", {"on": [fault]})
    try:
        ran = at.run(*VERIFY)
    finally:
        at.control("/faults", {"off": [fault]})
    assert bad(ran) == FOUND[fault]
    failed = [check for check in checks_of(ran).values() if check["status"] == "failed"]
    assert ran.code == (1 if failed else 0)
    assert ran.document["ok"] is not bool(failed)
    for check in failed:
        assert check["summary"]
        assert check["cause"]
        assert check["next_step"]
        assert check["problem"] in {name.value for name in CATALOGUE}


def test_the_document_has_the_form_that_scripts_rely_on(at: Shell) -> None:
    document = at.run(*VERIFY).document
    assert list(document) == ["schema", "store", "ok", "checks"]
    assert [check["id"] for check in document["checks"]] == [check.value for check in Check]
    for check in document["checks"]:
        assert list(check) == [
            "id", "status", "problem", "summary", "cause", "next_step", "docs", "evidence",
        ]  # fmt: skip


def test_a_run_spends_one_call_of_each_slow_quota(at: Shell) -> None:
    before = at.control("/state")["calls"]
    at.run("verify")
    after = at.control("/state")["calls"]
    spent = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}
    assert spent["searchOrders"] == spent["getReports"] == spent["getAccount"] == 1
    # The look at the network asks without a token, which costs no quota.
    assert spent["getMarketplaceParticipations"] <= 2
    # No document of a report is there, so one token does; there are ten at once, and one a second.
    assert spent["createRestrictedDataToken"] == 1
    assert "createReport" not in spent
    assert "confirmShipment" not in spent


def test_broken_settings_are_a_failed_check_and_all_others_are_skipped(at: Shell) -> None:
    file = at.home / "config" / "config.toml"
    good = file.read_text()
    file.write_text("[stores")
    try:
        ran = at.run("verify", "--json")
    finally:
        file.write_text(good)
    assert bad(ran) == {"config": "config-invalid"}
    assert {check["status"] for name, check in checks_of(ran).items() if name != "config"} == {"skipped"}


def test_without_a_keyring_everything_that_needs_no_secret_is_still_checked(at: Shell) -> None:
    environ = {name: value for name, value in at.environ.items() if not name.startswith("AMZLINK_SECRET_")}
    ran = Shell(at.home, at.addresses, environ, at.sandbox).run("verify", "--json")
    assert bad(ran) == {"keyring": "keyring-unavailable"}
    found = checks_of(ran)
    assert found["network"]["status"] == found["order-book"]["status"] == "ok"
    assert found["lwa-token"]["status"] == found["vault"]["status"] == "skipped"


def test_a_damaged_order_book_is_named_and_hides_nothing_else(at: Shell) -> None:
    file = at.home / "data" / "orders.db"
    good = file.read_bytes()
    for journal in file.parent.glob("orders.db-*"):
        journal.unlink()
    file.write_bytes(b"this is no database" * 400)
    try:
        ran = at.run("verify", "--json")
    finally:
        file.write_bytes(good)
    assert bad(ran) == {"order-book": "database-corrupt"}
    assert checks_of(ran)["orders-access"]["status"] == "ok"


def test_a_lost_vault_key_is_named(at: Shell) -> None:
    [file] = (at.home.parent / "keys").iterdir()
    key = file.read_bytes()
    file.unlink()
    try:
        assert bad(at.run("verify", "--json")) == {"vault": "vault-key-missing"}
    finally:
        file.write_bytes(key)
        file.chmod(0o600)


@pytest.mark.parametrize(("days", "problem"), [(140, None), (155, "secret-rotation-due"), (200, "secret-rotation-due")])
def test_a_client_secret_that_runs_out_soon_is_told_thirty_days_ahead(
    at: Shell, days: int, problem: str | None
) -> None:
    from datetime import UTC, datetime, timedelta

    from amzlink.config.file import read_config, write_config

    file = at.home / "config" / "config.toml"
    good = file.read_text()
    settings = read_config(file)
    given = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    write_config(settings.with_store(SLUG, replace(settings.stores[SLUG], client_secret_set_on=given)), file)
    try:
        assert bad(at.run("verify", "--json")).get("secret-age") == problem
        named = [each["problem"] for each in at.run("status", "--json").document["stores"][0]["problems"]]
        assert ("secret-rotation-due" in named) is bool(problem)
    finally:
        file.write_text(good)


@pytest.mark.parametrize(("days", "when"), [(0, "today"), (100, "on ")])
def test_the_age_of_a_secret_that_was_pasted_is_told_as_unknown(tmp_path: Path, days: int, when: str) -> None:
    """Amazon counts from the day on which it was made, which nobody here can know."""
    from datetime import date, timedelta

    today = date(2026, 11, 29)
    given = (today - timedelta(days=days)).isoformat()
    store = store_on_sandbox(tmp_path, orders=0).deps.load_config().stores[SLUG]
    result = check_secret_age(replace(store, client_secret_set_on=given, authorised_on=given), today)
    assert result.status is Status.SKIPPED
    assert f"was given {when}" in result.summary
    assert "; Amazon counts from the day it was made" in result.summary


@pytest.mark.parametrize(
    ("secret", "authorised", "step"),
    [("2026-06-10", "2026-11-01", "then Rotate secret"), ("2026-11-01", "2025-12-01", "authorise the app again")],
)
def test_the_step_is_that_of_the_secret_that_runs_out(tmp_path: Path, secret: str, authorised: str, step: str) -> None:
    """A new authorisation does not renew a client secret, nor the other way round."""
    from datetime import date

    store = store_on_sandbox(tmp_path, orders=0).deps.load_config().stores[SLUG]
    given = replace(store, client_secret_set_on=secret, authorised_on=authorised)
    problem = check_secret_age(given, date(2026, 11, 29)).problem
    assert problem is not None
    assert step in problem.next_step
    assert ("Rotate secret" in problem.next_step) is not ("authorise" in problem.next_step)


class TestSendcloud:
    def test_where_it_cannot_be_reached_amazon_is_examined_all_the_same(self, at: Shell) -> None:
        ran = at.run("verify", "--json", environ={"AMZLINK_SENDCLOUD_URL": f"http://127.0.0.1:{closed_port()}"})
        assert bad(ran) == {"network": "connect-refused"}
        found = checks_of(ran)
        assert {found[name]["status"] for name in ("lwa-token", "orders-access", "clock")} == {"ok"}
        assert {found[name]["status"] for name in SENDCLOUD} == {"skipped"}

    def test_where_amazon_cannot_be_reached_it_is_examined_all_the_same(self, at: Shell) -> None:
        ran = at.run("verify", "--json", environ={"AMZLINK_SPAPI_URL": f"http://127.0.0.1:{closed_port()}"})
        assert bad(ran) == {"network": "connect-refused"}
        found = checks_of(ran)
        assert found["orders-access"]["status"] == "skipped"
        assert {found[name]["status"] for name in SENDCLOUD} == {"ok"}

    def test_a_secret_key_that_is_missing_stands_in_nothing_elses_way(self, at: Shell) -> None:
        environ = {name: value for name, value in at.environ.items() if not name.endswith("SENDCLOUD_SECRET_KEY")}
        environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
        ran = Shell(at.home, at.addresses, environ, at.sandbox).run("verify", "--json")
        assert bad(ran) == {"sendcloud-access": "secret-missing"}
        assert "The Sendcloud secret key" in str(checks_of(ran)["sendcloud-access"]["summary"])

    def test_a_public_key_that_was_never_given_is_named(self, at: Shell) -> None:
        with settings_without(at, "sendcloud_public_key"):
            assert bad(at.run("verify", "--json")) == {"sendcloud-access": "sendcloud-keys-missing"}

    def test_an_integration_that_was_never_noted_is_named(self, at: Shell) -> None:
        with settings_without(at, "sendcloud_integration_id"):
            assert bad(at.run("verify", "--json")) == {"sendcloud-integration": "sendcloud-integration-missing"}

    def test_a_store_whose_orders_stay_asks_it_nothing(self, at: Shell) -> None:
        before = at.control("/state")["calls"]
        with settings_without(at, "destination"):
            ran = at.run("verify", "--json")
        after = at.control("/state")["calls"]
        assert {name for name in after if name.startswith("sendcloud/") and after[name] != before.get(name, 0)} == set()
        assert {checks_of(ran)[name]["status"] for name in SENDCLOUD} == {"skipped"}

    def test_the_evidence_tells_by_which_way_the_keys_are_taken(self, at: Shell) -> None:
        ways = []
        for on in ([], ["sendcloud-oauth-only"]):
            at.control("/faults", {"on": on})
            evidence = checks_of(at.run("verify", "--json"))["sendcloud-access"]["evidence"]
            assert isinstance(evidence, dict)
            assert evidence["integration_id"] == at.addresses["credentials"]["sendcloud_integration_id"]
            ways.append(evidence["signs_in_with"])
        at.control("/faults", {"off": ["sendcloud-oauth-only"]})
        assert ways == ["keys", "OAuth2"]


@contextmanager
def settings_without(at: Shell, key: str) -> Iterator[None]:
    """The settings without the line of that key, for as long as it takes."""
    file = at.home / "config" / "config.toml"
    good = file.read_text()
    lines = [line for line in good.splitlines() if not line.startswith(f"{key} =")]
    assert len(lines) < len(good.splitlines())
    file.write_text("\n".join(lines) + "\n")
    try:
        yield
    finally:
        file.write_text(good)


def test_the_first_thing_to_fix_stands_at_the_end(at: Shell) -> None:
    at.control("/faults", {"on": ["role-missing-listings"]})
    try:
        ran = at.run("verify")
    finally:
        at.control("/faults", {"off": ["role-missing-listings"]})
    end = ran.out.split("Fix first:")[1]
    assert "Next:" in end
    assert "role-missing-listings" in end


def test_every_other_command_sends_to_verify(at: Shell) -> None:
    at.control("/faults", {"on": ["authorisation-revoked"]})
    try:
        ran = at.run("import-orders")
    finally:
        at.control("/faults", {"off": ["authorisation-revoked"]})
    assert ran.err.rstrip().endswith("Run `amzlink verify` for the full picture.")


def test_connections_that_all_hang_end_within_the_time_that_is_promised(at: Shell) -> None:
    at.control("/faults", {"on": ["timeout", "lwa-timeout"]})
    try:
        ran = at.run("verify", "--json", seconds=90)
    finally:
        at.control("/faults", {"off": ["timeout", "lwa-timeout"]})
    assert bad(ran) == {"network": "timeout"}


def test_a_bundle_holds_no_secret_and_nothing_personal(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders", "-vv")
    (at.home / "log" / "amzlink-2026-01.jsonl").write_text(
        '{"at": "x", "event": "call", "planted": "MARK-LOG"}\nMARK-TEXT\n'
    )
    file = at.home / "config" / "config.toml"
    good = file.read_text()
    file.write_text(good.replace('name = "Demo Shop"', 'name = "MARK-NAME"') + '\n[extra]\nkey = "MARK-EXTRA"\n')
    bundle = tmp_path / "support.zip"
    try:
        ran = at.run("verify", "--bundle", str(bundle))
    finally:
        file.write_text(good)
    assert bundle.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(bundle) as opened:
        content = b"".join(opened.read(name) for name in opened.namelist()).decode()
        assert {"verify.json", "versions.json", "settings.json", "runs.json", "log.jsonl"} <= set(opened.namelist())
    credentials = at.addresses["credentials"]
    forbidden = {
        "MARK-", "Atza|", "Atzr|", credentials["client_secret"], credentials["refresh_token"], credentials["client_id"],
        credentials["seller_id"], credentials["sendcloud_secret_key"], credentials["sendcloud_public_key"],
        (at.home.parent / "keys" / "vault-key").read_text(),
    }  # fmt: skip
    for order in at.sandbox.world.orders.values():
        forbidden |= {value for value in order.personal_values() if len(value) > 7}
    texts = content + ran.out + ran.err
    assert len(forbidden) > 300
    assert [value for value in forbidden if value in texts] == []


class TestABundleWithoutAStore:
    """`connect` has failed, so there is no store, and support needs to see why."""

    def test_is_written_and_says_what_is_missing(self, tmp_path: Path) -> None:
        file = tmp_path / "support.zip"
        environ = {"PATH": os.environ["PATH"], "AMZLINK_HOME": str(tmp_path / "home")}
        done = forked_programs.run("amzlink", ["verify", "--bundle", str(file), "--json"], env=environ, timeout=300)
        document = json.loads(done.stdout)
        assert (done.returncode, document["ok"], document["store"]) == (1, False, None)
        assert document["checks"][0]["problem"] == "no-store"
        assert {check["status"] for check in document["checks"][1:]} == {"skipped"}
        with zipfile.ZipFile(file) as bundle:
            assert json.loads(bundle.read("verify.json")) == document
            assert {"versions.json", "settings.json"} <= set(bundle.namelist())

    def test_is_what_the_message_offers_without_advice_to_verify(self, tmp_path: Path) -> None:
        environ = {"PATH": os.environ["PATH"], "AMZLINK_HOME": str(tmp_path / "home")}
        done = forked_programs.run("amzlink", ["import-orders"], env=environ, timeout=300)
        assert done.returncode == 78
        assert "full picture" not in done.stderr
        assert "`amzlink verify --bundle support.zip`" in done.stderr

    def test_is_written_where_no_folder_can_be_used(self, tmp_path: Path) -> None:
        file = tmp_path / "support.zip"
        blocked = tmp_path / "a file"
        blocked.write_text("")
        for home in (blocked, blocked / "below"):
            environ = {"PATH": os.environ["PATH"], "AMZLINK_HOME": str(home)}
            words = ["verify", "--bundle", str(file), "--order", "302-1234567-1234567", "--json"]
            done = forked_programs.run("amzlink", words, env=environ, timeout=300)
            document = json.loads(done.stdout)
            problem = document["checks"][0]["problem"]
            assert (done.returncode, document["ok"]) == (1, False)
            with zipfile.ZipFile(file) as bundle:
                assert json.loads(bundle.read("verify.json")) == document
                assert json.loads(bundle.read("settings.json")) == {"problem": problem}
                assert json.loads(bundle.read("versions.json"))["environment"] == ["AMZLINK_HOME"]
                [order] = json.loads(bundle.read("orders.json"))["orders"]
            assert order["error"]["problem"] == problem
            file.unlink()

    def test_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        environ = {"PATH": os.environ["PATH"], "AMZLINK_HOME": str(tmp_path / "home")}
        target = tmp_path / "none" / "support.zip"
        done = forked_programs.run("amzlink", ["verify", "--bundle", str(target), "--json"], env=environ, timeout=300)
        assert (done.returncode, json.loads(done.stdout)["error"]["problem"]) == (73, "not-writable")

    @pytest.mark.parametrize(
        "broken",
        [{"AMZLINK_CLOCK_OFFSET": "soon"}, {"AMZLINK_SPAPI_URL": "ftp://x"}],
        ids=["the clock's offset", "an address"],
    )
    def test_is_written_whatever_a_variable_says(self, at: Shell, tmp_path: Path, broken: dict[str, str]) -> None:
        file = tmp_path / "support.zip"
        ran = at.run("verify", "--bundle", str(file), "--json", environ=broken)
        assert ran.code == 1
        assert "environment-invalid" in {check["problem"] for check in ran.document["checks"]}
        with zipfile.ZipFile(file) as bundle:
            assert json.loads(bundle.read("verify.json")) == ran.document

    def test_all_checks_are_listed_whatever_a_variable_says(self, at: Shell) -> None:
        ran = at.run("verify", "--json", environ={"AMZLINK_CLOCK_OFFSET": "soon"})
        checks = {check["id"]: check for check in ran.document["checks"]}
        assert ran.code == 1
        assert (checks["clock"]["status"], checks["clock"]["problem"]) == ("failed", "environment-invalid")
        assert list(checks) == [check.value for check in Check]

    def test_is_written_with_settings_that_cannot_be_read(self, at: Shell, tmp_path: Path) -> None:
        settings, file = at.home / "config" / "config.toml", tmp_path / "support.zip"
        good = settings.read_text()
        settings.write_text("[stores")
        try:
            ran = at.run("verify", "--bundle", str(file), "--order", "302-1234567-1234567", "--json")
        finally:
            settings.write_text(good)
        assert ran.code == 1
        with zipfile.ZipFile(file) as bundle:
            assert json.loads(bundle.read("settings.json")) == {"problem": "config-invalid"}
            [order] = json.loads(bundle.read("orders.json"))["orders"]
        assert order["error"]["problem"] == "config-invalid"


class TestOrdersInABundle:
    def test_have_all_that_the_book_knows_but_what_is_personal(self, at: Shell, tmp_path: Path) -> None:
        file = tmp_path / "support.zip"
        listed = at.run("orders", "list", "--json").document["orders"]
        by_status = {order["status"]: order["order_id"] for order in listed}
        asked = [*by_status.values(), "302-1234567-1234567"]
        assert {"UNSHIPPED", "SHIPPED", "CANCELLED"} <= set(by_status)
        ran = at.run("verify", "--bundle", str(file), *(word for each in asked for word in ("--order", each)))
        assert "orders.json" in ran.err
        assert f"The order {asked[-1]} is not known in the order book of {SLUG}" in ran.err
        assert f"`amzlink import-orders --store {SLUG} --order {asked[-1]}` asks Amazon for this one." in ran.err
        with zipfile.ZipFile(file) as bundle:
            text = bundle.read("orders.json").decode()
        document = json.loads(text)
        assert (document["schema"], document["store"]) == (1, SLUG)
        assert [order["order_id"] for order in document["orders"]] == asked
        *known, unknown = document["orders"]
        for order in known:
            assert order == at.run("orders", "show", order["order_id"], "--json").document
        assert unknown["error"]["problem"] == "order-not-found"
        for order in at.sandbox.world.orders.values():
            assert not [value for value in order.personal_values() if len(value) > 7 and value in text]

    def test_are_refused_without_a_bundle_and_where_they_are_no_numbers(self, at: Shell, tmp_path: Path) -> None:
        ran = at.run("verify", "--order", "302-1234567-1234567")
        assert ran.code == 64
        assert "--bundle" in ran.err
        ran = at.run("verify", "--bundle", str(tmp_path / "x.zip"), "--order", "Erika Mustermann")
        assert ran.code == 64
