"""The session logs in only when it must; a refused account rests, and its password appears nowhere."""

from __future__ import annotations

import time

import psycopg
import pytest

from extractor.errors import (
    BrowserLost,
    ConfigurationError,
    ExtractorError,
    LoginRefused,
    NoAccountAvailable,
    SiteChanged,
    SiteClosed,
    SiteUnavailable,
    UnexpectedError,
)
from extractor.language.sentences import Sentence
from extractor.postgres.lease import Lease
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker
from tests.support.system import eventually

USER_CODE, WRONG = "99X0001", "a wrong password"


def test_one_login_serves_many_rows(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    for number in range(3):
        worker.handle(insert_job(sql, document_number=f"5 200 00{number}"))

    assert registry.logins == [USER_CODE]
    assert book.logins() == {"ok": 1}


def test_message_at_a_process_without_a_session_goes_back_before_it_logs_in(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, dispatched_at="now")
    worker = start()
    worker.parts.session.retire()

    assert worker.handle(job_id) == "handed back: logged in first"
    assert book.row(job_id, "status, attemtps, dispatched_at") == ("En attente", 0, None)
    assert worker.handle(job_id).startswith("Complété")
    assert registry.logins == [USER_CODE] * 2


def test_expired_session_logs_in_again_and_costs_nothing(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.expire_sessions()

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)
    assert registry.logins == [USER_CODE] * 2
    assert (len(registry.bills), book.marks()) == (1, 1)


def test_session_that_expires_at_once_is_not_logged_in_a_third_time(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, registry.expire_sessions, registry.expire_sessions)

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 0, "session_expired")
    assert registry.logins == [USER_CODE] * 2


