"""The command line as a whole: what is not understood, what breaks, and what is never shown."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from amzlink import __version__
from amzlink.cli.main import run
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.crash import told_as_bug
from amzlink.cli.tour import tour
from amzlink.config.settings import Config, Store
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.orderbook.schema import SEALED
from amzlink.problems import CATALOGUE, Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from tests.orderbook.machine import fill, tiny_disk
from tests.orderbook.samples import ORDER_ID, STORE, change_of, line_of, order_of, save
from tests.support.books import lay_out
from tests.support.world import SLUG, VirtualClock, store_on_sandbox

TITLE = "陶器の急須 “große” Žluťoučký"
SECRET_TEXT = "Žofie Nováková, Dlouhá 12, Atzr|IwEBIexample"


@pytest.fixture
def deps(tmp_path: Path) -> Deps:
    """A home with one store and one order."""
    home = find_home({"AMZLINK_HOME": str(tmp_path / "home")})
    home.prepare()
    lay_out(home.database_file)
    deps = Deps({}, home, MemorySecrets(), VirtualClock())
    store = Store(name="My Shop", country="DE", seller_id="A", client_id="c", marketplace_ids=("A1PA6795UKMFR9",))
    deps.save_config(Config().with_store(STORE, store))
    with deps.database() as database:
        save(database, change_of(order_of(lines=(line_of(title=TITLE),)), sealed=None))
    return deps


class Broken(Deps):
    """Something in it has a bug, and the bug's message is not for anybody's eyes."""

    __slots__ = ()

    def load_config(self) -> Config:
        try:
            return dict[str, Config]()[SECRET_TEXT]
        except KeyError as error:
            raise RuntimeError(SECRET_TEXT) from error


@pytest.fixture
def broken(deps: Deps) -> Deps:
    return Broken(deps.environ, deps.home, deps.secrets, deps.clock)


def process(
    home: Path, *words: str, environ: Mapping[str, str] | None = None, stdout: Any = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "amzlink", *words],
        env={"PATH": os.environ["PATH"], "AMZLINK_HOME": str(home), **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=300,
        check=False,
    )


def documents(out: str) -> list[dict[str, Any]]:
    """All JSON documents in a text, and nothing else may be there."""
    decoder, found = json.JSONDecoder(), []
    while out := out.lstrip():
        document, end = decoder.raw_decode(out)
        found.append(document)
        out = out[end:]
    return found


def add_orders(deps: Deps, count: int) -> None:
    with deps.database() as database:
        save(database, *(change_of(order_of(f"302-{number:07}-0000000"), sealed=None) for number in range(count)))


WRITING = (
    ("orders", "list", "--json"),
    ("orders", "list"),
    ("orders", "export"),
    ("orders", "export", "--format", "json"),
)


class TestWhatIsNotUnderstood:
    LINES = (
        ("nonsense",),
        ("orders",),
        ("orders", "nonsense"),
        ("orders", "list", "--nonsense"),
        ("orders", "show"),
        ("orders", "show", "a", "b"),
        ("orders", "list", "--status"),
        ("orders", "list", "--due-before", "soon"),
        ("orders", "export", "--format", "xml"),
        ("import-orders", "--since", "2999-01-01"),
        ("import-orders", "--since", "999999w"),
        ("import-orders", "--max-wait", "long"),
        ("import-orders", "--route", "train"),
        ("import-orders", "--order", "12"),
        ("explain",),
        ("explain", "nonsense"),
        ("--store",),
        ("--nonsense", "orders", "list"),
        (),
    )

    @pytest.mark.parametrize("words", LINES, ids=" ".join)
    def test_it_ends_with_64_and_says_so_on_stderr(
        self, deps: Deps, words: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(words, deps) == 64
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(("Error: ", "Usage: "))
        assert "Traceback" not in err

    @pytest.mark.parametrize("words", LINES, ids=" ".join)
    def test_as_json_it_ends_with_64_and_one_document_on_stdout(
        self, deps: Deps, words: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["--json", *words], deps) == 64
        out, err = capsys.readouterr()
        (document,) = documents(out)
        assert list(document) == ["schema", "error"]
        assert document["error"]["problem"] == "usage"
        assert document["error"]["summary"]
        assert err == ""

    def test_a_missing_argument_is_named(self, deps: Deps, capsys: pytest.CaptureFixture[str]) -> None:
        run(["orders", "show"], deps)
        err = capsys.readouterr().err
        assert "ID" in err
        assert "amzlink orders show --help" in err

    def test_words_too_many_are_named_although_the_settings_cannot_be_read(
        self, deps: Deps, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AMZLINK_HOME", str(deps.home.root))
        for content, hint in ((None, f" A store is named by an option: --store {STORE}."), ("stores = ", "")):
            if content:
                deps.home.config_file.write_text(content)
            assert run(["stores", "list", STORE], deps) == 64
            assert capsys.readouterr().err.splitlines()[0] == f"Error: The command does not take {STORE}.{hint}"

    def test_what_a_person_typed_by_mistake_is_not_repeated_as_a_command(
        self, deps: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["Zofie Novakova"], deps)
        assert "`amzlink --help`" in capsys.readouterr().err

    @given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), max_size=4))
    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_is_typed_the_end_is_an_exit_code_and_no_traceback(
        self, deps: Deps, capsys: pytest.CaptureFixture[str], words: list[str]
    ) -> None:
        code = run(["orders", *words], deps)
        out, err = capsys.readouterr()
        assert code in (0, 64, 69, 78)
        assert "Traceback" not in out + err


class TestGlobalOptions:
    @pytest.mark.parametrize(
        "words",
        [
            ("--json", "--store", STORE, "orders", "list"),
            ("orders", "--json", "--store", STORE, "list"),
            ("orders", "list", f"--store={STORE}", "--json"),
            ("orders", "list", "--json", "--quiet", "-v", "--no-color"),
        ],
        ids=" ".join,
    )
    def test_they_may_stand_anywhere(
        self, deps: Deps, words: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(words, deps) == 0
        (document,) = documents(capsys.readouterr().out)
        assert document["store"] == STORE
        assert [order["order_id"] for order in document["orders"]] == [ORDER_ID]

    def test_a_store_that_is_not_there_is_told(self, deps: Deps, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["orders", "list", "--store", "nobody", "--json"], deps) == 78
        (document,) = documents(capsys.readouterr().out)
        assert document["error"]["problem"] == "no-store"

    @pytest.mark.parametrize(
        "words",
        [("--version",), ("--version", "--no-color"), ("-q", "--version"), ("orders", "list", "--version")],
        ids=" ".join,
    )
    def test_the_version_is_shown(self, words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(words) == 0
        assert capsys.readouterr().out == f"amzlink {__version__}\n"

    def test_as_json_the_version_is_a_document(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--json", "--version"]) == 0
        assert documents(capsys.readouterr().out) == [{"schema": 1, "version": __version__}]

    @pytest.mark.parametrize(
        "words", [("--help",), ("-h",), ("orders", "--help"), ("orders", "list", "-h")], ids=" ".join
    )
    def test_help_is_a_result(self, words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(words) == 0
        out, err = capsys.readouterr()
        assert out.startswith("Usage: amzlink")
        assert err == ""

    def test_every_command_that_the_contract_names_is_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        commands = (
            "connect", "verify", "import-orders", "check-weights", "push-status", "purge-pii", "orders list",
            "orders show", "orders export", "orders release", "orders hold", "status", "stores list", "stores show",
            "stores set", "stores default", "disconnect", "schedule install", "schedule show",
            "schedule remove", "explain", "sandbox", "demo",
        )  # fmt: skip
        assert [command for command in commands if run([*command.split(), "--help"]) != 0] == []


class TestABug:
    def test_it_ends_with_70_and_a_report_and_no_message_of_it_anywhere(
        self, broken: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["orders", "list"], broken) == 70
        out, err = capsys.readouterr()
        (report,) = broken.home.log.glob("crash-*.txt")
        assert out == ""
        assert str(report) in err
        assert "Traceback" not in err
        text = report.read_text()
        for word in ("Žofie", "Dlouhá", "Atzr"):
            assert word not in err
            assert word not in text

    def test_the_report_tells_where_it_happened_and_with_which_versions(
        self, broken: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["orders", "list"], broken)
        (report,) = broken.home.log.glob("crash-*.txt")
        text = report.read_text()
        assert text.startswith(f"amzlink {__version__}, Python ")
        assert "command: amzlink orders list\n" in text
        assert "builtins.RuntimeError\n" in text
        assert "builtins.KeyError\n" in text
        assert re.search(r"amzlink/cli/main\.py:\d+ _run\n", text)
        assert re.search(r"test_main\.py:\d+ load_config\n", text)
        assert re.search(r"sqlalchemy \d", text)
        assert oct(report.stat().st_mode & 0o777) == oct(0o600)

    def test_the_report_names_no_user_and_no_folder_of_his(
        self, broken: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["orders", "list"], broken)
        (report,) = broken.home.log.glob("crash-*.txt")
        assert [
            line for line in report.read_text().splitlines() if re.match(r"\s+/|.*(/home/|/root/|/Users/)", line)
        ] == []

    def test_as_json_it_is_a_document(self, broken: Deps, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["orders", "list", "--json"], broken) == 70
        out, err = capsys.readouterr()
        (document,) = documents(out)
        assert document["error"]["problem"] == "internal-error"
        assert "Žofie" not in out + err

    def test_only_who_asks_twice_for_more_words_sees_a_traceback(
        self, broken: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["orders", "list", "-v"], broken)
        assert "Traceback" not in capsys.readouterr().err
        run(["orders", "list", "-vv"], broken)
        assert "Traceback" in capsys.readouterr().err

    def test_where_no_report_can_be_written_it_is_told_all_the_same(
        self, broken: Deps, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken.home.log.rmdir()
        broken.home.log.write_text("in the way")
        assert run(["orders", "list"], broken) == 70
        assert "it could not be written (not-writable)" in capsys.readouterr().err

    def test_before_anything_is_known_of_the_machine_it_is_told_all_the_same(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object, *, interactive: bool) -> Deps:
            raise RuntimeError(SECRET_TEXT)

        monkeypatch.setattr("amzlink.deps.system_deps", fail)
        for words in (["orders", "list"], ["import-orders"]):  # the second one has alarms, which need the machine too
            assert run(words) == 70
            err = capsys.readouterr().err
            assert "There is no report to attach: it could not be written (RuntimeError)." in err
            assert "Žofie" not in err

    def test_of_code_from_elsewhere_the_report_names_the_file_alone(self, tmp_path: Path) -> None:
        try:
            exec(compile("raise ValueError", "/home/zofie/kontor/plugin.py", "exec"))
        except ValueError as error:
            problem = told_as_bug("amzlink status", tmp_path, error)
        text = Path(str(problem.facts["file"])).read_text()
        assert "  plugin.py:1 <module>" in text
        assert "zofie" not in text

    @pytest.mark.parametrize("end", [KeyboardInterrupt, EOFError], ids=["ctrl-c", "ctrl-d"])
    def test_an_interruption_ends_with_130_and_says_what_is_safe(
        self,
        broken: Deps,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        end: type[BaseException],
    ) -> None:
        def interrupt(_: object) -> Config:
            raise end

        monkeypatch.setattr(Broken, "load_config", interrupt)
        assert run(["orders", "list"], broken) == 130
        assert "Everything stored so far is safe" in capsys.readouterr().err

    def test_a_problem_ends_with_its_own_code(
        self, broken: Deps, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object) -> Config:
            raise Problem(ProblemName.DISK_FULL, file="orders.db")

        monkeypatch.setattr(Broken, "load_config", fail)
        assert run(["orders", "list"], broken) == 74
        assert "disk-full" in capsys.readouterr().err


class TestWithoutAHome:
    @pytest.mark.parametrize(
        ("home", "problem", "code"),
        [("/proc/nowhere", "not-writable", 73), ("~nobody-of-this-name/x", "environment-invalid", 78)],
    )
    def test_a_home_that_cannot_be_made_is_a_problem_and_no_bug(
        self, home: str, problem: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AMZLINK_HOME", home)
        assert run(["orders", "list", "--json"]) == code
        (document,) = documents(capsys.readouterr().out)
        assert document["error"]["problem"] == problem

    def test_a_job_that_nobody_watches_says_so_although_it_remembers_nothing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AMZLINK_HOME", "/proc/nowhere")
        assert run(["import-orders"]) == 73
        assert capsys.readouterr().err.startswith("Error: /proc/nowhere cannot be written")

    @pytest.mark.parametrize("words", [("orders", "list"), ("import-orders", "--all-stores")], ids=" ".join)
    def test_without_any_store_the_way_to_one_is_shown(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        words: tuple[str, ...],
    ) -> None:
        monkeypatch.setenv("AMZLINK_HOME", str(tmp_path / "home"))
        assert run(words) == 78
        assert "amzlink connect" in capsys.readouterr().err


def test_where_no_store_s_settings_can_be_used_all_stores_are_told_what_is_wrong(
    deps: Deps, capsys: pytest.CaptureFixture[str]
) -> None:
    deps.home.config_file.write_text('[stores.first]\nname = "A"\n')
    assert run(["import-orders", "--all-stores", "-v"], deps) == 78
    assert "stores.first.country is missing" in capsys.readouterr().err


def test_an_order_that_came_without_its_lines_is_shown_without_an_empty_table(
    deps: Deps, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = order_of("302-7654321-7654321", lines=(), ship_by=None, deliver_by=None, total=None, currency=None)
    with deps.database() as database:
        save(database, change_of(bare, sealed=None))
    assert run(["orders", "show", bare.order_id], deps) == 0
    said = capsys.readouterr().out
    assert "It came incomplete from Amazon. Each import asks for the rest" in said
    assert not re.search("QUANTITY|Total|Ship by|Deliver by|\n\n\n", said)


def test_an_export_goes_on_past_personal_data_that_is_damaged_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deps = store_on_sandbox(tmp_path, orders=8, listings=10).deps
    assert run(["import-orders"], deps) == 0
    with deps.book(SLUG) as book, book.writing() as connection:
        number = connection.scalar(select(func.min(SEALED.c.order_id)))
        connection.execute(update(SEALED).where(SEALED.c.order_id == number).values(box=b"damaged"))
    assert run(["orders", "export", "--with-pii"], deps) == 1
    out, err = capsys.readouterr()
    assert {row["order_id"]: bool(row["recipient_name"]) for row in csv.DictReader(out.splitlines())}[number] is False
    assert f"Warning: The personal data of the order {number} cannot be opened" in err


def test_the_only_hold_that_is_released_at_once_is_named(deps: Deps, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["orders", "release", "--held", "missing-customs"], deps) == 64
    assert capsys.readouterr().err.startswith("Error: --held has to be prime, not 'missing-customs'.")


def test_an_order_that_is_not_there_cannot_be_released(deps: Deps, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["orders", "release", "302-9999999-9999999"], deps) == 69
    assert "is not known in the order book" in capsys.readouterr().err


def test_verify_names_a_store_that_is_not_there(deps: Deps, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--store", "nobody"], deps) == 78
    assert "nobody" in capsys.readouterr().err


def test_the_demo_ends_as_its_first_step_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    ends = {"status": 74, "purge-pii": 1}

    def run_nothing(words: Sequence[str], _: Deps) -> int:
        sys.stdout.write("{}")
        return ends.get(words[0], 0)

    assert tour(Console(as_json=True), run_nothing) == 74
    assert [step["exit_code"] for step in documents(capsys.readouterr().out)[0]["steps"]][-3:] == [74, 1, 0]


class TestStreams:
    @pytest.fixture
    def home(self, deps: Deps) -> Path:
        assert deps.home.root is not None
        return deps.home.root

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
    @pytest.mark.parametrize(
        "words",
        [("orders", "show", ORDER_ID, "--json"), ("orders", "show", ORDER_ID), ("orders", "export")],
        ids=" ".join,
    )
    def test_into_a_pipe_goes_utf_8_whatever_the_locale_says(
        self, home: Path, encoding: str, words: Sequence[str]
    ) -> None:
        done = process(home, *words, environ={"PYTHONIOENCODING": encoding})
        assert (done.returncode, done.stderr) == (0, b"")
        assert TITLE in done.stdout.decode()

    # One order is written when the program ends, a thousand while it is at work.
    @pytest.mark.parametrize("count", [1, 1000])
    @pytest.mark.parametrize("words", WRITING, ids=" ".join)
    def test_a_reader_that_has_seen_enough_is_no_failure(
        self, deps: Deps, home: Path, words: Sequence[str], count: int
    ) -> None:
        add_orders(deps, count)
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = process(home, *words, stdout=writer)
        finally:
            os.close(writer)
        assert (done.returncode, done.stderr) == (0, b"")

    @pytest.mark.parametrize("count", [1, 1000])
    @pytest.mark.parametrize("words", WRITING, ids=" ".join)
    def test_a_full_disk_behind_stdout_ends_with_74(
        self, deps: Deps, home: Path, words: Sequence[str], count: int
    ) -> None:
        add_orders(deps, count)
        with Path("/dev/full").open("wb") as full:
            done = process(home, *words, stdout=full)
        assert done.returncode == 74
        assert done.stderr.startswith(b"Error: standard output could not be written: the disk is full.")
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr
        assert list((home / "log").glob("crash-*")) == []

    @pytest.mark.needs("mount")
    def test_a_full_disk_under_the_home_ends_with_74(self, home: Path, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 128) as disk:
            shutil.copytree(home / "config", disk / "home" / "config")
            fill(disk)
            done = process(disk / "home", "orders", "list", "--json")
        assert done.returncode == 74
        assert json.loads(done.stdout)["error"]["problem"] == "disk-full"


def test_explain_tells_every_problem_in_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    for name, entry in CATALOGUE.items():
        assert run(["explain", name.value, "--json"]) == 0
        (document,) = documents(capsys.readouterr().out)
        told = {
            "schema": 1, "problem": name.value, "summary": entry.general_what, "cause": entry.general_why,
            "next_step": entry.general_next_step, "title": entry.title, "exit_code": int(entry.exit_code),
        }  # fmt: skip
        assert told.items() <= document.items()


@pytest.mark.parametrize(
    ("typed", "meant"), [("role-mising-pii", "role-missing-pii"), ("Throtled", "throttled"), ("xyzzy", None)]
)
def test_explain_suggests_the_nearest_name(typed: str, meant: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", typed, "--json"]) == 64
    (document,) = documents(capsys.readouterr().out)
    said = document["error"]["summary"]
    assert f"Did you mean {meant}" in said if meant else "Did you mean" not in said


def test_explain_lists_every_problem_in_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--list", "--json"]) == 0
    (document,) = documents(capsys.readouterr().out)
    assert [entry["problem"] for entry in document["problems"]] == [name.value for name in CATALOGUE]
