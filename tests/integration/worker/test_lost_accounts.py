"""An account that went to another holder, was disabled or deleted: no other session ends, no row is paid with it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.errors import AccountLost
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

OTHER = "99X0002"
Lose = Callable[[], object]

WAYS = {
    "another holder": "UPDATE worker_accounts SET lease_id = gen_random_uuid(), leased_by = 'other'"
    " WHERE username = '99X0001'",
    "disabled": "UPDATE worker_accounts SET is_active = false WHERE username = '99X0001'",
    "deleted": "DELETE FROM worker_accounts WHERE username = '99X0001'",
}


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


@pytest.mark.parametrize("way", ["another holder", "deleted"])
def test_at_the_claim_the_message_goes_back(
    way: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, dispatched_at="now")
    worker.before("jobs.claim", lambda: sql.execute(WAYS[way]))

    assert worker.handle(job_id) == "handed back: the account's lease was lost"

    assert book.row(job_id, "status, attemtps, dispatched_at") == ("En attente", 0, None)
    assert worker.browser.page is None
    assert worker.parts.session.lease is None
    assert (book.attempts(), registry.bills) == ([], [])


def test_account_that_is_disabled_at_the_claim_buys_nothing(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.before("jobs.claim", lambda: sql.execute(WAYS["disabled"]))

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 0, "account_lost")
    assert (registry.bills, book.marks()) == ([], 0)


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


def test_late_holder_frees_nothing_of_the_new_one(sql: psycopg.Connection, worker: ScriptedWorker) -> None:
    sql.execute(WAYS["another holder"])

    worker.parts.session.close()

    holder = "SELECT leased_by, lease_id IS NOT NULL FROM worker_accounts WHERE username = '99X0001'"
    assert sql.execute(holder).fetchone() == ("other", True)
