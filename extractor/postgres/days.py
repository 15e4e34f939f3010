"""Closes the days of the registry's calendar: what ended on them is read as sums afterwards."""

from __future__ import annotations

import time

from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

# Upper bounds of the durations of steps, in seconds; a page takes a few, the paid wait three minutes and more.
# A closed day keeps its buckets: a change needs a migration that reopens every day.
STEP_BOUNDS = (1, 2, 5, 10, 20, 30, 60, 120, 180, 300, 600)
# A day of 3,000 consultations takes 0.1 s, and rows wait for the pass of a bridge that closes them.
PORTION = 5
# A day ends once in 24 hours, and a late change of an old one is seldom.
REST_SECONDS = 600.0


class Days:
    """The bridge's part. While no bridge closes days, reports are right and read more. A crash leaves days open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = Queries(database, "days.sql")
        self._next = 0.0

    def tend(self) -> None:
        """Close a portion of the days that are over, then the next one at the next call; a rest when none is left."""
        if time.monotonic() >= self._next and self.close() < PORTION:
            self._next = time.monotonic() + REST_SECONDS

    def close(self) -> int:
        """Close up to PORTION days and return how many; none while another bridge closes days."""
        with self._database.transaction() as connection:
            if not self._queries.records("lock", {}, connection=connection)[0]["is_mine"]:
                return 0
            parameters = {"limit": PORTION, "bounds": list(STEP_BOUNDS)}
            return int(self._queries.records("close", parameters, connection=connection)[0]["days"])
