"""Reads the Containerfile, so that it can be checked and tried where no container engine is."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction; `stage` counts the FROMs before it, itself included, and is 0 before the first."""

    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its text, as a shell splits it."""
        return shlex.split(self.text)


def steps(file: Path) -> Iterator[Step]:
    """The instructions in their order, with continued lines put together."""
    stage = 0
    text = re.sub(r"^\s*#.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        stage += name == "FROM"
        yield Step(stage, name, rest.strip())


def let_in(file: Path) -> list[str]:
    """What an ignore file lets a build see; it has to ignore everything else."""
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    if lines[0] != "*":
        raise ValueError(f"{file.name} does not begin by ignoring everything")
    return [line.removeprefix("!") for line in lines if line.startswith("!")]
