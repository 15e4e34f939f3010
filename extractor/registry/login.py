"""Login: by its own address, one post, and success only on positive evidence."""

from __future__ import annotations

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.errors import ExtractorError, LoginRefused, SiteChanged, SiteUnavailable
from extractor.models import Account, Source
from extractor.registry.answers import error_of
from extractor.registry.page_state import PageKind, PageState
from extractor.registry.visit import Visit

# Any form proves a login; the index form is the one whose shape is known best.
PROOF = Source.INDEX


def log_in(visit: Visit, account: Account) -> None:
    """Post the account's code and password once; raises LoginRefused, or a SiteError that is not the account's fault.

    Logged in is what a form that opens says, never the absence of an error (SITE.md §2).
    """
    state = visit.open(visit.site.paths.login)
    if state.kind is not PageKind.LOGIN:
        raise error_of(state)
    _post(visit, account)
    answer = visit.settle(timeout=visit.pace.page_timeout)
    if answer.kind in (PageKind.LOGIN, PageKind.QUESTION):
        raise _refusal(answer)
    if answer.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE):
        raise error_of(answer)
    proof = visit.open(visit.site.paths.form(PROOF))
    if not is_form(proof, PROOF):
        raise _refusal(answer) if proof.kind is PageKind.LOGIN else error_of(proof)


def is_form(state: PageState, source: Source) -> bool:
    """Whether the page is that source's form, empty of messages."""
    return state.kind is PageKind.FORM and state.source is source


def _post(visit: Visit, account: Account) -> None:
    controls = visit.site.login
    try:
        visit.page.fill(controls.username, account.username)
        visit.page.fill(controls.password, account.password.get_secret_value())
        visit.act(lambda: visit.page.click(controls.submit, no_wait_after=True))
    except PlaywrightTimeout:
        # Playwright's own text may quote what was typed: it must not travel further.
        raise SiteUnavailable("The login page did not answer the login in time.") from None


def _refusal(state: PageState) -> ExtractorError:
    if state.kind is PageKind.QUESTION:
        return LoginRefused("The site asks a personal question, which only a person can answer or switch off.")
    if state.message:
        return LoginRefused(f"The site refused the login: {state.message}")
    if state.kind is PageKind.LOGIN:
        return LoginRefused("The site showed the login page again, without a word.")
    return SiteChanged(f"After the login the site shows {state}, and no form opens.")
