"""What each ExtractorError means for the row, the session and the rows to come, from the message to the table."""

from __future__ import annotations

import psycopg
import pytest

from extractor import errors
from extractor.errors import ExtractorError
from extractor.models import Status
from extractor.worker.outcome import as_ours
from tests.integration.worker.conftest import Book
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step, damaged_pdf, good_pdf
from tests.support.scripted_worker import ScriptedWorker
from tests.unit.test_errors import leaves

NUMBER = "2784195"
SENTENCE = "What the row will say."

RETRY = ("En attente", 1)
SNOOZE = ("En attente", 0)
HOLD = ("Erreur", 1)
RETURN = ("En attente", 0)
DROP = ("En traitement", 1)

# The row's status and attempts, the attempt's outcome, and whether the session ends. A class of error without a
# line here fails a test.
MEANINGS = {
    errors.BrowserNotFound: (RETRY, "retry", False),
    errors.MigrationRefused: (RETRY, "retry", False),
    errors.NoAccountAvailable: (SNOOZE, "snooze", False),
    errors.JobLost: (DROP, None, False),
    errors.RequestChanged: (RETURN, "returned", False),
    errors.InvalidRequest: (HOLD, "hold", False),
    errors.NameNotMatched: (HOLD, "hold", False),
    errors.DocumentNotFound: (HOLD, "hold", False),
    errors.SimilarNumbersOnly: (HOLD, "hold", False),
    errors.PaperOnly: (HOLD, "hold", False),
    errors.PlanNotChosen: (HOLD, "hold", False),
    errors.RegistryMessage: (RETRY, "retry", False),
    errors.DocumentRefused: (HOLD, "hold", False),
    errors.WrongDocument: (HOLD, "hold", False),
    errors.DocumentTimeout: (RETRY, "retry", True),
    errors.ConsultationLimit: (HOLD, "hold", False),
    errors.Cancelled: (HOLD, "hold", False),
    errors.DailyLimit: (SNOOZE, "snooze", False),
    errors.SourceStopped: (SNOOZE, "snooze", False),
    errors.OutOfTime: (SNOOZE, "snooze", False),
    errors.SiteUnavailable: (SNOOZE, "snooze", True),
    errors.SiteClosed: (SNOOZE, "snooze", False),
    errors.SiteChanged: (SNOOZE, "snooze", True),
    errors.SessionExpired: (SNOOZE, "snooze", True),
    errors.BrowserLost: (SNOOZE, "snooze", True),
    errors.LoginRefused: (SNOOZE, "snooze", True),
    errors.AccountLost: (SNOOZE, "snooze", True),
    errors.PasswordSealed: (SNOOZE, "snooze", True),
    errors.StorageError: (SNOOZE, "snooze", False),
    errors.DatabaseUnavailable: (SNOOZE, "snooze", False),
    errors.DiskFull: (SNOOZE, "snooze", False),
    errors.Stopping: (RETURN, "returned", False),
    errors.UnexpectedError: (RETRY, "retry", True),
}


def test_every_error_has_its_meaning_here() -> None:
    assert set(leaves(ExtractorError)) == set(MEANINGS)


