"""What the runs have seen of the time: the machine's clock, and by how much Amazon's differed from it.

Each row is one run's, numbered in the order in which runs noted them: the machine's time may have been set back. Beside
them each store has the trusted time that it noted last. Whose rows count for a store is for the caller to say.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from amzlink.clock import from_iso, to_iso
from amzlink.core.privacy.trusted_time import Sighting
from amzlink.orderbook.database import Database, StoreBook, upsert
from amzlink.orderbook.schema import CLOCK_READINGS, TRUSTED_TIMES

MOST: Final = 1000
"""So many readings are kept of a store, the newest."""
_ALIKE: Final = 3
_SAME_HOUR: Final = timedelta(hours=1)
_SAME_SECONDS: Final = 60


def clock_readings(database: Database, stores: Collection[str]) -> list[Sighting]:
    """What the newest runs of these stores saw, the oldest first."""
    query = (
        select(CLOCK_READINGS)
        .where(CLOCK_READINGS.c.store.in_(stores))
        .order_by(CLOCK_READINGS.c.number.desc())
        .limit(MOST)
    )
    with database.reading() as connection:
        return [_sighting(row) for row in reversed(connection.execute(query).all())]


def noted_time(database: Database, stores: Collection[str]) -> datetime | None:
    """The latest trusted time that a run of these stores has noted."""
    query = select(func.max(TRUSTED_TIMES.c.trusted_at)).where(TRUSTED_TIMES.c.store.in_(stores))
    with database.reading() as connection:
        latest = connection.scalar(query)
    return from_iso(latest) if latest else None


def note_reading(book: StoreBook, seen: Sighting) -> None:
    """Note what a run saw. The third of three that saw the same within an hour gives way to the next.

    So the readings that are kept reach back for days, however often runs are made.
    """
    with book.writing() as connection:
        here = CLOCK_READINGS.c.store == book.store
        newest = connection.execute(
            select(CLOCK_READINGS).where(here).order_by(CLOCK_READINGS.c.number.desc()).limit(_ALIKE)
        ).all()
        if len(newest) == _ALIKE and all(_is_alike(_sighting(row), seen) for row in newest):
            connection.execute(delete(CLOCK_READINGS).where(here, CLOCK_READINGS.c.number == newest[0].number))
        row = {
            "number": (connection.scalar(select(func.max(CLOCK_READINGS.c.number))) or 0) + 1,
            "store": book.store,
            "machine_time": to_iso(seen.machine),
            "offset_seconds": None if seen.offset is None else round(seen.offset.total_seconds()),
        }
        connection.execute(insert(CLOCK_READINGS).values(row))
        _forget_oldest(connection, book.store)


def note_trusted_time(
    book: StoreBook, trusted: datetime, *, correcting: Sequence[str] = ()
) -> None:  # fmt: skip
    """Note a trusted time, if it is later than what the store noted before.

    `correcting` are stores whose noted time was wrong: whichever of them is later than this one becomes this one.
    """
    text, here = to_iso(trusted), TRUSTED_TIMES.c.store == book.store
    with book.database.writing(None if correcting else book.store) as connection:
        late = (TRUSTED_TIMES.c.store.in_(correcting), TRUSTED_TIMES.c.trusted_at > text)
        connection.execute(update(TRUSTED_TIMES).where(*late).values(trusted_at=text))
        noted = connection.scalar(select(TRUSTED_TIMES.c.trusted_at).where(here))
        if noted is None or noted < text:
            connection.execute(upsert(TRUSTED_TIMES), {"store": book.store, "trusted_at": text})


def _is_alike(before: Sighting, now: Sighting) -> bool:
    if abs(now.machine - before.machine) > _SAME_HOUR:
        return False
    if before.offset is None or now.offset is None:
        return before.offset is now.offset
    return abs((now.offset - before.offset).total_seconds()) <= _SAME_SECONDS


def _forget_oldest(connection: Connection, store: str) -> None:
    here = CLOCK_READINGS.c.store == store
    too_many = (
        select(CLOCK_READINGS.c.number).where(here).order_by(CLOCK_READINGS.c.number.desc()).offset(MOST).limit(1)
    )
    if (oldest := connection.scalar(too_many)) is not None:
        connection.execute(delete(CLOCK_READINGS).where(here, CLOCK_READINGS.c.number <= oldest))


def _sighting(row: Row[Any]) -> Sighting:
    offset = None if row.offset_seconds is None else timedelta(seconds=row.offset_seconds)
    return Sighting(from_iso(row.machine_time), offset)
