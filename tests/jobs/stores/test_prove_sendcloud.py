"""What the live check of Sendcloud's keys proves, and what it leaves open, against the sandbox."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.core.diagnosis.proof import Proof
from amzlink.jobs.stores.answers import SendcloudKeys
from amzlink.jobs.stores.prove import prove_sendcloud
from amzlink.jobs.stores.save import keep
from amzlink.problems import Problem
from amzlink.secrets.store import Secret
from tests.jobs.stores.test_prove_amazon import answers_for, unconnected
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def link_for(world: StoreOnSandbox, **others: Any) -> SendcloudKeys:
    credentials = world.sandbox.world.account.credentials()
    secret = Secret(credentials["sendcloud_secret_key"], "memory")
    return replace(SendcloudKeys(credentials["sendcloud_public_key"], secret), **others)


def prove(world: StoreOnSandbox, **others: Any) -> Proof:
    return prove_sendcloud(world.deps, "my-shop", link_for(world, **others))


def failure(world: StoreOnSandbox, **others: Any) -> Problem:
    problem = prove(world, **others).failure
    assert problem is not None
    return problem


def own_integration(world: StoreOnSandbox) -> int:
    number: int = world.sandbox.world.account.credentials()["sendcloud_integration_id"]
    return number


class WithoutList(httpx.BaseTransport):
    """The sandbox, but for a list of integrations that these keys may not see."""

    def __init__(self, sandbox: httpx.BaseTransport) -> None:
        self._sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/integrations"):
            return httpx.Response(403, json={"errors": [{"status": "403", "code": "forbidden", "detail": "no"}]})
        return self._sandbox.handle_request(request)


class TestGoodKeys:
    def test_tell_their_integration_in_two_calls(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        proof = prove(world)
        assert proof.integration_id == own_integration(world)
        assert [finding.standing for finding in proof.findings] == ["proved", "proved"]
        assert proof.warnings == ()
        assert world.sandbox.world.count_calls() == {
            "sendcloud/user_auth_metadata": 1, "sendcloud/list_integrations": 1,
        }  # fmt: skip

    def test_may_send_into_another_integration_that_is_named(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        other = world.sandbox.world.sendcloud.add_integration("api", "Other shop")
        assert prove(world, integration_id=other.id).integration_id == other.id

    @pytest.mark.parametrize(
        ("feedback", "trigger"), [("eager", "announced"), ("delayed", "processed"), ("none", None)]
    )
    def test_tell_the_moment_that_the_merchant_has_chosen_there(
        self, tmp_path: Path, feedback: str, trigger: str | None
    ) -> None:
        world = unconnected(tmp_path)
        world.sandbox.world.sendcloud.integrations[0].feedback_type = feedback
        assert prove(world).trigger == trigger

    def test_that_may_not_list_integrations_leave_theirs_unchecked(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.transport = WithoutList(world.transport)
        proof = prove(world)
        assert proof.integration_id == own_integration(world)
        assert [finding.standing for finding in proof.findings] == ["proved", "not checked"]

    def test_by_oauth_are_told_as_such(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=("sendcloud-oauth-only",))
        assert "OAuth2" in prove(world).findings[0].subject

    @pytest.mark.parametrize("kind", ["amazon", "amazon_v2"])
    def test_are_good_beside_sendclouds_own_link_with_amazon_which_is_a_warning(
        self, tmp_path: Path, kind: str
    ) -> None:
        world = unconnected(tmp_path)
        other = world.sandbox.world.sendcloud.add_integration(kind, "At Amazon")
        [warning] = prove(world).warnings
        assert warning.name.value == "sendcloud-amazon-active"
        assert str(other.id) in warning.summary
        assert "At Amazon" not in warning.summary


class TestFailures:
    @pytest.mark.parametrize("number", [4711, "of another kind"])
    def test_an_integration_that_takes_no_orders_is_named(self, tmp_path: Path, number: int | str) -> None:
        world = unconnected(tmp_path)
        wanted = world.sandbox.world.sendcloud.neighbour.id if isinstance(number, str) else number
        problem = failure(world, integration_id=wanted)
        assert problem.name.value == "sendcloud-integration-missing"
        assert str(wanted) in problem.summary

    def test_keys_of_a_store_that_is_not_connected_yet_are_not_renewed_but_given(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        problem = failure(world, secret_key=Secret("0" * 32, "memory"))
        assert problem.name.value == "sendcloud-credentials"
        assert "`amzlink connect`" in problem.next_step


class TestKeeping:
    def test_stores_the_secret_key_with_the_other_secrets_and_the_rest_in_the_settings(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        link = link_for(world, integration_id=own_integration(world))
        store = keep(world.deps, answers_for(world, sendcloud=link, purge_destination=True), verified=True).store
        assert (store.destination, store.purge_destination) == ("sendcloud", True)
        assert (store.sendcloud_public_key, store.sendcloud_integration_id) == (link.public_key, link.integration_id)
        kept = world.deps.secrets.get("my-shop", "sendcloud-secret-key")
        assert kept is not None
        assert kept.reveal() == link.secret_key.reveal()

    def test_of_a_store_without_it_leaves_its_keys_for_another_day(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, test=True, destination="sendcloud", purge_destination=True)
        before = world.deps.load_config().stores[SLUG]
        store = keep(world.deps, answers_for(world, slug=SLUG), verified=True).store
        assert store.destination == "none"
        assert store.purge_destination
        assert store.sendcloud_public_key == before.sendcloud_public_key
        assert world.deps.secrets.get(SLUG, "sendcloud-secret-key")
