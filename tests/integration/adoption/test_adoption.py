"""Each table that people have is adopted, and its rows flow; or it is refused, and nothing at all is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from extractor.errors import MigrationRefused
from extractor.local.postgres import EmbeddedPostgres
from extractor.models import Source
from extractor.postgres import migrate as migrations
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.migrate import migrate, pending
from tests.integration.adoption.shapes import ADOPTED, REFUSED
from tests.integration.conftest import LIMITS
from tests.support.jobs import take
from tests.support.projects import PRIVILEGES, dump, hand_over, supabase_roles
from tests.support.scripted_site import ScriptedRegistry
from tests.support.scripted_worker import ScriptedWorker, settings_of_a_worker

ROW = """
INSERT INTO public.extraction_queue (document_source, document_number, circonscription_fonciere, cadastre)
VALUES ('index', '2 784 195', 'Montréal', 'Cadastre du Québec') RETURNING id::text
"""
TABLES = "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"


@pytest.fixture(scope="module", autouse=True)
def roles(postgres: EmbeddedPostgres) -> Iterator[None]:
    with supabase_roles(postgres):
        yield


@pytest.fixture(params=PRIVILEGES)
def url(empty_database_url: str, request: pytest.FixtureRequest) -> str:
    """The owner's address of an empty project, with each kind of default privileges."""
    return hand_over(empty_database_url, request.param)


def prepare(url: str, project: str) -> None:
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute(project.replace("{database}", url.rpartition("/")[2]))


@pytest.mark.supported("Tables that you have, with ids of type `uuid`, `bigint`, `integer` or `text`")
@pytest.mark.parametrize("name", ADOPTED)
def test_adopted_table_gets_its_documents_and_opens_to_nobody(name: str, url: str, tmp_path: Path) -> None:
    prepare(url, ADOPTED[name])

    migrate(url)

    assert pending(url) == []
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute("SET ROLE service_role")
        sql.execute("INSERT INTO public.worker_accounts (username, password) VALUES ('99X0001', 'standin')")
        job_id = one(sql, ROW)
        sql.execute("RESET ROLE")
        fetch(url, tmp_path, job_id)
        assert one(sql, f"SELECT status FROM public.extraction_queue WHERE id::text = '{job_id}'") == "Complété"
        sql.execute("SET ROLE service_role")
        sql.execute(f"UPDATE public.extraction_queue SET status = 'En attente' WHERE id::text = '{job_id}'")
        assert one(sql, f"SELECT status FROM public.extraction_queue WHERE id::text = '{job_id}'") == "En attente"
        sql.execute("DELETE FROM public.worker_accounts")
        sql.execute("RESET ROLE")
        assert open_to_the_public(sql) <= ({"extraction_queue"} if "policy" in name else set())


def test_nobody_sees_a_table_before_its_rights_and_a_cut_line_leaves_none(empty_database_url: str) -> None:
    url = hand_over(empty_database_url, "open")
    prepare(url, ADOPTED["only the columns that are needed"])
    before = dump(url)
    seen = []
    with psycopg.connect(url, autocommit=True) as other:

        def look_and_cut(_: str) -> None:
            seen.append(one(other, "SELECT to_regclass('public.worker_accounts')"))
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> %s"
                          " AND datname = current_database()", [other.info.backend_pid])  # fmt: skip

        # The server's last words may be lost, when the statement ends at this very moment.
        with pytest.raises(
            (MigrationRefused, psycopg.OperationalError),
            match=r"0005_rights: terminating connection|closed the connection",
        ):
            migrate(url, on_notice=look_and_cut)

    assert seen == ["None"]
    assert dump(url) == before
    migrate(url)


