"""The clock of retention, through the jobs: the last day on which an order's data can be read, and the first without.

Days are counted from the day on which the orders of a test are handed over (day 0), in UTC.
"""

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from msgspec.structs import replace

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.show import show_detail
from amzlink.core.privacy.retention import Retention, Rule, cancelled_by
from amzlink.jobs.import_orders import ImportReport
from amzlink.jobs.orders.show import OrderDetail, show_order
from amzlink.jobs.privacy.purge import PurgeOptions, PurgeReport
from amzlink.jobs.purge_pii import purge_pii
from amzlink.orderbook.database import Database
from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Story
from tests.support import books
from tests.support.pushing import Pushing, row
from tests.support.world import SLUG

# One step of a history: the day, and what happens on it.
Step = tuple[int, Callable[["Machine", str], object]]


class Machine(Pushing):
    """A test store's machine, which somebody switches on now and then."""

    def __init__(self, folder: Path, new_book: Path, **retention: Any) -> None:
        super().__init__(folder, test=True)
        shutil.copy(new_book, self.world.deps.home.database_file)  # cheaper than to make one
        self.day_0 = self.world.clock.now().date()
        self.keep(**retention)

    def keep(self, **retention: Any) -> None:
        """`[retention]` says this from now on."""
        deps = self.world.deps
        config = deps.load_config()
        deps.save_config(replace(config, raw={**config.raw, "retention": retention}))
        assert deps.load_config().retention == Retention(**retention)

    def on(self, day: int, hour: int = 12) -> None:
        """Time passes until that day; it never goes back."""
        moment = datetime.combine(self.day_0 + timedelta(days=day), time(hour), tzinfo=UTC)
        self.world.clock.moment = max(moment, self.world.clock.moment)

    def day(self, day: int) -> date:
        return self.day_0 + timedelta(days=day)

    def bring(self) -> ImportReport:
        report = self.run()
        assert report.problem is None, report.problem
        return report

    def hear(self) -> None:
        """push-status asks Sendcloud."""
        report = self.push()
        assert report.problem is None, report.problem

    def hear_file(self, *rows: str) -> None:
        report = self.push_file(*rows)
        assert (report.problem, report.failures) == (None, [])

    def purge(self, **options: Any) -> PurgeReport:
        (report,) = purge_pii(self.world.deps, [SLUG], PurgeOptions(**options))
        assert report.problem is None, report.problem
        return report

    def send(self, *, parcels: int = 1, **label: Any) -> str:
        """An order that is handed over on day 0 in so many parcels, each with a label of Sendcloud's."""
        order_id = self.sell_one(*[1] * parcels)
        self.parcels("announce", order_id, split="items", **label)
        self.hear()
        self.bring()
        assert self.order(order_id).status == "SHIPPED"
        return order_id

    def arrive(self, order_id: str, parcel: int | None = None) -> None:
        """The carrier delivers; Sendcloud knows."""
        found = [each["id"] for each in self.tell(f"/control/sendcloud/parcels?order={order_id}")["parcels"]]
        which = found if parcel is None else [found[parcel]]
        self.tell("/control/sendcloud/parcels", {"action": "deliver", "parcels": which})

    def tell(self, path: str, document: object = None) -> Any:
        path, _, query = path.partition("?")
        found = super().tell(path, document)
        if query:
            wanted = query.partition("=")[2]
            found["parcels"] = [each for each in found["parcels"] if each["order_number"] == wanted]
        return found

    def detail(self, order_id: str) -> OrderDetail:
        return show_order(self.world.deps, SLUG, order_id, with_personal=True)

    def can_read(self, order_id: str) -> bool:
        """Whether the data can be read; then all of it, and else no box is left in the book."""
        personal = self.detail(order_id).personal
        assert (personal is not None) is self.has_boxes(order_id)
        assert personal is None or personal.recipient.deliverable
        return personal is not None

    def has_boxes(self, order_id: str) -> bool:
        """Whether anything is sealed of an order."""
        return self.rows_of("SELECT part FROM sealed WHERE order_id = ?", order_id) != []

    def lease(self, order_id: str) -> date:
        """The longest lease of what is sealed of an order."""
        ((found,),) = self.rows_of("SELECT max(lease_day) FROM sealed WHERE order_id = ?", order_id)
        return date.fromisoformat(found)

    def rows_of(self, sql: str, *values: Any) -> list[Any]:
        return books.execute(self.world.deps.home.database_file, sql, *values)

    def check_last_day(self, order_id: str, day: int, rule: Rule) -> None:
        """Up to the end of that day a purge leaves the data; the first one of the next destroys it, by that rule."""
        self.on(day, 23)
        assert [due for due in self.purge().due if due.order_id == order_id] == []
        detail = self.detail(order_id)
        assert detail.personal is not None, "gone too early"
        assert detail.personal.recipient.deliverable
        assert detail.keeping is not None
        assert (detail.keeping.rule, detail.order.kept_until) == (rule, self.day(day))
        self.on(day + 1, 0)
        listed = {due.order_id: (due.rule, due.since) for due in self.purge(dry_run=True).due}
        assert listed[order_id] == (rule, self.day(day))
        self.purge()
        assert not self.has_boxes(order_id), "still there"
        detail = self.detail(order_id)
        assert detail.personal is None
        assert detail.tombstone is not None
        assert (detail.tombstone.rule, detail.tombstone.at.date()) == (rule, self.day(day + 1))


