"""What is known of every problem: its sentences, its exit code, and the checks of `verify` that can find it."""

import shlex
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal


class Exit(IntEnum):
    """Exit codes, after sysexits.h."""

    DONE = 0
    PARTLY = 1
    USAGE = 64
    BAD_INPUT = 65
    REFUSED = 69
    BUG = 70
    CANNOT_CREATE = 73
    DISK = 74
    TRY_AGAIN = 75
    NOT_ALLOWED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


# Checks of `verify` that meet the same failures, because they make the same kind of call.
DOORS: Final = ("orders-access", "listings-access", "reports-access", "confirm-access")
ASKING_AMAZON: Final = ("region", "participation", "account", "seller-id", *DOORS)
ASKING_SENDCLOUD: Final = ("sendcloud-access", "sendcloud-integration")
CALLING: Final = ("network", "lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD)
READING_THE_BOOK: Final = ("order-book", "vault", "retention", "freshness")

_COMMAND: Final = "`"
# Parts of a command that may be several words, made ready by whoever gives them.
_READY: Final = frozenset({"store_option", "renew", "command"})

# What a general text shows in place of the parts of a command that depend on the store.
_GENERAL: Final[Mapping[str, str]] = {
    "store_option": " --store <STORE>",
    "renew": " --renew",
    "named": "",
    "meant": "",
    "exchanged": "",
    "first": "",
    "safe": "The message says what is safe.",
    "again": "The message says how to continue.",
}


class _Sentence(string.Formatter):
    """Fills a sentence: a field that is not given is shown as a gap, and `{count:order}` as `1 order` or `2 orders`."""

    def get_value(self, key: int | str, args: Sequence[object], kwargs: Mapping[str, object]) -> object:  # noqa: ARG002
        name = str(key)
        return kwargs.get(name, f"<{name.upper()}>")

    def format_field(self, value: object, format_spec: str) -> str:
        shown = str(value)
        return f"{shown} {format_spec}{'' if shown == '1' else 's'}" if format_spec else shown


class _CommandLine(_Sentence):
    """Fills a command between backticks: a value is quoted where a shell would take it for more than one word."""

    def get_value(self, key: int | str, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        value = super().get_value(key, args, kwargs)
        return value if str(key) in _READY or str(key) not in kwargs else shlex.quote(str(value))


_SENTENCE: Final = _Sentence()
_COMMAND_LINE: Final = _CommandLine()


def fill(template: str, facts: Mapping[str, object]) -> str:
    """A sentence with its fields; one that is not given is shown as a gap, `<NAME>`.

    What stands between backticks can be pasted into a shell, whatever the values are.
    """
    parts = template.split(_COMMAND)
    filled = [
        (_COMMAND_LINE if number % 2 else _SENTENCE).vformat(part, (), facts) for number, part in enumerate(parts)
    ]
    return _COMMAND.join(filled).strip()


def store_option(slug: str) -> str:
    """The option that names a store, as a command carries it; empty where there is no store yet."""
    return f" --store {shlex.quote(slug)}" if slug else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One problem as the documentation tells it.

    `what`, `why` and `next_step` may hold `{fields}`, which a raised problem fills. `what_exactly` takes the place of
    `what` where the raiser knows a `detail`, `why_exactly` that of `why` where it knows a `reason`, and `next_step_exactly`
    that of `next_step` where it knows an `advice`. `checks` are the checks of `verify` that can find it; none where only the
    work itself meets it.
    """

    title: str
    what: str
    why: str
    next_step: str
    exit_code: Exit
    what_exactly: str = ""
    why_exactly: str = ""
    next_step_exactly: str = ""
    severity: Literal["error", "warning"] = "error"
    checks: tuple[str, ...] = ()

    @property
    def general_what(self) -> str:
        """What happened, in general: `explain` and the documentation show what they cannot know as gaps."""
        return fill(self.what, _GENERAL)

    @property
    def general_why(self) -> str:
        """Why, in general."""
        return fill(self.why, _GENERAL)

    @property
    def general_next_step(self) -> str:
        """What to do, in general."""
        return fill(self.next_step, _GENERAL)
