"""The kinds of values in a body: each reads one, notes what is wrong with it, and leaves out what it does not know.

The texts are of the kind that Sendcloud's answers have. A value is of its kind or it is not: nothing is converted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from amzlink.sandbox.sendcloud.errors import Flaw
from amzlink.sandbox.sendcloud.times import read_time

MISSING: Final = "Field required"


class Field(Protocol):
    """A kind of value."""

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """The value as it is kept; what is wrong with it is added to `flaws`, each with its pointer."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `least` and `most` are its length in characters, `pattern` what all of it must look like."""

    least: int = 0
    most: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads a text."""
        if value is None and self.nullable:
            return None
        detail = self._judge(value)
        if detail:
            flaws.append(Flaw(at, detail))
        return value

    def _judge(self, value: Any) -> str:
        if not isinstance(value, str):
            return "Input should be a valid string"
        if self.choices and value not in self.choices:
            *others, last = (f"'{choice}'" for choice in self.choices)
            return f"Input should be {', '.join(others)} or {last}"
        if len(value) < self.least:
            return f"String should have at least {_count(self.least)}"
        if self.most is not None and len(value) > self.most:
            return f"String should have at most {_count(self.most)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"String should match pattern '{self.pattern}'"
        return ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, `whole` or not. It is at least `least`, or greater than `above`."""

    whole: bool = False
    least: float | None = None
    above: float | None = None
    nullable: bool = False

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads a number."""
        if value is None and self.nullable:
            return None
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            flaws.append(Flaw(at, f"Input should be a valid {'integer' if self.whole else 'number'}"))
        elif self.least is not None and value < self.least:
            flaws.append(Flaw(at, f"Input should be greater than or equal to {self.least:g}"))
        elif self.above is not None and value <= self.above:
            flaws.append(Flaw(at, f"Input should be greater than {self.above:g}"))
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    nullable: bool = False

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads a flag."""
        if not isinstance(value, bool) and not (value is None and self.nullable):
            flaws.append(Flaw(at, "Input should be a valid boolean"))
        return value


@dataclass(frozen=True, slots=True)
class Time:
    """A date and time with its zone."""

    nullable: bool = False

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads a time."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, str) or read_time(value) is None:
            flaws.append(Flaw(at, "Input should be a valid datetime with timezone info"))
        return value


@dataclass(frozen=True, slots=True)
class Anything:
    """An object of the shop's own."""

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads an object as it is."""
        if not isinstance(value, dict):
            flaws.append(Flaw(at, "Input should be a valid dictionary"))
        return value


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of values of one kind."""

    of: Field

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads a list."""
        if not isinstance(value, list):
            flaws.append(Flaw(at, "Input should be a valid list"))
            return value
        return [self.of.read(each, f"{at}/{number}", flaws) for number, each in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Group:
    """An object with fields; one of them that is not known is left out without a word."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    nullable: bool = False

    def read(self, value: Any, at: str, flaws: list[Flaw]) -> Any:
        """Reads an object."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, dict):
            flaws.append(Flaw(at, "Input should be a valid dictionary"))
            return value
        flaws.extend(Flaw(f"{at}/{name}", MISSING) for name in self.required if name not in value)
        return {
            name: field.read(value[name], f"{at}/{name}", flaws) for name, field in self.fields.items() if name in value
        }

    def without_duty(self) -> "Group":
        """The same group, and those within it, with nothing required: what a partial update may hold."""
        return replace(self, fields={name: _relax(field) for name, field in self.fields.items()}, required=())


def swap(field: Field, old: Field, new: Field) -> Field:
    """The same field, with another kind of value in place of a kind, wherever it is within."""
    if field == old:
        return new
    if isinstance(field, Group):
        return replace(field, fields={name: swap(each, old, new) for name, each in field.fields.items()})
    return replace(field, of=swap(field.of, old, new)) if isinstance(field, Rows) else field


def _relax(field: Field) -> Field:
    if isinstance(field, Group):
        return field.without_duty()
    return replace(field, of=_relax(field.of)) if isinstance(field, Rows) else field


def _count(length: int) -> str:
    return "1 character" if length == 1 else f"{length} characters"
