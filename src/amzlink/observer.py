"""The progress of a run: shown to a person at a terminal, or to nobody."""

from typing import Protocol

from amzlink.core.diagnosis.alarms import Part
from amzlink.problems import Problem


class Observer(Protocol):
    """Who is told how the work goes on. Under cron nobody listens."""

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """What is being done now, and how far it is; it replaces what was said before. `about`: of the total."""

    def waiting(self, seconds: float, why: str) -> None:
        """The work sleeps so long; `why` is what comes then (`the next page`)."""

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        """Something a person should know that does not stop the work; `part` of it is what it stops."""

    def works(self, part: Part, store: str) -> None:
        """That part of the work had something to do for a store, and did it."""

    def note(self, text: str) -> None:
        """Something that a person who looks on may like to know, and that nobody has to."""


class Silence:
    """Nobody listens."""

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Say nothing."""

    def waiting(self, seconds: float, why: str) -> None:
        """Say nothing."""

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        """Say nothing."""

    def works(self, part: Part, store: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
