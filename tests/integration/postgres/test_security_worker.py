"""The role extractor_worker: everything that bridge, worker, API and Flower do in the database, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from extractor import operations, reports
from extractor.local.worker_login import worker_login
from extractor.models import ClickKind, Document, Job, Source, Status, WorkerState
from extractor.operations import Correction
from extractor.postgres import sql as statements
from extractor.postgres.accounts import Accounts
from extractor.postgres.bridges import BridgeMode, BridgeStatus
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.jobs import Jobs
from extractor.postgres.lease import AccountLimits
from extractor.postgres.migrate import pending
from extractor.postgres.sealing import Keyring, is_sealed, new_key
from extractor.postgres.viewpoint import Viewpoint
from extractor.postgres.workers import WorkerStatus
from extractor.settings import Settings
from tests.support.jobs import expire_lease, take
from tests.support.rows import column, insert_account, insert_job, statuses

FILES = sorted(path.name for path in Path(statements.__path__[0]).glob("*.sql"))
# An operator's commands that add and delete accounts, or delete old rows, need the owner; `imported` exists only in the
# transaction of an import.
NOT_FOR_IT = {"add_account", "remove_account", "prune"}
OF_AN_IMPORT = {
    *("create_imported", "copy_imported", "find_problems", "find_doubts", "count_repeated", "insert_imported"),
}
A_PDF = Document(path=Path("/x"), sha256="0" * 64, size_bytes=9, pages=1)


@pytest.fixture
def worker_url(database_url: str) -> str:
    return worker_login(database_url)


@pytest.fixture
def as_worker(worker_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(worker_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(worker_url: str) -> Iterator[Database]:
    """The system's own connection, as extractor_worker; `jobs` and `accounts` use it."""
    database = Database(worker_url, max_connections=4)
    yield database
    database.close()


def test_every_statement_of_the_system_is_allowed(as_worker: psycopg.Connection) -> None:
    """EXPLAIN needs the same rights as the statement; this covers statements that are added later too."""
    cursor = psycopg.ClientCursor(as_worker)
    parameters: dict[str, object] = defaultdict(lambda: None, within=timedelta(days=1))
    refused = {}
    for file in FILES:
        for name, text in statements.load_queries(file).items():
            try:
                if name not in NOT_FOR_IT | OF_AN_IMPORT:
                    cursor.execute(f"EXPLAIN {text}", parameters)
            except psycopg.errors.InsufficientPrivilege as error:
                refused[f"{file}: {name}"] = str(error)

    assert refused == {}


def test_full_cycle_of_a_row(
    sql: psycopg.Connection,
    jobs: Jobs,
    dispatcher: Dispatcher,
    accounts: Accounts,
    database: Database,
    worker_url: str,
) -> None:
    insert_account(sql)
    job_id = insert_job(sql)
    status, bridge = WorkerStatus(database, worker_id="w-1", queues=["index"]), BridgeStatus(database)
    status.register()
    bridge.register()
    with Doorbell(worker_url, database, proof_seconds=1) as doorbell:
        bridge.add_sent(len(take(dispatcher)))
        bridge.show(BridgeMode.LISTENING, seconds_since_proof=doorbell.seconds_since_proof)

    lease = accounts.lease("w-1")
    account = lease.account
    job = jobs.claim(job_id, worker_id="w-1", account=account, spool_id=None)
    assert job is not None
    status.show(WorkerState.BUSY, job_id=job.id, account_id=account.id)
    complete(jobs, job)
    lease.record_login()
    status.show(WorkerState.OFFLINE, "stopped")
    lease.release()

    assert statuses(sql) == {"Complété": 1}
    assert sql.execute("SELECT kind FROM extraction_events").fetchall() == [("completed",)]
    history = reports.history(database, job_id)
    assert history is not None
    assert [attempt.outcome for attempt in history.attempts] == ["completed"]


def complete(jobs: Jobs, job: Job) -> None:
    jobs.renew(job)
    jobs.record_consultation(job, ClickKind.FORM)
    jobs.clear_consultation(job, "a list")
    jobs.record_consultation(job, ClickKind.CONFIRMATION)
    jobs.record_document(job, A_PDF, spool_id=uuid4())
    jobs.record_upload(job, supabase_path="index/a.pdf", document=A_PDF)
    jobs.note_attempt(job, steps=[{"seconds": 0, "step": "x"}], evidence_path=None)
    jobs.record_site_failure(job.source, reason="x", threshold=3)
    jobs.complete(job, supabase_path="index/a.pdf", document=A_PDF, fetched_as={"why": "x"})


