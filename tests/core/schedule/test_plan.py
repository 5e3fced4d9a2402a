"""When jobs run by themselves, and how systemd, cron, launchd and Windows are told."""

import os
import plistlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.schedule import crontab, launchd, systemd, windows
from amzlink.core.schedule.plan import PERIODS, SCHEDULED, Schedule, Timing, timings

FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "schedules"
NOW: Final = datetime(2026, 11, 29, 13, 30, tzinfo=UTC)
PLANS: Final = st.builds(timings, st.sampled_from(PERIODS), st.text(max_size=8))


def schedule(every: timedelta = timedelta(minutes=15), seed: str = "a machine", **changes: object) -> Schedule:
    usual: dict[str, object] = {
        "name": "amzlink",
        "program": ("/home/zoë/my tools/amzlink",),
        "environment": {"AMZLINK_HOME": '/home/zoë/50% "off"', "HTTPS_PROXY": "http://proxy:3128/$x\\y"},
        "timings": timings(every, seed),
    }
    return Schedule(**{**usual, **changes})  # type: ignore[arg-type]


class TestTimes:
    @given(PLANS)
    def test_each_job_has_its_own_minute_within_its_period(self, plan: tuple[Timing, ...]) -> None:
        imports, pushes, purges = plan
        assert [timing.job for timing in plan] == list(SCHEDULED)
        assert 0 <= imports.minute < min(imports.minutes, 60)
        assert imports.minute != pushes.minute
        assert purges.every == timedelta(days=1)
        assert 2 <= purges.hour < 5

    @given(PLANS)
    def test_of_a_slot_of_hours_the_push_comes_after_the_import(self, plan: tuple[Timing, ...]) -> None:
        imports, pushes, _ = plan
        apart = (pushes.hour - imports.hour) * 60 + pushes.minute - imports.minute
        assert imports.minutes <= 60 or apart == 30

    def test_machines_do_not_begin_in_the_same_minute(self) -> None:
        minutes = [timings(timedelta(minutes=15), f"machine {number}")[0].minute for number in range(300)]
        assert set(minutes) == set(range(15))
        assert max(minutes.count(minute) for minute in set(minutes)) < 60

    def test_a_machine_has_the_same_minutes_each_time(self) -> None:
        assert timings(timedelta(hours=1), "mine") == timings(timedelta(hours=1), "mine")

    @given(PLANS, st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_the_next_start_is_the_first_after_now(self, plan: tuple[Timing, ...], now: datetime) -> None:
        for timing in plan:
            following = timing.next_after(now)
            assert now < following <= now + timing.every
            assert following.minute % min(timing.minutes, 60) == timing.minute % min(timing.minutes, 60)


class TestCrontab:
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), PLANS)
    def test_each_homes_starter_is_found_whatever_its_path(self, path: str, plan: tuple[Timing, ...]) -> None:
        table = "\n".join(
            ["5 4 * * * amzlink x", *crontab.lines_of(schedule(timings=plan, name="amzlink-1"), path), ""]
        )
        assert crontab.starters(table) == {"amzlink-1": path}

    @given(PLANS)
    def test_a_line_is_read_back_as_what_it_says(self, plan: tuple[Timing, ...]) -> None:
        lines = crontab.lines_of(schedule(timings=plan), "/s")
        read = [crontab.timing_of(timing.job, line) for timing, line in zip(plan, lines, strict=True)]
        assert [(each.every, each.minute) for each in read if each] == [(each.every, each.minute) for each in plan]

    @given(st.text(alphabet=st.sampled_from("ab#*\n %\r\\"), max_size=60), PLANS)
    def test_lines_of_others_stay_as_they_are_to_the_byte(self, table: str, plan: tuple[Timing, ...]) -> None:
        lines = crontab.lines_of(schedule(timings=plan), "/s")
        written = crontab.with_lines(table, "amzlink", lines)
        assert crontab.own_lines(written, "amzlink") == lines
        assert crontab.without(written, "amzlink") in (table, f"{table}\n")
        assert crontab.with_lines(written, "amzlink", lines) == written

    def test_the_schedules_of_two_homes_are_told_apart(self) -> None:
        one = crontab.with_lines("", "amzlink-1", crontab.lines_of(schedule(name="amzlink-1"), "/1"))
        both = crontab.with_lines(one, "amzlink-12", crontab.lines_of(schedule(name="amzlink-12"), "/12"))
        assert len(crontab.own_lines(both, "amzlink-1")) == len(crontab.own_lines(both, "amzlink-12")) == 3
        assert crontab.without(both, "amzlink-12") == one

    def test_a_line_that_a_person_wrote_is_seen_and_comments_are_not(self) -> None:
        table = "# amzlink was here\n*/5 * * * * /opt/amzlink import-orders\n* * * * * /bin/true\n"
        assert crontab.foreign_lines(table) == ["*/5 * * * * /opt/amzlink import-orders"]
        own = crontab.with_lines("", "amzlink", crontab.lines_of(schedule(), "/s"))
        assert crontab.foreign_lines(own) == []

    def test_a_percent_sign_is_not_the_end_of_the_command(self) -> None:
        assert all(r"'/50\% off'" in line for line in crontab.lines_of(schedule(), "/50% off"))

    def test_the_starter_sets_the_environment_and_starts_the_program(self, tmp_path: Path) -> None:
        shown = tmp_path / "a program"
        shown.write_text('#!/bin/sh\nprintf "%s|" "$AMZLINK_HOME" "$HTTPS_PROXY" "$@"\n')
        shown.chmod(0o700)
        starter = tmp_path / "starter"
        starter.write_text(crontab.starter_script(schedule(program=(str(shown),))))
        starter.chmod(0o700)
        command = [str(starter), "import-orders", "a b"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={})
        assert done.stdout == '/home/zoë/50% "off"|http://proxy:3128/$x\\y|import-orders|a b|'


