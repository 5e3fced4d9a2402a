"""Options that may stand anywhere on the command line, before or after the subcommand's name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from amzlink.problems import Problem, ProblemName, usage

_SHORT: Final = re.compile("-[vq]+")  # -v, -vv, -q, and both in one word


@dataclass(slots=True)
class GlobalOptions:
    """What holds for every command. `verbose` counts how often it was given."""

    store: str | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    rest: list[str] = field(default_factory=list)


def split(argv: Sequence[str]) -> GlobalOptions:
    """Take the global options out of the arguments; `rest` is what the subcommands see. Nothing behind `--` is touched.

    Raises:
        Problem: `usage`, where `--store` has no value.
    """
    found = GlobalOptions()
    words = iter(argv)
    for word in words:
        match word:
            case "--":
                found.rest += ["--", *words]
            case "--json":
                found.as_json = True
            case "--quiet":
                found.quiet = True
            case "--verbose":
                found.verbose += 1
            case _ if _SHORT.fullmatch(word):
                found.verbose += word.count("v")
                found.quiet = found.quiet or "q" in word
            case "--no-color":
                found.no_color = True
            case "--store":
                found.store = _slug(next(words, ""))
            case _ if word.startswith("--store="):
                found.store = _slug(word.removeprefix("--store="))
            case _:
                found.rest.append(word)
    return found


def _slug(word: str) -> str:
    if not word or word.startswith("-"):
        raise Problem(ProblemName.USAGE, command="amzlink", detail=usage.STORE_WITHOUT_SLUG)
    return word
