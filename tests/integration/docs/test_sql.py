"""Every SQL block of the documents, in a database like Supabase's; and what the policies of a front end allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres.migrate import migrate
from tests.support.documents import Block, blocks
from tests.support.rows import insert_account, insert_job

SQL = blocks("sql")
# As Supabase defines them; the policies and the publication of the documents need these.
SUPABASE = """
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
CREATE PUBLICATION supabase_realtime;
"""
# What Database → Webhooks adds: a trigger's arguments are URL, method, headers, parameters and milliseconds, and pg_net
# sends what net.http_post notes. Here it is only noted.
SUPABASE_WEBHOOKS = """
CREATE SCHEMA net;
CREATE TABLE net.requests (id bigint GENERATED ALWAYS AS IDENTITY, url text, body jsonb, headers jsonb, ms integer);
CREATE FUNCTION net.http_post(url text, body jsonb, params jsonb, headers jsonb, timeout_milliseconds integer)
    RETURNS bigint LANGUAGE sql
    AS $$ INSERT INTO net.requests (url, body, headers, ms) VALUES ($1, $2, $4, $5) RETURNING id $$;
CREATE SCHEMA supabase_functions;
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = supabase_functions AS $$
BEGIN
    PERFORM net.http_post(
        TG_ARGV[0],
        jsonb_build_object('type', TG_OP, 'table', TG_TABLE_NAME, 'schema', TG_TABLE_SCHEMA, 'record', NEW,
                           'old_record', OLD),
        TG_ARGV[3]::jsonb, TG_ARGV[2]::jsonb, TG_ARGV[4]::integer);
    RETURN NEW;
END $$;
"""
CHANGES = ("INSERT", "UPDATE", "DELETE")

As = Callable[[str, UUID], None]


@pytest.fixture(scope="module")
def supabase(server_directory: Path) -> Iterator[EmbeddedPostgres]:
    """A server only for this file, because all databases of a server share its roles."""
    with EmbeddedPostgres(server_directory / "supabase", fsync=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE project")
        url = server.url.rpartition("/")[0] + "/project"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SUPABASE)
            connection.execute(SUPABASE_WEBHOOKS)
        migrate(url)
        yield server


@pytest.fixture
def project(supabase: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """The owner's connection to a migrated project; nothing of it is committed."""
    with psycopg.connect(supabase.url.rpartition("/")[0] + "/project") as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("block", SQL, ids=[block.name for block in SQL])
def test_every_sql_block_runs_and_changes_what_it_names(block: Block, project: psycopg.Connection) -> None:
    insert_account(project, "99X9999")
    insert_job(project, document_number="1 111 111", created_at="2020-01-01")
    stopped = insert_job(project, status="Erreur", error_code="site_changed", error_message="A page.")

    cursor = project.execute(block.text.replace("ROW-ID", str(stopped)))

    while True:
        status = cursor.statusmessage or ""
        assert not (status.startswith(CHANGES) and status.endswith(" 0")), f"{status}: a statement touched no row"
        if not cursor.nextset():
            break


def test_webhook_of_supabase_is_called_once_per_end_and_not_at_a_heartbeat(project: psycopg.Connection) -> None:
    """docs/supabase.md, “Webhooks of Supabase”."""
    project.execute(next(block.text for block in SQL if "supabase_functions.http_request" in block.text))
    job_id = insert_job(project)
    for change in ("status = 'En traitement'", "updated_at = now()", "status = 'Erreur'", "status = 'En attente'"):
        project.execute(f"UPDATE extraction_queue SET {change}")

    ((url, body, headers, milliseconds),) = project.execute(
        "SELECT url, body, headers, ms FROM net.requests"
    ).fetchall()

    assert (url, milliseconds) == ("https://PROJECT.supabase.co/functions/v1/registre", 5000)
    assert headers["Authorization"] == "Bearer A-LONG-RANDOM-WORD"
    assert (body["type"], body["table"]) == ("INSERT", "extraction_events")
    assert (body["record"]["job_id"], body["record"]["kind"]) == (job_id, "failed")
    assert body["record"]["facts"]["status"] == "Erreur"


class TestOwnRowsOnly:
    """docs/supabase.md, “Your own users, in a browser”."""

    @pytest.fixture
    def as_(self, project: psycopg.Connection) -> As:
        """Become a role, as the Data API does for a request with that user's token."""
        policies = next(block.text for block in SQL if "own rows: add" in block.text)
        project.execute(policies)

        def become(role: str, user: UUID) -> None:
            project.execute("RESET ROLE")
            project.execute("SELECT set_config('request.jwt.claim.sub', %s, true)", [str(user)])
            project.execute(f"SET LOCAL ROLE {role}")

        return become

    def test_a_user_adds_rows_and_sees_no_others(self, project: psycopg.Connection, as_: As) -> None:
        ours, theirs = uuid4(), uuid4()
        insert_job(project, document_number="1 000 001")  # by the server
        as_("authenticated", ours)
        job = insert_job(project)
        as_("authenticated", theirs)
        assert project.execute("SELECT count(*) FROM extraction_queue").fetchone() == (0,)
        as_("authenticated", ours)
        assert project.execute("SELECT id::text, status, requested_by FROM extraction_queue").fetchall() == [
            (job, "En attente", ours)
        ]

    def test_the_database_still_says_what_a_row_lacks(self, project: psycopg.Connection, as_: As) -> None:
        as_("authenticated", uuid4())
        with pytest.raises(psycopg.errors.CheckViolation, match="cadastre is missing"):
            insert_job(project, cadastre=None)

    @pytest.mark.parametrize("column", ["priority", "max_consultations", "status", "requested_by"])
    def test_a_user_decides_only_what_is_asked_for(self, column: str, project: psycopg.Connection, as_: As) -> None:
        as_("authenticated", uuid4())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert_job(project, **{column: None})

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE extraction_queue SET status = 'En attente'",
            "DELETE FROM extraction_queue",
            "SELECT * FROM extraction_queue",
            "SELECT password FROM worker_accounts",
            "SELECT * FROM extraction_attempts",
        ],
    )
    def test_a_user_may_nothing_else(self, statement: str, project: psycopg.Connection, as_: As) -> None:
        as_("authenticated", uuid4())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            project.execute(statement)

    def test_a_user_sees_the_doubts_about_own_rows_alone(self, project: psycopg.Connection, as_: As) -> None:
        project.execute(next(block.text for block in SQL if "ON extraction_queue_doubtful TO" in block.text))
        ours, theirs = uuid4(), uuid4()
        as_("authenticated", theirs)
        insert_job(project)
        as_("authenticated", ours)
        job = insert_job(project)
        project.execute("RESET ROLE")
        project.execute("UPDATE extraction_queue SET doubt = 'x', doubted_key = request_key")
        as_("authenticated", ours)

        assert project.execute("SELECT id::text, doubt FROM extraction_queue_doubtful").fetchall() == [(job, "x")]

    def test_a_visitor_sees_nothing(self, project: psycopg.Connection, as_: As) -> None:
        as_("anon", uuid4())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            project.execute("SELECT id FROM extraction_queue")
