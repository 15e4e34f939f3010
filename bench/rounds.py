"""The arithmetic of a measurement: sides that take turns, percentiles, ratios, goals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

P50, P99 = 50, 99
QUARTILES = (25, 75)
# The hundredth part of fewer samples is not one sample.
ENOUGH_FOR_P99 = 100


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that is not below `percent` of them (nearest rank): always a value that was measured."""
    ordered = sorted(samples)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


class Summary(NamedTuple):
    """What a table shows of the samples of one side; `p99` is None where there are too few."""

    median: float
    low: float
    high: float
    p99: float | None
    samples: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Summary:
        """Median, quartiles and the 99th percentile."""
        low, high = (percentile(samples, percent) for percent in QUARTILES)
        p99 = percentile(samples, P99) if len(samples) >= ENOUGH_FOR_P99 else None
        return cls(statistics.median(samples), low, high, p99, len(samples))


@dataclass(frozen=True)
class Figure:
    """The samples of one side: `what` is measured, `side` is who does it."""

    what: str
    side: str
    unit: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


@dataclass(frozen=True)
class Goal:
    """A value that must not pass its limit."""

    name: str
    value: float
    limit: float
    unit: str = ""
    """Empty for a ratio."""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True)
class Section:
    """What one file of this package measured. `steps` are medians, in seconds, of parts of one figure."""

    name: str
    figures: tuple[Figure, ...]
    goals: tuple[Goal, ...]
    steps: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def ratio(ours: Figure, beside: Figure, percent: float = P50) -> float:
    """How many times the percentile of `beside` ours is."""
    return percentile(ours.samples, percent) / percentile(beside.samples, percent)


def in_turn(rounds: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, tuple[float, ...]]:
    """Let the sides take turns, each once per round, so that all see the same machine; odd rounds go backwards."""
    samples: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed([*sides]):
            samples[side].append(sides[side]())
    return {side: tuple(measured) for side, measured in samples.items()}
