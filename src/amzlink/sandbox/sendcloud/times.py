"""How Sendcloud writes and reads times: ISO 8601 with microseconds."""

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """A moment as Sendcloud's answers have it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_time(text: str) -> datetime | None:
    """An aware time in UTC, or None for what is no ISO 8601 date and time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None
