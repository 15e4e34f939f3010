"""The registry's site for one logged-in browser page: log in, open a form, fetch a document."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.errors import SiteUnavailable
from extractor.models import Account, Source
from extractor.registry.answers import Answers, Consultation, error_of
from extractor.registry.download import DocumentPage
from extractor.registry.forms import Request, RequestForm
from extractor.registry.login import is_form, log_in
from extractor.registry.site_map import SiteMap
from extractor.registry.visit import Pace, Visit


class RegistrySite:
    """What the session and the extraction see of the site; every error that leaves it is ours."""

    def __init__(self, page: Page, *, base_url: str, site: SiteMap, pace: Pace) -> None:
        self._visit = Visit(page, base_url=base_url, site=site, pace=pace)

    def log_in(self, account: Account) -> None:
        """Post the account's credentials once; raises LoginRefused, SiteError."""
        log_in(self._visit, account)

    def open_form(self, source: Source) -> RequestForm:
        """Open a source's form, which proves that the session is logged in; raises SessionExpired, SiteError."""
        state = self._visit.open(self._visit.site.paths.form(source))
        if not is_form(state, source):
            raise error_of(state)
        return RequestForm(self._visit, source)

    def fetch(self, form: RequestForm, request: Request, *, consultation: Consultation, target: Path) -> None:
        """Fill, submit and save the document as the site sent it; raises what the registry's answer amounts to."""
        try:
            form.fill(request)
        except PlaywrightTimeout as timeout:
            raise SiteUnavailable(f"The form did not answer in {self._visit.pace.page_timeout:.0f} s.") from timeout
        Answers(self._visit, request, consultation).reach_document(form)
        DocumentPage(self._visit).save(target)
