"""Confirming a shipment: what is sent, what each of Amazon's refusals means, and when nobody knows what came of it."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gaierror
from typing import Any

import httpx
import msgspec
import pytest

from amzlink.amazon.orders import get_order
from amzlink.amazon.shipment_refusals import IN_WORDS, Reason, reason_of
from amzlink.amazon.shipments import CONFIRM_SHIPMENT, Confirmation, ShipmentRefused, confirm_shipment
from amzlink.amazon.transport import SpApiClient
from amzlink.core.shipments.packing import Item
from amzlink.http.retry import ATTEMPTS
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown
from tests.amazon.bench import (
    Answer,
    bench,
    denied,
    lwa_refused,
    refused,
    throttled,
    token_answer,
    unavailable,
)
from tests.support.models import Model
from tests.support.problems import texts_of
from tests.support.rows import each_row
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

ORDER = "302-1234567-7654321"
TRACKING = "JJD000390007882823"
PARCEL = Confirmation(
    order_id=ORDER,
    marketplace_id="A1PA6795UKMFR9",
    reference="1",
    carrier_code="DHL",
    shipping_method="DHL Paket",
    tracking_number=TRACKING,
    ship_date=datetime(2026, 11, 23, 8, 0, 0, 700_000, tzinfo=UTC),
    items=(Item("12345678901234", 2),),
)
DONE = httpx.Response(204)
PAGE = httpx.Response(200, text="<!DOCTYPE html><html><body>Sign in</body></html>")


def changed(**fields: Any) -> Confirmation:
    return msgspec.structs.replace(PARCEL, **fields)


def problem_of(*answers: Answer, lwa: tuple[Answer, ...] = ()) -> Problem:
    with bench(*answers, lwa=lwa) as made, pytest.raises(Problem) as caught:
        confirm_shipment(made.link, PARCEL)
    return caught.value


class TestWhatIsSent:
    def sent(self, confirmation: Confirmation) -> dict[str, Any]:
        """The body of the request, held to the model."""
        with bench(DONE) as made:
            confirm_shipment(made.link, confirmation)
        (request,) = made.amazon.requests
        path = request.url.raw_path.decode()
        assert Model.load("ordersV0.json").check_request(request.method, path, "", request.content) == "confirmShipment"
        body: dict[str, Any] = json.loads(request.content)
        return body

    def test_a_parcel_is_told_with_everything_that_is_known(self) -> None:
        assert self.sent(PARCEL) == {
            "marketplaceId": "A1PA6795UKMFR9",
            "packageDetail": {
                "packageReferenceId": "1",
                "carrierCode": "DHL",
                "shippingMethod": "DHL Paket",
                "trackingNumber": TRACKING,
                "shipDate": "2026-11-23T08:00:00Z",
                "orderItems": [{"orderItemId": "12345678901234", "quantity": 2}],
            },
        }

    def test_a_carrier_without_a_code_is_told_by_name_and_items_by_their_codes(self) -> None:
        items = (Item("1", 1), Item("2", 2, ("AZ:1", "AZ:2")))
        detail = self.sent(changed(carrier_code="Other", carrier_name="Budbee", shipping_method=None, items=items))[
            "packageDetail"
        ]
        assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "Budbee")
        assert "shippingMethod" not in detail
        assert detail["orderItems"][1] == {
            "orderItemId": "2",
            "quantity": 2,
            "transparencyCodes": ["AZ:1", "AZ:2"],
        }

    def test_the_date_is_told_in_utc(self) -> None:
        moment = datetime.fromisoformat("2026-11-23T10:00:00+02:00")
        assert self.sent(changed(ship_date=moment))["packageDetail"]["shipDate"] == "2026-11-23T08:00:00Z"

    @pytest.mark.parametrize("number", [None, ""])
    def test_what_has_no_number_is_not_sent_at_all(self, number: str | None) -> None:
        with bench() as made, pytest.raises(ValueError, match="by feed"):
            confirm_shipment(made.link, changed(tracking_number=number))

    def test_it_is_sent_once_whatever_is_answered(self) -> None:
        for answer in (unavailable(), httpx.ReadTimeout("late"), httpx.ConnectError("closed")):
            assert problem_of(answer)  # a second request would find no answer on the bench

    def test_only_where_amazon_takes_no_call_at_all_it_is_sent_again(self) -> None:
        with bench(*[throttled()] * (ATTEMPTS - 1), DONE) as made:
            confirm_shipment(made.link, PARCEL)

    def test_a_token_that_has_grown_too_old_is_renewed_because_that_answer_is_known(self) -> None:
        with bench(denied("The access token you provided has expired."), DONE) as made:
            confirm_shipment(made.link, PARCEL)
        assert len(set(made.amazon.tokens)) == 2


# docs/services/amazon.md, "Refused confirmations", row by row; the words of the last ones are the sandbox's own,
# because Amazon's are not known.
ROWS = [
    (
        "",
        "The input is not valid. Please check the fields with invalid type [packageDetail.packageReferenceId].",
        "other",
    ),
    ("InvalidInput", "PackageReferenceId: is invalid, must be a positive numeric value.", "other"),
    (
        "InvalidInput",
        "OrderItemId  is invalid, please obtain the value through the getOrderItems API or Manage Orders page",
        "item-unknown",
    ),
    (
        "InvalidInput",
        "Failed to create package due to not finding a matching package. errorMetric=PackageToUpdateNotFound",
        "already-confirmed",
    ),
    (
        "InvalidInput",
        f"ErrorCode: NonexistentOrderItem Description: Failed to find order item list by order ID: {ORDER}",
        "order-cancelled",
    ),
    ("InvalidInput", "errorCode=InvalidPackageVersion", "stale-package"),
    ("InvalidInput", "The package reached the maximum number of allowed updates.", "too-many-edits"),
    (
        "InvalidInput",
        f"The tracking ID {TRACKING} for {ORDER} does not match the expected format for the carrier. Check it.",
        "tracking-format",
    ),
    ("InvalidInput", "Transparency codes are required for order item 1, one for each unit.", "transparency-codes"),
    ("InvalidInput", "FBM Ship+ orders cannot be confirmed.", "amazon-confirms"),
    ("InvalidInput", "The value of packageDetail.shipDate is not valid.", "bad-date"),
    ("Invalid Input", "Invalid Input", "bad-date"),
    ("InvalidInput", "The carrier-code field contains an invalid value: dhl.", "carrier-unknown"),
    ("InvalidInput", "Something that nobody has seen yet.", "other"),
]


class TestRefusals:
    @each_row(("code", "message", "reason"), ROWS)
    @each_row("in_details", [False, True])
    def test_each_has_its_reason_and_nothing_of_what_amazon_quotes(
        self, code: str, message: str, reason: str, in_details: bool
    ) -> None:
        answer = refused(400, code, "Refused.", message) if in_details else refused(400, code, message)
        problem = problem_of(answer)
        assert problem.name.value == "shipment-refused"
        assert isinstance(problem, ShipmentRefused)
        assert (problem.facts["order_id"], problem.reason, problem.code) == (ORDER, reason, code)
        assert ORDER in problem.summary
        assert IN_WORDS[Reason(reason)] in problem.summary
        told = json.dumps([texts_of(problem), {name: str(fact) for name, fact in problem.facts.items()}])
        assert TRACKING not in told
        assert not isinstance(problem, AnswerUnknown)

    def test_every_reason_is_told_in_words(self) -> None:
        assert set(IN_WORDS) == set(Reason)
        assert len(set(IN_WORDS.values())) == len(Reason)

    def test_the_order_that_a_text_names_by_the_way_does_not_change_its_reason(self) -> None:
        assert reason_of("", "InvalidPackageVersion of orderItemId 5, ship date 1") is Reason.STALE_PACKAGE

    @pytest.mark.parametrize(
        "answer", [refused(404, "NotFound", "No such thing."), refused(400, "InvalidInput", "Order not found: 302")]
    )
    def test_an_order_that_amazon_does_not_know_has_its_own_name(self, answer: httpx.Response) -> None:
        problem = problem_of(answer)
        assert (problem.name.value, problem.facts["order_id"]) == ("order-not-found", ORDER)
        assert "is not known to Amazon" in problem.summary

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (denied(), "access-denied"),
            (denied("The LWA secret token you provided has expired."), "client-secret-expired"),
            (denied("The marketplaces you provided are not valid for region."), "region-mismatch"),
            (refused(400, "InvalidInput", "Could not match input arguments"), "sandbox-credentials"),
            (refused(400, "InvalidInput", "Invalid request parameters"), "account-suspended"),
            (refused(413, "TooLarge", "Too large."), "request-refused"),
            (httpx.Response(400, text="Bad Request"), "response-malformed"),
            (unavailable(), "service-unavailable"),
        ],
    )
    def test_what_is_no_matter_of_the_parcel_keeps_its_name(self, answer: httpx.Response, name: str) -> None:
        assert problem_of(answer).name.value == name

    def test_so_does_throttling_that_does_not_end(self) -> None:
        problem = problem_of(*[throttled()] * ATTEMPTS)
        assert (problem.name.value, isinstance(problem, AnswerUnknown)) == ("throttled", False)


def chained(error: httpx.HTTPError, cause: Exception) -> httpx.HTTPError:
    error.__cause__ = cause
    return error


class TestWhatIsKnownAfterwards:
    @pytest.mark.parametrize(
        "answer",
        [
            unavailable(),
            refused(500, "InternalFailure", "We encountered an internal error."),
            httpx.ReadTimeout("late"),
            httpx.WriteTimeout("slow"),
            httpx.ReadError("reset"),
            httpx.WriteError("reset"),
            httpx.RemoteProtocolError("closed without an answer"),
            chained(httpx.ReadError("broken"), ssl.SSLError("bad record")),
            PAGE,
            httpx.Response(302, headers={"location": "http://portal.test"}),
            httpx.Response(400, text="<html><body>400</body></html>"),
        ],
    )
    def test_the_answer_is_lost(self, answer: Answer) -> None:
        problem = problem_of(answer)
        assert isinstance(problem, AnswerUnknown), problem.name

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.ConnectError("refused"),
            chained(httpx.ConnectError("no such name"), gaierror(8, "unknown")),
            chained(httpx.ConnectError("handshake"), ssl.SSLError("self-signed")),
            httpx.ConnectTimeout("no way there"),
            httpx.PoolTimeout("busy"),
            httpx.ProxyError("407"),
            refused(400, "InvalidInput", "Refused."),
            refused(404, "NotFound", "Not there."),
            denied(),
        ],
    )
    def test_nothing_was_done(self, answer: Answer) -> None:
        problem = problem_of(answer)
        assert not isinstance(problem, AnswerUnknown), problem.name

    @pytest.mark.parametrize(
        "answer",
        [httpx.ReadTimeout("late"), lwa_refused(400, "invalid_grant"), PAGE, httpx.Response(200, text="no token")],
    )
    def test_without_a_token_nothing_was_sent(self, answer: Answer) -> None:
        problem = problem_of(lwa=(answer,))
        assert not isinstance(problem, AnswerUnknown), problem.name

    def test_a_token_that_cannot_be_renewed_leaves_the_refusal_that_asked_for_it(self) -> None:
        expired = denied("The access token you provided has expired.")
        problem = problem_of(expired, lwa=(token_answer(), httpx.ReadTimeout("late")))
        assert problem.name.value == "timeout"
        assert not isinstance(problem, AnswerUnknown)


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path)


def open_link(store: StoreOnSandbox) -> SpApiClient:
    return store.deps.link(store.deps.account_of(SLUG, store.deps.load_config().stores[SLUG]))


def parcel_of(store: StoreOnSandbox, link: SpApiClient, **fields: Any) -> Confirmation:
    """A confirmation of all that an order of the sandbox has left."""
    plain = (order for order in store.sandbox.world.orders.values() if order.is_shippable and not order.traits)
    order = get_order(link, next(plain).order_id)
    items = tuple(Item(line.order_item_id, line.quantity_unshipped) for line in order.lines if line.quantity_unshipped)
    assert order.marketplace_id
    return changed(
        **{
            "order_id": order.order_id,
            "marketplace_id": order.marketplace_id,
            "ship_date": link.amazon_now() - timedelta(minutes=1),
            "items": items,
            **fields,
        }
    )


class TestAgainstTheSandbox:
    def test_a_confirmed_parcel_can_be_read_back_and_edited(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            parcel = parcel_of(store, link)
            confirm_shipment(link, parcel)
            (package,) = get_order(link, parcel.order_id).packages
            assert package.reference == "1"
            confirm_shipment(link, msgspec.structs.replace(parcel, tracking_number="NEW-1", carrier_code="GLS"))
            order = get_order(link, parcel.order_id)
            assert order.status == "SHIPPED"
            assert order.personal.tracking_numbers == {"1": "NEW-1"}
            assert link.calls[CONFIRM_SHIPMENT.name] == 2

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"items": (Item("11111111111111", 1),)}, "item-unknown"),
            ({"ship_date": datetime(2026, 11, 23, 9, 45, tzinfo=UTC)}, "bad-date"),
            ({"ship_date": datetime(2020, 1, 1, tzinfo=UTC)}, "bad-date"),
            ({"reference": "0"}, "other"),
        ],
    )
    def test_what_the_sandbox_refuses_has_its_reason(
        self, store: StoreOnSandbox, fields: dict[str, Any], reason: str
    ) -> None:
        with open_link(store) as link:
            parcel = parcel_of(store, link, **fields)
            with pytest.raises(ShipmentRefused) as caught:
                confirm_shipment(link, parcel)
        assert (caught.value.name.value, caught.value.reason) == ("shipment-refused", reason)

    def test_the_same_units_in_another_package_are_confirmed_already(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            parcel = parcel_of(store, link)
            confirm_shipment(link, parcel)
            with pytest.raises(ShipmentRefused) as caught:
                confirm_shipment(link, msgspec.structs.replace(parcel, reference="2"))
        assert caught.value.reason == "already-confirmed"

    @pytest.mark.parametrize("fault", ["confirm-lost-answer", "confirm-lost-answer-hang"])
    def test_an_answer_that_is_lost_is_unknown_and_the_order_tells(self, store: StoreOnSandbox, fault: str) -> None:
        with open_link(store) as link:
            parcel = parcel_of(store, link)
            store.sandbox.world.faults.switch(on=[fault])
            with pytest.raises(Problem) as caught:
                confirm_shipment(link, parcel)
            assert isinstance(caught.value, AnswerUnknown)
            assert get_order(link, parcel.order_id).packages_by_reference == {"1"}
            assert link.calls[CONFIRM_SHIPMENT.name] == 1
