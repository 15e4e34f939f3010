"""The checks of the database: the server, the migrations, LISTEN, the accounts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from extractor.doctor.check import Remedies, Verdict, ok, problem, warning
from extractor.errors import ConfigurationError
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database, connect
from extractor.postgres.lease import AccountLimits
from extractor.postgres.migrate import pending
from extractor.postgres.sealing import missing_key
from extractor.settings import Settings

# Supabase's pooler that gives every transaction another connection.
TRANSACTION_POOLER_PORT = 6543
# Seconds; a notification takes milliseconds.
LISTEN_TIMEOUT = 5.0

CONNECTION_REMEDIES: Remedies = {
    ConfigurationError: "",
    psycopg.OperationalError: "Correct DATABASE_URL, or start the server.",
}
QUERY_REMEDIES: Remedies = {
    **CONNECTION_REMEDIES,
    psycopg.Error: "Give the role of DATABASE_URL the rights of the tables' owner.",
}


def examine_server(settings: Settings) -> Verdict:
    """Reachable, and not through the pooler that carries no LISTEN."""
    with _connection(settings) as connection:
        version = f"PostgreSQL {connection.info.parameter_status('server_version')}"
        if connection.info.port == TRANSACTION_POOLER_PORT:
            return warning(
                f"{version} behind a transaction pooler (port {TRANSACTION_POOLER_PORT}): put the direct connection"
                " or the session pooler, both on port 5432, into DATABASE_URL."
            )
    return ok(f"{version}.")


def examine_migrations(settings: Settings) -> Verdict:
    """Every step applied."""
    names = pending(settings.database_url.get_secret_value())
    return problem(f"Run `extractor migrate`: {', '.join(names)} not applied.") if names else ok("all applied.")


def examine_listen(settings: Settings) -> Verdict:
    """A notification arrives; a second connection sends it, since a transaction pooler may return one's own."""
    channel = f"doctor_{uuid4().hex}"
    with _connection(settings) as listener, _connection(settings) as ringer:
        listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        ringer.execute("SELECT pg_notify(%s, '')", [channel])
        started = time.monotonic()
        if any(True for _ in listener.notifies(timeout=LISTEN_TIMEOUT, stop_after=1)):
            return ok(f"a notification came after {(time.monotonic() - started) * 1000:.0f} ms.")
    return problem(
        f"No notification came in {LISTEN_TIMEOUT:g} s, as behind a transaction pooler: put the direct connection or"
        " the session pooler, both on port 5432, into DATABASE_URL; until then the bridge only polls."
    )


def examine_accounts(settings: Settings) -> Verdict:
    """Some account can be used, now or by the worker that has it; no code is in two rows, no password lies open."""
    with closing(Database(settings.database_url.get_secret_value(), max_connections=1)) as database:
        accounts = Accounts(database, AccountLimits.of(settings))
        counts, repetition, sealing = accounts.count(), accounts.repetition(), accounts.sealing_problem()
    conditions = ("usable", "leased", "sealed", "resting", "failing", "disabled")
    summary = f"{counts['total']} in total: " + ", ".join(f"{counts[name]} {name}" for name in conditions) + "."
    if not counts["usable"] and not counts["leased"]:
        return problem(" ".join(filter(None, (summary, _account_remedy(counts), repetition))))
    concerns = " ".join(filter(None, (repetition, sealing)))
    return warning(f"{summary} {concerns}") if concerns else ok(summary)


def _account_remedy(counts: Mapping[str, Any]) -> str:
    """What brings one account back, the quickest way first."""
    if counts["sealed"]:
        return missing_key()
    if counts["resting"]:
        return (
            f"A refused login rests, the first for {counts['rest_minutes']} min more: wait, or write the right password"
            " into worker_accounts (last_error says what the site said)."
        )
    if counts["failing"]:
        return (
            f"The site refused them {counts['max_failures']} times: write the right password, and failure_count = 0,"
            " into worker_accounts."
        )
    if counts["disabled"]:
        return "Write is_active = true into worker_accounts for those that may be used."
    return "Insert one into worker_accounts: username, password."


@contextmanager
def _connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Connect beside the pool; raises ConfigurationError for a URL that psycopg cannot read."""
    url = settings.database_url.get_secret_value()
    try:
        connection = connect(url, autocommit=True)
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(f"DATABASE_URL cannot be read: {error}") from error
    with connection:
        yield connection