def test_refused_login_counts_and_rests(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    insert_account(sql, password=WRONG)
    job_id = insert_job(sql, dispatched_at="now")

    worker = start()
    answer = worker.handle(job_id)

    assert answer.startswith("handed back: No available accounts: of 1, 1 resting")
    assert registry.logins == [USER_CODE]
    assert book.logins() == {"refused": 1}
    resting = "failure_count, last_error, resting_until > now() + interval '890 s'"
    assert book.account(resting) == (1, "Code ou mot de passe invalide.", True)
    assert book.session("user_code") is None
    assert book.row(job_id, "status, attemtps, dispatched_at") == ("En attente", 0, None)
    assert sql.execute("SELECT status FROM worker_status").fetchone() == ("error",)


def test_each_refusal_rests_twice_as_long_until_the_third(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    insert_account(sql, password=WRONG)
    worker, rests = start(account_rest_seconds=100), []

    for _ in range(4):
        rests.append(book.account("round(extract(epoch FROM resting_until - now()))")[0])
        sql.execute("UPDATE worker_accounts SET resting_until = now()")
        worker.parts.readiness.seek()

    assert rests[:3] == [100, 200, 400]
    assert registry.logins == [USER_CODE] * 3
    assert book.account("failure_count") == (3,)


def test_refused_login_keeps_evidence_without_credentials(sql: psycopg.Connection, start: Start, book: Book) -> None:
    insert_account(sql, password=WRONG)
    worker = start()
    sql.execute("UPDATE worker_accounts SET resting_until = now()")

    worker.handle(insert_job(sql))

    evidence = book.evidence()
    assert {name.rpartition("/")[2] for name in evidence} == {"page.html", "page.png", "steps.json"}
    assert all(name.startswith("login_refused-login-w-1-") for name in evidence)
    shown = b"".join(evidence.values())
    assert b"<p>" in shown
    assert USER_CODE.encode() not in shown
    assert WRONG.encode() not in shown


def test_refusal_in_the_middle_of_a_row_gives_the_row_back(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    registry.expire_sessions()
    registry.plan(Step.LOGIN, LoginRefused("Code ou mot de passe invalide."))

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 0, "login_refused")
    assert book.logins() == {"ok": 1, "refused": 1}
    assert book.account("failure_count") == (1,)
    assert book.session("user_code") is None
    assert worker.parts.session.lease is None


FAILED = [SiteUnavailable("503"), SiteChanged("?"), SiteClosed("fermé"), BrowserLost("?"), UnexpectedError("?")]


@pytest.mark.parametrize("error", FAILED, ids=lambda error: type(error).__name__)
def test_failed_login_is_counted_and_keeps_the_account(
    error: ExtractorError, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    registry.plan(Step.LOGIN, error)

    worker = start()

    assert book.logins() == {"failed": 1}
    assert book.account("failure_count") == (0,)
    assert book.session("user_code") == (USER_CODE,)
    assert worker.parts.readiness.check() is None
    assert worker.make_ready() is None
    assert book.logins() == {"failed": 1, "ok": 1}


@pytest.mark.parametrize(
    ("error", "broken"),
    [(SiteClosed("fermé"), 3), (SiteChanged("?"), 3), (SiteUnavailable("?"), 0), (BrowserLost("?"), 0)],
)
def test_site_that_fails_the_login_breaks_every_source(
    error: ExtractorError, broken: int, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    registry.plan(Step.LOGIN, error)

    start()

    found = sql.execute("SELECT count(*) FROM source_control WHERE broken_until > now()").fetchone()
    assert found == (broken,)


def test_process_without_an_account_hands_back_and_says_why(sql: psycopg.Connection, start: Start, book: Book) -> None:
    insert_account(sql, is_active=False)
    job_id = insert_job(sql)
    worker = start()

    assert isinstance(worker.make_ready(), NoAccountAvailable)
    assert worker.handle(job_id).startswith("handed back: No available accounts: of 1, 1 disabled")

    assert book.row(job_id, "status, attemtps") == ("En attente", 0)
    assert sql.execute("SELECT status, account_id FROM worker_status").fetchone() == ("error", None)


def test_process_that_waits_for_an_account_takes_the_one_that_appears(
    sql: psycopg.Connection, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_account(sql, is_active=False)
    worker = start()
    monkeypatch.setattr("extractor.worker.readiness.ACCOUNT_POLL_SECONDS", 0)
    worker.before("drain.wait", lambda: sql.execute("UPDATE worker_accounts SET is_active = true"))

    assert worker.parts.readiness.seek_for(60) is None


def test_idle_browser_that_died_costs_no_row(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.browser.kill()

    assert worker.handle(job_id).startswith("Complété")

    assert book.row(job_id, "status, attemtps") == ("Complété", 1)
    assert registry.logins == [USER_CODE] * 2


def test_idle_browser_that_died_and_cannot_log_in_again_costs_no_attempt(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.browser.kill()
    registry.plan(Step.LOGIN, SiteUnavailable(Sentence("The site is away.")))

    worker.handle(job_id)

    assert book.row(job_id, "status, attemtps, error_message") == ("En attente", 0, "The site is away.")
    assert (book.marks(), registry.bills) == (0, [])


@pytest.mark.parametrize(("jobs", "megabytes"), [(2, 100), (50, 2000)], ids=["old", "large"])
def test_browser_is_replaced_without_a_login(
    jobs: int, megabytes: int, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start(recycle_jobs=jobs)
    worker.browser.megabytes = megabytes

    def replaced() -> bool:
        assert worker.handle(insert_job(sql)).startswith("Complété")
        return worker.browser.opened == 2

    assert not replaced()  # the browser's first row
    eventually(replaced, "a later row has another browser")  # once a thread has measured it, or after two rows
    assert registry.logins == [USER_CODE]


@pytest.mark.parametrize("error", [BrowserLost("?"), UnexpectedError("?"), ConfigurationError("?")])
def test_browser_that_cannot_be_replaced_costs_no_row(
    error: ExtractorError, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start(recycle_jobs=1)
    registry.plan(Step.COOKIES, error)

    answers = [worker.handle(insert_job(sql)) for _ in range(2)]

    assert all(answer.startswith("Complété") for answer in answers)
    assert registry.logins == [USER_CODE] * 2  # the second row's form logged in


def test_time_that_a_new_browser_takes_is_missing_for_the_click(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start(recycle_jobs=1, document_timeout_seconds=20, job_timeout_seconds=21)
    worker.handle(insert_job(sql))
    registry.plan(Step.COOKIES, lambda: time.sleep(1.1))
    job_id = insert_job(sql)

    worker.handle(job_id)

    assert book.row(job_id, "status, error_code, attemtps") == ("En attente", "out_of_time", 0)


@pytest.mark.parametrize("moment", ["before", "after"], ids=["before the commit", "after the commit"])
def test_refusal_that_an_outage_hides_counts_once_and_is_not_asked_for_again(
    moment: str,
    sql: psycopg.Connection,
    start: Start,
    registry: ScriptedRegistry,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    insert_account(sql, password=WRONG)
    record = Lease._record_refusal
    outages = [psycopg.OperationalError("server closed the connection unexpectedly")]

    def record_in_an_outage(lease: Lease, message: str, *, nth: int) -> None:
        if outages and moment == "before":
            raise outages.pop()
        record(lease, message, nth=nth)
        if outages:
            raise outages.pop()

    monkeypatch.setattr(Lease, "_record_refusal", record_in_an_outage)

    worker = start()
    worker.parts.readiness.seek()

    assert registry.logins == [USER_CODE]
    assert book.account("failure_count, resting_until > now()") == (1, True)
    assert book.session("user_code") is None


@pytest.mark.parametrize("method", ["record_login", "record_failed_login"])
def test_login_that_could_not_be_counted_is_still_what_it_is(
    method: str, start: Start, registry: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's open transaction may lock the account for longer than a statement may take."""

    def fail(_lease: Lease) -> None:
        raise psycopg.OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(Lease, method, fail)
    if method == "record_failed_login":
        registry.plan(Step.LOGIN, SiteUnavailable("503"))

    worker = start()

    assert (worker.parts.readiness.check() is not None) == (method == "record_login")
    assert str(worker.make_ready()) == "None"
