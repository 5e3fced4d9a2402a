"""schedule: the machine runs the jobs by itself, told by the program as a person or a script runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, cast
from xml.sax.saxutils import unescape

import pytest

from amzlink.cli.main import run as run_command_line
from amzlink.cli.schedule import schedule_install_command
from amzlink.cli.shell.global_options import GlobalOptions
from amzlink.cli.shell.session import Session
from amzlink.core.schedule.plan import Schedule, timings
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.problems import Problem, usage
from amzlink.problems.schedule import LINGERING, left_out
from amzlink.schedulers.launchd import Launchd
from amzlink.schedulers.scheduler import Programs
from amzlink.schedulers.windows import TaskScheduler
from tests.cli.dialogue.by_key import CTRL_C, Typed
from tests.support.rows import each_row
from tests.support.schedulers import Machine, Schtasks
from tests.support.world import SLUG, Ran, Shell, shell, store_on_sandbox

if TYPE_CHECKING:
    import typer

NOW: Final = datetime(2026, 11, 29, 13, 30, tzinfo=UTC)
EVERY: Final = timedelta(minutes=15)
OWN_LINES: Final = "# mine\nMAILTO=me\n5 4 * * *\t/bin/true 100\\%"


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A store whose secrets are in files, as on a server."""
    folder = tmp_path_factory.mktemp("schedule")
    with shell(folder) as found:
        for name in [name for name in found.environ if "_SECRET_" in name and not name.endswith("_FILE")]:
            file = folder / name
            file.write_text(found.environ.pop(name))
            file.chmod(0o600)
            found.environ[f"{name}_FILE"] = str(file)
        yield found


class Place:
    """A user with a home folder of their own, on a machine with certain schedulers."""

    def __init__(self, at: Shell, folder: Path, *programs: str) -> None:
        self.at = at
        self.machine = Machine(folder / "programs", *programs)
        self.folder = folder
        self.units = folder / ".config" / "systemd" / "user"
        self.starter = at.home / "config" / "scheduled.sh"
        self.environ = {"PATH": self.machine.path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config")}

    def run(self, *words: str, **environ: str) -> Ran:
        return self.at.run("schedule", *words, environ={**self.environ, **environ})

    def freshness(self) -> str | None:
        """The problem that verify finds with the runs, after one that went well."""
        self.at.run("import-orders", "--since", "1d")
        checks = self.at.run("verify", "--json", environ=self.environ).document["checks"]
        found: str | None = next(check["problem"] for check in checks if check["id"] == "freshness")
        return found

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.units.iterdir()} if self.units.exists() else {}


@pytest.fixture
def cron(connected: Shell, tmp_path: Path) -> Iterator[Place]:
    place = Place(connected, tmp_path, "crontab")
    yield place
    place.starter.unlink(missing_ok=True)


@pytest.fixture
def systemd(connected: Shell, tmp_path: Path) -> Place:
    return Place(connected, tmp_path, "systemctl", "loginctl", "crontab")


