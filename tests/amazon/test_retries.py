"""Which calls are tried again, how often, and how long is waited between."""

import json
import random
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.http.retry import ATTEMPTS, FIRST_BACKOFF, LONGEST_BACKOFF
from amzlink.problems import Problem, ProblemName
from tests.amazon.bench import (
    ASK,
    FreeQuotas,
    bench,
    denied,
    lwa_refused,
    ok,
    refused,
    throttled,
    token_answer,
    unavailable,
)
from tests.support.quotas import FileQuotas
from tests.support.world import VirtualClock

EXPIRED = denied("The access token you provided has expired.")


class TestFaultsThatPass:
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_disturbed_service_is_asked_again_after_a_pause(self, status: int) -> None:
        with bench(refused(status), ok({"n": 1})) as made:
            assert made.ask() == {"n": 1}
            assert made.clock.slept == [FIRST_BACKOFF]

    def test_a_broken_connection_is_tried_again_after_a_pause(self) -> None:
        with bench(httpx.ReadError("reset by peer"), httpx.ConnectError("refused"), ok({"n": 1})) as made:
            assert made.ask() == {"n": 1}
            assert made.clock.slept == [FIRST_BACKOFF, FIRST_BACKOFF * 2]

    def test_a_service_that_stays_disturbed_is_given_up_after_four_tries_and_no_pause_after_the_last(self) -> None:
        with bench(*[unavailable(x_amzn_RequestId="abc-123")] * ATTEMPTS) as made:
            with pytest.raises(Problem) as caught:
                made.ask()
            assert (caught.value.name.value, caught.value.facts["status"]) == ("service-unavailable", 503)
            assert "abc-123" in caught.value.next_step
            assert made.clock.slept == [1.0, 2.0, 4.0]

    def test_a_connection_that_stays_broken_is_given_up_after_four_tries(self) -> None:
        with bench(*[httpx.ConnectError("refused")] * ATTEMPTS) as made:
            with pytest.raises(Problem, match="connect-refused"):
                made.ask()
            assert len(made.clock.slept) == ATTEMPTS - 1

    def test_the_pause_is_spread_between_half_and_all_of_a_bound_that_doubles(self) -> None:
        pauses = []
        for seed in range(60):
            with bench(*[unavailable()] * 3, ok(), rng=random.Random(seed)) as made:
                made.ask()
                pauses.append(made.clock.slept)
        for number, several in enumerate(zip(*pauses, strict=True)):
            bound = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**number)
            assert bound / 2 <= min(several) < bound * 0.6
            assert bound * 0.9 < max(several) <= bound

    def test_a_hang_is_not_tried_again_because_it_has_cost_a_time_limit_already(self) -> None:
        with bench(httpx.ReadTimeout("nothing came")) as made:
            with pytest.raises(Problem, match="timeout"):
                made.ask()
            assert made.clock.slept == []


class TestWhatIsNotTriedAgain:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
    def test_a_refusal_is_asked_once(self, status: int) -> None:
        with bench(refused(status, "Code", "a message")) as made:
            with pytest.raises(Problem):
                made.ask()
            assert made.clock.slept == []

    def test_a_redirect_is_never_followed_and_the_token_goes_nowhere_else(self) -> None:
        with bench(httpx.Response(302, headers={"location": "https://elsewhere.test/orders"})) as made:
            with pytest.raises(Problem) as caught:
                made.ask()
            assert (caught.value.name.value, caught.value.facts["host"]) == ("proxy-interferes", "api.test")
            assert [request.url.host for request in made.amazon.requests] == ["api.test"]

    def test_a_redirect_of_the_token_call_is_never_followed_with_the_secrets(self) -> None:
        elsewhere = httpx.Response(307, headers={"location": "https://elsewhere.test/auth/o2/token"})
        with bench(lwa=[elsewhere]) as made:
            with pytest.raises(Problem, match="proxy-interferes"):
                made.ask()
            assert made.amazon.requests == []


