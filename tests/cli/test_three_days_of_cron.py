"""Three days of cron at a shop, and the mails that the merchant gets of it.

The mails are a file to be read: `tests/fixtures/mails/three_days_of_cron.txt`. `WRITE_FIXTURES=1` writes it anew.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from filelock import FileLock

from amzlink.problems import Exit
from tests.support.cron import Mail, Office
from tests.support.world import SLUG

MAILS: Final = Path(__file__).resolve().parents[1] / "fixtures" / "mails" / "three_days_of_cron.txt"
OUTLET: Final = "outlet"
DAYS: Final = ("Tue", "Wed", "Thu")
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Under load the days take minutes; they are played once.
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]
# When something needs a person, by what happens below: from the first minute to before the last.
NEEDS_A_PERSON: Final = {
    "the last import is more than six hours old": ("Wed 07:45", "Thu 05:00"),
    "the authorisation is revoked": ("Thu 07:37", "Thu 12:07"),
    "the role for personal data is missing": ("Thu 13:15", "Thu 15:15"),
    "Sendcloud refuses orders": ("Thu 16:15", "Thu 19:15"),
    "there is a parcel of a cancelled order": ("Thu 18:45", "Thu 20:00"),
    "an order is overdue to ship": ("Thu 22:59", "Fri 00:00"),
}


@dataclass
class Days:
    """What came of the three days. `states` are the exit codes of `status` and what it printed, by time."""

    office: Office
    heard: Path
    states: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def mails(self) -> list[Mail]:
        return self.office.mailbox

    def told(self, words: str) -> list[str]:
        """When a mail had these words."""
        return [f"{mail.at:%a %H:%M}" for mail in self.mails if words in mail.text]


def _place(moment: str) -> str:
    return f"{('Tue', 'Wed', 'Thu', 'Fri').index(moment[:3])}{moment[3:]}"


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    folder = tmp_path_factory.mktemp("office")
    days = Days(Office(folder), folder / "heard")
    _first_day(days)
    _second_day(days)
    _third_day(days)
    for day in DAYS:
        for hour in range(24):
            moment = f"{day} {hour:02}:55"
            days.office.plan(moment, _look(days, moment))
    days.office.play("Fri 00:00")
    return days


def _look(days: Days, moment: str) -> Callable[[], object]:
    return lambda: days.states.update({moment: days.office.run("status", *days.office.options.split())})


def _on(days: Days, *faults: str) -> Callable[[], object]:
    return lambda: days.office.switch(*faults)


def _off(days: Days, *faults: str) -> Callable[[], object]:
    return lambda: days.office.switch(off=faults)


def _tell(days: Days, path: str, document: Callable[[], Any]) -> Callable[[], object]:
    return lambda: days.office.tell(path, document())


def _first_day(days: Days) -> None:
    """Outages of minutes and of hours, the quota, another run in progress; a program for alarms that fails once."""
    office, plan = days.office, days.office.plan
    orders: list[str] = []
    office.notify(f"cat >>{days.heard}")
    plan("Tue 01:03", lambda: orders.extend(office.add(3)))
    plan("Tue 04:10", _on(days, "service-unavailable"))
    plan("Tue 04:20", _off(days, "service-unavailable"))
    plan("Tue 07:59", _on(days, "service-unavailable"), lambda: office.notify("exit 3"))
    plan("Tue 10:59", _off(days, "service-unavailable"), lambda: office.notify(f"cat >>{days.heard}"))
    plan("Tue 12:03", _on(days, "throttled"))
    plan("Tue 12:33", _off(days, "throttled"))
    # The third of the orders is forgotten in the warehouse.
    plan("Tue 14:03", _tell(days, "/control/sendcloud/parcels", lambda: {"action": "announce", "orders": orders[:2]}))
    other_run = FileLock(office.deps.home.locks / f"{SLUG}.import-orders.lock")
    plan("Tue 16:59", other_run.acquire)
    plan("Tue 17:40", other_run.release)


def _second_day(days: Days) -> None:
    """Amazon is down for a day and three hours, and Sendcloud for most of that."""
    plan = days.office.plan
    plan("Wed 01:50", _on(days, "service-unavailable"))
    plan("Wed 06:01", _on(days, "sendcloud-hang"))
    plan("Thu 02:01", _off(days, "sendcloud-hang"))
    plan("Thu 04:50", _off(days, "service-unavailable"))


def _third_day(days: Days) -> None:
    """A second store; what needs a person: a revoked token, a missing role, refused orders, a parcel to be stopped."""
    office, plan = days.office, days.office.plan
    orders: list[str] = []

    def refuse(count: int) -> None:
        orders.extend(added := office.add(count))
        office.tell("/control/sendcloud/refusals", {"orders": added})

    def mend() -> None:
        office.tell("/control/sendcloud/refusals", {"orders": []})
        address = {"recipient": {"deliveryAddress": {"postalCode": "10117"}}}
        for order_id in orders[:101]:
            office.tell(f"/control/orders/{order_id}", {"action": "merge", "order": address})

    plan("Thu 06:00", lambda: office.open_second_store(OUTLET))
    plan("Thu 07:30", _on(days, "authorisation-revoked"), lambda: office.notify("cat >/dev/null; sleep 60"))
    plan("Thu 07:40", lambda: office.notify(f"cat >>{days.heard}"))
    plan("Thu 11:59", _off(days, "authorisation-revoked"))
    plan("Thu 13:03", _on(days, "role-missing-pii"), lambda: office.add(2))
    plan("Thu 15:03", _off(days, "role-missing-pii"))
    plan("Thu 16:03", lambda: refuse(1))
    plan("Thu 17:03", lambda: refuse(100))
    plan("Thu 18:18", lambda: orders.extend(office.add(1)))
    plan("Thu 18:38", _tell(days, "/control/sendcloud/parcels", lambda: {"action": "announce", "orders": orders[101:]}))
    plan("Thu 18:39", lambda: office.tell(f"/control/orders/{orders[101]}", {"action": "cancel"}))
    plan("Thu 19:03", mend)
    plan("Thu 19:50", _tell(days, "/control/sendcloud/parcels", lambda: {"action": "cancel", "orders": orders[101:]}))


def test_the_mails_are_these(days: Days) -> None:
    text = "\n\n".join(map(str, days.mails))
    for found, shown in ((str(days.office.folder), "/home/you"), ("127.0.0.1", "panel.sendcloud.sc")):
        text = text.replace(found, shown)
    text = UUID.sub("0b7f6c1e-2d4a-4f0e-9c55-7a1d3e8b2f60", text)
    if os.environ.get("WRITE_FIXTURES"):
        MAILS.parent.mkdir(exist_ok=True)
        MAILS.write_text(text)
    assert text == MAILS.read_text()


def test_what_passes_is_told_once_it_has_lasted_an_hour_once_a_day_and_with_its_end(days: Days) -> None:
    assert days.told("Amazon is having problems") == ["Tue 09:00", "Wed 03:00", "Thu 03:00"]
    assert days.told("did not answer within") == ["Wed 07:07"]
    assert days.told("has ended: The service is having problems") == ["Tue 11:00", "Thu 05:00"]
    assert days.told("has ended: No answer in time") == ["Thu 02:07"]
    failed = {(f"{at:%a %H}", job) for at, job, code in days.office.exit_codes if code == Exit.TRY_AGAIN}
    for hour in ("Tue 04", "Tue 12", "Tue 17"):  # an outage of ten minutes, the quota, another run in progress
        assert (hour, "import-orders") in failed


def test_what_needs_a_person_is_told_at_once_and_once(days: Days) -> None:
    assert days.told("Error: Amazon refused the refresh token") == ["Thu 07:37"]
    assert days.told("has ended: The authorisation") == ["Thu 12:07"]
    assert days.told("Error: Amazon returned 2 orders to ship, none with") == ["Thu 13:15"]
    assert days.told("has ended: Orders come without names") == ["Thu 15:15"]
    assert days.told("Sendcloud refused this order") == ["Thu 16:15"]
    assert days.told("100 orders are not at Sendcloud: ") == ["Thu 17:15"]
    assert days.told(" and 97 more.") == ["Thu 17:15"]
    assert days.told("There is a parcel for the order") == ["Thu 18:45"]
    assert not days.told(OUTLET), "the second store had no trouble"


def test_the_program_for_alarms_gets_everything_that_is_told_while_it_works_and_its_failures_are_told(
    days: Days,
) -> None:
    heard = [json.loads(line) for line in days.heard.read_text().splitlines()]
    assert days.told("it ended with code 3") == ["Tue 09:00"]
    assert days.told("it did not end within 20 seconds") == ["Thu 07:37"]
    text = "\n".join(mail.text for mail in days.mails)
    assert len(heard) == len(days.mails) - 2
    assert all(document["summary"] in text for document in heard)
    assert {document["over"] for document in heard if document["exit_code"] == Exit.DONE} == {True}
    [hundred] = [document for document in heard if len(document["orders"]) > 1]
    assert len(hundred["orders"]) == 100
    names = {
        str(order.body["recipient"]["deliveryAddress"][part])
        for order in days.office.world.sandbox.world.orders.values()
        for part in ("name", "addressLine1")
    }
    assert names
    assert not [name for name in names if name in days.heard.read_text() + text]


def test_what_was_mended_is_through(days: Days) -> None:
    _, listed = days.office.run("orders", "list", "--json", "--store", SLUG)
    orders = json.loads(listed)["orders"]
    assert len(orders) == 107
    assert not [order["order_id"] for order in orders if order["sent"] == "refused"]


def test_the_status_ends_with_1_exactly_while_something_needs_a_person(days: Days) -> None:
    def needs(moment: str) -> list[str]:
        spans = NEEDS_A_PERSON.items()
        return [why for why, (start, end) in spans if _place(start) <= _place(moment) < _place(end)]

    wrong = {
        moment: (code, needs(moment)) for moment, (code, _) in days.states.items() if (code == 1) != bool(needs(moment))
    }
    assert not wrong