def of_sendcloud(at: Machine, order_id: str) -> None:
    """The parcel arrives, and push-status hears of it."""
    at.arrive(order_id)
    at.hear()


def of_amazon(at: Machine, order_id: str) -> None:
    """Amazon shows the packages as delivered, and import-orders hears of it."""
    at.change(order_id, "deliver")
    at.bring()


def arrives(at: Machine, order_id: str) -> None:
    at.arrive(order_id)


def amazon_knows(at: Machine, order_id: str) -> None:
    at.change(order_id, "deliver")


def hears(at: Machine, _order_id: str) -> None:
    at.hear()


def imports(at: Machine, _order_id: str) -> None:
    at.bring()


def purges(at: Machine, _order_id: str) -> None:
    at.purge()


def days(number: int) -> Callable[[Machine, str], object]:
    """The setting is changed."""
    return lambda at, _order_id: at.keep(days=number)


TAKEN_TO = "delivery assumed 14 days later"
STRICT = {"counts_from": "shipment"}
Start = Callable[..., Machine]


@pytest.fixture(scope="module")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a book in which nothing stands yet."""
    file = tmp_path_factory.mktemp("new") / "orders.db"
    Database.open(file).close()
    return file


@pytest.fixture
def start(tmp_path: Path, new_book: Path) -> Start:
    """Makes a machine, with these settings of `[retention]`."""
    machines: list[Machine] = []

    def start(**retention: Any) -> Machine:
        machines.append(Machine(tmp_path / str(len(machines)), new_book, **retention))
        return machines[-1]

    return start


class TestHowLongDataStays:
    @pytest.mark.parametrize(
        ("retention", "history", "last", "rule"),
        [
            # Sendcloud's parcel tells the day, however late that is heard.
            ({}, [(3, of_sendcloud)], 33, Rule.DELIVERED),
            ({}, [(3, arrives), (10, hears)], 33, Rule.DELIVERED),
            ({}, [(3, arrives), (33, hears)], 33, Rule.DELIVERED),
            ({}, [(20, of_sendcloud)], 50, Rule.DELIVERED),
            ({}, [(35, purges), (40, of_sendcloud)], 70, Rule.DELIVERED),
            ({}, [(3, arrives), (4, hears), (9, amazon_knows), (10, imports)], 33, Rule.DELIVERED),
            # Amazon tells only that: it counts from the day on which that was heard, if that was in time.
            ({}, [(3, of_amazon)], 33, Rule.DELIVERED),
            ({}, [(3, amazon_knows), (10, imports)], 40, Rule.DELIVERED),
            ({}, [(14, of_amazon)], 44, Rule.DELIVERED),
            ({}, [(15, of_amazon)], 44, Rule.DELIVERY_UNKNOWN),
            ({}, [(3, amazon_knows), (40, imports)], 44, Rule.DELIVERY_UNKNOWN),
            # Both tell: whoever knows the day has the last word, unless it is later than what was heard before.
            ({}, [(3, arrives), (9, of_amazon), (10, hears)], 33, Rule.DELIVERED),
            ({}, [(5, of_amazon), (9, of_sendcloud)], 35, Rule.DELIVERED),
            # Nobody tells.
            ({}, [], 44, Rule.DELIVERY_UNKNOWN),
            ({}, [(20, imports), (29, hears), (37, purges)], 44, Rule.DELIVERY_UNKNOWN),
            # Other settings.
            ({"unknown_delivery_days": 3}, [], 33, Rule.DELIVERY_UNKNOWN),
            ({"unknown_delivery_days": 3}, [(4, of_amazon)], 33, Rule.DELIVERY_UNKNOWN),
            ({"unknown_delivery_days": 3}, [(4, of_sendcloud)], 34, Rule.DELIVERED),
            ({"unknown_delivery_days": 0}, [], 30, Rule.DELIVERY_UNKNOWN),
            ({"days": 7}, [], 21, Rule.DELIVERY_UNKNOWN),
            ({"days": 7}, [(2, of_sendcloud)], 9, Rule.DELIVERED),
            ({"days": 7}, [(5, imports), (12, imports), (13, of_amazon)], 20, Rule.DELIVERED),
            ({"days": 1, "unknown_delivery_days": 0}, [], 1, Rule.DELIVERY_UNKNOWN),
            # The strict reading asks for no delivery.
            (STRICT, [], 30, Rule.SHIPPED),
            (STRICT, [(3, of_sendcloud)], 30, Rule.SHIPPED),
            (STRICT, [(3, of_amazon)], 30, Rule.SHIPPED),
            (STRICT | {"days": 7}, [(3, of_sendcloud)], 7, Rule.SHIPPED),
            # Settings that change: leases that were given stay, and the purge goes by the rule of the day.
            ({}, [(1, of_sendcloud), (2, days(7))], 8, Rule.DELIVERED),
            ({}, [(2, days(7))], 21, Rule.DELIVERY_UNKNOWN),
            ({}, [(1, of_sendcloud), (2, days(7)), (5, days(30))], 31, Rule.DELIVERED),
            ({"days": 7}, [(1, of_sendcloud), (5, days(30)), (6, imports)], 31, Rule.DELIVERED),
        ],
    )  # fmt: skip
    def test_to_the_day(
        self, start: Start, retention: dict[str, Any], history: list[Step], last: int, rule: Rule
    ) -> None:
        at = start(**retention)
        order_id = at.send()
        for day, step in history:
            at.on(day)
            step(at, order_id)
        at.check_last_day(order_id, last, rule)

    @pytest.mark.parametrize(
        ("reported", "last", "rule"),
        [(3, 33, Rule.DELIVERED), (14, 44, Rule.DELIVERED), (15, 44, Rule.DELIVERY_UNKNOWN)],
    )
    def test_a_file_tells_that_it_has_arrived_but_not_when(
        self, start: Start, reported: int, last: int, rule: Rule
    ) -> None:
        at = start()
        order_id = at.sell_one()
        at.hear_file(row(order_id, "N1"))
        at.bring()
        at.on(reported)
        at.hear_file(row(order_id, "N1", status="delivered"))
        at.check_last_day(order_id, last, rule)

    @pytest.mark.parametrize(("second", "last", "rule"), [(8, 38, Rule.DELIVERED), (None, 44, Rule.DELIVERY_UNKNOWN)])
    def test_of_several_parcels_the_slowest_counts(
        self, start: Start, second: int | None, last: int, rule: Rule
    ) -> None:
        at = start()
        order_id = at.send(parcels=2)
        at.on(3)
        at.arrive(order_id, 0)
        at.hear()
        if second is not None:
            at.on(second)
            at.arrive(order_id, 1)
        at.on(12)
        at.hear()
        at.check_last_day(order_id, last, rule)

    def test_a_slowest_parcel_of_which_a_file_tells_is_undated(self, start: Start) -> None:
        """One parcel is Sendcloud's, whose day is known; the other's is not, so that late word counts for nothing."""
        at = start()
        order_id = at.sell_one(1, 1)
        first, second = at.items(order_id)
        at.parcels("announce", order_id, split=[{first: 1}])
        at.hear()
        at.hear_file(row(order_id, "N2", order_item_id=second))
        at.bring()
        at.on(3)
        of_sendcloud(at, order_id)
        at.on(30)
        at.hear_file(row(order_id, "N2", order_item_id=second, status="delivered"))
        at.check_last_day(order_id, 44, Rule.DELIVERY_UNKNOWN)

    def test_a_date_in_the_future_lengthens_nothing(self, start: Start) -> None:
        at = start()
        order_id = at.send()
        at.on(3)
        at.arrive(order_id)
        for parcel in at.world.sandbox.world.sendcloud.shipments.parcels:
            parcel.updated += timedelta(days=60)
        at.hear()
        at.check_last_day(order_id, 33, Rule.DELIVERED)

    def test_what_is_heard_of_after_its_time_is_gone_with_that_run(self, start: Start) -> None:
        at = start()
        seen, unseen = at.sell(2)
        at.on(2)
        for order_id in (seen, unseen):
            at.change(order_id, "ship")
        at.on(46)
        assert at.can_read(seen), "nobody was there, and the book says that it is still to ship"
        assert at.bring().purged == 2 - 2 * at.can_read(seen)
        at.on(47)
        at.bring()
        assert not at.can_read(seen)
        assert not at.can_read(unseen)
        assert {at.detail(order_id).tombstone.rule for order_id in (seen, unseen)} == {Rule.DELIVERY_UNKNOWN}  # type: ignore[union-attr]

    def test_import_orders_purges_to_the_day_too(self, start: Start) -> None:
        at = start()
        order_id = at.send()
        at.on(3)
        of_sendcloud(at, order_id)
        at.on(33, 23)
        assert at.bring().purged == 0
        at.on(34, 0)
        assert at.bring().purged == 1
        assert not at.can_read(order_id)

    def test_word_of_a_delivery_after_the_purge_brings_nothing_back(self, start: Start) -> None:
        at = start()
        order_id = at.send()
        at.on(45)
        at.purge()
        at.on(46)
        of_sendcloud(at, order_id)
        of_amazon(at, order_id)
        assert not at.can_read(order_id)
        assert at.detail(order_id).tombstone.rule is Rule.DELIVERY_UNKNOWN  # type: ignore[union-attr]

    def test_no_lease_goes_beyond_what_the_rule_allows(self, start: Start) -> None:
        """So that a backup of the machine goes dark with the purge, whichever way the delivery was heard."""
        for retention, last in (({}, 44), (STRICT, 30), ({"unknown_delivery_days": 3}, 33)):
            at = start(**retention)
            order_id = at.sell_one()
            at.hear_file(row(order_id, "N1"))
            at.bring()
            at.on(last - 1)
            at.bring()
            at.hear_file(row(order_id, "N1", status="delivered"))
            assert at.rows_of("SELECT delivered_by FROM orders WHERE order_id = ?", order_id) == [("file",)]
            assert at.lease(order_id) == at.day(last)
            of_amazon(at, order_id)
            assert at.lease(order_id) == at.day(last)


class TestSettingsThatChange:
    def test_a_lease_that_was_given_stays_and_the_purge_goes_by_the_rule(self, start: Start) -> None:
        at = start()
        order_id = at.send()
        at.on(1)
        of_sendcloud(at, order_id)
        lease = at.lease(order_id)
        at.keep(days=7)
        at.on(6)
        at.bring()
        assert (at.lease(order_id), at.detail(order_id).order.kept_until) == (lease, at.day(8))
        later = at.send()
        assert at.lease(later) == at.day(13)

    def test_more_days_lengthen_what_has_not_gone_yet(self, start: Start) -> None:
        at = start(days=7)
        order_id = at.send()
        assert at.lease(order_id) == at.day(7)
        at.keep(days=30)
        at.on(6)
        at.bring()
        assert at.lease(order_id) == at.day(11), "in small steps, as long as nobody tells of its delivery"
        at.on(10)
        at.bring()
        assert at.lease(order_id) == at.day(15)


def cancel_after_the_hand_over(at: Machine, order_id: str) -> None:
    """As Amazon does when all that was sent has come back."""
    with at.world.sandbox.world.lock:
        at.order(order_id).change(at.world.clock.now(), Story.CANCELLED)


class TestCancelled:
    @pytest.mark.parametrize("reported", [1, 25])
    def test_it_goes_with_the_import_that_hears_of_it_and_from_sendcloud_too(self, start: Start, reported: int) -> None:
        at = start()
        cancelled, other = at.sell(2)
        assert {cancelled, other} <= set(at.stored())
        at.change(cancelled, "cancel")
        at.on(reported)
        assert at.can_read(cancelled)
        at.bring()
        assert (at.can_read(cancelled), at.can_read(other)) == (False, True)
        assert cancelled not in at.stored()
        detail = at.detail(cancelled)
        assert detail.tombstone is not None
        assert (detail.tombstone.rule, detail.order.kept_until) == (Rule.CANCELLED, None)

    def test_what_never_came_before_is_not_even_taken_in(self, start: Start) -> None:
        at = start()
        (order_id,) = at.add(1)
        at.change(order_id, "cancel")
        at.bring()
        assert not at.can_read(order_id)
        assert at.rows_of("SELECT rule FROM tombstones WHERE order_id = ?", order_id) == [("cancelled",)]

    def test_one_that_was_handed_over_before_goes_with_the_purge_at_the_end_of_the_import(self, start: Start) -> None:
        at = start()
        order_id = at.send()
        at.on(2)
        cancel_after_the_hand_over(at, order_id)
        assert at.bring().purged == 1
        assert not at.can_read(order_id)


def to_ship_by(at: Machine, day: date) -> str:
    """An order that is to be shipped by the end of that day."""
    (order_id,) = at.add(1)

    def edit(body: Json) -> None:
        body["fulfillment"]["shipByWindow"]["latestDateTime"] = iso(datetime.combine(day, time(22), tzinfo=UTC))

    at.alter(order_id, edit)
    at.bring()
    return order_id


class TestStillToShip:
    @pytest.mark.parametrize(("gap", "ship_by"), [(1, 25), (10, 80), (29, 80), (40, 120)])
    def test_as_long_as_amazon_waits_it_is_there_however_seldom_the_machine_runs(
        self, start: Start, gap: int, ship_by: int
    ) -> None:
        """Every so many days; then Amazon has cancelled it, unheard of, and it goes with its last lease."""
        at = start()
        order_id = to_ship_by(at, at.day(ship_by))
        last_chance = (cancelled_by(at.day(ship_by)) - at.day_0).days
        steps = (at.bring, at.purge)
        for day in range(gap, last_chance + 1, gap):
            at.on(day)
            steps[day % 2]()
            assert at.has_boxes(order_id), f"gone on day {day}"
            assert at.lease(order_id) <= at.day(day + 30)
        assert at.can_read(order_id)
        assert at.lease(order_id) > at.day(30), "it was renewed"
        lease = (at.lease(order_id) - at.day_0).days
        assert lease <= last_chance + 30
        if lease > last_chance:
            at.check_last_day(order_id, lease, Rule.NOT_CONFIRMED)
        else:
            at.on(last_chance + 1)
            at.purge()
            assert not at.can_read(order_id)

    @pytest.mark.parametrize(
        ("ship_by", "last_chance"),
        [
            (date(2026, 12, 18), date(2026, 12, 29)),  # a Friday
            (date(2026, 12, 24), date(2027, 1, 4)),
            (date(2026, 12, 31), date(2027, 1, 11)),
            (date(2027, 1, 2), date(2027, 1, 12)),  # a Saturday
        ],
    )
    def test_seven_business_days_after_its_ship_by_date_it_is_there_and_on_the_next_it_is_not(
        self, start: Start, ship_by: date, last_chance: date
    ) -> None:
        """The machine was off all the time, and its lease has ended."""
        at = start()
        order_id = to_ship_by(at, ship_by)
        day = (last_chance - at.day_0).days
        assert at.lease(order_id) == at.day(30) < last_chance
        at.on(day, 23)
        assert at.purge(dry_run=True).due == []
        at.on(day + 1, 0)
        assert [(due.order_id, due.rule) for due in at.purge(dry_run=True).due] == [(order_id, Rule.NOT_CONFIRMED)]
        at.purge()
        assert not at.can_read(order_id)

    def test_a_purge_on_that_last_day_gives_it_a_full_lease_once_more(self, start: Start) -> None:
        at = start()
        order_id = to_ship_by(at, date(2026, 12, 31))
        day = (date(2027, 1, 11) - at.day_0).days
        at.on(day, 23)
        at.purge()
        assert at.can_read(order_id)
        assert at.lease(order_id) == at.day(day + 30)

    def test_when_amazon_waits_longer_than_it_said_what_it_tells_counts(self, start: Start) -> None:
        """It still shows the order as to be shipped, three weeks after the ship-by date."""
        at = start()
        order_id = to_ship_by(at, at.day(1))
        at.on(22)
        at.change(order_id, "touch")
        at.bring()
        assert at.lease(order_id) == at.day(52)
        at.on(52, 23)
        at.purge()
        assert at.can_read(order_id)
        at.on(53, 0)
        at.purge()
        assert not at.can_read(order_id)

    @pytest.mark.parametrize("off_until", [30, 31])
    @pytest.mark.parametrize("job", ["import-orders", "push-status"])
    def test_one_that_is_shipped_when_its_lease_ends_gets_what_its_shipment_leaves(
        self, start: Start, off_until: int, job: str
    ) -> None:
        """On the last day of its lease, or on the day after, as long as nothing was purged."""
        at = start()
        order_id = at.sell_one()
        self.wait_longer(at, order_id)
        at.on(off_until)
        if job == "import-orders":
            at.change(order_id, "ship")
        else:
            at.parcels("announce", order_id)
            at.hear()
        at.bring()
        assert at.can_read(order_id)
        at.on(off_until + 25)
        at.bring()
        at.check_last_day(order_id, off_until + 44, Rule.DELIVERY_UNKNOWN)

    def wait_longer(self, at: Machine, order_id: str) -> None:
        """Amazon waits for it until day 60."""
        late = iso(datetime.combine(at.day(60), time(22), tzinfo=UTC))

        def edit(body: Json) -> None:
            body["fulfillment"]["shipByWindow"]["latestDateTime"] = late

        at.alter(order_id, edit)
        at.bring()
        assert at.lease(order_id) == at.day(30)


class TestWhatOrdersShowSays:
    """Until when, by which rule, who delivered and who said so; and after the purge, when and why."""

    def text(self, at: Machine, order_id: str, capsys: pytest.CaptureFixture[str]) -> str:
        capsys.readouterr()
        detail = show_order(at.world.deps, SLUG, order_id, with_personal=False)
        show_detail(Console(), SLUG, detail, at.world.deps.clock.now(), with_pii=False)
        (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("Personal", "No pers"))]
        return line.removesuffix(" (encrypted; --with-pii shows it)")

    def until(self, at: Machine, order_id: str, capsys: pytest.CaptureFixture[str]) -> str | None:
        """The day in the document for programs."""
        capsys.readouterr()
        detail = show_order(at.world.deps, SLUG, order_id, with_personal=False)
        show_detail(Console(as_json=True), SLUG, detail, at.world.deps.clock.now(), with_pii=False)
        found: str | None = json.loads(capsys.readouterr().out)["personal_data_until"]
        return found

    @pytest.mark.parametrize(
        ("retention", "step", "says"),
        [
            ({}, of_sendcloud, "until 26 Dec 2026: delivered 26 Nov 2026 by PostNL, as Sendcloud says, 30 days"),
            ({}, of_amazon, "until 26 Dec 2026: delivered 26 Nov 2026 by PostNL, as Amazon says, 30 days"),
            ({"days": 7}, of_sendcloud, "until 3 Dec 2026: delivered 26 Nov 2026 by PostNL, as Sendcloud says, 7 days"),
            ({}, imports, f"until 6 Jan 2027: shipped 23 Nov 2026 by PostNL, {TAKEN_TO}, 30 days"),
            (STRICT, of_sendcloud, "until 23 Dec 2026: shipped 23 Nov 2026 by PostNL, 30 days"),
        ],
    )  # fmt: skip
    def test_of_a_shipped_order(
        self,
        start: Start,
        capsys: pytest.CaptureFixture[str],
        *,
        retention: dict[str, Any],
        step: Callable[[Machine, str], object],
        says: str,
    ) -> None:
        at = start(**retention)
        order_id = at.send(carrier="postnl")
        at.on(3)
        step(at, order_id)
        at.on(20 if "days" not in retention else 4)
        at.purge()
        # A lease that ends before its rule is renewed in time; what is shown is what will be.
        at.on(27 if "days" not in retention else 4)
        at.purge()
        assert self.text(at, order_id, capsys) == f"Personal data {says}"
        day = date.fromisoformat(str(self.until(at, order_id, capsys)))
        assert says.startswith(f"until {day.day} {day:%b %Y}:")

    def test_of_several_carriers_and_of_a_file(self, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
        at = start()
        order_id = at.sell_one(1, 1)
        first, second = at.items(order_id)
        rows = [("N1", "postnl", first), ("N2", "dpd", second)]
        at.hear_file(*(row(order_id, number, carrier=carrier, order_item_id=item) for number, carrier, item in rows))
        at.bring()
        at.on(2)
        at.hear_file(
            *(
                row(order_id, number, carrier=carrier, order_item_id=item, status="delivered")
                for number, carrier, item in rows
            )
        )
        said = self.text(at, order_id, capsys)
        head, carriers, tail = re.split(r" by (.*), as ", said)
        assert head == "Personal data until 25 Dec 2026: delivered 25 Nov 2026"
        assert sorted(carriers.split(" and ")) == ["dpd", "postnl"]
        assert tail == "a file says, 30 days"

    def test_of_one_that_is_still_to_ship_and_of_one_that_amazon_has_given_up(
        self, start: Start, capsys: pytest.CaptureFixture[str]
    ) -> None:
        at = start()
        order_id = to_ship_by(at, at.day(2))
        assert self.text(at, order_id, capsys) == (
            "Personal data until 23 Dec 2026: still to ship, so this date will be extended"
        )
        at.on(20)
        assert self.text(at, order_id, capsys) == (
            "Personal data until 23 Dec 2026: not confirmed in time, so this date is final"
        )
        assert self.until(at, order_id, capsys) == "2026-12-23"

    def test_of_one_that_is_due(self, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
        """Cancelled after it was handed over, and the archive, which has to come first, cannot be written."""
        at = start()
        order_id = at.send()
        config = at.world.deps.load_config()
        key = str(pyrage.x25519.Identity.generate().to_public())
        archive = {"dir": str(at.folder / "not-there"), "recipients": [key]}
        at.world.deps.save_config(replace(config, raw={**config.raw, "archive": archive}))
        cancel_after_the_hand_over(at, order_id)
        at.bring()
        assert self.text(at, order_id, capsys) == (
            "Personal data: past its retention date, the next purge deletes it (encrypted until then)"
        )
        assert self.until(at, order_id, capsys) is None

    def test_after_the_purge(self, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
        at = start()
        delivered, cancelled, asked = at.send(), *at.sell(2)
        at.on(3)
        of_sendcloud(at, delivered)
        at.change(cancelled, "cancel")
        at.bring()
        at.purge(order_id=asked)
        at.on(34)
        at.purge()
        assert self.text(at, delivered, capsys) == (
            "Personal data was deleted on 27 Dec 2026: delivered, and past its retention date."
        )
        assert self.text(at, cancelled, capsys) == "Personal data was deleted on 26 Nov 2026: cancelled."
        assert self.text(at, asked, capsys) == "Personal data was deleted on 26 Nov 2026: on request."
        assert [self.until(at, order_id, capsys) for order_id in (delivered, cancelled, asked)] == [None] * 3


@dataclass
class Truth:
    """What the world knows of an order, and what of it this machine has been able to hear, in days."""

    ship_by: date
    shipped: date | None = None
    told_shipped: bool = False
    """An import has heard of the hand-over."""
    delivered: date | None = None
    told_dated: bool = False
    """push-status has heard of the delivery from Sendcloud, which knows the day."""
    heard_undated: date | None = None
    """The day on which an import first heard of it from Amazon, which does not."""
    cancelled: bool = False
    told_cancelled: bool = False

    def last_day(self, today: date) -> date | None:
        """The last day that the policy of 30 and 14 days leaves, by what has been heard. None: none at all."""
        if self.told_cancelled:
            return None
        if not self.told_shipped or self.shipped is None:
            return max(today, date.max if today <= cancelled_by(self.ship_by) else today)
        bounds = [self.shipped + timedelta(days=44)]
        if self.heard_undated:
            bounds.append(self.heard_undated + timedelta(days=30))
        if self.told_dated and self.delivered:
            # Who knows the day may also know that it was later than the days that a delivery is taken to need.
            dated = self.delivered + timedelta(days=30)
            return min(dated, *bounds[1:]) if self.heard_undated else dated
        return min(bounds)


class TestAnyHistory:
    """Random sequences of what can happen, against what the sandbox knows.

    What holds: after a purge on day p no data is left of an order whose delivery on day x a machine has been able to
    hear with its day (push-status after it, and an import after the hand-over) if p > x + 30; heard only without a day,
    on day h, if p > min(h + 30, hand-over + 14 + 30); never heard, if p > hand-over + 14 + 30. Nothing goes before that
    day, and nothing ever of an order for which Amazon still waits.
    """

    @pytest.mark.parametrize("seed", range(4))
    def test_data_goes_on_the_first_purge_after_its_last_day_and_on_none_before(self, start: Start, seed: int) -> None:
        chance = random.Random(seed)
        at = start()
        orders: dict[str, Truth] = {}
        for order_id in at.sell(3):
            window = at.order(order_id).body["fulfillment"]["shipByWindow"]["latestDateTime"]
            orders[order_id] = Truth(date.fromisoformat(window[:10]))
        gone: set[str] = set()
        day = 0
        for _ in range(14):
            day += chance.choice((0, 1, 2, 3, 7, 12))
            at.on(day)
            for order_id in chance.sample(sorted(orders), 2):
                self.happen(at, order_id, orders[order_id], chance)
            job = chance.choice(("import", "import", "push", "purge", "purge"))
            if job == "import":
                at.bring()
                self.imported(at, orders)
            elif job == "push":
                at.hear()
                self.pushed(orders)
            else:
                at.purge()
            today = at.world.clock.now().date()
            for order_id, truth in orders.items():
                last = truth.last_day(today)
                if at.has_boxes(order_id):
                    assert job == "push" or (last is not None and last >= today), (order_id, day, truth)
                    assert order_id not in gone, "it came back"
                elif order_id not in gone:
                    assert job != "push"
                    assert last is None or last < today, (order_id, day, truth)
                    gone.add(order_id)

    def happen(self, at: Machine, order_id: str, truth: Truth, chance: random.Random) -> None:
        today = at.world.clock.now().date()
        if truth.cancelled or truth.delivered:
            return
        if truth.shipped is None:
            what = chance.choice(("ship", "ship", "cancel", "wait"))
            if what == "ship":
                # A label of Sendcloud's, and the merchant confirms it in Seller Central.
                at.parcels("announce", order_id)
                at.change(order_id, "ship")
                truth.shipped = today
            elif what == "cancel" and not truth.told_shipped:
                at.change(order_id, "cancel")
                truth.cancelled = True
        elif chance.random() < 0.5:
            at.arrive(order_id)
            if chance.random() < 0.7:
                at.change(order_id, "deliver")
                truth.heard_undated = None
            truth.delivered = today

    def imported(self, at: Machine, orders: dict[str, Truth]) -> None:
        for order_id, truth in orders.items():
            truth.told_cancelled = truth.cancelled
            truth.told_shipped = truth.shipped is not None
            packages = at.order(order_id).body.get("packages", [])
            arrived = bool(packages) and all(package["packageStatus"]["status"] == "DELIVERED" for package in packages)
            if arrived and truth.heard_undated is None and not truth.told_dated:
                truth.heard_undated = at.world.clock.now().date()

    def pushed(self, orders: dict[str, Truth]) -> None:
        for truth in orders.values():
            if truth.delivered and truth.told_shipped:
                truth.told_dated = True
