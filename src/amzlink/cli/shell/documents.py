"""What `--json` prints: documents are structs, and this is the one place where they become JSON.

Their fields are the contract with users' scripts: a name, its meaning and its type stay; new fields may be added.
A field that is UNSET is left out. Times are whole seconds in UTC, names are those of their enumerations.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.safe_text import encodable, visible_in_json
from amzlink.problems import Problem, ProblemName

_LAID_OUT: Final = 2  # spaces a level
_ON_ONE_LINE: Final = 0


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. `schema` rises when a field changes its meaning or its type, not when one is added."""

    schema: int = 1


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A problem, in the words that people get too."""

    problem: ProblemName
    summary: str
    cause: str
    next_step: str
    docs: str


class OfStore(msgspec.Struct, frozen=True, kw_only=True):
    """Which store a document, or a row, is about."""

    store: str


class ErrorDocument(Document, frozen=True, kw_only=True):
    """What a command prints that could do nothing."""

    error: Failure


_S = TypeVar("_S", bound=msgspec.Struct)


def joined(name: str, base: type[_S], *parts: type[msgspec.Struct]) -> type[_S]:
    """A struct with the fields of several, one after the other, for what lies side by side in JSON."""
    fields: list[Any] = [
        (field.name, field.type) if field.required else (field.name, field.type, field.default)
        for part in parts
        for field in msgspec.structs.fields(part)
    ]
    return cast("type[_S]", msgspec.defstruct(name, fields, bases=(base,), frozen=True, kw_only=True))


def join(kind: type[_S], *parts: msgspec.Struct) -> _S:
    """One of a `joined` struct, of its parts."""
    return kind(**{name: getattr(part, name) for part in parts for name in part.__struct_fields__})


MaybeFailure = Failure | UnsetType
"""Of what stopped a run part of the way; left out where nothing did."""


class Warned(Failure, frozen=True, kw_only=True):
    """Something a person should know that stopped nothing. `store` is whose it is, where it is a store's."""

    store: str | None


MaybeWarned = list[Warned] | UnsetType
"""What a run warned of; left out where there was nothing."""


def failure(problem: Problem) -> Failure:
    """The problem as JSON shows it."""
    return Failure(
        problem=problem.name,
        summary=encodable(problem.summary),
        cause=encodable(problem.cause),
        next_step=encodable(problem.next_step),
        docs=problem.docs,
    )


def warned_or_unset(problems: Iterable[Problem]) -> MaybeWarned:
    """What was warned of, each thing once, as JSON shows it."""
    told = {(problem.name, problem.facts.get("store"), problem.summary): problem for problem in problems}
    warned = [_warned(problem, store) for (_, store, _), problem in told.items()]
    return warned or UNSET


def _warned(problem: Problem, store: object) -> Warned:
    return Warned(store=str(store) if store else None, **msgspec.structs.asdict(failure(problem)))


def failure_or_unset(problem: Problem | None) -> MaybeFailure:
    """The problem as JSON shows it, where there is one."""
    return failure(problem) if problem else UNSET


def encode(document: Document, *, laid_out: bool) -> str:
    """The document as text without a line end: for eyes over many lines, else on one."""
    return _encode(document, _LAID_OUT if laid_out else _ON_ONE_LINE)


def encode_part(part: msgspec.Struct) -> str:
    """A part of a document that is on one line."""
    return _encode(part, _ON_ONE_LINE)


def _encode(document: msgspec.Struct, indent: int) -> str:
    return visible_in_json(msgspec.json.format(msgspec.json.encode(document), indent=indent).decode())


def moment(value: str | datetime | None) -> datetime | None:
    """A time to the second, in UTC; as ISO 8601 text or as a time."""
    if value is None:
        return None
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.astimezone(UTC).replace(microsecond=0)


def path_text(path: Path | str) -> str:
    """A file's name as JSON can show it."""
    return encodable(str(path))
