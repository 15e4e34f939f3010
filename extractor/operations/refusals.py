"""Why an operation was not done: one sentence for the person who asked. Nothing was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Refusal(ValueError):
    """Base of all; not one of `errors.py`, since it says nothing about a row in progress."""


class Unknown(Refusal):
    """There is no such row, account or source."""


class NotPossible(Refusal):
    """It exists, but its state does not allow this."""


class AtLimit(NotPossible):
    """It was consulted as often as it may be: a person must allow one consultation more."""


class InvalidRow(Refusal):
    """What was given cannot become a row."""


class KeyReused(Refusal):
    """The key of an earlier call, with another request."""


@dataclass(frozen=True)
class Problem:
    """One line of a file that cannot become a row."""

    line: int
    sentence: str


class InvalidFile(Refusal):
    """A file that was not imported; `problems` are the first of its `total` bad lines."""

    def __init__(self, sentence: str, problems: Sequence[Problem] = (), total: int = 0) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems)
        self.total = total
