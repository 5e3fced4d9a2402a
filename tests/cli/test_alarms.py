"""What runs of cron say beyond the three days: which runs count as a success, and by which clock an hour is an hour."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import pytest

from amzlink.cli.shell.alarms import Alarms, Finished
from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.imports import show
from amzlink.jobs.import_orders import ImportReport
from amzlink.jobs.orders.ingest import Tally
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem, ProblemName
from tests.support.cron import Office
from tests.support.world import SLUG, shell

HOUR: Final = 3600
TUESDAY_EVENING: Final = datetime(2026, 11, 24, 20, tzinfo=UTC)


def test_sendcloud_that_is_down_is_told_although_each_run_brings_orders_from_amazon(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.plan("Tue 00:20", lambda: office.switch("sendcloud-broken"))
    for moment in ("00:21", "00:36", "00:51", "01:06", "01:21"):
        office.plan(f"Tue {moment}", office.add)
    office.plan("Tue 01:41", lambda: office.switch(off=["sendcloud-broken"]))
    office.play("Tue 02:00")
    told = [(f"{mail.at:%H:%M}", mail.text.split(":")[0]) for mail in office.mailbox]
    assert told == [("01:22", "Error"), ("01:52", "demo-shop")]
    assert "Sendcloud is having problems" in office.mailbox[0].text


@pytest.mark.parametrize(
    ("name", "fetched", "told"),
    [
        (ProblemName.THROTTLED, 500, False),
        (ProblemName.THROTTLED, 0, True),
        (ProblemName.SERVICE_UNAVAILABLE, 500, True),
    ],
)
def test_a_run_that_the_quota_ends_is_no_failure_where_it_got_further(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: ProblemName, fetched: int, told: bool
) -> None:
    office = Office(tmp_path)
    for _ in range(3):
        report = ImportReport(store=SLUG, tally=Tally(fetched=fetched), problem=Problem(name, operation="searchOrders"))
        code = show(
            Console(), Alarms("import-orders", Console(), lambda: office.deps), [report], dry_run=False, asked=False
        )
        assert code == 75
        office.clock.advance(HOUR)
    assert (str(name) in capsys.readouterr().err) is told


def test_what_a_check_beside_the_work_meets_and_what_passes_is_told_once_it_lasts(tmp_path: Path) -> None:
    office = Office(tmp_path, import_weights=True)
    office.plan("Tue 00:05", lambda: office.switch("listings-throttled"))
    for quarter in range(6):
        office.plan(f"Tue 0{quarter // 4}:{quarter % 4 * 15 + 10}", office.add)
    office.plan("Tue 01:35", lambda: office.switch(off=["listings-throttled"]))
    office.play("Tue 02:00")
    assert [f"{mail.at:%H:%M}" for mail in office.mailbox] == ["01:15", "01:45"]
    assert "Warning: " in office.mailbox[0].text
    assert "has ended" in office.mailbox[1].text


def test_the_end_of_a_missing_role_is_told_when_its_part_of_the_work_was_done_again(tmp_path: Path) -> None:
    office = Office(tmp_path, import_weights=True)
    office.plan("Tue 00:05", lambda: office.switch("role-missing-listings"), office.add)
    office.plan("Tue 00:35", lambda: office.switch(off=["role-missing-listings"]))
    office.play("Tue 01:05")
    assert [f"{mail.at:%H:%M}" for mail in office.mailbox] == ["00:15", "00:45"]
    assert "role-missing-listings" in office.mailbox[0].text
    assert "has ended" in office.mailbox[1].text


@pytest.mark.parametrize(
    ("problem", "ends"),
    [
        (Problem(ProblemName.RETENTION_OVERDUE, count=2, store=SLUG), True),
        (Problem(ProblemName.SHIP_BY_NEAR, count=2, store=SLUG), True),
        (Problem(ProblemName.PRIME_STILL_HELD, count=2, store=SLUG), False),
    ],
    ids=["retention-overdue", "ship-by-near", "told-once"],
)
def test_the_end_of_what_every_run_warns_of_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], problem: Problem, ends: bool
) -> None:
    office = Office(tmp_path)
    for warned in (True, True, False):
        alarms = Alarms("import-orders", Console(), lambda: office.deps)
        if warned:
            alarms.warn(problem)
        alarms.tell([Finished(store=SLUG)])
        office.clock.advance(HOUR)
    said = capsys.readouterr().err
    assert said.count("Warning: ") + said.count("Error: ") == 1
    assert (f"{SLUG}: This problem has ended: " in said) is ends


@pytest.mark.needs_postgres
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_store_that_is_always_busy_elsewhere_is_told_once_nobody_has_got_it_done_for_an_hour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office, told = Office(tmp_path), {}
    done_elsewhere = (0, 45, 300)
    busy_here = (30, 90, 110, 140, 175, 310)
    began = office.clock.now()
    for minute in sorted(done_elsewhere + busy_here):
        office.clock.advance(60 * minute - (office.clock.now() - began).total_seconds())
        if minute in done_elsewhere:
            now = office.clock.now()
            done = Run(job="import-orders", started_at=now, finished_at=now, problem=None, counts={}, amazon_time=None)
            with office.deps.book(SLUG) as book:
                note_run(book, done)
            continue
        busy = Finished(store=SLUG, problem=Problem(ProblemName.RUN_IN_PROGRESS, job="import-orders"), stopped=True)
        Alarms("import-orders", Console(), lambda: office.deps).tell([busy])
        told[minute] = capsys.readouterr().err
    assert [minute for minute, said in told.items() if said] == [175, 310]
    assert "run-in-progress" in told[175]
    assert "This problem has ended" in told[310]


def test_a_test_stores_hour_and_day_are_those_of_its_sandbox(tmp_path: Path) -> None:
    with shell(tmp_path, faults=["service-unavailable"]) as at:
        told = []
        for _ in range(4):
            told.append("service-unavailable" in at.run("import-orders", "--max-wait", "1s").err)
            at.control("/clock", {"advance": 3600})
        assert told == [False, True, False, False]
        at.control("/clock", {"advance": 22 * 3600})
        assert "service-unavailable" in at.run("import-orders", "--max-wait", "1s").err
        at.control("/faults", {"off": ["service-unavailable"]})
        assert "has ended: The service is having problems" in at.run("import-orders").err


class Broken(httpx.BaseTransport):
    """A bug of amzlink's own, at every call."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise RuntimeError("a bug")


