"""Every failure that a user can meet: its name, what happened, why, and what to do next. One file per subject.

The terminal's message, `--json`, `explain` and the documentation all come from here, and nobody else writes sentences
about failures.
"""

from amzlink.problems.entry import Entry, Exit, store_option
from amzlink.problems.names import ProblemName
from amzlink.problems.problem import AREAS, CATALOGUE, DEFAULT_FACTS, Problem, docs_of, recalled

__all__ = [
    "AREAS",
    "CATALOGUE",
    "DEFAULT_FACTS",
    "Entry",
    "Exit",
    "Problem",
    "ProblemName",
    "docs_of",
    "recalled",
    "store_option",
]
