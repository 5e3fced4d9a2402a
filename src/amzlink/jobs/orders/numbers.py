"""Which order is meant by what somebody typed: a whole number in any form, or its beginning where the book decides."""

from collections.abc import Sequence
from typing import Final

from amzlink.core.orders.order_number import one_slip_away, read_order_number
from amzlink.deps import Deps
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.numbers import known_numbers, numbers_beginning
from amzlink.problems import Problem, ProblemName, usage
from amzlink.run import StoreRun

_MOST_SHOWN: Final = 5


def number_meant(book: StoreBook, typed: str, command: str) -> str:
    """The whole number. Raises `usage`, for what is no number, or a beginning that no order has, or several have."""
    read = read_order_number(typed)
    if read is None:
        raise _usage(command, usage.order_number_malformed(text=typed, nearest=numbers_near(book, typed)))
    if read.is_whole:
        return read.text
    found = numbers_beginning(book, read.text, _MOST_SHOWN + 1)
    if not found:
        near = numbers_near(book, typed)
        raise _usage(command, usage.order_number_begins_none(text=read.text, store=book.store, nearest=near))
    if len(found) > 1:
        shown, has_more = found[:_MOST_SHOWN], len(found) > _MOST_SHOWN
        raise _usage(command, usage.order_number_ambiguous(text=read.text, numbers=shown, has_more=has_more))
    return found[0]


def number_of(deps: Deps, slug: str, typed: str, command: str) -> str:
    """The whole number, by a store's book. Raises as `number_meant`."""
    with StoreRun(deps, slug) as run:
        return number_meant(run.book, typed, command)


def numbers_near(book: StoreBook, typed: str) -> list[str]:
    """The numbers in the book that become the typed one by one slip."""
    return known_numbers(book, one_slip_away(typed))[:_MOST_SHOWN]


def numbers_meant(deps: Deps, slugs: Sequence[str], typed: Sequence[str], command: str) -> tuple[str, ...]:
    """The whole numbers, before anything is done. A beginning counts where one store is worked on. Raises `usage`."""
    read = [read_order_number(each) for each in typed]
    if all(each and each.is_whole for each in read):
        return tuple(each.text for each in read if each)
    if len(slugs) == 1:
        with StoreRun(deps, slugs[0]) as run:
            return tuple(number_meant(run.book, each, command) for each in typed)
    bad = next(text for text, each in zip(typed, read, strict=True) if each is None or not each.is_whole)
    raise _usage(command, usage.order_number_malformed(text=bad))


def exact_number(deps: Deps, slugs: Sequence[str], typed: str, command: str) -> str:
    """The number for what cannot be undone: a beginning never counts. Raises `usage`, with the orders that it fits."""
    read = read_order_number(typed)
    if read and read.is_whole:
        return read.text
    found: list[str] = []
    for slug in slugs:
        with StoreRun(deps, slug) as run:
            found += numbers_beginning(run.book, read.text, _MOST_SHOWN) if read else numbers_near(run.book, typed)
    if read:
        raise _usage(command, usage.order_number_cut_short(text=read.text, numbers=found[:_MOST_SHOWN]))
    raise _usage(command, usage.order_number_malformed(text=typed, nearest=found))


def _usage(command: str, detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command=command, detail=detail)
