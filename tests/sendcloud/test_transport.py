"""What Sendcloud's answers lead to: another try, a pause, the next page, or a problem with its right name."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.http.retry import ATTEMPTS, LONGEST_BACKOFF
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown
from tests.amazon.bench import HighestDice
from tests.sendcloud.bench import PANEL, Answer, Bench, bench, data, ok, page_for_people, refused
from tests.support.rows import each_row

NO_INTEGRATION = "/data/attributes/[0]/order_details/integration/id"
WRONG_FILTER = {"status": "400", "code": "invalid_choice", "source": {"parameter": "integration"}}


def problem_of(*answers: Answer, asking: bool = True, **options: object) -> Problem:
    with bench(*answers, **options) as made, pytest.raises(Problem) as caught:  # type: ignore[arg-type]
        made.ask() if asking else made.tell()
    return caught.value


class TestNames:
    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (refused(403, "forbidden"), "sendcloud-forbidden"),
            (refused(400, "invalid", NO_INTEGRATION), "sendcloud-integration-missing"),
            (httpx.Response(400, json={"errors": [WRONG_FILTER]}), "sendcloud-integration-missing"),
            (refused(404, "not_found"), "sendcloud-integration-missing"),
            (refused(400, "unknown_field"), "request-refused"),
            (refused(409, "invalid"), "request-refused"),
            (httpx.Response(410), "request-refused"),
            (httpx.Response(302, headers={"location": "https://elsewhere.test"}), "proxy-interferes"),
            (page_for_people(200), "proxy-interferes"),
            (page_for_people(403), "proxy-interferes"),
            (httpx.ReadTimeout("slow"), "timeout"),
        ],
    )  # fmt: skip
    def test_an_answer_that_no_other_try_betters_is_named_at_once(self, answer: Answer, name: str) -> None:
        problem = problem_of(answer)
        assert problem.name.value == name
        assert "Amazon" not in f"{problem.summary} {problem.cause} {problem.next_step}"

    @each_row("status", [502, 504])
    def test_a_gateways_page_on_the_way_is_not_sendclouds(self, status: int) -> None:
        problem = problem_of(*[page_for_people(status)] * ATTEMPTS)
        assert (problem.name.value, problem.facts["status"]) == ("proxy-interferes", status)
        assert isinstance(problem, AnswerUnknown), "behind it the call may have been carried out"

    def test_a_problem_tells_status_code_and_place_and_nothing_that_was_said(self) -> None:
        answer = refused(400, "min_value", "/data/attributes/[0]/order_details", detail="Frau Holle, Am Brunnen 1")
        problem = problem_of(answer, asking=False)
        assert problem.facts["detail"] == "min_value at /data/attributes/[0]/order_details, status 400"
        assert "Holle" not in str(problem.facts)

    def test_a_code_or_a_pointer_that_may_quote_something_is_left_out(self) -> None:
        problem = problem_of(refused(400, "Frau Holle", "/data/Am Brunnen 1"))
        assert problem.facts["detail"] == "(left out) at (left out), status 400"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"error": {"code": 400, "request": "api/v2/x", "message": "no"}}',
            b'{"errors": {"status": 400, "code": "400"}}',
            b'[{"status": 400, "code": "400"}]',
            b'{"error": "400"}',
        ],
    )
    def test_errors_are_read_in_every_shape_that_sendcloud_has(self, body: bytes) -> None:
        assert problem_of(httpx.Response(400, content=body)).facts["code"] == "400"

    @pytest.mark.parametrize(
        "body", [b"", b"nothing", b"[]", b"{}", b"null", b"3", b'{"errors": 1}', b'{"errors": [1]}']
    )
    def test_an_error_without_a_shape_is_told_by_its_status(self, body: bytes) -> None:
        assert problem_of(httpx.Response(400, content=body)).facts["detail"] == "no code, status 400"

    @given(st.binary(max_size=200), st.sampled_from([400, 403, 404, 409, 418]))
    def test_no_body_breaks_anything(self, body: bytes, status: int) -> None:
        assert problem_of(httpx.Response(status, content=body)).facts["service"] == "Sendcloud"

    def test_the_facts_of_the_store_go_into_every_problem(self) -> None:
        assert problem_of(refused(403), facts={"store": "my-shop"}).facts["store"] == "my-shop"


class TestAnotherTry:
    @pytest.mark.parametrize("fault", [httpx.Response(500), httpx.Response(503), httpx.ConnectError("no")])
    def test_a_fault_that_passes_is_outlasted(self, fault: Answer) -> None:
        with bench(fault, fault, ok()) as made:
            made.ask()
            assert made.clock.slept == [1.0, 2.0]

    @pytest.mark.parametrize(
        ("fault", "name"), [(httpx.Response(502), "service-unavailable"), (httpx.ConnectError("no"), "connect-refused")]
    )
    def test_tries_come_to_an_end(self, fault: Answer, name: str) -> None:
        assert problem_of(*[fault] * ATTEMPTS).name.value == name

    @pytest.mark.parametrize("fault", [httpx.Response(500), httpx.ConnectError("no"), httpx.ReadError("cut")])
    def test_what_may_not_be_said_twice_is_said_once(self, fault: Answer) -> None:
        with bench(fault) as made, pytest.raises(Problem):
            made.tell()
        assert made.clock.slept == []

    def test_what_may_be_said_twice_is_said_again(self) -> None:
        with bench(httpx.ReadError("cut"), httpx.Response(500), ok(status=201)) as made:
            assert made.tell(repeatable=True) == 201

    def test_a_hang_has_cost_enough(self) -> None:
        with bench(httpx.ReadTimeout("slow")) as made, pytest.raises(Problem, match="timeout"):
            made.tell(repeatable=True)

    def test_sendclouds_own_word_about_the_wait_counts(self) -> None:
        with bench(httpx.Response(503, headers={"Retry-After": "7"}), ok()) as made:
            made.ask()
            assert made.clock.slept == [7.0]


class TestThrottling:
    def test_it_waits_as_long_as_it_is_told(self) -> None:
        with bench(refused(429, "throttled", Retry_After="9"), ok()) as made:
            made.ask()
            assert made.waits == [(9.0, "sendcloud/list_orders")]

    def test_it_waits_longer_and_longer_where_it_is_told_nothing(self) -> None:
        with bench(*[refused(429, "throttled")] * 7, ok()) as made:
            made.ask()
            assert made.clock.slept == [1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_BACKOFF, LONGEST_BACKOFF]

    def test_a_call_that_was_turned_away_did_nothing_and_is_made_again(self) -> None:
        with bench(refused(429, "throttled"), ok(status=201)) as made:
            assert made.tell() == 201

    def test_patience_ends(self) -> None:
        problem = problem_of(
            refused(429, "throttled", Retry_After="50"), refused(429, "throttled", Retry_After="50"),
            max_wait=timedelta(seconds=60),
        )  # fmt: skip
        assert (problem.name.value, problem.facts["max_wait"]) == ("sendcloud-throttled", "60 seconds")

    def test_a_page_of_the_gateway_that_counts_calls_is_no_proxys(self) -> None:
        with bench(page_for_people(429), ok()) as made:
            made.ask()

    def test_bursts_of_changes_are_kept_within_the_published_rate(self) -> None:
        with bench(*[ok(status=201)] * 31) as made:
            for _ in range(31):
                made.tell()
            assert made.clock.slept == [1.0, 1.0]

    def test_so_are_many_of_them(self) -> None:
        with bench(*[ok(status=201)] * 201) as made:
            started = made.clock.now()
            for _ in range(201):
                made.tell()
            assert (made.clock.now() - started).total_seconds() == 120.0

    def test_and_reading_calls(self) -> None:
        with bench(*[ok()] * 1001) as made:
            for _ in range(1001):
                made.ask()
            assert made.clock.slept == [60.0]

    def test_the_waits_for_the_rate_count_against_patience(self) -> None:
        with bench(*[ok(status=201)] * 100, max_wait=timedelta(seconds=30)) as made:
            for _ in range(100):
                made.tell()
            with pytest.raises(Problem, match="sendcloud-throttled"):
                made.tell()

    def test_a_clock_that_goes_back_stops_nothing(self) -> None:
        with bench(*[ok(status=201)] * 16) as made:
            for _ in range(15):
                made.tell()
            made.clock.advance(-86_400)
            made.tell()
            assert made.clock.slept == []


class TestPages:
    @staticmethod
    def walk(made: Bench) -> list[bytes]:
        return [reply.body for reply in made.client.pages("sendcloud/list_orders", "/orders", {"page_size": "2"})]

    def test_only_the_cursor_of_a_link_is_taken_and_the_host_in_use_is_asked(self) -> None:
        with bench(data(1, cursor="cD0yNTM%3D"), data(2)) as made:
            assert len(self.walk(made)) == 2
            urls = [str(request.url) for request in made.sent]
        assert urls == [
            f"{PANEL}/api/v3/orders?page_size=2",
            f"{PANEL}/api/v3/orders?page_size=2&cursor=cD0yNTM%3D",
        ]

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "nonsense",
            '<https://panel.sendcloud.sc/v3/any?cursor=x>; rel="prev"',
            '<https://panel.sendcloud.sc/v3/any?cursor=>; rel="next"',
            '<https://panel.sendcloud.sc/v3/any?page=2>; rel="next"',
            '<https://[panel?cursor=x>; rel="next"',
        ],
    )
    def test_without_a_cursor_to_a_next_page_it_was_the_last(self, link: str) -> None:
        with bench(ok(Link=link)) as made:
            assert len(self.walk(made)) == 1

    def test_the_next_page_is_found_among_several_links(self) -> None:
        link = '<https://x.test/?cursor=a>; rel="prev", <https://x.test/?n=1&cursor=b+c&m=2>; rel="next"'
        with bench(ok(Link=link), data()) as made:
            self.walk(made)
            assert made.sent[1].url.params["cursor"] == "b+c"

    def test_pages_that_go_round_in_a_circle_come_to_an_end(self) -> None:
        with bench(data(cursor="a"), data(cursor="b"), data(cursor="a")) as made, pytest.raises(Problem) as caught:
            self.walk(made)
        assert caught.value.name.value == "response-malformed"

    def test_a_cursor_that_is_no_longer_known_is_no_missing_integration(self) -> None:
        gone = refused(404, "not_found", "/data", detail="Invalid cursor")
        with bench(data(cursor="a"), gone) as made, pytest.raises(Problem) as caught:
            self.walk(made)
        assert caught.value.name.value == "response-malformed"

    def test_a_page_is_fetched_when_it_is_asked_for(self) -> None:
        with bench(data(cursor="a"), data()) as made:
            pages = made.client.pages("sendcloud/list_orders", "/orders", {})
            next(pages)
            assert len(made.sent) == 1
            assert list(pages)


class TestCalls:
    def test_every_call_is_counted_and_told_with_nothing_of_what_was_said(self) -> None:
        with bench(httpx.ConnectError("no"), ok(x_request_id="r-1")) as made:
            made.ask(order_id="302-1234567-1234567")
        assert made.client.calls == {"sendcloud/list_orders": 2}
        assert [(record.operation, record.status, record.request_id) for record in made.calls] == [
            ("sendcloud/list_orders", 0, ""),
            ("sendcloud/list_orders", 200, "r-1"),
        ]

    def test_it_says_who_it_is_and_what_it_reads(self) -> None:
        with bench(ok(), ok(status=201)) as made:
            made.ask()
            made.tell()
            asked, told = made.sent
        assert asked.headers["user-agent"].startswith("amzlink/")
        assert asked.headers["accept"] == "application/json"
        assert "content-type" not in asked.headers
        assert told.headers["content-type"] == "application/json"

    def test_sendclouds_time_is_learned_from_its_answers(self) -> None:
        with bench(ok(Date="Mon, 23 Nov 2026 10:00:00 GMT")) as made:
            made.ask()
            assert made.client.offset == timedelta(minutes=30)


@given(st.lists(st.floats(0, 3), max_size=400))
def test_no_minute_and_no_second_ever_has_too_many_changes(steps: list[float]) -> None:
    from amzlink.sendcloud.pace import WRITES, Pace

    pace, now, made = Pace(WRITES), 1_000_000.0, list[float]()
    for step in steps:
        now += step
        now += pace.wait(now)
        pace.note(now)
        made.append(now)
    for calls, seconds in WRITES:
        pairs = zip(made, made[calls:], strict=False)
        assert all(later - earlier >= seconds - 1e-6 for earlier, later in pairs)


def test_the_dice_of_the_bench_fall_as_the_waits_above_assume() -> None:
    assert HighestDice().uniform(1, 2) == 2
