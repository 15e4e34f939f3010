"""The doctor finds every way in which the system's tables are open, and the SQL that it names closes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from extractor.doctor.check import State
from extractor.doctor.openings import examine_openings
from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres.migrate import migrate
from extractor.settings import Settings
from tests.conftest import TEMPLATE
from tests.support.databases import fresh_database, url_of

pytestmark = pytest.mark.xdist_group("openings")

Rights = Callable[[], tuple[State, str]]

ROLES = "anon, authenticated, service_role"
CLOSED = "no table, policy, view or function is open to anybody."
QUEUE_POLICY = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON extraction_queue TO anon, authenticated;"
    " CREATE POLICY p ON extraction_queue "
)


@pytest.fixture(scope="module")
def project(postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A migrated database with Supabase's roles, and its functions that say who asks."""
    databases = fresh_database(postgres, TEMPLATE)
    with psycopg.connect(next(databases), autocommit=True) as sql:
        sql.execute("".join(f"CREATE ROLE {role} NOLOGIN;" for role in ROLES.split(", ")))
        sql.execute(
            "CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid';"
            " CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql AS 'SELECT NULL'"
        )
        yield sql
        sql.execute(f"DROP OWNED BY {ROLES}; DROP ROLE {ROLES}")
    assert next(databases, None) is None


@pytest.fixture
def sql(project: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner's connection; what the test did with the queue is undone."""
    yield project
    project.execute(
        "DROP POLICY IF EXISTS p ON extraction_queue; REVOKE ALL ON extraction_queue FROM anon, authenticated"
    )


@pytest.fixture
def rights(sql: psycopg.Connection, postgres: EmbeddedPostgres, tmp_path: Path) -> Rights:
    """What the doctor says of them."""
    url = url_of(postgres, sql.info.dbname)
    settings = Settings(_env_file=None, database_url=url, redis_url="redis://127.0.0.1:1/0", storage_dir=tmp_path)

    def examine() -> tuple[State, str]:
        found = examine_openings(settings)
        return found.state, found.text

    return examine


def test_fresh_database_is_closed(rights: Rights) -> None:
    assert rights() == (State.OK, CLOSED)


@pytest.mark.supported("Tables, functions or views that `anon` may use")
@pytest.mark.parametrize(
    ("opened", "sentence"),
    [
        ("GRANT SELECT ON worker_accounts TO anon", "worker_accounts is open to anon (SELECT), which is whoever "),
        ("GRANT SELECT (password) ON worker_accounts TO authenticated", "worker_accounts is open to authenticated ("),
        ("GRANT ALL ON worker_accounts TO PUBLIC", "worker_accounts is open to PUBLIC (DELETE, INSERT, "),
        ("GRANT INSERT ON extraction_attempts TO anon", "extraction_attempts is open to anon (INSERT)"),
        ("GRANT DELETE ON extraction_clicks TO anon", "extraction_clicks is open to anon (DELETE)"),
        ("GRANT SELECT ON worker_status TO anon", "worker_status is open to anon (SELECT)"),
        ("GRANT UPDATE (paused) ON source_control TO PUBLIC", "source_control is open to PUBLIC (UPDATE)"),
        ("GRANT SELECT ON bridge_status TO anon", "bridge_status is open to anon (SELECT)"),
        ("GRANT SELECT ON registry_logins TO anon", "registry_logins is open to anon (SELECT)"),
        ("GRANT SELECT ON extraction_events TO anon", "extraction_events is open to anon (SELECT)"),
        ("GRANT DELETE ON webhook_deliveries TO anon", "webhook_deliveries is open to anon (DELETE)"),
        ("GRANT UPDATE ON event_control TO anon", "event_control is open to anon (UPDATE)"),
        ("GRANT SELECT ON registry_sessions TO anon", "registry_sessions is open to anon (SELECT)"),
        ("GRANT TRUNCATE ON extraction_queue TO authenticated", "extraction_queue is open to authenticated (TRUNCATE)"),
        ("ALTER TABLE worker_status DISABLE ROW LEVEL SECURITY", "Row level security is off for worker_status, so "),
        ("ALTER TABLE extraction_queue DISABLE ROW LEVEL SECURITY", "Row level security is off for extraction_queue, "),
        ("GRANT EXECUTE ON FUNCTION worker_accounts_holder TO anon", "worker_accounts_holder(text) can be called by"),
        ("GRANT EXECUTE ON FUNCTION registry_today TO PUBLIC", "registry_today(timestamp with time zone) can be ca"),
        (
            "CREATE VIEW mine AS SELECT * FROM extraction_queue; GRANT SELECT ON mine TO authenticated",
            "The view mine shows extraction_queue to authenticated with its owner's rights, past row level security.",
        ),
        (
            (
                "CREATE VIEW inner_one WITH (security_invoker = on) AS SELECT * FROM worker_accounts;"
                ' CREATE VIEW "Outer" AS SELECT * FROM inner_one; GRANT SELECT ON "Outer" TO anon'
            ),
            'The view "Outer" shows worker_accounts to anon ',
        ),
        (
            "CREATE MATERIALIZED VIEW old_rows AS SELECT * FROM worker_accounts; GRANT SELECT ON old_rows TO anon",
            "The view old_rows shows worker_accounts to anon ",
        ),
    ],
)
def test_what_is_open_to_all_is_a_problem_with_its_cure(
    rights: Rights, sql: psycopg.Connection, opened: str, sentence: str
) -> None:
    sql.execute(opened)

    state, text = rights()
    close(sql, text)

    assert state is State.PROBLEM
    assert text.startswith(sentence)
    assert rights() == (State.OK, CLOSED)


@pytest.mark.supported("An adopted policy by which anybody writes into the queue")
@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("FOR INSERT TO anon WITH CHECK (true)", "The policy p: INSERT on extraction_queue holds for anon, so anybody"),
        ("FOR ALL USING (true)", "The policy p: DELETE, INSERT, UPDATE on extraction_queue holds for anon, so anybody"),
        ("FOR UPDATE TO anon USING (status = 'Erreur')", "The policy p: UPDATE on extraction_queue holds for anon, "),
        (
            "FOR DELETE TO public USING (true)",
            "The policy p: DELETE on extraction_queue holds for anon, so anybody can",
        ),
        ("FOR INSERT WITH CHECK (auth.role() = 'anon')", "The policy p: INSERT on extraction_queue holds for anon, so"),
    ],
)
def test_policy_by_which_anybody_spends_is_a_problem(
    rights: Rights, sql: psycopg.Connection, policy: str, sentence: str
) -> None:
    sql.execute(QUEUE_POLICY + policy)

    state, text = rights()
    close(sql, text)

    assert state is State.PROBLEM
    assert text.startswith(sentence)
    assert rights() == (State.OK, CLOSED)


