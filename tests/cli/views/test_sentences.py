"""What few runs say, on a screen of 80 columns: each sentence is whole, in the right number, and true of its case."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from amzlink.cli.completion.install import Installed
from amzlink.cli.shell.console import Console
from amzlink.cli.views.carriers import OtherCarrier, tell_other
from amzlink.cli.views.completion import show_installed
from amzlink.cli.views.database import show_move
from amzlink.cli.views.diagnosis import VerifyView
from amzlink.cli.views.orders import imports
from amzlink.cli.views.orders.holds import show_released, show_released_orders
from amzlink.cli.views.orders.story import print_standing, waits_in_words
from amzlink.cli.views.privacy import before_shipping
from amzlink.cli.views.privacy import show as show_purge
from amzlink.cli.views.schedule import show_schedule
from amzlink.cli.views.secret_files import show_lines
from amzlink.cli.views.shipments import show as show_push
from amzlink.cli.views.stores import show_disconnected
from amzlink.cli.views.weights import show as show_weights
from amzlink.clock import local_time
from amzlink.core.diagnosis.checks import Check, passed
from amzlink.core.orders.holds import Hold
from amzlink.core.orders.story import At, Wait, WaitsFor
from amzlink.core.shipments.parcels import SUPERSEDED, Kind, Parcel
from amzlink.core.weights.customs import CustomsState
from amzlink.core.weights.rows import WeightEntry
from amzlink.core.weights.weights import Finding, Verdict
from amzlink.jobs.check_weights import Checked, CheckOptions, CheckReport, SkuRefusal
from amzlink.jobs.database import MoveReport
from amzlink.jobs.disconnect import Disconnected
from amzlink.jobs.import_orders import ImportReport
from amzlink.jobs.orders.addresses import AddressTally
from amzlink.jobs.orders.story import AtDestination, Story
from amzlink.jobs.privacy.purge import PurgeReport
from amzlink.jobs.push_status import PushReport
from amzlink.jobs.schedule.show import JobShown, LastRun, Shown
from amzlink.jobs.shipments.plan import Planned
from amzlink.jobs.verify import Verification
from amzlink.orderbook.moving import Contents, Moved
from amzlink.orderbook.orders.noted import NotRead
from amzlink.orderbook.runs import Ends
from amzlink.orderbook.weights.listings import BookedListing
from amzlink.problems import Problem, ProblemName
from amzlink.schedulers import scheduler
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.memory import MemorySecrets
from tests.cli.shell.test_safe_text import screens

if TYPE_CHECKING:
    from amzlink.deps import Deps

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ORDERS = [f"302-1234567-123456{number}" for number in range(7)]


def screen(print_it: Callable[[Console], object], **how: Any) -> str:
    """What stands on both, as one line."""
    with screens(80) as (out, err):
        print_it(Console(color=False, **how))
    lines = [*out.getvalue().splitlines(), *err.getvalue().splitlines()]
    assert all(len(line) <= 80 for line in lines if not line.startswith(("export ", "AMZLINK_", "*/15", "7-59")))
    return " ".join(" ".join(lines).split())


def moved(*, was_there: bool = False, replaced: bool = False, texts: int = 0, **how: Any) -> str:
    report = {
        "target": "postgresql://me@db.example/shop", "url": "postgresql://me@db.example/shop", "stores": 1,
        "found": Moved(Contents({"orders": 12}, texts), was_there, replaced), "dry_run": False, "switched": True,
        "needs_password": False, "retention_days": 30, "old_file": Path("/home/shop/orders.db"),
    }  # fmt: skip
    return screen(lambda console: show_move(console, MoveReport(**{**report, **how})))


def test_moving_the_order_book_says_what_an_earlier_run_left_and_what_a_dry_run_would_do() -> None:
    assert "All 12 rows of 1 store are in postgresql://me@db.example/shop already" in moved(was_there=True)
    assert "its copy there, and it was replaced." in moved(replaced=True)
    said = moved(replaced=True, texts=1, dry_run=True, switched=False)
    assert "its copy there, and it would be replaced." in said
    assert "In 1 text, a character that PostgreSQL does not take (NUL) would be replaced by another." in said
    assert said.endswith("Nothing was changed.")


def test_a_server_that_asks_for_the_password_is_told_with_where_it_is_or_belongs() -> None:
    assert "so config.toml has it too. Only you can read that file." in moved(needs_password=True)
    said = moved(needs_password=True, switched=False)
    assert "amzlink still uses the old order book." in said
    assert said.endswith("The server asks for the password: put it into ~/.pgpass.")


def test_released_orders_are_named_and_one_without_an_address_is_told() -> None:
    said = screen(lambda console: show_released(console, "shop", ORDERS[0], (Hold.NO_ADDRESS.value,), ""))
    assert "It still has no address, so its label has to be made by hand" in said
    said = screen(lambda console: show_released_orders(console, "shop", Hold.PRIME, ORDERS[:2], []))
    assert said == f"2 orders released from the hold prime: {ORDERS[0]}, {ORDERS[1]}."


def imported(**what: Any) -> str:
    reports = [ImportReport(store="shop", **what)]
    return screen(lambda console: imports.show(console, None, reports, dry_run=False, asked=True))


def test_addresses_with_lost_letters_are_named_as_far_as_that_helps() -> None:
    tally = AddressTally(taken=ORDERS, damaged=ORDERS)
    assert f"in the address of {', '.join(ORDERS[:5])} and 2 more. On hold as damaged-text: " in imported(
        addresses=tally
    )


def test_a_first_import_without_orders_says_where_to_look() -> None:
    assert "If Seller Central shows orders: `amzlink stores show --store shop`" in imported(none_yet=True)


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (WaitsFor(Wait.SCAN_IN_DOUBT, NOON), "such parcels by itself. Amazon wants it shipped by today 12:00"),
        (WaitsFor(Wait.SCAN_IN_DOUBT, unscanned_from=NOON), "confirms it from today 12:00 on, scanned or not"),
        (WaitsFor(Wait.LABEL_DAY, NOON), "the time from which Amazon allows a label: today 12:00"),
    ],
    ids=["no scan", "no scan needed", "label day"],
)
def test_what_an_order_waits_for_ends_with_its_time(waiting: WaitsFor, said: str) -> None:
    assert waits_in_words(waiting, lambda time: local_time(time, NOON)).endswith(said)


def test_odd_parcels_and_an_order_that_could_not_be_read_again_are_told() -> None:
    day: Any = {"order_id": ORDERS[0], "updated_at": NOON, "announced_at": NOON, "carrier": "dhl"}
    story = Story(
        destination=AtDestination(state=At.SENT, since=NOON),
        parcels=(
            Parcel(key="sendcloud:1", status="12345", kind=Kind.UNKNOWN, **day),
            Parcel(key="sendcloud:2", status=SUPERSEDED, kind=Kind.CANCELLED, **day),
        ),
        confirmations=(),
        waits_for=None,
        events=(),
        not_read=NotRead(NOON, ProblemName.RESPONSE_MALFORMED, "A line has no number."),
    )
    said = screen(lambda console: print_standing(console, story, NOON))
    assert "announced today 12:00, state unknown (12345)" in said
    assert "announced today 12:00, replaced by what a file says" in said
    assert said.endswith("Not read again: today 12:00: A line has no number. Each import asks for it again.")


def test_a_purge_says_what_was_archived_and_removed_and_warns_of_nothing_that_is_confirmed() -> None:
    report = PurgeReport(store="shop", purged=3, archived=1, archive=Path("/archive/shop.age"), forgotten=2)
    said = screen(lambda console: show_purge(console, None, [report], dry_run=False, asked=True))
    assert said.endswith(
        "1 order archived in /archive/shop.age; move the file off this machine. 2 old orders removed completely."
    )
    assert not before_shipping(ORDERS[0], Wait.AMAZON_SHOWS, deleted_there_too=True)
    assert "tracking number" in before_shipping(ORDERS[0], Wait.SCAN, deleted_there_too=True)


def test_disconnect_says_where_the_tax_records_are() -> None:
    done = Disconnected("shop", 3, False, (), (), 2, Path("/archive/shop.age"), 0)
    said = screen(lambda console: show_disconnected(console, done))
    assert said.endswith("The tax records of 2 orders were archived first: /archive/shop.age")


def test_parcels_that_need_a_look_are_told_with_where_to_look() -> None:
    planned = Planned(deleted=Counter(dict.fromkeys(ORDERS[:4], 1)))
    report = PushReport(store="shop", planned=planned, unknown_statuses=Counter({"A": 2, "B": 1}))
    said = screen(lambda console: show_push(console, None, [report], {}, dry_run=False, asked=True))
    assert f"Confirm these in Seller Central, Manage Orders: {', '.join(ORDERS[:3])} and 1 more." in said
    assert "gives 2 parcels the status A, which amzlink does not know." in said
    assert said.endswith("gives 1 parcel the status B, which amzlink does not know. It changes nothing here. "
                         "Check the parcel in Sendcloud.")  # fmt: skip
    told = tell_other(OtherCarrier(carrier="DHL Paket", parcels=1, code="DHL", command="amzlink stores set X"))
    assert told.endswith("as DHL Paket. Amazon may list it as DHL: `amzlink stores set X`.")


def checked(number: int, *, listed: bool) -> Checked:
    verdict = Verdict(weight_grams=None, source=None, finding=Finding.MISSING, reason="")
    entry = WeightEntry(sku=f"S{number}", verdict=verdict, customs_state=CustomsState.MISSING, orders_abroad=1)
    return Checked(listing=BookedListing(sku=f"S{number}", is_listed=listed), entry=entry)


def test_more_products_than_a_screen_has_are_counted_and_what_was_not_done_is_told() -> None:
    report = CheckReport(
        store="shop",
        skus=[checked(number, listed=number > 0) for number in range(62)],
        passed_over=1,
        refused=[SkuRefusal("S99", ProblemName.SKU_UNKNOWN, "The store shop has no S99.")],
    )
    said = screen(lambda console: show_weights(console, report, [], output=None, options=CheckOptions()))
    assert said.count("and 2 more; --output FILE.csv writes them all") == 2
    assert "S0: The account has no listing with this SKU any more." in said
    assert "1 weight not sent again, because Amazon refused or lost it before." in said
    assert said.endswith("The store shop has no S99. (sku-unknown)")


def test_a_schedule_that_does_not_work_is_told_job_by_job() -> None:
    failing = Ends(failure=NOON, failed_with="not-writable", failing_since=NOON)
    shown = Shown(
        kind="systemd",
        lingers=False,
        jobs=(
            JobShown(
                installed=scheduler.Installed(job="import-orders", runs="*:0/15", works=False),
                last=(LastRun(store="shop", ends=failing),),
            ),
            JobShown(installed=scheduler.Installed(job="push-status", runs="*:1/15"), last=()),
        ),
        warnings=(Problem(ProblemName.SCHEDULED_TWICE, detail="the crontab line “x”"),),
    )
    said = screen(lambda console: show_schedule(console, shown, NOON))
    assert (
        "Next never: the scheduler has this job, but does not start it. Run `amzlink schedule install` again." in said
    )
    assert "Last failed today 12:00: not-writable. Last success: never push-status Runs *:1/15 It runs only" in said
    assert "It runs only while you are signed in. `amzlink schedule install --linger` changes that." in said
    assert "Warning: Something else runs amzlink too: the crontab line “x”." in said


def test_the_lines_for_secret_files_are_true_in_every_folder_and_name_the_proxies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {
        "AMZLINK_HOME": "home", "AMZLINK_SECRET_SHOP_CLIENT_SECRET_FILE": "keys/client",
        "https_proxy": "http://me:hush@proxy", "NO_PROXY": "localhost",
    }  # fmt: skip
    deps = cast("Deps", SimpleNamespace(environ=environ, secrets=FileSecrets(MemorySecrets(), tmp_path / "secrets")))
    with screens(None) as (out, err):
        show_lines(Console(color=False), deps, "shop")
    lines = out.getvalue().splitlines()
    assert f"AMZLINK_HOME={tmp_path / 'home'}" in lines
    assert f"AMZLINK_SECRET_SHOP_CLIENT_SECRET_FILE={tmp_path / 'keys/client'}" in lines
    assert f"LoadCredential=shop.client-secret:{tmp_path / 'keys/client'}" in lines
    assert "https_proxy, NO_PROXY are set here. Set them for cron and systemd too." in err.getvalue()
    assert "hush" not in out.getvalue() + err.getvalue()


def test_of_what_is_well_quiet_says_nothing() -> None:
    fine = Verification(store="shop", results=(passed(Check.CONFIG, "Fine."),))
    assert not screen(lambda console: VerifyView(console).end(fine), quiet=True)
    reports = [ImportReport(store="shop")]
    assert not screen(lambda console: imports.show(console, None, reports, dry_run=False, asked=False), quiet=True)


def test_completion_that_a_shell_finds_by_itself_is_undone_by_its_file() -> None:
    done = Installed("fish", Path("/home/shop/amzlink.fish"), None, "", ())
    said = screen(lambda console: show_installed(console, done))
    assert said.endswith("Script: /home/shop/amzlink.fish To undo: delete the script.")