@pytest.mark.parametrize(("kind", "meaning"), MEANINGS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_error_before_the_click(
    kind: type[ExtractorError],
    meaning: tuple[tuple[str, int], str | None, bool],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    row, outcome, retires_session = meaning
    job_id = insert_job(sql)
    registry.plan(Step.FILLED, kind(SENTENCE), kind(SENTENCE))  # the second for another reading of the row

    answer = worker.handle(job_id)

    assert book.row(job_id, "status, attemtps") == row
    assert book.attempts() == [outcome]
    told = (None, None) if outcome in (None, "returned") else (kind.code, SENTENCE)
    assert book.row(job_id, "error_code, error_message") == told
    expected = {"Erreur": kind.__name__, "En attente": "En attente", "En traitement": "dropped"}[row[0]]
    assert answer == f"{expected}: {SENTENCE}"
    assert worker.parts.session.check_ready() is not retires_session
    assert worker.parts.session.account is not None
    assert (book.marks(), registry.bills) == (0, [])


@pytest.mark.parametrize(
    ("attempts", "status"), [(1, "Erreur"), (2, "En attente"), (3, "En attente")], ids=["one", "two", "three"]
)
def test_retries_end_with_the_rows_attempts(
    attempts: int, status: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, max_attempts=attempts)
    registry.plan(Step.FORM, errors.RegistryMessage("?"))

    worker.handle(job_id)

    assert book.row(job_id) == (status, 1, "registry_message")


@pytest.mark.parametrize(
    ("error", "broken"),
    [
        (errors.SiteClosed("fermé"), ["index"]),
        (errors.SiteChanged("?"), ["index"]),
        (errors.SiteUnavailable("503"), []),  # one may be bad luck
        (errors.BrowserLost("?"), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_site_errors_break_their_source(
    error: ExtractorError,
    broken: list[str],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
) -> None:
    registry.plan(Step.FORM, error)

    worker.handle(insert_job(sql))

    found = sql.execute("SELECT document_source FROM source_control WHERE broken_until > now()").fetchall()
    assert [source for (source,) in found] == broken


def test_good_row_closes_the_breaker(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    registry.plan(Step.FORM, errors.SiteUnavailable("503"))
    worker.handle(insert_job(sql))
    worker.make_ready()

    worker.handle(insert_job(sql))

    assert sql.execute("SELECT sum(site_failures) FROM source_control").fetchone() == (0,)


def test_days_limit_lets_the_row_wait_until_tomorrow(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, errors.DailyLimit("?"))

    worker.handle(job_id)

    midnight = "date_trunc('day', now(), 'America/Toronto') + interval '1 day'"
    assert book.row(job_id, f"available_at = {midnight}") == (True,)


# What the site sends at each download, and the row's end; a download is free, a consultation is not.
DOWNLOADS = {
    "good": ([good_pdf(NUMBER)], ("Complété", 1, None), 1),
    "damaged once": ([damaged_pdf(NUMBER), good_pdf(NUMBER)], ("Complété", 1, None), 1),
    "damaged twice": ([damaged_pdf(NUMBER), b"", good_pdf(NUMBER)], ("Complété", 1, None), 1),
    "damaged always": ([damaged_pdf(NUMBER)], ("Erreur", 1, "document_refused"), 1),
    "a page": ([b"<html>Erreur</html>"], ("Erreur", 1, "document_refused"), 1),
    "another document": ([good_pdf("1234567")], ("Erreur", 1, "wrong_document"), 1),
}


@pytest.mark.parametrize(("files", "row", "bills"), DOWNLOADS.values(), ids=DOWNLOADS)
def test_what_the_site_sends_is_paid_once(
    files: list[bytes],
    row: tuple[str, int, str | None],
    bills: int,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.serve(NUMBER, *files)

    worker.handle(job_id)

    assert book.row(job_id) == row
    assert (len(registry.bills), book.marks()) == (bills, bills)
    assert list(book.stored().values()) == ([good_pdf(NUMBER)] if row[0] == "Complété" else [])
    kept = [data for name, data in book.evidence().items() if name.endswith("document.bin")]
    assert kept == ([] if row[0] == "Complété" else [files[-1]])
    assert book.spooled() == []


# Errors around the click: whether it is billed, and whether the mark stays.
AROUND_THE_CLICK = [
    (Step.FILLED, errors.SiteUnavailable("?"), 0, 0),
    (Step.TURNED_AWAY, errors.SiteUnavailable("?"), 0, 0),
    (Step.TURNED_AWAY, errors.RegistryMessage("?"), 0, 0),
    (Step.CLICK, errors.BrowserLost("?"), 0, 1),  # uncertain: it counts as paid
    (Step.BILLED, errors.DocumentTimeout("?"), 1, 1),
    (Step.BILLED, errors.SessionExpired("?"), 1, 1),
    (Step.DOWNLOAD, errors.SiteUnavailable("?"), 1, 1),
    (Step.SAVED, errors.BrowserLost("?"), 1, 1),
]


@pytest.mark.parametrize(("step", "error", "bills", "marks"), AROUND_THE_CLICK)
def test_mark_stays_unless_nothing_was_charged(
    step: Step,
    error: ExtractorError,
    bills: int,
    marks: int,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql, max_consultations=1)
    registry.plan(step, error)

    worker.handle(job_id)

    assert (len(registry.bills), book.marks()) == (bills, marks)
    assert book.row(job_id, "status, error_code") == ("En attente", error.code)
    sql.execute("UPDATE extraction_queue SET available_at = now()")
    worker.make_ready()
    worker.handle(job_id)
    assert book.row(job_id, "status") == (("Erreur" if marks else "Complété"),)
    assert len(registry.bills) == (bills if marks else 1)


def test_confirmation_page_is_one_consultation(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    registry.asks_to_confirm = True

    worker.handle(insert_job(sql, max_consultations=1))

    assert (len(registry.bills), book.marks()) == (1, 1)


def test_other_reading_of_the_row_is_asked_when_the_first_is_unknown(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.TURNED_AWAY, errors.DocumentNotFound("inexistant"))

    worker.handle(job_id)

    assert book.row(job_id, "status, fetched_as ->> 'why'") == ("Complété", "a 7-digit lot needs no circonscription")
    assert (len(registry.bills), book.marks()) == (1, 1)


def test_cancelled_row_is_not_bought(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, lambda: sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()"))

    worker.handle(job_id)

    assert book.row(job_id) == ("Erreur", 1, "cancelled")
    assert (registry.bills, book.marks()) == ([], 0)


def test_row_cancelled_after_its_click_keeps_its_document(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.BILLED, lambda: sql.execute("UPDATE extraction_queue SET cancel_requested_at = now()"))

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, "cancelled_late")
    assert len(book.stored()) == 1


def test_failure_keeps_the_page_the_steps_and_no_credential(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    registry.plan(Step.FORM, errors.SiteChanged("?"))

    worker.handle(insert_job(sql))

    evidence = book.evidence()
    assert {name.rpartition("/")[2] for name in evidence} == {"page.html", "page.png", "steps.json"}
    assert b"<p>" in next(data for name, data in evidence.items() if name.endswith("html"))
    assert not any(secret in data for data in evidence.values() for secret in (b"99X0001", b"standin"))
    (folder,) = book.attempts("evidence_path")
    assert str(folder).endswith(next(iter(evidence)).partition("/")[0])


def test_disk_without_room_for_evidence_costs_no_row(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    worker.settings.evidence_dir.write_text("a file where the folder should be")
    job_id = insert_job(sql)
    registry.plan(Step.FORM, errors.PaperOnly(SENTENCE))

    assert worker.handle(job_id) == f"PaperOnly: {SENTENCE}"

    assert book.row(job_id) == ("Erreur", 1, "paper_only")
    (last,) = book.attempts("steps -> -1 ->> 'step'")
    assert last == f"paper_only: {SENTENCE}"
    assert book.attempts("evidence_path") == [None]


def test_page_that_gives_no_evidence_costs_no_row(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, errors.PaperOnly(SENTENCE))
    registry.plan(Step.EVIDENCE, errors.BrowserLost("?"))

    worker.handle(job_id)

    assert book.row(job_id) == ("Erreur", 1, "paper_only")


def test_page_that_no_encoding_takes_costs_no_row(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    registry.page = "half a character: \ud800"
    job_id = insert_job(sql)
    registry.plan(Step.FORM, errors.SiteChanged(SENTENCE))

    assert worker.handle(job_id) == f"En attente: {SENTENCE}"

    assert book.row(job_id) == ("En attente", 0, "site_changed")
    assert any(b"half a character: ?" in data for data in book.evidence().values())


def test_defect_is_retried_and_keeps_its_cause(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    cause = ZeroDivisionError("a defect")
    registry.plan(Step.FORM, cause)

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 1, "unexpected")
    assert book.row(job_id, "error_message") == ("ZeroDivisionError: a defect",)
    assert as_ours(cause).__cause__ is cause


def test_counts_of_the_process_follow_its_rows(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    registry.plan(Step.FORM, None, errors.PaperOnly("?"))

    worker.handle(insert_job(sql))
    worker.handle(insert_job(sql, document_number="5 200 001"))

    counts = sql.execute("SELECT status, jobs_completed, jobs_failed FROM worker_status").fetchone()
    assert counts == ("idle", 1, 1)


@pytest.mark.parametrize("status", [Status.WAITING, Status.RUNNING, Status.COMPLETED, Status.FAILED])
def test_message_for_a_row_that_is_not_due_does_nothing(
    status: Status, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    sql.execute("UPDATE extraction_queue SET status = %s, available_at = now() + interval '1 h'", [status])
    before = book.row(job_id, "*")

    assert worker.handle(job_id).startswith("nothing to do")

    assert book.row(job_id, "*") == before
    assert (book.attempts(), registry.bills) == ([], [])
