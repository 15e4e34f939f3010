"""What the bridge sends, and what it takes back from dead workers, against a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest

from extractor.models import Account, ClickKind, Document, Job, RowId, Source, Status
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import MAX_ALONE, Jobs
from tests.integration.conftest import LIMITS
from tests.support.jobs import attempt, expire_lease, job_limits, take
from tests.support.rows import column, insert_job

Claim = Callable[..., Job]


def ring(dispatcher: Dispatcher, *, room: int) -> dict[Source, list[RowId]]:
    """What a ring sends of two sources."""
    with dispatcher.dispatch_rung([Source.INDEX, Source.PLAN_CADASTRAUX], room=room) as due:
        return due


class TestDispatch:
    def test_takes_rows_of_one_source_once_by_priority_then_age(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        old, urgent = insert_job(sql), insert_job(sql, priority=5)
        insert_job(sql, document_source="plan_cadastraux")

        assert take(dispatcher, limit=1) == [urgent]
        assert take(dispatcher) == [old]
        assert take(dispatcher) == []

    def test_leaves_rows_unsent_when_sending_fails(self, sql: psycopg.Connection, dispatcher: Dispatcher) -> None:
        job_id = insert_job(sql)

        with pytest.raises(ConnectionError), dispatcher.dispatch({Source.INDEX: 0}, window=10):
            raise ConnectionError("the broker is down")

        assert take(dispatcher) == [job_id]

    def test_sends_again_what_nobody_claimed_in_time_once_messages_are_missing(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        first, second = insert_job(sql), insert_job(sql)
        take(dispatcher)
        new = insert_job(sql)
        assert take(dispatcher, queued=1) == [new]
        sql.execute("UPDATE extraction_queue SET dispatched_at = now() - interval '61 s' WHERE id <> %s", [new])

        # A long queue is not a lost one
        assert take(dispatcher, queued=3) == []
        # One of three is missing, then all; a row that was sent just now is never sent again
        assert take(dispatcher, queued=2) == [first]
        assert take(dispatcher, queued=0) == [second]
        assert take(dispatcher, queued=0) == []

    def test_waits_for_available_at_and_for_a_paused_source(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        insert_job(sql, available_at="2999-01-01")
        insert_job(sql, document_source="plan_cadastraux")
        sql.execute("UPDATE source_control SET paused = true WHERE document_source = 'plan_cadastraux'")

        assert take(dispatcher) == []
        assert take(dispatcher, Source.PLAN_CADASTRAUX) == []

    def test_ring_sends_what_was_due_when_it_was_written_of_each_open_source(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        old, urgent, third = insert_job(sql), insert_job(sql, priority=5), insert_job(sql)
        plan = insert_job(sql, document_source="plan_cadastraux")
        insert_job(sql, available_at="2999-01-01")
        insert_job(sql, spooled_on=uuid4(), spooled_until="2999-01-01")

        assert ring(dispatcher, room=2) == {Source.INDEX: [urgent, old], Source.PLAN_CADASTRAUX: [plan]}
        assert ring(dispatcher, room=2) == {Source.INDEX: [third], Source.PLAN_CADASTRAUX: []}
        assert ring(dispatcher, room=2) == {Source.INDEX: [], Source.PLAN_CADASTRAUX: []}

    @pytest.mark.parametrize("closed", ["paused = true", "broken_until = now() - interval '1 s'"])
    def test_ring_sends_nothing_of_a_source_that_is_paused_or_probed(
        self, closed: str, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        insert_job(sql)
        sql.execute(f"UPDATE source_control SET {closed} WHERE document_source = 'index'")

        assert ring(dispatcher, room=2)[Source.INDEX] == []

    def test_ring_sends_nothing_once_the_limit_of_the_day_is_reached(
        self, sql: psycopg.Connection, database: Database, claim: Claim, jobs: Jobs
    ) -> None:
        jobs.record_consultation(claim(), ClickKind.FORM)
        row = insert_job(sql)

        assert ring(Dispatcher(database, job_limits(daily_consultation_limit=1)), room=2)[Source.INDEX] == []
        assert ring(Dispatcher(database, job_limits(daily_consultation_limit=2)), room=2)[Source.INDEX] == [row]

    def test_row_that_rang_stays_unsent_when_sending_fails(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        job_id = insert_job(sql)

        with pytest.raises(ConnectionError), dispatcher.dispatch_rung([Source.INDEX], room=10):
            raise ConnectionError("the broker is down")

        assert take(dispatcher) == [job_id]

    def test_two_bridges_never_take_the_same_row(self, sql: psycopg.Connection, dispatcher: Dispatcher) -> None:
        for _ in range(10):
            insert_job(sql)

        with (
            dispatcher.dispatch({Source.INDEX: 0}, window=6) as first,
            dispatcher.dispatch({Source.INDEX: 0}, window=6) as second,
        ):
            sent = first[Source.INDEX] + second[Source.INDEX]
            assert len(set(sent)) == len(sent) == 10


class TestBreaker:
    def test_source_that_the_site_fails_rests_longer_each_time_and_is_probed_by_one_row(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, account: Account, document: Document
    ) -> None:
        # Given three rows, and a site that fails
        rows = [insert_job(sql) for _ in range(3)]
        pauses = []
        for _ in range(4):
            jobs.record_site_failure(Source.INDEX, reason="503", threshold=2)
            pauses.append(
                sql.execute(
                    "SELECT round(extract(epoch FROM broken_until - now())) FROM source_control"
                    " WHERE document_source = 'index'"
                ).fetchone()
            )

        # Then nothing is sent or claimed while the breaker is open
        assert pauses == [(None,), (60,), (120,), (240,)]
        assert take(dispatcher) == []
        assert jobs.claim(rows[0], worker_id="w", account=account, spool_id=None) is None

        # And one row at a time after that, until one succeeds
        sql.execute("UPDATE source_control SET broken_until = now() WHERE broken_until IS NOT NULL")
        assert take(dispatcher) == rows[:1]
        assert take(dispatcher) == []
        probe = jobs.claim(rows[0], worker_id="w", account=account, spool_id=None)
        assert probe is not None
        assert jobs.claim(rows[1], worker_id="w", account=account, spool_id=None) is None
        jobs.complete(probe, supabase_path="index/a.pdf", document=document)
        assert take(dispatcher) == rows[1:]

    def test_completion_waits_for_nobody_who_writes_to_its_source(
        self, sql: psycopg.Connection, database_url: str, jobs: Jobs, claim: Claim, document: Document
    ) -> None:
        first, second = claim(), claim()
        sql.execute("UPDATE source_control SET site_failures = 2 WHERE document_source = 'index'")
        failures = "SELECT site_failures FROM source_control WHERE document_source = 'index'"

        with psycopg.connect(database_url) as person:
            person.execute("UPDATE source_control SET reason = 'mine' WHERE document_source = 'index'")
            release = threading.Timer(5, person.rollback)  # whoever waits for it goes on then
            release.start()
            jobs.complete(first, supabase_path="index/a.pdf", document=document)
            release.cancel()
            assert (column(sql, first.id, "status"), sql.execute(failures).fetchone()) == ("Complété", (2,))

        jobs.complete(second, supabase_path="index/a.pdf", document=document)
        assert sql.execute(failures).fetchone() == (0,)

    def test_row_that_opened_it_probes_only_when_no_other_is_due(
        self, jobs: Jobs, dispatcher: Dispatcher, claim: Claim, sql: psycopg.Connection
    ) -> None:
        odd = claim()
        jobs.snooze(odd, error_code="site_changed", message="x")
        jobs.record_site_failure(Source.INDEX, reason="changed", threshold=1, job=odd)
        sql.execute("UPDATE extraction_queue SET available_at = now()")
        sql.execute("UPDATE source_control SET broken_until = now() WHERE broken_until IS NOT NULL")
        other = insert_job(sql, available_at="infinity")

        assert take(dispatcher) == [odd.id]
        sql.execute("UPDATE extraction_queue SET dispatched_at = NULL, available_at = now()")
        assert take(dispatcher) == [other]

    def test_row_that_the_site_fails_while_it_serves_others_is_held(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim, document: Document
    ) -> None:
        odd, statuses = claim(), []
        for _ in range(MAX_ALONE):
            job = jobs.claim(odd.id, worker_id="w", account=account, spool_id=None) or odd
            statuses.append(jobs.snooze(job, error_code="site_changed", message="It changed.", is_of_the_site=True))
            sql.execute("UPDATE extraction_queue SET available_at = now() WHERE id = %s", [odd.id])
            served = claim()
            jobs.complete(served, supabase_path="index/a.pdf", document=document)

        assert statuses == [Status.WAITING] * (MAX_ALONE - 1) + [Status.FAILED]
        assert "served other rows in between" in str(column(sql, odd.id, "error_message"))

    def test_rows_of_a_site_that_serves_none_are_not_held(
        self, sql: psycopg.Connection, jobs: Jobs, account: Account, claim: Claim
    ) -> None:
        row = claim()
        for _ in range(2 * MAX_ALONE):
            job = jobs.claim(row.id, worker_id="w", account=account, spool_id=None) or row
            assert jobs.snooze(job, error_code="x", message="x", is_of_the_site=True) is Status.WAITING
            sql.execute("UPDATE extraction_queue SET available_at = now()")

    def test_table_that_a_person_emptied_is_filled_again(self, sql: psycopg.Connection, dispatcher: Dispatcher) -> None:
        sql.execute("DELETE FROM source_control WHERE document_source <> 'acte'")
        row = insert_job(sql)
        assert take(dispatcher) == []

        assert sorted(dispatcher.restore_sources()) == [Source.INDEX, Source.PLAN_CADASTRAUX]

        assert dispatcher.restore_sources() == []
        assert take(dispatcher) == [row]

    def test_other_sources_continue(self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher) -> None:
        plan = insert_job(sql, document_source="plan_cadastraux")
        jobs.record_site_failure(Source.INDEX, reason="changed", threshold=1)

        assert take(dispatcher, Source.PLAN_CADASTRAUX) == [plan]


class TestRescue:
    def test_leaves_a_row_whose_process_lives_and_could_not_renew_its_lease(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, claim: Claim
    ) -> None:
        job = claim()
        expire_lease(sql, job)

        jobs.show_alive(job)  # as the heartbeat does while a person's transaction has the row locked

        assert dispatcher.rescue() == []
        jobs.renew(job)

    def test_returns_the_rows_of_dead_holders_and_no_others(
        self, sql: psycopg.Connection, dispatcher: Dispatcher, claim: Claim
    ) -> None:
        dead, alive = claim(), claim()
        expire_lease(sql, dead)

        assert dispatcher.rescue() == [dead.id]

        assert column(sql, dead.id, "status") == "En attente"
        assert column(sql, dead.id, "error_message") == "Worker worker-1 went silent while it held the row."
        assert column(sql, alive.id, "status") == "En traitement"
        assert attempt(sql, dead.attempt_id, "outcome") == "lost"

    def test_gives_the_attempt_back_and_holds_the_row_after_three_deaths(
        self, sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher, account: Account, claim: Claim
    ) -> None:
        job: Job | None = claim(max_attempts=1)
        for kills in range(1, LIMITS.max_kills + 1):
            assert job is not None
            expire_lease(sql, job)
            dispatcher.rescue()
            assert (column(sql, job.id, "kills"), column(sql, job.id, "attemtps")) == (kills, 0)
            last, job = job, jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)

        assert column(sql, last.id, "status") == "Erreur"
        assert column(sql, last.id, "error_code") == "poison_row"
        assert "3 worker processes died" in str(column(sql, last.id, "error_message"))

    def test_takes_over_rows_left_running_by_a_system_without_leases(
        self, sql: psycopg.Connection, dispatcher: Dispatcher
    ) -> None:
        fresh, old = insert_job(sql), insert_job(sql)
        sql.execute("UPDATE extraction_queue SET status = 'En traitement'")
        sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER extraction_queue_before_write")
        sql.execute("UPDATE extraction_queue SET updated_at = now() - interval '16 min' WHERE id = %s", [old])

        assert dispatcher.rescue() == [old]
        assert column(sql, fresh, "status") == "En traitement"


def test_message_handed_back_rings_the_bridge_at_once(
    sql: psycopg.Connection, jobs: Jobs, dispatcher: Dispatcher
) -> None:
    job_id = insert_job(sql)
    take(dispatcher)
    sql.execute("LISTEN extraction_queue")

    jobs.hand_back(job_id)

    assert [notify.channel for notify in sql.notifies(timeout=5, stop_after=1)] == ["extraction_queue"]
    assert take(dispatcher) == [job_id]
