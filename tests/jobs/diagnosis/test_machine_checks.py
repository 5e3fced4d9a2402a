"""What can be checked on this machine alone, where something is wrong with it."""

import json
import subprocess
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from amzlink.amazon.orders import SEARCH_ORDERS
from amzlink.amazon.transport import DeadPageToken
from amzlink.core.diagnosis.checks import Check, Result, Status
from amzlink.http.reachability import Probe as Look
from amzlink.jobs.diagnosis import machine
from amzlink.jobs.diagnosis import schedule as scheduled
from amzlink.jobs.diagnosis.probing import limits_of_check, replies_within
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.jobs.diagnosis.support_bundle import _kind_of, _of_home
from amzlink.jobs.status import NotSeen, status_of_all
from amzlink.jobs.verify import Verification, VerifyOptions, verify, verify_all
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun
from tests.support.schedulers import Machine
from tests.support.world import SLUG, StoreOnSandbox, store_of, store_on_sandbox


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0, test=True)


def set_store(world: StoreOnSandbox, **settings: Any) -> None:
    config = world.deps.load_config()
    world.deps.save_config(config.with_store(SLUG, replace(config.stores[SLUG], **settings)))


def add_broken_store(world: StoreOnSandbox) -> None:
    """A second store whose settings cannot be used."""
    file = world.deps.home.config_file
    file.write_text(file.read_text() + '\n[stores.broken]\nname = "Broken"\n')
    world.deps.one_by_one = True


def of(verification: Verification, check: Check) -> Result:
    return next(result for result in verification.results if result.id is check)


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"country": "XX"}, "stores.demo-shop.country: “XX” has no Amazon marketplace"),
            ({"marketplace_ids": ("ATVPDKIKX0DER", "NONE")}, "not of the region of DE: ATVPDKIKX0DER, NONE"),
            ({"marketplace_ids": ()}, "stores.demo-shop.marketplace_ids: at least one is needed"),
        ],
    )
    def test_what_does_not_fit_together_is_told_and_nobody_is_asked(
        self, world: StoreOnSandbox, settings: dict[str, Any], said: str
    ) -> None:
        set_store(world, **settings)
        found = verify(world.deps, SLUG, VerifyOptions())
        config = of(found, Check.CONFIG)
        assert said in config.summary
        assert {result.status for result in found.results if result is not config} == {Status.SKIPPED}
        assert world.transport.calls == []

    def test_of_a_day_that_is_none_nothing_is_said(self, world: StoreOnSandbox) -> None:
        set_store(world, client_secret_set_on="yesterday", authorised_on="2026-31-12")
        store = world.deps.load_config().stores[SLUG]
        assert machine.check_secret_age(store, world.clock.now().date()).status is Status.SKIPPED

    def test_a_store_that_cannot_be_used_hides_none_of_the_others(self, world: StoreOnSandbox) -> None:
        add_broken_store(world)
        assert of(verify(world.deps, "broken", VerifyOptions()), Check.CONFIG).problem is not None
        fine, broken = verify_all(world.deps, VerifyOptions())
        assert (fine.store, of(fine, Check.CONFIG).problem) == (SLUG, None)
        config = of(broken, Check.CONFIG)
        assert (broken.store, config.status) == ("broken", Status.FAILED)
        shown = status_of_all(world.deps, [SLUG, "broken"])
        assert [isinstance(each, NotSeen) for each in shown] == [False, True]
        with StoreRun(world.deps, "broken") as run, pytest.raises(Problem, match=r"stores\.broken"):
            _ = run.store

    def test_a_store_that_meets_an_error_costs_its_own_checks_alone(self, world: StoreOnSandbox) -> None:
        config = world.deps.load_config()
        other = store_of(world.sandbox.world.account.credentials(), name="Other", test=False)
        world.deps.save_config(config.with_store("other", other))
        world.deps.environ = {**world.deps.environ, "AMZLINK_CLOCK_OFFSET": "soon"}
        first, second = verify_all(world.deps, VerifyOptions())
        assert (of(first, Check.CONFIG).problem, first.ok) == (of(first, Check.CONFIG).problem, False)
        assert {result.status for result in first.results[1:]} == {Status.SKIPPED}
        assert of(second, Check.CONFIG).status is Status.OK
        shown = status_of_all(world.deps, [SLUG, "other"])
        assert [isinstance(each, NotSeen) for each in shown] == [True, False]

    def test_without_a_store_there_is_nothing_to_verify(self, world: StoreOnSandbox) -> None:
        world.deps.save_config(world.deps.load_config().without_store(SLUG))
        with pytest.raises(Problem, match="no-store"):
            verify_all(world.deps, VerifyOptions())