@pytest.mark.supported("Tables of another shape, owner or schema")
@pytest.mark.parametrize("name", REFUSED)
def test_refused_table_is_as_it_was_and_the_sentence_cures_it(
    name: str, empty_database_url: str, tmp_path: Path
) -> None:
    url = hand_over(empty_database_url, "open")
    prepare(url, REFUSED[name].project)
    before = dump(url)

    with pytest.raises(MigrationRefused) as refused:
        migrate(url)

    sentence = str(refused.value)
    assert REFUSED[name].says in sentence
    assert sentence.startswith("Nothing was changed")
    assert dump(url) == before
    if REFUSED[name].cures:
        for cure in re.findall(r"ALTER TABLE [^;]*;", sentence):
            prepare(url, cure)
        migrate(url)
        with psycopg.connect(url, autocommit=True) as sql:
            sql.execute("INSERT INTO public.worker_accounts (username, password) VALUES ('99X0001', 'standin')")
            job_id = one(sql, ROW)
        fetch(url, tmp_path, job_id)


def test_table_of_another_owner_is_refused(empty_database_url: str) -> None:
    url = hand_over(empty_database_url, "open")
    prepare(empty_database_url, ADOPTED["as in the document"])

    with pytest.raises(MigrationRefused, match=r"public\.extraction_queue belongs to the role extractor, and"):
        migrate(url)

    assert pending(url) != []


class TestLocks:
    @pytest.fixture(autouse=True)
    def durations(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(migrations, "LOCK_SECONDS", 1)
        monkeypatch.setattr(migrations, "LOCK_TRIES", 2)

    @pytest.mark.supported("A migration while somebody holds a lock on the tables")
    def test_holder_is_named_and_waited_for(self, empty_database_url: str) -> None:
        url = hand_over(empty_database_url, "open")
        prepare(url, ADOPTED["as in the document"])
        notices: list[str] = []
        with psycopg.connect(url, application_name="a report") as other:
            other.execute("SELECT FROM extraction_queue")

            def release(notice: str) -> None:
                notices.append(notice)
                other.rollback()

            holder = other.info.backend_pid
            migrate(url, on_notice=release)

        assert f"A lock is held for 1 s by process {holder} (a report, role project_owner, idle in" in (notices[0])
        assert pending(url) == []

    @pytest.mark.supported("A migration while a lock is held for longer")
    @pytest.mark.parametrize(
        "lock",
        ["LOCK TABLE extraction_queue", f"SELECT pg_advisory_lock({migrations.LOCK_KEY})"],
        ids=["table", "migrate"],
    )
    def test_longer_is_refused_and_nothing_is_left_behind(self, lock: str, empty_database_url: str) -> None:
        url = hand_over(empty_database_url, "open")
        prepare(url, ADOPTED["as in the document"])
        before = dump(url)
        with psycopg.connect(url) as other:
            other.execute(lock)
            with pytest.raises(MigrationRefused, match=rf"pg_terminate_backend\({other.info.backend_pid}\)"):
                migrate(url)

        assert dump(url) == before
        migrate(url)


def fetch(url: str, tmp_path: Path, job_id: str) -> None:
    """What bridge and worker do, with a scripted registry."""
    settings = settings_of_a_worker(url, tmp_path)
    worker = ScriptedWorker(settings, ScriptedRegistry(), "w-1")
    try:
        worker.make_ready()
        with Dispatcher(worker.parts.database, LIMITS).dispatch_rung([Source.INDEX], room=1) as rung:
            assert rung == {Source.INDEX: [job_id]}
        assert take(Dispatcher(worker.parts.database, LIMITS)) == []
        assert worker.handle(job_id).startswith("Complété")
    finally:
        worker.close()


def one(sql: psycopg.Connection, statement: str) -> str:
    row = sql.execute(statement).fetchone()
    assert row is not None
    return str(row[0])


def open_to_the_public(sql: psycopg.Connection) -> set[str]:
    """Tables, views and functions of public on which anon or authenticated may do anything."""
    rows = sql.execute(f"""
        SELECT c.relname FROM pg_class c, (VALUES ('anon'), ('authenticated')) AS r (role)
        WHERE {TABLES} AND has_table_privilege(r.role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
        UNION
        SELECT p.proname FROM pg_proc p, (VALUES ('anon'), ('authenticated')) AS r (role)
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname <> 'tell'
          AND has_function_privilege(r.role, p.oid, 'EXECUTE')
    """).fetchall()
    return {row[0] for row in rows}
