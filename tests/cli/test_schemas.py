"""The JSON Schemas are complete, are in the package, and hold for what the commands print."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from amzlink.cli import schemas
from amzlink.cli.main import run
from amzlink.cli.pages import schema_names, schema_text
from amzlink.cli.shell.documents import Document
from amzlink.deps import Deps
from tests.cli.test_help import COMMANDS
from tests.cli.test_main import deps
from tests.orderbook.samples import ORDER_ID
from tests.support.rows import each_row

__all__ = ["deps"]  # the fixture

GROUPS: Final = {"database", "orders", "schedule", "stores"}  # which print nothing of their own


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text(name)), format_checker=FormatChecker())


def printed(words: list[str], deps: Deps | None = None) -> dict[str, Any]:
    """The one document that a command prints."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run([*words, "--json"], deps)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def complaints(name: str, document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


class TestCompleteness:
    def test_every_command_has_its_schema(self) -> None:
        assert {name.replace(" ", "-") for name in COMMANDS if name not in GROUPS} <= set(schemas.DOCUMENTS)
        assert schema_names() == sorted(schemas.DOCUMENTS)

    def test_every_document_of_the_command_line_is_in_one(self) -> None:
        def below(kind: type[Document]) -> Iterator[type[Document]]:
            for each in kind.__subclasses__():
                yield each
                yield from below(each)

        known = {kind for _, documents in schemas.DOCUMENTS.values() for kind in documents}
        ours = {kind for kind in below(Document) if kind.__name__.endswith("Document")}
        assert ours - known == set()

    @each_row("name", schemas.DOCUMENTS)
    def test_it_is_a_schema_that_asks_for_the_number_first(self, name: str) -> None:
        schema = json.loads(schema_text(name))
        Draft202012Validator.check_schema(schema)
        assert schema == schemas.schema_of(name)
        for kind in schemas.DOCUMENTS[name][1]:
            part = schema["$defs"][kind.__name__]
            assert part["properties"]["schema"] == {"const": 1}
            assert part["required"][0] == "schema"
            always = [f.encode_name for f in msgspec.structs.fields(kind) if f.default is not msgspec.UNSET]
            assert part["required"] == always

    def test_no_text_of_the_library_is_in_one(self) -> None:
        for name in schema_names():
            assert "serializable objects" not in schema_text(name)

    def test_times_and_days_say_that_they_are(self) -> None:
        listed = json.loads(schema_text("orders-list"))["$defs"]["FoundOrder"]["properties"]
        assert listed["ship_by"]["anyOf"][0] == {"type": "string", "format": "date-time"}
        assert listed["personal_data_until"]["anyOf"][0] == {"type": "string", "format": "date"}


class TestWhatIsPrinted:
    def test_the_commands_of_the_demo(self) -> None:
        document = printed(["demo"])
        assert complaints("demo", document) == []
        seen = set()
        for step in document["steps"]:
            command = step["command"]
            words = command[:2] if command[0] in GROUPS else command[:1]
            seen.add(name := "-".join(words))
            assert complaints(name, step["result"]) == [], " ".join(command)
        assert seen == {
            "connect", "import-orders", "verify", "orders-list", "orders-show", "check-weights", "push-status",
            "status", "purge-pii",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("version", "--version"),
            ("completion", "--show-completion bash"),
            ("completion", "--install-completion fish"),
            ("stores-list", "stores list"),
            ("stores-show", "stores show"),
            ("stores-set", "stores set hold_missing_weight=true"),
            ("stores-default", "stores default my-shop"),
            ("orders-list", "orders list"),
            ("orders-list", "orders list --status CANCELLED"),
            ("orders-show", f"orders show {ORDER_ID}"),
            ("orders-export", "orders export"),
            ("orders-export", "orders export --with-pii"),
            ("orders-export", "orders export --output FOLDER/orders.csv"),
            ("orders-hold", f"orders hold {ORDER_ID}"),
            ("orders-release", f"orders release {ORDER_ID}"),
            ("orders-release", "orders release --held prime"),
            ("status", "status --all-stores"),
            ("purge-pii", "purge-pii --dry-run"),
            ("verify", "verify --timeout 1s"),
            ("verify", "verify --all-stores"),
            ("explain", "explain throttled"),
            ("explain", "explain --list"),
            ("explain", "explain servers"),
            ("explain", "explain environment"),
            ("explain", "explain exit-codes"),
            ("explain", "explain --schema orders-list"),
            ("sandbox", "sandbox --fault help"),
            ("error", "orders show 999-9999999-9999999"),
            ("error", "no-such-command"),
            ("disconnect", "disconnect --yes"),
        ],
    )
    def test_a_command(self, name: str, line: str, deps: Deps, tmp_path: Path) -> None:
        document = printed(line.replace("FOLDER", str(tmp_path)).split(), deps)
        assert complaints(name, document) == []
        assert next(iter(document)) == "schema"

    def test_what_is_not_of_the_form_is_refused(self, deps: Deps) -> None:
        document = printed(["orders", "list"], deps)
        document["orders"][0]["units"] = "two"
        del document["orders"][0]["holds"]
        assert len(complaints("orders-list", document)) == 2
        assert complaints("orders-list", {**document, "schema": 2})


class TestFindingThem:
    def test_explain_prints_one_for_a_file_and_lists_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["explain", "--schema", "orders list"]) == 0
        assert capsys.readouterr().out == schema_text("orders-list")
        assert run(["explain", "schemas"]) == 0
        shown = capsys.readouterr().out
        assert all(f"`{name}`" in shown for name in schema_names())

    def test_a_mistyped_name_is_asked_back(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["explain", "--schema", "order-list"]) == 64
        assert "Did you mean orders-list" in capsys.readouterr().err
