"""The database for one command; an error of Postgres and a refusal become one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from extractor.cli.failures import CommandFailed
from extractor.log import configure_logging
from extractor.operations import Refusal
from extractor.postgres.database import MIGRATE_FIRST, NOT_MIGRATED, USE_BOUND_SECONDS, Database, connect
from extractor.settings import load_settings


@contextmanager
def open_database(*, bound_seconds: float = USE_BOUND_SECONDS) -> Iterator[Database]:
    """Yield the database of DATABASE_URL, whose transactions end within the bound.

    Raises CommandFailed for every foreseen failure, in the block too.
    """
    configure_logging("ERROR")
    url = load_settings().database_url.get_secret_value()
    with sentences():
        _prove(url)
        with closing(Database(url, max_connections=1, use_bound_seconds=bound_seconds)) as database:
            yield database


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a refusal, and every error of Postgres, into CommandFailed."""
    try:
        yield
    except Refusal as error:
        raise CommandFailed(str(error)) from error
    except NOT_MIGRATED as error:
        raise CommandFailed(MIGRATE_FIRST) from error
    except psycopg.Error as error:
        what = "Postgres refused" if error.sqlstate else "Postgres cannot be reached"
        raise CommandFailed(f"{what}: {_first_line(error)}") from error


def _prove(url: str) -> None:
    """Connect once without the pool, which would wait half a minute and not say why."""
    connect(url).close()


def _first_line(error: Exception) -> str:
    """The rest of a message of psycopg is for programmers."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
