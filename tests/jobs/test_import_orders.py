"""import-orders against the sandbox, in one process and on a clock that only waits move."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import update

from amzlink.amazon.orders import get_order
from amzlink.core.orders.changes import Verdict
from amzlink.core.orders.order import TO_SHIP
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.orders.holds import hold_order, prime_orders_left, release_order, release_prime_orders
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.orders.show import show_order
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.orders.searches import begin_searches, searches_under_way
from amzlink.orderbook.schema import HOLDS, ORDERS
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.problems.failures import CallFailed, Denied, NotFound, Throttled, Unavailable
from amzlink.run import StoreRun
from amzlink.sandbox.order_plan import Trait
from amzlink.store_locks import store_lock
from tests.support.lists import list_orders
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox, to_be_booked

ALL = timedelta(days=700)


def run(world: StoreOnSandbox, **options: Any) -> ImportReport:
    return import_orders(world.deps, [SLUG], ImportOptions(**options))[0]


def set_store(world: StoreOnSandbox, **settings: Any) -> None:
    config = world.deps.load_config()
    world.deps.save_config(config.with_store(SLUG, msgspec.structs.replace(config.stores[SLUG], **settings)))


def everything(world: StoreOnSandbox) -> ImportReport:
    return run(world, since=world.clock.now() - ALL)


def booked(world: StoreOnSandbox) -> dict[str, str]:
    """Order id and status of all that the book has."""
    return {order.order_id: order.order.status for order, _holds in list_orders(world.deps, SLUG, Filter())}


def holds_of(world: StoreOnSandbox, order_id: str) -> tuple[str, ...]:
    return show_order(world.deps, SLUG, order_id, with_personal=False).holds


def settled(world: StoreOnSandbox) -> None:
    """Let enough time pass that Amazon shows what has just changed."""
    world.clock.advance(300)


def change(world: StoreOnSandbox, order_id: str, action: str) -> None:
    from amzlink.sandbox.order_changes import CHANGES

    with world.sandbox.world.lock:
        CHANGES[action](world.sandbox.world.orders[order_id], world.clock.now(), world.sandbox.world.random())


def open_orders(world: StoreOnSandbox) -> list[str]:
    """Orders to ship that nothing keeps back."""
    return [
        order.order_id for order, holds in list_orders(world.deps, SLUG, Filter(statuses=("UNSHIPPED",))) if not holds
    ]


def report_problem(report: ImportReport) -> str | None:
    return report.problem.name.value if report.problem else None


@pytest.mark.on_both_engines
def test_every_order_that_the_merchant_ships_lands_in_the_book(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=400)
    report = everything(world)
    assert report.problem is None
    assert booked(world) == to_be_booked(world.sandbox)


def test_what_was_fetched_adds_up_to_the_verdicts(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=400)
    tally = everything(world).tally
    assert tally.fetched == sum(tally.verdicts.values()) + len(tally.refused)
    assert tally.verdicts[Verdict.PENDING] > 0


def test_the_first_run_brings_orders_still_to_ship_however_old(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=600)
    run(world)
    month = world.clock.now() - timedelta(days=30)
    old = {
        order_id
        for order_id, order in world.sandbox.world.orders.items()
        if order.is_shippable and order.fulfilled_by == "MERCHANT" and order.updated < month
    }
    assert old
    assert old <= booked(world).keys()


@pytest.mark.on_both_engines
def test_a_second_run_asks_once_and_changes_nothing(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    before = booked(world)
    settled(world)
    report = run(world)
    assert report.tally.verdicts[Verdict.NEW] == report.tally.verdicts[Verdict.UPDATED] == 0
    # One came without an address, and is asked for again.
    assert report.api_calls == {"getToken": 1, "getOrder": len(report.tally.incomplete), "searchOrders": 1}
    assert len(report.tally.incomplete) == 1
    assert booked(world) == before


def test_n_orders_cost_one_search_a_hundred(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=700)
    run(world)
    report = everything(world)
    assert report.tally.fetched > 500
    pages = -(-report.tally.fetched // 100) + 1  # the last ones of what is to ship and of the others are not full
    assert report.api_calls - Counter(getOrder=len(report.tally.incomplete)) == {"getToken": 1, "searchOrders": pages}


@pytest.mark.on_both_engines
def test_a_cancellation_and_a_shipment_made_elsewhere_arrive(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    first, second = open_orders(world)[:2]
    change(world, first, "cancel")
    change(world, second, "ship")
    settled(world)
    report = run(world)
    assert report.tally.verdicts[Verdict.UPDATED] == 2
    assert booked(world)[first] == "CANCELLED"
    assert booked(world)[second] == "SHIPPED"


def test_the_data_of_a_cancelled_order_is_destroyed_when_the_cancellation_arrives(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    assert show_order(world.deps, SLUG, order_id, with_personal=True).personal
    change(world, order_id, "cancel")
    settled(world)
    run(world)
    assert show_order(world.deps, SLUG, order_id, with_personal=True).personal is None


def test_a_pending_order_is_counted_and_taken_in_once_it_is_paid(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    pending = next(
        order_id
        for order_id, order in world.sandbox.world.orders.items()
        if order.status == "PENDING" and order.fulfilled_by == "MERCHANT"
    )
    assert pending not in booked(world)
    change(world, pending, "pay")
    settled(world)
    run(world)
    assert booked(world)[pending] == "UNSHIPPED"


def test_a_buyer_who_asks_to_cancel_holds_the_order_until_a_person_lifts_it(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    change(world, order_id, "request-cancellation")
    settled(world)
    assert run(world).tally.held["cancellation-requested"] == 1
    assert holds_of(world, order_id) == ("cancellation-requested",)
    assert release_order(world.deps, SLUG, order_id) == ("cancellation-requested",)
    change(world, order_id, "touch")
    settled(world)
    run(world)
    assert holds_of(world, order_id) == ()


def test_a_hold_set_by_hand_survives_an_import(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    hold_order(world.deps, SLUG, order_id)
    change(world, order_id, "touch")
    settled(world)
    run(world)
    assert holds_of(world, order_id) == ("manual",)


def test_every_reason_that_the_sandbox_knows_holds_an_order(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=900)
    set_store(world, include_prime="never")
    held = run(world).tally.held
    assert held.keys() == {
        "cancellation-requested", "prime", "customised", "amazon-ships", "store-pickup", "preorder",
        "label-too-early", "no-address",
    }  # fmt: skip


def prime_orders(world: StoreOnSandbox) -> set[str]:
    """Those that are to ship and that nothing but Prime could hold."""
    orders = world.sandbox.world.orders.items()
    return {order_id for order_id, order in orders if order.is_shippable and order.traits == {Trait.PRIME}}


def held_for_prime(world: StoreOnSandbox) -> set[str]:
    return {order.order_id for order, holds in list_orders(world.deps, SLUG, Filter()) if "prime" in holds}


@pytest.mark.parametrize(("setting", "is_held"), [("auto", False), ("always", False), ("never", True)])
def test_the_setting_decides_whether_prime_orders_of_own_carriers_are_held(
    tmp_path: Path, setting: str, is_held: bool
) -> None:
    world = store_on_sandbox(tmp_path, orders=300)
    set_store(world, include_prime=setting)
    run(world)
    assert prime_orders(world)
    assert (prime_orders(world) <= held_for_prime(world)) is is_held
    assert bool(held_for_prime(world)) is is_held


class TestPrimeOrdersOfAnEarlierVersion:
    @pytest.fixture
    def world(self, tmp_path: Path) -> StoreOnSandbox:
        """A store whose Prime orders an earlier version has imported, and held."""
        world = store_on_sandbox(tmp_path, orders=200)
        run(world)
        with world.deps.database() as book, book.writing() as connection:
            connection.execute(update(HOLDS).where(HOLDS.c.hold == "prime").values(cause="PRIME"))
        return world

    def told(self, world: StoreOnSandbox) -> list[Problem]:
        return [each for each in world.reported.warnings if each.name is ProblemName.PRIME_STILL_HELD]

    def test_stay_held_and_that_is_told_once_with_the_command_that_releases_them(self, world: StoreOnSandbox) -> None:
        held = held_for_prime(world)
        assert prime_orders(world) <= held
        for order_id in held:
            change(world, order_id, "touch")
        settled(world)
        run(world, dry_run=True)
        settled(world)
        run(world)
        assert held_for_prime(world) == held
        assert len(self.told(world)) == 2, "a dry run keeps nothing, so it is told again"
        problem = self.told(world)[-1]
        assert problem.facts["count"] == len(held)
        assert f"`amzlink orders release --held prime --store {SLUG}`" in problem.next_step
        settled(world)
        run(world)
        assert len(self.told(world)) == 2

    def test_are_released_by_one_command_and_no_others(self, world: StoreOnSandbox) -> None:
        held = held_for_prime(world)
        with world.deps.database() as book, book.writing() as connection:
            italian, *others = sorted(held)
            connection.execute(
                update(ORDERS).where(ORDERS.c.order_id == italian).values(marketplace_id="APJ6JRA9NG5V4")
            )  # fmt: skip
        assert release_prime_orders(world.deps, SLUG) == others
        assert held_for_prime(world) == {italian}
        assert release_prime_orders(world.deps, SLUG) == []
        assert prime_orders_left(world.deps, SLUG) == [italian]
        run(world)
        assert held_for_prime(world) == {italian}
        assert self.told(world) == []

    def test_nothing_is_told_while_the_setting_decides(self, world: StoreOnSandbox) -> None:
        for setting in ("never", "always"):
            set_store(world, include_prime=setting)
            settled(world)
            run(world)
        assert self.told(world) == []
        set_store(world, include_prime="auto")
        settled(world)
        run(world)
        assert len(self.told(world)) == 1


def test_the_recipient_can_be_read_again_and_stands_nowhere_in_the_files(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=200)
    run(world)
    order_id = open_orders(world)[0]
    wire = world.sandbox.world.orders[order_id].body["recipient"]["deliveryAddress"]
    detail = show_order(world.deps, SLUG, order_id, with_personal=True)
    assert detail.personal is not None
    assert detail.personal.recipient.name == wire["name"]
    assert detail.personal.recipient.address_line_1 == wire.get("addressLine1")
    orders = [world.sandbox.world.orders[number] for number in booked(world)]
    values = {value for order in orders for value in order.personal_values() if len(value) > 7}
    assert len(values) > 400
    content = b"".join(file.read_bytes() for file in (tmp_path / "amzlink").rglob("*") if file.is_file())
    assert [value for value in values if value.encode() in content] == []


def test_a_single_order_is_fetched_by_its_id_without_a_search(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    order_id = world.sandbox.world.shippable()[0]
    report = run(world, order_ids=(order_id,))
    assert report.api_calls == {"getToken": 1, "getOrder": 1}
    assert report.window is None
    assert set(booked(world)) == {order_id}


def test_an_order_that_amazon_does_not_know_is_reported_by_name(tmp_path: Path) -> None:
    report = run(store_on_sandbox(tmp_path), order_ids=("302-0000000-0000000",))
    assert [(entry.order_id, entry.problem) for entry in report.tally.refused] == [
        ("302-0000000-0000000", ProblemName.ORDER_NOT_FOUND)
    ]


BREAKS_THE_PAGE = ("unquoted-word", "missing-comma", "line-break", "stray-quote", "no-number", "cut-object")
BREAKS_THE_ORDER = ("wrong-utf8", "not-a-number", "word-for-number")


@pytest.mark.parametrize("form", [*BREAKS_THE_PAGE, "unknown-status"])
def test_an_order_whose_damage_breaks_its_page_comes_in_by_its_number(tmp_path: Path, form: str) -> None:
    world = store_on_sandbox(tmp_path, orders=130, faults=[f"order-damaged-{form}"])
    report = everything(world)
    assert report.complete
    assert report.tally.fetched == sum(report.tally.verdicts.values())
    assert booked(world).keys() == to_be_booked(world.sandbox).keys()


def test_the_orders_of_a_damaged_page_are_not_forgotten_where_their_calls_are_not_allowed(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=300, quota="real", faults=["order-damaged-missing-comma"])
    report = run(world, since=world.clock.now() - ALL, max_wait=timedelta(0))
    assert {entry.problem.value for entry in report.tally.refused} == {"throttled"}
    for _ in range(10):
        world.clock.advance(900)
        report = run(world)
    assert report.complete
    assert booked(world).keys() == to_be_booked(world.sandbox).keys()


@pytest.mark.parametrize("form", [*BREAKS_THE_PAGE, *BREAKS_THE_ORDER])
def test_an_order_that_stays_damaged_costs_itself_alone_and_is_asked_for_again(tmp_path: Path, form: str) -> None:
    fault = f"order-damaged-{form}-for-good"
    world = store_on_sandbox(tmp_path, orders=130, faults=[fault])
    report = everything(world)
    refused = {entry.order_id for entry in report.tally.refused}
    assert refused
    assert report.problem is None
    assert not report.complete
    assert booked(world).keys() == to_be_booked(world.sandbox).keys() - refused
    settled(world)
    assert {entry.order_id for entry in run(world).tally.refused} >= refused
    world.sandbox.world.faults.switch(off=[fault])
    settled(world)
    assert run(world).complete
    assert booked(world) == to_be_booked(world.sandbox)


class TestAQueryThatIsRefusedWithoutAReason:
    def test_after_an_import_that_went_well_it_is_a_trouble_that_passes(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path)
        run(world)
        world.sandbox.world.faults.switch(on=["orders-refused-vaguely"])
        settled(world)
        problem = run(world).problem
        assert problem is not None
        assert problem.exit_code is Exit.TRY_AGAIN
        assert "sp-api-status" in problem.next_step
        assert "newer version" not in problem.next_step
        world.sandbox.world.faults.switch(off=["orders-refused-vaguely"])
        assert run(world).problem is None

    def test_where_it_never_worked_a_newer_version_may_help(self, tmp_path: Path) -> None:
        problem = run(store_on_sandbox(tmp_path, faults=["orders-refused-vaguely"])).problem
        assert problem is not None
        assert problem.name is ProblemName.REQUEST_REFUSED
        assert "newer version" in problem.next_step


class TestATokenOfTheNextPage:
    def test_of_foreign_size_is_never_kept_and_the_orders_of_its_page_are(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=300, faults=["page-token-huge"])
        since = world.clock.now() - ALL
        assert report_problem(run(world, since=since)) == "response-malformed"
        assert len(booked(world)) > 50
        with world.deps.book(SLUG) as book:
            assert {search.page_token for search in searches_under_way(book)} == {None}
        world.sandbox.world.faults.switch(off=["page-token-huge"])
        assert run(world).problem is None
        assert booked(world) == to_be_booked(world.sandbox)

    @pytest.mark.parametrize("token", ["x" * 1_000_000, "with\nbreak", "never-one-of-Amazons"])
    def test_that_an_older_version_kept_and_that_fails_is_dropped(self, tmp_path: Path, token: str) -> None:
        world = store_on_sandbox(tmp_path, orders=300, faults=["page-token-huge"])
        since = world.clock.now() - ALL
        run(world, since=since)
        with world.deps.book(SLUG) as book:
            begin_searches(
                book,
                [
                    replace(search, page_token=token, page_token_at=world.clock.now())
                    for search in searches_under_way(book)
                ],
            )
        world.sandbox.world.faults.switch(off=["page-token-huge"])
        assert run(world).problem is None
        assert booked(world) == to_be_booked(world.sandbox)

    def test_that_is_refused_without_a_reason_is_dropped_for_the_next_run(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=3000, quota="real")
        since = world.clock.now() - ALL
        assert report_problem(run(world, since=since, max_wait=timedelta(0))) == "throttled"
        world.sandbox.world.faults.switch(on=["orders-refused-vaguely"])
        world.clock.advance(600)
        assert report_problem(run(world)) == "request-refused"
        with world.deps.book(SLUG) as book:
            assert all(search.page_token is None for search in searches_under_way(book))


FOREIGN = {
    "order-404-empty": "response-malformed",
    "order-404-html": "proxy-interferes",
    "order-403-empty": "response-malformed",
    "order-200-html": "proxy-interferes",
}


@pytest.mark.parametrize(("fault", "problem"), FOREIGN.items())
def test_an_answer_that_is_not_amazons_strikes_no_waiting_order_off_and_stops_no_import(
    tmp_path: Path, fault: str, problem: str
) -> None:
    world = store_on_sandbox(tmp_path, faults=["malformed-order"])
    waiting = {entry.order_id for entry in run(world).tally.refused}
    assert waiting
    world.sandbox.world.faults.switch(on=[fault], off=["malformed-order"])
    settled(world)
    report = run(world)
    assert report.problem is None
    assert {(entry.order_id, entry.problem.value) for entry in report.tally.refused} == {
        (order_id, problem) for order_id in waiting
    }
    world.sandbox.world.faults.switch(off=[fault])
    settled(world)
    assert run(world).complete
    assert waiting & to_be_booked(world.sandbox).keys() <= booked(world).keys()


@pytest.mark.parametrize(("fault", "problem"), FOREIGN.items())
def test_an_order_asked_for_by_number_is_not_called_unknown_by_a_gateway(
    tmp_path: Path, fault: str, problem: str
) -> None:
    world = store_on_sandbox(tmp_path, faults=[fault])
    report = run(world, order_ids=tuple(world.sandbox.world.shippable()[:2]))
    assert [entry.problem.value for entry in report.tally.refused] == [problem, problem]
    assert report_problem(report) == problem


def test_what_is_no_order_number_is_refused_before_a_call(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    with pytest.raises(Problem) as caught:
        run(world, order_ids=("../../sellers",))
    assert caught.value.name.value == "usage"
    assert world.transport.calls == []


@pytest.mark.on_both_engines
def test_a_dry_run_counts_and_stores_nothing(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    report = run(world, dry_run=True)
    assert report.tally.verdicts[Verdict.NEW] > 0
    assert booked(world) == {}
    assert world.deps.secrets.get(SLUG, "vault-key") is None
    assert run(world).tally.verdicts == report.tally.verdicts


def test_a_later_since_leaves_no_gap(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    change(world, order_id, "cancel")
    world.clock.advance(5 * 3600)
    run(world, since=world.clock.now() - timedelta(hours=1))
    assert booked(world)[order_id] == "CANCELLED"


def test_a_marketplace_that_is_added_is_swept_like_a_first_run(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=500)
    settings = world.deps.load_config()
    store = settings.stores[SLUG]
    ids = store.marketplace_ids
    from msgspec.structs import replace

    world.deps.save_config(settings.with_store(SLUG, replace(store, marketplace_ids=ids[:1])))
    run(world)
    alone = booked(world)
    world.deps.save_config(settings.with_store(SLUG, store))
    settled(world)
    run(world)
    fresh = store_on_sandbox(tmp_path / "fresh", orders=500)
    run(fresh)
    assert alone.keys() < booked(world).keys()
    assert booked(world).keys() >= {i for i, status in booked(fresh).items() if status in TO_SHIP}


def test_waits_past_the_limit_end_the_run_with_its_pages_safe_and_the_next_one_goes_on(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=3000, quota="real")
    since = world.clock.now() - ALL
    report = run(world, since=since, max_wait=timedelta(minutes=5))
    assert report_problem(report) == "throttled"
    there = len(booked(world))
    assert there >= 2000 * 0.9
    runs = 1
    while report.problem:
        assert report_problem(report) == "throttled"
        assert report.window is not None
        assert report.window[0] == since
        world.clock.advance(900)
        report, runs = run(world, max_wait=timedelta(minutes=5)), runs + 1
        assert len(booked(world)) >= there
        there = len(booked(world))
    assert runs > 1
    assert booked(world) == to_be_booked(world.sandbox)
    searches = world.sandbox.world.count_calls()["searchOrders"]
    assert searches <= -(-len(world.sandbox.world.orders) // 100) + runs


def test_no_search_is_refused_for_its_quota(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=2600, quota="real")
    since = world.clock.now() - ALL
    run(world, since=since, max_wait=timedelta(hours=5))
    statuses = [record for record in log_of(world) if record["event"] == "call"]
    assert {record["status"] for record in statuses} == {200}
    assert booked(world) == to_be_booked(world.sandbox)


def log_of(world: StoreOnSandbox) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for file in world.deps.home.log.glob("*.jsonl") for line in file.read_text().splitlines()]


STOPS = {
    "client-unknown": "client-unknown",
    "client-secret-expired": "client-secret-expired",
    "authorisation-revoked": "authorisation-revoked",
    "app-mismatch": "app-mismatch",
    "access-token-rejected": "access-token-rejected",
    "region-mismatch": "region-mismatch",
    "role-missing-orders": "access-denied",
    "account-suspended": "access-denied",
    "throttled": "throttled",
    "service-unavailable": "service-unavailable",
    "server-error": "service-unavailable",
    "timeout": "timeout",
    "response-empty": "response-malformed",
    "response-truncated": "response-malformed",
    "proxy-interferes": "proxy-interferes",
    "token-repeats": "response-malformed",
}


@pytest.mark.parametrize(("fault", "problem"), STOPS.items())
def test_a_fault_stops_the_run_by_its_name_and_the_next_run_brings_everything(
    tmp_path: Path, fault: str, problem: str
) -> None:
    world = store_on_sandbox(tmp_path, orders=300, faults=[fault])
    since = world.clock.now() - ALL
    assert report_problem(run(world, since=since)) == problem
    world.sandbox.world.faults.switch(off=[fault])
    world.clock.advance(7200)
    assert run(world, since=since).problem is None
    assert booked(world) == to_be_booked(world.sandbox)


class SamePage(httpx.BaseTransport):
    """Every page of orders is the first one again, and each has another token."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner, self._first, self.pages = inner, b"", 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/2026-01-01/orders"):
            return self._inner.handle_request(request)
        self.pages += 1
        if not self._first:
            answer = self._inner.handle_request(request)
            answer.read()
            self._first = answer.content
        page = json.loads(self._first) | {"pagination": {"nextToken": f"token {self.pages}"}}
        return httpx.Response(200, json=page)