class TestCron:
    def test_lines_are_added_to_those_that_are_there_and_taken_out_again(self, cron: Place) -> None:
        cron.machine.table = OWN_LINES
        ran = cron.run("install", "--yes")
        assert ran.code == 0, ran.err
        assert "amzlink now runs by itself." in ran.out
        table = cron.machine.table or ""
        assert table.startswith(f"{OWN_LINES}\n")
        own = table.removeprefix(f"{OWN_LINES}\n").splitlines()
        assert [line.split()[6] for line in own] == ["import-orders", "push-status", "purge-pii"]
        assert all(line in ran.out for line in own), "what was shown is what was written"
        assert cron.starter.stat().st_mode & 0o777 == 0o700

        assert cron.run("remove").code == 0
        assert cron.machine.table == f"{OWN_LINES}\n"
        assert not cron.starter.exists()

    def test_twice_is_once_and_another_period_replaces_the_first(self, cron: Place) -> None:
        cron.run("install", "--yes")
        first = cron.machine.table
        cron.run("install", "--yes")
        assert cron.machine.table == first
        cron.run("install", "--yes", "--every", "2h")
        assert len((cron.machine.table or "").splitlines()) == 3
        assert "-23/2 * * *" in (cron.machine.table or "")

    def test_a_table_that_cannot_be_read_is_not_taken_for_an_empty_one(self, cron: Place) -> None:
        cron.machine.table = OWN_LINES
        cron.machine.turn("crontab", "refuses")
        for words in (("install", "--yes"), ("install", "--yes", "--scheduler", "cron")):
            ran = cron.run(*words, "--json")
            assert ran.code == 78
        assert ran.document["error"]["problem"] == "schedule-failed"
        assert "not allowed to use this program" in ran.document["error"]["summary"]
        assert cron.machine.table == OWN_LINES

    def test_a_broken_line_of_the_users_own_is_told_and_everything_stays(self, cron: Place) -> None:
        cron.machine.table = broken = "61 * * * * /bin/true\n"
        cron.machine.turn("crontab", "broken")
        ran = cron.run("install", "--yes")
        assert ran.code == 78
        assert "errors in crontab file" in ran.err
        assert "that amzlink did not write is broken" in " ".join(ran.err.split())
        assert "`crontab -e`" in ran.err
        assert cron.machine.table == broken
        assert not cron.starter.exists()

    def test_a_line_that_a_person_wrote_for_amzlink_is_told_and_left(self, cron: Place) -> None:
        cron.machine.table = by_hand = "*/5 * * * * /opt/amzlink import-orders\n"
        ran = cron.run("install", "--yes")
        assert ran.code == 0
        assert "scheduled-twice" in ran.err
        assert (cron.machine.table or "").startswith(by_hand)
        assert cron.run("show", "--json").document["warnings"][0]["problem"] == "scheduled-twice"

    def test_a_dry_run_shows_everything_and_writes_nothing(self, cron: Place) -> None:
        ran = cron.run("install", "--dry-run")
        assert ran.code == 0
        assert "import-orders --all-stores" in ran.out
        assert cron.machine.table is None
        document = cron.run("install", "--dry-run", "--json").document
        assert document["dry_run"] is True
        assert [writing["place"] for writing in document["writings"]] == [str(cron.starter), "crontab -e"]
        cron.run("install", "--yes")
        assert cron.run("remove", "--dry-run").out.startswith("amzlink would no longer run by itself.")
        assert len((cron.machine.table or "").splitlines()) == 3

    def test_without_a_terminal_the_answer_is_wanted_as_an_option(self, cron: Place) -> None:
        ran = cron.run("install")
        assert ran.code == 64
        assert "--yes" in ran.err
        assert cron.machine.table is None

    def test_the_keyrings_bus_is_carried_along_where_it_stays_the_same(self, cron: Place) -> None:
        usual = f"unix:path=/run/user/{os.getuid()}/bus"
        cron.run("install", "--yes", DBUS_SESSION_BUS_ADDRESS=f"{usual},guid=1")
        assert f"export DBUS_SESSION_BUS_ADDRESS={usual}\n" in cron.starter.read_text()
        cron.run("install", "--yes", DBUS_SESSION_BUS_ADDRESS="unix:abstract=/tmp/dbus-XYZ")
        assert "DBUS" not in cron.starter.read_text()

    def test_other_peoples_lines_stay_to_the_byte_with_carriage_returns_and_other_encodings(self, cron: Place) -> None:
        theirs = b"MAILTO=me\r\n# off:\r* * * * * /bin/off\r\n# M\xfcller\n"
        file = cron.machine.folder / "crontab.table"
        file.write_bytes(theirs)
        assert cron.run("install", "--yes").code == 0
        assert file.read_bytes().startswith(theirs)
        assert cron.run("remove").code == 0
        assert file.read_bytes() == theirs
        assert cron.at.run("status", environ=cron.environ).code == 1, "it was never run, and that is all"

    def test_a_line_that_was_commented_out_is_its_writers(self, cron: Place) -> None:
        cron.run("install", "--yes")
        cron.machine.table = table = "".join(f"#{line}\n" for line in (cron.machine.table or "").splitlines())
        assert cron.run("show", "--json").document["scheduler"] is None
        cron.run("remove")
        assert cron.machine.table == table

    def test_lines_whose_starter_is_gone_do_not_work(self, cron: Place) -> None:
        cron.run("install", "--yes")
        cron.starter.unlink()
        jobs = cron.run("show", "--json").document["jobs"]
        assert [(job["works"], job["next_run_at"]) for job in jobs] == [(False, None)] * 3

    def test_a_table_that_can_no_longer_be_read_is_not_taken_for_one_without_a_schedule(self, cron: Place) -> None:
        cron.run("install", "--yes")
        cron.machine.turn("crontab", "refuses")
        for words in ("show", "remove"):
            ran = cron.run(words, "--json")
            assert ran.code == 78
            assert "not allowed" in ran.document["error"]["summary"]

    @pytest.mark.parametrize("name", ["two\nlines", "latin\udce9", "a\\%b"], ids=["newline", "no-utf-8", "backslash"])
    def test_a_home_that_a_line_cannot_hold_is_refused_before_anything_is_written(
        self, cron: Place, tmp_path: Path, name: str
    ) -> None:
        home = tmp_path / name
        (home / "config").mkdir(parents=True, mode=0o700)
        home.chmod(0o700)
        (home / "config" / "config.toml").write_bytes((cron.at.home / "config" / "config.toml").read_bytes())
        for words in (("install", "--yes"), ("install", "--yes", "--json")):
            ran = cron.run(*words, AMZLINK_HOME=str(home))
            assert ran.code == 78, ran.err
        assert "cannot hold" in ran.document["error"]["summary"]
        assert cron.machine.table is None

    def test_a_systemctl_that_cannot_be_started_does_not_keep_cron_from_working(self, systemd: Place) -> None:
        systemd.machine.replace("systemctl", "exit 1")
        (systemd.machine.folder / "systemctl").write_bytes(b"\x7fELF of another machine")
        assert systemd.run("install", "--yes").code == 0
        assert systemd.run("show", "--json").document["scheduler"] == "cron"
        systemd.run("remove")


