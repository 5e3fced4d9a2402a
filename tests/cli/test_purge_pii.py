"""purge-pii as people and machines use it: what it asks, says, writes and leaves."""

import json
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyrage
import pytest

from amzlink.problems import Exit
from amzlink.problems.words import local_day
from tests.orderbook.machine import fill, tiny_disk
from tests.support.personal_marks import Marks, fields_in, shapes_in
from tests.support.pushing import HEADER, row
from tests.support.world import SLUG, Ran, Shell, shell

DAY: Final = 86_400
DAYS_AGO: Final = 60
KEY_FILE: Final = "AMZLINK_SECRET_DEMO_SHOP_VAULT_KEY_FILE"
OWNER: Final = pyrage.x25519.Identity.generate()
RECIPIENT: Final = str(OWNER.to_public())
KEYS: Final = [
    "store", "purged", "archived", "archive", "kept", "next_due", "forgotten", "copies_at_sendcloud",
]  # fmt: skip


class DaysAgo:
    """Another day's time, which goes on as time does."""

    def __init__(self, days: float) -> None:
        self._days = timedelta(days=days)

    def now(self) -> datetime:
        return datetime.now(UTC) - self._days


class Shop:
    """A store whose orders' personal values are marks."""

    def __init__(self, at: Shell) -> None:
        self.at = at
        self.key = Path(at.environ[KEY_FILE])

    def run(self, *words: str, stdin: str = "", **environ: str) -> Ran:
        """Run a command; none shows a mark unless it is asked to."""
        done = self.at.run(*words, stdin=stdin, environ=environ)
        assert "--with-pii" in words or shapes_in((done.out + done.err).encode()) == []
        return done

    def purge(self, *words: str) -> dict[str, Any]:
        """What a purge says of the store."""
        done = self.run("purge-pii", *words, "--json")
        assert done.code == 0, done.out
        store: dict[str, Any] = done.document["stores"][0]
        return store

    def wait(self, days: float) -> None:
        self.at.control("/clock", {"advance": days * DAY})

    def sealed(self) -> set[str]:
        with closing(sqlite3.connect(self.at.home / "data" / "orders.db")) as book:
            return {order_id for (order_id,) in book.execute("SELECT order_id FROM sealed")}

    def problems(self) -> list[str]:
        """The problems that `status` names."""
        (store,) = self.run("status", "--json").document["stores"]
        return [problem["problem"] for problem in store["problems"]]

    def judged(self) -> str | None:
        """The problem that `verify` finds with what is kept."""
        checks = self.run("verify", "--json").document["checks"]
        found: str | None = next(check["problem"] for check in checks if check["id"] == "retention")
        return found

    @contextmanager
    def archiving(self, folder: Path, *recipients: str) -> Iterator[None]:
        """`[archive]` in config.toml."""
        file = self.at.home / "config" / "config.toml"
        before = file.read_text()
        file.write_text(f"{before}\n[archive]\ndir = {json.dumps(str(folder))}\nrecipients = {list(recipients)}\n")
        yield
        file.write_text(before)


@contextmanager
def shop(
    folder: Path, *, days_ago: float = 0, settings: Mapping[str, Any] | None = None, **sandbox: Any
) -> Iterator[Shop]:
    """A shop with imported orders, on the day so long ago."""
    with shell(folder, settings, **{"orders": 60, "clock": DaysAgo(days_ago), **sandbox}) as at:
        at.environ["AMZLINK_CLOCK_OFFSET"] = str(-days_ago * DAY)
        Marks(at.sandbox.world).mark_orders()
        found = Shop(at)
        assert found.run("import-orders", "--since", "700d").code in (0, 1)
        yield found


@pytest.fixture(scope="module")
def overdue_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("shop"), days_ago=DAYS_AGO) as found:
        found.wait(DAYS_AGO)
        yield found


