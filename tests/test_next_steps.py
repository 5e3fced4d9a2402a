"""Every next step can be taken: the commands in it exist, take these options, name the store, and can work there."""

import ast
import re
import shlex
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from amzlink.amazon.errors import lwa_failure, spapi_failure
from amzlink.cli.main import app
from amzlink.cli.pages import TOPICS
from amzlink.cli.shell.global_options import split
from amzlink.problems import CATALOGUE, DEFAULT_FACTS, Entry, Problem, ProblemName, store_option, usage
from amzlink.problems.entry import fill
from tests.support.rows import each_row

SOURCE: Final = Path(__file__).resolve().parents[1] / "src" / "amzlink"
NAMES: Final = sorted(CATALOGUE, key=str)
# What a reader puts in by choice, as the sentence around it says.
TO_CHOOSE: Final = {"CODE", "FILE", "FILE.csv", "ID", "SKU=0.45kg", "KEY=VALUE", "PROBLEM"}
NO_STORE_NEEDED: Final = {
    "connect", "explain", "demo", "sandbox", "schedule install", "schedule remove", "stores list", "stores default",
    "verify --bundle", "--store",
}  # fmt: skip
# Raised where no store is connected, or where it is not known yet which one is meant.
BEFORE_A_STORE: Final = {
    ProblemName.NO_STORE, ProblemName.WHICH_STORE, ProblemName.CONFIG_INVALID, ProblemName.REGION_MIXED,
    ProblemName.KEYRING_UNAVAILABLE, ProblemName.KEYRING_LOCKED, ProblemName.SECRET_FILE_UNREADABLE,
    ProblemName.SECRET_TOO_LONG, ProblemName.SECRET_LOOKS_WRONG, ProblemName.REFRESH_TOKEN_MALFORMED,
    ProblemName.MWS_CREDENTIALS, ProblemName.HOME_OF_ANOTHER_USER, ProblemName.NOT_WRITABLE, ProblemName.DISK_FULL,
    ProblemName.USAGE, ProblemName.INTERNAL_ERROR, ProblemName.INTERRUPTED,
    ProblemName.SANDBOX_CREDENTIALS,
}  # fmt: skip
HOSTILE: Final = ["my shop", "a;rm -rf ~", "$(reboot)", "`id`", "it's", '"', "--yes", "ü\u202e", "-"]


def commands_in(text: str) -> list[str]:
    """The amzlink command lines that a text shows, as they would be pasted."""
    return [found for found in re.findall(r"`([^`]*)`", text) if re.match(r"amzlink\b", found)]


@cache
def whole_command() -> Any:
    """The command line as Typer builds it, which takes longer than to read a line with it."""
    return typer.main.get_command(app)


def parse(line: str) -> tuple[str, dict[str, Any], str | None]:
    """The command's name, its values and its store, read by the real command line. Raises what that raises."""
    words = shlex.split(line)
    assert words[0] == "amzlink", line
    options = split(words[1:])
    command = whole_command()
    name: list[str] = []
    rest = list(options.rest)
    while hasattr(command, "commands"):
        if rest == ["--help"]:
            return " ".join(name), {}, options.store
        assert rest, f"{line} is no whole command"
        assert rest[0] in command.commands, f"{line}: there is no command {rest[0]}"
        assert not command.commands[rest[0]].hidden, f"{line}: help does not offer {rest[0]}"
        name.append(rest[0])
        command = command.commands[rest.pop(0)]
    if "--help" in rest:
        rest.remove("--help")
        return " ".join(name), {}, options.store
    context = command.make_context(" ".join(name), rest)
    return " ".join(name), {key: value for key, value in context.params.items() if value}, options.store


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def fields_of_entry(entry: Entry, *, exactly: bool) -> set[str]:
    what = entry.what_exactly if exactly and entry.what_exactly else entry.what
    return fields_of(what) | fields_of(entry.why) | fields_of(entry.next_step)


