"""What `make audit` says, which must not take "no answer" for "no vulnerability"."""

from scripts.audit import outcome

GOOD = {"name": "rich", "version": "15.0.0", "vulns": []}


def test_no_vulnerability_in_any_is_good() -> None:
    assert outcome({"dependencies": [GOOD, GOOD]}, "") == (0, ["2 packages checked, no known vulnerability."])


def test_a_vulnerability_is_named_with_the_version_that_corrects_it() -> None:
    found = {"id": "PYSEC-2026-1", "fix_versions": ["46.0.2"], "aliases": [], "description": "x"}
    bad = {"name": "cryptography", "version": "46.0.1", "vulns": [found]}
    code, lines = outcome({"dependencies": [GOOD, bad]}, "")
    assert (code, lines) == (1, ["cryptography 46.0.1 has PYSEC-2026-1; corrected in: 46.0.2"])


def test_a_package_that_the_index_does_not_answer_for_is_a_failure() -> None:
    code, [line] = outcome({"dependencies": [GOOD, {"name": "alembic", "skip_reason": "Dependency not found"}]}, "")
    assert code == 1
    assert line.startswith("1 of 2 packages were not checked")
    assert "gave no answer about alembic." in line


def test_without_a_network_the_last_line_of_the_traceback_is_all_that_is_shown() -> None:
    code, lines = outcome(None, "Traceback (most recent call last):\n  ...\nConnectionError: no such host\n")
    assert code == 1
    assert lines[-1] == "ConnectionError: no such host"
