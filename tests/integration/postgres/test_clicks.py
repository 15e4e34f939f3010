"""The ledger of clicks: every click that may be charged is a row, and nothing but its own page takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from extractor.errors import AccountLost, Cancelled, ConsultationLimit, DailyLimit, JobLost
from extractor.models import Account, ClickKind, Document, Job
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from tests.integration.conftest import LIMITS
from tests.support.jobs import attempt, expire_lease

Claim = Callable[..., Job]

FORM, PLAN, CONFIRMATION, CONTINUE = ClickKind.FORM, ClickKind.PLAN, ClickKind.CONFIRMATION, ClickKind.CONTINUE
SPOOL = UUID(int=7)


def ledger(sql: psycopg.Connection, columns: str = "consultation, kind, why_free") -> list[tuple[object, ...]]:
    return sql.execute(f"SELECT {columns} FROM extraction_clicks ORDER BY id").fetchall()


def again(sql: psycopg.Connection, jobs: Jobs, job: Job, account: Account) -> Job:
    """The next attempt of a row whose attempt ended without a document."""
    jobs.retry(job, error_code="document_timeout", message="No document came.")
    sql.execute("UPDATE extraction_queue SET available_at = now() WHERE id = %s", [job.id])
    next_one = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)
    assert next_one is not None
    return next_one


class TestClicks:
    def test_each_is_a_row_and_those_up_to_the_document_are_one_consultation(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job = claim()

        for kind in (FORM, PLAN, CONTINUE, CONFIRMATION):
            jobs.record_consultation(job, kind)

        assert ledger(sql) == [(1, kind, None) for kind in ("form", "plan", "continue", "confirmation")]
        told = "attempt_id, job_id::text, document_source, account_id::text, clicked_at IS NOT NULL"
        assert set(ledger(sql, told)) == {(job.attempt_id, job.id, "index", account.id, True)}

    def test_form_sent_again_is_another_consultation(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        job = claim()

        for kind in (FORM, FORM, CONFIRMATION):
            jobs.record_consultation(job, kind)

        assert ledger(sql) == [(1, "form", None), (2, "form", None), (2, "confirmation", None)]

    def test_only_the_last_one_is_found_free(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)
        jobs.record_consultation(job, CONFIRMATION)

        jobs.clear_consultation(job, "the registry answered: Inexistante")
        jobs.clear_consultation(job, "said again by a write that was repeated")

        assert ledger(sql) == [(1, "form", None), (1, "confirmation", "the registry answered: Inexistante")]
        (moment,) = ledger(sql, "clicked_at")[0]
        assert attempt(sql, job.attempt_id, "consultation_at") == moment

    def test_earlier_attempts_stay_charged_whatever_a_later_one_finds_free(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        first = claim()
        jobs.record_consultation(first, FORM)
        second = again(sql, jobs, first, account)
        jobs.record_consultation(second, FORM)

        jobs.clear_consultation(second, "no such document")

        assert ledger(sql, "attempt_id, free_at IS NULL") == [(first.attempt_id, True), (second.attempt_id, False)]
        assert attempt(sql, first.attempt_id, "consultation_at") is not None
        assert attempt(sql, second.attempt_id, "consultation_at") is None

    def test_row_and_account_may_go_and_the_ledger_stays(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        jobs.record_consultation(claim(), FORM)

        sql.execute("DELETE FROM extraction_queue")
        sql.execute("DELETE FROM worker_accounts")

        assert len(ledger(sql)) == 1


class TestLimits:
    def test_one_consultation_may_take_several_clicks_and_never_a_second_form(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim(max_consultations=1)
        for kind in (FORM, PLAN, CONFIRMATION):
            jobs.record_consultation(job, kind)

        with pytest.raises(ConsultationLimit, match="already consulted 1 time"):
            jobs.record_consultation(job, FORM)

        assert len(ledger(sql)) == 3

    def test_form_that_was_free_may_be_sent_again(self, jobs: Jobs, claim: Claim) -> None:
        job = claim(max_consultations=1)
        for _ in range(3):
            jobs.record_consultation(job, FORM)
            jobs.clear_consultation(job, "no such document")

        jobs.record_consultation(job, FORM)

    def test_what_an_attempt_that_never_ended_clicked_is_counted(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job = claim(max_consultations=1)
        jobs.record_consultation(job, FORM)
        # A person takes the row from its worker while it runs
        sql.execute("UPDATE extraction_queue SET status = 'Erreur', lease_expires_at = NULL")
        sql.execute("UPDATE extraction_queue SET status = 'En attente'")
        later = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)
        assert later is not None
        assert attempt(sql, job.attempt_id, "finished_at") is None

        with pytest.raises(ConsultationLimit):
            jobs.record_consultation(later, FORM)

    def test_day_counts_consultations_and_no_clicks(self, database: Database, claim: Claim) -> None:
        jobs = Jobs(database, replace(LIMITS, daily_consultation_limit=2))
        for _ in range(2):
            job = claim()
            for kind in (FORM, CONFIRMATION):
                jobs.record_consultation(job, kind)

        with pytest.raises(DailyLimit, match="2 consultations were made today"):
            jobs.record_consultation(claim(), FORM)

    def test_consultation_that_is_perhaps_charged_goes_on_whatever_came_meanwhile(
        self, sql: psycopg.Connection, database: Database, claim: Claim
    ) -> None:
        jobs = Jobs(database, replace(LIMITS, daily_consultation_limit=1))
        job = claim()
        jobs.record_consultation(job, FORM)
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()")
        sql.execute("UPDATE source_control SET paused = true, money_stopped = true")
        sql.execute("INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
                    " VALUES (%s, 'acte', 'w', now())", [uuid4()])  # fmt: skip

        jobs.record_consultation(job, CONFIRMATION)

        sql.execute("UPDATE registry_sessions SET lease_expires_at = now()")
        with pytest.raises(AccountLost):
            jobs.record_consultation(job, CONFIRMATION)

    def test_consultation_whose_clicks_were_free_stops_like_one_that_has_none(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)
        jobs.clear_consultation(job, "the registry asked before it sells")
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()")

        with pytest.raises(Cancelled):
            jobs.record_consultation(job, CONFIRMATION)


class TestDocument:
    def test_every_click_of_its_consultation_that_is_not_free_brought_it(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)  # another consultation
        for kind in (FORM, PLAN):
            jobs.record_consultation(job, kind)
        jobs.clear_consultation(job, "the registry asked before it sells")
        jobs.record_consultation(job, CONFIRMATION)

        jobs.record_document(job, document, spool_id=SPOOL)

        assert ledger(sql, "consultation, kind, document_saved_at IS NOT NULL") == [
            (1, "form", False), (2, "form", True), (2, "plan", False), (2, "confirmation", True),
        ]  # fmt: skip

    def test_document_that_a_later_attempt_finds_was_brought_by_the_click_before(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim, document: Document
    ) -> None:
        first = claim()
        jobs.record_consultation(first, FORM)
        second = again(sql, jobs, first, account)

        jobs.record_document(second, document, spool_id=SPOOL)

        assert ledger(sql, "attempt_id, document_saved_at IS NOT NULL") == [(first.attempt_id, True)]

    def test_an_attempt_that_stood_still_marks_no_click_of_a_later_one(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim, document: Document
    ) -> None:
        late = claim()
        jobs.record_consultation(late, FORM)
        late_again = again(sql, jobs, late, account)
        jobs.record_consultation(late_again, FORM)

        with pytest.raises(JobLost):
            jobs.record_document(late, document, spool_id=SPOOL)
        jobs.record_upload(late, supabase_path="index/1.pdf", document=document)
        jobs.clear_consultation(late_again, "the registry answered: Inexistante")

        told = "attempt_id, document_saved_at IS NOT NULL, free_at IS NOT NULL"
        assert ledger(sql, told) == [(late.attempt_id, True, False), (late_again.attempt_id, False, True)]

    def test_upload_says_so_when_a_crash_kept_the_spool_from_saying_it(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim, document: Document
    ) -> None:
        first = claim()
        jobs.record_consultation(first, FORM)
        second = again(sql, jobs, first, account)

        jobs.record_upload(second, supabase_path="index/a.pdf", document=document)

        assert ledger(sql, "document_saved_at IS NOT NULL") == [(True,)]
        assert attempt(sql, second.attempt_id, "supabase_path") == "index/a.pdf"

    def test_click_that_brought_one_is_never_free(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)
        jobs.record_document(job, document, spool_id=SPOOL)

        jobs.clear_consultation(job, "a page that came too late")

        assert ledger(sql) == [(1, "form", None)]
        assert attempt(sql, job.attempt_id, "consultation_at") is not None


class TestAddress:
    def test_it_is_that_of_the_last_click_which_is_perhaps_charged_and_brought_nothing(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim, document: Document
    ) -> None:
        first = claim()
        jobs.record_consultation(first, FORM)
        assert jobs.paid_address(first) is None
        jobs.note_address(first, "https://site/1")
        second = again(sql, jobs, first, account)
        jobs.record_consultation(second, FORM)
        jobs.note_address(second, "https://site/2")
        jobs.clear_consultation(second, "no such document")

        assert jobs.paid_address(second) == "https://site/1"
        jobs.record_document(second, document, spool_id=SPOOL)
        assert jobs.paid_address(second) is None


class TestLease:
    """LIMITS: a lease is 60 s, the document's bound 300 s."""

    def test_it_covers_the_wait_for_the_document_and_no_beat_shortens_it(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)

        jobs.renew(job)

        assert 290 < lease(sql, job) <= 300
        # Postgres was away for longer than a lease, and the bridge came back first
        sql.execute("UPDATE extraction_queue SET lease_expires_at = lease_expires_at - interval '200 s'")
        assert dispatcher.rescue() == []

    @pytest.mark.parametrize("end", ["free", "document"])
    def test_it_is_an_ordinary_one_once_there_is_nothing_to_wait_for(
        self, end: str, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)

        if end == "free":
            jobs.clear_consultation(job, "no such document")
        else:
            jobs.record_document(job, document, spool_id=SPOOL)

        assert lease(sql, job) <= 60

    def test_it_stays_long_while_an_earlier_click_stands(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()
        jobs.record_consultation(job, FORM)
        jobs.record_consultation(job, CONTINUE)

        jobs.clear_consultation(job, "the click never reached the registry")

        assert lease(sql, job) > 290

    def test_free_click_of_a_late_worker_leaves_the_lease_of_the_row_s_new_holder(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, account: Account, claim: Claim
    ) -> None:
        late = claim()
        jobs.record_consultation(late, FORM)
        expire_lease(sql, late)
        dispatcher.rescue()
        assert jobs.claim(late.id, worker_id="worker-2", account=account, spool_id=None) is not None
        sql.execute("UPDATE extraction_queue SET lease_expires_at = now() + interval '1 hour'")

        jobs.clear_consultation(late, "no such document")

        assert lease(sql, late) > 3000


def lease(sql: psycopg.Connection, job: Job) -> float:
    row = sql.execute(
        "SELECT extract(epoch FROM lease_expires_at - now())::float FROM extraction_queue WHERE id = %s", [job.id]
    ).fetchone()
    assert row is not None
    seconds: float = row[0]
    return seconds
