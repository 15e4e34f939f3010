"""A click whose document did not come: its account looks for it first, and nobody buys it again meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from extractor.errors import SessionExpired, SiteUnavailable
from extractor.worker import extraction
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import Killed, ScriptedWorker


@pytest.fixture
def payers(sql: psycopg.Connection, registry: ScriptedRegistry, start: Start) -> list[ScriptedWorker]:
    """Two processes with an account each, at a site that shows an account what it paid."""
    registry.remembers = True
    for number in range(2):
        insert_account(sql, f"99X000{number}", created_at=f"2026-01-0{number + 1}")
    return [start(f"w-{number}", spool=f"spool-{number}") for number in range(2)]


def die_after_the_click(worker: ScriptedWorker, job_id: UUID) -> None:
    worker.die_after(Step.BILLED)
    with pytest.raises(Killed):
        worker.handle(job_id)


def test_another_account_leaves_the_row_to_the_one_that_paid(
    sql: psycopg.Connection,
    payers: list[ScriptedWorker],
    registry: ScriptedRegistry,
    rescue: Callable[[], list[UUID]],
    book: Book,
) -> None:
    first, second = payers
    job_id = insert_job(sql)
    die_after_the_click(first, job_id)
    assert rescue() == [job_id]
    sql.execute("UPDATE worker_accounts SET lease_expires_at = now() + interval '1 min'")  # another process has it

    assert second.handle(job_id) == "left to the account that perhaps paid for it"

    assert book.row(job_id, "status, attemtps, available_at > now()") == ("En attente", 0, True)
    assert len(registry.bills) == 1


def test_process_takes_over_the_account_that_paid_when_nobody_holds_it(
    sql: psycopg.Connection,
    payers: list[ScriptedWorker],
    registry: ScriptedRegistry,
    rescue: Callable[[], list[UUID]],
) -> None:
    first, second = payers
    job_id = insert_job(sql)
    die_after_the_click(first, job_id)
    rescue()
    second.parts.heartbeat.beat()

    assert second.handle(job_id) == "left to the account that perhaps paid for it"
    sql.execute("UPDATE extraction_queue SET available_at = now()")
    assert second.handle(job_id).startswith("Complété")

    assert [bill.username for bill in registry.bills] == ["99X0000"]
    assert registry.logins == ["99X0000", "99X0001", "99X0000"]


@pytest.mark.parametrize(
    "why",
    [
        "UPDATE worker_accounts SET is_active = false WHERE username = '99X0000'",
        "UPDATE worker_accounts SET resting_until = '2999-01-01' WHERE username = '99X0000'",
        "DELETE FROM worker_accounts WHERE username = '99X0000'",
        "UPDATE extraction_clicks SET clicked_at = now() - interval '16 min'",
    ],
)
def test_row_does_not_wait_for_an_account_that_cannot_look(
    why: str,
    sql: psycopg.Connection,
    payers: list[ScriptedWorker],
    registry: ScriptedRegistry,
    rescue: Callable[[], list[UUID]],
) -> None:
    first, second = payers
    job_id = insert_job(sql)
    die_after_the_click(first, job_id)
    rescue()
    second.parts.heartbeat.beat()
    registry.remembers = False
    sql.execute(why)

    assert second.handle(job_id).startswith("Complété")

    assert len(registry.bills) == 2


def test_login_that_fails_after_the_click_is_repeated_until_the_document_is_found(
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "FIRST_PAUSE_SECONDS", 0.001)
    registry.remembers = True
    job_id = insert_job(sql)

    def let_the_session_die() -> None:
        registry.plan(Step.LOGIN, SiteUnavailable("500"), SiteUnavailable("503"))
        registry.plan(Step.REVISIT, SiteUnavailable("502"))
        raise SessionExpired("The site asks to log in again.")

    registry.plan(Step.BILLED, let_the_session_die)

    assert worker.handle(job_id).startswith("Complété")

    assert len(registry.bills) == 1
    assert book.attempts() == ["completed"]


def test_it_is_not_repeated_past_the_document_s_bound(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start(document_timeout_seconds=0.5, job_timeout_seconds=10)
    registry.remembers = True
    job_id = insert_job(sql)

    def let_the_session_die() -> None:
        registry.plan(Step.LOGIN, *[SiteUnavailable("500")] * 5)
        raise SessionExpired("The site asks to log in again.")

    registry.plan(Step.BILLED, let_the_session_die)

    assert worker.handle(job_id) == "En attente: 500"

    assert len(registry.bills) == 1
