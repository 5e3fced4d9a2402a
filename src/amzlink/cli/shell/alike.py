"""What many stores have met alike: it is said once, with the first few of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from amzlink.problems import Problem

FEW: Final = 3
"""What so many stores have met is said of each by itself."""
_OF_ONE_CASE: Final = frozenset({"store", "store_option", "request_id", "seconds", "page", "country", "max_wait"})
"""Facts that differ between stores that have met the same."""


def several(names: Sequence[str], most: int = FEW) -> str:
    """`a, b, c and 5 more`: the names, as many as are to be told."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def alike(met: Iterable[tuple[str, Problem]]) -> Iterator[tuple[Sequence[str], Problem]]:
    """The stores that have met the same, by their slugs, and what that is for the first of them; few are by themselves.

    They come in the order of the first that met it.
    """
    found: dict[tuple[object, ...], list[tuple[str, Problem]]] = {}
    for slug, problem in met:
        facts = {name: str(fact) for name, fact in problem.facts.items() if name not in _OF_ONE_CASE}
        found.setdefault((problem.name, str(facts)), []).append((slug, problem))
    for group in found.values():
        if len(group) > FEW:
            yield [slug for slug, _ in group], group[0][1]
        else:
            yield from (([slug], problem) for slug, problem in group)
