"""The command line on machines that lack something: a home, a stream, a usable variable, room on the disk."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from amzlink.core.diagnosis.checks import Check
from tests.orderbook.machine import common_folder, needs_root
from tests.support.world import SLUG, Shell, shell

NUMBER = 12345
"""A user that no list of users has, as containers run programs."""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("machine")) as found:
        yield found


def as_number(*words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command line as a user without a name and a home, loaded before it gives up root's rights."""
    code = (
        "import os, sys, tempfile; from contextlib import redirect_stdout; from amzlink.cli.main import run\n"
        "given = dict(os.environ)\n"
        "with tempfile.TemporaryDirectory() as home, open(os.devnull, 'w') as nowhere, redirect_stdout(nowhere):\n"
        "    os.environ['AMZLINK_HOME'] = home; run([*sys.argv[1:], '--json'])\n"
        "import platformdirs\n"
        "os.environ.clear(); os.environ.update(given)\n"
        f"os.setgroups([]); os.setgid({NUMBER}); os.setuid({NUMBER}); os.chdir('/')\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env=dict(environ or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@needs_root
class TestWithoutAHome:
    def test_the_machine_is_told_to_lack_one_and_which_variable_helps(self) -> None:
        ran = as_number("stores", "list", "--json")
        assert ran.returncode == 78
        error = json.loads(ran.stdout)["error"]
        assert error["problem"] == "machine-incomplete"
        assert str(NUMBER) in error["summary"]
        assert "AMZLINK_HOME" in error["next_step"]

    def test_that_variable_helps(self) -> None:
        with common_folder() as folder:
            folder.chmod(0o777)
            ran = as_number("stores", "list", environ={"AMZLINK_HOME": str(folder / "home")})
        assert ran.returncode == 0

    def test_verify_lists_its_checks_all_the_same(self) -> None:
        ran = as_number("verify", "--json")
        document = json.loads(ran.stdout)
        assert ran.returncode == 1
        assert [check["id"] for check in document["checks"]] == [check.value for check in Check]
        assert document["checks"][0]["problem"] == "machine-incomplete"


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "network"),
        ("HTTP_PROXY", "gopher://proxy", "network"),
        ("AMZLINK_LWA_URL", "http://elsewhere.example", "network"),
        ("AMZLINK_SPAPI_URL", "no address", "network"),
        ("AMZLINK_SECRET_DEMO_SHOP_VAULT_KEY_FILE", "~nobody-of-this-name/secret", "keyring"),
        ("AMZLINK_HOME", "~nobody-of-this-name/amzlink", "config"),
    ],
)
def test_a_variable_that_cannot_be_used_is_found_by_verify_and_by_the_job_alike(
    at: Shell, variable: str, value: str, check: str
) -> None:
    environ = {variable: value, "NO_PROXY": "other.example"}
    ran = at.run("verify", "--timeout", "4s", "--json", environ=environ)
    assert [each["id"] for each in ran.document["checks"]] == [each.value for each in Check]
    found = next(each for each in ran.document["checks"] if each["id"] == check)
    assert found["problem"] == "environment-invalid"
    assert variable in found["summary"]
    assert variable in found["next_step"]
    job = at.run("import-orders", "--json", environ=environ)
    told = job.document.get("error") or job.document["stores"][0]["error"]
    assert (job.code, told["problem"]) == (78, "environment-invalid")
    assert variable in told["summary"]


@pytest.mark.parametrize("no_proxy", ["127.0.0.1,fe80::/10", "[::1]", "127.0.0.1:*"])
def test_no_entry_of_no_proxy_stops_a_job(at: Shell, no_proxy: str) -> None:
    environ = {"NO_PROXY": no_proxy}
    assert at.run("import-orders", environ=environ).code == 0
    assert at.run("verify", "--timeout", "4s", "--json", environ=environ).document["ok"] is True


