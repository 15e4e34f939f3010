"""Applies `migrations/*.sql`, each once and in the order of their names: all that are missing, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from extractor.errors import MigrationRefused
from extractor.language.sentences import Language
from extractor.postgres import adoption, rehearsal
from extractor.postgres.database import connect
from extractor.postgres.language import language_of, set_language
from extractor.postgres.locks import BUSY, Holder, holders
from extractor.postgres.pooling import is_transaction_pooler

# In a wheel the files lie inside the package, in a checkout beside it.
_PLACES = (Path(__file__).parents[1] / "migrations", Path(__file__).parents[2] / "migrations")
# Any number works if it never changes.
LOCK_KEY = 7_203_114
_TABLE = "extractor_migrations"
# Seconds that a lock is waited for; then everything is rolled back, so that nobody queues behind this transaction.
LOCK_SECONDS = 5
# So often: a minute.
LOCK_TRIES = 12
# The function of PL/pgSQL behind RAISE, as Postgres names it to its clients.
_RAISE = "exec_stmt_raise"
# A role may have time-outs of its own, which a long table would meet. `transaction_timeout` is new in Postgres 17.
_NO_BOUNDS = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
"""

Notice = Callable[[str], None]


def migrate(database_url: str, *, language: Language | None = None, on_notice: Notice | None = None) -> list[str]:
    """Apply the missing files and return their names. Two calls at once wait for each other.

    With a `language` the database writes its own sentences in it from now on; without one it keeps what it has.

    `on_notice` gets what a person should read: what a file RAISEs, and whose lock is waited for. Whatever goes wrong,
    and wherever it is killed, the database is as it was before.

    Raises MigrationRefused: the tables that are there cannot be adopted, Postgres refused a file, a lock was held for a
    minute, or the address leads to a transaction pooler.
    """
    say = on_notice or (lambda _: None)
    if not pending(database_url) and (language is None or spoken_by(database_url) is language):
        return []
    if is_transaction_pooler(database_url):
        raise MigrationRefused(
            "DATABASE_URL leads to a transaction pooler, through which no migration is safe: put the direct connection"
            " or the session pooler (both on port 5432 at Supabase) into DATABASE_URL."
        )
    held: list[Holder] = []
    for _ in range(LOCK_TRIES):
        try:
            return _apply(database_url, language, say)
        except BUSY:
            held = holders(database_url, LOCK_KEY)
            say(f"A lock is held for {LOCK_SECONDS} s by {_named(held)}. Nothing is changed yet; waiting.")
    raise MigrationRefused(
        f"Nothing was changed: a lock on the tables was held for a minute by {_named(held)}. End its work, for example"
        f" with SELECT pg_terminate_backend({held[0].pid if held else 'PID'});, and run the command again."
    )


def pending(database_url: str) -> list[str]:
    """The names of the files that `migrate` would apply; nothing is changed."""
    with connect(database_url, autocommit=True) as connection:
        return [path.stem for path in _missing(connection)]


def spoken_by(database_url: str) -> Language:
    """The language that a migrated database writes its own sentences in."""
    with connect(database_url, autocommit=True) as connection:
        return language_of(connection)


def _apply(database_url: str, language: Language | None, say: Notice) -> list[str]:
    with _transaction(database_url, say) as connection:
        files = _missing(connection)
        if files:
            with _refusing("the look at the tables"):
                adoption.look(connection, _text(_files()[0]))
            connection.execute(
                "CREATE TABLE IF NOT EXISTS extractor_migrations"
                " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            for path in files:
                with _refusing(path.stem):
                    connection.execute(_text(path))
                    connection.execute("INSERT INTO extractor_migrations (name) VALUES (%s)", [path.stem])
            with _refusing("the rehearsal with one row"):
                rehearsal.rehearse(connection, say)
        if language is not None and language_of(connection) is not language:
            set_language(connection, language)
            say(f"The database writes its own sentences in {language.name.capitalize()} from now on (LANGUAGE).")
        return [path.stem for path in files]


@contextmanager
def _transaction(database_url: str, say: Notice) -> Iterator[psycopg.Connection[Any]]:
    """One transaction alone at work, in schema public; its lock ends with it, wherever the line goes."""
    with connect(database_url) as connection:
        connection.add_notice_handler(lambda notice: _pass_on(notice, say))
        connection.execute("SET LOCAL search_path = public")
        connection.execute(_NO_BOUNDS)
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        yield connection


def _missing(connection: psycopg.Connection[Any]) -> list[Path]:
    done: set[str] = set()
    if connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = %s", [_TABLE]
    ).fetchone():
        rows = connection.execute("SELECT name FROM public.extractor_migrations").fetchall()
        done = {row["name"] for row in rows}
    return [path for path in _files() if path.stem not in done]


def _files() -> list[Path]:
    directory = next(place for place in _PLACES if place.is_dir())
    return sorted(directory.glob("*.sql"))


def _text(path: Path) -> LiteralString:
    """The files are part of the package, so their text is as fixed as a literal."""
    return path.read_text(encoding="utf-8")


@contextmanager
def _refusing(step: str) -> Iterator[None]:
    """Turn an answer of Postgres into MigrationRefused; a line that broke, and a lock, are the caller's."""
    try:
        yield
    except BUSY:
        raise
    except psycopg.DatabaseError as error:
        if error.sqlstate is None:
            raise
        told = filter(None, (error.diag.message_primary, error.diag.message_detail, error.diag.message_hint))
        sentences = ". ".join(sentence.strip().rstrip(".") for sentence in told)
        raise MigrationRefused(f"Nothing was changed: Postgres refused {step}: {sentences}.") from error


def _pass_on(notice: psycopg.errors.Diagnostic, say: Notice) -> None:
    # Postgres itself sends many notices: "already exists, skipping".
    if notice.source_function == _RAISE and notice.message_primary:
        say(notice.message_primary)


def _named(held: list[Holder]) -> str:
    return ", ".join(str(holder) for holder in held) or "a session that has ended since"
