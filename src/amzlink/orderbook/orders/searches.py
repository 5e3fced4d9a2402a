"""How far the searches of orders have come, so that a run goes on where the last one stopped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select, update

from amzlink.clock import from_iso, to_iso
from amzlink.orderbook.database import Row, StoreBook, upsert
from amzlink.orderbook.schema import COVERAGE, SEARCHES

REPORT: Final = "report"
"""The kind of a report that is under way. Its row is in the table of searches, but it is not one."""
REPORT_TAKEN: Final = "report-taken"
"""The same once its orders are in: the searches that were under way with it need no other."""
TO_SHIP_SINCE: Final = "to-ship-since"
"""Up to when orders to ship were asked for while changes are read. It is not a search either."""
REPORTS_GIVEN_UP: Final = "reports-given-up"
"""How many reports came to nothing while the same searches were under way."""
SLICE: Final = "slice"
"""A slice of the orders to ship that is read page by page (`jobs.orders.read_ahead`)."""
_NO_SEARCHES: Final = (REPORT, REPORT_TAKEN, TO_SHIP_SINCE, REPORTS_GIVEN_UP, SLICE)

_UPSERT_SEARCH: Final = upsert(SEARCHES)
_UPSERT_COVERAGE: Final = upsert(COVERAGE)
_encode = msgspec.json.Encoder().encode


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search that is under way: its exact query, and where it stands. No `page_token`: at its beginning."""

    kind: str
    position: int
    query: Mapping[str, str]
    window_start: datetime
    window_end: datetime
    marketplace_ids: tuple[str, ...]
    page_token: str | None = None
    page_token_at: datetime | None = None


def searches_under_way(book: StoreBook) -> list[Search]:
    """The searches that an earlier run did not finish, in the order in which they are to be made."""
    query = (
        select(SEARCHES)
        .where(SEARCHES.c.store == book.store, SEARCHES.c.kind.not_in(_NO_SEARCHES))
        .order_by(SEARCHES.c.position)
    )
    with book.reading() as connection:
        return [_to_search(dict(row._mapping)) for row in connection.execute(query)]


def find_search(book: StoreBook, kind: str) -> Search | None:
    """What is noted of this kind: of `REPORT`, say, the one that an earlier run asked for and did not take in."""
    query = select(SEARCHES).where(SEARCHES.c.store == book.store, SEARCHES.c.kind == kind)
    with book.reading() as connection:
        row = connection.execute(query).one_or_none()
    return _to_search(dict(row._mapping)) if row else None


def note_search(book: StoreBook, search: Search) -> None:
    """Note that a search, or a report, is under way."""
    with book.writing() as connection:
        connection.execute(_UPSERT_SEARCH, _search_row(book.store, search))


def finish_search(book: StoreBook, kind: str) -> None:
    """Forget a search, or a report, that has come to its end."""
    with book.writing() as connection:
        connection.execute(delete(SEARCHES).where(SEARCHES.c.store == book.store, SEARCHES.c.kind == kind))


def coverage(book: StoreBook) -> tuple[datetime, tuple[str, ...]] | None:
    """Until when all changes are in, and of which marketplaces; None before the first finished run."""
    with book.reading() as connection:
        row = connection.execute(select(COVERAGE).where(COVERAGE.c.store == book.store)).one_or_none()
    return (from_iso(row.until), tuple(row.marketplace_ids.split())) if row else None


def begin_searches(book: StoreBook, searches: Sequence[Search]) -> None:
    """Note the searches of a run before the first is made, so that the next run continues where one has died."""
    with book.writing() as connection:
        connection.execute(
            delete(SEARCHES).where(SEARCHES.c.store == book.store, SEARCHES.c.kind.not_in((REPORT, SLICE)))
        )
        connection.execute(_UPSERT_SEARCH, [_search_row(book.store, search) for search in searches])


def forget_page_token(book: StoreBook, kind: str) -> None:
    """Let a search that is under way begin again."""
    with book.writing() as connection:
        connection.execute(
            update(SEARCHES)
            .where(SEARCHES.c.store == book.store, SEARCHES.c.kind == kind)
            .values(page_token=None, page_token_at=None)
        )


def note_progress(
    connection: Connection, store: str, search: Search, *, done: bool, covered_until: datetime | None
) -> None:
    """Note the point from which a search goes on, or that it is `done`; in the transaction that stores its page.

    `covered_until`, where given, becomes the start of the next run's window.
    """
    if done:
        connection.execute(delete(SEARCHES).where(SEARCHES.c.store == store, SEARCHES.c.kind == search.kind))
    else:
        connection.execute(_UPSERT_SEARCH, _search_row(store, search))
    if covered_until:
        row = {"store": store, "until": to_iso(covered_until), "marketplace_ids": " ".join(search.marketplace_ids)}
        connection.execute(_UPSERT_COVERAGE, row)


def _search_row(store: str, search: Search) -> Row:
    return {
        "store": store,
        "kind": search.kind,
        "position": search.position,
        "query": _encode(search.query).decode(),
        "window_start": to_iso(search.window_start),
        "window_end": to_iso(search.window_end),
        "marketplace_ids": " ".join(search.marketplace_ids),
        "page_token": search.page_token,
        "page_token_at": to_iso(search.page_token_at) if search.page_token_at else None,
    }


def _to_search(row: Row) -> Search:
    return Search(
        kind=row["kind"],
        position=row["position"],
        query=msgspec.json.decode(row["query"], type=dict[str, str]),
        window_start=from_iso(row["window_start"]),
        window_end=from_iso(row["window_end"]),
        marketplace_ids=tuple(row["marketplace_ids"].split()),
        page_token=row["page_token"],
        page_token_at=from_iso(row["page_token_at"]) if row["page_token_at"] else None,
    )
