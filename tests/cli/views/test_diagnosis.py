"""How checks look on a terminal, and as a document."""

from datetime import UTC, datetime

import pytest

from amzlink.cli.shell.console import Console
from amzlink.cli.views.diagnosis import VerifyView
from amzlink.core.diagnosis.checks import Check, passed
from amzlink.jobs.verify import Verification

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_a_person_reads_the_last_import_by_their_own_clock(capsys: pytest.CaptureFixture[str]) -> None:
    summary = "The last import was at 2026-11-29T09:30:00Z."
    fresh = passed(Check.FRESHNESS, summary, last_success="2026-11-29T09:30:00Z", at="2026-11-29T12:00:00Z")
    VerifyView(Console()).line(fresh)
    assert "The last import was today 09:30." in capsys.readouterr().out
    VerifyView(Console(as_json=True)).end(Verification(store="shop", results=(fresh,)))
    assert summary in capsys.readouterr().out