def test_a_bug_costs_one_store_and_not_all(world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Result:
        raise KeyError("a bug")

    world.deps.on_bug = lambda _, slug: Problem(ProblemName.INTERNAL_ERROR, store=slug, detail="KeyError")
    for module in ("verify.machine", "status"):
        monkeypatch.setattr(f"amzlink.jobs.{module}.check_retention", broken)
    (verified,) = verify_all(world.deps, VerifyOptions())
    failed = [result for result in verified.results if result.problem]
    assert [result.problem and result.problem.name for result in failed][:1] == [ProblemName.INTERNAL_ERROR]
    (shown,) = status_of_all(world.deps, [SLUG])
    assert isinstance(shown, NotSeen)
    assert shown.problem.name is ProblemName.INTERNAL_ERROR


def test_an_order_book_with_faults_is_corrupt(world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "book_faults", lambda *_, **__: ["row 7 missing from index", "row 8 missing"])
    with pytest.raises(Problem, match="2 faults") as corrupt:
        machine.check_order_book(world.deps, deep=True)
    assert corrupt.value.name is ProblemName.DATABASE_CORRUPT


@pytest.mark.on_both_engines
def test_an_order_book_says_where_it_is(world: StoreOnSandbox) -> None:
    result = machine.check_order_book(world.deps, deep=False)
    assert (result.status, "order_book" in result.evidence) == (Status.OK, True)


def test_a_quota_that_is_used_up_is_told(world: StoreOnSandbox) -> None:
    deps, now = world.deps, world.clock.now()
    store = deps.load_config().stores[SLUG]
    quotas = deps.quotas(deps.account_of(SLUG, store))
    while quotas.left(SEARCH_ORDERS, now.timestamp()) >= 1:
        quotas.take(SEARCH_ORDERS, now.timestamp())
    quotas.close()
    result = machine.check_quota(deps, SLUG, store, now)
    assert (result.status, result.problem and result.problem.name) == (Status.WARNING, ProblemName.QUOTA_LOW)


class TestNetwork:
    def test_a_variable_that_excepts_nothing_is_in_the_evidence(self, world: StoreOnSandbox) -> None:
        world.deps.environ = {**world.deps.environ, "NO_PROXY": "10.0.0.0/99"}
        hosts = of(verify(world.deps, SLUG, VerifyOptions()), Check.NETWORK).evidence["hosts"]
        assert isinstance(hosts, dict)
        assert "NO_PROXY" in hosts

    def test_a_call_that_does_not_come_back_is_named(self) -> None:
        never = threading.Event()
        limits = replace(limits_of_check(timedelta(seconds=1)), call=timedelta(0))
        (reply,) = replies_within(limits, {"call": lambda: {"came": never.wait(5)}}).values()
        never.set()
        assert reply.problem is not None
        assert reply.problem.name is ProblemName.CHECK_TIMEOUT

    def test_a_search_whose_answer_speaks_of_a_page_is_malformed(self) -> None:
        def speaks_of_a_page() -> dict[str, Any]:
            raise DeadPageToken

        (reply,) = replies_within(limits_of_check(timedelta(seconds=5)), {"call": speaks_of_a_page}).values()
        assert reply.problem is not None
        assert reply.problem.name is ProblemName.RESPONSE_MALFORMED

    def test_a_host_that_is_reached_by_the_second_address_alone_is_warned_of(
        self, world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hole = Problem(ProblemName.IPV6_BLACK_HOLE, host="api.example", addresses="::1")
        look = Look(host="api.example", status=200, offset=timedelta(0), warning=hole)
        monkeypatch.setattr("amzlink.jobs.verify.probe", lambda *_, **__: look)
        network = of(verify(world.deps, SLUG, VerifyOptions()), Check.NETWORK)
        assert network.problem is not None
        assert network.problem.name is ProblemName.IPV6_BLACK_HOLE


class TestScheduled:
    @pytest.fixture(autouse=True)
    def cron_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "cron.d"
        folder.mkdir()
        monkeypatch.setattr(scheduled, "_SYSTEM_CRONTABS", (folder, tmp_path / "crontab"))
        return folder

    def test_a_timer_of_the_machine_counts(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path / "programs", "systemctl")
        environ = {"PATH": machine.path}
        assert is_scheduled(environ) is False
        machine.replace("systemctl", 'echo "Mon 2026-11-30 amzlink-import-orders.timer"')
        assert is_scheduled(environ) is True

    def test_a_line_of_the_systems_crontab_counts_and_what_is_no_file_does_not(
        self, tmp_path: Path, cron_folder: Path
    ) -> None:
        (cron_folder / "folder").mkdir()
        environ = {"PATH": str(tmp_path)}
        assert is_scheduled(environ) is None
        (cron_folder / "shop").write_text("# amzlink\n7 * * * * shop amzlink import-orders\n")
        assert is_scheduled(environ) is True

    def test_a_program_that_does_not_answer_tells_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = Machine(tmp_path / "programs", "crontab", "systemctl")

        def hang(command: list[str], *, timeout: float, **_: object) -> None:
            raise subprocess.TimeoutExpired(command, timeout)

        monkeypatch.setattr(subprocess, "run", hang)
        assert is_scheduled({"PATH": machine.path}) is None


class TestSupportBundle:
    def test_only_what_is_a_record_of_the_log_goes_into_it(self, world: StoreOnSandbox) -> None:
        log = world.deps.home.log
        (log / "amzlink-2026-10.jsonl").mkdir()
        (log / "amzlink-2026-11.jsonl").write_text('{"job": "import-orders"}\n["list"]\nno json\n')
        parts = _of_home(world.deps)
        assert parts["log.jsonl"] == '{"job": "import-orders"}'

    def test_a_crash_report_that_cannot_be_read_is_named_by_its_problem(self, world: StoreOnSandbox) -> None:
        (world.deps.home.log / "crash-1.txt").mkdir()
        assert _of_home(world.deps)["crashes/crash-1.txt"] == "not-readable\n"

    def test_the_address_of_the_order_book_is_left_out(self, world: StoreOnSandbox) -> None:
        urls = (None, "postgresql://me:secret@db/book", "mysql://me:secret@db/book")
        assert [_kind_of(url) for url in urls] == ["the default", "a PostgreSQL server", "another"]

    def test_tables_that_amzlink_knows_are_no_unknown_keys(self, world: StoreOnSandbox) -> None:
        file = world.deps.home.config_file
        file.write_text('colour = "red"\n' + file.read_text() + '\n[notify]\ncommand = ["/bin/true"]\n')
        assert json.loads(_of_home(world.deps)["settings.json"])["unknown_keys"] == ["colour"]


def test_a_search_that_is_refused_where_the_order_book_is_damaged_is_no_refusal_for_now(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/2026-01-01/orders"):
                error = {"code": "InvalidInput", "message": "No."}
                return httpx.Response(400, json={"errors": [error]}, request=request)
            return world.transport.handle_request(request)

    world.deps.transport = Refusing()
    access = of(verify(world.deps, SLUG, VerifyOptions()), Check.ORDERS_ACCESS)
    assert access.problem is not None
    assert access.problem.name is ProblemName.REQUEST_REFUSED
    monkeypatch.setattr(machine, "book_faults", lambda *_, **__: ["row 7 missing from index"])
    damaged = verify(world.deps, SLUG, VerifyOptions())
    access = of(damaged, Check.ORDERS_ACCESS)
    assert of(damaged, Check.ORDER_BOOK).status is Status.FAILED
    assert (access.status, access.problem and access.problem.name) == (Status.FAILED, ProblemName.REQUEST_REFUSED)