@pytest.mark.supported("An adopted policy for users or readers that asks nothing about the user")
@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (
            "FOR INSERT TO authenticated WITH CHECK (true)",
            "The policy p: INSERT on extraction_queue asks nothing about",
        ),
        ("FOR INSERT WITH CHECK (auth.role() = 'authenticated')", "The policy p: INSERT on extraction_queue asks noth"),
        (
            "FOR ALL USING ((SELECT auth.uid()) IS NOT NULL)",
            "The policy p: DELETE, INSERT, UPDATE on extraction_queue ",
        ),
        (
            "FOR SELECT TO anon USING (true)",
            "The policy p: SELECT on extraction_queue holds for anon, so anybody can re",
        ),
    ],
)
def test_policy_for_every_user_is_a_warning(
    rights: Rights, sql: psycopg.Connection, policy: str, sentence: str
) -> None:
    sql.execute(QUEUE_POLICY + policy)

    state, text = rights()

    assert state is State.WARNING
    assert text.startswith(sentence)


@pytest.mark.supported("Adopted policies for the caller's own rows")
@pytest.mark.parametrize(
    "policy",
    [
        "FOR ALL TO authenticated USING (worker_id = auth.uid()::text)",
        "FOR INSERT WITH CHECK ((SELECT auth.uid())::text = worker_id)",
        "FOR UPDATE USING (auth.uid()::text = worker_id) WITH CHECK (true)",
        "AS RESTRICTIVE FOR ALL TO anon USING (true)",
        "FOR ALL TO service_role USING (true)",
        "FOR INSERT WITH CHECK (auth.role() = 'service_role')",
    ],
)
def test_policy_about_one_user_is_fine(rights: Rights, sql: psycopg.Connection, policy: str) -> None:
    sql.execute(QUEUE_POLICY + policy)

    assert rights() == (State.OK, CLOSED)


def test_policy_without_the_right_to_write_opens_nothing(rights: Rights, sql: psycopg.Connection) -> None:
    sql.execute(
        "CREATE POLICY p ON extraction_queue USING (true); GRANT SELECT (id) ON extraction_queue TO authenticated"
    )

    assert rights() == (State.OK, CLOSED)


@pytest.mark.supported("A table that somebody dropped")
def test_dropped_table_is_named(rights: Rights, sql: psycopg.Connection) -> None:
    sql.execute("ALTER TABLE registry_logins RENAME TO dropped")
    found = rights()
    sql.execute("ALTER TABLE dropped RENAME TO registry_logins")

    assert found == (
        State.PROBLEM,
        "registry_logins is missing though every step is applied, so somebody dropped it: restore it from a backup.",
    )


@pytest.mark.usefixtures("project")  # for its roles
def test_migrated_under_supabase_classic_default_privileges_nothing_is_open(
    empty_database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as sql:
        for kind in ("TABLES", "FUNCTIONS", "SEQUENCES"):
            sql.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON {kind} TO {ROLES}")
        migrate(empty_database_url)
        found = examine_openings(
            Settings(
                _env_file=None, database_url=empty_database_url, redis_url="redis://127.0.0.1:1/0", storage_dir=tmp_path
            )
        )
        sql.execute(f"DROP OWNED BY {ROLES}")

    assert (found.state, found.text) == (State.OK, CLOSED)


def test_tables_of_an_earlier_system_are_judged_before_the_first_migration(
    empty_database_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None, database_url=empty_database_url, redis_url="redis://127.0.0.1:1/0", storage_dir=tmp_path
    )
    empty = examine_openings(settings)
    with psycopg.connect(empty_database_url, autocommit=True) as sql:
        sql.execute("CREATE TABLE worker_accounts (id int); GRANT SELECT ON worker_accounts TO PUBLIC")
    opened = examine_openings(settings)

    assert empty.state is State.OK
    assert opened.state is State.PROBLEM
    assert opened.text.startswith("worker_accounts is open to PUBLIC (SELECT)")
    assert "Row level security is off for worker_accounts" in opened.text
    assert "missing" not in opened.text


def test_every_function_is_closed(rights: Rights, sql: psycopg.Connection) -> None:
    own = "FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype"
    names = {name for (name,) in sql.execute(f"SELECT proname {own}")}
    for name in names:
        sql.execute(f"GRANT EXECUTE ON FUNCTION {name} TO anon")

    text = rights()[1]
    found = set(re.findall(r"(\w+)\([^)]*\) can be called by anon", text))
    close(sql, text)

    assert found == names


def close(sql: psycopg.Connection, text: str) -> None:
    """Run what the sentences say."""
    for statement in re.findall(r"Close it: (.*?;)", text):
        sql.execute(statement)
