"""What a person reads, over a real database; plain SQL puts it into each state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from extractor import reports
from extractor.models import ClickKind, Document, Job, RowId
from extractor.postgres.database import Database
from extractor.postgres.jobs import Jobs
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports import Reason, Why
from extractor.settings import Settings
from extractor.words import duration
from tests.support.jobs import expire_lease
from tests.support.rows import insert_account, insert_job, record_clicks

Claim = Callable[..., Job]


def insert_worker(sql: psycopg.Connection, name: str = "worker-1-1", **columns: object) -> None:
    row = {"worker_id": name, "status": "idle"} | columns
    sql.execute(f"INSERT INTO worker_status ({', '.join(row)}) VALUES ({', '.join(f'%({key})s' for key in row)})", row)


def insert_bridge(sql: psycopg.Connection) -> None:
    sql.execute("INSERT INTO bridge_status (bridge_id, host, pid, mode) VALUES ('h-1', 'h', 1, 'listening')")


def insert_attempt(sql: psycopg.Connection, job_id: RowId, **columns: object) -> None:
    row = {"job_id": job_id, "document_source": "index", "worker_id": "worker-1-1"} | columns
    sql.execute(
        f"INSERT INTO extraction_attempts ({', '.join(row)}) VALUES ({', '.join(f'%({key})s' for key in row)})", row
    )
    record_clicks(sql)


class TestOverview:
    def test_counts_rows_workers_accounts_and_money(
        self, sql: psycopg.Connection, database: Database, settings: Settings
    ) -> None:
        for status in ("En attente", "En attente", "Erreur", "Complété"):
            insert_job(sql, status=status)
        sql.execute("UPDATE extraction_queue SET created_at = now() - interval '2 h'")
        insert_job(sql, document_source="acte", acte_type="Acte")
        insert_worker(sql, "idle")
        insert_worker(sql, "gone", status="offline", last_heartbeat="2020-01-01")
        insert_worker(sql, "dead", status="busy", last_heartbeat="2020-01-01")
        insert_account(sql, "99X0001")
        insert_account(sql, "99X0002", resting_until="2999-01-01")
        insert_account(sql, "99X0003", is_active=False, failure_count=3)
        insert_account(sql, "99X0004", password="sealed:v1:another:x")
        insert_bridge(sql)
        sql.execute(
            "UPDATE source_control SET paused = true, paused_by = 'marie', reason = 'audit', since = now()"
            " WHERE document_source = 'acte'"
        )
        sql.execute(
            "UPDATE source_control SET broken_until = now() + interval '1 h', broken_reason = 'HTTP 503'"
            " WHERE document_source = 'index'"
        )
        insert_attempt(sql, str(uuid4()), consultation_at=datetime.now(UTC))

        overview = reports.overview(database, Viewpoint.of(settings))

        acte, index, plan = overview.sources
        assert (index.source, index.waiting, index.running, index.completed, index.failed) == ("index", 2, 0, 1, 1)
        assert index.oldest_waiting_seconds == pytest.approx(7200, abs=60)
        assert (index.broken_reason, index.broken_until is not None, index.is_probed) == ("HTTP 503", True, False)
        assert (acte.waiting, acte.paused, acte.paused_by, acte.reason) == (1, True, "marie", "audit")
        assert (plan.waiting, plan.oldest_waiting_seconds) == (0, None)
        assert overview.workers == {"idle": 1, "offline": 1, "silent": 1}
        assert overview.accounts == {"usable": 1, "resting": 1, "disabled": 1, "sealed": 1}
        assert [bridge.state for bridge in overview.bridges] == ["listening"]
        assert (overview.spent_today.consultations, overview.spent_today.dollars) == (1, Decimal("1.50"))

    @pytest.mark.parametrize(("limit", "is_spent"), [(None, False), (2, False), (1, True)])
    def test_day_whose_limit_is_reached_is_named(
        self,
        limit: int | None,
        is_spent: bool,
        sql: psycopg.Connection,
        database: Database,
        settings: Settings,
    ) -> None:
        insert_attempt(sql, str(uuid4()), consultation_at=datetime.now(UTC))
        limited = settings.model_copy(update={"daily_consultation_limit": limit})

        overview = reports.overview(database, Viewpoint.of(limited))

        assert (overview.daily_consultation_limit, overview.is_day_spent) == (limit, is_spent)

    def test_counts_the_rows_that_will_probably_be_refused(
        self, sql: psycopg.Connection, database: Database, settings: Settings
    ) -> None:
        doubts = {"doubt": "will probably be refused", "doubted_key": "index|2784195|montréal|cadastre du québec||"}
        insert_job(sql, **doubts)
        insert_job(sql, **doubts, status="Erreur")
        insert_job(sql)

        assert reports.overview(database, Viewpoint.of(settings)).doubtful == 1

    def test_rows_of_an_unknown_source_are_counted_too(self, sql: psycopg.Connection, database: Database) -> None:
        insert_job(sql, document_source="vente", status="Erreur")

        assert [(source.source, source.failed) for source in reports.sources(database)] == [
            ("acte", 0), ("index", 0), ("plan_cadastraux", 0), ("vente", 1)
        ]  # fmt: skip


class TestSpending:
    def test_sums_by_account_and_source_and_names_what_was_paid_twice(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        twice, once = insert_job(sql), insert_job(sql)
        account = insert_account(sql, "99X0001")
        now, long_ago = datetime.now(UTC), datetime(2020, 1, 1, tzinfo=UTC)
        insert_attempt(
            sql, twice, account_id=account, consultation_at=long_ago, outcome="retry", error_code="document_timeout",
            message="No document came.",
        )  # fmt: skip
        insert_attempt(sql, twice, account_id=(deleted := uuid4()), consultation_at=now, outcome="completed")
        gone = f"(deleted {str(deleted)[:8]})"
        insert_attempt(sql, once, account_id=account, consultation_at=now, document_source="acte")
        insert_attempt(sql, once, account_id=account)

        spending = reports.spending(database)

        total = spending.total
        assert [cost.consultations for cost in (total.today, total.this_month, total.ever)] == [2, 2, 3]
        assert total.ever.dollars == Decimal("4.50")
        assert {costs.name: costs.ever.consultations for costs in spending.by_account} == {"99•••01": 2, gone: 1}
        assert {costs.name: costs.today.consultations for costs in spending.by_source} == {"acte": 1, "index": 1}
        assert spending.twice_rows == 1
        (paid,) = spending.twice
        assert (paid.job_id, paid.document_number) == (twice, "2 784 195")
        assert [(attempt.account, attempt.error_code, attempt.message) for attempt in paid.attempts] == [
            ("99•••01", "document_timeout", "No document came."),
            (gone, None, None),
        ]


class TestClicks:
    def test_each_says_in_plain_words_what_came_of_it(
        self, database: Database, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        self._click(jobs, job, ClickKind.FORM, "the registry asked before it sells (confirmation)")
        jobs.record_consultation(job, ClickKind.CONFIRMATION)
        running = self._told(database, job)
        jobs.record_document(job, document, spool_id=uuid4())
        saved = self._told(database, job)
        jobs.record_upload(job, supabase_path="index/a.pdf", document=document)
        stored = self._told(database, job)
        late = claim()
        jobs.record_consultation(late, ClickKind.FORM)
        jobs.retry(late, error_code="document_timeout", message="No document came.")

        free = "form: free: the registry asked before it sells (confirmation)"
        assert running == [free, "confirmation: perhaps paid, in progress"]
        assert saved == [free, "confirmation: paid, document on the worker's disk"]
        assert stored == [free, "confirmation: paid, document stored"]
        assert self._told(database, late) == ["form: perhaps paid, no document"]
        latest = reports.spending(database).latest
        assert [(click.job_id, click.account) for click in latest] == [
            (job.id, "99•••01"), (job.id, "99•••01"), (late.id, "99•••01"),
        ]  # fmt: skip

    def test_lines_of_a_period_say_the_same(
        self, database: Database, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        job = claim()
        told = []
        steps: tuple[Callable[[], object], ...] = (
            lambda: jobs.record_consultation(job, ClickKind.FORM),
            lambda: jobs.record_document(job, document, spool_id=uuid4()),
            lambda: jobs.record_upload(job, supabase_path="index/a.pdf", document=document),
        )
        for step in steps:
            step()
            (consultation,) = reports.spending_between(database, None, None).consultations
            told.append((f"form: {consultation.what_came}", *self._told(database, job)))
        late = claim()
        jobs.record_consultation(late, ClickKind.FORM)
        jobs.retry(late, error_code="document_timeout", message="No document came.")
        *_, consultation = reports.spending_between(database, None, None).consultations

        assert [of_period for of_period, _ in told] == [of_click for _, of_click in told]
        assert len(set(told)) == 3
        assert consultation.what_came == "perhaps paid, no document"

    def test_of_one_attempt_those_of_two_consultations_are_paid_twice(
        self, database: Database, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()
        for kind in (ClickKind.FORM, ClickKind.FORM, ClickKind.CONFIRMATION):
            jobs.record_consultation(job, kind)

        spending = reports.spending(database)

        assert (spending.total.ever.consultations, spending.total.ever.dollars) == (2, Decimal("3.00"))
        (twice,) = spending.twice
        assert [(paid.attempt_id, paid.consultation) for paid in twice.attempts] == [
            (job.attempt_id, 1), (job.attempt_id, 2),
        ]  # fmt: skip
        assert reports.spent_today(database) == spending.total.today

    def _click(self, jobs: Jobs, job: Job, kind: ClickKind, why_free: str) -> None:
        jobs.record_consultation(job, kind)
        jobs.clear_consultation(job, why_free)

    def _told(self, database: Database, job: Job) -> list[str]:
        history = reports.history(database, job.id)
        assert history is not None
        (attempt,) = history.attempts
        return [f"{click.kind}: {click.what_came}" for click in attempt.clicks]


class TestRows:
    def test_row_of_an_older_table_has_the_defaults_that_apply(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        sql.execute("ALTER TABLE extraction_queue ALTER attemtps DROP NOT NULL, ALTER max_attempts DROP NOT NULL")
        job_id = insert_job(sql)
        sql.execute("UPDATE extraction_queue SET attemtps = NULL, max_attempts = NULL")

        found = [reports.find_row(database, job_id), *reports.list_rows(database, reports.Filter(), limit=2)]

        assert [row and (row.id, row.attempts, row.max_attempts) for row in found] == 2 * [(job_id, 0, 3)]


class TestHistory:
    def test_shows_the_row_and_each_attempt_with_a_masked_account(
        self, sql: psycopg.Connection, database: Database, claim: Claim
    ) -> None:
        job = claim(priority=2)
        sql.execute(
            "UPDATE extraction_attempts SET supabase_path = 'index/a.pdf', evidence_path = '/evidence/a',"
            """ steps = '[{"seconds": 0.5, "step": "form filled"}]'"""
        )
        insert_attempt(sql, job.id, outcome="completed", finished_at=datetime.now(UTC))

        history = reports.history(database, job.id)

        assert history is not None
        assert (history.row.id, history.row.status, history.row.priority) == (job.id, "En traitement", 2)
        first, second = history.attempts
        assert (first.id, first.account, first.evidence_path) == (job.attempt_id, "99•••01", "/evidence/a")
        assert first.supabase_path == "index/a.pdf"
        assert [(step.seconds, step.step) for step in first.steps] == [(0.5, "form filled")]
        assert (first.finished_at, second.account, second.outcome) == (None, None, "completed")

    def test_missing_row_is_none(self, database: Database, settings: Settings) -> None:
        assert reports.history(database, str(uuid4())) is None
        assert reports.why(database, str(uuid4()), Viewpoint.of(settings)) is None


class TestWhy:
    """Each test adds one thing that the row waits for, most of them to a system that could run it."""

    @pytest.fixture
    def job_id(self, sql: psycopg.Connection) -> RowId:
        """A row that waits for nothing: there are a bridge, an account, and an idle worker with another account."""
        insert_bridge(sql)
        insert_account(sql, "99X0008")
        insert_worker(sql, account_id=insert_account(sql, "99X0009"))
        return insert_job(sql)

    @pytest.fixture
    def ask(self, database: Database, settings: Settings, job_id: RowId) -> Callable[..., Why]:
        def ask_about(job: RowId = job_id, **changed: object) -> Why:
            answer = reports.why(database, job, Viewpoint.of(settings.model_copy(update=changed)))
            assert answer is not None
            return answer

        return ask_about

    def test_finished_rows(self, sql: psycopg.Connection, ask: Callable[..., Why]) -> None:
        done = ask(insert_job(sql, status="Complété", supabase_path="index/a.pdf", completed_at="2026-01-02 03:04Z"))
        failed = ask(insert_job(sql, status="Erreur", error_code="paper_only", error_message="On paper."))
        cancelled = ask(insert_job(sql, status="Erreur", error_code="cancelled", error_message="Cancelled by marie."))

        assert (done.reason, done.command) == (Reason.COMPLETED, None)
        assert done.sentence.endswith(": its document is at index/a.pdf.")
        assert failed.reason is Reason.STOPPED
        assert failed.sentence == "It stopped at Erreur (paper_only): On paper."
        assert failed.next_step is not None
        assert failed.next_step.startswith("Nothing was charged, and to send it again helps nothing")
        assert (failed.command, done.next_step) == (None, None)
        assert (cancelled.reason, cancelled.sentence) == (Reason.CANCELLED, "It was cancelled: Cancelled by marie.")

    def test_running_rows(self, sql: psycopg.Connection, claim: Claim, ask: Callable[..., Why]) -> None:
        job = claim()
        running = ask(job.id)
        sql.execute("UPDATE extraction_queue SET cancel_requested_at = now() WHERE id = %s", [job.id])
        cancelled = ask(job.id)
        expire_lease(sql, job)
        lost = ask(job.id)

        assert running.reason is Reason.RUNNING
        assert running.sentence.startswith("It is running: worker-1 has it since ")
        assert running.sentence.endswith("attempt 1 of 3.")
        assert cancelled.reason is Reason.CANCEL_REQUESTED
        assert lost.reason is Reason.WORKER_LOST

    def test_row_that_a_person_or_the_site_stops(self, sql: psycopg.Connection, ask: Callable[..., Why]) -> None:
        sql.execute(
            "UPDATE source_control SET broken_until = now() + interval '1 h', broken_reason = 'HTTP 503.',"
            " paused = true, paused_by = 'marie', reason = 'audit', since = now()"
        )
        paused = ask()
        sql.execute("UPDATE source_control SET paused = false")
        broken = ask()
        sql.execute("UPDATE source_control SET broken_until = now() - interval '1 s'")
        first = ask()
        insert_job(sql, dispatched_at=datetime.now(UTC))
        probed = ask()

        assert (paused.reason, paused.command) == (Reason.PAUSED, "extractor resume index")
        assert paused.sentence.endswith("by marie: audit.")
        assert (broken.reason, broken.command) == (Reason.BREAKER, "extractor doctor")
        assert broken.sentence.endswith(": HTTP 503.")
        assert first.reason is Reason.NOT_DISPATCHED
        assert probed.reason is Reason.PROBED

    def test_what_the_row_itself_waits_for(
        self, sql: psycopg.Connection, job_id: RowId, ask: Callable[..., Why]
    ) -> None:
        sql.execute(
            "UPDATE extraction_queue SET available_at = now() + interval '90 s', error_code = 'site_closed',"
            " error_message = 'The site is closed.' WHERE id = %s",
            [job_id],
        )
        waiting = ask()
        spool = uuid4()
        sql.execute(
            "UPDATE extraction_queue SET spooled_on = %s, spooled_until = now() + interval '1 h' WHERE id = %s",
            [spool, job_id],
        )
        spooled = ask()

        assert waiting.reason is Reason.WAITING
        assert "1 min 30 s more after site_closed: The site is closed." in waiting.sentence
        assert spooled.reason is Reason.SPOOLED
        assert f"is bought and safe on spool {spool}. It waits for its upload." in spooled.sentence
        assert "The site is closed." not in spooled.sentence

    def test_bought_document_that_storage_does_not_take(
        self, sql: psycopg.Connection, job_id: RowId, ask: Callable[..., Why]
    ) -> None:
        sql.execute(
            "UPDATE extraction_queue SET spooled_on = %s, spooled_until = now() + interval '1 h',"
            " error_code = 'storage', error_message = 'The Supabase project is paused.' WHERE id = %s",
            [uuid4(), job_id],
        )

        answer = ask()

        assert (answer.reason, answer.command) == (Reason.SPOOLED, "extractor doctor")
        assert "is bought and safe on spool" in answer.sentence
        assert "It waits for storage: The Supabase project is paused." in answer.sentence

    def test_doubt_is_said_beside_what_the_row_waits_for_unless_its_document_is_bought(
        self, sql: psycopg.Connection, job_id: RowId, ask: Callable[..., Why]
    ) -> None:
        sql.execute("UPDATE extraction_queue SET doubt = 'will be refused', doubted_key = request_key")
        doubtful = ask()
        sql.execute(
            "UPDATE extraction_queue SET spooled_on = %s, spooled_until = now() + interval '1 h' WHERE id = %s",
            [uuid4(), job_id],
        )

        assert doubtful.reason is Reason.NOT_DISPATCHED
        assert doubtful.sentence.endswith(
            " It will be refused. The registry decides; a name that it refuses is not charged."
        )
        assert "will be refused" not in ask().sentence

    def test_limits_of_the_settings(self, sql: psycopg.Connection, claim: Claim, ask: Callable[..., Why]) -> None:
        twin = claim()
        insert_attempt(sql, str(uuid4()), consultation_at=datetime.now(UTC))

        assert ask(daily_consultation_limit=1).reason is Reason.DAILY_LIMIT
        assert ask(daily_consultation_limit=2).reason is Reason.NOT_DISPATCHED
        equal = ask(reuse_days=7)
        assert (equal.reason, equal.command) == (Reason.EQUAL_RUNNING, f"extractor show {twin.id}")

    def test_no_process_that_sends_or_takes_it(self, sql: psycopg.Connection, ask: Callable[..., Why]) -> None:
        sql.execute("UPDATE worker_status SET queues = '{acte}'")
        insert_worker(sql, "dead", queues=["index"], last_heartbeat="2020-01-01")
        no_worker = ask()
        sql.execute("UPDATE bridge_status SET last_heartbeat = now() - interval '61 s'")
        no_bridge = ask()
        sql.execute("UPDATE extraction_queue SET dispatched_at = now()")
        sent = ask()

        assert (no_worker.reason, no_worker.command) == (Reason.NO_WORKER, "celery -A tasks worker -Q index")
        assert no_worker.sentence == "No worker serves the queue index (1 went silent)."
        assert (no_bridge.reason, no_bridge.command) == (Reason.NO_BRIDGE, "celery -A tasks bridge")
        assert no_bridge.sentence.endswith("the last bridge was heard of 1 min 1 s ago.")
        assert sent.reason is Reason.NO_WORKER

    def test_workers_without_account_in_error_or_busy(self, sql: psycopg.Connection, ask: Callable[..., Why]) -> None:
        sql.execute("UPDATE worker_accounts SET is_active = false WHERE username = '99X0008'")
        sql.execute("UPDATE worker_accounts SET resting_until = now() + interval '1 h' WHERE username = '99X0009'")
        insert_account(sql, "99X0010", password="sealed:v1:another:x")
        sql.execute("UPDATE worker_status SET status = 'error', message = 'No available accounts.', account_id = NULL")
        no_account = ask()
        sql.execute("UPDATE worker_accounts SET is_active = true, resting_until = NULL")
        sql.execute("UPDATE worker_status SET message = 'Storage cannot be reached.'")
        in_error = ask()
        sql.execute("UPDATE worker_status SET status = 'busy'")
        busy = ask()

        assert no_account.reason is Reason.NO_ACCOUNT
        assert no_account.sentence == "The workers of index have no account: of 3, 1 resting, 1 disabled, 1 sealed."
        assert in_error.sentence == "No worker of index is ready: Storage cannot be reached."
        assert busy.sentence == "Every worker of index is busy (1); 0 rows before it (not sent yet)."

    def test_row_that_is_next_or_on_its_way(
        self, sql: psycopg.Connection, job_id: RowId, ask: Callable[..., Why]
    ) -> None:
        insert_job(sql, priority=5)
        insert_job(sql, priority=5, available_at="2999-01-01")
        insert_job(sql)
        not_sent = ask()
        sql.execute("UPDATE extraction_queue SET dispatched_at = now() - interval '12 s' WHERE id = %s", [job_id])
        sent = ask()

        assert not_sent.reason is Reason.NOT_DISPATCHED
        assert not_sent.sentence == "The bridge has not sent it yet: 1 row of index before it."
        assert sent.reason is Reason.DISPATCHED
        assert sent.sentence.startswith("It was sent 12 s ago and no worker has claimed it yet.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (192, "3 min 12 s"), (3600, "1 h"), (3601, "1 h"), (190_800, "2 d 5 h")],
)
def test_durations_have_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words