class TestRetryAfter:
    def test_the_services_own_wait_wins_over_ours(self) -> None:
        with bench(unavailable(Retry_After="17"), ok()) as made:
            made.ask()
            assert made.clock.slept == [17.0]

    def test_the_wait_told_with_a_429_is_kept(self) -> None:
        with bench(throttled(Retry_After="40"), ok()) as made:
            made.ask()
            assert made.clock.slept == [40.0]

    def test_a_wait_told_as_a_time_of_day_is_reckoned_from_amazons_clock(self) -> None:
        clock = VirtualClock()
        ahead = clock.now() + timedelta(days=2)  # Amazon's clock, seen from this machine
        told = format_datetime(ahead + timedelta(seconds=25), usegmt=True)
        with bench(unavailable(Retry_After=told, Date=format_datetime(ahead, usegmt=True)), ok(), clock=clock) as made:
            made.ask()
            assert made.clock.slept == [25.0]

    @pytest.mark.parametrize("nonsense", ["", "soon", "-5", "0", "nan", "inf", "1e999"])
    def test_a_wait_that_is_none_falls_back_to_our_own(self, nonsense: str) -> None:
        with bench(unavailable(Retry_After=nonsense), ok()) as made:
            made.ask()
            assert made.clock.slept == [FIRST_BACKOFF]

    def test_lwas_own_wait_wins_too(self) -> None:
        with bench(ok(), lwa=[unavailable(Retry_After="9"), token_answer()]) as made:
            made.ask()
            assert made.clock.slept == [9.0]

    def test_a_wait_longer_than_the_run_may_take_ends_it_at_once(self) -> None:
        with bench(unavailable(Retry_After="86400")) as made:
            with pytest.raises(Problem, match="service-unavailable"):
                made.ask()
            assert made.clock.slept == []


class TestThrottling:
    def test_a_429_empties_the_bucket_because_amazon_knows_better(self) -> None:
        quotas = FreeQuotas()
        with bench(throttled(), ok(), quotas=quotas) as made:
            made.ask()
        assert quotas.drained == ["searchOrders"]

    def test_after_a_429_the_next_try_waits_until_the_bucket_has_a_call_again(self, tmp_path: Path) -> None:
        quotas = FileQuotas(tmp_path / "quota.json", "account")
        with bench(throttled(), ok(), quotas=quotas) as made:
            made.ask()
            assert made.clock.slept == pytest.approx([1 / ASK.rate], abs=0.001)

    def test_throttling_that_does_not_end_is_named_and_no_pause_follows_the_last_try(self) -> None:
        with bench(*[throttled(Retry_After="10", x_amzn_RequestId="abc-123")] * ATTEMPTS) as made:
            with pytest.raises(Problem) as caught:
                made.ask()
            assert (caught.value.name.value, caught.value.facts["request_id"]) == ("throttled", "abc-123")
            assert made.clock.slept == [10.0] * (ATTEMPTS - 1)

    def test_the_rate_in_amazons_header_is_learned(self) -> None:
        quotas = FreeQuotas()
        with bench(ok(x_amzn_RateLimit_Limit="0.5"), ok(), quotas=quotas) as made:
            made.ask()
            made.ask()
        assert quotas.learned == [0.5]

    def test_the_rate_is_learned_from_a_429_too_where_it_tells_one(self) -> None:
        quotas = FreeQuotas()
        with bench(throttled(x_amzn_RateLimit_Limit="0.5"), ok(), quotas=quotas) as made:
            made.ask()
        assert quotas.learned == [0.5]

    @pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "fast", ""])
    def test_a_rate_that_cannot_be_one_is_not_learned(self, rate: str) -> None:
        quotas = FreeQuotas()
        with bench(ok(x_amzn_RateLimit_Limit=rate), quotas=quotas) as made:
            made.ask()
        assert quotas.learned == []

    def test_each_try_is_debited_before_it_is_made(self) -> None:
        quotas = FreeQuotas()
        with bench(unavailable(), httpx.ConnectError("refused"), ok(), quotas=quotas) as made:
            made.ask()
        assert quotas.taken == ["searchOrders"] * 3


