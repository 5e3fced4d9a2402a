"""What the options of connect say, before anybody is asked."""

import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from amzlink.cli.dialogue.options import state_of
from amzlink.problems import Problem
from tests.cli.dialogue.by_key import NOTHING
from tests.support.rows import each_row


class _Broken(io.RawIOBase):
    def read(self, _size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")


@each_row(
    ("stdin", "why"),
    [
        (io.BytesIO(b'client_secret = "\xff"'), "it is not text in UTF-8"),
        (io.BytesIO(b"client_secret = "), "it is not valid TOML"),
        (_Broken(), "Input/output error"),
    ],
)
def test_standard_input_that_holds_no_secrets_is_named_as_what_it_is(
    stdin: io.IOBase, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    with pytest.raises(Problem) as caught:
        state_of(replace(NOTHING, secrets_from="-"))
    assert caught.value.name.value == "input-malformed"
    assert caught.value.summary.startswith(f"standard input cannot be used: {why}")
    assert caught.value.next_step.startswith('In it, each secret has a line such as client_secret = "VALUE".')
