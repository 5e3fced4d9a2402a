"""The schedulers of all systems, and what their programs can answer: stand-ins play them."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from amzlink.core.schedule.plan import Schedule, timings
from amzlink.files.home import find_home
from amzlink.problems import Problem
from amzlink.schedulers.crontab import Crontab
from amzlink.schedulers.here import schedulers
from amzlink.schedulers.launchd import Launchd
from amzlink.schedulers.scheduler import Programs
from amzlink.schedulers.systemd import Systemd
from amzlink.schedulers.windows import TaskScheduler
from tests.support.schedulers import Machine, Schtasks

NOW: Final = datetime(2026, 11, 29, 13, 30, tzinfo=UTC)
NAME: Final = "amzlink-1"
EVERY: Final = timedelta(minutes=15)
JOBS: Final = ("import-orders", "push-status", "purge-pii")


def schedule(program: str = "/a") -> Schedule:
    return Schedule(name=NAME, program=(program,), environment={}, timings=timings(EVERY, "here"))


@pytest.mark.parametrize(
    ("platform", "known", "kinds"),
    [
        ("linux", True, ["systemd", "cron"]),
        ("linux", False, ["cron"]),
        ("darwin", True, ["launchd", "cron"]),
        ("darwin", False, ["cron"]),
        ("win32", True, ["windows"]),
    ],
)
def test_each_kind_of_machine_has_its_schedulers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, known: bool, kinds: list[str]
) -> None:
    def nobody() -> Path:
        raise RuntimeError("the user is unknown")

    environ = {"AMZLINK_HOME": str(tmp_path)}
    if not known:
        monkeypatch.setattr(Path, "home", nobody)
    assert [each.kind for each in schedulers(environ, find_home(environ), platform)] == kinds


class TestPrograms:
    def test_one_that_is_not_there_or_takes_too_long_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = Machine(tmp_path / "programs", "crontab")
        programs = Programs({"PATH": machine.path})
        with pytest.raises(Problem, match="schtasks") as missing:
            programs.run("schtasks")

        def hang(command: list[str], *, timeout: float, **_: object) -> None:
            raise subprocess.TimeoutExpired(command, timeout)

        monkeypatch.setattr(subprocess, "run", hang)
        with pytest.raises(Problem, match="20 seconds") as slow:
            programs.run("crontab", "-l")
        assert {missing.value.name.value, slow.value.name.value} == {"schedule-failed"}


class TestCrontab:
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path / "programs", "crontab")

    @pytest.fixture
    def cron(self, machine: Machine, tmp_path: Path) -> Crontab:
        return Crontab(Programs({"PATH": machine.path}), tmp_path / "scheduled.sh")

    def test_a_table_that_is_refused_leaves_nothing_behind(
        self, machine: Machine, cron: Crontab, tmp_path: Path
    ) -> None:
        machine.replace("crontab", '[ "$1" = -l ] && exit 0; echo "disk full" >&2; exit 1')
        with pytest.raises(Problem, match="disk full"):
            cron.install(schedule())
        assert not (tmp_path / "scheduled.sh").exists()

    def test_a_table_that_is_not_kept_as_it_was_written_keeps_no_line_that_starts_nothing(
        self, machine: Machine, cron: Crontab, tmp_path: Path
    ) -> None:
        # Some systems show a heading of their own, and take it for the user's when it is written.
        machine.replace(
            "crontab",
            """case "$1" in
            -l) echo "# DO NOT EDIT"; cat "$0.table" ;;
            -) cat > "$0.table" ;;
        esac""",
        )
        machine.table = "# mine\n"
        with pytest.raises(Problem, match="not the one that was written"):
            cron.install(schedule())
        assert not (tmp_path / "scheduled.sh").exists()
        assert set((machine.table or "").splitlines()) == {"# mine", "# DO NOT EDIT"}

    def test_a_line_that_a_person_made_another_job_of_is_none_of_the_jobs(
        self, machine: Machine, cron: Crontab
    ) -> None:
        cron.install(schedule())
        machine.table = (machine.table or "").replace(" push-status ", " status ")
        assert [job.job for job in cron.installed(NAME, NOW)] == ["import-orders", "purge-pii"]

    def test_a_starter_without_lines_is_deleted(self, machine: Machine, cron: Crontab, tmp_path: Path) -> None:
        cron.install(schedule())
        machine.table = "# mine\n"
        assert cron.may_have(NAME)
        cron.remove(NAME)
        assert (machine.table, cron.may_have(NAME)) == ("# mine\n", False)


class TestSystemd:
    def test_what_is_not_ours_is_neither_taken_away_nor_counted(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path / "programs", "systemctl")
        units = tmp_path / "units"
        units.mkdir()
        (units / f"{NAME}-import-orders.service").write_text("[Service]\nExecStart=/mine\n")
        systemd = Systemd(Programs({"PATH": machine.path}), units, None)
        systemd.remove(NAME)
        assert machine.calls("systemctl") == []
        assert (systemd.homes(), systemd.lingers("1000")) == ({}, None)


class TestLaunchd:
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path / "programs", "launchctl")

    @pytest.fixture
    def launchd(self, machine: Machine, tmp_path: Path) -> Launchd:
        return Launchd(Programs({"PATH": machine.path}), tmp_path / "agents", tmp_path, None)

    def test_agents_are_shown_loaded_and_taken_away(self, machine: Machine, launchd: Launchd, tmp_path: Path) -> None:
        assert (launchd.fits(), launchd.may_have(NAME)) == (True, False)
        shown = launchd.writings(schedule())
        launchd.install(schedule())
        assert [Path(writing.place).read_text() for writing in shown] == [writing.text for writing in shown]
        assert launchd.may_have(NAME)
        launchd.remove(NAME)
        assert (launchd.may_have(NAME), list((tmp_path / "agents").iterdir())) == (False, [])
        assert [call.rpartition("/")[2] for call in machine.calls("launchctl")[-3:]] == [
            f"{NAME}-{job}" for job in JOBS
        ]

    def test_agents_of_others_and_broken_ones_of_ours_are_told_apart(self, launchd: Launchd, tmp_path: Path) -> None:
        launchd.install(schedule())
        agents = tmp_path / "agents"
        (agents / f"{NAME}-import-orders.plist").write_text("<plist>somebody's</plist>")
        ours = agents / f"{NAME}-push-status.plist"
        ours.write_text(ours.read_text().replace("</plist>", ""))
        times = agents / f"{NAME}-purge-pii.plist"
        times.write_text(times.read_text().replace("StartCalendarInterval", "StartInterval"))
        assert [(job.job, job.runs, job.timing) for job in launchd.installed(NAME, NOW)] == [
            ("push-status", "", None),
            ("purge-pii", "", None),
        ]
        (agents / f"other-{JOBS[0]}.plist").write_text("<plist>somebody's</plist>")
        assert launchd.homes() == {NAME: None}

    def test_where_one_cannot_be_loaded_those_of_before_are_loaded_again(
        self, machine: Machine, launchd: Launchd, tmp_path: Path
    ) -> None:
        launchd.install(schedule())
        before = {path.name: path.read_bytes() for path in (tmp_path / "agents").iterdir()}
        domain = machine.calls("launchctl")[-1].split()[1]
        machine.replace(
            "launchctl",
            'echo "$*" >> "$0.calls"\n[ -f "$0.once" ] || '
            'case "$*" in *bootstrap*push-status*) touch "$0.once"; exit 5 ;; esac',
        )
        with pytest.raises(Problem, match="launchctl"):
            launchd.install(schedule("/b"))
        assert {path.name: path.read_bytes() for path in (tmp_path / "agents").iterdir()} == before
        loaded: set[str] = set()
        for call in machine.calls("launchctl"):
            verb, target = call.split()[0], Path(call.split()[-1]).name.removesuffix(".plist")
            loaded = loaded | {target} if verb == "bootstrap" else loaded - {target}
        assert loaded == {f"{NAME}-{job}" for job in JOBS}
        assert machine.calls("launchctl")[-1].split()[1] == domain


class TestWindows:
    def test_tasks_are_shown_made_and_all_taken_away_where_one_cannot_be_made(self) -> None:
        programs = Schtasks()
        scheduler = TaskScheduler(programs, None)
        assert scheduler.may_have(NAME) is False
        assert [writing.place for writing in scheduler.writings(schedule())] == [
            f"\\amzlink\\{NAME}-{job}" for job in JOBS
        ]
        programs.refused = f"\\amzlink\\{NAME}-purge-pii"
        with pytest.raises(Problem, match="schtasks"):
            scheduler.install(schedule())
        assert programs.tasks == {}
        scheduler.remove(NAME)
