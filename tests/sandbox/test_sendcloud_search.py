"""Looking for orders at Sendcloud: filters, sorting, pages."""

import pytest

from tests.sandbox.sendcloud_driver import AMAZONS_LOOK, ORDERS, SendcloudDriver, cursors, errors_of


def ids(rows: list[dict[str, object]]) -> list[int]:
    return [int(str(row["order_id"])[4:11]) for row in rows]


@pytest.fixture
def driver() -> SendcloudDriver:
    """Six orders: the even ones are fulfilled; each is a day younger than the one before."""
    driver = SendcloudDriver()
    for number in range(6):
        details = driver.details(
            status={"code": "Fulfilled" if number % 2 == 0 else "unshipped"},
            order_created_at=f"2026-11-1{number}T23:30:00-02:00",
            order_updated_at=f"2026-11-2{number}T08:00:00Z",
        )
        driver.post(driver.order(number, order_number=f"No-{5 - number}", order_details=details))
    driver.wait(2)
    return driver


def test_the_newest_comes_first(driver: SendcloudDriver) -> None:
    assert ids(driver.rows(ORDERS)) == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"order_id": AMAZONS_LOOK.format(3)}, [3]),
        ({"order_id": "302-000"}, []),
        ({"order_number": "nO-3"}, [2]),
        ({"order_number": "no-3", "order_id": AMAZONS_LOOK.format(3)}, []),
        ({"status": "FULFILLED"}, [4, 2, 0]),
        # Half past eleven at night two hours west of Greenwich is the next day in UTC.
        ({"order_created_at": "2026-11-13"}, [2]),
        ({"order_created_at_min": "2026-11-13", "order_created_at_max": "2026-11-14"}, [3, 2]),
        ({"order_updated_at_min": "2026-11-24"}, [5, 4]),
        ({"order_updated_at": "2026-11-20", "status": "unshipped"}, []),
        ({"updated_since": "2026-11-24"}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "pk"}, [0, 1, 2, 3, 4, 5]),
        ({"sort": "order_number"}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "-order_number"}, [0, 1, 2, 3, 4, 5]),
        ({"sort": "order_created_at"}, [0, 1, 2, 3, 4, 5]),
        ({"sort": "integration,-order_updated_at"}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "pk,-pk"}, [5, 4, 3, 2, 1, 0]),
        ({"sort": "colour"}, [5, 4, 3, 2, 1, 0]),
        ({"page_size": "2"}, [5, 4]),
        ({"page_size": "x"}, [5, 4, 3, 2, 1, 0]),
    ],
)
def test_filters_and_sorting(driver: SendcloudDriver, query: dict[str, str], found: list[int]) -> None:
    assert ids(driver.rows(ORDERS, **query)) == found


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ({"integration": "128"}, "integration", "invalid_choice"),
        ({"integration": "x"}, "integration", "invalid_choice"),
        ({"order_created_at_min": "2026-11-13T00:00:00Z"}, "order_created_at_min", "invalid"),
        ({"order_updated_at": "2026-13-01"}, "order_updated_at", "invalid"),
    ],
)
def test_a_filter_that_cannot_be_is_named(
    driver: SendcloudDriver, query: dict[str, str], parameter: str, code: str
) -> None:
    answer = driver.get(ORDERS, **query)
    [error] = errors_of(answer)
    assert (answer.status, error["code"], error["source"]) == (400, code, {"parameter": parameter})


@pytest.mark.parametrize("sort", ["-pk", "order_number"])
def test_pages_hold_every_order_once_and_lead_back(driver: SendcloudDriver, sort: str) -> None:
    pages = driver.pages(ORDERS, page_size=4, sort=sort)
    assert [ids(page) for page in pages] == [[5, 4, 3, 2], [1, 0]]
    first = driver.get(ORDERS, page_size=4, sort=sort)
    assert set(cursors(first)) == {"next"}
    second = driver.get(ORDERS, page_size=4, sort=sort, cursor=cursors(first)["next"])
    assert set(cursors(second)) == {"prev"}
    back = driver.get(ORDERS, page_size=4, sort=sort, cursor=cursors(second)["prev"])
    assert back.body == first.body
    assert cursors(back) == cursors(first)


def test_orders_that_come_and_go_while_pages_are_read_repeat_and_hide_none(driver: SendcloudDriver) -> None:
    first = driver.get(ORDERS, page_size=3)
    driver.post(driver.order(9))
    driver.send("DELETE", f"{ORDERS}/{first.json()['data'][0]['id']}")
    driver.wait(2)
    assert ids(driver.rows(ORDERS, page_size=3, cursor=cursors(first)["next"])) == [2, 1, 0]


def test_a_link_keeps_the_filters_and_names_a_host_and_path_that_were_not_called(driver: SendcloudDriver) -> None:
    link = driver.get(ORDERS, page_size=2, status="fulfilled").headers["Link"]
    assert link.startswith("<https://panel.sendcloud.sc/v3/orders?page_size=2&status=fulfilled&cursor=")
    assert link.endswith('>; rel="next"')


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U=", "Ä"])
def test_a_cursor_that_was_never_given_is_not_found(driver: SendcloudDriver, cursor: str) -> None:
    answer = driver.get(ORDERS, cursor=cursor)
    assert (answer.status, errors_of(answer)[0]["code"]) == (404, "not_found")


def test_a_page_has_a_hundred_orders_unless_asked_and_two_hundred_at_most() -> None:
    driver = SendcloudDriver()
    driver.store(250)
    assert [len(page) for page in driver.pages(ORDERS)] == [100, 100, 50]
    assert [len(page) for page in driver.pages(ORDERS, page_size=1000)] == [200, 50]