class TestSystemd:
    def test_timers_are_written_started_and_stopped(self, systemd: Place) -> None:
        ran = systemd.run("install", "--yes")
        assert ran.code == 0, ran.err
        assert sorted(systemd.files()) == [
            f"amzlink-{self.home_id(systemd)}-{job}.{kind}"
            for job in ("import-orders", "purge-pii", "push-status") for kind in ("service", "timer")
        ]  # fmt: skip
        assert all(text in ran.out for text in ("SuccessExitStatus=75", "Persistent=true"))
        enabled = [call for call in systemd.machine.calls("systemctl") if "--user enable" in call]
        assert enabled[0].count(".timer") == 3
        assert systemd.machine.table is None, "one scheduler is enough"

        shown = systemd.run("show", "--json").document
        assert shown["scheduler"] == "systemd"
        assert [job["job"] for job in shown["jobs"]] == ["import-orders", "push-status", "purge-pii"]
        assert shown["jobs"][0]["next_run_at"] == "2026-11-29T14:00:00Z"
        assert shown["runs_while_signed_out"] is False

        assert systemd.run("remove").code == 0
        assert systemd.files() == {}
        assert any("--user disable --now" in call for call in systemd.machine.calls("systemctl"))
        assert systemd.run("show", "--json").document["scheduler"] is None

    @staticmethod
    def home_id(place: Place) -> str:
        return (place.at.home / "config" / "home-id").read_text()

    def test_a_refusal_leaves_the_folder_as_it_was(self, systemd: Place) -> None:
        systemd.run("install", "--yes")
        before = systemd.files()
        systemd.machine.turn("systemctl", "refuses")
        ran = systemd.run("install", "--yes", "--every", "1h", "--json")
        assert ran.code == 78
        assert ran.document["error"]["problem"] == "schedule-failed"
        assert "Refusing to operate" in ran.document["error"]["summary"]
        assert systemd.files() == before

    def test_a_unit_of_somebody_elses_is_not_written_over(self, systemd: Place) -> None:
        systemd.units.mkdir(parents=True)
        theirs = systemd.units / f"amzlink-{self.home_id(systemd)}-push-status.timer"
        theirs.write_text("[Timer]\nOnCalendar=daily\n")
        ran = systemd.run("install", "--yes")
        assert ran.code == 78
        assert str(theirs) in ran.err
        assert list(systemd.files()) == [theirs.name]
        systemd.run("remove")
        assert theirs.exists()

    def test_a_folder_that_cannot_be_written_is_told(self, systemd: Place) -> None:
        systemd.units.parent.mkdir(parents=True)
        systemd.units.touch()
        ran = systemd.run("install", "--yes")
        assert ran.code == 73
        assert "not-writable" in ran.err

    def test_a_link_that_leads_nowhere_is_somebody_elses(self, systemd: Place, tmp_path: Path) -> None:
        systemd.units.mkdir(parents=True)
        link = systemd.units / f"amzlink-{self.home_id(systemd)}-push-status.timer"
        link.symlink_to(tmp_path / "later.timer")
        assert systemd.run("install", "--yes").code == 78
        assert list(systemd.units.iterdir()) == [link]
        assert not (tmp_path / "later.timer").exists()

    def test_what_is_no_file_is_somebody_elses(self, systemd: Place) -> None:
        systemd.units.mkdir(parents=True)
        os.mkfifo(systemd.units / f"amzlink-{self.home_id(systemd)}-import-orders.timer")
        (systemd.units / f"amzlink-{self.home_id(systemd)}-push-status.timer").mkdir()
        assert systemd.run("show").code == 0
        assert systemd.run("install", "--yes").code == 78

    def test_timers_of_a_home_that_was_moved_do_not_work(self, systemd: Place) -> None:
        systemd.run("install", "--yes")
        for service in systemd.units.glob("*.service"):
            service.write_text(service.read_text().replace(str(systemd.at.home), "/where/it/was"))
        jobs = systemd.run("show", "--json").document["jobs"]
        assert [(job["works"], job["next_run_at"]) for job in jobs] == [(False, None)] * 3

    def test_timers_that_do_not_start_are_not_left_enabled(self, systemd: Place) -> None:
        systemd.machine.turn("systemctl", "stuck")
        assert systemd.run("install", "--yes").code == 78
        assert systemd.files() == {}
        calls = systemd.machine.calls("systemctl")
        disabled = next(place for place, call in enumerate(calls) if "disable --now" in call)
        assert calls[disabled].count(".timer") == 3
        assert "daemon-reload" in calls[-1]

    def test_a_manager_that_does_not_answer_may_still_have_the_timers(self, systemd: Place) -> None:
        systemd.run("install", "--yes")
        systemd.machine.turn("systemctl", "down")
        for words in (("show",), ("remove",), ("install", "--yes"), ("install", "--yes", "--scheduler", "cron")):
            ran = systemd.run(*words, "--json")
            assert ran.code == 78
            assert "No medium found" in ran.document["error"]["summary"]
        assert systemd.machine.table is None, "they would run twice"
        assert len(systemd.files()) == 6

    def test_an_older_systemd_says_less_and_is_understood(self, systemd: Place) -> None:
        systemd.run("install", "--yes")
        known = 'case "$*" in *--timestamp*) exit 1 ;; *" show "*) echo ActiveState=active ;; esac'
        systemd.machine.replace("systemctl", known)
        jobs = systemd.run("show", "--json").document["jobs"]
        assert [(job["works"], job["next_run_at"]) for job in jobs] == [(True, None)] * 3

    def test_lingering_is_switched_on_where_it_is_asked_for(self, systemd: Place) -> None:
        systemd.run("install", "--yes")
        assert not any("enable-linger" in call for call in systemd.machine.calls("loginctl"))
        systemd.run("install", "--yes", "--linger")
        assert any("enable-linger" in call for call in systemd.machine.calls("loginctl"))
        assert systemd.run("show", "--json").document["runs_while_signed_out"] is True

    def test_where_no_manager_answers_cron_is_taken_and_a_later_change_of_mind_leaves_one(self, systemd: Place) -> None:
        systemd.machine.turn("systemctl", "down")
        systemd.run("install", "--yes")
        assert systemd.files() == {}
        assert systemd.run("show", "--json").document["scheduler"] == "cron"
        systemd.machine.turn("systemctl", "down", on=False)
        systemd.run("install", "--yes")
        assert len(systemd.files()) == 6
        assert systemd.machine.table == ""


