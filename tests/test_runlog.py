"""The log: a JSON line per event, a file a month, thirteen months."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.problems import Problem
from amzlink.runlog import RunLog
from tests.orderbook.machine import common_folder

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_event_is_one_line_of_json(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.write(NOW, "run", store="my-shop", job="import-orders", problem=None, seconds=1.5)
    log.write(NOW, "call", status=200)
    first, second = (tmp_path / "amzlink-2026-11.jsonl").read_text().splitlines()
    assert json.loads(first) == {
        "at": "2026-11-23T09:30:00Z",
        "event": "run",
        "store": "my-shop",
        "job": "import-orders",
        "problem": None,
        "seconds": 1.5,
    }
    assert json.loads(second)["status"] == 200


@given(st.text())
@settings(deadline=None)
def test_whatever_a_fact_holds_it_stays_one_line(text: str) -> None:
    with common_folder() as folder:
        RunLog(folder).write(NOW, "call", operation=text)
        content = (folder / "amzlink-2026-11.jsonl").read_bytes()
        assert content.count(b"\n") == 1
        assert json.loads(content)["operation"] == text


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    RunLog(tmp_path).write(NOW, "run")
    assert stat.S_IMODE((tmp_path / "amzlink-2026-11.jsonl").stat().st_mode) == 0o600


def test_each_month_has_a_file_of_its_own_by_utc(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.write(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), "run")
    log.write(datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC), "run")
    assert names_in(tmp_path) == ["amzlink-2026-11.jsonl", "amzlink-2026-12.jsonl"]


def test_a_month_that_is_younger_than_thirteen_is_kept_and_an_older_one_goes(tmp_path: Path) -> None:
    for name in ("2025-09", "2025-10", "2025-11"):
        (tmp_path / f"amzlink-{name}.jsonl").write_text("{}\n")
    RunLog(tmp_path).write(NOW, "run")
    assert names_in(tmp_path) == ["amzlink-2025-10.jsonl", "amzlink-2025-11.jsonl", "amzlink-2026-11.jsonl"]


def test_over_three_years_every_event_of_the_last_thirteen_months_is_there(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    now = NOW
    for _ in range(3 * 73):
        now += timedelta(days=5)
        log.write(now, "run")
        oldest = json.loads(min(tmp_path.iterdir()).read_text().splitlines()[0])["at"]
        lines = sum(len(path.read_text().splitlines()) for path in tmp_path.iterdir())
        age = now - datetime.fromisoformat(oldest)
        assert lines == age.days // 5 + 1
        assert age <= timedelta(days=14 * 31)
    assert age >= timedelta(days=13 * 30)
    assert len(names_in(tmp_path)) == 14


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    others = ["amzlink-20-6-11.jsonl", "amzlink-abcd-ef.jsonl", "crash-20200101T000000.txt", "old-2020-01.jsonl"]
    for name in others:
        (tmp_path / name).write_text("")
    RunLog(tmp_path).write(NOW, "run")
    assert names_in(tmp_path) == sorted([*others, "amzlink-2026-11.jsonl"])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem) as error:
        RunLog(tmp_path / "missing").write(NOW, "run")
    assert error.value.name.value == "not-writable"
