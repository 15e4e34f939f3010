"""The language of the sentences that triggers and statements write: a function of the database, which all sessions ask.

`migrations/0002_rules.sql` says why it is no setting of a session. A connection is one of psycopg with dict rows.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from extractor.language.sentences import Language


def language_of(connection: psycopg.Connection[Any]) -> Language:
    """The language that the database writes; raises psycopg.Error where no migration was applied."""
    row = connection.execute("SELECT public.extraction_queue_language() AS language").fetchone()
    assert row is not None
    return Language(row["language"])


def set_language(connection: psycopg.Connection[Any], language: Language) -> None:
    """Let the database write this language from the end of the transaction on; the tables' owner may."""
    connection.execute(
        sql.SQL(
            "CREATE OR REPLACE FUNCTION public.extraction_queue_language()"
            " RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {}"
        ).format(sql.Literal(str(language)))
    )
