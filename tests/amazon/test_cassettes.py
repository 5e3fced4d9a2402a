"""The client against recorded answers: all the way from a call to a result or a problem, on the plain transport.

Each cassette has to be played to its end and in its order; each request has to be the recorded one, with its token.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.shipments import ShipmentRefused
from amzlink.amazon.transport import DeadPageToken
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.problems.failures import AnswerUnknown
from tests.support.cassettes import (
    AMAZONS_SANDBOX,
    FOLDER,
    NEW_GRAMS,
    NOT_THERE,
    ODD_SKUS,
    SCENES,
    SCRUBBED,
    playing,
)

if TYPE_CHECKING:
    from amzlink.amazon.listings import Listing
    from amzlink.amazon.orders import OrdersPage
    from amzlink.amazon.reports import Report
    from amzlink.core.orders.order import Order


def played(name: str) -> Any:
    """What the scene's talk gives."""
    with playing(name) as tape:
        return tape.talk()


def refusal(name: str) -> Problem:
    """The problem that the scene's talk ends with."""
    with playing(name) as tape, pytest.raises(Problem) as caught:
        tape.talk()
    return caught.value


class TestSuccess:
    def test_pages_follow_each_other_until_one_names_no_next(self) -> None:
        pages: list[OrdersPage] = played("pages")
        assert len(pages) > 2
        assert [page.next_token is None for page in pages] == [False] * (len(pages) - 1) + [True]
        assert all(len(page.orders) == 4 for page in pages[:-1])

    def test_no_order_comes_twice_and_each_is_still_to_ship_and_can_be_addressed(self) -> None:
        orders: list[Order] = [order for page in played("pages") for order in page.orders]
        assert len({order.order_id for order in orders}) == len(orders)
        for order in orders:
            assert order.to_ship
            assert order.fulfilled_by == "MERCHANT"
            assert order.personal.recipient.deliverable
            assert (order.personal.buyer.email or "").partition("@")[2].startswith("marketplace.amazon.")
            assert order.units >= len(order.lines) >= 1
            assert order.ship_by is not None

    def test_an_order_asked_for_by_its_number_is_the_one_that_the_search_found(self) -> None:
        found, alone = played("one-order")
        assert alone == found

    def test_participations_are_the_real_marketplaces_open_or_closed(self) -> None:
        found = {entry.marketplace_id: entry.participating for entry in played("participations")}
        assert found == {BY_COUNTRY[country].id: country != "IT" for country in ("DE", "FR", "NL", "PL", "IT")}

    def test_a_listing_proves_the_seller_id(self) -> None:
        with playing("seller-id") as tape:
            tape.talk()
            assert tape.caller.link.calls == {"getToken": 1, "searchListingsItems": 1}

    def test_listings_come_by_their_skus_whatever_signs_those_have(self) -> None:
        found: dict[str, Listing] = played("listings")
        assert set(found) == {*ODD_SKUS} - {"NOBODY/S"}
        assert all(listing.asin and listing.title and listing.product_type for listing in found.values())

    def test_a_weight_that_was_accepted_is_shown_some_minutes_later(self) -> None:
        preview, patch, before, after = played("listing-weighed")
        assert (preview.status, patch.status) == ("VALID", "ACCEPTED")
        germany = SCRUBBED.marketplace_ids[:1]
        assert before.grams_in(germany).package != NEW_GRAMS == after.grams_in(germany).package

    def test_the_catalogue_says_what_item_and_package_weigh(self) -> None:
        ((asin, weights),) = played("catalogue").items()
        assert asin.startswith("B0")
        assert 0 < weights.item < weights.package

    def test_a_report_is_made_by_and_by(self) -> None:
        report: Report = played("report")
        assert (report.processing_status, report.report_type) == ("DONE", "GET_MERCHANT_LISTINGS_ALL_DATA")
        assert report.document()

    def test_a_report_that_amazon_gave_up_has_no_document(self) -> None:
        with pytest.raises(Problem, match="report-failed"):
            played("report-failed").document()

    def test_without_the_restricted_role_orders_come_but_none_can_be_addressed(self) -> None:
        page: OrdersPage = played("personal-data-withheld")
        assert len(page.orders) == 3
        assert not any(order.personal.recipient.deliverable for order in page.orders)
        assert all(order.personal.recipient.city for order in page.orders)
        assert not any(order.personal.buyer.email for order in page.orders)

    def test_fields_programs_and_states_that_nobody_knows_are_kept_and_never_fatal(self) -> None:
        page: OrdersPage = played("unknown-fields")
        assert (len(page.orders), page.refused) == (3, ())
        assert all("AMAZON_MOONSHOT" in order.programs for order in page.orders)
        assert all("ITEM_MOONSHOT" in line.programs for order in page.orders for line in order.lines)

    def test_an_order_that_cannot_be_read_does_not_hold_back_the_others(self) -> None:
        page: OrdersPage = played("malformed-order")
        assert (len(page.orders), len(page.refused)) == (2, 1)
        (refused,) = page.refused
        assert refused.problem == ProblemName.RESPONSE_MALFORMED
        assert refused.order_id not in {order.order_id for order in page.orders}

    def test_a_parcel_that_was_confirmed_and_corrected_can_be_read_back(self) -> None:
        before, after = played("shipment")
        assert (before.status, after.status) == ("UNSHIPPED", "SHIPPED")
        assert after.packages_by_reference == {"1"}
        assert after.personal.tracking_numbers == {"1": "01234567890123"}
        assert not any(line.quantity_unshipped for line in after.lines)

    def test_a_feed_is_made_watched_and_read(self) -> None:
        with playing("feed") as tape:
            results = tape.talk()
            calls = tape.caller.link.calls
            assert calls["getFeed"] == 4
            assert {calls[name] for name in ("createFeedDocument", "uploadDocument", "createFeed", "getFeeds")} == {1}
        assert {number: (each.code, each.reason.value) for number, each in results.items()} == {
            3: ("18028", "order-unknown")
        }
        assert results[3].order_id == NOT_THERE


