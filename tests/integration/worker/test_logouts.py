"""The end of a session ends its login at the site, whatever became of the browser; nothing depends on the answer."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.models import Source
from extractor.registry.logout import Logout
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker


def meet_killed_browser(worker: ScriptedWorker) -> None:
    worker.parts.session.kill_browser()
    worker.parts.session.check_ready()


ENDS: dict[str, Callable[[ScriptedWorker], object]] = {
    "retired": lambda worker: worker.parts.session.retire(),
    "closed": lambda worker: worker.parts.session.close(),
    "closed while idle": lambda worker: worker.parts.session.close_from_outside(),
    "browser killed": meet_killed_browser,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_each_end_of_a_session_logs_out_once(
    end: Callable[[ScriptedWorker], object], worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    end(worker)
    worker.parts.session.close()

    assert registry.logouts == ["99X0001"]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_site_that_does_not_answer_keeps_no_account(
    end: Callable[[ScriptedWorker], object], worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    registry.plan(Step.LOGOUT, ConnectionRefusedError("no"))

    end(worker)
    worker.parts.session.close()

    assert book.session("user_code") is None
    assert worker.make_ready() is None


def test_logout_that_failed_is_sent_again_before_the_next_login(
    worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    registry.plan(Step.LOGOUT, ConnectionRefusedError("no"))
    worker.parts.session.retire()
    assert registry.logouts == []

    assert worker.make_ready() is None

    assert (registry.logouts, registry.logins) == (["99X0001"], ["99X0001"] * 2)
    worker.parts.session.open_form(Source.INDEX)


def test_it_has_the_cookies_of_the_last_form(
    sql: psycopg.Connection, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site may give new cookies in the middle of a session."""
    page = worker.browser.page
    assert page is not None
    sent: list[str] = []

    class Noted(Logout):
        def send(self) -> None:
            sent.append(self.cookies)

    renewed = iter([Noted("", "", "second"), None])
    monkeypatch.setattr(page, "logout", lambda: next(renewed))
    for _ in range(2):  # the second form does not say how to log out
        worker.handle(insert_job(sql))

    worker.parts.session.close()

    assert sent == ["second"]


def test_browser_that_is_replaced_stays_logged_in(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start(recycle_jobs=1)

    for _ in range(3):
        assert worker.handle(insert_job(sql)).startswith("Complété")

    assert (registry.logins, registry.logouts) == (["99X0001"], [])
