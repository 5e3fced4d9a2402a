"""The answer to a shell that asks what can stand next."""

import shlex
import sys
from collections.abc import Sequence
from typing import Any

import typer.main

from amzlink.cli.completion.candidates import candidates, spelled
from amzlink.problems import Exit


def answer(app: Any, asked: Sequence[str]) -> int:
    """Print the candidates for `SHELL WORD...`, or for `bash WORD LINE`: see the scripts. It never fails."""
    match asked:
        case ["bash", word, line]:
            parts = _split(line)
            if parts is None:
                return Exit.DONE
            shell, (words, current) = "bash", parts
        case [shell, _, *_]:
            words, current, word = asked[1:-1], asked[-1], ""
        case _:
            return Exit.DONE
    found = candidates(typer.main.get_command(app), words, current)
    sys.stdout.write("".join(f"{text}\n" for text in spelled(found, shell, current, word)))
    return Exit.DONE


def _split(line: str) -> tuple[Sequence[str], str] | None:
    """The words of a line behind the program's name, and the one that is being typed. None within an escape."""
    for closing in ("", '"', "'"):
        try:
            words = shlex.split(line + closing)
        except ValueError:  # a quote is still open
            continue
        if closing or not line[-1:].isspace():
            return words[1:-1], words[-1] if len(words) > 1 else ""
        return words[1:], ""
    return None
