"""Rows in, documents out: real workers, bridge, database, broker, browser, and the stand-in's ledger as proof."""

from __future__ import annotations

import hashlib
from uuid import UUID

import psycopg
import pypdf

from tests.support.rows import column, insert_account, insert_job, ready_sessions, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

SOURCES: dict[str, dict[str, object]] = {
    "acte": {"document_source": "acte", "acte_type": "Acte", "cadastre": None},
    "index": {},
    "plan_cadastraux": {"document_source": "plan_cadastraux"},
}

ROWS = 24


def insert_mixed(sql: psycopg.Connection, count: int) -> list[UUID]:
    """Rows of all three sources, each with another number."""
    kinds = list(SOURCES.values())
    return [insert_job(sql, document_number=f"5 1{n:02} 001", **kinds[n % len(kinds)]) for n in range(count)]


def test_row_of_each_source_becomes_its_document_and_one_without_says_so_in_the_registrys_words(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    insert_account(sql)
    jobs = {name: insert_job(sql, **columns) for name, columns in SOURCES.items()}
    missing = insert_job(sql, document_number="5 000 404")
    system.bridge()
    system.worker("w")

    eventually(lambda: statuses(sql) == {"Complété": 3, "Erreur": 1}, "all rows are at an end")

    for name, job_id in jobs.items():
        path = system.storage / str(column(sql, job_id, "supabase_path"))
        text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        assert f"Source: {name}" in text
        assert "Numéro: 2784195" in text
        assert hashlib.sha256(path.read_bytes()).hexdigest() == column(sql, job_id, "document_sha256")
    assert len(standin.consultations()) == 3
    assert len(standin.logins()) == 1
    assert [path.name for path in (system.storage.parent / "spool").iterdir()] == ["id"]

    # And the row whose document does not exist has cost one attempt and no consultation
    assert column(sql, missing, "error_message") == "La fiche immobilière demandée est inexistante"
    assert column(sql, missing, "error_code") == "document_not_found"
    assert column(sql, missing, "attemtps") == 1
    attempts = sql.execute("SELECT consultation_at FROM extraction_attempts WHERE job_id = %s", [missing]).fetchall()
    assert attempts == [(None,)]


def test_rows_flow_over_sessions_that_follow_the_accounts(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given two workers with two children each, and three accounts
    for number in range(3):
        insert_account(sql, f"99X000{number}")
    system.bridge()
    system.worker("w1", concurrency=2)
    system.worker("w2", concurrency=2)

    # Then there are three sessions, and the fourth child says why it has none
    eventually(lambda: ready_sessions(sql) == 3, "three sessions are ready")
    eventually(
        lambda: (
            sql.execute("SELECT message FROM worker_status WHERE status = 'error'").fetchall()
            == [("No available accounts: of 3, 3 leased.",)]
        ),
        "the fourth child says that there is no account",
    )

    # When rows flow, it takes no attempt from any; when an account is added, it gets it
    insert_mixed(sql, ROWS)
    eventually(lambda: statuses(sql).get("Complété", 0) >= 3, "rows flow over three sessions")
    fourth = insert_account(sql, "99X0009")
    eventually(lambda: statuses(sql) == {"Complété": ROWS}, "all rows are Complété")

    # Then each row was done once, and each session logged in once
    assert sql.execute("SELECT DISTINCT attemtps FROM extraction_queue").fetchall() == [(1,)]
    assert sql.execute("SELECT count(*) FROM extraction_attempts").fetchone() == (ROWS,)
    done = sql.execute("SELECT count(*) FROM extraction_attempts WHERE account_id = %s", [fourth]).fetchone()
    assert done is not None
    assert done[0] > 0
    bought = [(entry.source, entry.number) for entry in standin.consultations()]
    assert len(bought) == len(set(bought)) == ROWS
    assert sorted(entry.account for entry in standin.logins()) == ["99X0000", "99X0001", "99X0002", "99X0009"]


def test_lot_that_is_not_where_the_row_says_is_found_by_another_reading_of_the_row(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given a renovated lot under the name of an old cadastre, and an old lot whose cadastre stands in the désignation
    insert_account(sql)
    place = {"circonscription_fonciere": "Terrebonne"}
    renovated = insert_job(sql, document_number="2 784 195", cadastre="Paroisse de St-Hippolyte", **place)
    old = insert_job(
        sql,
        document_number="227",
        cadastre="Cadastre du Québec",
        designation_secondaire="Rang 5 Canton Abercrombie, Paroisse de Saint-Hippolyte",
        **place,
    )
    system.bridge()
    system.worker("w")

    eventually(lambda: statuses(sql) == {"Complété": 2}, "both rows are Complété")

    # Then the rows say what was really fetched, and each was paid once
    fetched = column(sql, renovated, "fetched_as")
    assert isinstance(fetched, dict)
    assert (fetched["cadastre"], fetched["why"]) == (
        "Cadastre du Québec",
        "a 7-digit lot is in the Cadastre du Québec",
    )
    fetched = column(sql, old, "fetched_as")
    assert isinstance(fetched, dict)
    assert fetched["cadastre"] == "Paroisse de Saint-Hippolyte"
    steps = sql.execute("SELECT steps FROM extraction_attempts WHERE job_id = %s", [renovated]).fetchone()
    assert steps is not None
    assert [step["step"] for step in steps[0] if step["step"].startswith("re")] == [
        "reading: as asked",
        "refused: La fiche immobilière demandée est inexistante",
        "reading: a 7-digit lot is in the Cadastre du Québec",
    ]
    assert len(standin.consultations()) == 2