def raised(name: ProblemName, value: str = "302-1234567-1234567", slug: str = "my-shop") -> Problem:
    """The problem as somebody meets it, with every fact given."""
    entry = CATALOGUE[name]
    facts: dict[str, object] = dict.fromkeys(fields_of_entry(entry, exactly=True) | fields_of(entry.what), value)
    facts |= {"store_option": store_option(slug), "renew": " --renew", "command": "amzlink orders list", "store": slug}
    facts |= usage.interruption("connect", dry_run=False).facts
    return Problem(name, **facts, **dict.fromkeys({"count", "seconds"} - facts.keys(), 2))


def texts_of(problem: Problem) -> list[str]:
    return [problem.summary, problem.cause, problem.next_step]


@each_row("name", NAMES)
class TestEveryProblem:
    def test_its_commands_exist_and_take_their_options(self, name: ProblemName) -> None:
        for line in commands_in(" ".join(texts_of(raised(name)))):
            parse(line)
        entry = CATALOGUE[name]
        for text in (entry.general_what, entry.general_why, entry.general_next_step):
            for line in commands_in(text):
                parse(line.replace("<", "").replace(">", ""))

    def test_its_commands_name_the_store_where_they_work_on_one(self, name: ProblemName) -> None:
        for line in commands_in(" ".join(texts_of(raised(name)))):
            command, values, store = parse(line)
            free = command in NO_STORE_NEEDED or (command == "verify" and "bundle" in values)
            if "{store_option}" in CATALOGUE[name].next_step and not free:
                assert store == "my-shop", line
            if not free and not line.endswith("--help"):
                assert store == "my-shop" or values.get("all_stores"), line

    def test_it_sends_to_no_store_before_there_is_one(self, name: ProblemName) -> None:
        if name in BEFORE_A_STORE:
            for line in commands_in(" ".join(texts_of(Problem(name, **{**raised(name).facts, "store_option": ""})))):
                command, values, _ = parse(line)
                assert command in NO_STORE_NEEDED or "bundle" in values or line.endswith("--help"), line

    def test_no_word_in_capitals_is_left_that_nobody_can_fill_in(self, name: ProblemName) -> None:
        for text in texts_of(raised(name)):
            assert not re.search(r"<[A-Z_]+>|\bSLUG\b|\{", text), text
            for line in commands_in(text):
                words = [word for word in shlex.split(line) if re.fullmatch(r"[A-Z][A-Z.=a-z0-9]*", word)]
                assert {word for word in words if word.upper() == word or "=" in word} <= TO_CHOOSE, line

    def test_it_names_no_file_that_an_installed_package_lacks(self, name: ProblemName) -> None:
        for text in texts_of(raised(name)):
            assert not re.search(r"docs/|\.md\b", text)

    @each_row("value", HOSTILE)
    def test_whatever_a_value_is_its_commands_stay_one_command(self, name: ProblemName, value: str) -> None:
        """A SKU, a file or a store may be called anything; the pasted line means it and nothing else."""
        text = raised(name, value, slug=value).next_step
        template = CATALOGUE[name].next_step
        for line in re.findall(r"`(amzlink [^`]*)`", template):
            filled = Problem(name, **raised(name, value, slug=value).facts)._fill(f"`{line}`").strip("`")
            assert "`" in value or filled in text
            words = shlex.split(filled)
            wanted = shlex.split(re.sub(r"\{store_option\}", " --store @", re.sub(r"\{renew\}", " --renew", line)))
            assert len(words) == len(wanted) or "{command}" in line
            for word, pattern in zip(words, wanted, strict="{command}" not in line):
                if "@" in pattern or "{" in pattern:
                    assert value in word or "{command}" in pattern


# Who passes a problem on adds these: the command line and the runs name the store, the clients the host and its limits.
ADDED_ON_THE_WAY: Final = {"store", "store_option"}
ADDED_BY: Final = {
    "amazon/errors.py": {"host"},  # the transport
    "amazon/transport.py": {"max_wait"},  # the one loop of attempts
    "cli/shell/values.py": {"command"},  # `main`, which knows whose value it is
    "http/certificates.py": {"host"},  # `Way.problem`
    "http/connection.py": {"host", "seconds"},
    "http/reachability.py": {"host", "seconds"},
    "http/sockets.py": {"host", "seconds"},  # what is no way becomes a problem in http/connection.py
    "jobs/database.py": {"command"},  # `main`
    "jobs/orders/fetch.py": {"operation", "detail"},  # the refusal that is given another name
    "jobs/verify.py": {"operation", "detail"},  # the same
    "orderbook/moving.py": {"command", "key", "table"},  # `main`, and what compares two rows
    "secrets/keyring.py": {"bus", "detail", "name", "slug", "variable"},  # `_refusal`
}


