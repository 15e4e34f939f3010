"""The bridge's look at rows that came by SQL: what the registry will probably refuse is noted beside the row."""

from __future__ import annotations

from extractor.language.sentences import Language, say_in
from extractor.matching.doubts import REQUEST_COLUMNS, doubt
from extractor.models import RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

# Of one look: rows with names that were never seen before take some milliseconds each, and a row that rings waits.
MAX_ROWS = 20


class Doubts:
    """Judges waiting rows by the workers' own matcher. Several bridges may look: each row is written once."""

    def __init__(self, database: Database, language: Language = Language.ENGLISH) -> None:
        self._language = language
        self._queries = Queries(database, "dispatcher.sql")
        self.has_more = False
        """Whether rows may be left that the last look did not judge."""

    def note(self, *, limit: int = MAX_ROWS) -> list[RowId]:
        """Judge up to `limit` rows that were not judged since they came or were edited; return the doubtful ones.

        No row is locked while it is judged. A crash leaves the rows to the next look.
        """
        rows = self._queries.records("unjudged", {"limit": limit})
        self.has_more = len(rows) == limit
        if not rows:
            return []
        judged = {
            "ids": [str(row["id"]) for row in rows],
            "keys": [row["request_key"] for row in rows],
            "doubts": [self._doubt({name: row[name] for name in REQUEST_COLUMNS}) for row in rows],
        }
        noted = self._queries.records("note_doubts", judged)
        return [str(row["id"]) for row in noted if row["doubt"] is not None]

    def _doubt(self, request: dict[str, str | None]) -> str | None:
        found = doubt(**request)
        return found and say_in(self._language, found)
