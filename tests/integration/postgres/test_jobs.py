"""The transitions of a row, each against a real database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from extractor.errors import Cancelled, ConsultationLimit, DailyLimit, JobLost
from extractor.models import Account, ClickKind, Document, Job, RowId, Source, Status
from extractor.postgres import database as database_module
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from tests.integration.conftest import LIMITS
from tests.support.jobs import attempt, expire_lease, take
from tests.support.rows import column, insert_job
from tests.support.system import eventually

Claim = Callable[..., Job]


class TestClaim:
    def test_begins_an_attempt_that_only_one_of_many_gets(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account
    ) -> None:
        job_id = insert_job(sql)

        with ThreadPoolExecutor(4) as pool:
            claims = list(
                pool.map(lambda _: jobs.claim(job_id, worker_id="w", account=account, spool_id=None), range(8))
            )

        (job,) = [claim for claim in claims if claim]
        assert (column(sql, job_id, "status"), column(sql, job_id, "attemtps")) == ("En traitement", 1)
        assert column(sql, job_id, "attempt_id") == job.attempt_id
        assert str(attempt(sql, job.attempt_id, "account_id")) == account.id
        assert sql.execute("SELECT count(*) FROM extraction_attempts").fetchone() == (1,)

    def test_is_refused_to_a_holder_whose_account_lease_has_passed(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account
    ) -> None:
        job_id = insert_job(sql)
        sql.execute("UPDATE registry_sessions SET lease_expires_at = now() - interval '1 s'")

        assert jobs.claim(job_id, worker_id="worker-1", account=account, spool_id=None) is None
        assert column(sql, job_id, "attemtps") == 0


class TestFence:
    @pytest.mark.parametrize("write", ["complete", "retry", "snooze", "hold", "renew", "record_consultation"])
    def test_late_worker_cannot_write_about_a_rescued_job(
        self,
        write: str,
        sql: psycopg.Connection,
        jobs: Jobs,
        dispatcher: Dispatcher,
        account: Account,
        claim: Claim,
        document: Document,
    ) -> None:
        # Given a row that was rescued from one worker and claimed by another
        late = claim()
        expire_lease(sql, late)
        dispatcher.rescue()
        current = jobs.claim(late.id, worker_id="worker-2", account=account, spool_id=None)
        assert current is not None
        before = sql.execute("SELECT * FROM extraction_queue").fetchall()
        arguments: dict[str, dict[str, object]] = {
            "complete": {"supabase_path": "index/a.pdf", "document": document},
            "renew": {},
            "record_consultation": {"kind": ClickKind.FORM},
        }

        # When the first one comes back and writes
        with pytest.raises(JobLost):
            getattr(jobs, write)(late, **arguments.get(write, {"error_code": "x", "message": "x"}))

        # Then nothing in the row has changed
        assert sql.execute("SELECT * FROM extraction_queue").fetchall() == before

    def test_click_renews_a_lease_that_has_passed_while_nobody_took_the_row(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim
    ) -> None:
        """A person's open transaction may have kept the heartbeat from the row."""
        job = claim()
        expire_lease(sql, job)

        jobs.record_consultation(job, ClickKind.FORM)

        assert dispatcher.rescue() == []


