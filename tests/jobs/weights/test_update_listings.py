"""Weights written to Amazon's listings: previewed, sent once, looked at again."""

from pathlib import Path

import httpx
import pytest

from amzlink.jobs.check_weights import CheckReport
from amzlink.problems import ProblemName
from amzlink.sandbox.weights import PACKAGE, WeightKind
from tests.support.shop import MINUTES, Shop, found
from tests.support.world import SLUG

_K = WeightKind
GERMANY, FRANCE = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"


def states(report: CheckReport) -> dict[str, str]:
    return {outcome.sku: outcome.state for outcome in report.patches}


def test_a_refused_weight_leaves_its_listing_and_the_others_alone_and_is_not_sent_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    good, bad = shop.product(_K.NONE), shop.product(_K.NO_ATTRIBUTE)
    weights = {bad.sku: 300, good.sku: 450}
    report = shop.check(weights=weights, apply=True)
    assert states(report) == {bad.sku: "refused", good.sku: "queued"}
    refused = next(outcome for outcome in report.patches if outcome.sku == bad.sku)
    assert refused.problem == ProblemName.WEIGHT_REFUSED
    assert [(issue.code, issue.message) for issue in refused.issues] == [("90000900", "The attributes are invalid.")]
    assert shop.patched(bad.sku) == {"preview INVALID": 1}
    shop.world.clock.advance(10 * MINUTES)
    again = shop.check(all_listings=True, apply=True)
    assert states(again) == {good.sku: "taken"}
    assert again.passed_over == 1
    assert shop.patched(bad.sku) == {"preview INVALID": 1}
    assert shop.patched(good.sku) == {"preview VALID": 1, "ACCEPTED": 1}
    assert states(shop.check(weights={bad.sku: 310}, apply=True)) == {bad.sku: "refused"}
    assert found(again, bad.sku).entry.verdict.weight_grams == 300


def test_weights_set_earlier_go_to_amazon_when_that_is_asked_for_and_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    assert shop.check(weights={sku: 450}).patches == []
    assert states(shop.check(all_listings=True, apply=True)) == {sku: "queued"}
    assert states(shop.check(all_listings=True, apply=True)) == {}
    assert shop.patched(sku)["ACCEPTED"] == 1
    shop.world.clock.advance(10 * MINUTES)
    assert states(shop.check(all_listings=True, apply=True)) == {sku: "taken"}
    assert states(shop.check(weights={sku: 450}, apply=True)) == {}


def test_an_old_fault_of_the_listing_keeps_no_weight_back(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.OLD_ISSUE).sku
    report = shop.check(weights={sku: 450}, apply=True)
    assert states(report) == {sku: "queued"}
    assert shop.patched(sku) == {"preview INVALID": 1, "ACCEPTED": 1}


def test_what_amazon_accepts_and_does_not_show_is_told_of_and_given_up_after_an_hour(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.OUTWEIGHED).sku
    shop.check(weights={sku: 450}, apply=True)
    shop.world.clock.advance(12 * MINUTES)
    early = shop.check()
    assert states(early) == {sku: "queued"}
    assert "12 minutes" in early.patches[0].message
    assert early.complete
    shop.world.clock.advance(60 * MINUTES)
    late = shop.check()
    assert [(each.state, each.problem) for each in late.patches] == [("lost", ProblemName.WEIGHT_NOT_TAKEN)]
    assert not late.complete
    assert shop.check().patches == []
    assert shop.check(all_listings=True, apply=True).passed_over == 1
    shop.weigh(sku, {"value": 450, "unit": "grams"})
    assert states(shop.check()) == {sku: "taken"}


def test_a_change_that_is_refused_later_is_told_of_with_amazons_words(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, faults=["listing-patch-refused-later"])
    sku = shop.product(_K.NONE).sku
    shop.check(weights={sku: 450}, apply=True)
    shop.world.clock.advance(10 * MINUTES)
    [outcome] = shop.check().patches
    assert (outcome.state, outcome.problem) == ("lost", ProblemName.WEIGHT_NOT_TAKEN)
    assert [issue.code for issue in outcome.issues] == ["8015"]