def test_pages_that_repeat_under_new_tokens_end_the_run_and_the_next_one_starts_anew(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=30)
    usual = world.deps.transport
    repeating = world.deps.transport = SamePage(world.transport)
    since = world.clock.now() - ALL
    report = run(world, since=since)
    assert report_problem(report) == "response-malformed"
    assert repeating.pages <= 6  # of two searches
    world.deps.transport = usual
    assert run(world, since=since).problem is None
    assert booked(world) == to_be_booked(world.sandbox)


class PageTwice(httpx.BaseTransport):
    """An Amazon that gives the first page of a search a second time under another token, and then goes on."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner, self._first = inner, dict[str, Any]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("paginationToken")
        if token == "again":
            return httpx.Response(200, json=self._first)
        answer = self._inner.handle_request(request)
        if not request.url.path.endswith("/2026-01-01/orders") or token or self._first:
            return answer
        answer.read()
        self._first = json.loads(answer.content)
        if "pagination" not in self._first:
            return httpx.Response(200, json=self._first)
        return httpx.Response(200, json=self._first | {"pagination": {"nextToken": "again"}})


def test_an_order_that_comes_again_on_a_page_cancelled_and_without_items_keeps_its_items(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=20)
    order_id = next(iter(to_be_booked(world.sandbox)))
    with StoreRun(world.deps, SLUG) as asking:
        asking.learn_time()
        order = get_order(asking.amazon, order_id)
        cancelled = replace(order, status="CANCELLED", lines=(), changed_at=order.changed_at + timedelta(seconds=1))
        Intake(asking, Tally()).take((order, cancelled))
        Intake(asking, Tally()).take((replace(cancelled, changed_at=order.changed_at + timedelta(seconds=2)),))
    (found,) = [each.order for each, _ in list_orders(world.deps, SLUG, Filter())]
    assert found.status == "CANCELLED"
    assert [(line.sku, line.quantity_unshipped) for line in found.lines] == [(line.sku, 0) for line in order.lines]


def test_a_page_that_comes_twice_stops_nobody(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=300)
    world.deps.transport = PageTwice(world.transport)
    assert run(world, since=world.clock.now() - ALL).problem is None
    assert booked(world) == to_be_booked(world.sandbox)


@pytest.mark.parametrize(
    "fault",
    [
        "throttled-once", "service-unavailable-once", "token-expires-mid-paging", "page-token-dies",
        "page-repeats-order", "unknown-fields",
    ],
)  # fmt: skip
def test_a_fault_that_passes_or_means_nothing_stops_nobody(tmp_path: Path, fault: str) -> None:
    world = store_on_sandbox(tmp_path, orders=400, faults=[fault])
    assert everything(world).problem is None
    assert booked(world).keys() >= to_be_booked(world.sandbox).keys()


def test_an_order_that_cannot_be_read_is_refused_by_name_and_asked_for_again(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=300, faults=["malformed-order"])
    report = everything(world)
    refused = {entry.order_id for entry in report.tally.refused}
    assert refused
    assert {entry.problem for entry in report.tally.refused} == {ProblemName.RESPONSE_MALFORMED}
    assert not report.complete
    assert booked(world).keys() == to_be_booked(world.sandbox).keys() - refused
    world.sandbox.world.faults.switch(off=["malformed-order"])
    settled(world)
    report = run(world)
    assert report.complete
    assert booked(world) == to_be_booked(world.sandbox)


def test_orders_that_all_come_without_an_address_name_the_missing_role(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, faults=["role-missing-pii"])
    report = run(world)
    assert report_problem(report) == "role-missing-pii"
    assert booked(world)
    world.sandbox.world.faults.switch(off=["role-missing-pii"])
    settled(world)
    run(world, since=world.clock.now() - ALL)
    assert open_orders(world)


def test_one_order_without_an_address_does_not_blame_the_role(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=400)
    report = run(world)
    assert report.tally.held["no-address"] > 0
    assert report.problem is None


@pytest.mark.parametrize("days", [2, -2])
def test_a_clock_that_is_two_days_off_is_named_and_loses_nothing(tmp_path: Path, days: int) -> None:
    world = store_on_sandbox(tmp_path, test=True)
    run(world)
    order_id = open_orders(world)[0]
    world.clock.moment -= timedelta(days=days)  # ours alone: the sandbox's own offset makes up for it
    world.sandbox.world.clock.advance(timedelta(days=days))
    with world.sandbox.world.lock:
        from amzlink.sandbox.order_changes import CHANGES

        CHANGES["touch"](world.sandbox.world.orders[order_id], world.sandbox.world.now(), world.sandbox.world.random())
    settled(world)
    report = run(world)
    assert [warning.name.value for warning in world.reported.warnings] == ["clock-skewed", "clock-jumped"]
    assert report.problem is None
    assert show_order(world.deps, SLUG, order_id, with_personal=True).personal


def test_a_second_run_at_the_same_time_is_turned_away_by_name(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    with store_lock(world.deps, SLUG, "import-orders"):
        report = run(world)
    assert report_problem(report) == "run-in-progress"
    assert world.transport.calls == []


def test_a_lost_vault_key_is_named_before_anything_is_fetched(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    world.deps.secrets.delete(SLUG, "vault-key")
    calls = len(world.transport.calls)
    assert report_problem(run(world)) == "vault-key-missing"
    assert len(world.transport.calls) == calls


def test_the_log_holds_no_secret_and_nothing_personal(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    text = "".join(file.read_text() for file in world.deps.home.log.iterdir())
    assert text.count("\n") >= 3
    assert "Atza|" not in text
    assert "Atzr|" not in text
    assert {record["event"] for record in log_of(world)} == {"call", "run"}


def test_the_lease_of_an_open_order_is_renewed_before_it_runs_out(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    with world.deps.home.config_file.open("a") as settings:
        settings.write("[retention]\ndays = 10\n")
    run(world)
    order_id = open_orders(world)[-1]
    first = show_order(world.deps, SLUG, order_id, with_personal=True).order.lease_day
    assert first == world.clock.now().date() + timedelta(days=10)
    world.clock.advance(2 * 86400)
    run(world)
    assert show_order(world.deps, SLUG, order_id, with_personal=True).order.lease_day == first
    world.clock.advance(7 * 86400)
    run(world)
    detail = show_order(world.deps, SLUG, order_id, with_personal=True)
    assert detail.order.lease_day == world.clock.now().date() + timedelta(days=10)
    assert detail.personal is not None
    assert detail.personal.recipient.deliverable


def test_nothing_is_renewed_of_an_order_that_amazon_has_cancelled_long_since(tmp_path: Path) -> None:
    """Seven business days after its ship-by date Amazon cancels what nobody confirmed, heard of or not."""
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    first = show_order(world.deps, SLUG, order_id, with_personal=False).order.lease_day
    world.clock.advance(25 * 86400)
    run(world)
    assert show_order(world.deps, SLUG, order_id, with_personal=False).order.lease_day == first


def test_an_address_that_amazon_withholds_later_is_kept_and_holds_nothing(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = open_orders(world)[0]
    world.sandbox.world.faults.switch(on=["role-missing-pii"])
    change(world, order_id, "touch")
    settled(world)
    assert run(world).tally.verdicts[Verdict.UPDATED] == 1
    detail = show_order(world.deps, SLUG, order_id, with_personal=True)
    assert detail.holds == ()
    assert detail.personal is not None
    assert detail.personal.recipient.deliverable


class NoNextPage(httpx.BaseTransport):
    """Amazon, which refuses every token of a next page."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.params.get("paginationToken"):
            return self._inner.handle_request(request)
        return httpx.Response(400, json={"errors": [{"code": "InvalidInput", "message": "No."}]}, request=request)