class TestOutcomes:
    def test_completed_row_says_what_was_stored(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()

        jobs.complete(job, supabase_path="index/a.pdf", document=document)

        names = "status, supabase_path, document_sha256, document_bytes, document_pages, lease_expires_at"
        assert sql.execute(f"SELECT {names} FROM extraction_queue").fetchone() == (
            "Complété", "index/a.pdf", document.sha256, 10, 1, None,
        )  # fmt: skip
        assert attempt(sql, job.attempt_id, "outcome") == "completed"

    def test_retry_uses_attempts_with_growing_backoff_and_ends_in_erreur(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job: Job | None = claim(max_attempts=2)
        assert job is not None

        assert jobs.retry(job, error_code="x", message="once") is Status.WAITING
        wait = sql.execute("SELECT extract(epoch FROM available_at - now()) FROM extraction_queue").fetchone()
        assert wait is not None
        assert 50 < wait[0] <= 60
        assert jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None) is None

        sql.execute("UPDATE extraction_queue SET available_at = now()")
        job = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)
        assert job is not None
        assert jobs.retry(job, error_code="x", message="twice") is Status.FAILED
        assert column(sql, job.id, "error_message") == "twice"

    def test_snooze_gives_the_attempt_back(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        job = claim()

        jobs.snooze(job, error_code="site_closed", message="closed")

        assert (column(sql, job.id, "status"), column(sql, job.id, "attemtps")) == ("En attente", 0)
        assert attempt(sql, job.attempt_id, "outcome") == "snooze"

    def test_person_sends_a_failed_row_again_with_a_plain_update(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job = claim(max_attempts=1)
        jobs.hold(job, error_code="document_not_found", message="inexistante")

        sql.execute("UPDATE extraction_queue SET status = 'En attente'")

        cleared = "attemtps, attempt_id, error_code, error_message, dispatched_at, worker_id, completed_at"
        assert sql.execute(f"SELECT {cleared} FROM extraction_queue").fetchone() == (0, *[None] * 6)
        assert jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None) is not None


class TestMoney:
    def test_row_is_consulted_no_more_often_than_allowed(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job: Job | None = claim()
        for _ in range(LIMITS.max_consultations_per_job):
            assert job is not None
            jobs.record_consultation(job, ClickKind.FORM)
            jobs.record_consultation(job, ClickKind.CONFIRMATION)  # which goes on with the form's consultation
            jobs.retry(job, error_code="document_timeout", message="late")
            sql.execute("UPDATE extraction_queue SET available_at = now()")
            job = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)

        assert job is not None
        with pytest.raises(ConsultationLimit, match="already consulted 2 time"):
            jobs.record_consultation(job, ClickKind.FORM)

    def test_person_allows_one_more_by_the_rows_own_limit(self, jobs: Jobs, claim: Claim) -> None:
        job = claim(max_consultations=0)
        with pytest.raises(ConsultationLimit):
            jobs.record_consultation(job, ClickKind.FORM)

        jobs.record_consultation(claim(max_consultations=1), ClickKind.FORM)

    def test_consultation_that_the_registry_refused_is_not_counted(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()
        jobs.record_consultation(job, ClickKind.FORM)

        jobs.clear_consultation(job, "no such document")

        assert attempt(sql, job.attempt_id, "consultation_at") is None

    def test_day_has_a_limit_over_all_rows(self, sql: psycopg.Connection, database: Database, claim: Claim) -> None:
        limits = replace(LIMITS, daily_consultation_limit=1)
        jobs, dispatcher = Jobs(database, limits), Dispatcher(database, limits)
        jobs.record_consultation(claim(), ClickKind.FORM)

        with pytest.raises(DailyLimit, match="DAILY_CONSULTATION_LIMIT is 1"):
            jobs.record_consultation(claim(), ClickKind.FORM)
        insert_job(sql)
        assert take(dispatcher) == []

    def test_simultaneous_workers_do_not_pass_the_days_limit(self, database: Database, claim: Claim) -> None:
        jobs = Jobs(database, replace(LIMITS, daily_consultation_limit=3))
        claimed = [claim() for _ in range(8)]

        def consult(job: Job) -> bool:
            try:
                jobs.record_consultation(job, ClickKind.FORM)
            except DailyLimit:
                return False
            return True

        with ThreadPoolExecutor(len(claimed)) as threads:
            assert sum(threads.map(consult, claimed)) == 3

    def test_days_limit_lets_the_row_wait_until_tomorrow(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()

        jobs.snooze(job, error_code="daily_limit", message="spent", until_tomorrow=True)

        waits = sql.execute("SELECT available_at = registry_tomorrow() FROM extraction_queue").fetchone()
        assert waits == (True,)


class TestCancel:
    def test_running_row_stops_before_its_consultation(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        job = claim()
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()")

        with pytest.raises(Cancelled):
            jobs.record_consultation(job, ClickKind.FORM)

    def test_paid_document_is_kept_and_the_row_says_so(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        jobs.record_consultation(job, ClickKind.FORM)
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()")

        jobs.complete(job, supabase_path="index/a.pdf", document=document)

        assert column(sql, job.id, "status") == "Complété"
        assert column(sql, job.id, "error_code") == "cancelled_late"

    def test_cancelled_row_does_not_wait_again(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        job = claim()
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()")

        jobs.retry(job, error_code="registry_message", message="?")

        assert (column(sql, job.id, "status"), column(sql, job.id, "error_code")) == ("Erreur", "cancelled")


class TestSnooze:
    def test_rows_that_are_given_back_too_often_in_a_day_are_held(
        self, sql: psycopg.Connection, database: Database, account: Account, claim: Claim
    ) -> None:
        jobs = Jobs(database, replace(LIMITS, max_snoozes_per_day=3))
        job: Job | None = claim()
        outcomes = []
        while job is not None:
            outcomes.append(jobs.snooze(job, error_code="session_expired", message="again"))
            sql.execute("UPDATE extraction_queue SET available_at = now()")
            job = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)

        assert outcomes == ["En attente", "En attente", "Erreur"]

    def test_each_further_one_waits_longer(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        job: Job | None = claim()
        waits = []
        for _ in range(3):
            assert job is not None
            jobs.snooze(job, error_code="site_unavailable", message="503")
            rows = sql.execute("SELECT round(extract(epoch FROM available_at - updated_at)) FROM extraction_queue")
            waits += [seconds for (seconds,) in rows]
            sql.execute("UPDATE extraction_queue SET available_at = now()")
            job = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)

        assert waits == [60, 120, 240]


class TestReturn:
    def test_row_waits_as_if_it_had_never_been_claimed(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim
    ) -> None:
        job = claim()

        assert jobs.return_job(job)

        assert (column(sql, job.id, "status"), column(sql, job.id, "attemtps")) == ("En attente", 0)
        assert attempt(sql, job.attempt_id, "outcome") == "returned"
        assert take(dispatcher) == [job.id]

    def test_row_whose_consultation_is_being_recorded_is_not_returned(
        self, sql: psycopg.Connection, database_url: str, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()
        with psycopg.connect(database_url) as recording, ThreadPoolExecutor(1) as threads:
            recording.execute("SELECT FROM extraction_queue FOR UPDATE")
            recording.execute("UPDATE extraction_attempts SET consultation_at = now()")
            returned = threads.submit(jobs.return_job, job)
            eventually(
                lambda: sql.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (1,),
                "it waits for the row",
                seconds=10,
            )
            recording.commit()
            assert not returned.result(10)

        assert column(sql, job.id, "status") == "En traitement"

    def test_row_that_is_perhaps_charged_is_not_returned(self, jobs: Jobs, claim: Claim) -> None:
        job = claim()
        jobs.record_consultation(job, ClickKind.FORM)

        assert not jobs.return_job(job)


class TestSpool:
    SPOOL = UUID(int=7)

    def test_bought_document_is_sent_to_its_spool_and_needs_neither_account_nor_site(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim, document: Document
    ) -> None:
        job = self._bought(jobs, claim, document)
        jobs.record_site_failure(Source.INDEX, reason="closed", threshold=1)
        sql.execute("UPDATE extraction_queue SET available_at = now()")

        assert take(dispatcher) == []
        with dispatcher.dispatch_spooled(limit=5) as spooled:
            assert [(row.id, row.spool_id) for row in spooled] == [(job.id, self.SPOOL)]
        assert jobs.claim(job.id, worker_id="w-2", account=None, spool_id=UUID(int=8)) is None
        assert jobs.claim(job.id, worker_id="w-1", account=None, spool_id=self.SPOOL) is not None

    def test_after_the_bound_any_worker_may_take_it(
        self,
        sql: psycopg.Connection,
        jobs: Jobs,
        dispatcher: Dispatcher,
        account: Account,
        claim: Claim,
        document: Document,
    ) -> None:
        job = self._bought(jobs, claim, document)
        sql.execute("UPDATE extraction_queue SET available_at = now()")
        assert jobs.claim(job.id, worker_id="w-2", account=account, spool_id=None) is None

        sql.execute("UPDATE extraction_queue SET spooled_until = now()")

        assert take(dispatcher) == [job.id]
        assert jobs.claim(job.id, worker_id="w-2", account=account, spool_id=None) is not None

    def test_spool_without_the_document_lets_the_row_go(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim, document: Document
    ) -> None:
        job = self._bought(jobs, claim, document)
        sql.execute("UPDATE extraction_queue SET available_at = now()")

        jobs.forget_spool(job.id, self.SPOOL)

        assert take(dispatcher) == [job.id]

    def test_running_row_keeps_its_spool(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        jobs.record_document(job, document, spool_id=self.SPOOL)

        jobs.forget_spool(job.id, self.SPOOL)

        assert column(sql, job.id, "spooled_on") == self.SPOOL

    def _bought(self, jobs: Jobs, claim: Claim, document: Document) -> Job:
        job = claim()
        jobs.record_consultation(job, ClickKind.FORM)
        jobs.record_document(job, document, spool_id=self.SPOOL)
        jobs.snooze(job, error_code="storage", message="500")
        return job


class TestOutage:
    @pytest.mark.parametrize("read", ["find_equal", "paid_address", "document_hashes"])
    def test_read_costs_no_attempt_when_the_server_ended_the_connection_a_moment_ago(
        self, read: str, sql: psycopg.Connection, database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = claim()
        jobs = Jobs(database, replace(LIMITS, reuse_days=1))
        # The server's goodbye has not arrived when the pool looks for it.
        monkeypatch.setattr(database_module, "_has_said_something", lambda _connection: False)
        sql.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"  # waits for their end
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        assert not getattr(jobs, read)(job)


class TestReuse:
    def test_equal_rows_are_claimed_one_after_the_other_and_find_the_first_ones_document(
        self, sql: psycopg.Connection, database: Database, account: Account, document: Document
    ) -> None:
        jobs = Jobs(database, replace(LIMITS, reuse_days=1))
        rows = [insert_job(sql, document_number=number) for number in ("2 784 195", "2784195")]

        def claim(job_id: RowId) -> Job | None:
            return jobs.claim(job_id, worker_id="w", account=account, spool_id=None)

        with ThreadPoolExecutor(2) as threads:
            first, *others = [job for job in threads.map(claim, rows) if job]
        assert not others

        assert jobs.find_equal(first) is None
        jobs.complete(first, supabase_path="index/a.pdf", document=document)
        (other,) = set(rows) - {first.id}
        second = claim(other)
        assert second is not None
        equal = jobs.find_equal(second)
        assert equal is not None
        assert equal.supabase_path == "index/a.pdf"
