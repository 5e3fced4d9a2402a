"""Which orders are tried again that Sendcloud refused for their currency."""

from datetime import UTC, datetime, timedelta

from amzlink.core.destination.currencies import RefusedCurrency, orders_to_try_again

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def again(*refused: RefusedCurrency, **accepted: datetime) -> list[str]:
    return list(orders_to_try_again(refused, accepted, NOW))


def test_an_order_that_sendcloud_was_never_asked_about_goes() -> None:
    assert again(RefusedCurrency("1", "SEK", None), RefusedCurrency("2", "SEK", None)) == ["1", "2"]


def test_the_most_urgent_order_of_each_currency_goes_once_a_day() -> None:
    refused = [
        RefusedCurrency("1", "SEK", NOW - 48 * HOUR),
        RefusedCurrency("2", "PLN", NOW - 48 * HOUR),
        RefusedCurrency("3", "SEK", NOW - 24 * HOUR),
        RefusedCurrency("4", "PLN", NOW - 23 * HOUR),
    ]
    assert again(*refused) == ["1"], "an order in PLN was tried less than a day ago"


def test_all_go_once_their_currency_was_accepted() -> None:
    refused = [RefusedCurrency(str(number), "SEK", NOW - number * HOUR) for number in (1, 2, 3)]
    assert again(*refused, SEK=NOW - HOUR) == ["1", "2", "3"]
    assert again(*refused, SEK=NOW - 2 * HOUR) == ["2", "3"]
    assert again(*refused, SEK=NOW - 9 * HOUR) == []
    assert again(*refused, PLN=NOW) == []
