"""The command line on machines that lack something: a home, a stream, a usable variable, room on the disk."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from amzlink.core.diagnosis.checks import Check
from tests.orderbook.machine import common_folder, needs_root
from tests.support.world import Shell, shell

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
        timeout=60,
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
        timeout=120,
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
