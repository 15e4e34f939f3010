"""How our processes log in to the embedded PostgreSQL: as a member of the role of migrations/0005_rights.sql."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit, urlunsplit

from psycopg import sql

from extractor.postgres.database import connect

LOGIN_ROLE = "extractor_process"
PASSWORD_BYTES = 24


def worker_login(owner_url: str) -> str:
    """Create the member, or give it a new password; return its address of the same database.

    The password is stored nowhere: it exists only in the processes that get it.
    """
    role, password = sql.Identifier(LOGIN_ROLE), secrets.token_urlsafe(PASSWORD_BYTES)
    with connect(owner_url) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [LOGIN_ROLE]).rowcount == 0:
            connection.execute(sql.SQL("CREATE ROLE {} IN ROLE extractor_worker").format(role))
        # Hashed here: neither the statement nor the server's log ever holds the password.
        hashed = connection.pgconn.encrypt_password(password.encode(), LOGIN_ROLE.encode(), b"scram-sha-256")
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(hashed.decode())))
    address = urlsplit(owner_url)
    place = address.netloc.rpartition("@")[2]
    return urlunsplit(address._replace(netloc=f"{LOGIN_ROLE}:{password}@{place}"))
