"""Sendcloud's times: ISO 8601, with microseconds or without, with `Z` or an offset.

Source: docs/services/sendcloud.md, "Versions".
"""

from datetime import UTC, datetime

from amzlink.clock import in_our_time


def in_utc(text: str | None) -> datetime | None:
    """The moment that Sendcloud tells, in UTC; None where it tells none, or one that cannot be read.

    Nothing hangs on a time alone, so that an odd one must not hold back the rest of a page.
    """
    try:
        moment = datetime.fromisoformat(text or "")
        return in_our_time(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):  # the latter: in UTC it would lie outside the calendar
        return None
