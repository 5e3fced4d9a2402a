"""What a benchmark has measured: a value, the floor that it is held against, and what is promised of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

Unit = Literal["ms", "s", "s CPU", "s virtual", "MiB", "calls", "orders"]
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Floor:
    """What the same work costs at least, measured or counted in the same run. `name` says what it is."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Limit:
    """What is promised: of the value itself, or of its ratio to the floor."""

    bound: float
    of: Literal["value", "ratio"] = "ratio"
    side: Literal["at most", "at least"] = "at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `subject` groups lines, and `name` says what was measured, with its size."""

    subject: str
    name: str
    value: float
    unit: Unit
    floor: Floor | None = None
    limits: tuple[Limit, ...] = field(default=())

    @property
    def ratio(self) -> float | None:
        """How many times the floor the value is; None without a floor, or where the floor is nothing."""
        return self.value / self.floor.value if self.floor and self.floor.value else None

    @property
    def met(self) -> bool | None:
        """Whether every limit is kept; None where nothing is promised.

        Raises:
            ValueError: a ratio is limited that there is none of.
        """
        return all(map(self._meets, self.limits)) if self.limits else None

    def _meets(self, limit: Limit) -> bool:
        measured = self.value if limit.of == "value" else self.ratio
        if measured is None:
            raise ValueError(f"{self.name}: a ratio is limited, and there is no floor")
        return measured <= limit.bound if limit.side == "at most" else measured >= limit.bound


def middle(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Of what both sides took in several runs, the run whose ratio is the median."""
    ordered = sorted(pairs, key=lambda pair: pair[0] / pair[1])
    return ordered[len(ordered) // 2]
