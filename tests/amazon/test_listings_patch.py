"""Writing a weight to a listing: previewed as often as need be, sent once, and what Amazon says to it."""

import json
from pathlib import Path

import httpx
import pytest

from amzlink.amazon.listing_json import PACKAGE_WEIGHT, SHIPPING_WEIGHT, Issue
from amzlink.amazon.listings import PatchAnswer, find_listings, patch_weight
from amzlink.amazon.transport import SpApiClient
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown
from amzlink.sandbox.weights import WeightKind
from tests.amazon.bench import FreeQuotas, bench, denied, ok, refused, throttled, unavailable
from tests.amazon.test_listings import FRANCE, GERMANY, SELLER, held, open_link, seller_of
from tests.support.world import StoreOnSandbox, store_on_sandbox

EXPIRED = refused(403, "Unauthorized", "Denied.", "The access token you provided has expired.")


def answer(status: str, *issues: dict[str, object]) -> httpx.Response:
    return ok({"sku": "MUG-1", "status": status, "submissionId": "f1dc2914", "issues": list(issues)})


def issue(**changes: object) -> dict[str, object]:
    return {"code": "90220", "message": "is required", "severity": "ERROR", "categories": [], **changes}


def patch(
    link: SpApiClient,
    sku: str = "MUG-1",
    *,
    preview: bool = False,
    grams: int = 450,
    unit: str | None = None,
    attribute: str = PACKAGE_WEIGHT,
) -> PatchAnswer:
    return patch_weight(
        link,
        SELLER,
        sku,
        marketplace_id=GERMANY,
        product_type="DRINKING_CUP",
        attribute=attribute,
        grams=grams,
        preview=preview,
        locale="en_GB",
        unit=unit,
    )


class TestTheRequest:
    def test_one_attribute_is_replaced_for_one_marketplace(self) -> None:
        with bench(answer("ACCEPTED")) as made:
            patch(made.link, "KETTLE/BLU 1+2,3%")
        assert held(made) == ["patchListingsItem"]
        (request,) = made.amazon.requests
        path = request.url.raw_path.decode().partition("?")[0]
        assert path == f"/listings/2021-08-01/items/{SELLER}/KETTLE%2FBLU%201%2B2%2C3%25"
        assert dict(request.url.params) == {
            "marketplaceIds": GERMANY,
            "includedData": "issues",
            "issueLocale": "en_GB",
        }
        assert request.headers["content-type"] == "application/json"
        assert json.loads(request.content) == {
            "productType": "DRINKING_CUP",
            "patches": [
                {
                    "op": "replace",
                    "path": "/attributes/item_package_weight",
                    "value": [{"value": 0.45, "unit": "kilograms", "marketplace_id": GERMANY}],
                }
            ],
        }

    def test_a_preview_says_that_it_is_one(self) -> None:
        with bench(answer("VALID")) as made:
            patch(made.link, preview=True, attribute=SHIPPING_WEIGHT)
        assert held(made) == ["patchListingsItem"]
        assert made.amazon.requests[0].url.params["mode"] == "VALIDATION_PREVIEW"
        assert b'"/attributes/website_shipping_weight"' in made.amazon.requests[0].content

    @pytest.mark.parametrize(
        ("grams", "unit", "written"),
        [
            (450, "grams", b'"value":450,"unit":"grams"'),
            (1001, "kilograms", b'"value":1.001,"unit":"kilograms"'),
            (1000, "pounds", b'"value":1,"unit":"kilograms"'),
            (450, "stone", b'"value":0.45,"unit":"kilograms"'),
        ],
    )
    def test_the_number_is_exact_and_the_unit_the_one_that_stands_there_if_it_can_be(
        self, grams: int, unit: str, written: bytes
    ) -> None:
        with bench(answer("ACCEPTED")) as made:
            patch(made.link, grams=grams, unit=unit)
        assert written in made.amazon.requests[0].content


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("status", "taken"), [("ACCEPTED", True), ("VALID", True), ("INVALID", False), ("PONDERED", False)]
    )
    def test_accepted_and_valid_mean_that_amazon_has_nothing_against_it(self, status: str, taken: bool) -> None:
        with bench(answer(status)) as made:
            found = patch(made.link)
        assert (found.status, found.submission_id, found.is_taken) == (status, "f1dc2914", taken)

    def test_issues_are_told_apart_by_what_they_are_about(self) -> None:
        old = issue(code="8015", attributeNames=["color"], severity="WARNING")
        own = issue(attributeNames=["item_package_weight", "unit"])
        with bench(answer("INVALID", old, own, issue(attributeNames=None), issue())) as made:
            found = patch(made.link)
        assert len(found.issues) == 4
        assert found.issues_of(PACKAGE_WEIGHT) == (
            Issue("90220", "is required", "ERROR", ("item_package_weight", "unit")),
        )
        assert [each.is_error for each in found.issues] == [False, True, True, True]

    @pytest.mark.parametrize("issues", [{}, {"issues": None}])
    def test_without_issues_there_are_none(self, issues: dict[str, object]) -> None:
        with bench(ok({"sku": "MUG-1", "status": "VALID", "submissionId": "1", **issues})) as made:
            assert patch(made.link).issues == ()

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"status":"ACCEPTED"}', b'{"status":5,"submissionId":"1"}'])
    def test_one_that_cannot_be_read_leaves_open_whether_it_was_taken(self, body: bytes) -> None:
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem) as caught:
            patch(made.link)
        assert caught.value.name.value == "response-malformed"
        assert isinstance(caught.value, AnswerUnknown)


