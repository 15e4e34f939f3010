"""A process dies after any durable step: at most what the limit allows is paid, and the document is stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from extractor.errors import DocumentTimeout, SessionExpired
from extractor.models import RowId
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step, good_pdf
from tests.support.scripted_worker import Killed

NUMBER = "2784195"
ROW = "status, attemtps, error_code, kills"
Rescue = Callable[[], list[RowId]]

# After which step the process dies, and on which disk the next one works; then, of the marks and of the bills, how many
# there are at the death and at the end when the limit is 2. More at the end: the next process cannot see what was
# bought, and asks once more.
DEATHS = [
    ("jobs.claim", "same", (0, 1), (0, 1)),
    ("jobs.claim", "other", (0, 1), (0, 1)),
    ("jobs.record_consultation", "same", (1, 2), (0, 1)),
    ("jobs.record_consultation", "other", (1, 2), (0, 1)),
    ("jobs.clear_consultation", "same", (0, 1), (0, 1)),
    ("jobs.clear_consultation", "other", (0, 1), (0, 1)),
    ("jobs.note_address", "same", (1, 2), (1, 2)),
    ("jobs.note_address", "other", (1, 2), (1, 2)),
    (Step.BILLED, "same", (1, 2), (1, 2)),
    (Step.BILLED, "other", (1, 2), (1, 2)),
    (Step.SAVED, "same", (1, 2), (1, 2)),
    (Step.SAVED, "other", (1, 2), (1, 2)),
    ("spool.keep", "same", (1, 1), (1, 1)),
    ("spool.keep", "other", (1, 2), (1, 2)),  # the row does not name its spool yet
    ("jobs.bind_to_spool", "same", (1, 1), (1, 1)),
    ("jobs.bind_to_spool", "other", (1, 2), (1, 2)),  # the row has waited for its spool in vain
    ("spool.put", "same", (1, 1), (1, 1)),
    ("spool.put", "other", (1, 2), (1, 2)),  # the row does not name its spool yet
    ("jobs.record_document", "same", (1, 1), (1, 1)),
    ("jobs.record_document", "other", (1, 2), (1, 2)),  # the row has waited for its spool in vain
    ("store.upload", "same", (1, 1), (1, 1)),
    ("store.upload", "other", (1, 1), (1, 1)),
    ("jobs.record_upload", "same", (1, 1), (1, 1)),
    ("jobs.record_upload", "other", (1, 1), (1, 1)),
    ("jobs.complete", "same", (1, 1), (1, 1)),
    ("jobs.complete", "other", (1, 1), (1, 1)),
    ("spool.discard", "same", (1, 1), (1, 1)),
]
# What the first disk keeps of a row that ends without a document.
BYTES, DOCUMENT = [".bought", ".json"], [".json", ".pdf"]
KEPT = {
    "spool.keep": BYTES,
    "jobs.bind_to_spool": BYTES,
    "spool.put": DOCUMENT,
    "jobs.record_document": DOCUMENT,
}


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize(("step", "disk", "marks", "bills"), DEATHS)
def test_death_costs_no_document_and_no_more_than_allowed(
    step: str,
    disk: str,
    marks: tuple[int, int],
    bills: tuple[int, int],
    limit: int,
    sql: psycopg.Connection,
    start: Start,
    rescue: Rescue,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    # Given a process that dies with the row
    registry.asks_to_confirm = step == "jobs.clear_consultation"
    job_id = insert_job(sql)
    first = start("w-1", max_consultations_per_job=limit)
    first.die_after(step)
    with pytest.raises(Killed):
        first.process.handle(job_id)
    assert (book.marks(), len(registry.bills)) == (marks[0], bills[0])

    # When the row is rescued, no longer waits for its spool, and another process takes it
    was_done = rescue() == []
    sql.execute("UPDATE extraction_queue SET spooled_until = now() WHERE spooled_on IS NOT NULL")
    second = start("w-2", spool="spool" if disk == "same" else disk, max_consultations_per_job=limit)
    second.handle(job_id)

    # Then it is done, or refused where it could only be paid once more than allowed
    if marks[1] > limit:
        assert book.row(job_id, ROW) == ("Erreur", 1, "consultation_limit", 1)
        assert (book.marks(), len(registry.bills), book.stored()) == (marks[0], bills[0], {})
    else:
        assert book.row(job_id, ROW) == ("Complété", 1, None, 0 if was_done else 1)
        assert (book.marks(), len(registry.bills)) == (marks[1], bills[1])
        assert book.attempts() == (["completed"] if was_done else ["lost", "completed"])
        path, sha256 = book.row(job_id, "supabase_path, document_sha256")
        assert book.stored() == {path: good_pdf(NUMBER)}
        assert sha256 == hashlib.sha256(good_pdf(NUMBER)).hexdigest()
    assert len(registry.bills) <= limit
    old = first.parts.spool.old_jobs(older_than_seconds=-1)
    first.parts.spool.sweep(old - second.parts.jobs.unfinished(list(old)), older_than_seconds=-1)
    assert book.spooled() == (KEPT.get(step, []) if marks[1] > limit else [])


def test_other_disk_gets_nothing_while_the_row_waits_for_its_spool(
    sql: psycopg.Connection, start: Start, rescue: Rescue, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    first = start("w-1")
    first.die_after("jobs.record_document")
    with pytest.raises(Killed):
        first.process.handle(job_id)
    rescue()

    assert start("w-2", spool="other").handle(job_id).startswith("nothing to do")
    assert book.row(job_id) == ("En attente", 0, "worker_lost")
    start("w-3").handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)
    assert len(registry.bills) == 1


def test_row_that_takes_three_processes_with_it_is_held(
    sql: psycopg.Connection, start: Start, rescue: Rescue, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)

    for number in range(3):
        worker = start(f"w-{number}")
        worker.die_after("jobs.claim")
        with pytest.raises(Killed):
            worker.process.handle(job_id)
        rescue()

    assert book.row(job_id, ROW) == ("Erreur", 0, "poison_row", 3)
    assert start("w-3").handle(job_id).startswith("nothing to do")
    assert registry.bills == []


def test_death_in_the_middle_of_the_discard_harms_no_later_run(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a document of which one file is gone and the other is not, in a directory that lists the facts first
    job_id = insert_job(sql)
    first = start("w-1")
    with monkeypatch.context() as patch:
        glob = Path.glob
        patch.setattr(Path, "glob", lambda path, pattern: iter(sorted(glob(path, pattern))))
        first.before("spool.discard", lambda: patch.setattr(Path, "unlink", _die_at_the_second(Path.unlink)))
        with pytest.raises(Killed):
            first.process.handle(job_id)
    assert book.spooled() == [".json"]

    # When a person sends the row again
    first.close()
    sql.execute("UPDATE extraction_queue SET status = 'En attente'")
    sql.execute("UPDATE registry_sessions SET lease_expires_at = now()")
    start("w-2").handle(job_id)

    # Then the document is found in storage
    assert book.row(job_id) == ("Complété", 1, None)
    assert len(registry.bills) == 1


def _die_at_the_second(unlink: Callable[[Path, bool], None]) -> Callable[[Path, bool], None]:
    unlinked: list[Path] = []

    def wrapped(path: Path, missing_ok: bool = False) -> None:
        if unlinked:
            raise Killed
        unlink(path, missing_ok)
        unlinked.append(path)

    return wrapped


# A session that ends takes no attempt and is no kill; a death is one kill; a damaged time-out is an attempt.
ENDS_AFTER_THE_BILL = {
    "death": ("Complété", 1, None, 1),
    "session": ("Complété", 1, None, 0),
    "timeout": ("Complété", 2, None, 0),
}


@pytest.mark.parametrize("end", ENDS_AFTER_THE_BILL)
def test_document_that_was_paid_is_fetched_where_its_click_led_to(
    end: str, sql: psycopg.Connection, start: Start, rescue: Rescue, registry: ScriptedRegistry, book: Book
) -> None:
    # Given a click that was billed, and whose document did not come
    registry.remembers = True
    job_id = insert_job(sql)
    first = start("w-1")
    if end == "death":
        first.die_after(Step.BILLED)
        with pytest.raises(Killed):
            first.process.handle(job_id)
        rescue()
    else:
        registry.plan(Step.BILLED, SessionExpired("?") if end == "session" else DocumentTimeout("?"))
        first.handle(job_id)
        sql.execute("UPDATE extraction_queue SET available_at = now()")

    # When the row is taken again, by a session that has logged in again
    second = start("w-2") if end == "death" else first
    while "logged in first" in second.handle(job_id):
        pass

    # Then nothing is bought again
    assert book.row(job_id, ROW) == ENDS_AFTER_THE_BILL[end]
    assert (book.marks(), len(registry.bills)) == (1, 1)
    assert list(book.stored().values()) == [good_pdf(NUMBER)]


def test_document_that_the_site_forgot_is_bought_again_within_the_limit(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.BILLED, SessionExpired("?"))
    worker = start("w-1")
    worker.handle(job_id)
    sql.execute("UPDATE extraction_queue SET available_at = now()")

    while "logged in first" in worker.handle(job_id):
        pass

    assert book.row(job_id, "status") == ("Complété",)
    assert len(registry.bills) == 2
