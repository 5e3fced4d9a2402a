"""A problem that has happened: an entry of the catalogue with the facts of this case."""

import re
import string
from collections.abc import Mapping
from typing import Any, Final, Self

from amzlink.problems import (
    access,
    database,
    destination,
    machine,
    network,
    orders,
    privacy,
    schedule,
    secrets,
    services,
    shipments,
    stores,
    upgrades,
    usage,
    weights,
)
from amzlink.problems.entry import Entry, Exit, fill
from amzlink.problems.names import ProblemName

# In the order of the documentation.
AREAS: Final[Mapping[str, Mapping[ProblemName, Entry]]] = {
    subject.AREA: subject.ENTRIES
    for subject in (
        stores,
        secrets,
        network,
        access,
        services,
        orders,
        shipments,
        weights,
        destination,
        database,
        upgrades,
        privacy,
        schedule,
        machine,
        usage,
    )
}
CATALOGUE: Final[Mapping[ProblemName, Entry]] = {
    name: entry for entries in AREAS.values() for name, entry in entries.items()
}

# What stands for a fact that the raiser does not know. Only what makes sense in every sentence may be here: a raiser has
# to give the rest, and what it forgets is shown as a gap.
DEFAULT_FACTS: Final[Mapping[str, str]] = {
    "page": "Seller Central (Apps and Services, Develop Apps)",
    "store_option": "",
    "renew": " --renew",
    "named": "",
    "meant": "",
    "exchanged": "",
    "first": "",
    "safe": "",
    "again": "Run the same command again.",
    "request_id": "none given",
    "service": "Amazon",
}


PUBLISHED_AT: Final = "docs"
"""Where the documentation is published. Until it is, this is its folder in the repository: no address is made up."""


def docs_of(name: ProblemName) -> str:
    """Where the long explanation of a problem stands."""
    return f"{PUBLISHED_AT}/troubleshooting.md#{name}"


class Problem(Exception):  # noqa: N818 - the word the users and the documentation have for it
    """A named failure. `facts` fill the sentences of its entry and go, as they are, into evidence.

    Facts are ids, counts, times and codes: never a name, an address, a secret or the body of an answer, because a
    message ends up in a support ticket.
    """

    def __init__(self, name: ProblemName, /, **facts: object) -> None:
        self.name = name
        self.entry = CATALOGUE[name]
        self.facts = facts
        super().__init__(name.value)

    def _fill(self, template: str) -> str:
        return fill(template, {**DEFAULT_FACTS, **self.facts})

    @property
    def summary(self) -> str:
        """What happened, in a sentence."""
        return self._fill(
            self.entry.what_exactly if self.entry.what_exactly and "detail" in self.facts else self.entry.what
        )

    @property
    def cause(self) -> str:
        """Why, as far as is known."""
        exactly = self.entry.why_exactly if "reason" in self.facts else ""
        return self._fill(exactly or self.entry.why)

    @property
    def next_step(self) -> str:
        """What to do now."""
        exactly = self.entry.next_step_exactly if "advice" in self.facts else ""
        return self._fill(exactly or self.entry.next_step)

    @property
    def docs(self) -> str:
        """Where the long explanation stands."""
        return docs_of(self.name)

    @property
    def exit_code(self) -> Exit:
        """The code that a command ends with when this stops it."""
        return self.entry.exit_code

    @property
    def facts_told(self) -> dict[str, str | int]:
        """The facts that its sentences tell, as they can be written down and read again by `recalled`."""
        entry = self.entry
        told = {
            name
            for template in (
                entry.what,
                entry.what_exactly,
                entry.why,
                entry.why_exactly,
                entry.next_step,
                entry.next_step_exactly,
            )
            for _, name, _, _ in string.Formatter().parse(template)
        }
        return {
            name: value if isinstance(value, int) else str(value) for name, value in self.facts.items() if name in told
        }

    @property
    def is_whole(self) -> bool:
        """Whether its sentences have no gap: one that was written down by an earlier version lacks its facts."""
        return not any(re.search("<[A-Z_]+>", text) for text in (self.summary, self.cause, self.next_step))

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: what it is and what it knows, but not what it came of."""
        return _again, (type(self), self.args, {**self.__dict__, "entry": None})

    def with_facts(self, **facts: object) -> Self:
        """The same problem, knowing more; facts it has already stay as they are."""
        again = type(self).__new__(type(self))
        again.__dict__.update(self.__dict__)
        again.args = self.args
        again.facts = {**facts, **self.facts}
        return again

    def __str__(self) -> str:
        return f"{self.name}: {self.summary}"


def _again(kind: type[Problem], args: tuple[object, ...], kept: dict[str, Any]) -> Problem:
    """A problem that came from another process."""
    again = kind.__new__(kind)
    again.__dict__.update(kept, entry=CATALOGUE[kept["name"]])
    again.args = args
    return again


def recalled(name: str, facts: Mapping[str, object], **more: object) -> Problem | None:
    """A problem that was written down by its name and `facts_told`; None where no version here knows the name."""
    try:
        return Problem(ProblemName(name), **{**more, **facts})
    except ValueError:
        return None