class TestHowOftenItIsSent:
    @pytest.mark.parametrize(
        ("failure", "name", "unknown"),
        [
            (httpx.ReadError("reset by peer"), "connect-refused", True),
            (httpx.ReadTimeout("nothing came"), "timeout", True),
            (httpx.ConnectError("no way"), "connect-refused", False),
            (unavailable(Retry_After="1"), "service-unavailable", True),
            (refused(500), "service-unavailable", True),
            (refused(400, "InvalidInput", "no"), "request-refused", False),
            (refused(404, "NOT_FOUND", "no"), "request-refused", False),
            (denied(), "access-denied", False),
            (httpx.Response(302, headers={"location": "https://elsewhere.test"}), "proxy-interferes", True),
        ],
    )
    def test_a_patch_goes_once_whatever_comes_back(
        self, failure: httpx.Response | Exception, name: str, unknown: bool
    ) -> None:
        with bench(failure) as made, pytest.raises(Problem) as caught:
            patch(made.link)
        assert (caught.value.name.value, isinstance(caught.value, AnswerUnknown)) == (name, unknown)
        assert made.clock.slept == []

    def test_an_old_token_is_the_one_refusal_that_lets_it_go_again_at_once(self) -> None:
        with bench(EXPIRED, answer("ACCEPTED")) as made:
            patch(made.link)
        assert made.amazon.tokens[0] != made.amazon.tokens[1]
        with bench(EXPIRED, EXPIRED) as made, pytest.raises(Problem, match="access-token-rejected"):
            patch(made.link)

    def test_after_a_429_nothing_was_done_so_it_waits_and_goes_again(self) -> None:
        quotas = FreeQuotas()
        with bench(throttled(Retry_After="2"), answer("ACCEPTED"), quotas=quotas) as made:
            assert patch(made.link).is_taken
        assert made.clock.slept == [2.0]
        assert quotas.drained == ["patchListingsItem"]
        assert made.amazon.requests[0].content == made.amazon.requests[1].content

    def test_it_does_not_wait_for_ever(self) -> None:
        with bench(*[throttled(Retry_After="2")] * 4) as made, pytest.raises(Problem) as caught:
            patch(made.link)
        assert (caught.value.name.value, isinstance(caught.value, AnswerUnknown)) == ("throttled", False)

    @pytest.mark.parametrize("failure", [httpx.ReadError("reset"), unavailable(), refused(500), throttled(), EXPIRED])
    def test_a_preview_changes_nothing_so_it_is_tried_again_like_a_question(
        self, failure: httpx.Response | Exception
    ) -> None:
        with bench(failure, answer("VALID")) as made:
            assert patch(made.link, preview=True).is_taken
        first, second = made.amazon.requests
        assert (first.method, second.method) == ("PATCH", "PATCH")
        assert first.content == second.content
        assert second.headers["content-type"] == "application/json"