@pytest.mark.parametrize("fault", ["listing-patch-lost-answer", "listing-patch-lost-answer-hang"])
def test_answers_that_never_come_stop_the_run_and_the_next_one_brings_the_weight(tmp_path: Path, fault: str) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    shop.switch(fault)
    assert shop.check(weights={sku: 450}, apply=True).problem is not None
    shop.switch(off=[fault])
    assert states(shop.check(all_listings=True, apply=True)) == {sku: "queued"}
    shop.world.clock.advance(10 * MINUTES)
    assert states(shop.check()) == {sku: "taken"}


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5, 6])
def test_a_run_that_dies_anywhere_is_run_again_until_every_weight_is_there(
    tmp_path: Path, calls: int, *, carried_out: bool
) -> None:
    shop = Shop(tmp_path, orders=0)
    weights = {shop.product(_K.NONE).sku: 450, shop.product(_K.ITEM_ONLY).sku: 460}
    assert shop.die(calls, carried_out=carried_out, weights=weights, apply=True)
    assert shop.check(weights=weights, apply=True).problem is None
    shop.world.clock.advance(10 * MINUTES)
    assert states(shop.check()) == dict.fromkeys(weights, "taken")
    sent = [shop.patched(sku)["ACCEPTED"] for sku in weights]
    assert max(sent) <= 1 + carried_out  # setting the same weight twice does no harm


class Answering(httpx.BaseTransport):
    """Answers changes of listings itself, or only their previews."""

    def __init__(self, inner: httpx.BaseTransport, status: int, body: object, *, previews: bool = False) -> None:
        self._inner = inner
        self._status, self._body, self._previews = status, body, previews

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH" and ("mode=VALIDATION_PREVIEW" in str(request.url)) is self._previews:
            return httpx.Response(self._status, json=self._body, request=request)
        return self._inner.handle_request(request)


def _refused(code: str) -> dict[str, object]:
    return {"errors": [{"code": code, "message": "No."}]}


@pytest.mark.parametrize(
    ("status", "code", "problem"), [(429, "QuotaExceeded", "throttled"), (403, "Unauthorized", "")]
)
def test_a_weight_that_could_not_be_sent_is_sent_by_a_later_run(
    tmp_path: Path, status: int, code: str, problem: str
) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    shop.world.deps.transport = Answering(shop.world.transport, status, _refused(code))
    report = shop.check(weights={sku: 450}, apply=True)
    assert report.problem is not None
    assert report.problem.name.value.startswith(problem)
    shop.world.deps.transport = shop.world.transport
    shop.world.clock.advance(24 * 60 * MINUTES)
    assert states(shop.check(all_listings=True, apply=True)) == {sku: "queued"}


def test_a_weight_whose_answer_was_lost_and_that_never_arrived_is_sent_by_the_run_of_the_next_day(
    tmp_path: Path,
) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    shop.world.deps.transport = Answering(shop.world.transport, 500, _refused("InternalFailure"))
    assert shop.check(weights={sku: 450}, apply=True).problem is not None
    shop.world.deps.transport = shop.world.transport
    shop.world.clock.advance(24 * 60 * MINUTES)
    assert states(shop.check(all_listings=True, apply=True)) == {sku: "queued"}