def closed(at: Shell, streams: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The command line with some of its streams closed, as a shell closes them."""
    line = f'exec "$0" -m amzlink "$@" {streams}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable, *words],
        env={"PATH": os.environ["PATH"], **at.environ},
        capture_output=True,
        timeout=300,
        check=False,
    )


class TestAMissingStream:
    @pytest.mark.parametrize("streams", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-", "2>/dev/full", "2</dev/null"])
    def test_is_no_terminal_and_the_job_runs(self, at: Shell, streams: str) -> None:
        runs = len(at.run("status", "--json").document["stores"])
        ran = closed(at, streams, "import-orders", "--since", "2d", "-v")
        assert ran.returncode == 0
        assert b"Traceback" not in ran.stdout + ran.stderr
        assert runs == 1

    def test_of_errors_costs_no_result(self, at: Shell) -> None:
        ran = closed(at, "2>&-", "stores", "list", "--json")
        assert (ran.returncode, json.loads(ran.stdout)["schema"]) == (0, 1)

    def test_of_results_leaves_the_messages(self, at: Shell) -> None:
        ran = closed(at, ">&-", "stores", "show", "--store", "other")
        assert ran.returncode == 78
        assert b"no-store" in ran.stderr

    def test_that_is_to_be_read_is_an_empty_file(self, at: Shell) -> None:
        ran = closed(at, "<&-", "push-status", "--from", "-", "--json")
        assert json.loads(ran.stdout)["error"]["problem"] == "input-malformed"
        assert ran.returncode == 65

    def test_is_no_place_for_a_question(self, at: Shell) -> None:
        ran = closed(at, "<&-", "disconnect")
        assert ran.returncode == 64
        assert b"--yes" in ran.stderr

    @pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-"])
    def test_hides_no_version(self, at: Shell, streams: str) -> None:
        assert closed(at, streams, "--version").returncode == 0

    def test_of_results_that_may_not_be_written_is_told(self, at: Shell) -> None:
        ran = closed(at, "1</dev/null", "stores", "list")
        assert ran.returncode == 73
        assert b"internal-error" not in ran.stderr


@pytest.fixture
def opened() -> Iterator[Callable[[Path, int], None]]:
    """Gives a file or folder other rights for the time of a test."""
    before: list[tuple[Path, int]] = []

    def change(path: Path, mode: int) -> None:
        before.append((path, stat.S_IMODE(path.stat().st_mode)))
        path.chmod(mode)

    yield change
    for path, mode in before:
        path.chmod(mode)


Open = Callable[[Path, int], None]


class TestWhatOtherUsersCanChange:
    @pytest.mark.parametrize(("where", "mode"), [("", 0o777), ("config", 0o777), ("config/config.toml", 0o666)])
    def test_settings_are_refused_and_verify_says_why(self, at: Shell, opened: Open, where: str, mode: int) -> None:
        opened(at.home / where, mode)
        ran = at.run("import-orders", "--json")
        error = ran.document["error"]
        assert (ran.code, error["problem"]) == (78, "writable-by-others")
        assert str(at.home / where) in error["next_step"]
        checks = at.run("verify", "--json").document["checks"]
        assert [check["id"] for check in checks] == [check.value for check in Check]
        assert (checks[0]["status"], checks[0]["problem"]) == ("failed", "writable-by-others")

    @pytest.mark.parametrize(("where", "mode"), [("", 0o770), ("data", 0o777), ("log", 0o775)])
    def test_other_folders_are_warned_of(self, at: Shell, opened: Open, where: str, mode: int) -> None:
        opened(at.home / where, mode)
        ran = at.run("verify", "--timeout", "4s", "--json")
        config = ran.document["checks"][0]
        assert (ran.code, config["status"], config["problem"]) == (0, "warning", "open-to-others")
        assert f"chmod 700 {at.home / where}" in config["next_step"]
        assert at.run("import-orders").code == 0

    @needs_root
    def test_a_config_folder_of_another_user_is_refused(self, at: Shell) -> None:
        os.chown(at.home / "config", NUMBER, NUMBER)
        try:
            ran = at.run("stores", "list", "--json")
        finally:
            os.chown(at.home / "config", 0, 0)
        assert (ran.code, ran.document["error"]["problem"]) == (78, "home-of-another-user")

    @pytest.fixture
    def secret(self, at: Shell, tmp_path: Path) -> tuple[Path, dict[str, str]]:
        """The file with the client secret, and the environment that names it."""
        file = tmp_path / "client-secret"
        file.write_text(at.addresses["credentials"]["client_secret"])
        name = "AMZLINK_SECRET_DEMO_SHOP_CLIENT_SECRET"
        return file, {name: "", f"{name}_FILE": str(file)}

    def test_a_secret_is_refused(self, at: Shell, secret: tuple[Path, dict[str, str]]) -> None:
        file, environ = secret
        file.chmod(0o666)
        ran = at.run("verify", "--timeout", "4s", "--json", environ=environ)
        keyring = next(check for check in ran.document["checks"] if check["id"] == "keyring")
        assert (keyring["status"], keyring["problem"]) == ("failed", "writable-by-others")
        assert f"chmod 600 {file}" in keyring["next_step"]

    @pytest.mark.parametrize("mode", [0o644, 0o604])
    def test_a_secret_that_others_can_read_is_warned_of(
        self, at: Shell, secret: tuple[Path, dict[str, str]], mode: int
    ) -> None:
        file, environ = secret
        file.chmod(mode)
        ran = at.run("verify", "--timeout", "4s", "--json", environ=environ)
        keyring = next(check for check in ran.document["checks"] if check["id"] == "keyring")
        assert (keyring["status"], keyring["problem"], ran.code) == ("warning", "readable-by-others", 0)
        assert str(file) in keyring["summary"]

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
    def test_a_secret_that_is_kept_well_is_fine(
        self, at: Shell, secret: tuple[Path, dict[str, str]], mode: int
    ) -> None:
        file, environ = secret
        file.chmod(mode)
        ran = at.run("verify", "--timeout", "4s", "--json", environ=environ)
        assert next(check for check in ran.document["checks"] if check["id"] == "keyring")["status"] == "ok"


class TestABundle:
    def test_never_takes_the_place_of_a_device(self, at: Shell) -> None:
        ran = at.run("verify", "--timeout", "4s", "--bundle", "/dev/full", "--json")
        assert ran.code == 74
        assert Path("/dev/full").is_char_device()

    @pytest.mark.parametrize("name", ["", " ", "-"])
    def test_without_a_name_is_a_usage_error(self, at: Shell, name: str) -> None:
        ran = at.run("verify", "--bundle", name, "--json")
        assert (ran.code, ran.document["error"]["problem"]) == (64, "usage")

    def test_goes_where_a_link_leads(self, at: Shell, tmp_path: Path) -> None:
        (tmp_path / "link.zip").symlink_to(tmp_path / "target.zip")
        assert at.run("verify", "--timeout", "4s", "--bundle", str(tmp_path / "link.zip")).code == 0
        assert (tmp_path / "link.zip").is_symlink()
        assert (tmp_path / "target.zip").stat().st_size > 0


def test_settings_and_results_go_where_links_lead(at: Shell, tmp_path: Path) -> None:
    file, kept = at.home / "config" / "config.toml", tmp_path / "config.toml"
    kept.write_bytes(file.read_bytes())
    kept.chmod(0o600)
    good = file.read_bytes()
    file.unlink()
    file.symlink_to(kept)
    try:
        assert at.run("stores", "set", "ship_by_guard_hours=3").code == 0
        assert file.is_symlink()
        assert b"ship_by_guard_hours = 3" in kept.read_bytes()
    finally:
        file.unlink()
        file.write_bytes(good)
        file.chmod(0o600)
    (tmp_path / "link.csv").symlink_to(tmp_path / "orders.csv")
    assert at.run("orders", "export", "--output", str(tmp_path / "link.csv")).code == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "orders.csv").stat().st_size > 0


def test_a_lock_that_is_a_link_stops_nothing(at: Shell, tmp_path: Path) -> None:
    lock = at.home / "state" / "locks" / f"{SLUG}.import-orders.lock"
    lock.unlink(missing_ok=True)
    lock.symlink_to(tmp_path / "lock")
    assert at.run("import-orders").code == 0
    assert lock.is_symlink()