def test_agents_of_a_home_that_was_moved_do_not_work(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "programs", "launchctl")
    programs = Programs({"PATH": machine.path})

    def launchd(root: Path) -> Launchd:
        return Launchd(programs, tmp_path / "agents", tmp_path, root)

    environment = {"AMZLINK_HOME": str(tmp_path / "first")}
    launchd(tmp_path / "first").install(
        Schedule(name="amzlink-1", program=("/a",), environment=environment, timings=timings(EVERY, "here"))
    )
    for root, works in ((tmp_path / "first", True), (tmp_path / "moved", False)):
        assert [job.works for job in launchd(root).installed("amzlink-1", NOW)] == [works] * 3
        assert launchd(root).homes() == {"amzlink-1": tmp_path / "first"}
    for file in tmp_path.rglob("*.plist"):
        file.write_text(file.read_text().replace("<integer>", "<string>").replace("</integer>", "</string>"))
    changed = launchd(tmp_path / "first").installed("amzlink-1", NOW)
    assert [(job.runs, job.timing) for job in changed] == [("", None)] * 3, "a person has changed them"


@each_row(
    ("variables", "on_windows", "said"),
    [
        (["HTTPS_PROXY"], True, "If HTTPS_PROXY is set in this terminal only, set it with `setx`."),
        (["HTTPS_PROXY", "NO_PROXY"], True, "If HTTPS_PROXY, NO_PROXY are set in this terminal only, set them with"),
        (["HTTPS_PROXY"], False, "because it may hold a password: HTTPS_PROXY. Set it for scheduled runs by hand."),
        (["HTTPS_PROXY", "ALL_PROXY"], False, "they may hold passwords: HTTPS_PROXY, ALL_PROXY. Set them for"),
    ],
)
def test_variables_that_are_left_out_are_told_with_what_to_do(
    variables: list[str], on_windows: bool, said: str
) -> None:
    assert said in left_out(variables=variables, on_windows=on_windows)


