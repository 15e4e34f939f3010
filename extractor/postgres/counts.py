"""Keeps the counts of rows short and true; triggers write them, reports read their sums at any moment."""

from __future__ import annotations

import logging

from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)

# A sum of this many differences takes less than a millisecond.
FOLD_ABOVE = 1000


class Counts:
    """The bridge's part of `extraction_counts`. A crash at any line leaves every sum as it was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = Queries(database, "counts.sql")
        self._is_recounted = False

    def tend(self) -> None:
        """Count every row again the first time, and fold later; while another bridge does either, do nothing."""
        if self._is_recounted:
            self._fold()
        else:
            self._recount()

    def _fold(self) -> None:
        if not self._queries.records("is_long", {"limit": FOLD_ABOVE})[0]["is_long"]:
            return
        with self._database.transaction() as connection:
            if self._queries.records("lock", {}, connection=connection)[0]["is_mine"]:
                self._queries.records("fold", {}, connection=connection)

    def _recount(self) -> None:
        with self._database.transaction() as connection:
            if not self._queries.records("lock", {}, connection=connection)[0]["is_mine"]:
                return
            for group in self._queries.records("recount", {}, connection=connection):
                logger.warning(
                    "extraction_counts said %d %s rows of %s and there are %d: corrected. Were triggers disabled?",
                    group["said"],
                    group["status"],
                    group["source"],
                    group["found"],
                )
        self._is_recounted = True
