"""What the measuring side sees of a chain: it inserts rows and hears when each began and was done."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import ClassVar

import psycopg

from bench.chains.marks import BEGUN, DONE, MARKS, Marks
from bench.stage import Stage

# Seconds without a mark after which a chain is stuck.
STUCK = 60.0
# Seconds until a chain that has just started has heard its first row.
START = 120.0


class Chain(ABC):
    """One worker process that does one row at a time, and whatever brings it rows, on a database of its own."""

    name: ClassVar[str]
    is_migrated = False

    def __init__(self, stage: Stage, marks: Marks, ends: ExitStack, *, place: str) -> None:
        self._marks = marks
        self._stage = stage
        self._ends = ends
        self._place = f"{place}_{type(self).__name__.lower()}"
        self.url = stage.new_database(self._place, is_migrated=self.is_migrated)
        self.sql = ends.enter_context(psycopg.connect(self.url, autocommit=True))
        self.prepare()
        self.start()
        self._warm_up()

    @abstractmethod
    def prepare(self) -> None:
        """Make its tables."""

    @abstractmethod
    def start(self) -> None:
        """Start its processes; `ends` stops them."""

    @abstractmethod
    def insert(self, rows: int) -> list[str]:
        """Commit this many rows in one statement; the names by which they are marked."""

    def latency(self) -> float:
        """Seconds from the commit of one row until the worker's own code has it, claimed; back when it is done."""
        (row,) = self.insert(1)
        committed = time.time()
        (begun,) = self._marks.wait_for([row], BEGUN, seconds=STUCK)
        self._marks.wait_for([row], DONE, seconds=STUCK)
        return begun - committed

    def rate(self, rows: int) -> float:
        """Rows per second, from the commit of all of them to the end of the last."""
        names = self.insert(rows)
        committed = time.time()
        return rows / (max(self._marks.wait_for(names, DONE, seconds=STUCK)) - committed)

    def run(self, *command: str, **environment: str) -> None:
        """Start a process that ends with the chain."""
        log = f"{self._place}-{len(list(self._stage.directory.glob(f'{self._place}-*')))}"
        self._ends.enter_context(self._stage.program(*command, log=log, **environment | self.environment))

    @property
    def environment(self) -> dict[str, str]:
        return {MARKS: str(self._stage.directory / "marks"), "CHAIN_URL": self.url}

    def _warm_up(self) -> None:
        """A row each second until one is done: a chain without a sweep hears nothing before it listens."""
        deadline = time.monotonic() + START
        while True:
            try:
                self._marks.wait_for(self.insert(1), DONE, seconds=1)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