def test_windows_tasks_are_told_apart_by_home_and_work_for_their_own() -> None:
    programs, jobs = Schtasks(), ("import-orders", "push-status", "purge-pii")
    homes = {"amzlink-1": Path("C:/Shops/one & only"), "amzlink-2": Path("C:/Shops/two")}
    for name, root in homes.items():
        scheduler = TaskScheduler(programs, root)
        scheduler.install(
            Schedule(
                name=name, program=("C:/Tools/am zlink.exe",), environment={"AMZLINK_HOME": str(root)},
                timings=timings(EVERY, "here"),
            )
        )  # fmt: skip
        assert [job.works for job in scheduler.installed(name, NOW)] == [True] * 3
        made = [call for call in programs.calls if call[1] == "/Create"][-3:]
        assert [call[:5] for call in made] == [
            ("schtasks", "/Create", "/TN", f"\\amzlink\\{name}-{job}", "/XML") for job in jobs
        ]
    assert TaskScheduler(programs, None).homes() == homes
    assert ("schtasks", "/Query", "/TN", "\\amzlink\\", "/XML", "ONE") in programs.calls
    task = programs.tasks["\\amzlink\\amzlink-1-import-orders"]
    assert "<Command>cmd.exe</Command>" in task
    started = '"C:/Tools/am zlink.exe" import-orders --all-stores'
    arguments = unescape(task.partition("<Arguments>")[2].partition("</Arguments>")[0])
    assert arguments == f'/d /s /c "set "AMZLINK_HOME={homes["amzlink-1"]}"&&{started}"'
    moved = TaskScheduler(programs, Path("C:/Shops/moved"))
    assert [job.works for job in moved.installed("amzlink-1", NOW)] == [False] * 3
    moved.remove("amzlink-1")
    assert TaskScheduler(programs, None).homes() == {"amzlink-2": homes["amzlink-2"]}
    assert programs.calls[-2] == ("schtasks", "/Delete", "/TN", "\\amzlink\\amzlink-1-purge-pii", "/F")