@pytest.mark.parametrize(
    ("status", "body", "previews", "sent_again"),
    [
        (400, _refused("InvalidInput"), True, {"good": "taken", "bad": "queued"}),
        (400, _refused("InvalidInput"), False, {"good": "taken"}),
        (200, {"sku": "any", "status": "INVALID", "submissionId": "1", "issues": []}, False, {"good": "taken"}),
    ],
)
def test_a_change_that_amazon_refuses_is_told_of_and_holds_back_no_other(
    tmp_path: Path, status: int, body: object, previews: bool, sent_again: dict[str, str]
) -> None:
    shop = Shop(tmp_path, orders=0)
    bad, good = shop.product(_K.NONE).sku, shop.product(_K.ITEM_ONLY).sku
    names = {good: "good", bad: "bad"}
    refusing = Answering(shop.world.transport, status, body, previews=previews)
    shop.world.deps.transport = OneListing(shop.world.transport, refusing, bad)
    report = shop.check(weights={bad: 450, good: 460}, apply=True)
    assert report.problem is None
    assert {names[sku]: state for sku, state in states(report).items()} == {"bad": "refused", "good": "queued"}
    assert not report.complete
    shop.world.deps.transport = shop.world.transport
    shop.world.clock.advance(24 * 60 * MINUTES)
    again = shop.check(all_listings=True, apply=True)
    assert {names[sku]: state for sku, state in states(again).items()} == sent_again
    assert again.passed_over == 2 - len(sent_again)


class OneListing(httpx.BaseTransport):
    """Lets another transport answer for one listing."""

    def __init__(self, inner: httpx.BaseTransport, other: httpx.BaseTransport, sku: str) -> None:
        self._inner, self._other, self._sku = inner, other, sku

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return (self._other if request.url.path.endswith(self._sku) else self._inner).handle_request(request)


def test_a_sku_that_the_account_does_not_have_has_no_listing_to_write_to(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    shop.check(weights={sku: 450})
    shop.remove(sku)
    report = shop.check(all_listings=True, apply=True)
    assert [(each.sku, each.state, each.problem) for each in report.patches] == [
        (sku, "refused", ProblemName.SKU_UNKNOWN)
    ]


def test_a_weight_that_stands_in_another_marketplace_only_is_sent(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    assert shop.world.deps.load_config().stores[SLUG].marketplace_ids[0] == GERMANY
    product = shop.product(_K.ELSEWHERE)
    report = shop.check(weights={product.sku: product.grams}, apply=True)
    assert states(report) == {product.sku: "queued"}
    shop.world.clock.advance(10 * MINUTES)
    assert states(shop.check()) == {product.sku: "taken"}
    assert {entry["marketplace_id"] for entry in product.attributes[PACKAGE]} == {GERMANY, FRANCE}


def test_a_weight_that_amazon_takes_away_elsewhere_is_told_of(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, faults=["listing-patch-spoils-others"])
    sku = shop.product(_K.BY_MARKETPLACE).sku
    shop.check(weights={sku: 450}, apply=True)
    shop.world.clock.advance(10 * MINUTES)
    [outcome] = shop.check().patches
    assert (outcome.state, outcome.problem) == ("taken", ProblemName.WEIGHT_LOST_ELSEWHERE)
    assert "FR" in outcome.message


def test_an_app_that_may_not_write_listings_is_named_and_the_weights_stay(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, faults=["role-missing-listings-write"])
    sku = shop.product(_K.NONE).sku
    report = shop.check(weights={sku: 450}, apply=True)
    assert report.problem is not None
    assert report.problem.name.value == "access-denied"
    assert found(shop.check(weights={sku: 450}), sku).entry.verdict.weight_grams == 450


class DeniesSlashes(httpx.BaseTransport):
    """Amazon on a day on which its gateway takes an encoded slash for a path's end.

    Source: https://github.com/amzn/selling-partner-api-docs/issues/467
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH" and b"%2F" in request.url.raw_path:
            error = {"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": ""}
            return httpx.Response(403, json={"errors": [error]}, request=request)
        return self._inner.handle_request(request)


def test_a_sku_with_a_slash_that_amazon_denies_keeps_no_other_weight_back(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    plain = shop.product(_K.NONE).sku
    slash = next(sku for sku in shop.amazon.catalogue.by_sku if "/" in sku)
    shop.world.deps.transport = DeniesSlashes(shop.world.transport)
    report = shop.check(weights={slash: 300, plain: 450}, apply=True)
    assert report.problem is None
    assert states(report) == {slash: "refused", plain: "queued"}
    assert {outcome.problem for outcome in report.patches} == {ProblemName.WEIGHT_REFUSED, None}
