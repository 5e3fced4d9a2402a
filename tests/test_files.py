"""The four folders, and how a private file is written: whole, 0600, and never into another user's home."""

import contextlib
import errno
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.files.home import Home, find_home
from amzlink.files.locks import lock
from amzlink.files.os_errors import translate
from amzlink.files.reading import given_file, read_private
from amzlink.files.writing import append_private, overwrite_private, whole_file, write_private
from amzlink.http.trust import trusted_certificates
from amzlink.orderbook.database import Database
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.secrets.names import variable
from amzlink.secrets.system import SystemSecrets
from tests.orderbook.machine import NOBODY, as_nobody, common_folder, needs_root, tiny_disk
from tests.support.problems import texts_of


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = find_home({"AMZLINK_HOME": str(tmp_path / "of" / "mine")})
    found.prepare()
    return found


class TestFindingTheHome:
    def test_amzlink_home_puts_all_four_folders_under_one(self, tmp_path: Path) -> None:
        home = find_home({"AMZLINK_HOME": str(tmp_path)})
        assert (home.config, home.data, home.state, home.log) == tuple(
            tmp_path / name for name in ("config", "data", "state", "log")
        )
        assert home.custom

    def test_a_relative_amzlink_home_does_not_move_with_the_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        home = find_home({"AMZLINK_HOME": "here"})
        assert home.root == tmp_path / "here"

    def test_a_tilde_in_amzlink_home_is_the_users_own_home(self, empty_home: Path) -> None:
        assert find_home({"AMZLINK_HOME": "~/shop"}).root == empty_home / "shop"

    def test_a_home_of_a_user_that_does_not_exist_is_a_problem(self) -> None:
        with pytest.raises(Problem) as error:
            find_home({"AMZLINK_HOME": "~nobody-of-this-name/shop"})
        assert (error.value.name.value, error.value.exit_code) == ("environment-invalid", Exit.CONFIGURATION)
        assert "AMZLINK_HOME" in error.value.summary

    @pytest.mark.parametrize("environ", [{}, {"AMZLINK_HOME": ""}])
    def test_without_it_the_platforms_folders_are_taken(self, environ: dict[str, str], empty_home: Path) -> None:
        home = find_home(environ)
        assert not home.custom
        folders = (home.config, home.data, home.state, home.log)
        assert all(folder.is_relative_to(empty_home) and "amzlink" in folder.parts for folder in folders)

    def test_the_files_have_their_names(self, tmp_path: Path) -> None:
        home = find_home({"AMZLINK_HOME": str(tmp_path)})
        assert home.config_file == tmp_path / "config" / "config.toml"
        assert home.database_file == tmp_path / "data" / "orders.db"
        assert home.locks.parent == home.quota_file.parent == tmp_path / "state"


