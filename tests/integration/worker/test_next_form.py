"""While one document goes to storage, the next form opens; whatever comes of the form, no row pays for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from extractor.errors import BrowserLost, ExtractorError, SiteUnavailable, StorageError
from extractor.models import RowId
from extractor.worker import session
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import Killed, ScriptedWorker

COMPLETED = ("Complété", 1, None)
SECONDS = 30.0
Send = Callable[..., list[RowId]]


@pytest.fixture
def send(sql: psycopg.Connection) -> Send:
    """Insert rows and note them as sent, as a bridge does."""

    def send_rows(*sources: str) -> list[RowId]:
        rows = []
        for number, source in enumerate(sources, start=1):
            rows.append(
                insert_job(
                    sql,
                    document_source=source,
                    document_number=str(1000 + number),
                    acte_type="Acte" if source == "acte" else None,
                )
            )
        sql.execute("UPDATE extraction_queue SET dispatched_at = now()")
        return rows

    return send_rows


def test_next_form_opens_before_the_upload_has_ended(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    first, second = send("index", "index")
    opened = threading.Event()
    registry.plan(Step.FORM, None, opened.set)
    worker.before("store.upload", lambda: opened.wait(SECONDS) or pytest.fail("the upload was waited for"))

    worker.handle(first)
    assert (book.row(first), registry.forms) == (COMPLETED, 2)
    worker.handle(second)

    assert (book.row(second), registry.forms) == (COMPLETED, 2)
    assert len(registry.bills) == book.marks() == len(book.stored()) == 2
    assert book.spooled() == []


def test_browser_gives_memory_back_beside_the_upload(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    (row,) = send("index")
    freed = threading.Event()
    registry.plan(Step.FREED, freed.set)
    worker.before("store.upload", lambda: freed.wait(SECONDS) or pytest.fail("the upload was waited for"))

    worker.handle(row)

    assert book.row(row) == COMPLETED


def test_browser_that_is_lost_beside_the_upload_costs_no_row(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    first, second = send("acte", "index")
    registry.plan(Step.FREED, BrowserLost("The browser is gone."))

    worker.handle(first)
    worker.handle(second)

    assert [book.row(first), book.row(second)] == [COMPLETED, COMPLETED]


def test_row_is_completed_while_the_page_still_comes(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    first, _ = send("index", "index")
    ended = threading.Event()
    seen: list[object] = []

    def come() -> None:
        ended.wait(SECONDS)
        seen.extend([book.row(first), worker.parts.occupation.job])
        worker.parts.heartbeat.beat()

    let_go = worker.parts.occupation.let_go
    worker.parts.occupation.let_go = lambda job: [let_go(job), ended.set()]  # type: ignore[method-assign,assignment,func-returns-value]  # the thread's last step
    registry.plan(Step.FORM, None, come)

    worker.handle(first)

    assert seen == [COMPLETED, None]


@pytest.mark.parametrize(
    ("sources", "changed"),
    [
        (("index",), {}),
        (("index", "acte"), {}),
        (("index", "index", "acte"), {}),
        (("index", "index"), {"recycle_jobs": 1}),
    ],
    ids=["none waits", "another source waits", "two sources wait", "a new browser follows"],
)
def test_no_page_is_loaded_for_nothing(
    sources: tuple[str, ...],
    changed: dict[str, object],
    start: Start,
    registry: ScriptedRegistry,
    send: Send,
    book: Book,
) -> None:
    worker = start(**changed)
    first, *_ = send(*sources)

    worker.handle(first)

    assert (book.row(first), registry.forms) == (COMPLETED, 1)


@pytest.mark.parametrize("condition", ["paused = true", "broken_until = now() - interval '1 s'"])
def test_no_page_is_loaded_of_a_source_that_is_stopped(
    condition: str, worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, sql: psycopg.Connection
) -> None:
    first, _ = send("index", "index")
    worker.after("jobs.record_document", lambda: sql.execute(f"UPDATE source_control SET {condition}"))

    worker.handle(first)

    assert registry.forms == 1


def test_no_page_is_loaded_in_a_drain(worker: ScriptedWorker, registry: ScriptedRegistry, send: Send) -> None:
    first, _ = send("index", "index")
    worker.after("jobs.record_document", lambda: worker.drain.begin(SECONDS))

    worker.handle(first)

    assert registry.forms == 1


def test_row_of_another_source_opens_its_own_form(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book, sql: psycopg.Connection
) -> None:
    first, _ = send("index", "index")
    worker.handle(first)
    acte = insert_job(sql, document_source="acte", acte_type="Acte")

    worker.handle(acte)

    assert (book.row(acte), registry.forms) == (COMPLETED, 3)


def test_form_that_is_too_old_is_opened_again(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "AHEAD_SECONDS", -1)
    first, second = send("index", "index")

    worker.handle(first)
    worker.handle(second)

    assert (book.row(second), registry.forms) == (COMPLETED, 3)


def test_form_whose_login_ended_is_opened_with_a_new_one(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    first, second = send("index", "index")
    worker.handle(first)
    registry.expire_sessions()

    worker.handle(second)

    assert (book.row(second), len(registry.logins)) == (COMPLETED, 2)
    assert len(registry.bills) == book.marks() == 2


@pytest.mark.parametrize("error", [SiteUnavailable("away"), BrowserLost("gone")])
def test_page_that_does_not_open_is_no_failure_of_a_row(
    error: ExtractorError, worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book
) -> None:
    first, second = send("index", "index")
    registry.plan(Step.FORM, None, error)
    counted: list[str] = []
    worker.before("jobs.record_site_failure", lambda: counted.append("against the source"))

    worker.handle(first)
    worker.handle(second)

    assert [book.row(first), book.row(second)] == [COMPLETED] * 2
    assert (counted, len(registry.logins)) == ([], 1)


def test_upload_that_fails_settles_the_row_as_ever(
    worker: ScriptedWorker, registry: ScriptedRegistry, send: Send, book: Book, sql: psycopg.Connection
) -> None:
    first, _ = send("index", "index")

    def fail() -> None:
        raise StorageError("storage is away")

    worker.before("store.upload", fail)

    worker.handle(first)

    assert book.row(first)[0] == "En attente"
    assert book.row(first)[2] == StorageError.code
    assert ".pdf" in book.spooled()
    assert worker.parts.readiness.check() is None  # before storage is proven again
    sql.execute("UPDATE extraction_queue SET available_at = now()")
    worker.handle(first)
    assert (book.row(first)[0], len(registry.bills)) == ("Complété", 1)


@pytest.mark.parametrize("step", ["store.upload", "jobs.record_upload", "jobs.complete", "spool.discard"])
def test_kill_beside_the_opening_loses_nothing(
    step: str, start: Start, registry: ScriptedRegistry, send: Send, book: Book, rescue: Callable[[], list[RowId]]
) -> None:
    worker = start()
    first, _ = send("index", "index")
    opened = threading.Event()
    registry.plan(Step.FORM, None, opened.set)
    worker.before(step, partial(opened.wait, SECONDS))
    worker.die_after(step)

    with pytest.raises(Killed):
        worker.handle(first)
    rescue()
    start("w-2").handle(first)

    assert book.row(first)[0] == "Complété"
    assert len(registry.bills) == len(book.stored()) == 1


def test_a_defect_of_the_opening_costs_no_row(
    worker: ScriptedWorker, send: Send, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send("index", "index")

    def fail(_source: object) -> bool:
        raise ValueError("nobody thought of this")

    def refuse() -> None:
        raise StorageError("503")

    monkeypatch.setattr(worker.parts.session, "open_ahead", fail)
    worker.handle(first)
    worker.before("store.upload", refuse)
    worker.handle(second)

    assert book.row(first) == COMPLETED
    assert book.row(second) == ("En attente", 0, "storage")  # what the upload met, and no attempt is spent
