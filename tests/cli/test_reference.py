"""The tables of environment variables and exit codes are complete, and `explain` and the documentation show them."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from amzlink.cli.main import run
from amzlink.cli.reference import ENVIRONMENT, EXIT_CODES
from amzlink.jobs.schedule.environment import CARRIED
from amzlink.problems import Exit
from amzlink.secrets.names import NAMES, variable
from tests.support.rows import each_row

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src" / "amzlink"
VARIABLES: Final = {name: meaning for subject in ENVIRONMENT.values() for name, meaning in subject.items()}
# Read by what amzlink is made of: Python itself, platformdirs, and the look for a proxy, which goes by the ending.
READ_BY_OTHERS: Final = {
    "TZ", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY",
}  # fmt: skip


def of_the_secrets() -> set[str]:
    """What a store's secrets can be called."""
    plain = {variable("<STORE>", name) for name in NAMES}
    return (plain - {variable("<STORE>", "vault-key")}) | {f"{name}_FILE" for name in plain}


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name that a file reads from an environment: `environ["X"]`, `environ.get("X")`, `"X" in environ`."""
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=where, attr="get"), args=[name, *_]) if is_environment(where):
                pass
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[name, *_]):
                pass
            case ast.Subscript(value=where, slice=name) if is_environment(where):
                pass
            case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[where]) if is_environment(where):
                pass
            case _:
                continue
        if isinstance(name, ast.Constant):
            yield str(name.value)
        else:
            told = ast.unparse(name)
            yield str(constants.get(told, f"({told})"))


def is_environment(node: ast.AST) -> bool:
    return ast.unparse(node).endswith("environ")


def test_every_variable_that_the_code_reads_is_in_the_table() -> None:
    read = {
        (file.relative_to(SOURCE).as_posix(), name)
        for file in SOURCE.rglob("*.py")
        for name in names_in(ast.parse(file.read_text("utf-8")))
    }
    named = {name for _, name in read if not name.startswith("(")}
    assert named <= set(VARIABLES)
    # Those that are read by a name that is computed: a secret's, an endpoint's, whether there is a screen, and what
    # connect writes into the lines for cron and systemd.
    assert {place for place, name in read if name.startswith("(")} == {
        "secrets/environment.py", "deps.py", "cli/shell/browser.py", "cli/views/secret_files.py",
        "jobs/schedule/environment.py",
    }  # fmt: skip
    assert {*CARRIED} <= set(VARIABLES)
    assert of_the_secrets() <= set(VARIABLES)


def test_every_name_of_ours_in_the_code_is_in_the_table() -> None:
    for file in SOURCE.rglob("*.py"):
        for name in re.findall(r"\bAMZLINK_[A-Z]+(?:_[A-Z]+)*\b", file.read_text("utf-8")):
            known = any(each == name or each.startswith(f"{name}_<") for each in VARIABLES)
            assert known or name.startswith("AMZLINK_SECRET"), f"{file.name}: {name}"


def test_every_variable_in_the_table_is_read() -> None:
    text = "\n".join(file.read_text("utf-8") for file in SOURCE.rglob("*.py") if file.name != "reference.py")
    for name in set(VARIABLES) - READ_BY_OTHERS - of_the_secrets():
        assert f'"{name}"' in text, name


def test_every_exit_code_has_its_meaning() -> None:
    assert list(EXIT_CODES) == list(Exit)


@each_row("text", [*VARIABLES.values(), *EXIT_CODES.values()])
def test_a_meaning_is_made_of_sentences(text: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", text)
    for sentence in re.split(r"(?<=\.)\s", text):
        assert len(sentence.split()) <= 20


@pytest.mark.parametrize("topic", ["environment", "exit-codes"])
def test_explain_and_the_documentation_show_all_of_it(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", topic]) == 0
    shown = capsys.readouterr().out
    page = (ROOT / "docs" / {"environment": "settings.md", "exit-codes": "commands.md"}[topic]).read_text("utf-8")
    table = VARIABLES if topic == "environment" else {str(int(code)): told for code, told in EXIT_CODES.items()}
    for name, meaning in table.items():
        assert re.search(rf"^`?{re.escape(name)}`? +{re.escape(meaning)}$", shown, re.MULTILINE)
        assert re.search(rf"^\| `?{re.escape(name)}`? \| {re.escape(meaning)} \|$", page, re.MULTILINE)


def test_as_json_both_are_data(capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", "environment", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert {each["name"]: each["meaning"] for each in document["variables"]} == VARIABLES
    run(["explain", "exit-codes", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert {each["code"]: each["meaning"] for each in document["exit_codes"]} == EXIT_CODES
    run(["explain", "servers", "--json"])
    assert {"variables", "exit_codes"} & json.loads(capsys.readouterr().out).keys() == set()