class TestPreparing:
    def test_the_folders_are_the_users_alone(self, home: Home) -> None:
        assert home.root is not None
        folders = (home.root, home.config, home.data, home.state, home.log, home.locks)
        assert [oct(mode_of(folder)) for folder in folders] == [oct(0o700)] * 6

    def test_the_platforms_folders_are_the_users_alone_too(self) -> None:
        home = find_home({})
        home.prepare()
        folders = (home.config, home.data, home.state, home.log, home.locks)
        assert [oct(mode_of(folder)) for folder in folders] == [oct(0o700)] * 5

    def test_preparing_twice_keeps_what_is_there(self, home: Home) -> None:
        write_private(home.config_file, b"settings")
        home.prepare()
        assert home.config_file.read_bytes() == b"settings"

    def test_a_file_in_the_place_of_a_folder_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("in the way")
        with pytest.raises(Problem) as error:
            find_home({"AMZLINK_HOME": str(tmp_path)}).prepare()
        assert error.value.name.value == "not-writable"
        assert str(tmp_path / "data") in error.value.summary

    @needs_root
    def test_not_even_root_mixes_into_a_home_of_another_user(self, tmp_path: Path) -> None:
        os.chown(tmp_path, NOBODY.pw_uid, NOBODY.pw_gid)
        with pytest.raises(Problem) as error:
            find_home({"AMZLINK_HOME": str(tmp_path)}).prepare()
        assert error.value.name.value == "home-of-another-user"
        assert error.value.exit_code is Exit.CONFIGURATION
        assert "the user nobody, and you are root" in error.value.summary
        assert files_in(tmp_path) == []

    @needs_root
    def test_an_owner_without_a_name_is_told_by_number(self, tmp_path: Path) -> None:
        os.chown(tmp_path, 54321, -1)
        with pytest.raises(Problem) as error:
            find_home({"AMZLINK_HOME": str(tmp_path)}).prepare()
        assert "number 54321" in error.value.summary

    @needs_root
    def test_a_platforms_folder_of_another_user_is_refused_too(self) -> None:
        home = find_home({})
        home.data.mkdir(parents=True)
        os.chown(home.data, NOBODY.pw_uid, NOBODY.pw_gid)
        with pytest.raises(Problem) as error:
            home.prepare()
        assert error.value.name.value == "home-of-another-user"

    @needs_root
    def test_another_user_is_refused_roots_home(self) -> None:
        with common_folder() as folder:
            (folder / "home").mkdir(mode=0o755)
            said = as_nobody(folder, 'told(find_home({"AMZLINK_HOME": str(here / "home")}).prepare)')
        assert said.startswith("home-of-another-user")
        assert "the user root, and you are nobody" in said

    @needs_root
    def test_a_home_that_cannot_be_made_is_told(self) -> None:
        with common_folder() as folder:
            said = as_nobody(folder, 'told(find_home({"AMZLINK_HOME": str(here / "mine")}).prepare)')
        assert said.startswith("not-writable")
        assert "Permission denied" in said

    @pytest.mark.parametrize("name", ["data", "state", "log", "state/locks"])
    def test_a_folder_that_others_reach_and_can_change_is_refused(self, name: str) -> None:
        with common_folder() as folder:
            home = find_home({"AMZLINK_HOME": str(folder / "home")})
            home.prepare()
            for each in (folder / "home", *(folder / "home").glob("*")):
                each.chmod(0o755)
            (folder / "home" / name).chmod(0o777)
            with pytest.raises(Problem) as error:
                home.prepare()
        assert error.value.name.value == "writable-by-others"
        assert f"chmod 700 {folder / 'home' / name}" in error.value.next_step

    def test_one_that_a_folder_above_keeps_them_out_of_is_used(self) -> None:
        with common_folder() as folder:
            home = find_home({"AMZLINK_HOME": str(folder / "home")})
            home.prepare()
            home.data.chmod(0o777)
            home.prepare()


class TestTheHomesId:
    def test_it_stays_the_same(self, home: Home) -> None:
        assert home.keyring_service() == home.keyring_service()
        assert home.keyring_service().startswith("amzlink@")

    def test_it_goes_with_a_home_that_is_moved(self, tmp_path: Path) -> None:
        before = find_home({"AMZLINK_HOME": str(tmp_path / "old")})
        before.prepare()
        service = before.keyring_service()
        (tmp_path / "old").rename(tmp_path / "new")
        assert find_home({"AMZLINK_HOME": str(tmp_path / "new")}).keyring_service() == service

    def test_two_homes_have_different_ones(self, tmp_path: Path) -> None:
        services = {find_home({"AMZLINK_HOME": str(tmp_path / name)}).keyring_service() for name in "abc"}
        assert len(services) == 3

    def test_the_platforms_home_has_none(self) -> None:
        assert find_home({}).keyring_service() == "amzlink"

    def test_it_is_kept_privately(self, home: Home) -> None:
        home.keyring_service()
        assert mode_of(home.config / "home-id") == 0o600

    @needs_root
    def test_a_home_in_which_it_cannot_be_kept_is_told(self) -> None:
        with common_folder() as folder:
            said = as_nobody(folder, 'told(find_home({"AMZLINK_HOME": str(here)}).keyring_service)')
        assert said.startswith("not-writable")


