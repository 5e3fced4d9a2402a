"""Every sentence about a failure lives in `problems/`; the rest of the source only passes it on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parents[1] / "src" / "amzlink"
# Calls that take a sentence: refusals of a command line, and of a line in a file.
CALLS: Final = {
    "usage", "_usage", "Unreadable", "BadWeightError", "_BadValueError", "_BadRowError", "_refusal", "_unavailable",
}  # fmt: skip
_A_SENTENCE: Final = re.compile(r"[A-Za-z].* | .*[A-Za-z]")


def sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the words of every text that is written where a failure is told."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
                told = [keyword.value for keyword in keywords if keyword.arg == "detail"]
                told += args if name in CALLS or (args and ast.unparse(args[0]).startswith("ProblemName.")) else []
            case ast.Assign(targets=[ast.Name(id="detail")], value=value):
                told = [value]
            case _:
                continue
        for part in (part for each in told for part in ast.walk(each)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and _A_SENTENCE.search(part.value):
                yield part.lineno, part.value


def test_nobody_but_the_catalogue_writes_sentences_about_failures() -> None:
    found = [
        f"{name}:{line}: {words}"
        for file in sorted(SOURCE.rglob("*.py"))
        if not (name := file.relative_to(SOURCE).as_posix()).startswith(("problems/", "sandbox/"))
        for line, words in sorted(sentences(ast.parse(file.read_text("utf-8"))))
    ]
    assert found == []


def test_a_sentence_is_found_in_each_form_that_it_can_have() -> None:
    tree = ast.parse(
        'Problem(NAME, detail="it is empty")\n'
        'console.usage(f"{option} is missing")\n'
        'raise _BadValueError("is a list")\n'
        'Problem(NAME, detail=error.strerror or "it cannot be read")\n'
        'detail = f"{count} faults"\n'
        'NoWay(ProblemName.TIMEOUT, f"port {port} is closed")\n'
        'Problem(NAME, detail=", ".join(names), file="a file")\n'
    )
    assert {line for line, _ in sentences(tree)} == {1, 2, 3, 4, 5, 6}
