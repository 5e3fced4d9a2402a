"""What the live check proves, and what it calls “not checked”, against the sandbox."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY, BY_ID
from amzlink.config import Config
from amzlink.jobs.connect_proof import Answers, Proof, Standing, prove
from amzlink.problems import Problem
from amzlink.secrets import MemorySecrets, Secret
from tests.support.world import StoreOnSandbox, store_on_sandbox


def unconnected(folder: Path, **sandbox: Any) -> StoreOnSandbox:
    """A sandbox, and a home in which no store is connected yet."""
    world = store_on_sandbox(folder, **sandbox)
    world.deps.save_config(Config())
    world.deps.secrets = MemorySecrets()
    return world


def answers_for(world: StoreOnSandbox, **others: Any) -> Answers:
    """The right answers, but for the `others`."""
    credentials = world.sandbox.world.account.credentials()
    right = Answers(
        slug="my-shop",
        name="My Shop",
        marketplaces=tuple(BY_ID[marketplace_id] for marketplace_id in credentials["marketplace_ids"]),
        seller_id=credentials["seller_id"],
        client_id=credentials["client_id"],
        client_secret=Secret(credentials["client_secret"], "memory"),
        refresh_token=Secret(credentials["refresh_token"], "memory"),
    )
    return replace(right, **others)


def standings(proof: Proof) -> dict[str, str]:
    return {finding.subject: finding.standing.value for finding in proof.findings}


def refusal(world: StoreOnSandbox, **others: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        prove(world.deps, answers_for(world, **others))
    return caught.value


ALL_PROVED = {
    "Client id, client secret and refresh token": "proved",
    "Region Europe": "proved",
    "Reading orders": "proved",
    "Names and addresses": "proved",
    "Selling in France, Germany, Netherlands, Poland": "proved",
    "Seller ID": "proved",
    "Reading listings": "proved",
}


class TestAGoodLink:
    def test_is_proved_in_every_part(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        proof = prove(world.deps, answers_for(world))
        assert standings(proof) == ALL_PROVED
        assert [marketplace.country for marketplace in proof.selling_in or ()] == ["DE", "FR", "NL", "PL"]

    def test_costs_one_call_of_each_slow_kind(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        prove(world.deps, answers_for(world))
        calls = world.sandbox.world.count_calls()
        assert (calls["searchOrders"], calls["getMarketplaceParticipations"], calls["searchListingsItems"]) == (1, 1, 1)

    def test_is_proved_under_the_real_quotas_too(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, quota="real")
        assert standings(prove(world.deps, answers_for(world))) == ALL_PROVED
        assert world.clock.slept == []

    def test_stores_nothing(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        prove(world.deps, answers_for(world))
        assert world.deps.load_config().stores == {}
        assert world.deps.secrets.get("my-shop", "client-secret") is None

    def test_without_weights_needs_no_role_for_listings(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=["role-missing-listings"])
        proof = prove(world.deps, answers_for(world, import_weights=False))
        assert standings(proof)["Seller ID"] == "not checked"
        assert "Reading listings" not in standings(proof)

    def test_of_an_app_that_may_not_see_participations_is_no_worse(self, tmp_path: Path) -> None:
        """In Europe and North America the role that opens orders does not open that call."""
        world = unconnected(tmp_path, faults=["role-missing-participations"])
        proof = prove(world.deps, answers_for(world))
        subject = "Selling in France, Germany, Netherlands, Poland"
        assert standings(proof) == {**ALL_PROVED, subject: "not checked"}
        assert proof.selling_in is None

    def test_without_open_orders_leaves_names_and_addresses_unchecked(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, orders=0, faults=["role-missing-pii"])
        assert standings(prove(world.deps, answers_for(world)))["Names and addresses"] == "not checked"

    def test_with_suspended_listings_is_proved_with_a_warning(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=["listings-suspended"])
        proof = prove(world.deps, answers_for(world))
        warnings = [finding for finding in proof.findings if finding.standing is Standing.WARNING]
        assert [finding.subject for finding in warnings] == ["Listings in France, Germany, Netherlands, Poland"]
        assert "holiday" in warnings[0].note


class TestAProvenFailure:
    @pytest.mark.parametrize(
        "name",
        [
            "client-unknown",
            "client-secret-expired",
            "authorisation-revoked",
            "app-mismatch",
            "access-token-rejected",
            "region-mismatch",
            "role-missing-orders",
            "role-missing-pii",
            "role-missing-listings",
            "not-participating",
        ],
    )
    def test_is_named_as_what_it_is(self, tmp_path: Path, name: str) -> None:
        problem = refusal(unconnected(tmp_path, faults=[name]))
        assert problem.name.value == name
        assert "https://sellercentral-europe.amazon.com" in problem.next_step or name in (
            "region-mismatch",
            "not-participating",
        )

    def test_of_everything_at_once_is_not_given_a_cause_that_amazon_does_not_tell(self, tmp_path: Path) -> None:
        assert refusal(unconnected(tmp_path, faults=["account-suspended"])).name.value == "access-denied"

    def test_of_a_wrong_client_secret_is_named(self, tmp_path: Path) -> None:
        wrong = Secret("amzn1.oa2-cs.v1." + "0" * 64, "memory")
        assert refusal(unconnected(tmp_path), client_secret=wrong).name.value == "client-unknown"

    def test_of_another_app_s_refresh_token_is_named(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        other = Secret(world.sandbox.world.account.other_app.refresh_token, "memory")
        assert refusal(world, refresh_token=other).name.value == "app-mismatch"

    def test_of_a_wrong_seller_id_is_named(self, tmp_path: Path) -> None:
        assert refusal(unconnected(tmp_path), seller_id="A3TH9S8BH6GOGM").name.value == "seller-id-wrong"

    def test_of_a_country_in_another_region_is_named(self, tmp_path: Path) -> None:
        assert refusal(unconnected(tmp_path), marketplaces=(BY_COUNTRY["US"],)).name.value == "region-mismatch"

    def test_of_a_country_without_a_shop_names_it_and_those_that_have_one(self, tmp_path: Path) -> None:
        problem = refusal(unconnected(tmp_path), marketplaces=(BY_COUNTRY["DE"], BY_COUNTRY["IT"]))
        assert problem.name.value == "not-participating"
        assert problem.summary == (
            "The account does not take part in the marketplace of Italy. "
            "It sells in: France, Germany, Netherlands, Poland."
        )

    def test_of_addresses_counts_the_orders_that_were_looked_at(self, tmp_path: Path) -> None:
        problem = refusal(unconnected(tmp_path, faults=["role-missing-pii"]))
        assert 0 < problem.facts["count"] <= 20  # type: ignore[operator]

    def test_of_a_new_store_does_not_send_to_renew_what_is_not_stored(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=["authorisation-revoked"])
        assert "`amzlink connect`" in refusal(world).next_step
        assert "--renew" not in refusal(world).next_step

    def test_of_a_connected_store_sends_to_renew_that_store(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, faults=["authorisation-revoked"])
        assert "`amzlink connect --store demo-shop --renew`" in refusal(world, slug="demo-shop").next_step


class TestNoAnswer:
    @pytest.mark.parametrize("name", ["timeout", "proxy-interferes", "service-unavailable", "throttled"])
    def test_is_named_and_proves_nothing(self, tmp_path: Path, name: str) -> None:
        assert refusal(unconnected(tmp_path, faults=[name])).name.value == name

    @pytest.mark.parametrize("name", ["throttled-once", "service-unavailable-once"])
    def test_at_first_is_waited_out(self, tmp_path: Path, name: str) -> None:
        world = unconnected(tmp_path, faults=[name])
        assert standings(prove(world.deps, answers_for(world))) == ALL_PROVED


class TestAmazonsOwnSandbox:
    """Its answers are played: what it does not hold is asked of nobody."""

    @staticmethod
    def played(world: StoreOnSandbox, orders: httpx.Response) -> list[str]:
        asked: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(f"{request.url.host}{request.url.path}")
            if request.url.path == "/auth/o2/token":
                return httpx.Response(200, json={"access_token": "Atza|x", "token_type": "bearer", "expires_in": 3600})
            return orders

        world.deps.environ = {}
        world.deps.transport = httpx.MockTransport(answer)
        return asked

    def test_proves_the_log_in_and_calls_the_rest_unchecked(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        asked = self.played(world, httpx.Response(200, json={"orders": []}))
        proof = prove(world.deps, answers_for(world, amazon_sandbox=True))
        assert standings(proof) == {
            "Client id, client secret and refresh token": "proved",
            "Amazon's sandbox answers": "proved",
            "Everything else": "not checked",
        }
        assert asked == [
            "api.amazon.com/auth/o2/token",
            "sandbox.sellingpartnerapi-eu.amazon.com/orders/2026-01-01/orders",
        ]

    @pytest.mark.parametrize("message", ["Could not match input arguments", "We could not decode your NextToken"])
    def test_that_does_not_know_the_sample_request_is_named(self, tmp_path: Path, message: str) -> None:
        world = unconnected(tmp_path)
        error = {"errors": [{"code": "InvalidInput", "message": message}]}
        self.played(world, httpx.Response(400, json=error))
        with pytest.raises(Problem, match="sandbox-credentials"):
            prove(world.deps, answers_for(world, amazon_sandbox=True))
