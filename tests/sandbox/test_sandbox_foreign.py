"""Answers by something other than Amazon, answers that tell nothing, and a Date that is wrong."""

from datetime import timedelta

import pytest

from tests.sandbox.driver import NOON, ORDERS_PATH, Driver, error_of
from tests.sandbox.parcels import Report, create_document, create_feed, download, finish, message, send_feed

ID = "x-amzn-RequestId"


@pytest.mark.parametrize(
    ("form", "status", "is_page"),
    [("404-empty", 404, False), ("404-html", 404, True), ("403-empty", 403, False), ("200-html", 200, True)],
)
class TestAGateway:
    def test_it_answers_for_a_single_order(self, form: str, status: int, is_page: bool) -> None:
        driver = Driver(faults=(f"order-{form}",))
        answer = driver.get(f"{ORDERS_PATH}/{driver.world.shippable()[0]}")
        assert (answer.status, answer.headers["Server"], bool(answer.body)) == (status, "nginx", is_page)
        assert ID not in answer.headers
        assert ("text/html" in answer.headers.get("Content-Type", "")) is is_page
        assert driver.search().status == 200

    def test_it_answers_for_the_whole_api_but_not_for_lwa(self, form: str, status: int, is_page: bool) -> None:
        driver = Driver(faults=(f"gateway-{form}",))
        answer = driver.search()
        assert (answer.status, bool(answer.body)) == (status, is_page)
        assert driver.ask_lwa().json()["access_token"]


def test_a_proxy_that_reaches_nothing_answers_everything_with_its_page() -> None:
    driver = Driver(faults=("proxy-502",))
    for answer in (driver.ask_lwa(), driver.search(), driver.get("/")):
        assert (answer.status, b"502 Bad Gateway" in answer.body) == (502, True)


class TestVagueRefusals:
    @pytest.mark.parametrize(("fault", "order"), [("orders-refused-vaguely", 200), ("refused-vaguely", 400)])
    def test_they_name_no_field(self, fault: str, order: int) -> None:
        driver = Driver(faults=(fault,))
        error = error_of(driver.search())
        assert (error["code"], error["details"]) == ("InvalidInput", "")
        assert error["message"].startswith("The input you have submitted is not valid")
        assert driver.get(f"{ORDERS_PATH}/{driver.world.shippable()[0]}").status == order

    def test_they_can_begin_ten_minutes_later_and_end_after_another_ten(self) -> None:
        driver = Driver()
        name = "orders-refused-vaguely"
        driver.control("faults", {"on": [name], "after": 600})
        driver.control("faults", {"off": [name], "after": 1200})
        seen = []
        for _ in range(3):
            seen.append(driver.search().status)
            driver.control("clock", {"advance": 600})
        assert seen == [200, 400, 200]

    @pytest.mark.parametrize(
        "body", [{"on": ["gremlins"], "after": 1}, {"on": [], "after": -1}, {"on": [], "after": "1"}]
    )
    def test_a_plan_that_makes_no_sense_is_refused(self, body: dict[str, object]) -> None:
        assert Driver().post_json("/control/faults", body).status == 400


class TestRequestIds:
    def test_they_can_be_missing_everywhere(self) -> None:
        driver = Driver(faults=("request-id-missing",))
        for answer in (driver.ask_lwa(), driver.search(), driver.search(maxResultsPerPage=0)):
            assert ID not in answer.headers
        assert ID in Driver().search(maxResultsPerPage=0).headers

    def test_a_feed_over_quota_is_refused_without_one(self) -> None:
        driver = Driver(faults=("feed-throttled",))
        answer = create_feed(driver, create_document(driver)["feedDocumentId"])
        assert (answer.status, error_of(answer)["code"], ID in answer.headers) == (429, "QuotaExceeded", False)


class TestTheDate:
    @pytest.mark.parametrize(
        ("fault", "days"), [("date-two-years-ahead", 730), ("date-40-days-ahead", 40), ("date-40-days-behind", -40)]
    )
    def test_it_can_be_wrong_in_every_answer_while_amazon_goes_by_the_right_time(self, fault: str, days: int) -> None:
        driver = Driver(faults=(fault,))
        wrong = f"{NOON + timedelta(days=days):%a, %d %b %Y %H:%M:%S GMT}"
        assert {each.headers["Date"] for each in (driver.ask_lwa(), driver.search(), driver.search())} == {wrong}
        assert driver.search(createdBefore=driver.ago(minutes=2)).status == 200

    def test_it_can_be_wrong_once_in_an_answer_of_the_api(self) -> None:
        driver = Driver(faults=("date-two-years-ahead-once",))
        dates = [each.headers["Date"] for each in (driver.ask_lwa(), driver.search(), driver.search())]
        assert [date.split()[3] for date in dates] == ["2026", "2028", "2026"]
        driver.control("faults", {"on": ["date-two-years-ahead-once"]})
        assert "2028" in driver.search().headers["Date"]


@pytest.mark.parametrize(
    ("fault", "stored"), [("feed-report-contradicts", 0), ("feed-report-contradicts-and-stores", 2)]
)
def test_a_feeds_report_can_contradict_itself(fault: str, stored: int) -> None:
    driver = Driver(orders=200, faults=(fault,))
    plain = [each for each in driver.world.orders.values() if each.traits == frozenset() and each.is_shippable][:3]
    feed = finish(driver, send_feed(driver, [message(driver, each, at) for at, each in enumerate(plain, 1)]))
    assert feed["processingStatus"] == "DONE"
    report = Report(download(driver, feed["resultFeedDocumentId"]).body)
    assert report.summary == {
        "MessagesProcessed": 3, "MessagesSuccessful": 0, "MessagesWithError": 1, "MessagesWithWarning": 0,
    }  # fmt: skip
    assert [(number, level) for number, level, _ in report.codes] == [("1", "Error")]
    assert sum(each.status == "SHIPPED" for each in plain) == stored


def test_the_role_for_personal_data_can_be_withdrawn_after_a_good_import() -> None:
    driver = Driver()
    driver.control("faults", {"on": ["role-missing-pii"], "after": 600})
    (before,) = driver.control("orders", {"add": 1, "kinds": []})["added"]
    assert "addressLine1" in driver.order(before)["recipient"]["deliveryAddress"]
    driver.control("clock", {"advance": 600})
    assert "addressLine1" not in driver.order(before)["recipient"]["deliveryAddress"]