class TestSystemd:
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])), PLANS)
    def test_what_a_service_sets_is_read_back(self, value: str, plan: tuple[Timing, ...]) -> None:
        made = schedule(timings=plan, environment={"AMZLINK_HOME": value, "OTHER": "x"})
        texts = [text for name, text in systemd.unit_files(made).items() if name.endswith(".service")]
        assert [systemd.value_of(text, "AMZLINK_HOME") for text in texts] == [value] * 3

    @given(PLANS)
    def test_a_time_is_read_back_as_what_it_says(self, plan: tuple[Timing, ...]) -> None:
        for timing in plan:
            read = systemd.timing_of(timing.job, systemd.calendar(timing))
            assert read is not None
            assert (read.every, read.minute) == (timing.every, timing.minute)

    def test_a_program_that_it_would_not_start_is_known(self) -> None:
        taken = [systemd.takes_program(f"/opt/{name}/amzlink") for name in ("a b", "50%$x", "o'neil", 'a"b', "a\\b")]
        assert taken == [True, True, False, False, False]

    def test_a_time_of_somebody_else_is_not_guessed(self) -> None:
        others = ("Mon *-*-* 00:00:00", "*:59/15", "*:3/7", "*:61", "*-*-* 23/6:10", "*-*-* 24:10")
        assert [systemd.timing_of("import-orders", text) for text in others] == [None] * len(others)

    def test_a_service_without_the_variable_sets_none(self) -> None:
        [service, *_] = systemd.unit_files(schedule(environment={"OTHER": "AMZLINK_HOME=x"})).values()
        assert systemd.value_of(service, "AMZLINK_HOME") is None

    @pytest.mark.needs("systemd-analyze")
    @pytest.mark.parametrize("minutes", [5, 15, 60, 120, 1440])
    def test_systemd_takes_the_units(self, tmp_path: Path, minutes: int) -> None:
        program = tmp_path / "my $tools 100%" / "amzlink"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        files = systemd.unit_files(schedule(timedelta(minutes=minutes), program=(str(program),)))
        paths = [tmp_path / name for name in files]
        for path in paths:
            path.write_text(files[path.name])
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", *map(str, paths)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        )
        # systemd looks at other units of the machine too, which are not ours to judge.
        ours = [line for line in done.stderr.splitlines() if "amzlink" in line]
        assert ours == []

    @pytest.mark.needs("systemd-analyze")
    def test_systemd_understands_the_times(self) -> None:
        spelt = [systemd.calendar(timing) for every in PERIODS for timing in timings(every, "a machine")]
        done = subprocess.run(["systemd-analyze", "calendar", *spelt], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_a_trouble_that_passes_is_no_failed_service_and_a_missed_run_is_made_up_for(self) -> None:
        files = systemd.unit_files(schedule())
        assert len(files) == 6
        for name, text in files.items():
            assert ("SuccessExitStatus=75" in text) is name.endswith(".service")
            assert ("Persistent=true" in text and "RandomizedDelaySec=180" in text) is name.endswith(".timer")


class TestLaunchd:
    def test_the_files_are_as_written_down(self) -> None:
        _matches("launchd", {name: text.decode() for name, text in launchd.agent_files(schedule(), "/logs").items()})

    @given(PLANS)
    def test_each_start_is_named_and_read_back(self, plan: tuple[Timing, ...]) -> None:
        files = launchd.agent_files(schedule(timings=plan), "/logs")
        for timing, text in zip(plan, files.values(), strict=True):
            starts = plistlib.loads(text)["StartCalendarInterval"]
            read = launchd.timing_of(timing.job, starts)
            assert read is not None
            assert (read.every, read.minute) == (timing.every, timing.minute)

    def test_what_a_person_has_changed_is_not_guessed(self) -> None:
        assert launchd.timing_of("import-orders", []) is None
        assert launchd.timing_of("import-orders", [{"Weekday": 1}]) is None
        assert launchd.timing_of("import-orders", [{"Minute": 5}, {"Hour": 7, "Minute": 5}]) is None
        assert launchd.timing_of("import-orders", [{"Hour": 7, "Minute": 5}, {"Hour": 19, "Minute": 6}]) is None


class TestWindows:
    def test_the_files_are_as_written_down(self) -> None:
        home = {"AMZLINK_HOME": r"C:\Zoë & Co\shop"}
        _matches("windows", dict(windows.task_files(schedule(environment=home))))

    def test_arguments_with_blanks_stay_one_and_signs_of_xml_are_escaped(self) -> None:
        files = windows.task_files(schedule(program=(r"C:\Zoë & Co\pythonw.exe", "-m", "am zlink"), environment={}))
        text = files[r"\amzlink\amzlink-import-orders"]
        task = ET.fromstring(text.partition("?>")[2])
        space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
        assert task.findtext(f".//{space}Command") == r"C:\Zoë & Co\pythonw.exe"
        assert task.findtext(f".//{space}Arguments") == '-m "am zlink" import-orders --all-stores'

    def test_homes_that_cannot_be_read_are_not_guessed(self) -> None:
        assert windows.homes_of("".join(windows.task_files(schedule(environment={})).values())) == dict.fromkeys(
            (f"amzlink-{job}" for job in SCHEDULED), None
        )
        zoe = windows.task_files(schedule(environment={"AMZLINK_HOME": r"C:\Zoë"}))
        assert set(windows.homes_of("".join(zoe.values())).values()) == {None}
        assert windows.homes_of("<Task><URI>\\another</URI></Task>") == {}
        assert not windows.takes("C:\\100%")


def _matches(kind: str, files: dict[str, str]) -> None:
    """The files are those that lie in the repository; `WRITE_FIXTURES=1` writes them anew."""
    folder = FIXTURES / kind
    named = {name.rpartition("\\")[2]: text for name, text in files.items()}
    if os.environ.get("WRITE_FIXTURES"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in named.items():
            (folder / name).write_text(text)
    assert {path.name: path.read_text() for path in folder.iterdir()} == named