class TestWhatPasses:
    def test_after_a_429_the_call_is_made_again_when_the_quota_allows_it(self) -> None:
        with playing("throttled-once") as tape:
            assert len(tape.talk().orders) == 3
            assert tape.caller.link.calls == {"getToken": 1, "searchOrders": 2}
            assert tape.clock.slept == pytest.approx([1 / 0.0056], abs=0.001)

    def test_after_a_503_the_call_is_made_again_after_a_moment(self) -> None:
        with playing("unavailable-once") as tape:
            assert len(tape.talk().orders) == 3
            (pause,) = tape.clock.slept
            assert 0.5 <= pause <= 1.0

    def test_a_token_that_expires_between_pages_is_renewed_and_no_order_is_lost(self) -> None:
        with playing("token-expires-between-pages") as tape:
            pages = tape.talk()
            assert tape.tokens == ["access-token-1"] * 2 + ["access-token-2"] * (len(pages) - 1)
        assert [page.orders for page in pages] == [page.orders for page in played("pages")]

    @pytest.mark.parametrize("name", ["page-token-dead", "page-token-of-another-query"])
    def test_a_page_token_that_cannot_be_used_any_more_asks_for_a_new_start(self, name: str) -> None:
        with playing(name) as tape, pytest.raises(DeadPageToken):
            tape.talk()


