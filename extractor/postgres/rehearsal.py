"""Plays one row through every status, in the transaction of the migration, and takes it back.

What the catalogue does not show is found so: a CHECK, a trigger or a rule of the users' own that refuses a change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from extractor.errors import MigrationRefused
from extractor.postgres.locks import BUSY
from extractor.postgres.sql import load_queries

# What a row goes through; at the end as a person sends it again.
_STEPS = ("rehearse_claim", "rehearse_completion", "rehearse_failure", "rehearse_retry")


def rehearse(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> None:
    """Raise MigrationRefused when the table refuses what happens to each row; `say` gets what only an INSERT meets.

    Triggers and rules of the users' own take part; what they do is taken back too. A sequence behind the ids stays one
    number further.
    """
    with connection.transaction(force_rollback=True):
        row = _insert(connection, say)
        if row is None:
            row = connection.execute(load_queries("migrate.sql")["rehearse_existing"]).fetchone()
        for step in _STEPS if row else ():
            _update(connection, step, row)


def _insert(connection: psycopg.Connection[Any], say: Callable[[str], None]) -> dict[str, Any] | None:
    try:
        with connection.transaction():
            return connection.execute(load_queries("migrate.sql")["rehearse_insert"]).fetchone()
    except BUSY:
        raise
    except psycopg.DatabaseError as error:
        say(
            f"extraction_queue: an INSERT of this program is refused ({error.diag.message_primary}). So `extractor"
            " add`, `extractor import` and the API can make no rows; those that you INSERT yourself are fetched."
        )
        return None


def _update(connection: psycopg.Connection[Any], step: str, row: dict[str, Any] | None) -> None:
    refused = (
        f"Nothing was changed. public.extraction_queue refuses what happens to each row ({step.partition('_')[2]}):"
    )
    try:
        changed = connection.execute(load_queries("migrate.sql")[step], row).rowcount
    except (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.RaiseException) as error:
        constraint = error.diag.constraint_name
        cure = f" ALTER TABLE public.extraction_queue DROP CONSTRAINT {constraint};" if constraint else ""
        raise MigrationRefused(f"{refused} {error.diag.message_primary}.{cure}") from error
    if changed != 1:
        raise MigrationRefused(
            f"{refused} the row stays as it was, so a trigger or a rule of the table takes the change away."
        )
