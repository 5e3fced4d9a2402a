"""The table of figures, as text for a terminal and for `results.md`, and what it was measured on."""

import os
import platform
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from benchmarks.figures import Figure, Limit

HEAD: Final = ("subject", "what", "measured", "floor", "ratio", "limit", "met")
_RIGHT: Final = frozenset({"measured", "ratio"})
_PLAIN_FROM: Final = 1_000  # from here on, digits after the point tell nothing


def table(figures: Sequence[Figure]) -> str:
    """All figures, a line each, in Markdown whose columns stand below each other."""
    rows = [HEAD, *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    rule = tuple(
        f"{'-' * (width - 1)}:" if name in _RIGHT else "-" * width for name, width in zip(HEAD, widths, strict=True)
    )
    return "\n".join(_line(row, widths) for row in (HEAD, rule, *rows[1:]))


def page(figures: Sequence[Figure], took: timedelta, today: date) -> str:
    """`results.md`: the table, and what it was measured on. Neither a host's name nor a path stands in it."""
    missed = [f"{figure.subject}: {figure.name}" for figure in figures if figure.met is False]
    limited = sum(figure.met is not None for figure in figures)
    machine = f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()})"
    minutes = f"{took.total_seconds() / 60:.0f} minutes"
    measured = f"on {machine} with Python {platform.python_version()}, in {minutes}"
    lines = (
        "# Results of the benchmarks",
        "",
        f"Measured on {today.isoformat()} by `make bench` {measured}. [How to read it](../docs/benchmarks.md).",
        "",
        f"{limited - len(missed)} of {limited} limits are met.",
        *([f"Not met: {'; '.join(missed)}."] if missed else ()),
        "",
        table(figures),
        "",
    )
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    unit = figure.unit
    return (
        figure.subject,
        figure.name,
        f"{_number(figure.value)} {unit}",
        f"{_number(figure.floor.value)} {unit}: {figure.floor.name}" if figure.floor else "",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        " and ".join(_bound(limit, figure) for limit in figure.limits),
        {None: "", True: "yes", False: "no"}[figure.met],
    )


def _bound(limit: Limit, figure: Figure) -> str:
    return f"{limit.side} {_number(limit.bound)}{f' {figure.unit}' if limit.of == 'value' else ' times'}"


def _number(value: float) -> str:
    """Three digits that count, and whole numbers whole."""
    if value >= _PLAIN_FROM or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if name in _RIGHT else text.ljust(width)
        for name, text, width in zip(HEAD, row, widths, strict=True)
    ]
    return f"| {' | '.join(cells)} |"