class TestTwoHomes:
    def test_a_copy_of_a_home_leaves_the_first_ones_schedule_alone_and_is_told_of_it(
        self, cron: Place, tmp_path: Path
    ) -> None:
        cron.run("install", "--yes")
        before = str(cron.machine.table)
        copy = shutil.copytree(cron.at.home, tmp_path / "copy")
        shown = cron.run("show", "--json", AMZLINK_HOME=str(copy)).document
        assert (shown["scheduler"], [each["problem"] for each in shown["warnings"]]) == (None, ["scheduled-elsewhere"])
        assert str(cron.at.home) in shown["warnings"][0]["summary"]
        cron.run("remove", AMZLINK_HOME=str(copy))
        assert cron.machine.table == before
        cron.run("install", "--yes", AMZLINK_HOME=str(copy))
        assert str(cron.machine.table).startswith(before)
        assert str(cron.machine.table).count(str(copy)) == 3
        assert [each["problem"] for each in cron.run("show", "--json").document["warnings"]] == ["scheduled-elsewhere"]
        assert cron.freshness() == "scheduled-elsewhere"
        cron.run("remove", AMZLINK_HOME=str(copy))
        assert cron.machine.table == before

    def test_a_home_that_was_moved_takes_its_schedule_along(self, cron: Place, tmp_path: Path) -> None:
        first = shutil.copytree(cron.at.home, tmp_path / "first")
        cron.run("install", "--yes", AMZLINK_HOME=str(first))
        moved = first.rename(tmp_path / "moved")
        cron.run("install", "--yes", AMZLINK_HOME=str(moved))
        assert len(str(cron.machine.table).splitlines()) == 3
        assert str(first) not in str(cron.machine.table)

    def test_what_a_copy_has_left_behind_when_it_was_moved_is_told_and_taken_away(
        self, cron: Place, tmp_path: Path
    ) -> None:
        cron.run("install", "--yes")
        first = cron.machine.table
        copy = shutil.copytree(cron.at.home, tmp_path / "copy")
        for again in ("install", "remove"):
            cron.run("install", "--yes", AMZLINK_HOME=str(copy))
            moved = copy.rename(tmp_path / f"moved for {again}")
            shown = cron.run("show", "--json", AMZLINK_HOME=str(moved)).document
            assert [each["problem"] for each in shown["warnings"]] == ["schedule-left-over", "scheduled-elsewhere"]
            assert str(copy) in shown["warnings"][0]["summary"]
            assert cron.freshness() == "schedule-left-over"
            yes = ["--yes"] if again == "install" else []
            assert cron.run(again, *yes, AMZLINK_HOME=str(moved)).code == 0
            assert str(copy) not in str(cron.machine.table)
            assert str(cron.machine.table).count(str(moved)) == (3 if again == "install" else 0)
            cron.run("remove", AMZLINK_HOME=str(moved))
            copy = moved
        assert cron.machine.table == first
        assert cron.starter.exists()

    def test_timers_and_a_crontab_for_one_home_are_told(self, systemd: Place, tmp_path: Path) -> None:
        systemd.run("install", "--yes", "--scheduler", "cron")
        table = str(systemd.machine.table)
        systemd.run("install", "--yes")
        systemd.machine.table = table  # as from a backup
        twice = [each["problem"] for each in systemd.run("show", "--json").document["warnings"]]
        assert (twice, systemd.freshness()) == (["scheduled-twice"], "scheduled-twice")


