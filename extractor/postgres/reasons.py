"""Says in one sentence why Postgres gave no connection or refused a statement, and what to do about it.

psycopg gives no code for a refused connection, so its words are read: libpq's own are English, and so are those of
Supabase's servers and pooler. Words that are not known here are quoted.
"""

from __future__ import annotations

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from extractor.environment import UP_HAS_ENDED, comes_from_up
from extractor.postgres.database import MIGRATE_FIRST, NOT_MIGRATED
from extractor.postgres.encryption import is_local
from extractor.postgres.unreachable import needs_ipv6

READ_ONLY = (
    "The database takes no writes at the moment (default_transaction_read_only is on), so no row can be claimed."
    " Supabase does this when the project's disk is full: make room or enlarge it in the dashboard. Elsewhere:"
    " ALTER DATABASE … RESET default_transaction_read_only, or ALTER ROLE … RESET …, then connect again."
)
REPLICA = "This server is a replica, which takes no writes: put the address of the primary server into DATABASE_URL."
POOLER = ".pooler.supabase.com"
POOLER_USER = (
    "Supabase's pooler does not know the project: its user is postgres.PROJECT, and its host is that of the project's"
    " region. Copy the whole session pooler string of the dashboard (Connect) into DATABASE_URL; restore the project"
    " if it is paused."
)

# What libpq or the server says of a connection that it refuses, and the sentence for it.
_CAUSES = {
    r"tenant.*not found|no tenant identifier": POOLER_USER,
    r"server does not support SSL": (
        "The server {host} offers no encryption, and the password must not cross a network in plain text: turn"
        " `ssl` on in Postgres. Only if the line is private or a tunnel, put ?sslmode=disable at the end of"
        " DATABASE_URL."
    ),
    r"root certificate file|certificate verify failed|does not match host name|self-signed": (
        "The certificate of {host} cannot be verified: download the certificate of its authority (Supabase:"
        " Database settings), and name the file in DATABASE_URL as sslrootcert=… beside sslmode=verify-full."
    ),
    r"SSL (connection is )?required|no pg_hba\.conf entry.*no encryption": (
        "The server {host} takes encrypted connections only: remove sslmode from DATABASE_URL, or write"
        " sslmode=require."
    ),
    r"no pg_hba\.conf entry": (
        "The server {host} does not let user {user} in from this machine: add a line for it to pg_hba.conf."
    ),
    r"password authentication failed|no password supplied|empty password": (
        "The server {host} is there and refused the password of user {user}: write the right one into"
        " DATABASE_URL, with its special characters percent-encoded (@ is %40). Supabase: Database settings, Reset"
        " database password."
    ),
    r'database ".*" does not exist': (
        "The server {host} has no database {database}: correct the name at the end of DATABASE_URL (on Supabase"
        " it is postgres)."
    ),
    r'role ".*" does not exist|not permitted to log in': (
        "User {user} cannot log in at {host}: correct the user in DATABASE_URL, or create it with LOGIN."
    ),
    r"permission denied for database": (
        "User {user} may not use database {database}: its owner grants that with GRANT CONNECT ON DATABASE."
    ),
    r"got no answer in|too many (connections|clients)|connection slots|max(imum)? client|no more connections": (
        "All connections of {host} are in use: end what else uses them, raise the limit, or run fewer processes"
        " (docs/supabase.md counts what each of them needs)."
    ),
    r"starting up|shutting down|not (yet )?accepting connections|recovery": (
        "The server {host} starts, stops or recovers at the moment: wait a minute and try again."
    ),
    r"invalid response to (SSL|GSSAPI) negotiation|expected authentication request|unsupported frontend protocol": (
        "What answers at {host}:{port} is no Postgres: put the Postgres address into DATABASE_URL, not that of"
        " the Data API or of a web server."
    ),
    r"failed to resolve host|could not translate host name|Name or service not known": (
        "The host name {host} is not known: correct DATABASE_URL. The name of a paused or deleted Supabase"
        " project is not known either; restore the project in the dashboard."
    ),
    r"Connection refused": (
        "Nothing listens at {host}:{port}: correct the host and the port in DATABASE_URL, or start the server."
    ),
    r"timeout expired": (
        "{host}:{port} does not answer: a firewall, a network restriction of the project or a wrong address is in"
        " the way."
    ),
}


def explain(error: psycopg.Error, url: str) -> str:
    """One sentence or two: what happened, and what to do. They hold no password."""
    if isinstance(error, NOT_MIGRATED):
        return MIGRATE_FIRST
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            f"The role of DATABASE_URL lacks a right ({_first_line(error)}): give it the rights of the tables' owner,"
            " or make it a member of extractor_worker (SECURITY.md)."
        )
    if error.sqlstate:
        return f"Postgres refused: {_first_line(error)}."
    return _about_connection(error, url)


def _about_connection(error: psycopg.Error, url: str) -> str:
    if sentence := needs_ipv6(url):
        return f"Postgres cannot be reached: {sentence}"
    given = conninfo_to_dict(url)
    place = {
        "host": str(given.get("host") or given.get("hostaddr") or "this machine"),
        "port": str(given.get("port") or 5432),
        "user": str(given.get("user") or ""),
        "database": str(given.get("dbname") or ""),
    }
    text = str(error)
    if place["host"].endswith(POOLER) and "." not in place["user"] and not re.search("resolve|translate", text):
        return POOLER_USER
    if "Connection refused" in text and is_local(place["host"]) and comes_from_up("DATABASE_URL"):
        return UP_HAS_ENDED
    for words, sentence in _CAUSES.items():
        if re.search(words, text, re.IGNORECASE):
            return sentence.format(**place)
    return f"Postgres cannot be reached: {_first_line(error)}. Correct DATABASE_URL, or look at the server's log."


def _first_line(error: Exception) -> str:
    """The rest of a message of psycopg is for programmers."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(" .:")
