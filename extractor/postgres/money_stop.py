"""The stop when money brings nothing: a source that was paid several times in a row without a document is paused.

A worker looks at the end of each attempt that failed, the bridge after each rescue; both count in Postgres.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from extractor.models import Source
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)


class MoneyStop:
    """Pauses sources for a person after `limit` consultations in a row without a document; 0 = never.

    A crash before the look loses nothing: the next look counts what it would have counted.
    """

    def __init__(self, database: Database, *, limit: int) -> None:
        self._queries = Queries(database, "money_stop.sql")
        self._limit = limit

    def stop_in_vain(self, sources: Iterable[Source]) -> None:
        """Pause those of these sources whose last consultations all brought no document."""
        if not self._limit:
            return
        for source in sorted(set(sources)):
            for stopped in self._queries.records("stop_in_vain", {"source": source, "limit": self._limit}):
                logger.error("%s is paused: %s", stopped["source"], stopped["reason"])