class TestWritingAFileAsAWhole:
    @given(st.binary(max_size=5000), st.booleans())
    @settings(deadline=None, max_examples=20)
    def test_what_was_written_is_what_is_read(self, content: bytes, durable: bool) -> None:
        with common_folder() as folder:
            write_private(folder / "file", content, durable=durable)
            assert (folder / "file").read_bytes() == content

    def test_the_file_is_the_users_alone_whatever_it_was_before(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("old")
        file.chmod(0o666)
        write_private(file, b"new")
        assert mode_of(file) == 0o600

    def test_a_folder_that_is_missing_is_made_for_the_user_alone(self, tmp_path: Path) -> None:
        write_private(tmp_path / "new" / "deeper" / "file", b"content")
        assert [mode_of(tmp_path / "new"), mode_of(tmp_path / "new" / "deeper")] == [0o700, 0o700]

    def test_nothing_else_is_left_in_the_folder(self, tmp_path: Path) -> None:
        write_private(tmp_path / "file", b"one")
        write_private(tmp_path / "file", b"two")
        assert files_in(tmp_path) == ["file"]

    def test_a_file_that_cannot_take_its_place_leaves_no_trace(self, tmp_path: Path) -> None:
        (tmp_path / "file").mkdir()
        with pytest.raises(Problem) as error:
            write_private(tmp_path / "file", b"content")
        assert error.value.name.value == "not-writable"
        assert files_in(tmp_path) == ["file"]

    def test_who_has_the_old_file_open_goes_on_reading_the_old_content(self, tmp_path: Path) -> None:
        write_private(tmp_path / "file", b"old " * 1000)
        with (tmp_path / "file").open("rb") as reader:
            assert reader.read(4) == b"old "
            write_private(tmp_path / "file", b"new " * 1000)
            assert reader.read() == b"old " * 999

    def test_readers_see_one_content_or_the_other_while_it_is_replaced(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        code = (
            "import sys; from pathlib import Path; from amzlink.files.writing import write_private\n"
            "for _ in range(200): write_private(Path(sys.argv[1]), sys.argv[2].encode() * 100_000, durable=False)"
        )
        contents = {letter.encode() * 100_000 for letter in "abc"}
        write_private(file, b"a" * 100_000)
        writers = [subprocess.Popen([sys.executable, "-c", code, str(file), letter]) for letter in "bc"]
        while any(writer.poll() is None for writer in writers):
            assert file.read_bytes() in contents
        assert [writer.returncode for writer in writers] == [0, 0]
        assert file.read_bytes() in contents
        assert files_in(tmp_path) == ["file"]

    @needs_root
    def test_a_folder_of_somebody_else_is_told_and_the_old_file_is_untouched(self) -> None:
        with common_folder() as folder:
            (folder / "file").write_bytes(b"old")
            said = as_nobody(folder, 'told(lambda: write_private(here / "file", b"new"))')
            assert (folder / "file").read_bytes() == b"old"
        assert said.startswith("not-writable")
        assert "Permission denied" in said

    @pytest.mark.needs("mount")
    def test_a_full_disk_is_told_and_the_old_file_is_untouched(self, tmp_path: Path) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            write_private(disk / "file", b"old")
            with pytest.raises(Problem) as error:
                write_private(disk / "file", bytes(100_000))
            assert error.value.name.value == "disk-full"
            assert error.value.exit_code is Exit.DISK
            assert (disk / "file").read_bytes() == b"old"
            assert files_in(disk) == ["file"]

    def test_what_is_broken_off_leaves_the_old_file_and_no_trace(self, tmp_path: Path) -> None:
        write_private(tmp_path / "file", b"old")
        with contextlib.suppress(KeyboardInterrupt), whole_file(tmp_path / "file") as file:
            file.write(b"half of it")
            raise KeyboardInterrupt
        assert (tmp_path / "file").read_bytes() == b"old"
        assert files_in(tmp_path) == ["file"]

    def test_a_device_is_written_and_never_replaced(self) -> None:
        with pytest.raises(Problem) as error:
            write_private(Path("/dev/full"), b"content")
        assert error.value.name.value == "disk-full"
        assert Path("/dev/full").is_char_device()


class TestALock:
    HELD = Problem(ProblemName.RUN_IN_PROGRESS, job="import-orders", store="my-shop")

    def test_keeps_others_out_until_it_is_left(self, tmp_path: Path) -> None:
        with lock(tmp_path / "lock", self.HELD):
            with pytest.raises(Problem) as error, lock(tmp_path / "lock", self.HELD):
                pytest.fail("two are in it")
            assert error.value is self.HELD
        with lock(tmp_path / "lock", self.HELD):
            pass

    def test_is_waited_for_as_long_as_was_allowed(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from amzlink.files.locks import lock\n"
            "with lock(Path(sys.argv[1]), RuntimeError()): print('in', flush=True); time.sleep(0.5)"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "lock")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "in\n"
            with lock(tmp_path / "lock", self.HELD, wait_seconds=30):
                pass

    def test_its_file_is_the_users_alone(self, tmp_path: Path) -> None:
        with lock(tmp_path / "lock", self.HELD):
            assert mode_of(tmp_path / "lock") == 0o600

    @pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
    def test_that_the_disk_does_not_know_is_told_as_that(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        """A network drive without locks; nothing that is held by another run, and nothing damaged."""

        def fails(_file: int, _operation: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr("fcntl.flock", fails)
        with pytest.raises(Problem) as error, lock(tmp_path / "lock", self.HELD, wait_seconds=0.2):
            pytest.fail("nobody has locked it")
        assert error.value.name.value == "locking-unavailable"

    def test_whose_file_is_a_symbolic_link_locks_its_target(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        with (
            lock(tmp_path / "link", self.HELD),
            pytest.raises(Problem) as error,
            lock(tmp_path / "elsewhere", self.HELD),
        ):
            pytest.fail("two are in it")
        assert error.value is self.HELD
        assert (tmp_path / "link").is_symlink()

    def test_that_cannot_be_made_is_a_problem(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        (tmp_path / "folder").mkdir()
        for name in ("a", "folder"):
            with pytest.raises(Problem) as error, lock(tmp_path / name, self.HELD):
                pytest.fail("it was made")
            assert error.value.name.value == "not-writable"


class TestALink:
    """People keep config.toml in a folder that they back up, and have a link in its place."""

    def test_stays_and_its_target_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "far").mkdir()
        target, link = tmp_path / "far" / "config.toml", tmp_path / "config.toml"
        target.write_bytes(b"old")
        link.symlink_to(target)
        write_private(link, b"new")
        assert link.is_symlink()
        assert target.read_bytes() == b"new"
        assert files_in(tmp_path / "far") == ["config.toml"]

    def test_to_nothing_yet_has_its_target_made(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "target")
        write_private(tmp_path / "link", b"new")
        assert (tmp_path / "target").read_bytes() == b"new"
        assert (tmp_path / "link").is_symlink()

    @pytest.mark.parametrize("target", ["link", "gone/target"])
    def test_that_leads_nowhere_is_told_and_stays(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "link").symlink_to(tmp_path / target)
        with pytest.raises(Problem) as error:
            write_private(tmp_path / "link", b"new")
        assert error.value.name.value == "not-writable"
        assert (tmp_path / "link").is_symlink()

    def test_to_a_device_is_written_as_a_device(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("/dev/full")
        with pytest.raises(Problem) as error:
            write_private(tmp_path / "link", b"new")
        assert error.value.name.value == "disk-full"
        assert Path("/dev/full").is_char_device()


@needs_root
class TestAFolderForAll:
    """A folder like `/tmp`, in which another user waits for a file by its name."""

    @pytest.mark.parametrize("kind", ["link", "pipe"])
    def test_what_another_user_has_put_there_is_refused(self, tmp_path: Path, kind: str) -> None:
        tmp_path.chmod(0o1777)
        mine, planted = tmp_path / ".bashrc", tmp_path / "orders.csv"
        mine.write_bytes(b"mine")
        planted.symlink_to(mine) if kind == "link" else os.mkfifo(planted)
        os.chown(tmp_path, NOBODY.pw_uid + 1, -1)
        os.chown(planted, NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)
        with pytest.raises(Problem) as error:
            write_private(planted, b"orders")
        assert error.value.name.value == "not-writable"
        assert "another user" in error.value.summary
        assert mine.read_bytes() == b"mine"

    def test_a_link_of_the_users_own_is_followed(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o1777)
        (tmp_path / "link").symlink_to(tmp_path / "file")
        write_private(tmp_path / "link", b"orders")
        assert (tmp_path / "file").read_bytes() == b"orders"


class TestReadingWhatIsOurs:
    def test_a_folder_in_its_place_is_told_as_unreadable(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as error:
            read_private(tmp_path)
        assert (error.value.name.value, error.value.exit_code) == ("not-readable", Exit.CONFIGURATION)
        assert "cannot be read" in error.value.summary

    def test_what_is_not_there_is_left_to_who_asked(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            read_private(tmp_path / "nothing")


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(path.relative_to(Path.cwd())))  # a socket's address has about a hundred bytes


class TestWhatIsNoFile:
    """Whoever opens a pipe waits for its other end, which may never come."""

    @pytest.mark.parametrize(
        ("put", "kind"),
        [(pipe, "a pipe"), (listening, "a socket"), (Path.mkdir, "a folder")],
        ids=["pipe", "socket", "folder"],
    )
    def test_in_the_place_of_a_file_it_is_told_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path], None], kind: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "orders.db"
        put(path)
        held = Problem(ProblemName.FILE_IN_USE, file=path)
        secrets = SystemSecrets({f"{variable('shop', 'client-secret')}_FILE": str(path)}, find_home({}))
        uses: list[tuple[str, Callable[[], object]]] = [
            ("not-readable", lambda: read_private(path)),
            ("not-writable", lambda: write_private(path, b"new")),
            ("not-writable", lambda: overwrite_private(path, b"new")),
            ("not-writable", lambda: append_private(path, b"new")),
            ("not-writable", lock(path, held).__enter__),
            ("input-malformed", given_file(path).__enter__),
            ("database-unreachable", lambda: Database.open(path)),
            ("secret-file-unreadable", lambda: secrets.get("shop", "client-secret")),
            ("environment-invalid", lambda: trusted_certificates({"SSL_CERT_FILE": str(path)})),
        ]
        for name, use in uses:
            with pytest.raises(Problem) as error:
                use()
            assert error.value.name.value == name
            assert f"it is {kind}, not a file" in error.value.summary
        assert not path.is_file()

    def test_a_device_behind_a_link_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").symlink_to("/dev/zero")
        with pytest.raises(Problem) as error:
            read_private(tmp_path / "config.toml")
        assert "it is a device, not a file" in error.value.summary

    @pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
    def test_beside_an_order_book_it_is_told_too(self, tmp_path: Path, end: str) -> None:
        pipe(tmp_path / f"orders.db{end}")
        with pytest.raises(Problem) as error:
            Database.open(tmp_path / "orders.db")
        assert error.value.name.value == "database-unreachable"
        assert f"orders.db{end} cannot be opened: it is a pipe" in error.value.summary

    def test_the_open_pipe_that_a_shell_names_is_read(self) -> None:
        """`--from <(unzip -p shipments.zip)`."""
        reading, writing = os.pipe()
        os.write(writing, b"order,tracking")
        os.close(writing)
        with given_file(Path(f"/dev/fd/{reading}")) as file:
            assert file.read() == b"order,tracking"
        os.close(reading)


class TestAddingALine:
    def test_each_call_adds_a_line(self, tmp_path: Path) -> None:
        file = tmp_path / "log"
        append_private(file, b"one")
        append_private(file, "zwölf".encode())
        assert file.read_bytes() == "one\nzwölf\n".encode()
        assert mode_of(file) == 0o600

    def test_lines_of_several_processes_never_mix(self, tmp_path: Path) -> None:
        file = tmp_path / "log"
        code = (
            "import sys; from pathlib import Path; from amzlink.files.writing import append_private\n"
            "for _ in range(200): append_private(Path(sys.argv[1]), sys.argv[2].encode() * 500)"
        )
        writers = [subprocess.Popen([sys.executable, "-c", code, str(file), letter]) for letter in "abcd"]
        assert [writer.wait(300) for writer in writers] == [0] * 4
        lines = file.read_text().splitlines()
        assert sorted(lines) == sorted(letter * 500 for letter in "abcd" for _ in range(200))

    def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as error:
            append_private(tmp_path / "missing" / "log", b"line")
        assert error.value.name.value == "not-writable"


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [
        (errno.ENOSPC, "disk-full", Exit.DISK),
        (errno.EDQUOT, "disk-full", Exit.DISK),
        (errno.EIO, "disk-broken", Exit.DISK),
        (errno.EACCES, "not-writable", Exit.CANNOT_CREATE),
        (errno.EROFS, "not-writable", Exit.CANNOT_CREATE),
        (errno.ENOENT, "not-writable", Exit.CANNOT_CREATE),
    ],
)
def test_an_error_of_the_operating_system_is_named_for_what_it_is(number: int, name: str, code: Exit) -> None:
    problem = translate(OSError(number, os.strerror(number)), Path("/srv/orders.db"))
    assert (problem.name.value, problem.exit_code) == (name, code)
    assert "/srv/orders.db" in problem.summary


def test_a_problem_of_the_disk_can_be_shown_as_json() -> None:
    problem = translate(OSError(errno.ENOSPC, "No space left on device"), Path("/srv/orders.db"))
    assert json.loads(json.dumps(texts_of(problem)))["problem"] == "disk-full"


class TestWhatCannotBeLookedAt:
    def test_a_place_that_nobody_lets_us_look_at_may_be_a_home(self, tmp_path: Path) -> None:
        assert Home.is_at(tmp_path) is False
        assert Home.is_at(tmp_path / ("x" * 300)) is True

    def test_a_user_without_a_home_folder_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody(_: object) -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr("platformdirs.PlatformDirs.user_config_path", property(nobody))
        with pytest.raises(Problem, match="machine-incomplete"):
            find_home({})

    def test_a_disk_that_fails_while_a_file_is_read_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: Path) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(Path, "read_bytes", fail)
        with pytest.raises(Problem) as caught:
            read_private(tmp_path / "file")
        assert caught.value.name is ProblemName.DISK_BROKEN

    def test_a_system_without_locks_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def none(*_: object, **__: object) -> None:
            raise NotImplementedError("FileSystem does not appear to support flock")

        monkeypatch.setattr("filelock.FileLock.acquire", none)
        held = Problem(ProblemName.RUN_IN_PROGRESS, store="a", job="b")
        with pytest.raises(Problem, match="locking-unavailable"), lock(tmp_path / "lock", held):
            pass
