"""Plays one row through every status, in the transaction of the migration, and takes it back.

What the catalogue does not show is found so: a CHECK or a key of the users' own that refuses what this program writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from extractor.errors import MigrationRefused
from extractor.postgres.sql import load_queries

# What a row goes through; at the end as a person sends it again.
_STEPS = ("rehearse_claim", "rehearse_completion", "rehearse_failure", "rehearse_retry")


def rehearse(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> None:
    """Raise MigrationRefused when the table refuses what happens to each row; `say` gets what only an INSERT meets.

    Triggers of the users' own do not fire: they may tell others of a row that never was.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("ALTER TABLE public.extraction_queue DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE public.extraction_queue ENABLE TRIGGER extraction_queue_before_write")
        row = (
            _insert(connection, say) or connection.execute(load_queries("migrate.sql")["rehearse_existing"]).fetchone()
        )
        for step in _STEPS if row else ():
            _update(connection, step, row)


def _insert(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> dict[str, Any] | None:
    try:
        with connection.transaction():
            return connection.execute(load_queries("migrate.sql")["rehearse_insert"]).fetchone()
    except psycopg.IntegrityError as error:
        say(
            f"extraction_queue: an INSERT of this program is refused ({error.diag.message_primary}). So `extractor"
            " add`, `extractor import` and the API can make no rows; those that you INSERT yourself are fetched."
        )
        return None


def _update(connection: psycopg.Connection[Any], step: str, row: dict[str, Any] | None) -> None:
    try:
        connection.execute(load_queries("migrate.sql")[step], row)
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        cure = error.diag.constraint_name and (
            f" ALTER TABLE public.extraction_queue DROP CONSTRAINT {error.diag.constraint_name};"
        )
        raise MigrationRefused(
            f"Nothing was changed. public.extraction_queue refuses what happens to each row ({step.partition('_')[2]}):"
            f" {error.diag.message_primary}.{cure or ''}"
        ) from error
