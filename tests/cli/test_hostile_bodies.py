"""Answers and files that are made to break their reader: a command ends with a named problem and no crash report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import Shell, shell

DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("hostile"), {}, orders=20) as found:
        assert found.run("import-orders").code in (0, 1)
        yield found


@pytest.mark.parametrize(
    "fault", ["body-nested", "body-huge", "body-gzip-bomb", "refusal-nested", "lwa-body-huge", "lwa-endless-life"]
)
def test_a_hostile_answer_ends_as_one_that_cannot_be_read(at: Shell, fault: str) -> None:
    at.control("/faults", {"on": [fault]})
    try:
        ran = at.run("import-orders", "--json")
    finally:
        at.control("/faults", {"off": [fault]})
    assert ran.code in (1, 69, 75), ran.err
    assert "internal" not in ran.out


@pytest.mark.parametrize("command", [("push-status", "--from"), ("check-weights", "--from")])
@pytest.mark.parametrize("content", [DEEP, '{"sku":' + DEEP, "{" * 100_000])
def test_a_file_with_lists_in_lists_without_end_is_bad_input(
    at: Shell, tmp_path: Path, command: tuple[str, ...], content: str
) -> None:
    file = tmp_path / "rows.json"
    file.write_text(content)
    ran = at.run(*command, str(file), "--json")
    assert ran.code in (1, 65), ran.out
    assert "unusable" in ran.out or "input-malformed" in ran.out