class TestPatience:
    def test_waits_of_all_kinds_add_up_to_the_limit_and_no_further(self) -> None:
        with bench(
            unavailable(Retry_After="30"), ok(), unavailable(Retry_After="20"), ok(), unavailable(Retry_After="11"),
            max_wait=timedelta(seconds=60),
        ) as made:  # fmt: skip
            made.ask()
            made.ask()
            with pytest.raises(Problem, match="service-unavailable"):
                made.ask()
            assert made.clock.slept == [30.0, 20.0]

    def test_a_wait_that_just_fits_is_waited(self) -> None:
        with bench(unavailable(Retry_After="60"), ok(), max_wait=timedelta(seconds=60)) as made:
            made.ask()
            assert made.clock.slept == [60.0]

    def test_without_patience_an_empty_bucket_is_named_with_what_was_allowed(self, tmp_path: Path) -> None:
        quotas = FileQuotas(tmp_path / "quota.json", "account")
        quotas.drain(ASK, VirtualClock().now().timestamp())
        with bench(quotas=quotas, max_wait=timedelta(minutes=2)) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert (caught.value.name.value, caught.value.facts["max_wait"]) == ("throttled", "2 minutes")
        assert "amzlink may wait 2 minutes at most" in caught.value.summary

    def test_each_wait_is_announced_with_its_length_and_the_operation(self) -> None:
        with bench(unavailable(Retry_After="3"), ok()) as made:
            made.ask()
            assert made.waits == [(3.0, "searchOrders")]

    @settings(deadline=None)
    @given(waits=st.lists(st.floats(0.001, 200), max_size=30), limit=st.integers(0, 600))
    def test_no_run_waits_longer_than_it_may(self, waits: list[float], limit: int) -> None:
        from amzlink.http.patience import Patience

        clock = VirtualClock()
        patience = Patience(clock, timedelta(seconds=limit))
        gave_up = False
        for wait in waits:
            try:
                patience.wait(wait, Problem(ProblemName.THROTTLED))
            except Problem:
                gave_up = True
        assert sum(clock.slept) <= limit + 1e-6
        assert gave_up == (len(clock.slept) < len(waits))


class TestTokens:
    def test_one_token_serves_all_calls_of_its_hour(self) -> None:
        with bench(*[ok()] * 5) as made:
            for _ in range(5):
                made.ask()
                made.clock.advance(600)
            assert len(made.amazon.lwa_requests) == 1

    def test_a_token_is_renewed_before_it_runs_out(self) -> None:
        with bench(ok(), ok(), ok()) as made:
            made.ask()
            made.clock.advance(3600 - 91)
            made.ask()
            made.clock.advance(2)
            made.ask()
            first, second, third = made.amazon.tokens
            assert first == second != third

    def test_a_wait_for_the_quota_does_not_age_the_token_that_is_sent_after_it(self, tmp_path: Path) -> None:
        quotas = FileQuotas(tmp_path / "quota.json", "account")
        clock = VirtualClock()
        with bench(ok(), ok(), quotas=quotas, clock=clock) as made:
            made.ask()
            clock.advance(3600 - 100)  # the token is good for 100 seconds more
            quotas.drain(ASK, clock.now().timestamp())  # and the bucket needs 179
            made.ask()
            assert made.amazon.tokens[0] != made.amazon.tokens[1]

    def test_a_token_that_amazon_no_longer_takes_is_renewed_once_and_the_call_repeated_without_a_pause(self) -> None:
        with bench(EXPIRED, ok({"n": 1})) as made:
            assert made.ask() == {"n": 1}
            assert made.amazon.tokens[0] != made.amazon.tokens[1]
            assert made.clock.slept == []

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize(
        "details",
        ["The access token you provided has expired.", "The access token you provided is revoked or missing."],
    )
    def test_whatever_is_said_of_the_token_another_one_is_tried(self, status: int, details: str) -> None:
        with bench(refused(status, "Unauthorized", "", details), ok({"n": 1})) as made:
            assert made.ask() == {"n": 1}

    def test_a_fresh_token_that_is_refused_too_is_a_problem_by_its_name(self) -> None:
        with bench(EXPIRED, EXPIRED) as made, pytest.raises(Problem, match="access-token-rejected"):
            made.ask()

    @pytest.mark.parametrize("before", [unavailable(), throttled(), httpx.ConnectError("refused")])
    def test_a_token_that_expires_during_retries_is_renewed_however_many_there_were(
        self, before: httpx.Response | Exception
    ) -> None:
        with bench(*[before] * (ATTEMPTS - 1), EXPIRED, ok({"n": 1})) as made:
            assert made.ask() == {"n": 1}

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_disturbed_lwa_is_asked_again_with_growing_pauses(self, status: int) -> None:
        with bench(ok(), lwa=[httpx.Response(status), httpx.Response(status), token_answer()]) as made:
            made.ask()
            assert made.clock.slept == [1.0, 2.0]

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_lwa_that_stays_disturbed_is_named_with_its_status(self, status: int) -> None:
        with bench(lwa=[httpx.Response(status)] * ATTEMPTS) as made:
            with pytest.raises(Problem) as caught:
                made.ask()
            assert (caught.value.name.value, caught.value.facts["status"]) == ("service-unavailable", status)
            assert len(made.clock.slept) == ATTEMPTS - 1

    def test_a_refusal_of_lwa_is_asked_once(self) -> None:
        with bench(lwa=[lwa_refused(401, "invalid_client")]) as made:
            with pytest.raises(Problem, match="client-unknown"):
                made.ask()
            assert made.clock.slept == []

    def test_a_broken_connection_to_lwa_is_tried_again(self) -> None:
        with bench(ok(), lwa=[httpx.ReadError("reset"), token_answer()]) as made:
            made.ask()
            assert len(made.amazon.lwa_requests) == 2


