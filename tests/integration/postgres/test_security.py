"""Who may do what in the database: the roles of Supabase, the worker's own role, and what a row may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql as build

from extractor.local.postgres import EmbeddedPostgres
from extractor.models import RowId
from extractor.postgres.migrate import migrate
from tests.support.adopted import EARLIER_QUEUE
from tests.support.databases import drop_ended_databases
from tests.support.rows import insert_account, insert_job

MIGRATIONS = Path(__file__).parents[3] / "migrations"
RIGHTS = (MIGRATIONS / "0005_rights.sql").read_text()
# As in Supabase: what `postgres` creates in public is granted to all three, functions and sequences too.
SUPABASE_ROLES = """
CREATE ROLE anon NOLOGIN NOINHERIT;
CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
"""
SUPABASE_DEFAULTS = """
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
"""
# The table, and the view through which a caller's own rights on the table reach it.
QUEUE = ("extraction_queue", "extraction_queue_doubtful")
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1
"""


@pytest.fixture(scope="module", autouse=True)
def roles(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Roles belong to the server, not to a database: dropped when the module is done."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(SUPABASE_ROLES)
        yield
        drop_ended_databases(postgres)
        connection.execute("DROP ROLE anon, authenticated, service_role")


@pytest.fixture
def project(empty_database_url: str) -> Iterator[psycopg.Connection]:
    """An empty Supabase project, by the connection of its owner."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(SUPABASE_DEFAULTS)
        connection.execute("SET client_min_messages = notice")
        yield connection
        connection.execute("DROP OWNED BY anon, authenticated, service_role")


@contextmanager
def acting_as(connection: psycopg.Connection, role: str) -> Iterator[None]:
    connection.execute(build.SQL("SET ROLE {}").format(build.Identifier(role)))
    try:
        yield
    finally:
        connection.execute("RESET ROLE")


def tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(TABLES)]


def is_refused(connection: psycopg.Connection, statement: str, table: str) -> bool:
    """Whether a statement is refused for lack of rights, or finds no row because of row level security."""
    try:
        done = connection.execute(build.SQL(statement).format(table=build.Identifier(table)))
    except psycopg.errors.InsufficientPrivilege:
        return True
    return done.rowcount == 0


def ways_in(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Each table with each statement that is not refused on it."""
    ways = {
        "read": "SELECT * FROM {table}",
        "insert": "INSERT INTO {table} DEFAULT VALUES",
        "ask": "INSERT INTO {table} (document_source, document_number, cadastre) VALUES ('index', '1', 'Québec')",
        "delete": "DELETE FROM {table}",
        "truncate": "TRUNCATE {table} CASCADE",
        "lock": "SELECT * FROM {table} FOR UPDATE",
    }
    found = []
    for table in tables(connection):
        for way, statement in ways.items():
            with connection.transaction(force_rollback=True):
                try:
                    refused = is_refused(connection, statement, table)
                except psycopg.errors.IntegrityError:
                    refused = way == "insert" and table in QUEUE  # its trigger raises first: see "ask"
                except (
                    psycopg.errors.UndefinedColumn,
                    psycopg.errors.WrongObjectType,
                    psycopg.errors.ObjectNotInPrerequisiteState,
                ):
                    refused = True  # there is no table for this one, or it is a view
            if not refused:
                found.append((table, way))
    return found


def fill(connection: psycopg.Connection) -> None:
    """A row in every table of the system, inserted by the owner in plain SQL, as users write it."""
    account, job = insert_account(connection), insert_job(connection)
    connection.execute("UPDATE extraction_queue SET doubt = 'will be refused', doubted_key = request_key")
    connection.execute("INSERT INTO worker_status (worker_id, status, account_id) VALUES ('w', 'idle', %s)", [account])
    connection.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id) VALUES (%s, 'index', 'w')", [job]
    )
    connection.execute("INSERT INTO bridge_status (bridge_id, host, pid, mode) VALUES ('b', 'h', 1, 'polling')")
    connection.execute("UPDATE event_control SET wanted_until = now() + interval '1 day'")
    connection.execute("UPDATE extraction_queue SET status = 'Erreur'")  # an event and its delivery, by the trigger
    connection.execute("UPDATE extraction_queue SET status = 'En attente'")


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_public_keys_open_nothing_of_any_table(role: str, project: psycopg.Connection, empty_database_url: str) -> None:
    migrate(empty_database_url)
    fill(project)

    with acting_as(project, role):
        assert ways_in(project) == []
        for statement in (
            "UPDATE extraction_queue SET status = 'En attente'",
            "UPDATE worker_accounts SET password = 'x'",
            "SELECT password FROM worker_accounts",
            "SELECT nextval('extraction_attempts_id_seq')",
            "SELECT nextval('extraction_events_id_seq')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                project.execute(statement)


def test_row_level_security_holds_without_the_revokes_too(project: psycopg.Connection, empty_database_url: str) -> None:
    """Row level security still holds if somebody grants again what 0005 revoked."""
    migrate(empty_database_url)
    fill(project)
    project.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon")

    with acting_as(project, "anon"):
        assert ways_in(project) == []


def test_every_table_in_public_is_under_row_level_security(database_url: str) -> None:
    """Also the tables of a later migration."""
    with psycopg.connect(database_url) as connection:
        assert len(tables(connection)) >= 10
        open_tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relrowsecurity"
        ).fetchall()

    assert open_tables == []


