"""What the live check proves, and what it calls “not checked”, against the sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripts.verify_table import FOUND

from amzlink.amazon.marketplaces import BY_COUNTRY, BY_ID
from amzlink.config.settings import Config
from amzlink.core.diagnosis.proof import Proof, Standing
from amzlink.jobs.stores.answers import Answers
from amzlink.jobs.stores.prove import prove_amazon
from amzlink.problems import Problem, ProblemName
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.store import Secret
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
    failure = prove_amazon(world.deps, answers_for(world, **others)).failure
    assert failure is not None
    return failure


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
        proof = prove_amazon(world.deps, answers_for(world))
        assert standings(proof) == ALL_PROVED
        assert [BY_ID[each].country for each in proof.selling_in or ()] == ["DE", "FR", "NL", "PL"]

    def test_costs_one_call_of_each_slow_kind(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        prove_amazon(world.deps, answers_for(world))
        calls = world.sandbox.world.count_calls()
        assert (calls["searchOrders"], calls["getMarketplaceParticipations"], calls["searchListingsItems"]) == (1, 1, 1)

    def test_is_proved_under_the_real_quotas_too(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, quota="real")
        assert standings(prove_amazon(world.deps, answers_for(world))) == ALL_PROVED
        assert world.clock.slept == []

    def test_stores_nothing(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        prove_amazon(world.deps, answers_for(world))
        assert world.deps.load_config().stores == {}
        assert world.deps.secrets.get("my-shop", "client-secret") is None

    def test_without_weights_needs_no_role_for_listings(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=["role-missing-listings"])
        proof = prove_amazon(world.deps, answers_for(world, import_weights=False))
        assert standings(proof)["Seller ID"] == "not checked"
        assert "Reading listings" not in standings(proof)

    def test_of_an_app_that_may_not_see_participations_is_no_worse(self, tmp_path: Path) -> None:
        """In Europe and North America the role that opens orders does not open that call."""
        world = unconnected(tmp_path, faults=["role-missing-participations"])
        proof = prove_amazon(world.deps, answers_for(world))
        subject = "Selling in France, Germany, Netherlands, Poland"
        assert standings(proof) == {**ALL_PROVED, subject: "not checked"}
        assert proof.selling_in is None

    def test_without_open_orders_leaves_names_and_addresses_unchecked(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, orders=0, faults=["role-missing-pii"])
        assert standings(prove_amazon(world.deps, answers_for(world)))["Names and addresses"] == "not checked"

    def test_with_suspended_listings_is_proved_with_a_warning(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path, faults=["listings-suspended"])
        proof = prove_amazon(world.deps, answers_for(world))
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

    def test_of_everything_at_once_is_the_account_s(self, tmp_path: Path) -> None:
        problem = refusal(unconnected(tmp_path, faults=["account-suspended"]))
        assert problem.name is ProblemName.ACCOUNT_SUSPENDED

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
            "The account does not sell in Italy. It sells in: France, Germany, Netherlands, Poland."
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

    @pytest.mark.parametrize("name", ["service-unavailable", "throttled"])
    def test_says_that_nothing_is_stored_and_promises_no_next_run(self, tmp_path: Path, name: str) -> None:
        problem = refusal(unconnected(tmp_path, faults=[name]))
        assert problem.next_step.startswith("Nothing was stored. Run the same command again later.")
        assert "next run" not in f"{problem.cause} {problem.next_step}"
        assert "fetched" not in problem.cause

    @pytest.mark.parametrize("name", ["throttled-once", "service-unavailable-once"])
    def test_at_first_is_waited_out(self, tmp_path: Path, name: str) -> None:
        world = unconnected(tmp_path, faults=[name])
        assert standings(prove_amazon(world.deps, answers_for(world))) == ALL_PROVED


class BrokenOff(httpx.SyncByteStream):
    """A body that ends before its time."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"orders": ['
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class Answering(httpx.BaseTransport):
    """The sandbox, but for what one operation is answered with."""

    def __init__(self, sandbox: httpx.BaseTransport, path: str, answer: httpx.Response | httpx.SyncByteStream) -> None:
        self._sandbox = sandbox
        self._path = path
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != self._path:
            return self._sandbox.handle_request(request)
        if isinstance(self._answer, httpx.SyncByteStream):
            return httpx.Response(200, stream=self._answer, request=request)
        return httpx.Response(self._answer.status_code, content=self._answer.content, request=request)


class TestAnAnswerThatShowsNothing:
    ORDERS = "/orders/2026-01-01/orders"
    INVALID = httpx.Response(
        400,
        json={"errors": [{"code": "InvalidInput", "message": "The input you have submitted is not valid."}]},
    )

    def test_is_no_proof_that_orders_can_be_read(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.transport = Answering(world.transport, self.ORDERS, self.INVALID)
        assert refusal(world).name is ProblemName.REQUEST_REFUSED

    @pytest.mark.parametrize("answer", [INVALID, httpx.Response(404), httpx.Response(500)], ids=str)
    def test_leaves_what_it_was_about_unchecked_and_stops_nothing(self, tmp_path: Path, answer: httpx.Response) -> None:
        world = unconnected(tmp_path)
        path = "/sellers/v1/marketplaceParticipations"
        world.deps.transport = Answering(world.transport, path, answer)
        proof = prove_amazon(world.deps, answers_for(world))
        assert proof.failure is None
        assert standings(proof)["Selling in France, Germany, Netherlands, Poland"] == "not checked"

    def test_that_ends_early_is_not_taken_for_a_connection_that_was_never_made(self, tmp_path: Path) -> None:
        world = unconnected(tmp_path)
        world.deps.transport = Answering(world.transport, self.ORDERS, BrokenOff())
        assert refusal(world).name is ProblemName.RESPONSE_MALFORMED


class TestTheSameNames:
    """What verify names, connect names too: both judge by the same code."""

    @pytest.mark.parametrize("fault", [fault for fault in FOUND if not fault.startswith("sendcloud")])
    def test_are_given_by_connect_and_by_verify(self, tmp_path: Path, fault: str) -> None:
        world = unconnected(tmp_path, faults=[fault])
        world.deps.environ = {**world.deps.environ, "AMZLINK_SPAPI_URL": "http://127.0.0.1:1/{region}"}
        proof = prove_amazon(world.deps, answers_for(world))
        named = [proof.failure, *proof.warnings]
        expected = {problem for check, problem in FOUND[fault].items() if check not in ("clock", "confirm-access")}
        # Of a store that has imported nothing yet nobody can say that the request worked before.
        expected = {"request-refused" if problem == "refused-for-now" else problem for problem in expected}
        if fault == "listings-throttled":  # one call that waited in vain leaves the rest proved
            expected = set()
        assert {problem.name.value for problem in named if problem} == expected


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
        proof = prove_amazon(world.deps, answers_for(world, amazon_sandbox=True))
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
        assert refusal(world, amazon_sandbox=True).name is ProblemName.SANDBOX_CREDENTIALS
