"""What many stores have met alike: it is said once, with the first few of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from amzlink.problems import Problem, ProblemName

T = TypeVar("T")

FEW: Final = 3
"""What so many stores have met is said of each by itself."""
_OF_ONE_CASE: Final = frozenset({"store", "store_option", "request_id", "seconds", "page", "country", "max_wait"})
"""Facts that differ between stores that have met the same."""


def several(names: Sequence[str], most: int = FEW, *, of: int = 0) -> str:
    """`a, b, c and 5 more`: the names, as many as are to be shown; there are `of` them where not all are given."""
    left = max(of, len(names)) - min(most, len(names))
    return ", ".join(names[:most]) + (f" and {left} more" if left else "")


def alike(met: Iterable[tuple[str, Problem]]) -> Iterator[tuple[Sequence[str], Problem]]:
    """The stores that have met the same, by their slugs, and what that is for the first of them; few are by themselves.

    They come in the order of the first that met it.
    """
    for slugs, problems in together(met, _case):
        if len(slugs) > FEW:
            yield slugs, problems[0]
        else:
            yield from (([slug], problem) for slug, problem in zip(slugs, problems, strict=True))


def together(met: Iterable[tuple[str, T]], what: Callable[[T], object]) -> Iterator[tuple[Sequence[str], Sequence[T]]]:
    """The stores for which `what` they have met is equal, by their slugs, and what each has met; in the same order."""
    found: dict[object, list[tuple[str, T]]] = {}
    for slug, each in met:
        found.setdefault(what(each), []).append((slug, each))
    for group in found.values():
        yield [slug for slug, _ in group], [each for _, each in group]


def _case(problem: Problem) -> tuple[ProblemName, str]:
    facts = {name: str(fact) for name, fact in problem.facts.items() if name not in _OF_ONE_CASE}
    return problem.name, str(facts)
