"""How often an integration may call Sendcloud's half."""

from tests.sandbox.sendcloud_driver import METADATA, ORDERS, SendcloudDriver, basic, errors_of


def write(driver: SendcloudDriver, times: int) -> list[int]:
    return [driver.post(driver.order()).status for _ in range(times)]


def test_fifteen_writes_a_second_and_no_more() -> None:
    driver = SendcloudDriver(quota="real")
    assert write(driver, 16) == [201] * 15 + [429]
    driver.wait(1)
    assert write(driver, 15) == [201] * 15


def test_a_hundred_writes_a_minute_and_no_more() -> None:
    driver = SendcloudDriver(quota="real")
    granted = 0
    for _ in range(60):
        granted += write(driver, 10).count(201)
        driver.wait(1)
    assert 195 <= granted <= 200, "the hundred that were saved up, and the hundred of the minute"
    assert write(driver, 3)[-1] == 429


def test_a_thousand_reads_a_minute_and_no_more() -> None:
    driver = SendcloudDriver(quota="real")
    statuses = [driver.get(METADATA).status for _ in range(1001)]
    assert statuses == [200] * 1000 + [429]
    assert write(driver, 1) == [201], "writing has a bucket of its own"
    driver.wait(60)
    assert driver.get(METADATA).status == 200


def test_a_call_too_many_is_told_when_the_next_may_be() -> None:
    driver = SendcloudDriver(quota="real")
    for _ in range(16):
        answer = driver.post(driver.order())
    assert (answer.status, errors_of(answer)[0]["code"]) == (429, "throttled")
    driver.wait(int(answer.headers["Retry-After"]))
    assert write(driver, 1) == [201]


def test_what_was_turned_away_is_not_stored() -> None:
    driver = SendcloudDriver(quota="real")
    write(driver, 15)
    assert driver.post(driver.order(7)).status == 429
    driver.wait(2)
    assert len(driver.rows(ORDERS)) == 1
    assert driver.control()["order_posts"] == 15


def test_fast_is_a_hundred_times_faster_and_off_has_no_limit() -> None:
    assert write(SendcloudDriver(quota="fast"), 200) == [201] * 200
    assert write(SendcloudDriver(quota="off"), 200) == [201] * 200
    driver = SendcloudDriver(quota="fast")
    assert write(driver, 1501)[-1] == 429


def test_a_caller_without_good_keys_uses_up_nothing() -> None:
    driver = SendcloudDriver(quota="real")
    for _ in range(20):
        driver.send("POST", ORDERS, document=[driver.order()], authorization=basic("x", "y"))
    assert write(driver, 1) == [201]
