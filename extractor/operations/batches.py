"""Many rows in one call: all of them, or none. They go the way of an imported file (`imports.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg

from extractor.language.sentences import Sentence
from extractor.models import Frozen, RowId
from extractor.operations.columns import COLUMNS
from extractor.operations.imports import insert_lines
from extractor.operations.refusals import InvalidRow
from extractor.operations.repeats import find_by_key
from extractor.operations.rows import FILE, NewRow
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries, load_queries

# Further problems are only counted.
MAX_PROBLEMS = 10


class InvalidBatch(InvalidRow):
    """Some of the rows cannot be taken, so none was; `fields` names each place as `2.cadastre`, counted from 0."""

    def __init__(self, sentence: str, fields: Sequence[str]) -> None:
        super().__init__(sentence)
        self.fields = tuple(fields)


class AddedBatch(Frozen):
    """The rows of one call."""

    batch_id: UUID
    """On each of them, as on the rows of an import."""
    ids: tuple[RowId, ...]
    """In the order of the call."""
    repeated: int | None
    """Rows that ask for what an earlier one of the call, or another row, asks for too: each may be paid again. None for
    a call that was made before."""

    @property
    def is_replayed(self) -> bool:
        """Whether an earlier call with the same key made the rows."""
        return self.repeated is None


def add_batch(database: Database, rows: Sequence[NewRow], *, key: str | None) -> AddedBatch:
    """Insert the rows in one transaction, or find those of this key; raises InvalidBatch, KeyReused or NotPossible.

    The first row keeps the key, so that the unique index decides between two calls at the same moment. A refused call
    keeps no key.
    """
    asked = hashlib.sha256("\n".join(row.model_dump_json(exclude_defaults=True) for row in rows).encode()).hexdigest()
    kept = {"idempotency_key": key, "idempotency_request": asked if key else None}
    try:
        return _insert(database, rows, kept)
    except psycopg.errors.UniqueViolation:
        return _find(database, kept)


def _insert(database: Database, rows: Sequence[NewRow], kept: dict[str, str | None]) -> AddedBatch:
    statements, queries = load_queries(FILE), Queries(database, FILE)
    batch_id = str(uuid4())
    with database.transaction() as connection:
        connection.execute(statements["create_imported"])
        with connection.cursor().copy(statements["copy_imported"]) as copy:
            for line, row in enumerate(rows, start=1):
                values = row.model_dump()
                copy.write_row((line, None, *(values[column] for column in COLUMNS), row.doubt))
        _refuse_problems(queries.records("find_problems", {"limit": MAX_PROBLEMS}, connection=connection), len(rows))
        repeated = queries.records("count_repeated", {}, connection=connection)[0]["repeated"]
        insert_lines(connection, len(rows), {"batch_id": batch_id, "reference": None, **kept})
        ids = queries.records("imported_ids", {"batch_id": batch_id}, connection=connection)
    return AddedBatch(batch_id=UUID(batch_id), ids=tuple(str(row["id"]) for row in ids), repeated=repeated)


def _refuse_problems(found: Sequence[dict[str, Any]], rows: int) -> None:
    if not found:
        return
    places = [(problem["line"] - 1, problem["problem"]) for problem in found]
    told = tuple(
        Sentence("row {index}, counted from 0: {problem}", index=index, problem=sentence) for index, sentence in places
    )
    raise InvalidBatch(
        Sentence(
            "{bad} of {rows} rows cannot be taken, so none was: {problems}.",
            bad=found[0]["total"],
            rows=rows,
            problems=told,
        ),
        [f"{index}.{sentence.split()[0]}" for index, sentence in places if sentence.split()[0] in COLUMNS],
    )


def _find(database: Database, kept: dict[str, str | None]) -> AddedBatch:
    queries = Queries(database, FILE)
    found = find_by_key(queries, kept)
    ids = queries.records("imported_ids", {"batch_id": found["batch_id"]})
    return AddedBatch(batch_id=found["batch_id"], ids=tuple(str(row["id"]) for row in ids), repeated=None)
