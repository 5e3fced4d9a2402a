"""Disconnecting: what goes, what stays, and what happens when something is in the way."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.core.privacy.retention import Rule
from amzlink.files.writing import write_private
from amzlink.jobs.disconnect import disconnect
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.stores.save import choose_slug
from amzlink.jobs.stores.settings import set_default
from amzlink.orderbook.privacy.purges import destroy, kept_orders
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import NAMES, SecretName
from amzlink.secrets.store import Secret
from amzlink.secrets.system import SystemSecrets
from amzlink.store_locks import store_lock
from tests.orderbook.machine import fill, tiny_disk
from tests.support import books
from tests.support.destination import NONE, Destination
from tests.support.purges import archive_in, purges
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox
from tests.test_secrets import DictKeyring, FailingKeyring, keyring_error


class LockedKeyring(MemorySecrets):
    """Can be read, but nothing can be removed from it."""

    def delete(self, slug: str, name: SecretName) -> None:
        raise Problem(ProblemName.KEYRING_LOCKED, detail="it was not unlocked", slug=slug, name=name)


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """A store with imported orders."""
    world = store_on_sandbox(tmp_path, orders=60, test=True)
    bring_orders(world)
    return world


def bring_orders(world: StoreOnSandbox) -> None:
    (report,) = import_orders(world.deps, [SLUG], ImportOptions(since=world.clock.now() - timedelta(days=700)))
    assert report.problem is None


def count(world: StoreOnSandbox, table: str) -> int:
    ((found,),) = books.execute(world.deps.home.database_file, f"SELECT count(*) FROM {table} WHERE store = ?", SLUG)
    return int(found)


def test_everything_of_the_store_goes(world: StoreOnSandbox) -> None:
    set_default(world.deps, SLUG)
    sealed = count(world, "sealed")
    done = disconnect(world.deps, SLUG, keep_orders=False)
    assert done.purged == sealed > 0
    assert [world.deps.secrets.get(SLUG, name) for name in NAMES] == [None] * len(NAMES)
    assert [count(world, table) for table in ("sealed", "orders", "order_lines", "vault_chains")] == [0, 0, 0, 0]
    config = world.deps.load_config()
    assert (config.stores, config.default_store) == ({}, None)


def test_kept_orders_have_nothing_personal_left(world: StoreOnSandbox) -> None:
    orders = count(world, "orders")
    done = disconnect(world.deps, SLUG, keep_orders=True)
    assert done.kept_orders
    assert count(world, "orders") == orders
    assert count(world, "sealed") == 0
    assert world.deps.secrets.get(SLUG, "vault-key") is None


def test_another_store_is_left_alone(world: StoreOnSandbox) -> None:
    config = world.deps.load_config()
    world.deps.save_config(config.with_store("other", config.stores[SLUG]))
    world.deps.secrets.set("other", "client-secret", "x")
    disconnect(world.deps, SLUG, keep_orders=False)
    assert set(world.deps.load_config().stores) == {"other"}
    assert world.deps.secrets.get("other", "client-secret") is not None


def test_a_store_can_be_connected_and_filled_again(world: StoreOnSandbox) -> None:
    """With its orders kept: the way out when the vault's key is lost."""
    store = world.deps.load_config().stores[SLUG]
    app = world.sandbox.world.account.app
    disconnect(world.deps, SLUG, keep_orders=True)
    world.deps.save_config(world.deps.load_config().with_store(SLUG, store))
    world.deps.secrets.set(SLUG, "client-secret", app.client_secret)
    world.deps.secrets.set(SLUG, "refresh-token", app.refresh_token)
    bring_orders(world)
    ((order_id,),) = books.execute(world.deps.home.database_file, "SELECT order_id FROM sealed LIMIT 1")
    assert show_order(world.deps, SLUG, order_id, with_personal=True).personal is not None


def test_a_store_in_which_another_job_is_at_work_is_left_as_it_is(world: StoreOnSandbox) -> None:
    with store_lock(world.deps, SLUG, "import-orders"), pytest.raises(Problem, match="run-in-progress"):
        disconnect(world.deps, SLUG, keep_orders=False)
    assert world.deps.secrets.get(SLUG, "client-secret") is not None
    assert SLUG in world.deps.load_config().stores