def test_tokens_that_are_always_refused_end_a_search_and_the_first_pages_are_kept(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=0)
    world.sandbox.world.add_orders(130)
    settled(world)
    world.deps.transport = NoNextPage(world.transport)
    for _ in range(2):
        assert report_problem(run(world)) == "response-malformed"
        assert len(booked(world)) >= 100
        settled(world)
    world.deps.transport = world.transport
    assert run(world).problem is None
    assert set(booked(world)) == set(to_be_booked(world.sandbox))


@pytest.mark.parametrize(
    ("failure", "asked"),
    [
        (NotFound(ProblemName.ORDER_NOT_FOUND, operation="getOrder", order_id="a", detail=""), 2),
        (Throttled(ProblemName.THROTTLED, operation="getOrder"), 1),
        (Unavailable(ProblemName.SERVICE_UNAVAILABLE, operation="getOrder", status=503), 1),
    ],
)
def test_of_orders_that_amazon_ships_one_that_is_gone_holds_back_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: CallFailed, asked: int
) -> None:
    world = store_on_sandbox(tmp_path, orders=0)
    numbers: list[str] = []

    def refuse(_: object, order_id: str) -> None:
        numbers.append(order_id)
        raise failure

    monkeypatch.setattr("amzlink.jobs.orders.single_orders.orders_taken_over", lambda _: ["1", "2"])
    monkeypatch.setattr("amzlink.jobs.orders.single_orders.get_order", refuse)
    assert run(world).problem is None
    assert numbers == ["1", "2"][:asked]


def test_what_stops_orders_and_listings_alike_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = store_on_sandbox(tmp_path, orders=20, import_weights=True)
    failure = Denied(ProblemName.ACCESS_DENIED, operation="getOrder", status=403)

    def refuse(_: object) -> None:
        raise failure

    monkeypatch.setattr("amzlink.jobs.shipments.read_back.ConfirmationsShown.check", refuse)
    monkeypatch.setattr("amzlink.jobs.weights.look_up.Weigher.look_up_orders", refuse)
    report = run(world)
    assert report_problem(report) == "access-denied"
    assert failure.name not in {warning.name for warning in world.reported.warnings}
