"""The database for one command; an error of Postgres and a refusal become one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from extractor.cli.failures import CommandFailed
from extractor.log import configure_logging
from extractor.operations import Refusal
from extractor.postgres.database import USE_BOUND_SECONDS, Database, connect
from extractor.postgres.reasons import explain
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
    except psycopg.Error as error:
        url = load_settings().database_url.get_secret_value()
        raise CommandFailed(explain(error, url)) from error


def _prove(url: str) -> None:
    """Connect once without the pool, which would wait half a minute and not say why."""
    connect(url).close()
