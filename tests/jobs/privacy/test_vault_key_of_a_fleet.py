"""One order book for several machines, and a vault key that each has for itself."""

import functools
from datetime import date
from pathlib import Path

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.core.diagnosis.checks import Check, Status
from amzlink.jobs.diagnosis.machine import check_vault
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.privacy.purge import PurgeOptions
from amzlink.jobs.purge_pii import purge_pii
from amzlink.jobs.stores.save import choose_slug, vault_fault
from amzlink.orderbook.privacy.boxes import note_chains, sample_boxes, sealed_marks
from amzlink.problems import Problem
from amzlink.run import StoreRun
from amzlink.store_locks import store_lease
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

# On SQLite, that is where the machines begin: the test itself puts both on one server.
pytestmark = [pytest.mark.needs_postgres, pytest.mark.on_sqlite]


@pytest.fixture
def machines(tmp_path: Path) -> tuple[StoreOnSandbox, StoreOnSandbox]:
    """The second is connected like the first, and works with the first one's book."""
    from tests.support import postgres

    url = postgres.new_database()
    one, two = (store_on_sandbox(tmp_path / name, orders=12, test=True) for name in ("one", "two"))
    for machine in (one, two):
        file = machine.deps.home.config_file
        file.write_text(f'{file.read_text()}\n[database]\nurl = "{url}"\n')
    assert import_orders(one.deps, [SLUG], ImportOptions())[0].problem is None
    return one, two


def test_a_key_of_one_machine_alone_is_found_before_anything_is_destroyed(
    machines: tuple[StoreOnSandbox, StoreOnSandbox],
) -> None:
    one, two = machines
    warned = check_vault(one.deps, SLUG)
    assert (warned.id, warned.status) == (Check.VAULT, Status.WARNING)
    assert warned.problem is not None
    assert warned.problem.name.value == "vault-key-not-shared"
    assert vault_fault(one.deps, SLUG) is not None

    with pytest.raises(Problem, match="vault-key-missing") as caught:
        check_vault(two.deps, SLUG)
    assert "explain fleet" in caught.value.next_step
    fault = vault_fault(two.deps, SLUG)
    assert fault is not None
    assert fault.name.value == "vault-key-missing"
    with two.deps.book(SLUG) as book:
        floor = sealed_marks(book).floor
    two.clock.advance(60 * 86400)
    (report,) = purge_pii(two.deps, [SLUG], PurgeOptions())
    assert report.problem is not None
    assert report.problem.name.value == "vault-key-missing"
    with two.deps.book(SLUG) as book:
        assert sample_boxes(book, 3)
        assert sealed_marks(book).floor == floor
    assert two.deps.secrets.get(SLUG, "vault-key") is None, "no second key over sealed rows"


def test_two_keys_begun_at_the_same_time_are_found_before_anything_is_kept(
    machines: tuple[StoreOnSandbox, StoreOnSandbox],
) -> None:
    with machines[0].deps.book(SLUG) as book:
        with book.writing() as connection:
            note_chains(connection, SLUG, {"2027-01": "one"})
        with pytest.raises(Problem, match="vault-key-missing"), book.writing() as connection:
            note_chains(connection, SLUG, {"2027-01": "another", "2027-02": "new"})
        assert sealed_marks(book).chain_ids["2027-01"] == "one"
        assert "2027-02" not in sealed_marks(book).chain_ids


def test_only_one_machine_at_a_time_changes_a_key(machines: tuple[StoreOnSandbox, StoreOnSandbox]) -> None:
    one, two = machines
    with store_lease(one.deps, SLUG, "vault-key"), StoreRun(one.deps, SLUG) as run, pytest.raises(Problem) as caught:
        run.sealed.move_floor(date(2027, 1, 1))
    assert caught.value.name.value == "run-in-progress"
    assert two.clock.slept == []
    assert one.clock.slept


def test_a_second_machine_takes_the_short_name_that_the_account_has(
    machines: tuple[StoreOnSandbox, StoreOnSandbox],
) -> None:
    one, two = machines
    store = one.deps.load_config().stores[SLUG]
    two.deps.save_config(two.deps.load_config().without_store(SLUG))
    marketplace = BY_COUNTRY[store.country]
    same = functools.partial(choose_slug, two.deps, seller_id=store.seller_id, marketplace=marketplace)
    assert same(None, name="Another name") == same(SLUG, name="Another name") == SLUG
    with pytest.raises(Problem, match="connected already as the store"):
        same("other", name="Other")
    stranger = functools.partial(choose_slug, two.deps, seller_id="A9STRANGER", marketplace=marketplace)
    assert stranger(None, name="Demo Shop") != SLUG
    with pytest.raises(Problem, match="Another machine has connected"):
        stranger(SLUG, name="Demo Shop")
