"""Rows in, documents out: real workers, bridge, database, broker, browser, and the stand-in's ledger as proof."""

from __future__ import annotations

import hashlib

import psycopg
import pypdf

from extractor.models import RowId
from tests.support.rows import column, insert_account, insert_job, ready_sessions, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

SOURCES: dict[str, dict[str, object]] = {
    "acte": {"document_source": "acte", "acte_type": "Acte", "cadastre": None},
    "index": {},
    "plan_cadastraux": {"document_source": "plan_cadastraux"},
}

ROWS = 8


def insert_mixed(sql: psycopg.Connection, count: int, first: int = 0) -> list[RowId]:
    """Rows of all three sources, each with another number."""
    kinds = list(SOURCES.values())
    numbers = range(first, first + count)
    return [insert_job(sql, document_number=f"5 1{n:02} 001", **kinds[n % len(kinds)]) for n in numbers]


def test_each_kind_of_row_ends_as_it_must(sql: psycopg.Connection, system: System, standin: StandinClient) -> None:
    # Given a row of each source, one whose document does not exist, and two lots that are not where the row says
    insert_account(sql)
    jobs = {name: insert_job(sql, **columns) for name, columns in SOURCES.items()}
    missing = insert_job(sql, document_number="5 000 404")
    place = {"circonscription_fonciere": "Terrebonne"}
    renovated = insert_job(sql, document_number="2 784 196", cadastre="Paroisse de St-Hippolyte", **place)
    old = insert_job(
        sql,
        document_number="227",
        cadastre="Cadastre du Québec",
        designation_secondaire="Rang 5 Canton Abercrombie, Paroisse de Saint-Hippolyte",
        **place,
    )

    # When one session does them all
    system.bridge()
    system.worker("w")
    eventually(lambda: statuses(sql) == {"Complété": 5, "Erreur": 1}, "all rows are at an end")

    # Then each document is the requested one, was paid once, and lies in storage alone
    for name, job_id in jobs.items():
        path = system.storage / str(column(sql, job_id, "supabase_path"))
        text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        assert f"Source: {name}" in text
        assert "Numéro: 2784195" in text
        assert hashlib.sha256(path.read_bytes()).hexdigest() == column(sql, job_id, "document_sha256")
    assert len(standin.consultations()) == 5
    assert len(standin.logins()) == 1
    assert [path.name for path in (system.storage.parent / "spool").iterdir()] == ["id"]

    # The missing one cost one attempt and no consultation, and the row has the registry's words
    assert column(sql, missing, "error_message") == "La fiche immobilière demandée est inexistante"
    assert column(sql, missing, "error_code") == "document_not_found"
    assert column(sql, missing, "attemtps") == 1
    attempts = sql.execute("SELECT consultation_at FROM extraction_attempts WHERE job_id = %s", [missing]).fetchall()
    assert attempts == [(None,)]

    # The lots were found by another reading of their rows, which say so
    assert fetched_as(sql, old)["cadastre"] == "Paroisse de Saint-Hippolyte"
    why = "a 7-digit lot is in the Cadastre du Québec"
    assert fetched_as(sql, renovated).items() >= {"cadastre": "Cadastre du Québec", "why": why}.items()
    ((steps,),) = sql.execute("SELECT steps FROM extraction_attempts WHERE job_id = %s", [renovated]).fetchall()
    assert [step["step"] for step in steps if step["step"].startswith("re")] == [
        "reading: as asked",
        "refused: La fiche immobilière demandée est inexistante",
        f"reading: {why}",
    ]


def fetched_as(sql: psycopg.Connection, job_id: RowId) -> dict[str, object]:
    fetched = column(sql, job_id, "fetched_as")
    assert isinstance(fetched, dict)
    return fetched


def test_rows_flow_over_sessions_that_follow_the_accounts(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given two workers with two children each, and three accounts
    for number in range(3):
        insert_account(sql, f"99X000{number}")
    system.bridge()
    system.worker("w1", concurrency=2, ACCOUNT_WAIT_SECONDS="60")
    system.worker("w2", concurrency=2, ACCOUNT_WAIT_SECONDS="60")

    # Then there are three sessions, and the fourth child says why it has none
    eventually(lambda: ready_sessions(sql) == 3, "three sessions are ready")
    eventually(
        lambda: (
            sql.execute("SELECT message FROM worker_status WHERE status = 'error'").fetchall()
            == [("No available accounts: of 3, 3 leased.",)]
        ),
        "the fourth child says that there is no account",
    )

    # When rows flow, it keeps no message from the others
    insert_mixed(sql, ROWS)
    eventually(lambda: statuses(sql) == {"Complété": ROWS}, "all rows flow over three sessions")

    # When an account is added, it gets it, and takes its part of the next rows
    fourth = insert_account(sql, "99X0009")
    eventually(lambda: ready_sessions(sql) == 4, "the fourth session is ready")
    insert_mixed(sql, ROWS, first=ROWS)
    eventually(lambda: statuses(sql) == {"Complété": 2 * ROWS}, "all rows are Complété")

    # Then each row was done once, and each session logged in once
    assert sql.execute("SELECT DISTINCT attemtps FROM extraction_queue").fetchall() == [(1,)]
    assert sql.execute("SELECT count(*) FROM extraction_attempts").fetchone() == (2 * ROWS,)
    done = sql.execute("SELECT count(*) FROM extraction_attempts WHERE account_id = %s", [fourth]).fetchone()
    assert done is not None
    assert done[0] > 0
    bought = [(entry.source, entry.number) for entry in standin.consultations()]
    assert len(bought) == len(set(bought)) == 2 * ROWS
    assert sorted(entry.account for entry in standin.logins()) == ["99X0000", "99X0001", "99X0002", "99X0009"]
