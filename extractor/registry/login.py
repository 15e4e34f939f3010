"""Login: at its own address, with one post. Only positive evidence is success."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser

from extractor.errors import BrowserLost, ExtractorError, LoginRefused, SiteChanged, SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.models import Account, Source
from extractor.registry.dead_ends import error_of
from extractor.registry.forms import is_form
from extractor.registry.page import PageKind, PageState
from extractor.registry.visit import Visit

# Any form proves a login; the shape of the index form is known best.
PROOF = Source.INDEX


def log_in(visit: Visit, account: Account) -> None:
    """Post the account's code and password once; raises LoginRefused, or what is not the account's fault.

    Logged in is what a form that opens says, never the absence of an error (docs/site.md#login).
    """
    _reach_login_page(visit)
    _post(visit, account)
    answer = visit.settle(timeout=visit.pace.page_timeout)
    if answer.kind in (PageKind.LOGIN, PageKind.QUESTION):
        raise LoginRefused(_refusal(answer))
    if answer.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE, PageKind.EXPIRED):
        raise error_of(answer)
    proof = visit.open(visit.site.paths.form(PROOF))
    if is_form(proof, PROOF):
        return
    if proof.kind is PageKind.LOGIN and answer.kind is not PageKind.WELCOME:
        # No page showed that the password was right, and posting it again may lock the account.
        raise LoginRefused(_refusal(answer))
    raise error_of(proof)


def _reach_login_page(visit: Visit) -> None:
    """Open the login page by its own address; by the entry page only when that address shows something else."""
    state = visit.open(visit.site.paths.login)
    if state.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE):
        raise error_of(state)
    if state.kind is not PageKind.LOGIN:
        state = _pass_entry_page(visit, otherwise=state)
    if state.kind is not PageKind.LOGIN:
        raise SiteChanged(
            Sentence(
                "The login page was expected at {login}, and this came: {state}.",
                login=visit.site.paths.login,
                state=state,
            )
        )
    if urlsplit(visit.page.url).hostname != urlsplit(visit.base_url).hostname:
        raise SiteChanged(
            Sentence("The login page lies on another host than REGISTRY_BASE_URL: {url}.", url=visit.page.url)
        )


def _pass_entry_page(visit: Visit, *, otherwise: PageState) -> PageState:
    """Go through the door of the entry page: a link or an area by its address, an image by a click."""
    door = visit.site.login.door
    entry = visit.open(visit.site.paths.entry)
    node = LexborHTMLParser(visit.html()).css_first(door)
    if entry.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE):
        raise error_of(entry)
    if node is None:
        return otherwise
    if href := node.attributes.get("href"):
        return visit.open(urljoin(visit.page.url, href))
    try:
        visit.press(door, timeout=visit.pace.page_timeout)
    except PlaywrightTimeout as timeout:
        raise SiteChanged(Sentence("The entry page's {door} leads nowhere.", door=door)) from timeout
    return visit.settle(timeout=visit.pace.page_timeout)


def _post(visit: Visit, account: Account) -> None:
    """Type and send. Playwright's errors quote what was typed: none may leave this function, not even as a context."""
    controls = visit.site.login
    failure: ExtractorError | None = None
    try:
        visit.type(controls.username, account.username)
        visit.type(controls.password, account.password.get_secret_value())
        visit.press(controls.submit, timeout=visit.pace.page_timeout)
    except (PlaywrightTimeout, SiteUnavailable):
        failure = SiteUnavailable(
            Sentence("The login was not answered in {page_timeout:.0f} s.", page_timeout=visit.pace.page_timeout)
        )
    except (PlaywrightError, BrowserLost):
        failure = BrowserLost(Sentence("The browser was lost during the login."))
    if failure is not None:
        raise failure


def _refusal(answer: PageState) -> Sentence:
    if answer.kind is PageKind.QUESTION:
        return Sentence("The site asks a personal question, which only a person can answer or switch off.")
    if answer.message:
        return Sentence("The site refused the login: {message}", message=answer.message)
    return Sentence("The site did not accept the login, and does not say why (it shows: {answer}).", answer=answer)
