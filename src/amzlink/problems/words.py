"""Days as people read them, in sentences about failures and elsewhere."""

from datetime import date


def local_day(day: date) -> str:
    """`1 Dec 2026`."""
    return f"{day.day} {day:%b %Y}"