class TestWhatKeepsItFromWorking:
    def test_a_machine_without_a_scheduler_is_told_so(self, connected: Shell, tmp_path: Path) -> None:
        ran = Place(connected, tmp_path).run("install", "--yes", "--json")
        assert ran.code == 78
        assert ran.document["error"]["problem"] == "no-scheduler"

    def test_the_scheduler_of_another_kind_of_machine_is_told_from_a_machine_without_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deps = store_on_sandbox(tmp_path, orders=0).deps
        wanted = "launchd" if sys.platform != "darwin" else "systemd"
        assert run_command_line(["schedule", "install", "--scheduler", wanted], deps) == 78
        err = capsys.readouterr().err
        assert err.startswith(f"Error: `--scheduler {wanted}` is for another kind of machine.")
        assert "Leave out --scheduler." in err

    def test_a_program_that_is_missing_is_named(self) -> None:
        with pytest.raises(Problem, match="`crontab` is not installed"):
            Programs({"PATH": "/nowhere"}).run("crontab", "-l")

    def test_secrets_in_variables_are_not_written_anywhere(self, cron: Place) -> None:
        name = f"AMZLINK_SECRET_{SLUG.upper().replace('-', '_')}_REFRESH_TOKEN"
        ran = cron.run("install", "--yes", **{name: "Atzr|IwEBIAmarkedSecret"})
        assert ran.code == 78
        assert "schedule-without-secrets" in ran.err
        assert name in ran.err
        assert "markedSecret" not in ran.err + ran.out
        assert cron.machine.table is None

    def test_a_proxys_password_is_not_written_and_said_to_be_missing(self, cron: Place) -> None:
        proxy = "http://me:s3cretword@proxy.example:3128"
        ran = cron.run("install", "--yes", HTTP_PROXY=proxy, NO_PROXY="127.0.0.1")
        assert ran.code == 0, ran.err
        assert "HTTP_PROXY" in ran.err
        assert "s3cretword" not in cron.starter.read_text() + ran.out + ran.err
        assert "NO_PROXY" in cron.starter.read_text()

    @pytest.mark.parametrize("proxy", ["http://me:s3cret/word@p:1", "http://s3cretword@p:1"], ids=["slash", "token"])
    def test_nor_is_what_stands_in_its_place(self, cron: Place, proxy: str) -> None:
        ran = cron.run("install", "--yes", HTTPS_PROXY=proxy, NO_PROXY="127.0.0.1")
        assert ran.code == 0, ran.err
        assert "HTTPS_PROXY" in ran.err
        assert "s3cret" not in cron.starter.read_text() + ran.out + ran.err

    def test_of_a_line_of_others_what_it_sets_is_not_shown(self, cron: Place) -> None:
        token = 'AMZLINK_SECRET_X_REFRESH_TOKEN="s3cret \\" w0rd" B=\'s3cret\''
        cron.machine.table = f"MAILTO=amzlink@shop.example\n5 * * * * {token} /opt/amzlink import-orders {'x' * 500}\n"
        ran = cron.run("install", "--dry-run", "--json")
        (warning,) = ran.document["warnings"]
        assert "REFRESH_TOKEN=…" in warning["summary"]
        assert len(warning["summary"]) < 300
        assert "s3cret" not in ran.out
        assert "w0rd" not in ran.out

    @pytest.mark.parametrize(
        ("line", "runs"),
        [
            ("MAILTO=amzlink@shop.example", False),
            ("# 5 * * * * amzlink import-orders", False),
            ("@hourly amzlink import-orders", True),
        ],
    )
    def test_only_a_job_counts_as_a_schedule(self, cron: Place, line: str, *, runs: bool) -> None:
        cron.machine.table = f"{line}\n"
        assert is_scheduled(cron.environ) is runs

    def test_a_period_that_cron_cannot_keep_is_refused_with_those_it_can(self, cron: Place) -> None:
        ran = cron.run("install", "--every", "7m")
        assert ran.code == 64
        assert "15" in ran.err

    def test_without_a_store_there_is_nothing_to_run(self, tmp_path: Path, cron: Place) -> None:
        ran = cron.run("install", "--yes", "--json", AMZLINK_HOME=str(tmp_path / "empty"))
        assert ran.document["error"]["problem"] == "no-store"
        assert cron.run("show", AMZLINK_HOME=str(tmp_path / "empty")).code == 0


