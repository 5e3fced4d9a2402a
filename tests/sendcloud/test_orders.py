"""Orders are handed over a batch at a time, looked up, and taken away."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from amzlink.http.retry import ATTEMPTS
from amzlink.problems import Problem
from amzlink.sendcloud.orders import (
    BATCH,
    BatchRefused,
    FieldRefusal,
    delete_order,
    find_order,
    find_orders,
    upsert_orders,
)
from tests.sendcloud.bench import INTEGRATION, Answer, bench, data, ok, refused
from tests.support.rows import each_row

ORDER_ID = "302-1234567-1234567"


def row(order_id: str = ORDER_ID, **changes: Any) -> dict[str, Any]:
    """An order as a list shows it; what amzlink does not read is there too."""
    return {
        "id": "669",
        "order_id": order_id,
        "order_number": order_id,
        "modified_at": "2026-11-23T09:31:02.555309Z",
        "order_details": {
            "integration": {"id": INTEGRATION},
            "status": {"code": "unshipped", "message": "Unshipped"},
            "order_updated_at": "2026-11-23T10:00:00+01:00",
            "order_items": [{"name": "Kerze", "quantity": 1}],
        },
        "shipping_address": {"name": "somebody"},
        **changes,
    }


def of_another(order_id: str = ORDER_ID) -> dict[str, Any]:
    """The same order id in another integration."""
    strange = row(order_id)
    return {**strange, "order_details": {**strange["order_details"], "integration": {"id": INTEGRATION + 1}}}


def busy() -> httpx.Response:
    return refused(400, "invalid", "/data", detail="We are still processing a previous request.")


class Plain(msgspec.Struct):
    order_id: str


class TestSending:
    def test_a_batch_is_one_call_with_a_bare_list(self) -> None:
        with bench(ok({"data": [{"id": 7}]}, status=201)) as made:
            upsert_orders(made.client, [Plain("1"), {"order_id": "2"}])
            (sent,) = made.sent
        assert (sent.method, sent.url.path) == ("POST", "/api/v3/orders")
        assert json.loads(sent.content) == [{"order_id": "1"}, {"order_id": "2"}]

    @pytest.mark.parametrize("status", [200, 201, 202])
    def test_any_success_is_one(self, status: int) -> None:
        with bench(ok(status=status)) as made:
            upsert_orders(made.client, [Plain("1")])

    def test_nothing_is_no_call(self) -> None:
        with bench() as made:
            upsert_orders(made.client, [])

    def test_more_than_a_batch_is_never_sent(self) -> None:
        with bench() as made, pytest.raises(ValueError, match="100"):
            upsert_orders(made.client, [Plain(str(number)) for number in range(BATCH + 1)])

    def test_after_a_lost_answer_it_is_sent_again_because_it_cannot_double(self) -> None:
        with bench(httpx.ReadError("cut"), httpx.Response(500), ok(status=201)) as made:
            upsert_orders(made.client, [Plain("1")])
            assert len({request.content for request in made.sent}) == 1

    def test_a_busy_sendcloud_gets_the_whole_batch_again_after_a_pause(self) -> None:
        with bench(busy(), busy(), ok(status=201)) as made:
            upsert_orders(made.client, [Plain("1"), Plain("2")])
            assert made.clock.slept == [1.0, 2.0]
            assert len({request.content for request in made.sent}) == 1

    def test_one_that_stays_busy_is_named(self) -> None:
        with bench(*[busy()] * ATTEMPTS) as made, pytest.raises(Problem, match="sendcloud-busy"):
            upsert_orders(made.client, [Plain("1")])


class TestRefusals:
    @staticmethod
    def refusal_of(answer: Answer, count: int = 3) -> BatchRefused:
        with bench(answer) as made, pytest.raises(BatchRefused) as caught:
            upsert_orders(made.client, [Plain(str(number)) for number in range(count)])
        return caught.value

    def test_each_order_that_is_pointed_at_has_its_reasons(self) -> None:
        answer = refused(
            400, "invalid",
            "/data/attributes/[2]/order_details/order_items/[0]/quantity",
            "/data/attributes/[0]/shipping_address/postal_code",
            "/data/attributes/[2]/order_id",
        )  # fmt: skip
        refusal = self.refusal_of(answer)
        assert refusal.refusals == {
            0: (FieldRefusal("invalid", "shipping_address/postal_code"),),
            2: (FieldRefusal("invalid", "order_details/order_items/[0]/quantity"), FieldRefusal("invalid", "order_id")),
        }
        assert refusal.pinned

    def test_a_number_without_brackets_is_one_too(self) -> None:
        assert list(self.refusal_of(refused(400, "invalid", "/data/attributes/1/order_id")).refusals) == [1]

    def test_a_pointer_to_the_order_as_a_whole_has_no_path(self) -> None:
        assert self.refusal_of(refused(400, "required", "/data/attributes/[1]")).refusals == {
            1: (FieldRefusal("required", ""),)
        }

    def test_a_refusal_holds_nothing_that_was_said(self) -> None:
        refusal = self.refusal_of(refused(400, "invalid", "/data/attributes/[0]/customer_details", detail="Frau Holle"))
        assert "Holle" not in repr(refusal) + str(refusal) + repr(refusal.refusals)

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (refused(400, "non_field_errors"), "non_field_errors"),
            (refused(400, "invalid", "/data/attributes/[7]/order_id"), "invalid"),
            (refused(409, "conflict"), "conflict"),
            (httpx.Response(413), "status 413"),
            (httpx.Response(400, content=b"no"), "status 400"),
        ],
    )
    def test_where_no_order_is_pointed_at_all_are_refused_and_it_is_said_so(self, answer: Answer, code: str) -> None:
        refusal = self.refusal_of(answer)
        assert not refusal.pinned
        assert sorted(refusal.refusals) == [0, 1, 2]
        assert {reasons[0].code for reasons in refusal.refusals.values()} == {code}

    def test_an_integration_that_is_not_there_is_no_fault_of_the_orders(self) -> None:
        answer = refused(400, "invalid", "/data/attributes/[0]/order_details/integration/id")
        with bench(answer, facts={"integration_id": 4711}) as made, pytest.raises(Problem) as caught:
            upsert_orders(made.client, [Plain("1")])
        assert caught.value.name.value == "sendcloud-integration-missing"
        assert "4711" in caught.value.summary


class TestLookingUp:
    def test_an_order_is_found_by_its_id_in_its_integration(self) -> None:
        with bench(data(row())) as made:
            found = find_order(made.client, INTEGRATION, ORDER_ID)
            (asked,) = made.sent
        assert found is not None
        assert (found.id, found.order_id, found.integration_id) == ("669", ORDER_ID, INTEGRATION)
        assert found.status_code == "unshipped"
        assert found.updated_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        assert found.modified_at == datetime(2026, 11, 23, 9, 31, 2, 555309, UTC)
        assert dict(asked.url.params) == {
            "integration": str(INTEGRATION), "order_id": ORDER_ID, "page_size": "200",
        }  # fmt: skip

    def test_sendclouds_own_id_is_a_text_whichever_form_it_comes_in(self) -> None:
        with bench(data(row(id=669))) as made:
            found = find_order(made.client, INTEGRATION, ORDER_ID)
        assert found is not None
        assert found.id == "669"

    @pytest.mark.parametrize("rows", [[], [row("302-0000000-0000000")], [of_another()]])
    def test_what_was_not_asked_for_is_not_found(self, rows: list[dict[str, Any]]) -> None:
        with bench(data(*rows)) as made:
            assert find_order(made.client, INTEGRATION, ORDER_ID) is None

    def test_where_the_filter_is_ignored_it_is_looked_for_on_the_next_pages(self) -> None:
        with bench(data(row("1"), of_another(), cursor="a"), data(row())) as made:
            assert find_order(made.client, INTEGRATION, ORDER_ID) is not None

    def test_strange_orders_without_end_are_no_proof_that_it_is_not_there(self) -> None:
        pages = [data(row(str(number)), cursor=str(number)) for number in range(5)]
        with bench(*pages) as made, pytest.raises(Problem, match="response-malformed"):
            find_order(made.client, INTEGRATION, ORDER_ID)

    @pytest.mark.parametrize("time", ["", None, "yesterday", "0001-01-01T00:00:00+23:00"])
    def test_a_time_that_cannot_be_read_is_none(self, time: str | None) -> None:
        with bench(data(row(modified_at=time))) as made:
            found = find_order(made.client, INTEGRATION, ORDER_ID)
        assert found is not None
        assert found.modified_at is None

    def test_a_time_without_a_zone_is_in_utc(self) -> None:
        with bench(data(row(modified_at="2026-11-23T09:31:02"))) as made:
            found = find_order(made.client, INTEGRATION, ORDER_ID)
        assert found is not None
        assert found.modified_at == datetime(2026, 11, 23, 9, 31, 2, tzinfo=UTC)

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"data": [{}]}', b'{"data": [{"order_id": "x', b'{"data": [{"id": "\xff"}]}']
    )
    def test_an_answer_that_makes_no_sense_is_named(self, body: bytes) -> None:
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem, match="response-malformed"):
            find_order(made.client, INTEGRATION, ORDER_ID)


class TestRowsThatCannotBeRead:
    @each_row(
        "damaged",
        [
            row("other", id=None), {"order_id": "other"},
            row("other", order_details={"integration": None}), row("other", order_number=5),
        ],
    )  # fmt: skip
    def test_one_holds_back_no_other(self, damaged: dict[str, Any]) -> None:
        with bench(data(damaged, row())) as made:
            assert list(find_orders(made.client, INTEGRATION, [ORDER_ID])) == [ORDER_ID]
        with bench(data(damaged, row())) as made:
            assert find_order(made.client, INTEGRATION, ORDER_ID) is not None

    def test_the_order_that_is_looked_for_is_never_told_as_missing(self) -> None:
        with bench(data(row(id=None))) as made, pytest.raises(Problem, match="response-malformed"):
            find_orders(made.client, INTEGRATION, [ORDER_ID])

    def test_one_without_a_name_may_be_the_one_that_is_looked_for(self) -> None:
        with bench(data({}), data({})) as made, pytest.raises(Problem, match="response-malformed"):
            find_orders(made.client, INTEGRATION, [ORDER_ID])
        with bench(data({}), data(row())) as made:
            assert list(find_orders(made.client, INTEGRATION, [ORDER_ID])) == [ORDER_ID]

    def test_an_integration_is_known_by_its_id_whichever_form_it_comes_in(self) -> None:
        with bench(data(row(order_details={"integration": {"id": str(INTEGRATION)}, "status": None}))) as made:
            assert find_order(made.client, INTEGRATION, ORDER_ID) is not None


class TestReadingBack:
    def test_what_was_sent_last_is_found_in_one_call(self) -> None:
        ids = [f"302-0000000-{number:07}" for number in range(100)]
        with bench(data(*map(row, reversed(ids)), cursor="a")) as made:
            found = find_orders(made.client, INTEGRATION, ids)
            assert dict(made.sent[0].url.params) == {
                "integration": str(INTEGRATION), "sort": "-pk", "page_size": "200",
            }  # fmt: skip
        assert list(found) == ids or sorted(found) == sorted(ids)

    def test_nothing_is_no_call(self) -> None:
        with bench() as made:
            assert find_orders(made.client, INTEGRATION, []) == {}

    def test_after_the_last_page_nothing_is_left_to_look_up(self) -> None:
        with bench(data(row("1"), cursor="a"), data(row("2"))) as made:
            assert sorted(find_orders(made.client, INTEGRATION, ["1", "2", "3"])) == ["1", "2"]

    def test_what_is_further_back_is_looked_up_by_itself(self) -> None:
        pages = [data(row(f"other {number}"), cursor=str(number)) for number in range(3)]
        with bench(*pages, data(row("1")), data()) as made:
            assert list(find_orders(made.client, INTEGRATION, ["1", "2"])) == ["1"]
            assert [request.url.params.get("order_id") for request in made.sent] == [None, None, None, "1", "2"]

    def test_orders_of_other_integrations_are_left_alone(self) -> None:
        with bench(data(of_another("1"))) as made:
            assert find_orders(made.client, INTEGRATION, ["1"]) == {}


class TestTakingAway:
    def test_it_goes_by_sendclouds_own_id(self) -> None:
        with bench(httpx.Response(204)) as made:
            assert delete_order(made.client, "669")
            assert (made.sent[0].method, made.sent[0].url.path) == ("DELETE", "/api/v3/orders/669")

    def test_one_that_is_gone_already_is_no_failure(self) -> None:
        with bench(refused(404, "not_found")) as made:
            assert not delete_order(made.client, "669")

    def test_after_a_lost_answer_it_is_asked_again(self) -> None:
        with bench(httpx.Response(500), refused(404, "not_found")) as made:
            assert not delete_order(made.client, "669")

    def test_an_id_is_never_a_path(self) -> None:
        with bench(httpx.Response(204)) as made:
            delete_order(made.client, "../integrations/1")
            assert made.sent[0].url.raw_path == b"/api/v3/orders/..%2Fintegrations%2F1"
