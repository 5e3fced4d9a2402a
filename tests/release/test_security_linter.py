"""The rules of a security linter are on, and each exception from them says why."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
EXCEPTION = re.compile(r"# noqa: [A-Z0-9, ]*\bS\d{3}\b[A-Z0-9, ]*(.*)")


def test_the_rules_are_on_for_the_whole_package() -> None:
    assert "S" in LINT["select"]
    assert not [rule for rule in LINT["ignore"] if re.match(r"S\d", rule)]
    left_out = {
        (path, rule)
        for path, rules in LINT["per-file-ignores"].items()
        for rule in rules
        if path.startswith("src/") and re.match(r"S(\d|$)", rule)
    }
    # Names of problems look like passwords to the rule, and the sandbox's random numbers come from a seed.
    assert left_out == {("src/amzlink/problems/*", "S105"), ("src/amzlink/sandbox/**", "S311")}


def test_each_exception_in_the_package_says_why() -> None:
    found = [
        (f"{file.relative_to(ROOT)}:{number}", match[1])
        for file in (ROOT / "src").rglob("*.py")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (match := EXCEPTION.search(line))
    ]
    assert 0 < len(found) < 50
    assert [place for place, why in found if not re.match(r"[-(] ?\w", why)] == []
