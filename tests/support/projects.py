"""Projects as Supabase makes them: its roles, both kinds of default privileges, an owner that is no superuser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from extractor.local.os_user import unprivileged_user
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.wheels import postgres_binaries
from tests.support.databases import drop_ended_databases

# As on Supabase, where `postgres` owns the project's database and is no superuser.
OWNER = "project_owner"
ROLES = f"""
CREATE ROLE anon NOLOGIN NOINHERIT;
CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
CREATE ROLE {OWNER} LOGIN PASSWORD 'owner' CREATEROLE CREATEDB BYPASSRLS;
GRANT anon, authenticated, service_role TO {OWNER};
"""
# The classic ones: whatever the owner makes in public is everybody's. And those of a project with "Data API off", by a
# careful administrator: nobody has a right on anything new, functions included.
PRIVILEGES = {
    "open": "".join(
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT ALL ON {kind}"
        " TO anon, authenticated, service_role;"
        for kind in ("TABLES", "FUNCTIONS", "SEQUENCES")
    ),
    "closed": f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;",
}


@contextmanager
def supabase_roles(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Roles belong to the server, not to a database: dropped at the end."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(ROLES)
        admin.execute(f"GRANT extractor_worker TO {OWNER} WITH ADMIN OPTION")
        yield
        drop_ended_databases(postgres)
        admin.execute(f"DROP OWNED BY {OWNER}; DROP ROLE anon, authenticated, service_role, {OWNER}")


def hand_over(admin_url: str, privileges: str) -> str:
    """Make an empty database the owner's, with these default privileges; returns the owner's address."""
    name = admin_url.rpartition("/")[2]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} OWNER TO {OWNER}; ALTER SCHEMA public OWNER TO {OWNER}")
        admin.execute("GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role")
        admin.execute(PRIVILEGES[privileges])
    return re.sub(r"//[^@]*@", f"//{OWNER}:owner@", admin_url)


def dump(url: str) -> str:
    """The whole database as pg_dump writes it: tables, functions, rights, rows."""
    program = postgres_binaries(unprivileged_user()) / "pg_dump"
    text = subprocess.run([program, url], capture_output=True, text=True, check=True).stdout
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", text)  # a word of its own for each dump