def places() -> Iterator[tuple[str, int, ProblemName, set[str]]]:
    """Each place that raises a problem by its name, and the facts that it gives."""
    for file in sorted(SOURCE.rglob("*.py")):
        where = file.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(args=[ast.Attribute(value=ast.Name(id="ProblemName"), attr=name), *more]):
                    given = {keyword.arg for keyword in node.keywords if keyword.arg}
                    given |= {"detail"} if more else set()
                    yield where, node.lineno, ProblemName[name], given


def test_every_place_gives_the_facts_that_its_problem_tells() -> None:
    found = list(places())
    assert len(found) > 80
    gaps = []
    for where, line, name, given in found:
        needed = fields_of_entry(CATALOGUE[name], exactly="detail" in given)
        missing = needed - given - DEFAULT_FACTS.keys() - ADDED_ON_THE_WAY - ADDED_BY.get(where, set())
        gaps += [f"{where}:{line}: {name} lacks {', '.join(sorted(missing))}"] if missing else []
    assert gaps == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b""), (403, b""), (404, b'{"errors":[{"code":"NotFound","message":"x"}]}'), (400, b""), (418, b"{}"),
        (403, b'{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied."}]}'),
        (400, b'{"errors":[{"code":"InvalidInput","message":"Merchant has been suspended"}]}'),
        (400, b'{"errors":[{"code":"InvalidInput","message":"Invalid sellerId"}]}'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", ["searchOrders", "getOrder", "searchListingsItems", "createFeed"])
def test_a_refusal_of_amazon_s_is_told_without_a_gap(status: int, body: bytes, operation: str) -> None:
    known = {"order_id": "302-1234567-1234567", "host": "amazon.test"}  # by the caller
    for failed in (spapi_failure(status, body, operation, "a role", ""), lwa_failure(status, body, "")):
        assert not any(re.search("<[A-Z_]+>", text) for text in texts_of(failed.with_facts(**known)))


@cache
def shown_texts() -> list[tuple[str, str]]:
    """Every text of the source, its fields filled in."""
    return list(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for file in sorted(SOURCE.rglob("*.py")):
        where = file.relative_to(SOURCE).as_posix()
        tree = ast.parse(file.read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str() as text) if id(node) not in inside | docs:
                    yield where, text
                case ast.JoinedStr(values=parts):
                    yield where, "".join(_filled(part) for part in parts)


def _filled(part: ast.expr) -> str:
    match part:
        case ast.Constant(value=str() as text):
            return text
        case ast.FormattedValue(value=value):
            told = ast.unparse(value)
            if "option" in told:
                return " --store my-shop"
            return {"topic": "servers", "proof.trigger": "announced"}.get(told, "x")
    return ""


def test_a_command_that_any_text_shows_exists() -> None:
    lines = [line for where, text in shown_texts() for line in commands_in(_with_facts(where, text))]
    assert len(lines) > 100
    for line in lines:
        parse(line)


def _with_facts(where: str, text: str) -> str:
    if not where.startswith("problems/") or "{" not in text or not commands_in(text):
        return text.replace("{option}", " --store my-shop")
    facts = {**dict.fromkeys(fields_of(text), "x"), "store_option": " --store my-shop", "renew": " --renew"}
    return fill(text.replace("{option}", " --store my-shop"), facts | {"command": "amzlink orders list"})


def test_no_text_names_a_page_that_an_installed_package_lacks() -> None:
    found = [
        f"{where}: {text}" for where, text in shown_texts() if re.search(r"\b\w+\.md\b|docs/", text) and " " in text
    ]
    assert found == []


def test_explain_has_every_topic_that_a_text_sends_to() -> None:
    names = {name.value for name in ProblemName}
    for _, text in shown_texts():
        for topic in re.findall(r"`amzlink explain ([a-z][a-z-]+)`", text):
            assert topic in {*TOPICS, *names}
