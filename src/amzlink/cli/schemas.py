"""JSON Schemas of what `--json` prints, made from the structs that are written.

`scripts/write_docs.py` writes them into `schemas/`, and `explain --schema` shows them from there. This module loads
every view there is, so only that script and the tests import it.
"""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, get_args

import msgspec

from amzlink.cli.shell.alarms import AlarmDocument
from amzlink.cli.shell.documents import ErrorDocument
from amzlink.cli.views import (
    completion,
    database,
    diagnosis,
    pages,
    privacy,
    problems,
    sandbox,
    schedule,
    shipments,
    status,
    stores,
    version,
)
from amzlink.cli.views import weights as weight_views
from amzlink.cli.views.orders import export, holds, imports, lists, show

Structs = Sequence[type[msgspec.Struct]]

DOCUMENTS: Final[Mapping[str, tuple[str, Structs]]] = {
    "error": ("any command that failed before it did anything", (ErrorDocument,)),
    "version": ("amzlink --version", (version.VersionDocument,)),
    "completion": (
        "amzlink --show-completion, --install-completion",
        (completion.CompletionDocument, completion.InstalledCompletionDocument),
    ),
    "connect": ("amzlink connect", (stores.ConnectDocument,)),
    "disconnect": ("amzlink disconnect", (stores.DisconnectDocument,)),
    "stores-list": ("amzlink stores list", (stores.StoresDocument,)),
    "stores-show": ("amzlink stores show", (stores.StoreDocument,)),
    "stores-set": ("amzlink stores set", (stores.StoreDocument,)),
    "stores-default": ("amzlink stores default", (stores.DefaultDocument,)),
    "schedule-install": ("amzlink schedule install", (schedule.ScheduleInstallDocument,)),
    "schedule-show": ("amzlink schedule show", (schedule.ScheduleShowDocument,)),
    "schedule-remove": ("amzlink schedule remove", (schedule.ScheduleRemoveDocument,)),
    "database-migrate": ("amzlink database migrate", (database.DatabaseMigrateDocument,)),
    "import-orders": ("amzlink import-orders", (imports.ImportDocument,)),
    "push-status": ("amzlink push-status", (shipments.PushDocument,)),
    "check-weights": ("amzlink check-weights", (weight_views.WeightsDocument,)),
    "purge-pii": ("amzlink purge-pii", (privacy.PurgeDocument,)),
    "status": ("amzlink status", (status.StatusDocument,)),
    "orders-list": ("amzlink orders list", (lists.ListDocument,)),
    "orders-show": ("amzlink orders show", (show.ShowDocument,)),
    "orders-export": ("amzlink orders export", (export.ExportDocument,)),
    "orders-hold": ("amzlink orders hold", (holds.HeldDocument,)),
    "orders-release": ("amzlink orders release", (holds.ReleasedDocument, holds.ReleasedOrdersDocument)),
    "verify": ("amzlink verify", (diagnosis.VerifyDocument, diagnosis.VerifyAllDocument)),
    "explain": (
        "amzlink explain",
        (
            problems.ExplainDocument,
            problems.ProblemsDocument,
            pages.TopicDocument,
            pages.HoldDocument,
            pages.SchemaDocument,
        ),
    ),
    "sandbox": ("amzlink sandbox", (sandbox.SandboxDocument, sandbox.FaultsDocument)),
    "demo": ("amzlink demo", (sandbox.DemoDocument,)),
    "alarm": ("the program of `[notify] command`", (AlarmDocument,)),
}
"""By the name of the schema: who prints the document, and what it can be."""

# What stands where a document says only that there is a struct.
_ROWS: Final[Mapping[str, Structs]] = {"orders-export": (export.ExportRow, export.PersonalExportRow)}
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANY_STRUCT: Final = "Struct"


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, the same whichever version of msgspec makes it."""
    printed_by, documents = DOCUMENTS[name]
    rows = _ROWS.get(name, ())
    found, parts = msgspec.json.schema_components((*documents, *rows), ref_template="#/$defs/{name}")
    documents_found, rows_found = list(found)[: len(documents)], list(found)[len(documents) :]
    if rows:
        parts[_ANY_STRUCT] = {"anyOf": rows_found}
    for part in parts.values():
        _say_what_is_always_there(part)
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
        for form in part.get("properties", {}).values():
            form.pop("propertyNames", None)
    for kind in _structs_in((*documents, *rows)):
        _say_what_is_a_time(kind, parts)
    whole = documents_found[0] if len(documents) == 1 else {"anyOf": documents_found}
    return {"$schema": _DRAFT, "title": f"What {printed_by} prints with --json", **whole, "$defs": parts}


def _say_what_is_always_there(part: dict[str, Any]) -> None:
    """A field with a default is written too; only what can be left out has none here. `schema` is a constant."""
    properties: dict[str, Any] = part.get("properties", {})
    written = {name for name, form in properties.items() if "default" in form}
    if written:
        part["required"] = [name for name in properties if name in written or name in part["required"]]
    for name in written:
        default = properties[name].pop("default")
        if name == "schema":
            properties[name] = {"const": default}


def _structs_in(kinds: Structs) -> Iterator[type[msgspec.Struct]]:
    """The structs, and those that their fields are made of."""
    waiting: list[Any] = list(kinds)
    seen = set[type]()
    while waiting:
        kind = waiting.pop()
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
            seen.add(kind)
            waiting.extend(field.type for field in msgspec.structs.fields(kind))
            yield kind


def _say_what_is_a_time(kind: type[msgspec.Struct], parts: Mapping[str, Any]) -> None:
    """Msgspec calls a time a text, because the types leave open whether it has a zone. Documents' times have one."""
    properties: dict[str, Any] = next(
        (part["properties"] for part in parts.values() if part.get("title") == kind.__name__), {}
    )
    for field in msgspec.structs.fields(kind):
        if field.type is datetime or datetime in get_args(field.type):
            form = properties[field.encode_name]
            for text in (form, *form.get("anyOf", ())):
                if text.get("type") == "string":
                    text["format"] = "date-time"
