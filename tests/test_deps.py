"""What the jobs work with, where the machine or the settings are not as they should be."""

from pathlib import Path

import pytest

from amzlink import deps
from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData
from amzlink.deps import Deps, _folders_of
from amzlink.jobs.check_weights import CheckOptions, check_weights, known_here
from amzlink.jobs.orders.numbers import exact_number, numbers_meant
from amzlink.jobs.privacy.purge import Purger, purge_in_passing
from amzlink.jobs.privacy.still_to_ship import goes_at_sendcloud
from amzlink.jobs.push_status import _known_between
from amzlink.problems import Problem, ProblemName, usage
from amzlink.run import StoreRun
from amzlink.secrets.memory import MemorySecrets
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0)


def test_settings_of_an_earlier_version_that_cannot_be_written_anew_are_used_all_the_same(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = world.deps.home.config_file
    before = file.read_text().replace('include_prime = "auto"', "include_prime = true")
    file.write_text(before)

    def refuse(*_: object) -> None:
        raise Problem(ProblemName.NOT_WRITABLE, file=file)

    monkeypatch.setattr(deps, "write_config", refuse)
    assert world.deps.load_config().stores[SLUG].include_prime != "auto"
    assert (file.read_text(), world.reported.warnings) == (before, [])


def test_folders_of_secrets_are_not_known_while_the_settings_cannot_be_read(world: StoreOnSandbox) -> None:
    folder_of = _folders_of(world.deps.home)
    assert folder_of(SLUG) is None
    world.deps.home.config_file.write_text("= broken")
    assert folder_of(SLUG) is None


def test_without_variables_calls_go_to_the_services_themselves(world: StoreOnSandbox) -> None:
    own = Deps({}, world.deps.home, MemorySecrets())
    assert own.sendcloud_urls() == ("https://panel.sendcloud.sc", "https://account.sendcloud.com")
    assert own.lwa_url().startswith("https://api.amazon.")


def test_a_lost_lease_is_what_is_behind_a_failure(world: StoreOnSandbox) -> None:
    class Lost:
        def check(self) -> None:
            raise Problem(ProblemName.LEASE_LOST, store=SLUG)

    with StoreRun(world.deps, SLUG) as run:
        failure = Problem(ProblemName.DISK_FULL, file="a")
        assert run.cause_of(failure) is failure
        run._leases.append(Lost())  # type: ignore[arg-type]
        assert run.cause_of(failure).name is ProblemName.LEASE_LOST


def test_a_beginning_of_an_order_number_counts_for_one_store_alone(world: StoreOnSandbox) -> None:
    with pytest.raises(Problem) as caught:
        numbers_meant(world.deps, [SLUG, "other"], ["302-1234567-1234567", "302-12"], "orders show")
    assert caught.value.facts["detail"] == usage.order_number_malformed(text="302-12")
    with pytest.raises(Problem) as caught:
        exact_number(world.deps, [SLUG], "302-1234567-123456X", "purge-pii")
    assert caught.value.facts["detail"] == usage.order_number_malformed(text="302-1234567-123456X", nearest=[])


def test_a_store_whose_settings_are_broken_has_no_copy_to_speak_of(world: StoreOnSandbox) -> None:
    assert goes_at_sendcloud(world.deps, ["broken", SLUG], "302-1234567-1234567", asked=True) is False


def test_of_products_that_nobody_knows_no_more_than_a_few_are_guessed_at(world: StoreOnSandbox) -> None:
    report = check_weights(world.deps, SLUG, CheckOptions(weights={f"NO-SUCH-{number}": 5 for number in range(25)}))
    assert len(report.refused) == 25
    assert {refusal.problem for refusal in report.refused} == {ProblemName.SKU_UNKNOWN}


def test_a_product_that_the_book_does_not_have_has_no_customs_data(world: StoreOnSandbox) -> None:
    sku = next(iter(world.sandbox.world.catalogue.by_sku))
    check_weights(world.deps, SLUG, CheckOptions(customs={sku: CustomsData(hs_code="610910")}))
    with known_here(world.deps, SLUG) as here:
        assert (here.customs(sku).hs_code, here.customs("NO-SUCH")) == ("610910", NO_CUSTOMS)


def test_the_order_book_is_opened_once_for_all_dates_with_two_readings(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Deps] = []
    database = Deps.database

    def counting(self: Deps) -> object:
        opened.append(self)
        return database(self)

    monkeypatch.setattr(Deps, "database", counting)
    with _known_between(world.deps, [SLUG], world.clock.now()) as between:
        assert opened == []
        assert [between("302-1234567-1234567"), between("302-7654321-7654321")] == [None, None]
    assert len(opened) == 1


def test_a_lease_that_is_lost_at_the_end_of_an_import_ends_the_run(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise Problem(ProblemName.LEASE_LOST, store=SLUG)

    monkeypatch.setattr(Purger, "purge", lost)
    with StoreRun(world.deps, SLUG) as run, pytest.raises(Problem, match="lease-lost"):
        purge_in_passing(run)
