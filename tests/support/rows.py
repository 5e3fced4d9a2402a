"""A table of cases in one test: for rows that take microseconds, where pytest needs milliseconds for each test."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import pytest

_Test = TypeVar("_Test", bound=Callable[..., object])


def each_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[_Test], _Test]:
    """Like `pytest.mark.parametrize`, of a test or of a class of tests, but all rows are one test.

    Every row is tried, and the test fails with all rows that failed. The rows share the test's fixtures: it is for
    tests that leave nothing behind.
    """
    columns = (names,) if isinstance(names, str) else tuple(names)
    table = [_values(row, len(columns)) for row in rows]

    def decorate(test: _Test) -> _Test:
        if not inspect.isclass(test):
            return _in_one(test, columns, table)
        for name, method in list(vars(test).items()):
            if name.startswith("test_"):
                setattr(test, name, _in_one(method, columns, table))
        return test

    return decorate


def _values(row: Any, count: int) -> tuple[Any, ...]:
    if isinstance(row, type(pytest.param())):
        return tuple(row.values)
    return (row,) if count == 1 else tuple(row)


def _in_one(test: _Test, columns: Sequence[str], table: Sequence[Sequence[Any]]) -> _Test:
    @functools.wraps(test)
    def run(*args: Any, **fixtures: Any) -> None:
        failures: list[BaseException] = []
        for row in table:
            values = dict(zip(columns, row, strict=True))
            try:
                test(*args, **fixtures, **values)
            except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - told below, with those of other rows
                failure.add_note(f"This row failed: {values!r}")
                failures.append(failure)
        if failures:
            raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows failed", failures)

    seen = inspect.signature(test)
    left = [parameter for name, parameter in seen.parameters.items() if name not in columns]
    assert len(left) + len(columns) == len(seen.parameters), f"the test takes {', '.join(columns)}"
    vars(run)["__signature__"] = seen.replace(parameters=left)
    return cast("_Test", run)
