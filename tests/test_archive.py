"""The archive: only the holder of the offline key opens it, and it is there as a whole or not at all."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink import __version__
from amzlink.archive import ArchiveFile, OldFile, Recipients, old_files, write_archive
from amzlink.core.privacy.tax_record import FIELDS
from amzlink.problems import Exit, Problem, ProblemName
from tests.orderbook.machine import fill, tiny_disk
from tests.support.problems import texts_of

MADE_AT: Final = datetime(2026, 11, 23, 9, 30, 15, 250_000, tzinfo=UTC)
NAME: Final = "2026-11-23T093015Z-my-shop.jsonl.age"
MARK: Final = "Žofie Nováková"
OWNER: Final = pyrage.x25519.Identity.generate()
ACCOUNTANT: Final = pyrage.x25519.Identity.generate()
STRANGER: Final = pyrage.x25519.Identity.generate()
FOR_THE_OWNER: Final = Recipients((str(OWNER.to_public()),))
# A key whose check sum is right and to which nothing can be encrypted: the point zero.
OF_LOW_ORDER: Final = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z"


def record(number: int) -> dict[str, Any]:
    return {"order_id": f"302-0000000-{number:07d}", "buyer": {"name": MARK}, "keep_until": "2036-12-31"}


def records(count: int) -> Iterator[dict[str, Any]]:
    return (record(number) for number in range(count))


def written(folder: Path, count: int = 3, **changes: Any) -> ArchiveFile:
    given = {"store": "my-shop", "made_at": MADE_AT, "records": records(count), "count": count, **changes}
    return write_archive(folder, given.pop("recipients", FOR_THE_OWNER), **given)


def opened(path: Path, identity: Any = OWNER) -> list[dict[str, Any]]:
    return [json.loads(line) for line in pyrage.decrypt(path.read_bytes(), [identity]).splitlines()]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(*texts: str) -> Problem:
    with pytest.raises(Problem) as error:
        Recipients.parse(texts)
    return error.value


class TestRecipients:
    def test_several_are_taken(self) -> None:
        keys = (str(OWNER.to_public()), str(ACCOUNTANT.to_public()))
        assert Recipients.parse(keys).keys == keys

    def test_the_same_one_twice_counts_once(self) -> None:
        key = str(OWNER.to_public())
        assert Recipients.parse([key, f' "{key}"\n', key.upper()]).keys == (key,)

    def test_a_private_key_is_refused_and_not_repeated(self) -> None:
        problem = refusal(str(ACCOUNTANT.to_public()), str(OWNER))
        assert problem.name.value == "private-key-given"
        assert problem.exit_code is Exit.BAD_INPUT
        assert "no. 2" in problem.summary
        assert "amzlink needs only the public key (age1...)" in problem.cause
        assert str(OWNER) not in json.dumps(texts_of(problem))
        assert str(OWNER) not in repr(problem.facts)

    def test_a_file_that_holds_one_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "key.txt"
        file.write_text(f"# created: 2026-11-23T09:30:00Z\n# public key: {OWNER.to_public()}\n{OWNER}\n")
        problem = refusal(str(file))
        assert problem.name.value == "private-key-given"
        assert str(OWNER) not in json.dumps(texts_of(problem))

    def test_a_key_file_in_the_home_is_found_too(self, empty_home: Path) -> None:
        (empty_home / "key.txt").write_text(str(OWNER))
        assert refusal("~/key.txt").name.value == "private-key-given"

    def test_a_file_of_public_keys_is_not_the_key_itself(self, tmp_path: Path) -> None:
        file = tmp_path / "recipients.txt"
        file.write_text(f"{OWNER.to_public()}\n")
        problem = refusal(str(file))
        assert problem.name.value == "recipient-unusable"
        assert "a file, but the key itself is needed" in problem.summary

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "it is empty"),
            ("my accountant", "not a key of age"),
            ("x" * 5000, "not a key of age"),
            ("nul\0", "not a key of age"),
            ("~nobody-of-this-name/key.txt", "not a key of age"),
            ("/", "not a key of age"),
            ("age1mj5pzr0h2586mnaw7ur9w3nyn253rzl3fh47g34hhq2rc60s4gpqpw3k", "cut off or misspelt"),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB", "an SSH key"),
            ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "another kind"),
            (OF_LOW_ORDER, "cut off or misspelt"),
        ],
    )
    def test_what_is_no_public_key_is_refused_for_what_it_is(self, text: str, said: str) -> None:
        problem = refusal(str(OWNER.to_public()), text)
        assert problem.name.value == "recipient-unusable"
        assert problem.exit_code is Exit.BAD_INPUT
        assert "no. 2" in problem.summary
        assert said in problem.summary

    def test_none_at_all_is_refused(self) -> None:
        assert refusal().name.value == "recipient-unusable"

    @given(st.integers(5, 61), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
    @settings(deadline=None)
    def test_one_letter_that_is_wrong_is_noticed(self, at: int, letter: str) -> None:
        key = str(OWNER.to_public())
        wrong = key[:at] + letter + key[at + 1 :]
        if wrong != key:
            assert refusal(wrong).name.value == "recipient-unusable"


class TestTheFile:
    def test_its_name_tells_date_time_and_store(self, tmp_path: Path) -> None:
        assert written(tmp_path) == ArchiveFile(tmp_path / NAME, 3)
        assert files_in(tmp_path) == [NAME]

    def test_the_name_is_in_utc(self, tmp_path: Path) -> None:
        in_tokyo = MADE_AT.astimezone(timezone(timedelta(hours=9)))
        assert written(tmp_path, made_at=in_tokyo).path.name == NAME

    def test_it_is_the_users_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            path = written(tmp_path).path
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_begins_with_a_manifest(self, tmp_path: Path) -> None:
        manifest, *_ = opened(written(tmp_path).path)
        assert manifest == {
            "schema": 1,
            "store": "my-shop",
            "made_at": "2026-11-23T09:30:15Z",
            "records": 3,
            "fields": list(FIELDS),
            "amzlink": __version__,
        }

    def test_then_each_record_has_a_line(self, tmp_path: Path) -> None:
        _, *found = opened(written(tmp_path).path)
        assert found == [record(0), record(1), record(2)]

    def test_a_line_break_in_a_name_breaks_no_line(self, tmp_path: Path) -> None:
        hostile = {"buyer": {"name": 'a\nb\r\n{"order_id": "1"}\u2028'}}
        path = written(tmp_path, 1, records=[hostile]).path
        assert len(pyrage.decrypt(path.read_bytes(), [OWNER]).split(b"\n")) == 3
        assert json.loads(pyrage.decrypt(path.read_bytes(), [OWNER]).split(b"\n")[1]) == hostile

    @given(st.lists(st.integers(0, 70_000), min_size=1, max_size=6))
    @settings(deadline=None, max_examples=25)
    def test_records_of_any_length_come_through(
        self, tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
    ) -> None:
        """The encryption reads in blocks of 64 KiB, which ends lines anywhere."""
        given = [{"title": "x" * length} for length in lengths]
        path = written(tmp_path_factory.mktemp("archive"), len(given), records=given).path
        assert opened(path)[1:] == given

    def test_nothing_in_it_is_in_the_clear(self, tmp_path: Path) -> None:
        content = written(tmp_path, 200).path.read_bytes()
        for text in (MARK, "my-shop", "order_id", "302-0000000", __version__):
            assert text.encode() not in content

    def test_every_recipient_can_open_it_alone(self, tmp_path: Path) -> None:
        both = Recipients.parse([str(OWNER.to_public()), str(ACCOUNTANT.to_public())])
        path = written(tmp_path, recipients=both).path
        assert opened(path, OWNER) == opened(path, ACCOUNTANT)

    def test_nobody_else_can(self, tmp_path: Path) -> None:
        path = written(tmp_path).path
        with pytest.raises(pyrage.DecryptError):
            opened(path, STRANGER)

    def test_the_same_orders_archived_twice_are_two_files(self, tmp_path: Path) -> None:
        first, second, third = (written(tmp_path, count) for count in (1, 2, 3))
        assert [file.path.name for file in (first, second, third)] == [
            NAME, NAME.replace("my-shop", "my-shop.2"), NAME.replace("my-shop", "my-shop.3"),
        ]  # fmt: skip
        assert [len(opened(file.path)) - 1 for file in (first, second, third)] == [1, 2, 3]

    def test_whatever_has_its_name_is_not_written_over(self, tmp_path: Path) -> None:
        (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
        assert written(tmp_path).path.name != NAME
        assert not (tmp_path / "elsewhere").exists()

    def test_a_name_that_another_run_is_writing_under_is_left_to_it(self, tmp_path: Path) -> None:
        (tmp_path / f".{NAME}.part").write_bytes(b"theirs")
        assert written(tmp_path).path.name != NAME
        assert (tmp_path / f".{NAME}.part").read_bytes() == b"theirs"

    def test_memory_stays_flat_however_many_orders(self, tmp_path: Path) -> None:
        code = (
            "import resource, sys; from datetime import datetime, UTC; from pathlib import Path\n"
            "from amzlink.archive import Recipients, write_archive\n"
            "folder, to = Path(sys.argv[1]), Recipients.parse([sys.argv[2]])\n"
            "def write(count):\n"
            "    records = ({'order_id': str(n), 'title': 'x' * 1000} for n in range(count))\n"
            "    write_archive(folder, to, store='s', made_at=datetime.now(UTC), records=records, count=count)\n"
            "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "print(-write(1_000) + write(50_000))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), FOR_THE_OWNER.keys[0]],
            capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        assert int(done.stdout) < 4_000, "kilobytes, for 50 megabytes of records"


@pytest.mark.needs("age", "age-keygen")
class TestTheStandardProgram:
    def identity(self, folder: Path, name: str) -> tuple[Path, str]:
        """A key file made by `age-keygen`, and the public key as its `-y` shows it."""
        file = folder / name
        subprocess.run(["age-keygen", "-o", str(file)], check=True, capture_output=True)
        shown = subprocess.run(["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True)
        return file, shown.stdout

    def decrypt(self, identity: Path, path: Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["age", "-d", "-i", str(identity), str(path)], capture_output=True, check=False)

    def test_it_opens_an_archive_with_either_key(self, tmp_path: Path) -> None:
        owner, owners_key = self.identity(tmp_path, "owner.txt")
        accountant, accountants_key = self.identity(tmp_path, "accountant.txt")
        (tmp_path / "archive").mkdir()
        path = written(
            tmp_path / "archive", 500, recipients=Recipients.parse([owners_key, accountants_key])
        ).path  # fmt: skip
        for identity in (owner, accountant):
            done = self.decrypt(identity, path)
            assert done.returncode == 0, done.stderr
            manifest, *found = [json.loads(line) for line in done.stdout.splitlines()]
            assert manifest["records"] == 500
            assert found == list(records(500))

    def test_with_another_key_it_does_not(self, tmp_path: Path) -> None:
        _, owners_key = self.identity(tmp_path, "owner.txt")
        stranger, _ = self.identity(tmp_path, "stranger.txt")
        (tmp_path / "archive").mkdir()
        path = written(tmp_path / "archive", recipients=Recipients.parse([owners_key])).path
        done = self.decrypt(stranger, path)
        assert done.returncode != 0
        assert done.stdout == b""

    def test_the_key_file_that_it_makes_is_refused_as_a_recipient(self, tmp_path: Path) -> None:
        file, _ = self.identity(tmp_path, "owner.txt")
        assert refusal(str(file)).name.value == "private-key-given"
        assert refusal(file.read_text()).name.value == "private-key-given"


class TestWhatGoesWrong:
    @pytest.mark.parametrize("name", ["gone", "file"])
    def test_a_folder_that_is_not_there_is_told_and_not_made(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(Problem) as error:
            written(tmp_path / name)
        assert error.value.name.value == "archive-folder-missing"
        assert error.value.exit_code is Exit.CANNOT_CREATE
        assert str(tmp_path / name) in error.value.summary
        assert files_in(tmp_path) == ["file"]

    @pytest.mark.needs("mount")
    def test_a_folder_that_cannot_be_written_to_is_told(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, capture_output=True)
            with pytest.raises(Problem) as error:
                written(disk)
        assert error.value.name.value == "not-writable"
        assert "Read-only" in error.value.summary

    @pytest.mark.needs("mount")
    def test_a_disk_that_is_full_is_told_and_nothing_is_left(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            with pytest.raises(Problem) as error:
                written(disk, 5_000)
            assert error.value.name.value == "disk-full"
            assert error.value.exit_code is Exit.DISK
            assert files_in(disk) == []

    @pytest.mark.needs("mount")
    def test_a_disk_with_no_room_at_all_is_told(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            fill(disk)
            with pytest.raises(Problem) as error:
                written(disk)
            assert error.value.name.value == "disk-full"
            assert files_in(disk) == ["filler"]

    @pytest.mark.needs("mount")
    def test_with_room_again_the_next_run_succeeds(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            filler = fill(disk)
            with pytest.raises(Problem):
                written(disk)
            filler.unlink()
            assert len(opened(written(disk).path)) == 4

    @pytest.mark.parametrize(
        "failure",
        [
            Problem(ProblemName.VAULT_KEY_MISSING, store="my-shop", detail="x"),
            OSError(28, "not of this disk"),
            KeyboardInterrupt(),
        ],
    )
    def test_what_stops_the_records_comes_out_as_it_was_and_nothing_is_left(
        self, tmp_path: Path, failure: BaseException
    ) -> None:
        def failing() -> Iterator[dict[str, Any]]:
            yield from records(1000)
            raise failure

        with pytest.raises(type(failure)) as error:
            written(tmp_path, 1001, records=failing())
        assert error.value is failure
        assert files_in(tmp_path) == []

    def test_what_the_disk_gives_back_otherwise_is_noticed_before_it_counts(self, tmp_path: Path) -> None:
        def spoiling() -> Iterator[dict[str, Any]]:
            yield from records(2000)
            with (tmp_path / f".{NAME}.part").open("r+b") as file:
                file.write(b"X")
            yield record(2000)

        with pytest.raises(Problem) as error:
            written(tmp_path, 2001, records=spoiling())
        assert error.value.name.value == "disk-broken"
        assert "read back" in error.value.summary
        assert files_in(tmp_path) == []

    @pytest.mark.parametrize("there", [0, 2, 4])
    def test_another_number_of_records_than_was_said_makes_no_archive(self, tmp_path: Path, there: int) -> None:
        with pytest.raises(ValueError, match="3 records"):
            written(tmp_path, 3, records=records(there))
        assert files_in(tmp_path) == []

    def test_of_nothing_no_archive_is_made(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="nothing"):
            written(tmp_path, 0)
        assert files_in(tmp_path) == []

    def test_ctrl_c_at_any_moment_leaves_nothing_under_its_name(self, tmp_path: Path) -> None:
        code = (
            "import itertools, signal, sys; from datetime import datetime, UTC; from pathlib import Path\n"
            "from amzlink.archive import Recipients, write_archive\n"
            # What a shell starts in the background has it switched off.
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "to = Recipients.parse([sys.argv[2]])\n"
            "print('ready', flush=True)\n"
            "records = ({'title': 'x' * 60_000} for n in itertools.count())\n"
            "write_archive(Path(sys.argv[1]), to, store='s', made_at=datetime.now(UTC), records=records, count=10**9)"
        )
        for delay in (0.02, 0.05, 0.08, 0.11):
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(tmp_path), FOR_THE_OWNER.keys[0]],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=300)
            assert said.rstrip().endswith("KeyboardInterrupt")
            assert files_in(tmp_path) == []


# Forks and dies at the n-th call of a function, Python's or C's; at 0 it lives and tells how many there were.
_DYING: Final = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
import pyrage
from amzlink.archive import Recipients, write_archive
to = Recipients.parse([sys.argv[2]])
def write(folder):
    folder.mkdir()
    records = ({"order_id": str(n), "title": "x" * 1000} for n in range(100))
    write_archive(folder, to, store="s", made_at=datetime.now(UTC), records=records, count=100)
def dying(folder, last):
    calls = 0
    def count(frame, event, argument):
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(count)
    write(folder)
    sys.setprofile(None)
    return calls
total = dying(Path(sys.argv[1]) / "whole", 0)
points = sorted({1 + total * step // 30 for step in range(30)} | set(range(total - 40, total + 1)))
for last in points:
    child = os.fork()
    if child == 0:
        dying(Path(sys.argv[1]) / str(last), last)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_a_run_that_is_killed_anywhere_leaves_a_whole_file_or_none(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", _DYING, str(tmp_path), FOR_THE_OWNER.keys[0]],
        capture_output=True, timeout=300, check=True,
    )  # fmt: skip
    outcomes = set()
    for folder in tmp_path.iterdir():
        whole = [path for path in folder.iterdir() if not path.name.startswith(".")]
        for path in whole:
            assert len(opened(path)) == 101
        outcomes.add(len(whole))
    assert outcomes == {0, 1}


class TestWhatWasAbandoned:
    LEFT: Final = ".2026-11-21T093015Z-my-shop.jsonl.age.part"

    def test_the_next_run_of_the_store_removes_it(self, tmp_path: Path) -> None:
        (tmp_path / self.LEFT).write_bytes(b"half")
        assert [written(tmp_path).path.name] == files_in(tmp_path)

    @pytest.mark.parametrize(
        "name",
        [
            ".2026-11-23T083015Z-my-shop.jsonl.age.part",
            ".2026-11-21T093015Z-shop.jsonl.age.part",
            ".2026-11-21T093015Z-my-shop-2.jsonl.age.part",
            ".2026-13-45T093015Z-my-shop.jsonl.age.part",
            "2026-11-21T093015Z-my-shop.jsonl.age",
            ".notes.part",
        ],
    )
    def test_what_is_younger_or_not_its_own_stays(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"theirs")
        written(tmp_path)
        assert (tmp_path / name).read_bytes() == b"theirs"


class TestWhatHasNotBeenMovedAway:
    def test_a_file_counts_from_a_week_on(self, tmp_path: Path) -> None:
        path = written(tmp_path).path
        made_at = MADE_AT.replace(microsecond=0)
        week = timedelta(days=7)
        assert old_files(tmp_path, made_at + week - timedelta(seconds=1)) == []
        assert old_files(tmp_path, made_at + week) == [OldFile(path, "my-shop", made_at)]

    def test_a_copy_is_as_old_as_its_name_says(self, tmp_path: Path) -> None:
        path = written(tmp_path).path
        os.utime(path)
        assert len(old_files(tmp_path, MADE_AT + timedelta(days=8))) == 1

    def test_the_oldest_comes_first(self, tmp_path: Path) -> None:
        names = [
            written(tmp_path, made_at=MADE_AT - timedelta(days=days), store=store).path.name
            for days, store in ((3, "a-shop"), (9, "b-shop"), (6, "c-shop"))
        ]
        found = old_files(tmp_path, MADE_AT + timedelta(days=20))
        assert [file.path.name for file in found] == [names[1], names[2], names[0]]

    def test_what_is_no_archive_does_not_count(self, tmp_path: Path) -> None:
        written(tmp_path)
        (tmp_path / f".{NAME}.part").write_bytes(b"half")
        (tmp_path / "notes.age").write_text("mine")
        (tmp_path / "2026-99-99T093015Z-my-shop.jsonl.age").write_text("no such day")
        (tmp_path / "2026-01-01T093015Z-my-shop.jsonl.age").mkdir()
        assert [file.path.name for file in old_files(tmp_path, MADE_AT + timedelta(days=8))] == [NAME]

    def test_a_file_from_the_future_is_not_old(self, tmp_path: Path) -> None:
        written(tmp_path)
        assert old_files(tmp_path, MADE_AT - timedelta(days=30)) == []

    @pytest.mark.parametrize("name", ["gone", "file"])
    def test_a_folder_that_was_taken_away_has_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").write_text("in the way")
        assert old_files(tmp_path / name, MADE_AT) == []


def test_the_documentation_opens_archives_by_the_names_that_they_have() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "archive.md").read_text("utf-8")
    assert set(re.findall(r"[\w:.-]+\.jsonl\.age\b", page)) == {NAME}
    for field in FIELDS:
        assert f"`{field.partition('.')[0]}`" in page


def test_ctrl_c_while_a_key_is_tried_is_no_unusable_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(pyrage, "encrypt", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Recipients.parse([str(pyrage.x25519.Identity.generate().to_public())])
