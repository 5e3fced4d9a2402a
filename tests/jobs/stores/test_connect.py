"""What connect knows before it asks, where the machine is not as it should be."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from amzlink.core.stores.draft import Draft, Service, State
from amzlink.files.home import find_home
from amzlink.jobs import connect
from amzlink.jobs.connect import ATLAS, offering_files, prove
from amzlink.jobs.diagnosis.alarms import succeeds_elsewhere
from amzlink.jobs.stores.save import keep
from amzlink.jobs.stores.secret_files import keep_in_files, usual_folder
from amzlink.jobs.stores.settings import SecretPlace, show_store
from amzlink.orderbook.leases import accounts
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Secret
from tests.jobs.stores.test_prove_amazon import answers_for, unconnected
from tests.orderbook.machine import NOBODY, needs_root
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


class BrokenFile(MemorySecrets):
    """The file that gives a secret cannot be read."""

    def get(self, slug: str, name: SecretName) -> Secret | None:
        raise Problem(ProblemName.NOT_READABLE, file="secret", detail="it is a folder")

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:
        raise Problem(ProblemName.NOT_READABLE, file="secret", detail="it is a folder")


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    world = store_on_sandbox(tmp_path, orders=0)
    world.deps.secrets = BrokenFile()
    return world


def test_a_file_that_gives_a_secret_and_cannot_be_read_is_no_missing_keyring(world: StoreOnSandbox) -> None:
    with pytest.raises(Problem, match="not-readable"):
        offering_files(world.deps, State(atlas=ATLAS, draft=Draft(wanted_slug=SLUG)))
    with pytest.raises(Problem, match="not-readable"):
        connect._is_kept(world.deps, SLUG, "client-secret")
    places = show_store(world.deps, SLUG).secrets
    assert places is not None
    assert set(places.values()) == {SecretPlace(None, ProblemName.NOT_READABLE)}


def test_who_has_named_a_folder_is_offered_none(world: StoreOnSandbox) -> None:
    state = State(atlas=ATLAS, draft=Draft(secrets_folder="/srv/keys"))
    assert offering_files(world.deps, state) is state


def test_a_secret_key_that_is_gone_since_it_was_kept_is_told(tmp_path: Path) -> None:
    deps = unconnected(tmp_path).deps
    state = prove(deps, State(atlas=ATLAS, slug=SLUG, draft=Draft(destination="sendcloud")), Service.SENDCLOUD)
    outcome = state.outcomes[Service.SENDCLOUD]
    assert getattr(outcome, "failure", None) is not None
    assert outcome.failure.name is ProblemName.SENDCLOUD_KEYS_MISSING  # type: ignore[union-attr]


def test_files_of_secrets_lie_beside_the_home_and_never_in_it(tmp_path: Path) -> None:
    home = find_home({"AMZLINK_HOME": str(tmp_path / "shop")})
    assert usual_folder(home) == tmp_path / "shop-keys"
    assert usual_folder(replace(home, root=None)) == Path.home() / ".amzlink-keys"


@needs_root
def test_a_folder_of_another_user_is_not_taken_for_secrets(world: StoreOnSandbox, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    with pytest.raises(Problem, match="another user"):
        keep_in_files(world.deps, str(folder))


def test_where_the_settings_cannot_be_read_nobody_is_known_to_succeed_elsewhere(world: StoreOnSandbox) -> None:
    world.deps.home.config_file.write_text("= broken")
    assert succeeds_elsewhere(world.deps, "import-orders", SLUG) is False


@pytest.mark.needs_postgres
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
class TestSharedBook:
    def test_other_machines_hear_whose_the_short_name_is(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=0)
        answers = answers_for(world, slug=SLUG)
        for _ in range(2):  # it can be connected again
            keep(world.deps, answers, verified=True)
        with world.deps.database() as database:
            assert list(accounts(database)) == [SLUG]

    def test_a_store_that_is_not_known_here_is_not_known_to_succeed_elsewhere(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=0)
        assert succeeds_elsewhere(world.deps, "import-orders", "no-such-store") is False
        assert succeeds_elsewhere(world.deps, "import-orders", SLUG) is False