class TestRefusals:
    @pytest.mark.parametrize("name", ["client-unknown", "authorisation-revoked", "app-mismatch"])
    def test_lwas_refusal_has_its_name_and_no_call_follows(self, name: str) -> None:
        problem = refusal(name)
        assert (problem.name.value, problem.exit_code) == (name, Exit.NOT_ALLOWED)

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("shipment-too-much", "already-confirmed"), ("shipment-tracking-format", "tracking-format")],
    )
    def test_a_refused_parcel_has_its_reason(self, name: str, reason: str) -> None:
        problem = refusal(name)
        assert isinstance(problem, ShipmentRefused)
        assert (problem.name.value, problem.reason, problem.exit_code) == (
            "shipment-refused",
            reason,
            Exit.PARTLY,
        )

    def test_a_parcel_of_an_order_that_is_not_there(self) -> None:
        problem = refusal("shipment-order-unknown")
        assert (problem.name.value, problem.facts["order_id"]) == ("order-not-found", NOT_THERE)

    @pytest.mark.parametrize("name", ["shipment-denied", "feeds-denied"])
    def test_a_missing_role_is_a_denial_without_a_word(self, name: str) -> None:
        assert refusal(name).name.value == "access-denied"

    def test_a_place_for_a_document_that_has_expired(self) -> None:
        problem = refusal("document-expired")
        assert (problem.name.value, problem.facts["status"], problem.exit_code) == (
            "document-refused",
            403,
            Exit.TRY_AGAIN,
        )

    def test_a_confirmation_whose_answer_is_lost_is_sent_once_and_unknown(self) -> None:
        with playing("shipment-answer-lost") as tape, pytest.raises(Problem) as caught:
            tape.talk()
        assert tape.caller.link.calls["confirmShipment"] == 1
        assert isinstance(caught.value, AnswerUnknown)

    def test_a_patch_whose_answer_is_lost_is_sent_once_and_unknown(self) -> None:
        with playing("listing-patch-answer-lost") as tape, pytest.raises(Problem) as caught:
            tape.talk()
        assert tape.caller.link.calls["patchListingsItem"] == 1
        assert isinstance(caught.value, AnswerUnknown)

    def test_a_patch_that_amazon_refuses_leaves_the_listing_as_it_was(self) -> None:
        preview, patch, before, after = played("listing-patch-refused")
        assert (preview.status, patch.status) == ("INVALID", "INVALID")
        assert [issue.is_error for issue in patch.issues_of(before.weight_attribute)] == [True]
        assert after.package == before.package

    @pytest.mark.parametrize(
        ("name", "problem_name", "operation"),
        [
            ("listing-patch-denied", "access-denied", "patchListingsItem"),
            ("catalogue-denied", "access-denied", "searchCatalogItems"),
            ("reports-denied", "role-missing-reports", "createReport"),
        ],
    )
    def test_a_role_that_is_missing_for_weights(self, name: str, problem_name: str, operation: str) -> None:
        problem = refusal(name)
        assert (problem.name.value, problem.facts["operation"]) == (problem_name, operation)

    @pytest.mark.parametrize("name", ["region-mismatch", "client-secret-expired"])
    def test_a_403_whose_details_tell_the_cause_has_that_name(self, name: str) -> None:
        problem = refusal(name)
        assert (problem.name.value, problem.facts["status"]) == (name, 403)

    def test_a_token_that_is_refused_twice_is_rejected(self) -> None:
        with playing("access-token-rejected") as tape, pytest.raises(Problem, match="access-token-rejected"):
            tape.talk()
        assert tape.tokens == ["access-token-1", "access-token-2"]

    @pytest.mark.parametrize(
        ("name", "operation", "role"),
        [
            ("orders-denied", "searchOrders", "Inventory and Order Tracking"),
            ("listings-denied", "searchListingsItems", "Product Listing"),
            ("participations-denied", "getMarketplaceParticipations", "Product Listing"),
        ],
    )
    def test_a_403_without_a_word_stays_open_and_names_the_role_and_the_request(
        self, name: str, operation: str, role: str
    ) -> None:
        problem = refusal(name)
        assert (problem.name.value, problem.facts["operation"]) == ("access-denied", operation)
        assert role in problem.next_step
        assert str(problem.facts["request_id"]) in problem.next_step
        assert len(str(problem.facts["request_id"])) == 36

    def test_an_order_that_amazon_does_not_have_is_named(self) -> None:
        assert refusal("order-unknown").summary == f"The order {NOT_THERE} is not known to Amazon."

    def test_a_seller_id_of_somebody_else_is_named(self) -> None:
        assert refusal("seller-id-wrong").name.value == "seller-id-wrong"

    def test_any_other_400_is_a_refusal_with_amazons_code_and_not_tried_again(self) -> None:
        problem = refusal("window-too-young")
        assert (problem.name.value, problem.exit_code) == ("request-refused", Exit.REFUSED)
        assert "InvalidInput, status 400" in problem.summary

    def test_a_service_that_stays_disturbed_is_given_up(self) -> None:
        with playing("unavailable") as tape, pytest.raises(Problem, match="service-unavailable"):
            tape.talk()
        assert tape.caller.link.calls == {"getToken": 1, "searchOrders": 4}


class TestWhatIsNoAnswer:
    @pytest.mark.parametrize(
        ("name", "host"),
        [
            ("page-for-people", "sellingpartnerapi-eu.amazon.com"),
            ("page-for-people-before-the-token", "api.amazon.com"),
        ],
    )
    def test_a_web_page_with_status_200_is_something_in_between(self, name: str, host: str) -> None:
        problem = refusal(name)
        assert problem.name.value == "proxy-interferes"
        assert problem.summary.startswith(f"{host} answered with a web page (status 200)")

    @pytest.mark.parametrize(
        ("name", "detail"),
        [("answer-cut-off", "it is cut off, or is not JSON"), ("answer-empty", "it is empty")],
    )
    def test_a_success_without_its_data_is_never_taken_for_no_orders(self, name: str, detail: str) -> None:
        problem = refusal(name)
        assert problem.name.value == "response-malformed"
        assert detail in problem.summary
        assert str(problem.facts["request_id"]) in problem.next_step


@pytest.mark.only_with(FOLDER / f"{AMAZONS_SANDBOX}.yaml")  # recorded by whoever has credentials for it
def test_the_sample_of_amazons_own_sandbox_is_read() -> None:
    page: OrdersPage = played(AMAZONS_SANDBOX)
    assert page.orders
    assert page.refused == ()


def test_every_scene_is_played_by_a_test_of_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in SCENES if f'"{name}"' not in text] == []
