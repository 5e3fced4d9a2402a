"""Options that may stand anywhere on the command line, before or after the subcommand's name."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from amzlink.problems import Problem, ProblemName, usage

ANY: Final = "any"
"""What an option means whose value may be left out."""
_VALUE_MAY_BE_LEFT_OUT: Final[Mapping[tuple[str, ...], str]] = {
    ("orders", "list"): "--held",
    ("orders", "export"): "--held",
}
_SHORT: Final = re.compile("-[vq]+")  # -v, -vv, -q, and both in one word


@dataclass(slots=True)
class GlobalOptions:
    """What holds for every command. `verbose` counts how often it was given."""

    store: str | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    version: bool = False
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
            case "--version":
                found.version = True
            case "--store":
                found.store = _slug(next(words, ""))
            case _ if word.startswith("--store="):
                found.store = _slug(word.removeprefix("--store="))
            case _:
                found.rest.append(word)
    if option := _VALUE_MAY_BE_LEFT_OUT.get(tuple(found.rest[:2])):
        found.rest = list(_with_value(option, found.rest))
    return found


def _with_value(option: str, words: Sequence[str]) -> Iterator[str]:
    """The words with `ANY` as the value of an option that stands without one, which Typer has no way to say.

    These commands take no arguments, so a word behind the option that is no other option is its value.
    """
    for word, following in itertools.zip_longest(words, words[1:], fillvalue="--"):
        yield f"{option}={ANY}" if word == option and following.startswith("-") else word


def _slug(word: str) -> str:
    if not word or word.startswith("-"):
        raise Problem(ProblemName.USAGE, command="amzlink", detail=usage.STORE_WITHOUT_SLUG)
    return word