def test_service_role_does_what_users_do(project: psycopg.Connection, empty_database_url: str) -> None:
    migrate(empty_database_url)

    with acting_as(project, "service_role"):
        fill(project)
        project.execute("UPDATE worker_accounts SET password = 'new', failure_count = 0")
        project.execute("UPDATE extraction_queue SET status = 'Erreur'")
        project.execute("UPDATE extraction_queue SET status = 'En attente'")  # a retry, through every trigger
        project.execute("DELETE FROM worker_accounts")
        assert project.execute("SELECT status FROM extraction_queue").fetchall() == [("En attente",)]
        assert project.execute("SELECT account_id FROM worker_status").fetchall() == [(None,)]


def test_service_role_does_so_by_policy_where_it_bypasses_nothing(
    project: psycopg.Connection, empty_database_url: str
) -> None:
    migrate(empty_database_url)
    project.execute("ALTER ROLE service_role NOBYPASSRLS")
    try:
        with acting_as(project, "service_role"):
            fill(project)
            assert project.execute("SELECT count(*) FROM extraction_queue").fetchone() == (1,)
    finally:
        project.execute("ALTER ROLE service_role BYPASSRLS")


def test_policies_of_a_front_end_are_kept_and_still_work(project: psycopg.Connection, empty_database_url: str) -> None:
    project.execute((MIGRATIONS / "0001_tables.sql").read_text())
    for table in ("extraction_queue", "worker_accounts"):
        project.execute(f"CREATE POLICY office ON {table} TO authenticated USING (true) WITH CHECK (true)")

    migrate(empty_database_url)
    fill(project)

    with acting_as(project, "authenticated"):
        assert insert_job(project) is not None
        assert project.execute("SELECT count(*) FROM extraction_queue").fetchone() == (2,)
        for statement in ("SELECT FROM worker_accounts", "TRUNCATE extraction_queue"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                project.execute(statement)
    with acting_as(project, "anon"):
        assert project.execute("SELECT count(*) FROM extraction_queue").fetchone() == (0,)
    assert project.execute("SELECT count(*) FROM pg_policies WHERE policyname = 'office'").fetchone() == (2,)


@pytest.mark.parametrize("is_adopted", [True, False])
def test_front_end_of_a_table_that_was_there_is_told_that_it_is_locked_out(
    is_adopted: bool, project: psycopg.Connection, empty_database_url: str
) -> None:
    if is_adopted:
        project.execute(EARLIER_QUEUE)
    notices: list[str] = []

    migrate(empty_database_url, on_notice=notices.append)

    told = [line for line in notices if "anon key needs policies of its own: see SECURITY.md" in line]
    assert len(told) == is_adopted


@pytest.mark.parametrize("name", sorted(path.stem for path in MIGRATIONS.glob("*.sql")))
def test_step_may_be_run_again_by_hand(name: str, project: psycopg.Connection, empty_database_url: str) -> None:
    migrate(empty_database_url)
    before = rights(project), functions(project)

    project.execute((MIGRATIONS / f"{name}.sql").read_text())

    assert (rights(project), functions(project)) == before


def test_rules_are_for_the_system_alone(project: psycopg.Connection, empty_database_url: str) -> None:
    """Supabase grants each new function to all of its roles."""
    migrate(empty_database_url)

    for role, may in (("anon", False), ("authenticated", False), ("service_role", True), ("extractor_worker", True)):
        found = project.execute(
            "SELECT DISTINCT has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
            " AND proname ~ '^(registry_|process_|worker_accounts_|extraction_queue_consultations)'"
            " AND prorettype <> 'trigger'::regtype",
            [role],
        ).fetchall()
        assert (role, found) == (role, [(may,)])


def test_role_that_was_created_later_gets_its_rights_from_one_step(
    project: psycopg.Connection, empty_database_url: str
) -> None:
    migrate(empty_database_url)
    before = rights(project)
    project.execute("DROP OWNED BY extractor_worker")

    project.execute(RIGHTS)

    assert rights(project) == before


def functions(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """What every function of this system does: an older step that is run again must not bring an older rule back."""
    return connection.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY oid"
    ).fetchall()


def rights(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Every right and every policy, in whatever order they were created."""
    grants = connection.execute(
        "SELECT c.relname, a.attname, x.grantee::regrole::text, x.privilege_type"
        " FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid"
        " CROSS JOIN LATERAL aclexplode(coalesce(a.attacl, c.relacl)) AS x"
        " WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3, 4"
    ).fetchall()
    return grants + connection.execute("SELECT tablename, policyname, roles FROM pg_policies ORDER BY 1, 2").fetchall()


def test_no_function_can_be_called_by_all(database_url: str) -> None:
    """A trigger needs no right when it fires, and runs as the owner.

    A body that is parsed at its creation (prosqlbody) uses no search_path later.
    """
    with psycopg.connect(database_url) as connection:
        callable_by_all = connection.execute(
            "SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x"
            " WHERE p.pronamespace = 'public'::regnamespace AND x.grantee = 0 ORDER BY 1"
        ).fetchall()
        loose = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND (prosecdef OR prosqlbody IS NULL)"
            " AND (proconfig IS NULL OR NOT 'search_path=\"\"' = ANY (proconfig))"
        ).fetchall()

    assert callable_by_all == []
    assert loose == []


class TestRowBounds:
    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            ({"document_number": "1" * 61}, "document_number has 61 characters: it may have 60 at most"),
            ({"cadastre": "x" * 201}, "cadastre has 201 characters: it may have 200 at most"),
            ({"circonscription_fonciere": "x" * 201}, "circonscription_fonciere has 201 characters"),
            ({"designation_secondaire": "x" * 201}, "designation_secondaire has 201 characters"),
            ({"cadastre": "Cadastre\ndu Québec"}, "cadastre has a line break or another control character"),
            ({"circonscription_fonciere": "Mont\x1b[31mréal"}, "circonscription_fonciere has a line break"),
            ({"circonscription_fonciere": "Mont\u202eréal"}, "circonscription_fonciere has a line break"),
            ({"designation_secondaire": "Rang\x855"}, "designation_secondaire has a line break"),
        ],
    )
    def test_too_much_is_refused_with_a_sentence_and_without_the_trigger_too(
        self, columns: dict[str, object], sentence: str, sql: psycopg.Connection
    ) -> None:
        with pytest.raises(psycopg.errors.CheckViolation, match=re.escape(sentence)):
            insert_job(sql, **columns)

        sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
        with pytest.raises(psycopg.errors.CheckViolation, match="extraction_queue_can_be_asked"):
            insert_job(sql, **columns)

    def test_what_people_really_paste_is_taken(self, sql: psycopg.Connection) -> None:
        insert_job(
            sql,
            document_number=" 2\u00a0784\u202f195\t\r\n",
            cadastre="Cadastre\tdu Québec\u200b\r\n",
            circonscription_fonciere="L’Assomption – « 1 »",
            designation_secondaire="é" * 200,
        )

    def test_adopted_row_that_is_too_long_is_told_once_and_a_finished_one_is_left_alone(
        self, empty_database_url: str
    ) -> None:
        with psycopg.connect(empty_database_url, autocommit=True) as sql:
            sql.execute((MIGRATIONS / "0001_tables.sql").read_text())
            waiting = insert_job(sql, cadastre="x" * 300)
            finished = insert_job(sql, cadastre="x" * 300, status="Complété")

            migrate(empty_database_url)

            sql.execute("UPDATE extraction_queue SET supabase_path = 'index/a.pdf' WHERE id = %s", [finished])
            found = sql.execute("SELECT id::text, (status, error_message) FROM extraction_queue").fetchall()
            rows: dict[RowId, tuple[str, Any]] = dict(found)
        assert rows[finished] == ("Complété", None)
        assert rows[waiting][0] == "Erreur"
        assert rows[waiting][1].startswith("cadastre has 300 characters: it may have 200 at most; correct the row")


def test_owner_may_lack_the_right_to_create_roles(postgres: EmbeddedPostgres, empty_database_url: str) -> None:
    """The step then says what to do, and everything else works."""
    name = empty_database_url.rpartition("/")[2]
    notices: list[str] = []
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("ALTER ROLE extractor_worker RENAME TO another_name")
        admin.execute("CREATE ROLE poor_owner LOGIN PASSWORD 'poor'")
        admin.execute(f"ALTER DATABASE {name} OWNER TO poor_owner")
        try:
            url = re.sub(r"//[^@]*@", "//poor_owner:poor@", empty_database_url)
            migrate(url)
            with psycopg.connect(url, autocommit=True) as sql:
                fill(sql)
                sql.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
                sql.execute(RIGHTS)
        finally:
            admin.execute(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
            with psycopg.connect(empty_database_url, autocommit=True) as own:
                own.execute("DROP OWNED BY poor_owner")
            admin.execute("DROP ROLE poor_owner")
            admin.execute("ALTER ROLE another_name RENAME TO extractor_worker")
    assert "poor_owner may not create roles" in str(notices)