class TestWhatMayBeSaidOnlyOnce:
    """`post_json`: after a lost answer nobody knows whether the call has done its work."""

    DOCUMENT: ClassVar = {"reportType": "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"}

    def test_it_goes_as_json_with_the_token(self) -> None:
        with bench(ok({"reportId": "1"})) as made:
            assert json.loads(made.link.post_json(ASK, "/reports", self.DOCUMENT).body) == {"reportId": "1"}
            (request,) = made.amazon.requests
        assert (request.method, str(request.url)) == ("POST", "https://api.test/reports")
        assert request.headers["content-type"] == "application/json"
        assert json.loads(request.content) == self.DOCUMENT
        assert made.amazon.tokens[0].startswith("Atza|")

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (httpx.ReadError("reset by peer"), "connect-refused"),
            (httpx.ReadTimeout("nothing came"), "timeout"),
            (httpx.RemoteProtocolError("hung up"), "connect-refused"),
            (unavailable(Retry_After="1"), "service-unavailable"),
            (refused(500), "service-unavailable"),
            (throttled(Retry_After="1"), "throttled"),
            (refused(400, "InvalidInput", "no"), "request-refused"),
            (denied(), "access-denied"),
            (httpx.Response(302, headers={"location": "https://elsewhere.test"}), "proxy-interferes"),
        ],
    )
    def test_it_is_not_said_again_whatever_comes_back(self, answer: httpx.Response | Exception, name: str) -> None:
        with bench(answer) as made, pytest.raises(Problem, match=f"^{name}:"):
            made.link.post_json(ASK, "/reports", self.DOCUMENT)
        assert made.clock.slept == []

    def test_only_a_token_that_was_too_old_lets_it_be_said_again(self) -> None:
        with bench(EXPIRED, ok({"reportId": "1"})) as made:
            made.link.post_json(ASK, "/reports", self.DOCUMENT)
            assert made.amazon.tokens[0] != made.amazon.tokens[1]
        with bench(EXPIRED, EXPIRED) as made, pytest.raises(Problem, match="access-token-rejected"):
            made.link.post_json(ASK, "/reports", self.DOCUMENT)

    def test_a_429_empties_the_bucket_here_too(self) -> None:
        quotas = FreeQuotas()
        with bench(throttled(), quotas=quotas) as made, pytest.raises(Problem, match="throttled"):
            made.link.post_json(ASK, "/reports", self.DOCUMENT)
        assert (quotas.taken, quotas.drained) == (["searchOrders"], ["searchOrders"])


def test_calls_are_counted_and_recorded_with_every_try_and_nothing_of_their_content() -> None:
    with bench(unavailable(), httpx.ReadError("reset"), ok(x_amzn_RequestId="abc-123")) as made:
        made.ask()
        assert made.link.calls == {"getToken": 1, "searchOrders": 3}
        assert [(call.operation, call.status, call.request_id) for call in made.calls] == [
            ("getToken", 200, ""),
            ("searchOrders", 503, ""),
            ("searchOrders", 0, ""),
            ("searchOrders", 200, "abc-123"),
        ]
