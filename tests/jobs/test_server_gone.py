"""Jobs whose order book is on a server that is gone, or goes in the middle: what is said, and that nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amzlink.core.diagnosis.checks import Check, Status
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.verify import VerifyOptions, verify
from amzlink.problems import ProblemName
from tests.support import books, postgres
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

pytestmark = [pytest.mark.needs_postgres, pytest.mark.parametrize("engine", ["postgresql"], indirect=True)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StoreOnSandbox]:
    made = store_on_sandbox(tmp_path, orders=30, destination="sendcloud")
    yield made
    open_to_all(url_of(made), to=True)  # so that it can be given back


def url_of(world: StoreOnSandbox) -> str:
    url = books.url_of(world.deps.home.database_file)
    assert url
    return url


def open_to_all(url: str, *, to: bool) -> None:
    """Let the server take connections to a database, or end all that there are and take none."""
    name = url.split("@/")[1].split("?", maxsplit=1)[0]
    if not to:
        postgres.end_connections(url)
    postgres.server().execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {to}")


class Going(httpx.BaseTransport):
    """The server goes while Amazon answers the first search."""

    def __init__(self, world: StoreOnSandbox) -> None:
        self._inner, self._url, self._is_gone = world.transport, url_of(world), False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._is_gone and request.url.path.endswith("/orders"):
            self._is_gone = True
            open_to_all(self._url, to=False)
        return self._inner.handle_request(request)


def bring(world: StoreOnSandbox) -> ImportReport:
    (report,) = import_orders(world.deps, [SLUG], ImportOptions())
    return report


def test_that_it_goes_in_the_middle_of_an_import_is_told_once_and_the_next_one_brings_all(
    world: StoreOnSandbox,
) -> None:
    usual = world.deps.transport
    world.deps.transport = Going(world)
    report = bring(world)
    assert report.problem
    assert report.problem.name is ProblemName.DATABASE_UNREACHABLE
    assert [warning.name for warning in world.reported.warnings] == []
    open_to_all(url_of(world), to=True)
    world.deps.transport = usual
    books.end_leases(world.deps.home.database_file)
    again = bring(world)
    assert again.problem is None
    assert again.tally.fetched > 20
    assert again.sent.sent > 0


def test_verify_names_it_and_says_nothing_of_what_could_not_be_asked_without_it(world: StoreOnSandbox) -> None:
    open_to_all(url_of(world), to=False)
    results = {result.id: result for result in verify(world.deps, SLUG, VerifyOptions()).results}
    assert [check for check, result in results.items() if result.status is Status.FAILED] == [Check.ORDER_BOOK]
    for check in (Check.ORDERS_ACCESS, Check.SENDCLOUD_ACCESS, Check.QUOTA, Check.VAULT):
        assert results[check].status is Status.SKIPPED
        assert "order book has to be put right" in results[check].summary
