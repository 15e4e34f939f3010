"""An account that went to another holder, or that a person disabled, deleted or gave another user code.

No session of another holder ends, and no further row is paid with the account. What is paid is finished, and until then
no other process logs in with its user code.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.errors import AccountLost, SessionExpired
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

OTHER = "99X0002"
Lose = Callable[[], object]

WAYS = {
    "another holder": "UPDATE registry_sessions SET lease_id = gen_random_uuid(), leased_by = 'other'",
    "disabled": "UPDATE worker_accounts SET is_active = false WHERE username = '99X0001'",
    "deleted": "DELETE FROM worker_accounts WHERE username = '99X0001'",
    "another code": "UPDATE worker_accounts SET username = '99X0009', is_active = false WHERE username = '99X0001'",
}
A_PERSON_MEANT_IT = [way for way in WAYS if way != "another holder"]


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def lose(request: pytest.FixtureRequest, sql: psycopg.Connection) -> Lose:
    return lambda: sql.execute(request.param)


@pytest.fixture
def worker(sql: psycopg.Connection, start: Start) -> ScriptedWorker:
    """A process that is ready, beside a second account that is free."""
    worker = start()
    insert_account(sql, OTHER)
    return worker


def test_before_a_row_another_account_is_leased(
    lose: Lose, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    lose()
    worker.parts.heartbeat.beat()

    assert worker.handle(job_id) == "handed back: logged in first"

    assert book.row(job_id, "status, attemtps") == ("En attente", 0)
    assert registry.logins == ["99X0001", OTHER]
    assert worker.handle(job_id).startswith("Complété")


@pytest.mark.parametrize("way", WAYS)
def test_login_is_ended_at_the_site_unless_it_is_another_holders(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    sql.execute(WAYS[way])
    worker.parts.heartbeat.beat()

    worker.parts.readiness.check()

    assert registry.logouts == (["99X0001"] if way in A_PERSON_MEANT_IT else [])
    held = sql.execute("SELECT leased_by FROM registry_sessions").fetchall()
    assert held == ([] if way in A_PERSON_MEANT_IT else [("other",)])


@pytest.mark.parametrize("way", A_PERSON_MEANT_IT)
def test_idle_session_does_not_outlive_its_account(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    sql.execute(WAYS[way])
    worker.parts.heartbeat.beat()

    worker.parts.watch.look()

    assert registry.logouts == ["99X0001"]
    assert sql.execute("SELECT count(*) FROM registry_sessions").fetchone() == (0,)
    assert worker.parts.readiness.seek() is None
    assert registry.logins == ["99X0001", OTHER]


def test_account_that_is_enabled_again_keeps_its_session(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    sql.execute(WAYS["disabled"])
    worker.parts.heartbeat.beat()
    sql.execute("UPDATE worker_accounts SET is_active = true")
    worker.parts.heartbeat.beat()

    assert worker.handle(insert_job(sql)).startswith("Complété")
    assert registry.logins == ["99X0001"]


@pytest.mark.parametrize("way", WAYS)
def test_at_the_claim_the_message_goes_back(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, dispatched_at="now")
    worker.before("jobs.claim", lambda: sql.execute(WAYS[way]))

    assert worker.handle(job_id).startswith("handed back: the account went to another worker, or a person disabled")

    assert book.row(job_id, "status, attemtps, dispatched_at") == ("En attente", 0, None)
    assert worker.browser.page is None
    assert worker.parts.session.lease is None
    assert (book.attempts(), registry.bills) == ([], [])


def test_at_the_click_the_row_goes_back_unpaid(
    lose: Lose, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FILLED, lose)

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 0, "account_lost")
    assert (registry.bills, book.marks()) == ([], 0)
    assert registry.logins == ["99X0001"]


def test_before_a_login_its_new_holder_is_not_thrown_out(
    lose: Lose, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    worker.parts.session.retire()
    lose()

    assert isinstance(worker.parts.readiness.seek(), AccountLost)
    assert registry.logins == ["99X0001"]

    assert worker.parts.readiness.seek() is None
    assert registry.logins == ["99X0001", OTHER]


def test_before_a_login_the_process_soon_takes_another_account(
    lose: Lose,
    sql: psycopg.Connection,
    start: Start,
    registry: ScriptedRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("extractor.worker.readiness.ACCOUNT_POLL_SECONDS", 0)
    worker = start(account_wait_seconds=60)
    insert_account(sql, OTHER)
    worker.parts.session.retire()
    lose()

    assert worker.handle(insert_job(sql)) == "handed back: logged in first"
    assert registry.logins == ["99X0001", OTHER]


def test_after_the_click_the_row_is_finished(
    lose: Lose, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.BILLED, lose)

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)
    assert (len(registry.bills), book.marks()) == (1, 1)


@pytest.mark.parametrize("way", A_PERSON_MEANT_IT)
def test_session_that_dies_in_the_paid_wait_may_log_in_again(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    """Another account would not see the document, and would buy it again."""
    job_id = insert_job(sql)
    registry.remembers = True

    def lose_account_and_session() -> None:
        sql.execute(WAYS[way])
        worker.parts.heartbeat.beat()
        registry.expire_sessions()
        raise SessionExpired("The site asks to log in again.")

    registry.plan(Step.BILLED, lose_account_and_session)

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)
    assert (len(registry.bills), registry.logins) == (1, ["99X0001"] * 2)


def test_loss_between_two_clicks_does_not_say_that_nothing_was_charged(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.after("jobs.record_consultation", lambda: sql.execute(WAYS["another holder"]))
    registry.asks_to_confirm, registry.first_click_counts = True, True

    worker.handle(job_id)

    assert "An earlier click was perhaps charged" in str(book.row(job_id, "error_message"))
    assert registry.logouts == []  # it might end the session of the new holder


@pytest.mark.parametrize("way", A_PERSON_MEANT_IT)
def test_confirmation_of_a_paid_click_is_still_given(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    """To stop between the two clicks of one consultation would lose the document of the first."""
    job_id = insert_job(sql)
    worker.after("jobs.record_consultation", lambda: sql.execute(WAYS[way]))
    registry.asks_to_confirm, registry.first_click_counts = True, True

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)


@pytest.mark.parametrize("way", A_PERSON_MEANT_IT)
def test_in_the_paid_wait_no_other_process_logs_in_with_the_user_code(
    way: str, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker, job_id = start(), insert_job(sql)
    seen: list[object] = []

    def insert_again() -> None:
        sql.execute(WAYS[way])
        insert_account(sql, "99x0001 ")
        worker.parts.heartbeat.beat()
        seen.append(start("w-2").parts.session.lease)

    registry.plan(Step.BILLED, insert_again)

    worker.handle(job_id)

    assert (seen, registry.logins) == ([None], ["99X0001"])
    assert book.row(job_id) == ("Complété", 1, None)
    worker.parts.readiness.check()
    assert start("w-3").parts.session.lease is not None
    assert (registry.logouts, registry.logins) == (["99X0001"], ["99X0001", "99x0001"])


def test_late_holder_frees_nothing_of_the_new_one(sql: psycopg.Connection, worker: ScriptedWorker) -> None:
    sql.execute(WAYS["another holder"])

    worker.parts.session.close()

    assert sql.execute("SELECT leased_by FROM registry_sessions").fetchall() == [("other",)]