class TestNothingGoes:
    """What only shows, and what is refused: nothing is destroyed by it, so that all of it shares a shop."""

    @pytest.fixture
    def due(self, overdue_shop: Shop) -> Iterator[Shop]:
        before = overdue_shop.sealed()
        assert before
        yield overdue_shop
        assert overdue_shop.sealed() == before

    def test_a_dry_run_lists_every_order_with_its_reason_and_day(self, due: Shop) -> None:
        document = due.purge("--dry-run")
        assert list(document) == [*KEYS, "dry_run", "orders"]
        listed = {order["order_id"]: order for order in document["orders"]}
        assert document["purged"] == len(listed) > 20
        assert listed.keys() <= due.sealed()
        assert {tuple(order) for order in listed.values()} == {("order_id", "rule", "since")}
        told = due.run("purge-pii", "--dry-run")
        assert (told.code, told.err) == (0, "")
        first, *rest = told.out.splitlines()
        assert f"would be deleted for {len(listed)} orders, kept for {document['kept']}" in first
        for line in rest:
            found = re.fullmatch(r"  (\S+)  (\S.+) \(until (\d+ \w{3} \d{4})\)", line)
            assert found, line
            day = datetime.strptime(found[3], "%d %b %Y").replace(tzinfo=UTC).date()
            assert listed.pop(found[1])["since"] == day.isoformat()
            assert day < datetime.now(UTC).date()
        assert listed == {}

    def test_a_dry_run_of_one_order_names_it(self, due: Shop) -> None:
        order_id = min(due.sealed())
        told = due.purge("--dry-run", "--order", order_id)
        assert [order["order_id"] for order in told["orders"]] == [order_id]
        assert told["kept"] == len(due.sealed()) - 1

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("--archive", "."), "--recipient"),
            (("--recipient", RECIPIENT), "--archive"),
            (("--order", "302-0000000-0000000"), "--yes"),
            (("--all-stores", "--store", SLUG), "--all-stores"),
        ],
    )
    def test_what_is_left_out_is_named(self, due: Shop, words: Sequence[str], named: str) -> None:
        done = due.run("purge-pii", *words)
        assert (done.code, done.out) == (Exit.USAGE, "")
        assert named in done.err

    def test_an_order_that_is_not_there_is_told(self, due: Shop) -> None:
        done = due.run("purge-pii", "--order", "302-0000000-0000000", "--yes", "--json")
        assert done.document["error"]["problem"] == "order-not-found"
        assert done.code == Exit.REFUSED

    def test_a_recipient_that_is_no_key_is_told(self, due: Shop, tmp_path: Path) -> None:
        words = ("purge-pii", "--archive", str(tmp_path), "--recipient", RECIPIENT, "--recipient", "my accountant")
        done = due.run(*words)
        assert done.code == Exit.BAD_INPUT
        assert "Recipient no. 2 cannot be used: it is not a key of age" in done.err
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("given", ["file", "key"])
    def test_a_private_key_is_refused_and_said_to_belong_offline(self, due: Shop, tmp_path: Path, given: str) -> None:
        file = tmp_path / "key.txt"
        file.write_text(f"# public key: {RECIPIENT}\n{OWNER}\n")
        recipient = str(file) if given == "file" else str(OWNER)
        done = due.run("purge-pii", "--archive", str(tmp_path), "--recipient", recipient, "-vv")
        assert done.code == Exit.BAD_INPUT
        assert "private-key-given" in done.err
        assert "The private key belongs on another machine or on paper" in done.err
        log = b"".join(path.read_bytes() for path in (due.at.home / "log").iterdir())
        assert str(OWNER) not in done.out + done.err
        assert str(OWNER).encode() not in log
        assert [path.name for path in tmp_path.iterdir()] == ["key.txt"]

    def test_a_folder_that_is_not_there_stops_it(self, due: Shop, tmp_path: Path) -> None:
        done = due.run("purge-pii", "--archive", str(tmp_path / "none"), "--recipient", RECIPIENT)
        assert done.code == Exit.CANNOT_CREATE
        assert f"The archive's folder {tmp_path / 'none'} does not exist." in done.err
        assert "Nothing was deleted." in done.err
        assert not (tmp_path / "none").exists()

    @pytest.mark.needs("mount")
    def test_a_full_disk_stops_it(self, due: Shop, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            fill(disk)
            done = due.run("purge-pii", "--archive", str(disk), "--recipient", RECIPIENT)
            assert done.code == Exit.DISK
            assert "the disk is full" in done.err
            assert [path.name for path in disk.iterdir()] == ["filler"]

    def test_an_archive_in_the_settings_binds_every_purge(self, due: Shop, tmp_path: Path) -> None:
        gone = tmp_path / "not mounted"
        with due.archiving(gone, RECIPIENT):
            done = due.run("purge-pii", "--json")
            assert (done.code, done.document["error"]["problem"]) == (Exit.CANNOT_CREATE, "archive-folder-missing")
            assert done.document["stores"][0]["purged"] == 0
            brought = due.run("import-orders", "-v")
            assert brought.code == 0
            for problem in ("archive-folder-missing", "retention-overdue"):
                assert f"Name:  {problem} " in brought.err
            assert due.judged() == "retention-overdue"

    def test_what_is_overdue_is_named_until_it_is_gone(self, due: Shop) -> None:
        assert "retention-overdue" in due.problems()
        told = due.run("status")
        assert re.search(r"\d\. The personal data of \d+ orders is still here after its retention date", told.out)

    def test_where_no_time_was_ever_heard_it_is_to_be_run_again(self, due: Shop, tmp_path: Path) -> None:
        shutil.copytree(due.at.home / "config", tmp_path / "amzlink" / "config")
        due.at.control("/faults", {"on": ["client-unknown"]})
        done = due.run("purge-pii", "-v", AMZLINK_HOME=str(tmp_path / "amzlink"))
        due.at.control("/faults", {"off": ["client-unknown"]})
        assert done.code == Exit.TRY_AGAIN
        assert "clock-jumped" in done.err


def test_unattended_it_destroys_without_a_word(tmp_path: Path) -> None:
    """As cron starts it: with nothing in the environment but what amzlink itself asks for."""
    with shop(tmp_path, days_ago=DAYS_AGO, orders=40) as at:
        at.wait(DAYS_AGO)
        due = {order["order_id"] for order in at.purge("--dry-run")["orders"]}
        environ = {name: value for name, value in at.at.environ.items() if name.startswith("AMZLINK_")}
        for left in (at.sealed() - due, at.sealed() - due):  # there is something to do, and then nothing
            done = subprocess.run(
                [sys.executable, "-m", "amzlink", "purge-pii"],
                env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            assert at.sealed() == left
        assert at.judged() is None
        document = at.purge()
        assert list(document) == KEYS
        assert list(document["copies_at_sendcloud"]) == ["deleted", "left"]
        assert (document["purged"], document["archived"], document["archive"]) == (0, 0, None)
        assert document["kept"] == len(left)


# What an invoice needs of a person; all else must not be in an archive.
IN_AN_ARCHIVE: Final = frozenset(
    {
        "buyerName", "buyerCompanyName", "name", "companyName", "addressLine1", "addressLine2", "addressLine3", "city",
        "districtOrCounty", "stateOrRegion", "municipality", "postalCode", "streetName", "streetNumber", "complement",
        "neighborhood", "legalName", "taxRegistrationNumber",
    }
)  # fmt: skip


@pytest.mark.needs("age", "age-keygen")
def test_archives_hold_what_was_purged_and_are_named_until_they_are_moved_away(tmp_path: Path) -> None:
    identity = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    shown = subprocess.run(["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True)
    recipient = shown.stdout.strip()
    bound, once, away = (tmp_path / name for name in ("bound", "once", "away"))
    for folder in (bound, once, away):
        folder.mkdir()
    with shop(tmp_path, days_ago=DAYS_AGO, orders=120) as at:
        # The import's own purge, bound by the settings.
        at.wait(20)
        due = {order["order_id"] for order in at.purge("--dry-run")["orders"]}
        with at.archiving(bound, recipient):
            assert at.run("import-orders", "--quiet").code == 0
        check_archive(bound, identity, due)
        # By hand, for once.
        at.wait(30)
        due = {order["order_id"] for order in at.purge("--dry-run")["orders"]}
        told = at.purge("--archive", str(once), "--recipient", recipient)
        assert told["archived"] == told["purged"] == len(due)
        assert told["archive"] == str(check_archive(once, identity, due))
        # Ten days later.
        at.wait(10)
        for folder in (bound, once):
            assert "archive-not-moved" in at.problems()
            assert at.judged() == "archive-not-moved"
            (file,) = folder.iterdir()
            told_of = at.run("status").out
            oldest = local_day(date.fromisoformat(file.name[:10]))
            assert f"{folder} still has 1 archive file, the oldest from {oldest}." in told_of
            shutil.move(file, away)
        assert "archive-not-moved" not in at.problems()
        assert at.judged() is None


def check_archive(folder: Path, identity: Path, order_ids: set[str]) -> Path:
    """The one file in a folder holds exactly these orders, and of them only what tax needs."""
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert shapes_in(file.read_bytes()) == []
    opened = subprocess.run(["age", "-d", "-i", str(identity), str(file)], check=True, capture_output=True, text=True)
    manifest, *records = [json.loads(line) for line in opened.stdout.splitlines()]
    assert manifest["records"] == len(records) > 0
    assert {record["order_id"] for record in records} == order_ids
    assert {"buyerName", "name", "addressLine1", "city", "postalCode"} <= fields_in(opened.stdout) <= IN_AN_ARCHIVE
    return file


class TestAKeyThatDoesNotFit:
    @pytest.fixture
    def at(self, tmp_path: Path) -> Iterator[Shop]:
        with shop(tmp_path, orders=40) as found:
            yield found

    def test_an_order_is_erased_though_the_key_is_lost_but_not_where_an_archive_is_wanted(
        self, at: Shop, tmp_path: Path
    ) -> None:
        first, second, *_ = sorted(before := at.sealed())
        at.key.rename(tmp_path / "kept")
        done = at.run("purge-pii", "--json")
        assert (done.code, done.document["error"]["problem"]) == (Exit.CONFIGURATION, "vault-key-missing")
        words = ("--order", first, "--yes", "--archive", str(tmp_path), "--recipient", RECIPIENT)
        assert at.run("purge-pii", *words).code == Exit.CONFIGURATION
        assert at.sealed() == before
        assert at.purge("--order", first, "--yes")["purged"] == 1
        assert at.sealed() == before - {first}
        assert "was deleted on" in at.run("orders", "show", first).out
        (tmp_path / "kept").rename(at.key)
        assert at.run("orders", "show", second, "--with-pii", "--json").document["recipient"]

    def test_another_stores_key_opens_and_destroys_nothing_but_what_is_asked_for(
        self, at: Shop, tmp_path: Path
    ) -> None:
        first, second, *_ = sorted(before := at.sealed())
        right = at.key.read_text()
        at.key.write_text(foreign := key_of_another_store(at, tmp_path))
        done = at.run("purge-pii", "--json")
        assert (done.code, done.document["error"]["problem"]) == (Exit.CONFIGURATION, "vault-key-missing")
        assert at.run("orders", "show", first, "--with-pii").code == Exit.CONFIGURATION
        assert at.sealed() == before
        assert at.purge("--order", first, "--yes")["purged"] == 1
        assert at.key.read_text() == foreign
        at.key.write_text(right)
        assert at.sealed() == before - {first}
        assert at.run("orders", "show", second, "--with-pii", "--json").document["recipient"]


def key_of_another_store(at: Shop, folder: Path) -> str:
    """The vault key of a store of another name that has orders of the same months."""
    home = folder / "other home"
    shutil.copytree(at.at.home / "config", home / "config")
    config = home / "config" / "config.toml"
    config.write_text(config.read_text().replace(SLUG, "other-shop"))
    environ = {name.replace("DEMO_SHOP", "OTHER_SHOP"): value for name, value in at.at.environ.items()}
    key = folder / "other key"
    others = {**environ, "AMZLINK_HOME": str(home), KEY_FILE.replace("DEMO_SHOP", "OTHER_SHOP"): str(key)}
    assert at.run("import-orders", "--since", "700d", **others).code == 0
    return key.read_text()


def test_orders_show_says_until_when_and_why(tmp_path: Path) -> None:
    settings = {"destination": "sendcloud", "update_status_when": "announced"}
    now = datetime.now(UTC)
    morning = now.replace(hour=9, minute=30)  # so that no midnight goes by
    with shop(tmp_path, days_ago=(now - morning) / timedelta(days=1), settings=settings) as at:
        listed = at.run("orders", "list", "--json").document["orders"]
        first, second, third = [order["order_id"] for order in listed if order["sent"] == "yes"][:3]
        today = morning.date()
        until = today + timedelta(days=30)
        kept = f"Personal data until {until.day} {until:%b %Y}: "
        assert f"{kept}still to ship, so this date will be extended (encrypted" in at.run("orders", "show", first).out
        at.at.control("/sendcloud/parcels", {"action": "announce", "orders": [first, second], "carrier": "postnl"})
        delivered = row(third, status="delivered", carrier="DPD", ship_date=today.isoformat())
        assert at.run("push-status").code == 0
        assert at.run("push-status", "--from", "-", stdin=f"{HEADER}\n{delivered}\n").code == 0
        at.at.control("/sendcloud/parcels", {"action": "deliver", "orders": [first]})
        at.at.control(f"/orders/{second}", {"action": "deliver"})
        at.wait(300 / DAY)
        assert at.run("import-orders").code == 0
        assert at.run("push-status").code == 0
        day = f"{today.day} {today:%b %Y}"
        for order_id, why in (
            (first, f"delivered {day} by PostNL, as Sendcloud says, 30 days"),
            (second, f"delivered {day} by PostNL, as Amazon says, 30 days"),
            (third, f"delivered {day} by DPD, as a file says, 30 days"),
        ):
            assert f"{kept}{why} (encrypted; --with-pii shows it)" in at.run("orders", "show", order_id).out
        assert at.purge("--order", first, "--yes")["purged"] == 1
        assert f"Personal data was deleted on {day}: on request." in at.run("orders", "show", first).out
