"""The checks of the database: the server, the migrations, LISTEN, the accounts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from extractor.doctor.check import Remedies, Verdict, ok, problem, warning
from extractor.errors import ConfigurationError
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database, connect
from extractor.postgres.encryption import is_local
from extractor.postgres.lease import AccountLimits
from extractor.postgres.migrate import pending, spoken_by
from extractor.postgres.pooling import is_transaction_pooler
from extractor.postgres.reasons import READ_ONLY, REPLICA, explain
from extractor.postgres.sealing import missing_key
from extractor.postgres.sql import load_queries
from extractor.settings import Settings

# Seconds; a notification takes milliseconds.
LISTEN_TIMEOUT = 5.0
SESSION_PORT = "put the direct connection or the session pooler, both on port 5432, into DATABASE_URL"


def _explained(error: Exception, settings: Settings) -> str:
    assert isinstance(error, psycopg.Error)
    return explain(error, settings.database_url.get_secret_value())


REMEDIES: Remedies = {ConfigurationError: "", psycopg.Error: _explained}


def examine_server(settings: Settings) -> Verdict:
    """Reachable, takes writes, over a line that nobody reads, and not through a pooler that carries no LISTEN."""
    url = settings.database_url.get_secret_value()
    with connect(url, autocommit=True) as connection:
        state = connection.execute(load_queries("doctor.sql")["server"]).fetchone()
        version = f"PostgreSQL {connection.info.parameter_status('server_version')}"
        is_encrypted, host = connection.pgconn.ssl_in_use, connection.info.host
    if state and state["is_read_only"]:
        return problem(REPLICA if state["is_replica"] else READ_ONLY)
    concerns = []
    if is_transaction_pooler(url):
        concerns.append(f"It is behind a transaction pooler, so the bridge only polls: {SESSION_PORT}.")
    if not is_encrypted and not is_local(host):
        concerns.append(
            f"The line to {host} is not encrypted, so the password and every row can be read on the way: remove sslmode"
            " from DATABASE_URL (then it is `require`), or write sslmode=verify-full with sslrootcert=… (the project's"
            " certificate), which also proves that it is your server."
        )
    return warning(" ".join((f"{version}.", *concerns))) if concerns else ok(f"{version}.")


def examine_migrations(settings: Settings) -> Verdict:
    """Every step applied, and the database writes its own sentences in the language of the settings."""
    url = settings.database_url.get_secret_value()
    if names := pending(url):
        return problem(f"Run `extractor migrate`: {', '.join(names)} not applied.")
    if (spoken := spoken_by(url)) is not settings.language:
        return warning(
            f"The database writes its own sentences in {spoken.name.capitalize()}, and LANGUAGE is {settings.language}:"
            " run `extractor migrate`."
        )
    return ok("all applied.")


def examine_listen(settings: Settings) -> Verdict:
    """A notification arrives; a second connection sends it, since a transaction pooler may return one's own."""
    channel = f"doctor_{uuid4().hex}"
    url = settings.database_url.get_secret_value()
    with connect(url, autocommit=True) as listener, connect(url, autocommit=True) as ringer:
        listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        ringer.execute("SELECT pg_notify(%s, '')", [channel])
        started = time.monotonic()
        if any(True for _ in listener.notifies(timeout=LISTEN_TIMEOUT, stop_after=1)):
            return ok(f"a notification came after {(time.monotonic() - started) * 1000:.0f} ms.")
    return problem(
        f"No notification came in {LISTEN_TIMEOUT:g} s, as behind a transaction pooler: {SESSION_PORT}; until then the"
        " bridge only polls."
    )


def examine_accounts(settings: Settings) -> Verdict:
    """Some account can be used, now or by the worker that has it; no code is in two rows, no password lies open."""
    with closing(Database(settings.database_url.get_secret_value(), max_connections=1)) as database:
        accounts = Accounts(database, AccountLimits.of(settings))
        counts, without_key = accounts.count(), accounts.without_key()
        others = (accounts.repetition(), accounts.plain())
    conditions = ("usable", "leased", "sealed", "resting", "failing", "disabled")
    summary = f"{counts['total']} in total: " + ", ".join(f"{counts[name]} {name}" for name in conditions) + "."
    if not counts["usable"] and not counts["leased"]:
        return problem(" ".join(filter(None, (summary, _account_remedy(counts), *others))))
    concerns = " ".join(filter(None, (without_key, *others)))
    return warning(f"{summary} {concerns}") if concerns else ok(summary)


def _account_remedy(counts: Mapping[str, Any]) -> str:
    """What brings one account back, the quickest way first."""
    if counts["sealed"]:
        return missing_key()
    if counts["resting"]:
        return (
            f"A refused login rests, the first for {counts['rest_minutes']} min more: wait, or write the right password"
            " with `extractor accounts password USERNAME` (`extractor accounts list` says what the site said)."
        )
    if counts["failing"]:
        return (
            f"The site refused them {counts['max_failures']} times: write the right password with"
            " `extractor accounts password USERNAME`, which also forgets the refusals."
        )
    if counts["disabled"]:
        return "Let workers use those that may be used: `extractor accounts enable USERNAME`."
    return "Add one: `extractor accounts add USERNAME`."
