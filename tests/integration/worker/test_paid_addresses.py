"""A click whose session died: its document is looked for with a new login, and not bought again meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.errors import SessionExpired, SiteUnavailable
from extractor.worker import purchase
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import Killed, ScriptedWorker


def test_login_that_fails_after_the_click_is_repeated_until_the_document_is_found(
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purchase, "FIRST_PAUSE_SECONDS", 0.001)
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


@pytest.mark.parametrize(("job", "document"), [(540, 300), (18, 9), (10, 9)])
def test_look_at_a_silent_page_leaves_time_to_buy(
    job: float,
    document: float,
    sql: psycopg.Connection,
    start: Start,
    rescue: Callable[[], object],
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    """Otherwise no attempt could make its click, and the row would go round for as long as the address is known."""
    limits = {"document_timeout_seconds": document, "job_timeout_seconds": job, "max_consultations_per_job": 2}
    job_id, first = insert_job(sql), start("w-1", **limits)
    first.die_after(Step.BILLED)
    with pytest.raises(Killed):
        first.process.handle(job_id)
    rescue()

    second = start("w-2", **limits)
    while "logged in first" in second.handle(job_id):
        pass

    (silent_seconds,) = registry.silent_seconds
    assert 0 < 2 * silent_seconds <= job - document
    assert book.row(job_id) == ("Complété", 1, None)
    assert len(registry.bills) == 2
