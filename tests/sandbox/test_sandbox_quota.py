from datetime import timedelta

import pytest

from amzlink.sandbox.quota import QuotaMode
from amzlink.sandbox.world import World
from tests.sandbox.driver import ORDERS_PATH, Driver, error_of


def drain(driver: Driver) -> int:
    """Searches until one is over quota; how many were not."""
    done = 0
    while driver.search().status == 200:
        done += 1
    return done


def test_the_burst_is_served_then_one_search_every_179_seconds() -> None:
    driver = Driver(quota="real")
    assert drain(driver) == 20
    driver.world.clock.advance(timedelta(seconds=178))
    assert driver.search().status == 429
    driver.world.clock.advance(timedelta(seconds=1))
    assert driver.search().status == 200
    assert driver.search().status == 429


def test_over_quota_says_so_and_tells_no_rate() -> None:
    driver = Driver(quota="real")
    drain(driver)
    answer = driver.search()
    assert error_of(answer)["code"] == "QuotaExceeded"
    assert error_of(answer)["message"] == "You exceeded your quota for the requested resource."
    assert "x-amzn-RateLimit-Limit" not in answer.headers


def test_buckets_are_apart() -> None:
    driver = Driver(quota="real")
    drain(driver)
    assert driver.get(f"{ORDERS_PATH}/{next(iter(driver.world.orders))}").status == 200


def test_a_long_rest_fills_the_bucket_no_higher_than_its_burst() -> None:
    driver = Driver(quota="fast")
    drain(driver)
    driver.world.clock.advance(timedelta(hours=1) - timedelta(seconds=1))
    assert drain(driver) == 20


@pytest.mark.parametrize(("mode", "rate"), [("real", "0.0056"), ("fast", "0.56"), ("off", "1000.0")])
def test_the_header_tells_the_rate_on_success_and_on_bad_input(mode: QuotaMode, rate: str) -> None:
    driver = Driver(quota=mode)
    assert driver.search().headers["x-amzn-RateLimit-Limit"] == rate
    assert driver.search(maxResultsPerPage=0).headers["x-amzn-RateLimit-Limit"] == rate


def test_the_header_is_told_when_nothing_is_found_and_not_when_access_is_denied() -> None:
    driver = Driver()
    assert "x-amzn-RateLimit-Limit" in driver.get(f"{ORDERS_PATH}/302-0000000-0000000").headers
    driver.token = ""
    assert "x-amzn-RateLimit-Limit" not in driver.search().headers


def test_bad_input_costs_a_token_and_a_missing_access_token_does_not() -> None:
    driver = Driver(quota="real")
    token, driver.token = driver.token, ""
    driver.search()
    driver.token = token
    driver.search(maxResultsPerPage=0)
    assert drain(driver) == 19


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="real, fast, off"):
        World(quota="slow")  # type: ignore[arg-type]