def test_a_bug_is_told_at_once_and_then_once_a_day(tmp_path: Path) -> None:
    office = Office(tmp_path)
    right, office.deps.transport = office.deps.transport, Broken()
    office.plan("Wed 00:40", lambda: setattr(office.deps, "transport", right))
    office.play("Wed 01:00")
    assert {code for at, job, code in office.exit_codes if at < TUESDAY_EVENING and job == "import-orders"} == {70}
    told = [f"{mail.at:%a %H:%M}" for mail in office.mailbox if "internal-error" in mail.text]
    assert told == ["Tue 00:00", "Wed 00:00", "Wed 00:52"]
    assert "This problem has ended: A bug in amzlink" in office.mailbox[-1].text


def test_with_several_stores_a_warning_names_its_store_and_the_machines_clock_is_told_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    second = office.open_second_store("outlet")
    second.world.faults.switch(on=["clock-skewed"])
    office.switch("clock-skewed")
    (order_id,) = office.add()
    label = {"action": "announce", "orders": [order_id], "carrier": "rocket"}
    office.plan("Tue 00:20", lambda: office.tell("/control/sendcloud/parcels", label))
    office.play("Tue 02:00")
    told = {f"{mail.at:%H:%M}": mail.text for mail in office.mailbox}
    assert told["00:22"].startswith("demo-shop: Warning: ")
    assert "carrier-unknown" in told["00:22"]
    [skewed] = [text for text in told.values() if "clock-skewed" in text]
    assert skewed.count("Warning: ") == 1


def test_settings_that_cannot_be_read_are_told_once_and_so_is_their_end(tmp_path: Path) -> None:
    office, told = Office(tmp_path), tmp_path / "told"
    office.notify(f"cat >> {told}")
    file = office.deps.home.config_file
    settings = file.read_text()
    for content in ("stores = [", "stores = [", settings):
        file.write_text(content)
        office.cron("import-orders")
    assert [mail.text.split(":")[0] for mail in office.mailbox] == ["Error", "This problem has ended"]
    assert "stores = [" not in office.mailbox[0].text
    # The program that is told of problems stands in these settings: it learns of the end alone.
    assert [json.loads(line)["over"] for line in told.read_text().splitlines()] == [True]


def test_a_memory_that_cannot_be_written_costs_no_alarm(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.switch("authorisation-revoked")
    (office.deps.home.state / "alarms.json").mkdir(parents=True)
    for _ in range(2):
        code, printed = office.run("import-orders")
        assert code == 77
        assert printed.index("Error: Amazon refused the refresh token.") < printed.index("Warning: ")
        assert "alarms.json cannot be written: it is a folder, not a file." in printed
