"""The check `keyring` looks for what the store needs, and for nothing else."""

from pathlib import Path

import pytest

from amzlink.jobs.diagnosis.machine import check_keyring
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Secret, require
from tests.support.world import SLUG, store_on_sandbox


class FilesForAmazonAlone(MemorySecrets):
    """A machine without a keyring, on which Sendcloud's secret has no file."""

    def get(self, slug: str, name: SecretName) -> Secret | None:
        if name == "sendcloud-secret-key":
            raise Problem(ProblemName.KEYRING_UNAVAILABLE, detail="there is none")
        return super().get(slug, name)


def test_sendclouds_secret_is_looked_for_only_where_orders_go_there(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=0)
    without = FilesForAmazonAlone()
    amazons: tuple[SecretName, ...] = ("client-secret", "refresh-token")
    for name in amazons:
        without.set(SLUG, name, require(world.deps.secrets, SLUG, name).reveal())
    world.deps.secrets = without
    assert check_keyring(world.deps, SLUG, sends=False).problem is None
    with pytest.raises(Problem, match="keyring-unavailable"):
        check_keyring(world.deps, SLUG, sends=True)