# Against the sandbox


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5)


def write(
    store: StoreOnSandbox, link: SpApiClient, kind: WeightKind, grams: int, *, preview: bool
) -> tuple[str, PatchAnswer]:
    """A weight for the first product of a kind, with what its own listing says of how."""
    product = next(each for each in store.sandbox.world.catalogue.by_sku.values() if each.kind is kind)
    seller_id, marketplace_ids = seller_of(store)
    listing = find_listings(link, seller_id, marketplace_ids, [product.sku])[product.sku]
    assert listing.product_type
    return product.sku, patch_weight(
        link,
        seller_id,
        product.sku,
        marketplace_id=marketplace_ids[0],
        product_type=listing.product_type,
        attribute=listing.weight_attribute,
        grams=grams,
        preview=preview,
        locale="en_GB",
        unit=listing.unit_of(listing.weight_attribute, marketplace_ids[0]),
    )


def weigh(store: StoreOnSandbox, link: SpApiClient, sku: str) -> tuple[int | None, int | None]:
    """Shipping and package weight in Germany."""
    seller_id, marketplace_ids = seller_of(store)
    grams = find_listings(link, seller_id, marketplace_ids, [sku])[sku].grams_in(marketplace_ids[:1])
    return grams.shipping, grams.package


class TestOnTheSandbox:
    @pytest.mark.parametrize(
        ("kind", "shown"),
        [
            (WeightKind.NONE, (None, 455)),
            (WeightKind.ZERO, (None, 455)),
            (WeightKind.GRAMS_AS_KILOGRAMS, (None, 455)),
            (WeightKind.POUNDS, (None, 455)),
            (WeightKind.SHIPPING, (455, None)),
        ],
    )
    def test_a_weight_is_shown_some_minutes_after_it_was_accepted(
        self, kind: WeightKind, shown: tuple[int | None, int | None], store: StoreOnSandbox
    ) -> None:
        with open_link(store) as link:
            sku, preview = write(store, link, kind, 455, preview=True)
            before = weigh(store, link, sku)
            assert (preview.status, before != shown) == ("VALID", True)
            _, taken = write(store, link, kind, 455, preview=False)
            assert (taken.status, weigh(store, link, sku)) == ("ACCEPTED", before)
            store.clock.advance(900)
            assert weigh(store, link, sku) == shown

    def test_an_attribute_that_the_product_type_lacks_is_refused_with_the_reason(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            _, found = write(store, link, WeightKind.NO_ATTRIBUTE, 455, preview=True)
        assert not found.is_taken
        assert any(each.is_error for each in found.issues_of(PACKAGE_WEIGHT))

    def test_an_old_fault_in_a_preview_is_not_about_the_weight(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            _, preview = write(store, link, WeightKind.OLD_ISSUE, 455, preview=True)
            _, taken = write(store, link, WeightKind.OLD_ISSUE, 455, preview=False)
        assert preview.issues
        assert preview.issues_of(PACKAGE_WEIGHT) == ()
        assert taken.is_taken

    @pytest.mark.parametrize("fault", ["listing-patch-lost-answer", "listing-patch-lost-answer-hang"])
    def test_after_a_lost_answer_the_listing_shows_whether_it_was_taken(
        self, fault: str, store: StoreOnSandbox
    ) -> None:
        with open_link(store) as link:
            sku, _ = write(store, link, WeightKind.NONE, 455, preview=True)
            store.sandbox.world.faults.switch(on=[fault])
            with pytest.raises(Problem) as caught:
                write(store, link, WeightKind.NONE, 455, preview=False)
            assert isinstance(caught.value, AnswerUnknown)
            store.sandbox.world.faults.switch(off=[fault])
            store.clock.advance(900)
            assert weigh(store, link, sku) == (None, 455)

    def test_the_other_marketplaces_keep_their_own(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            sku, _ = write(store, link, WeightKind.BY_MARKETPLACE, 455, preview=False)
            store.clock.advance(900)
            seller_id, marketplace_ids = seller_of(store)
            found = find_listings(link, seller_id, marketplace_ids, [sku])[sku]
        assert found.grams_in((GERMANY,)).package == 455
        assert found.grams_in((FRANCE,)).package not in (None, 455)
