"""19: does anything run this, and when did it last."""

import os
from pathlib import Path

import pytest

from tests.support.questions import Desk


def crontab(desk: Desk, folder: Path, *lines: str) -> None:
    """This user's crontab, as `crontab -l` prints it; no other scheduler is on the machine."""
    program = folder / "crontab"
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    program.chmod(0o700)
    desk.at.environ["PATH"] = str(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "programs"
    found.mkdir()
    return found


def test_nothing_does(desk: Desk, folder: Path) -> None:
    crontab(desk, folder)
    desk.ask("status").shows("Last import never", "no import has succeeded yet", "import-stale")
    desk.ask("import-orders")
    desk.ask("status").shows("Last import today 09:30", "not-scheduled")
    found = desk.ask("verify")
    found.shows("no timer and no crontab line that runs amzlink", "`amzlink schedule install`", "not-scheduled")
    page = desk.ask("explain", "servers")
    line = next(line.strip() for line in page.lines if "amzlink import-orders" in line and line.strip().startswith("*"))
    crontab(desk, folder, line)
    desk.ask("status").lacks("not-scheduled")
    desk.ask("verify").shows("The last import was today 09:30.").lacks("not-scheduled")


def test_it_has_stopped(desk: Desk, folder: Path) -> None:
    crontab(desk, folder, "*/15 * * * * amzlink import-orders")
    desk.cron("import-orders")
    desk.wait(hours=7)
    desk.ask("status").shows("Last import today 09:30", "The order book is not up to date", "import-stale")
    found = desk.ask("verify")
    found.shows("the last import that succeeded was 7 hours ago", "import-stale")
    found.shows("`amzlink import-orders --store demo-shop`")
    assert desk.ask("import-orders", "--store", "demo-shop").code == 0
    desk.ask("status").shows("Last import today 16:30").lacks("import-stale")


def test_it_runs_and_fails(desk: Desk, folder: Path) -> None:
    crontab(desk, folder, "*/15 * * * * amzlink import-orders")
    desk.cron("import-orders")
    desk.switch("authorisation-revoked")
    desk.wait(hours=1)
    desk.cron("import-orders")
    desk.ask("status").shows("today 09:30", "today 10:30", "authorisation-revoked")


def test_each_job_is_told_of(desk: Desk, folder: Path) -> None:
    crontab(desk, folder, "*/15 * * * * amzlink import-orders")
    desk.cron("import-orders")
    desk.wait(minutes=7)
    desk.cron("push-status")
    desk.ask("status").shows("Last import today 09:30", "Last push today 09:37")
    assert os.environ["PATH"] != desk.at.environ["PATH"]