@pytest.mark.on_sqlite  # on a server a run waits for others' locks alone: test_postgresql.py has these
def test_while_another_program_holds_the_database_nothing_is_changed(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amzlink.orderbook.sqlite._BUSY_MILLISECONDS", 100)
    secrets = [world.deps.secrets.get(SLUG, name) for name in NAMES]
    sealed = count(world, "sealed")
    other = sqlite3.connect(world.deps.home.database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Problem) as refused:
        disconnect(world.deps, SLUG, keep_orders=False)
    other.close()
    assert refused.value.name is ProblemName.DATABASE_UNREACHABLE
    assert [world.deps.secrets.get(SLUG, name) is None for name in NAMES] == [secret is None for secret in secrets]
    assert count(world, "sealed") == sealed > 0
    assert SLUG in world.deps.load_config().stores
    disconnect(world.deps, SLUG, keep_orders=False)
    assert SLUG not in world.deps.load_config().stores


@pytest.mark.needs("mount")
def test_where_the_settings_cannot_be_written_nothing_is_changed(world: StoreOnSandbox, tmp_path: Path) -> None:
    with tiny_disk(tmp_path, 64) as disk:
        file = world.deps.home.config_file
        shutil.move(file, disk / "config.toml")
        file.symlink_to(disk / "config.toml")
        fill(disk)
        with pytest.raises(Problem) as refused:
            disconnect(world.deps, SLUG, keep_orders=False)
        assert refused.value.name is ProblemName.DISK_FULL
        assert world.deps.secrets.get(SLUG, "vault-key") is not None
        assert count(world, "sealed") > 0


def test_a_locked_keyring_keeps_the_store_but_not_its_buyers_data(world: StoreOnSandbox) -> None:
    world.deps.secrets = LockedKeyring()
    with pytest.raises(Problem, match="keyring-locked"):
        disconnect(world.deps, SLUG, keep_orders=False)
    assert count(world, "sealed") == 0
    assert SLUG in world.deps.load_config().stores
    world.deps.secrets = MemorySecrets()
    disconnect(world.deps, SLUG, keep_orders=False)
    assert world.deps.load_config().stores == {}


def test_without_the_archive_that_the_settings_want_nothing_goes(world: StoreOnSandbox, tmp_path: Path) -> None:
    class Locked(MemorySecrets):
        def get(self, slug: str, name: SecretName) -> Secret | None:
            if name == "vault-key":
                raise Problem(ProblemName.KEYRING_LOCKED, detail="it was not unlocked", slug=slug, name=name)
            return super().get(slug, name)

    folder = archive_in(world, tmp_path)
    world.deps.secrets, sealed = Locked(), count(world, "sealed")
    with pytest.raises(Problem, match="keyring-locked"):
        disconnect(world.deps, SLUG, keep_orders=False)
    assert (count(world, "sealed"), list(folder.iterdir())) == (sealed, [])


class TestItsNameAfterwards:
    """Orders that were kept are the account's that they came from: no other may come under their name."""

    def choose(self, world: StoreOnSandbox, wanted: str | None = SLUG, **others: Any) -> str:
        seller_id = world.sandbox.world.account.seller_id
        account = {"name": "Demo Shop", "seller_id": seller_id, "marketplace": BY_COUNTRY["DE"], **others}
        return choose_slug(world.deps, wanted, **account)

    @pytest.mark.parametrize("other", [{"seller_id": "A3TH9S8BH6GOGM"}, {"marketplace": BY_COUNTRY["US"]}])
    def test_another_account_is_refused_and_given_the_next_name(
        self, world: StoreOnSandbox, other: dict[str, Any]
    ) -> None:
        disconnect(world.deps, SLUG, keep_orders=True)
        with pytest.raises(Problem) as caught:
            self.choose(world, **other)
        assert caught.value.name.value == "usage"
        assert f"orders of another account under the name {SLUG}" in caught.value.summary
        assert self.choose(world, None, **other) == f"{SLUG}-2"
        assert self.choose(world, "another-name", **other) == "another-name"

    def test_the_same_account_takes_it_and_finds_its_orders(self, world: StoreOnSandbox) -> None:
        orders = count(world, "orders")
        disconnect(world.deps, SLUG, keep_orders=True)
        assert self.choose(world) == SLUG
        assert self.choose(world, None) == SLUG
        assert count(world, "orders") == orders

    def test_a_real_stores_is_not_a_test_stores(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=0, test=False)
        disconnect(world.deps, SLUG, keep_orders=True)
        with pytest.raises(Problem, match="usage"):
            self.choose(world)
        assert self.choose(world, None) == f"{SLUG}-2"

    def test_without_its_orders_it_is_anybodys(self, world: StoreOnSandbox) -> None:
        store = world.deps.load_config().stores[SLUG]
        disconnect(world.deps, SLUG, keep_orders=True)
        world.deps.save_config(world.deps.load_config().with_store(SLUG, store))
        disconnect(world.deps, SLUG, keep_orders=False)
        assert self.choose(world, seller_id="A3TH9S8BH6GOGM") == SLUG
        assert count(world, "orders") == count(world, "former_stores") == 0


class TestTheArchive:
    """What tax needs is written first, where the settings want it: a disconnection is a purge too."""

    @pytest.fixture
    def folder(self, world: StoreOnSandbox, tmp_path: Path) -> Path:
        return archive_in(world, tmp_path)

    def test_is_written_before_anything_goes(self, world: StoreOnSandbox, folder: Path) -> None:
        sales = set(self.sales(world))
        done = disconnect(world.deps, SLUG, keep_orders=False)
        assert done.archive is not None
        assert [done.archive] == list(folder.iterdir())
        assert done.archived == len(sales) > 0
        with world.deps.book(SLUG) as book:
            (record,) = [each for each in purges(book) if each.job == "disconnect"]
        assert (record.orders, record.archived) == (done.purged, done.archived)

    @pytest.mark.parametrize("keep_orders", [True, False])
    def test_where_it_cannot_be_written_the_store_stays_as_it_is(
        self, world: StoreOnSandbox, folder: Path, keep_orders: bool
    ) -> None:
        folder.rmdir()
        before = {table: count(world, table) for table in ("sealed", "orders", "tombstones", "purges")}
        with pytest.raises(Problem, match="archive-folder-missing"):
            disconnect(world.deps, SLUG, keep_orders=keep_orders)
        assert {table: count(world, table) for table in before} == before
        assert world.deps.secrets.get(SLUG, "vault-key") is not None
        assert world.deps.secrets.get(SLUG, "client-secret") is not None
        assert SLUG in world.deps.load_config().stores

    def test_of_what_nobody_can_open_nothing_is_written(self, world: StoreOnSandbox, folder: Path) -> None:
        world.deps.secrets.delete(SLUG, "vault-key")
        done = disconnect(world.deps, SLUG, keep_orders=False)
        assert (done.archived, done.archive, list(folder.iterdir())) == (0, None, [])
        assert done.purged > 0

    def test_of_a_store_without_personal_data_nothing_is_written(self, world: StoreOnSandbox, folder: Path) -> None:
        with world.deps.book(SLUG) as book:
            destroy(book, dict.fromkeys(self.everything(world), Rule.REQUESTED), [], world.clock.now())
        done = disconnect(world.deps, SLUG, keep_orders=True)
        assert (done.purged, done.archived, list(folder.iterdir())) == (0, 0, [])

    def everything(self, world: StoreOnSandbox) -> list[str]:
        with world.deps.book(SLUG) as book:
            return [entry.order_id for chunk in kept_orders(book) for entry in chunk]

    def sales(self, world: StoreOnSandbox) -> list[str]:
        with world.deps.book(SLUG) as book:
            return [entry.order_id for chunk in kept_orders(book) for entry in chunk if entry.is_sale]


@pytest.mark.parametrize("keep_orders", [True, False])
def test_copies_at_sendcloud_are_counted(tmp_path: Path, keep_orders: bool) -> None:
    """Its interface is not asked to delete them: the keys of the store go."""
    at = Destination(tmp_path, orders=NONE, test=True)
    ids = at.add(2)
    at.run()
    at.run()
    assert set(ids) <= set(at.stored())
    done = disconnect(at.world.deps, SLUG, keep_orders=keep_orders)
    assert (done.purged, done.copies_left) == (2, 2)


class TestAMachineWithoutAKeyring:
    def environ(self, tmp_path: Path) -> dict[str, str]:
        return {
            "AMZLINK_SECRET_DEMO_SHOP_CLIENT_SECRET": "x",
            "AMZLINK_SECRET_DEMO_SHOP_REFRESH_TOKEN_FILE": str(tmp_path / "token"),
            "AMZLINK_SECRET_DEMO_SHOP_VAULT_KEY_FILE": str(tmp_path / "vault"),
        }

    def test_can_disconnect_and_is_told_what_it_gives_itself(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        (tmp_path / "vault").write_text("key")
        write_private(tmp_path / "token", b"y")
        failing = FailingKeyring(keyring_error("NoKeyringError"))
        world.deps.secrets = SystemSecrets(self.environ(tmp_path), world.deps.home, keyring=failing)
        done = disconnect(world.deps, SLUG, keep_orders=False)
        assert done.still_given == (
            "AMZLINK_SECRET_DEMO_SHOP_CLIENT_SECRET",
            "AMZLINK_SECRET_DEMO_SHOP_REFRESH_TOKEN",
        )
        assert done.files_left == (tmp_path / "token",)
        assert not (tmp_path / "vault").exists()
        assert world.deps.load_config().stores == {}

    def test_that_had_one_has_to_open_it(self, world: StoreOnSandbox) -> None:
        failing = FailingKeyring(keyring_error("NoKeyringError"))
        world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=failing)
        with pytest.raises(Problem, match="keyring-unavailable"):
            disconnect(world.deps, SLUG, keep_orders=False)
        assert SLUG in world.deps.load_config().stores

    def test_leaves_nothing_in_a_keyring_that_is_there(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        keyring = DictKeyring()
        world.deps.secrets = SystemSecrets({}, world.deps.home, keyring=keyring)
        for name in NAMES:
            world.deps.secrets.set(SLUG, name, "x")
        disconnect(world.deps, SLUG, keep_orders=False)
        assert keyring.values == {}
