"""The words that can stand next on a command line, read from the commands themselves.

Nothing here opens the order book or asks a service. What a store is called is read from the config file.
"""

import os
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from amzlink.cli.help import first_sentence
from amzlink.cli.shell.safe_text import visible
from amzlink.problems import CATALOGUE

Kind = Literal["words", "files", "folders"]
_CHOICES: Final = re.compile(r"[a-z]+(?:\|[a-z]+)+")  # of a metavar such as `announced|processed`


@dataclass(frozen=True, slots=True)
class Candidates:
    """What can stand next: words with what they mean, or what the shell finds by itself."""

    kind: Kind = "words"
    words: Mapping[str, str] = field(default_factory=dict)


def candidates(app: Any, words: Sequence[str], current: str) -> Candidates:
    """What can take the place of `current` behind these words, the program's name not among them."""
    place = _Place(app)
    for word in words:
        if not place.go_on(word):
            return Candidates()
    found = place.next(current)
    return Candidates(found.kind, {word: told for word, told in found.words.items() if word.startswith(current)})


class _Place:
    """How far a command line has come."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._command = app
        self._path: list[str] = []
        self._wants_value: Any = None
        self._arguments = 0
        self._options_ended = False

    def go_on(self, word: str) -> bool:
        """Take the next word. False where nobody knows what it is, so that nothing can be said of what follows."""
        wanted, self._wants_value = self._wants_value, None
        if wanted is not None and not _leaves_out(wanted, word):
            return True
        if word == "--":
            self._options_ended = True
        elif word.startswith("-") and not self._options_ended:
            name, equals, _ = word.partition("=")
            option = self._option(name)
            if option is not None and _takes_value(option) and not equals:
                self._wants_value = option
        elif hasattr(self._command, "commands"):
            self._command = self._command.commands.get(word)
            self._path.append(word)
            return self._command is not None
        else:
            self._arguments += 1
        return True

    def next(self, current: str) -> Candidates:
        """What can stand here. A word may have another beginning than what is there already."""
        if self._wants_value is not None and not _leaves_out(self._wants_value, current):
            return self._values(self._wants_value, current)
        if current.startswith("-") and not self._options_ended:
            name, equals, value = current.partition("=")
            option = self._option(name)
            if equals and option is not None and _takes_value(option):
                found = self._values(option, value)
                return Candidates(found.kind, {f"{name}={word}": told for word, told in found.words.items()})
            return Candidates(words=self._options())
        if hasattr(self._command, "commands"):
            return Candidates(
                words={
                    name: first_sentence(command.help)
                    for name, command in self._command.commands.items()
                    if not command.hidden
                }
            )
        arguments = [param for param in self._command.params if param.param_type_name == "argument"]
        if arguments and arguments[-1].nargs < 0:  # it takes as many words as there are
            arguments += arguments[-1:] * (self._arguments + 1 - len(arguments))
        if self._arguments < len(arguments):
            return self._values(arguments[self._arguments], current)
        return Candidates(words={} if self._options_ended else self._options())

    def _option(self, name: str) -> Any:
        for param in (*self._command.params, *self._app.params):
            if name in param.opts or name in param.secondary_opts:
                return param
        return None

    def _options(self) -> dict[str, str]:
        """The long spelling of each option; those for every command come last."""
        everywhere = [param for param in self._app.params if self._command is self._app or param.rich_help_panel]
        found = {}
        for param in dict.fromkeys((*self._command.params, *everywhere)):
            if param.param_type_name == "option" and not param.hidden:
                for spelling in (*param.opts, *param.secondary_opts):
                    if spelling.startswith("--"):
                        found[spelling] = first_sentence(param.help)
        return found

    def _values(self, param: Any, current: str) -> Candidates:
        command = " ".join(self._path)
        metavar = param.metavar or ""
        for key in (param.opts[0], f"{param.opts[0]} {metavar}", f"{command} {metavar}"):
            if key in _VALUES:
                return Candidates(words=_VALUES[key](current))
        if metavar.startswith("FILE"):
            return Candidates("files")
        if metavar == "DIR":
            return Candidates("folders")
        return Candidates(words=dict.fromkeys(metavar.split("|"), "") if _CHOICES.fullmatch(metavar) else {})


def _takes_value(option: Any) -> bool:
    return not (option.is_flag or option.count)


def _leaves_out(option: Any, word: str) -> bool:
    """Whether the word is the next option already, behind one whose value may be left out."""
    return str(option.metavar or "").startswith("[") and word.startswith("-")


def _stores(_current: str) -> dict[str, str]:
    """The slugs, with the stores' names."""
    from amzlink.cli.shell.store_names import store_names

    return dict(store_names(os.environ))


def _problems_and_topics(_current: str) -> dict[str, str]:
    from amzlink.cli.pages import TOPICS, holds

    return {
        **TOPICS,
        **{name: told.why for name, told in holds().items()},
        **{name.value: entry.title for name, entry in CATALOGUE.items()},
    }


def _schemas(_current: str) -> dict[str, str]:
    from amzlink.cli.pages import schema_names

    return dict.fromkeys(schema_names(), "")


def _settings(current: str) -> dict[str, str]:
    """The settings with a `=` behind them; behind that the values, where there are only so many."""
    import msgspec

    from amzlink.config.settings import SETTINGS, Store

    types = {each.name: each.type for each in msgspec.structs.fields(Store)}
    key, equals, _ = current.partition("=")
    if not equals:
        return {f"{name}=": "" for name in SETTINGS}
    return {f"{key}={value}": "" for value in _values_of(types[key])} if key in SETTINGS else {}


def _values_of(kind: Any) -> Iterable[str]:
    if kind is bool:
        return ("true", "false")
    return [value for value in typing.get_args(kind) if isinstance(value, str)]


def _statuses(_current: str) -> dict[str, str]:
    from amzlink.core.orders.order import STATUSES

    return dict.fromkeys(STATUSES, "")


def _holds(_current: str) -> dict[str, str]:
    from amzlink.core.orders.holds import Hold

    return dict.fromkeys((hold.value for hold in Hold), "")


def _releasable_at_once(_current: str) -> dict[str, str]:
    from amzlink.core.orders.holds import Hold

    return {Hold.PRIME.value: ""}


def _faults(_current: str) -> dict[str, str]:
    from amzlink.sandbox.faults import FAULTS

    return {name: fault.description for name, fault in FAULTS.items()}


# By an option, by an option and its value's name in the help, or by a command and the name of its argument there.
_VALUES: Final[Mapping[str, Callable[[str], dict[str, str]]]] = {
    "--store": _stores,
    "--status": _statuses,
    "--held [HOLD]": _holds,
    "--held prime": _releasable_at_once,
    "--fault": _faults,
    "--schema": _schemas,
    "explain NAME": _problems_and_topics,
    "stores default SLUG": _stores,
    "stores set KEY=VALUE": _settings,
}


def spelled(found: Candidates, shell: str, current: str, word: str) -> Iterator[str]:
    """The lines of the answer, as a shell reads them. Bash replaces only `word`, the last part of `current`."""
    yield found.kind
    for each, told in found.words.items():
        about = visible(" ".join(told.split()))
        if shell == "bash":
            yield each[len(current) - len(word) :] if current.endswith(word) else each
        elif shell == "zsh":
            yield f"{_escaped(each)}:{_escaped(about)}" if about else _escaped(each)
        else:
            yield f"{each}\t{about}"


def _escaped(text: str) -> str:
    """For zsh, which reads a colon as the end of a word."""
    return text.replace("\\", "\\\\").replace(":", "\\:")
