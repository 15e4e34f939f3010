"""`why` for a French reader: each reason that the tables can give, and the step after a failure."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor import reports
from extractor.language.sentences import Language
from extractor.models import Job, RowId
from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports import Why
from extractor.settings import Settings
from tests.support.jobs import expire_lease
from tests.support.rows import insert_job
from tests.unit.test_sentences import ENGLISH


@pytest.fixture
def ask(database: Database, settings: Settings) -> Callable[..., Why]:
    def ask_about(job_id: RowId, **changed: object) -> Why:
        viewpoint = Viewpoint.of(settings.model_copy(update={"language": Language.FRENCH, **changed}))
        answer = reports.why(database, job_id, viewpoint)
        assert answer is not None
        return answer

    return ask_about


def test_row_that_stopped_gets_its_next_step(sql: psycopg.Connection, ask: Callable[..., Why]) -> None:
    message = "cadastre : « X » ne ressemble assez à aucun choix; les plus proches : Lévis · Laval · Longueuil"
    job_id = insert_job(sql, status="Erreur", error_code="name_not_matched", error_message=message)

    answer = ask(job_id)

    assert answer.sentence == f"Elle est à Erreur (name_not_matched) : {message}"
    assert answer.next_step == (
        "Rien n'a été facturé. Les noms les plus proches au registre sont : Lévis · Laval · Longueuil. Si le premier"
        " est le bon, cette commande l'inscrit et relance la ligne, ce qui peut coûter 1,50 $; sinon, inscrivez celui"
        " qui convient."
    )
    assert answer.command == f"extractor edit {job_id} --cadastre 'Lévis'"


def test_every_reason_is_french(sql: psycopg.Connection, ask: Callable[..., Why], claim: Callable[..., Job]) -> None:
    waiting = insert_job(sql, document_number="7")
    found = [ask(waiting)]
    sql.execute("INSERT INTO bridge_status (bridge_id, host, pid, mode) VALUES ('h-1', 'h', 1, 'listening')")
    found.append(ask(waiting))
    sql.execute("INSERT INTO worker_status (worker_id, status) VALUES ('w-9', 'idle')")
    found.append(ask(waiting))
    for change in (
        "UPDATE extraction_queue SET dispatched_at = now()",
        "UPDATE extraction_queue SET available_at = now() + interval '3 days'",
        "UPDATE source_control SET broken_until = now() + interval '1 h', broken_reason = 'HTTP 503.'",
        "UPDATE source_control SET paused = true, since = now()",
        "UPDATE extraction_queue SET spooled_on = gen_random_uuid(), spooled_until = now() + interval '1 h'",
    ):
        sql.execute(change)
        found.append(ask(waiting))
    sql.execute("UPDATE source_control SET paused = false, broken_until = NULL")
    sql.execute("UPDATE extraction_queue SET status = 'Erreur', error_code = 'paper_only', spooled_on = NULL")
    job = claim()
    found.append(ask(job.id))
    expire_lease(sql, job)
    found.append(ask(job.id))
    done = insert_job(sql, status="Complété", supabase_path="index/a.pdf", completed_at="2026-01-02")
    found.extend([ask(done), ask(waiting)])
    found.append(ask(insert_job(sql), daily_consultation_limit=0))

    assert len({answer.reason for answer in found}) >= 11
    for answer in found:
        assert ENGLISH.search(answer.sentence) is None, answer.sentence
        assert answer.next_step is None or ENGLISH.search(answer.next_step) is None, answer.next_step
