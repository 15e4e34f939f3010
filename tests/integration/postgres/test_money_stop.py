"""The stop when money brings nothing: a source whose consultations brought no document is paused for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from extractor import operations
from extractor.errors import SourceStopped
from extractor.models import Account, ClickKind, Document, Job, Source
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from tests.integration.conftest import LIMITS
from tests.support.jobs import attempt, expire_lease, take
from tests.support.rows import insert_job

Claim = Callable[..., Job]

FORM = ClickKind.FORM
SPOOL = UUID(int=7)


def spend_in_vain(jobs: Jobs, job: Job, evidence: str | None = "/evidence/x") -> None:
    """An attempt that is perhaps charged and brings nothing, as `attempt.py` ends it."""
    jobs.record_consultation(job, FORM)
    jobs.retry(job, error_code="document_timeout", message="No document came.")
    jobs.note_attempt(job, steps=[], evidence_path=evidence)
    jobs.stop_when_money_brings_nothing(job.source)


def stopped(sql: psycopg.Connection) -> list[tuple[str, str]]:
    return sql.execute("SELECT document_source, paused_by FROM source_control WHERE paused ORDER BY 1").fetchall()


def test_two_workers_count_together_and_the_reason_names_the_last_row(
    sql: psycopg.Connection, database: Database, account: Account, claim: Claim
) -> None:
    one, other = (Jobs(database, replace(LIMITS, paid_without_document_limit=3)) for _ in range(2))
    spend_in_vain(one, claim())
    spend_in_vain(other, claim())
    assert stopped(sql) == []

    last = claim()
    spend_in_vain(one, last)

    assert stopped(sql) == [("index", "extractor")]
    row = sql.execute("SELECT reason FROM source_control WHERE paused").fetchone()
    assert row is not None
    for told in ("3 consultations in a row", f"row {last.id}", "document_timeout: No document came", "/evidence/x",
                 "worker-1", "`extractor spend`", f"`extractor show {last.id}`"):  # fmt: skip
        assert told in row[0]
    assert one.claim(insert_job(sql), worker_id="w", account=account, spool_id=None) is None


def test_reason_of_an_attempt_without_evidence_names_none(
    sql: psycopg.Connection, database: Database, claim: Claim
) -> None:
    spend_in_vain(Jobs(database, replace(LIMITS, paid_without_document_limit=1)), claim(), evidence=None)

    row = sql.execute("SELECT reason FROM source_control WHERE paused").fetchone()
    assert row is not None
    assert "(document_timeout: No document came). Compare" in row[0]


def test_row_that_is_before_its_click_makes_it_no_more(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    running = claim()
    for _ in range(3):
        spend_in_vain(jobs, claim())

    with pytest.raises(SourceStopped, match=r"until a person resumes it\. 3 consultations in a row"):
        jobs.record_consultation(running, FORM)

    assert attempt(sql, running.attempt_id, "consultation_at") is None


def test_row_of_a_source_that_a_person_paused_is_finished(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    running = claim()
    sql.execute("UPDATE source_control SET paused = true")

    jobs.record_consultation(running, FORM)


def test_document_ends_the_count(sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document) -> None:
    for _ in range(2):
        spend_in_vain(jobs, claim())
    job = claim()
    jobs.record_consultation(job, FORM)
    jobs.record_document(job, document, spool_id=SPOOL)
    jobs.snooze(job, error_code="storage", message="500")
    jobs.stop_when_money_brings_nothing(Source.INDEX)
    for _ in range(2):
        spend_in_vain(jobs, claim())

    assert stopped(sql) == []


def test_what_was_free_or_is_in_progress_is_not_counted(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    for _ in range(2):
        spend_in_vain(jobs, claim())
    jobs.record_consultation(claim(), FORM)
    free = claim()
    jobs.record_consultation(free, FORM)
    jobs.clear_consultation(free, "no such document")
    jobs.hold(free, error_code="document_not_found", message="Inexistante")

    jobs.stop_when_money_brings_nothing(Source.INDEX)

    assert stopped(sql) == []


def test_sources_are_counted_apart(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    spend_in_vain(jobs, claim(document_source="acte", acte_type="Acte"))
    for _ in range(2):
        spend_in_vain(jobs, claim())

    assert stopped(sql) == []


def test_two_consultations_of_one_attempt_count_twice(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    first = claim()
    jobs.record_consultation(first, FORM)
    spend_in_vain(jobs, first)
    spend_in_vain(jobs, claim())

    assert stopped(sql) == [("index", "extractor")]


def test_dead_worker_is_counted_by_the_bridge_that_rescues_its_row(
    sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim
) -> None:
    for _ in range(2):
        spend_in_vain(jobs, claim())
    lost = claim()
    jobs.record_consultation(lost, FORM)
    expire_lease(sql, lost)

    assert dispatcher.rescue() == [lost.id]

    assert stopped(sql) == [("index", "extractor")]
    assert take(dispatcher) == []


def test_person_who_resumes_begins_the_count_again(
    sql: psycopg.Connection, database: Database, jobs: Jobs, claim: Claim
) -> None:
    for _ in range(3):
        spend_in_vain(jobs, claim())

    operations.resume(database, [Source.INDEX])

    for _ in range(2):
        spend_in_vain(jobs, claim())
    assert stopped(sql) == []
    spend_in_vain(jobs, claim())
    assert stopped(sql) == [("index", "extractor")]


def test_words_of_a_person_who_paused_stay(sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
    claimed = [claim() for _ in range(3)]
    sql.execute("UPDATE source_control SET paused = true, paused_by = 'marie', reason = 'audit'")

    for job in claimed:
        spend_in_vain(jobs, job)

    assert set(stopped(sql)) == {(source, "marie") for source in Source}


def test_limit_of_zero_stops_nothing(sql: psycopg.Connection, database: Database, claim: Claim) -> None:
    jobs = Jobs(database, replace(LIMITS, paid_without_document_limit=0))
    for _ in range(5):
        spend_in_vain(jobs, claim())

    assert stopped(sql) == []