@pytest.mark.parametrize("end", ["retry", "snooze", "hold", "return", "rescue"])
def test_every_other_end_of_a_row(
    end: str, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, accounts: Accounts
) -> None:
    insert_account(sql)
    job = jobs.claim(insert_job(sql), worker_id="w-1", account=accounts.lease("w-1").account, spool_id=None)
    assert job is not None

    if end == "retry":
        jobs.retry(job, error_code="x", message="x")
    elif end == "snooze":
        jobs.snooze(job, error_code="x", message="x")
    elif end == "hold":
        jobs.hold(job, error_code="x", message="x")
    elif end == "return":
        jobs.return_job(job)
    else:
        expire_lease(sql, job)
        assert list(dispatcher.rescue()) == [job.id]

    assert column(sql, job.id, "status") == (Status.FAILED if end == "hold" else Status.WAITING)


def test_what_the_api_does(sql: psycopg.Connection, database: Database, settings: Settings) -> None:
    job_id = operations.add(database, operations.EXAMPLES[0])
    operations.cancel(database, job_id, by="marie")
    sql.execute("UPDATE extraction_queue SET error_code = 'site_changed', cancel_requested_at = NULL")
    chosen = operations.Selection(job_id=job_id)
    operations.retry(database, chosen, max_consultations_per_job=2, allow_one_more=True)
    assert statuses(sql) == {"En attente": 1}
    operations.pause(database, [Source.ACTE], by="marie", why="audit")
    operations.resume(database, [Source.ACTE])
    assert reports.accounts(database, Viewpoint.of(settings)) == ()


def test_import_of_a_file(sql: psycopg.Connection, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "document_source;document_number;cadastre\nindex;1;Cadastre du Québec\nindex;2;Cadastre du Québec\n"
    )

    with path.open("rb") as file:
        assert operations.import_rows(database, file).rows == 2
    assert statuses(sql) == {"En attente": 2}


def test_first_lease_seals_as_this_role(sql: psycopg.Connection, database: Database) -> None:
    insert_account(sql)
    limits = AccountLimits(lease_seconds=60, account_rest_seconds=60, keyring=Keyring(new_key()))

    Accounts(database, limits).lease("w-1")

    row = sql.execute("SELECT password FROM worker_accounts").fetchone()
    assert row is not None
    assert is_sealed(row[0])


def test_doctor_sees_the_migrations(worker_url: str) -> None:
    assert pending(worker_url) == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO worker_accounts (username, password) VALUES ('a', 'b')",
        "DELETE FROM worker_accounts",
        "UPDATE worker_accounts SET username = 'x'",
        "DELETE FROM extraction_queue",
        "UPDATE extraction_queue SET document_number = '1'",
        "UPDATE extraction_queue SET max_attempts = 99",
        "INSERT INTO extraction_queue (document_source, document_number, status) VALUES ('index', '1', 'Complété')",
        "DELETE FROM extraction_attempts",
        "UPDATE extraction_attempts SET account_id = NULL",
        "DELETE FROM extraction_clicks",
        "UPDATE extraction_clicks SET attempt_id = 0",
        "UPDATE extractor_migrations SET name = ''",
        "TRUNCATE extraction_queue",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE extraction_queue DISABLE TRIGGER ALL",
        "DROP TABLE bridge_status",
        "CREATE ROLE another",
        "SET ROLE extractor",
    ],
)
def test_nothing_else_is_allowed(statement: str, as_worker: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_worker.execute(statement)


def test_password_of_the_login_is_another_each_time(database_url: str) -> None:
    first = worker_login(database_url)
    second = worker_login(database_url)

    assert first != second
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(first)
    psycopg.connect(second).close()


def test_it_edits_a_row_that_waits_or_stopped_and_no_other(
    sql: psycopg.Connection, database: Database, as_worker: psycopg.Connection
) -> None:
    stopped = insert_job(sql, status="Erreur", error_code="name_not_matched")
    others = [insert_job(sql, status="En traitement"), insert_job(sql, status="Complété", supabase_path="index/a.pdf")]

    operations.edit(database, stopped, Correction(cadastre="Paroisse de Lachine"), max_consultations_per_job=2)
    for job_id in others:
        answer = as_worker.execute(
            "SELECT extraction_queue_edit(%s, 'index', '7', NULL, 'Paroisse de Lachine', NULL, NULL, NULL)", [job_id]
        ).fetchone()
        assert answer == (None,)

    changed = sql.execute("SELECT id::text FROM extraction_queue WHERE cadastre = 'Paroisse de Lachine'").fetchall()
    assert changed == [(stopped,)]
