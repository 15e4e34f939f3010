"""From SIGTERM to the end: the worker begins nothing that cannot end, and gives back a row only before its click."""

from __future__ import annotations

import psycopg
import pytest

from extractor.local.waiting import wait_until
from extractor.worker.watch import STORING_SECONDS
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import column, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

# DOCUMENT_TIMEOUT_SECONDS is 300: a consultation fits into the one and not into the other.
ENOUGH, TOO_LITTLE = 400.0, 200.0

RETURNED = ("En attente", 0, None)
COMPLETED = ("Complété", 1, None)


def test_row_is_not_claimed(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, dispatched_at="now")
    worker.drain.begin(ENOUGH)

    assert worker.handle(job_id) == "handed back: The worker was asked to stop."

    assert book.row(job_id, "status, attemtps, dispatched_at") == ("En attente", 0, None)
    assert (book.attempts(), registry.bills) == ([], [])


# Where the drain begins, what it leaves, and the row's end: no click is made without time for its document.
MOMENTS = [
    (Step.FORM, TOO_LITTLE, RETURNED),
    (Step.FILLED, TOO_LITTLE, RETURNED),
    (Step.FORM, ENOUGH, COMPLETED),
    (Step.FILLED, ENOUGH, COMPLETED),
    (Step.CLICK, TOO_LITTLE, COMPLETED),
    (Step.BILLED, 1.0, COMPLETED),
    (Step.SAVED, 1.0, COMPLETED),
]


@pytest.mark.parametrize(("step", "seconds", "row"), MOMENTS)
def test_row_in_work(
    step: Step,
    seconds: float,
    row: tuple[str, int, None],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.plan(step, lambda: worker.drain.begin(seconds))

    worker.handle(job_id)

    assert book.row(job_id) == row
    assert book.attempts() == ["completed" if row == COMPLETED else "returned"]
    assert len(registry.bills) == book.marks() == (1 if row == COMPLETED else 0)


@pytest.mark.parametrize(("step", "seconds", "row"), MOMENTS)
def test_watch_looks_at_the_row_in_work(
    step: Step,
    seconds: float,
    row: tuple[str, int, None],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)

    def drain() -> None:
        worker.drain.begin(seconds)
        worker.parts.watch.look()

    registry.plan(step, drain)

    answer = worker.handle(job_id)

    assert book.row(job_id) == row
    assert book.attempts() == ["completed" if row == COMPLETED else "returned"]
    assert len(registry.bills) == book.marks() == (1 if row == COMPLETED else 0)
    if row == RETURNED:  # the main thread followed: its browser was gone, and the row another's
        assert answer == "dropped: The browser is gone."


def test_watch_lets_a_bought_document_be_stored_while_there_is_time(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)

    def drain() -> None:
        worker.drain.begin(STORING_SECONDS + 2)
        worker.parts.watch.look()

    worker.before("store.upload", drain)
    worker.handle(job_id)

    assert book.row(job_id) == COMPLETED
    assert len(registry.bills) == 1


def test_watch_gives_back_a_row_whose_document_lies_on_the_spool_at_the_very_end(
    sql: psycopg.Connection, worker: ScriptedWorker, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)

    def drain() -> None:
        worker.drain.begin(STORING_SECONDS - 1)
        worker.parts.watch.look()

    worker.before("store.upload", drain)
    assert worker.handle(job_id).startswith("dropped: ")
    assert book.row(job_id, "status, attemtps, spooled_on") == ("En attente", 0, worker.parts.spool.id)

    start("w-2").handle(job_id)

    assert book.row(job_id) == COMPLETED
    assert (len(registry.bills), len(book.stored())) == (1, 1)


def test_watch_breaks_off_a_login(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    worker.parts.session.retire()

    def drain() -> None:
        worker.drain.begin(ENOUGH)
        worker.parts.watch.look()

    registry.plan(Step.LOGIN, drain)

    assert worker.handle(insert_job(sql)) == "handed back: The browser is gone."
    assert registry.logins == ["99X0001"]
    assert book.logins() == {"ok": 1, "failed": 1}


def test_watch_is_a_thread_that_sees_the_drain(
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a main thread that is busy with a page
    monkeypatch.setattr("extractor.worker.watch.WATCH_SECONDS", 0.001)
    job_id = insert_job(sql)

    def be_slow() -> None:
        worker.drain.begin(TOO_LITTLE)
        wait_until(lambda: column(sql, job_id, "status") == "En attente", what="the row is given back", seconds=20)

    registry.plan(Step.FORM, be_slow)
    worker.parts.watch.start()

    worker.handle(job_id)

    worker.parts.watch.stop()
    worker.parts.watch.stop()
    assert book.row(job_id) == RETURNED


def test_wait_ends_with_the_drain(worker: ScriptedWorker) -> None:
    assert worker.drain.wait(0) is False
    worker.drain.begin(ENOUGH)
    worker.drain.begin(1)  # a second signal changes nothing

    assert worker.drain.wait(60) is True
    assert worker.drain.seconds_left > TOO_LITTLE
