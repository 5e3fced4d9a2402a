"""The address that is called after a run that went well."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.clock import SystemClock
from amzlink.config.file import read_config
from amzlink.config.settings import Notify
from amzlink.http.ping import ping
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.problems import Problem, ProblemName
from tests.support.network_ends import answering
from tests.support.world import SLUG, InProcess, StoreOnSandbox, store_on_sandbox


def call(url: str) -> None:
    ping(url, clock=SystemClock(), environ=os.environ)


def test_an_address_that_answers_is_called_once() -> None:
    with answering("200 OK", b"OK") as server:
        call(f"http://127.0.0.1:{server.port}/secret-id")
        assert [head.split(b"\r\n")[0] for head in server.heads] == [b"GET /secret-id HTTP/1.1"]


def test_a_redirect_is_not_followed_and_said() -> None:
    with answering("302 Found", b"", headers=["Location: http://127.0.0.1:1/elsewhere"]) as server:
        with pytest.raises(Problem, match="status 302"):
            call(f"http://127.0.0.1:{server.port}/x")
        assert len(server.heads) == 1


def test_a_refusal_names_host_and_status_and_not_the_address() -> None:
    with answering("404 Not Found") as server, pytest.raises(Problem) as caught:
        call(f"http://127.0.0.1:{server.port}/secret-id")
    assert caught.value.name is ProblemName.PING_FAILED
    assert "127.0.0.1 answered with status 404" in caught.value.summary
    assert "secret-id" not in f"{caught.value.summary}{caught.value.facts}"


def test_no_answer_is_told_with_its_reason() -> None:
    with pytest.raises(Problem) as caught:
        call("http://127.0.0.1:1/secret-id")
    assert "connect-refused" in caught.value.summary


@pytest.mark.parametrize(
    "host", ["ex\u00e4mple..com", f"{'a' * 70}.example", "[v1.a]", "h:import-orders", "h:99999"],
    ids=["idna", "long-label", "ip-future", "port-of-letters", "port-too-high"],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_told_without_the_rest_of_it(host: str) -> None:
    with pytest.raises(Problem) as caught:
        call(f"https://{host}/secret-id")
    assert caught.value.name is ProblemName.PING_FAILED
    assert "secret-id" not in f"{caught.value.summary}{caught.value.facts}"


@pytest.mark.parametrize(
    ("ping_to", "job", "address"),
    [
        (None, "import-orders", None),
        ("https://w/1", "import-orders", "https://w/1"),
        ("https://w/1", "push-status", None),
        ("https://w/{store}/{job}", "push-status", "https://w/my-shop/push-status"),
        ({"my-shop": "https://w/2"}, "import-orders", "https://w/2"),
        ({"other": "https://w/3"}, "import-orders", None),
    ],
)
def test_the_address_depends_on_store_and_job(ping_to: Any, job: str, address: str | None) -> None:
    assert Notify(ping=ping_to).ping_of("my-shop", job) == address


def test_an_address_that_others_could_read_is_refused_and_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[notify]\nping = { a = "http://watch.example/secret-id" }\n')
    with pytest.raises(Problem) as caught:
        read_config(file)
    assert "https" in caught.value.summary
    assert "secret-id" not in caught.value.summary


class Watched(httpx.BaseTransport):
    """The sandbox, and beside it an address that answers with the status that its query asks for."""

    def __init__(self, sandbox: InProcess) -> None:
        self._sandbox = sandbox
        self.pings: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "localhost":
            return self._sandbox.handle_request(request)
        self.pings.append(request.url.path)
        return httpx.Response(int(request.url.params.get("status", "200")), request=request)


class TestAfterARun:
    @pytest.fixture
    def world(self, tmp_path: Path) -> StoreOnSandbox:
        return store_on_sandbox(tmp_path, orders=3)

    def watched_at(self, world: StoreOnSandbox, address: str) -> Watched:
        file = world.deps.home.config_file
        file.write_text(f'{file.read_text()}\n[notify]\nping = "{address}"\n')
        world.deps.transport = watched = Watched(world.transport)
        return watched

    def test_a_good_import_calls_it_and_a_dry_run_does_not(self, world: StoreOnSandbox) -> None:
        watched = self.watched_at(world, "http://localhost:7/{store}")
        import_orders(world.deps, [SLUG], ImportOptions(dry_run=True))
        assert watched.pings == []
        import_orders(world.deps, [SLUG], ImportOptions())
        assert watched.pings == [f"/{SLUG}"]

    def test_one_that_failed_does_not(self, world: StoreOnSandbox) -> None:
        watched = self.watched_at(world, "http://localhost:7/{store}")
        world.sandbox.world.faults.switch(on=["client-secret-expired"])
        (report,) = import_orders(world.deps, [SLUG], ImportOptions())
        assert report.problem is not None
        assert watched.pings == []

    def test_where_it_fails_that_is_a_warning_and_the_run_counts(self, world: StoreOnSandbox) -> None:
        watched = self.watched_at(world, "http://localhost:7/{store}?status=503")
        (report,) = import_orders(world.deps, [SLUG], ImportOptions())
        assert report.problem is None
        assert len(watched.pings) == 1
        assert [problem.name for problem in world.reported.warnings] == [ProblemName.PING_FAILED]
