"""A call that its caller repeats makes one row: the key of the first one is kept with the row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import psycopg

from extractor.language.sentences import Language, Sentence
from extractor.models import Frozen, RowId
from extractor.operations.refusals import InvalidRow, KeyReused, NotPossible
from extractor.operations.rows import FILE, NewRow
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries


class Added(Frozen):
    """A row, and whether an earlier call with the same key made it."""

    id: RowId
    is_replayed: bool


def add_once(database: Database, row: NewRow, *, key: str, language: Language = Language.ENGLISH) -> Added:
    """Insert the row, or find the one that this key made; raises InvalidRow, KeyReused or NotPossible.

    A refused row keeps no key, so the caller may correct it and send the same key again.
    """
    queries = Queries(database, FILE)
    asked = hashlib.sha256(row.model_dump_json(exclude_defaults=True).encode()).hexdigest()
    kept = {"idempotency_key": key, "idempotency_request": asked}
    try:
        inserted = queries.record("add_once", {**row.model_dump(), "doubt": row.doubt_in(language), **kept})
    except (psycopg.errors.CheckViolation, psycopg.DataError) as error:
        raise InvalidRow(f"{error.diag.message_primary or error}.") from error
    if inserted is not None:
        return Added(id=str(inserted["id"]), is_replayed=False)
    return Added(id=str(find_by_key(queries, kept)["id"]), is_replayed=True)


def find_by_key(queries: Queries, kept: Mapping[str, str | None]) -> dict[str, Any]:
    """The row that an earlier call with this key and this body made, or its first row.

    `kept` holds `idempotency_key` and `idempotency_request`. Raises KeyReused, or NotPossible when the row is gone.
    """
    found: dict[str, Any] | None = queries.record("find_by_key", kept)
    if found is None:
        raise NotPossible(Sentence("The row of this Idempotency-Key was deleted at this moment: send the call again."))
    if found["idempotency_request"] != kept["idempotency_request"]:
        raise KeyReused(
            Sentence(
                "This Idempotency-Key made row {id} with another body, so nothing was inserted: send"
                " that body again, or a new key for a new row.",
                id=found["id"],
            )
        )
    return found
