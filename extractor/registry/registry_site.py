"""The registry's site for one logged-in browser page: log in, open a form, fetch a document."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Cookie, Page
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import browser_errors
from extractor.errors import UnexpectedError
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import Account, Evidence, Source
from extractor.registry.answers import Answers, Consultation
from extractor.registry.dead_ends import error_of
from extractor.registry.download import DocumentPage
from extractor.registry.forms import RequestForm, is_form, submit_button
from extractor.registry.learned_form import BUTTON, show_copy
from extractor.registry.learned_request import KnownRequest
from extractor.registry.learned_session import LearnedRequests
from extractor.registry.login import log_in
from extractor.registry.logout import Logout, find_logout
from extractor.registry.site_map import SiteMap
from extractor.registry.snapshot import evidence_of
from extractor.registry.visit import Pace, Visit


class RegistrySite:
    """What the session and the extraction see of the site; what Playwright raises leaves it as an ExtractorError."""

    def __init__(self, page: Page, *, base_url: str, site: SiteMap, pace: Pace, learns: bool = False) -> None:
        self._visit = Visit(page, base_url=base_url, site=site, pace=pace)
        self.learned = LearnedRequests(self._visit, self.cookies) if learns else None
        """What `REQUESTS=learned` needs of this login; None with `form`."""
        self._deadline = 0.0
        self._answers: Answers | None = None

    def log_in(self, account: Account) -> None:
        """Post the account's credentials once; raises LoginRefused, SiteError, SessionError."""
        with _our_errors():
            log_in(self._visit, account)

    def logout(self) -> Logout | None:
        """How the page that is open ends the login; None when it does not say so. Raises BrowserLost."""
        with _our_errors():
            return find_logout(self._visit)

    def open_form(self, source: Source) -> RequestForm:
        """Open a source's form, which proves that the session is logged in; raises SessionExpired, SiteError."""
        with _our_errors():
            state = self._visit.open(self._visit.site.paths.form(source))
            if is_form(state, source):
                self._visit.allow_forms()
                self._visit.note_form()
        if not is_form(state, source):
            raise error_of(state)
        if self.learned is not None:
            self.learned.note_login_proved()
        return RequestForm(self._visit, source)

    def shows_form(self, source: Source) -> bool:
        """Whether the page still shows this source's form, by what the browser has: the site is not asked."""
        with _our_errors():
            return is_form(self._visit.state(), source)

    def request_document(self, form: RequestForm, request: Request, *, consultation: Consultation) -> None:
        """Fill, submit and go on until the document page; raises the error that the registry's answer means."""
        with _our_errors():
            form.fill(request)
            answers = self._begin_answers(request, consultation, self._visit.pace.document_timeout)
            if self.learned is None:
                answers.reach_document(form.button)
                return
            with self.learned.watching(request.source, form.button, answers):
                answers.reach_document(form.button)

    def request_learned(self, known: KnownRequest, request: Request, *, consultation: Consultation) -> None:
        """As `request_document`, by one POST and without the form; the same errors."""
        with _our_errors():
            show_copy(self._visit, known)
            self._visit.allow_forms()
            answers = self._begin_answers(request, consultation, self._visit.pace.document_timeout)
            answers.reach_document(submit_button(self._visit.site, known.source), first=BUTTON)

    def find_document(
        self, address: str, request: Request, *, consultation: Consultation, seconds: float, silent_seconds: float
    ) -> bool:
        """Whether the document that an earlier click paid is at its address, within this time; nothing is submitted.

        A page that says nothing is given up after `silent_seconds`, one that asks to wait after `seconds`. Open a form
        first: it proves the login. Raises SiteError, DocumentTimeout.
        """
        with _our_errors():
            return self._begin_answers(request, consultation, seconds).reach_again(
                address, silent_seconds=silent_seconds
            )

    @property
    def needs_proof(self) -> bool:
        """Whether the file that is there is the document only if its own words say so."""
        return self._answers is not None and self._answers.needs_proof

    def document_files(self, target: Path) -> Iterator[str]:
        """Save the document of the page that is open, again and again, each time another way: it is paid.

        Yields the way, after each try that wrote to the target. Ends at the document's bound, after one round at least.
        Raises SessionExpired, SiteClosed, BrowserLost.
        """
        deadline = max(self._deadline, time.monotonic() + self._visit.pace.page_timeout)
        with _our_errors():
            file = self._answers.file if self._answers else None
            page = DocumentPage(self._visit, deadline=deadline, file_address=file.address if file else None)
            if file is not None and file.content:
                target.write_bytes(file.content)
                yield "sent instead of a document page"
            yield from page.tries(target)

    def _begin_answers(self, request: Request, consultation: Consultation, seconds: float) -> Answers:
        self._deadline = time.monotonic() + seconds
        self._answers = Answers(self._visit, request, consultation, deadline=self._deadline)
        return self._answers

    def is_alive(self) -> bool:
        """Whether the browser still answers. It makes a round trip, since a crash may be silent. Raises BrowserLost."""
        with _our_errors():
            return self._visit.reader.answers()

    def free_memory(self) -> None:
        """Let the browser give back what earlier pages left, in about 20 ms. Raises BrowserLost."""
        with _our_errors():
            self._visit.reader.free_memory()

    def cookies(self) -> list[Cookie]:
        """The cookies of the login, for a fresh browser to go on with; raises BrowserLost."""
        with _our_errors(), browser_errors():
            return self._visit.page.context.cookies()

    def evidence(self) -> Evidence:
        """What the page shows, the credentials masked. The page cannot be used afterwards."""
        login = self._visit.site.login
        with _our_errors():
            return evidence_of(self._visit.page, self._visit.reader, masked=(login.username, login.password))


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn an unexpected error of Playwright into an ExtractorError: a defect of this program."""
    try:
        yield
    except PlaywrightError as error:
        raise UnexpectedError(
            Sentence("The browser could not go on: {said}", said=error.message.splitlines()[0])
        ) from error
