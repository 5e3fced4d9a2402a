"""The calls that show which doors are open: what they ask, what their answers mean, and that none changes anything."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import inspect

from amzlink.amazon import reports, sellers
from amzlink.amazon.quota import Operation
from amzlink.amazon.reports import GET_REPORTS, ORDERS_TO_SHIP, prove_reports_access, prove_restricted_role
from amzlink.amazon.sellers import GET_ACCOUNT, Participation, get_account
from amzlink.amazon.shipments import CONFIRM_SHIPMENT, NO_SUCH_ORDER, prove_confirm_access
from amzlink.amazon.transport import SpApiClient
from amzlink.problems import Problem
from tests.amazon.bench import (
    ACCESS_TOKEN,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    FreeQuotas,
    bench,
    denied,
    lwa_refused,
    ok,
    refused,
    throttled,
    unavailable,
)
from tests.contracts.test_client_requests import Walk
from tests.support.models import Model
from tests.support.world import SLUG, StoreOnSandbox, VirtualClock, store_on_sandbox

GERMANY = "A1PA6795UKMFR9"
PSEUDO = "A38D8NSA03LJTC"
FORBIDDEN = refused(403, "Unauthorized", "Access to the resource is forbidden")


def shop(marketplace_id: str, *, open_: bool = True, suspended: bool = False) -> dict[str, Any]:
    return {
        "marketplace": {"id": marketplace_id, "name": "Amazon.de"},
        "participation": {"isParticipating": open_, "hasSuspendedListings": suspended},
        "storeName": "a shop",
    }


def confirm(link: SpApiClient) -> Mapping[str, object]:
    return prove_confirm_access(link, GERMANY)


class TestTheAccount:
    def test_its_plan_and_its_marketplaces_are_told(self) -> None:
        payload = {
            "businessType": "PRIVATE_LIMITED",
            "sellingPlan": "PROFESSIONAL",
            "marketplaceParticipationList": [shop(GERMANY, suspended=True), shop(PSEUDO)],
            "business": {"name": "left unread"},
        }
        with bench(ok({"payload": payload})) as made:
            account = get_account(made.link)
            assert account.selling_plan == "PROFESSIONAL"
            assert account.participations == (Participation(GERMANY, participating=True, listings_suspended=True),)
            assert made.amazon.requests[0].url.path == "/sellers/v1/account"

    def test_a_plan_of_the_future_is_told_as_it_stands(self) -> None:
        with bench(ok({"payload": {"sellingPlan": "PLATINUM"}})) as made:
            assert get_account(made.link).selling_plan == "PLATINUM"

    @pytest.mark.parametrize("document", [{}, {"payload": None}, {"payload": {}}, {"payload": {"sellingPlan": 1}}, []])
    def test_an_answer_without_a_plan_is_malformed(self, document: object) -> None:
        with bench(ok(document)) as made, pytest.raises(Problem) as caught:
            get_account(made.link)
        assert (caught.value.name.value, caught.value.facts["operation"]) == ("response-malformed", "getAccount")

    def test_a_denial_says_nothing_about_the_link(self) -> None:
        with bench(denied()) as made, pytest.raises(Problem, match="access-denied"):
            get_account(made.link)


class TestReports:
    def test_one_report_is_asked_for_and_none_is_enough(self) -> None:
        with bench(ok({"reports": []}, x_amzn_RequestId="abc-123")) as made:
            assert prove_reports_access(made.link) == {"status": 200, "request_id": "abc-123", "reports": 0}
            asked = made.amazon.requests[0]
            assert (asked.method, asked.url.path) == ("GET", "/reports/2021-06-30/reports")
            assert dict(asked.url.params) == {"reportTypes": ORDERS_TO_SHIP, "pageSize": "1"}

    def test_an_older_report_is_no_matter(self) -> None:
        report = {"reportId": "50017", "reportType": ORDERS_TO_SHIP, "processingStatus": "DONE"}
        with bench(ok({"reports": [report], "nextToken": "more"})) as made:
            assert prove_reports_access(made.link)["reports"] == 1

    @pytest.mark.parametrize(("status", "told"), [("DONE", "doc-1"), ("IN_PROGRESS", None), ("CANCELLED", None)])
    def test_the_document_of_a_report_that_is_done_is_told(self, status: str, told: str | None) -> None:
        report = {
            "reportId": "5",
            "reportType": ORDERS_TO_SHIP,
            "processingStatus": status,
            "reportDocumentId": "doc-1",
        }
        with bench(ok({"reports": [report]})) as made:
            assert prove_reports_access(made.link).get("document_id") == told

    @pytest.mark.parametrize("answer", [FORBIDDEN, denied()])
    def test_a_denial_is_one_whatever_its_words(self, answer: httpx.Response) -> None:
        with bench(answer) as made, pytest.raises(Problem) as caught:
            prove_reports_access(made.link)
        assert caught.value.name.value == "access-denied"
        assert caught.value.facts["role"] == "Direct-to-Consumer Shipping"

    @pytest.mark.parametrize("document", [{}, [], {"reports": None}, {"reports": [{}]}])
    def test_an_answer_that_is_no_list_of_reports_is_malformed(self, document: object) -> None:
        with bench(ok(document)) as made, pytest.raises(Problem, match="response-malformed"):
            prove_reports_access(made.link)


TOKEN = {"restrictedDataToken": "Atz.sprdt|x", "expiresIn": 3600}
NO_ACCESS = "Application do not have access to some or all requested resource"
NO_ELEMENT = "Application does not have access to one or more requested data elements: [shippingAddress]"


class TestRestrictedRole:
    def test_a_token_for_the_reports_document_is_enough(self) -> None:
        with bench(ok(TOKEN)) as made:
            assert prove_restricted_role(made.link, "doc/1") == {"document": True}
            (asked,) = made.amazon.requests
            resource = {"path": "/reports/2021-06-30/documents/doc%2F1", "method": "GET"}
            assert json.loads(asked.content) == {"restrictedResources": [resource]}

    @pytest.mark.parametrize("document_id", [None, "of-last-year"])
    def test_without_a_document_that_is_still_kept_the_token_is_one_for_addresses(
        self, document_id: str | None
    ) -> None:
        gone = [refused(400, "InvalidInput", "Invalid or unsupported document ID found")] if document_id else []
        with bench(*gone, ok(TOKEN)) as made:
            assert prove_restricted_role(made.link, document_id) == {"document": False}
            resource = {"path": "/orders/v0/orders", "method": "GET", "dataElements": ["shippingAddress"]}
            assert json.loads(made.amazon.requests[-1].content) == {"restrictedResources": [resource]}

    @pytest.mark.parametrize(
        ("document_id", "status", "text", "name"),
        [
            ("doc-1", 403, NO_ACCESS, "role-missing-reports"),
            ("doc-1", 400, NO_ACCESS, "role-missing-reports"),  # and is no document that is gone
            (None, 403, NO_ELEMENT, "role-missing-reports"),
            # Once the reads of Orders v0 are gone, this is what Amazon may say of them.
            (None, 403, NO_ACCESS, "access-denied"),
        ],
    )
    def test_a_refusal_is_a_missing_role_only_where_its_words_say_so(
        self, document_id: str | None, status: int, text: str, name: str
    ) -> None:
        with bench(refused(status, "Unauthorized", text)) as made, pytest.raises(Problem, match=name):
            prove_restricted_role(made.link, document_id)


class TestConfirming:
    def test_it_is_tried_with_an_order_that_cannot_exist(self) -> None:
        with bench(refused(404, "NotFound", "no such order")) as made:
            confirm(made.link)
            (asked,) = made.amazon.requests
            assert asked.method == "POST"
            assert asked.url.path == f"/orders/v0/orders/{NO_SUCH_ORDER}/shipmentConfirmation"
            assert asked.headers["content-type"] == "application/json"
            body = msgspec.json.decode(asked.content)
            assert body["marketplaceId"] == GERMANY
            assert body["packageDetail"]["packageReferenceId"] == "1", "a number is refused"

    @pytest.mark.parametrize(("status", "code"), [(400, "InvalidInput"), (404, "NotFound")])
    def test_to_hear_that_there_is_no_such_order_one_must_be_let_in(self, status: int, code: str) -> None:
        with bench(refused(status, code, "Order 000 was not found", x_amzn_RequestId="abc-123")) as made:
            assert confirm(made.link) == {"status": status, "code": code, "request_id": "abc-123"}

    def test_amazon_may_take_it_and_store_nothing(self) -> None:
        with bench(httpx.Response(204)) as made:
            assert confirm(made.link)["status"] == 204

    def test_a_denial_is_one(self) -> None:
        with bench(denied()) as made, pytest.raises(Problem, match="access-denied"):
            confirm(made.link)

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (refused(400, "InvalidInput", "Could not match input arguments"), "sandbox-credentials"),
            (refused(400, "InvalidInput", "Invalid request parameters"), "account-suspended"),
            (refused(415, "UnsupportedMediaType", ""), "request-refused"),
            (refused(400, "InvalidInput", "The input you have submitted is not valid"), "request-refused"),
            (refused(404, "NotFound", "The requested resource does not exist"), "request-refused"),
            (httpx.Response(404), "response-malformed"),
            (httpx.Response(400, text="<html><h1>400 Bad Request</h1></html>"), "proxy-interferes"),
            (httpx.Response(302, headers={"location": "http://portal.invalid"}), "proxy-interferes"),
        ],
    )
    def test_no_other_refusal_shows_that_the_door_is_open(self, answer: httpx.Response, name: str) -> None:
        with bench(answer) as made, pytest.raises(Problem) as caught:
            confirm(made.link)
        assert caught.value.name.value == name

    def test_the_hand_over_lies_in_the_past_by_amazons_time_however_wrong_the_machines_is(self) -> None:
        clock = VirtualClock()
        amazons = clock.now() - timedelta(minutes=20)

        def tell_time(_: httpx.Request) -> httpx.Response:
            token = {"access_token": ACCESS_TOKEN, "expires_in": 3600}
            return httpx.Response(200, json=token, headers={"date": format_datetime(amazons, usegmt=True)})

        with bench(refused(404, "NotFound", "no such order"), lwa=[tell_time], clock=clock) as made:
            made.link.learn_time()
            confirm(made.link)
            shipped = msgspec.json.decode(made.amazon.requests[0].content)["packageDetail"]["shipDate"]
            assert timedelta(0) < amazons - datetime.fromisoformat(shipped) < timedelta(hours=1)


class TestACallThatIsMadeOnce:
    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (unavailable(), "service-unavailable"),
            (refused(500), "service-unavailable"),
            (throttled(), "throttled"),
            (httpx.ReadTimeout("nothing came"), "timeout"),
            (httpx.ReadError("reset by peer"), "connect-refused"),
            (httpx.ConnectError("refused"), "connect-refused"),
        ],
    )
    def test_it_is_not_made_again_and_nothing_is_waited_for(self, answer: Any, name: str) -> None:
        with bench(answer) as made, pytest.raises(Problem) as caught:
            confirm(made.link)
        assert caught.value.name.value == name
        assert (made.calls[-1].operation, len(made.amazon.requests), made.clock.slept) == ("confirmShipment", 1, [])

    def test_an_access_token_that_ran_out_is_renewed_because_that_answer_is_known(self) -> None:
        expired = denied("The access token you provided has expired.")
        with bench(expired, refused(404, "NotFound", "no such order")) as made:
            confirm(made.link)
            first, second = made.amazon.tokens
            assert first != second

    def test_a_fresh_token_that_is_refused_is_not_renewed_for_ever(self) -> None:
        rejected = denied("The access token you provided is revoked, malformed or invalid.")
        with bench(rejected, rejected) as made, pytest.raises(Problem, match="access-token-rejected"):
            confirm(made.link)

    def test_it_is_debited_before_it_is_sent_and_a_refusal_for_quota_empties_the_bucket(self) -> None:
        quotas = FreeQuotas()
        with bench(throttled(), quotas=quotas) as made, pytest.raises(Problem, match="throttled"):
            confirm(made.link)
        assert (quotas.taken, quotas.drained) == (["confirmShipment"], ["confirmShipment"])

    def test_a_rate_that_amazon_tells_is_learned(self) -> None:
        quotas = FreeQuotas()
        with bench(httpx.Response(204, headers={"x-amzn-ratelimit-limit": "4.0"}), quotas=quotas) as made:
            confirm(made.link)
        assert quotas.learned == [4.0]


class TestTheWordsOfARefusal:
    """They go into evidence, so that a support engineer sees what Amazon said."""

    def test_a_denials_message_and_details_are_kept(self) -> None:
        with bench(FORBIDDEN) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.facts["message"] == "Access to the resource is forbidden"

    def test_lwas_description_is_kept(self) -> None:
        refusal = lwa_refused(401, "invalid_client", "Client authentication failed")
        with bench(lwa=[refusal]) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.facts["message"] == "Client authentication failed"

    @pytest.mark.parametrize(
        "quoted",
        [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET, f"'{REFRESH_TOKEN}'", f"token={ACCESS_TOKEN}&x=1", "c1" * 32],
    )
    def test_a_secret_that_is_quoted_in_them_is_left_out(self, quoted: str) -> None:
        with bench(denied(f"{quoted} is no good")) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.facts["message"] == "Access to requested resource is denied. (left out) is no good"

    def test_they_are_no_longer_than_a_line_or_two(self) -> None:
        with bench(denied("no " * 500)) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert len(str(caught.value.facts["message"])) <= 200

    def test_those_of_a_400_are_not_kept_because_they_may_quote_an_order(self) -> None:
        answer = refused(400, "InvalidInput", "The tracking ID 0123 does not match")
        with bench(answer) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert "0123" not in repr(caught.value.facts)


# Against Amazon's models, and against the sandbox


@pytest.mark.parametrize(
    ("model", "operation"),
    [
        ("sellers.json", GET_ACCOUNT),
        ("reports_2021-06-30.json", GET_REPORTS),
        ("ordersV0.json", CONFIRM_SHIPMENT),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_rates_and_bursts_are_the_published_ones(model: str, operation: Operation) -> None:
    assert Model.load(model).operations[operation.name].usage_plan == (operation.rate, operation.burst)


@pytest.mark.parametrize(
    ("model", "definition", "struct"),
    [
        ("sellers.json", "GetAccountResponse", sellers._AccountAnswer),
        ("reports_2021-06-30.json", "GetReportsResponse", reports._Reports),
    ],
)
def test_only_fields_that_the_model_promises_are_needed(model: str, definition: str, struct: type) -> None:
    walk = Walk(Model.load(model).definitions)
    walk.compare(inspect.type_info(struct), {"$ref": f"#/definitions/{definition}"})
    assert len(walk.seen) >= 2


CALLS: dict[str, tuple[str, Callable[[SpApiClient], object]]] = {
    "getAccount": ("sellers.json", get_account),
    "getReports": ("reports_2021-06-30.json", prove_reports_access),
    "confirmShipment": ("ordersV0.json", confirm),
}


@pytest.mark.parametrize("operation", CALLS)
def test_the_request_is_as_the_model_says_and_the_sandbox_lets_it_in(operation: str, tmp_path: Path) -> None:
    model, call = CALLS[operation]
    world = store_on_sandbox(tmp_path, orders=5)
    with link_to(world) as link:
        call(link)
    request = world.transport.calls[-1]
    path, _, query = request.url.raw_path.decode().partition("?")
    assert Model.load(model).check_request(request.method, path, query, request.content) == operation


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("getAccount", "role-missing-account"),
        ("getReports", "role-missing-reports"),
        ("confirmShipment", "role-missing-confirm"),
    ],
)
def test_a_missing_role_denies_one_call_and_no_other(operation: str, fault: str, tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=5, faults=(fault,))
    with link_to(world) as link:
        for name, (_, call) in CALLS.items():
            if name != operation:
                call(link)
        with pytest.raises(Problem, match="access-denied"):
            CALLS[operation][1](link)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("account-suspended", "access-denied"),
        ("access-withdrawn", "access-denied"),
        ("dormant-account", "account-suspended"),
        ("client-secret-expired", "client-secret-expired"),
        ("sandbox-credentials", "access-token-rejected"),
        ("header-missing", "access-token-rejected"),
        ("account-in-other-region", "access-denied"),
        ("lwa-down", "service-unavailable"),
        ("lwa-html", "proxy-interferes"),
        ("lwa-malformed", "response-malformed"),
        ("lwa-form-lost", "request-refused"),
        ("lwa-timeout", "timeout"),
        ("proxy-redirects", "proxy-interferes"),
        ("proxy-wants-log-in", "proxy-interferes"),
        ("request-broken", "proxy-interferes"),
    ],
)
def test_a_fault_of_the_sandbox_is_the_problem_that_it_stands_for(
    operation: str, fault: str, name: str, tmp_path: Path
) -> None:
    world = store_on_sandbox(tmp_path, orders=5, faults=(fault,))
    with link_to(world) as link, pytest.raises(Problem) as caught:
        CALLS[operation][1](link)
    assert caught.value.name.value == name


def test_the_sandbox_shows_in_which_region_an_account_is(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=5, faults=("account-in-other-region",))
    world.deps.environ = {**world.deps.environ, "AMZLINK_SPAPI_URL": "http://127.0.0.1:1/{region}"}
    account = world.deps.account_of(SLUG, world.deps.load_config().stores[SLUG])
    with world.deps.link(account) as link, pytest.raises(Problem, match="access-denied"):
        prove_reports_access(link)
    with world.deps.link(account, region="na") as link:
        prove_reports_access(link)
    with world.deps.link(account, region="fe") as link, pytest.raises(Problem, match="access-denied"):
        prove_reports_access(link)


def link_to(world: StoreOnSandbox) -> SpApiClient:
    return world.deps.link(world.deps.account_of(SLUG, world.deps.load_config().stores[SLUG]))