@pytest.mark.needs("cron", "crontab", "faketime", "unshare", "mount")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start cron")
def test_a_real_cron_runs_the_line_that_was_written(connected: Shell, tmp_path: Path) -> None:
    """In a view of the file system in which root's crontab is another one, three seconds before the line's minute."""
    script = tmp_path / "in-cron.sh"
    program = f"{sys.executable} -m amzlink"
    script.write_text(f"""
        set -e
        mount --bind {tmp_path / "tables"} /var/spool/cron/crontabs
        mount -t tmpfs none /run
        {program} schedule install --scheduler cron --yes --quiet
        minute=$(crontab -l | head -1 | cut -d- -f1)
        touch -d 2026-01-01 /var/spool/cron/crontabs/*
        start=$(date -u -d "2026-11-29 03:$minute:00 3 seconds ago" '+%F %T')
        exec faketime -f "@$start" cron -f
    """)
    (tmp_path / "tables").mkdir()
    before = _last_import(connected)
    environ = {**connected.environ, "TZ": "UTC", "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    said = tmp_path / "said"
    with said.open("w") as output:
        command = ["unshare", "--mount", "sh", str(script)]
        cron = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True)
        try:
            for _ in range(200):
                if cron.poll() is not None or _last_import(connected) != before:
                    break
                time.sleep(0.5)
        finally:
            os.killpg(cron.pid, signal.SIGKILL)
            cron.wait()
    (connected.home / "config" / "scheduled.sh").unlink()
    assert _last_import(connected) != before, said.read_text()


def _last_import(at: Shell) -> object:
    ran = at.run("status", "--json")
    return json.loads(ran.out)["stores"][0]["last_import"]


class TestAtATerminal:
    """Somebody types; no process and no terminal is needed."""

    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path / "programs", "systemctl", "loginctl")

    def install(self, machine: Machine, *typed: str) -> tuple[Session, Typed]:
        folder = machine.folder.parent
        deps = store_on_sandbox(folder, orders=0).deps
        deps.environ = {**deps.environ, "PATH": machine.path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        screen = Typed(*typed)
        session = Session(GlobalOptions(rest=["schedule", "install"]), screen, run_command_line, deps)
        asked = SimpleNamespace(obj=session)
        try:
            schedule_install_command(
                cast("typer.Context", asked), scheduler="systemd", every="15m", linger=None, dry_run=False, yes=False
            )
        except KeyboardInterrupt:
            assert typed[-1] == CTRL_C
        return session, screen

    def test_a_no_writes_nothing(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        _, screen = self.install(machine, "n")
        assert screen.texts[-1] == "Nothing was changed."
        assert not list(machine.folder.parent.glob("systemd/user/*"))

    @pytest.mark.parametrize(("typed", "lingers"), [(("", "?", "y"), True), (("", ""), False)], ids=["yes", "enter"])
    def test_lingering_is_explained_and_asked_about(
        self, machine: Machine, typed: tuple[str, ...], *, lingers: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _, screen = self.install(machine, *typed)
        assert LINGERING in screen.texts
        assert any("enable-linger" in call for call in machine.calls("loginctl")) is lingers

    def test_ctrl_c_at_the_question_about_lingering_says_that_the_schedule_is_written(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        session, _ = self.install(machine, "", CTRL_C)
        assert len(list(machine.folder.parent.glob("systemd/user/*.timer"))) == 3
        assert session.interruption == usage.SCHEDULED_ALREADY
        assert self.install(machine, CTRL_C)[0].interruption == usage.NOTHING_CHANGED
