"""From a submitted form to its document: lists, plans, warnings, the confirmation, and the waiting."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractor.errors import (
    DocumentNotFound,
    DocumentTimeout,
    ExtractorError,
    PaperOnly,
    RegistryMessage,
    SessionExpired,
    SimilarNumbersOnly,
    SiteChanged,
    SiteClosed,
    SiteUnavailable,
)
from extractor.registry.forms import Request, RequestForm
from extractor.registry.page_state import Meaning, PageKind, PageState
from extractor.registry.site_map import SiteMap
from extractor.registry.visit import Visit

# Form, warning, selection, confirmation, document, and one to spare: more is a circle.
MAX_STEPS = 6
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


class Consultation(Protocol):
    """The durable mark of a click that may be charged."""

    def record(self) -> None:
        """Commit the mark; raises when the click is not allowed."""

    def clear(self) -> None:
        """Take it back: the page that came shows that nothing was charged."""


@dataclass(frozen=True)
class Choice:
    """One row of a list: its position among the radios, its texts, and whether it is on paper only."""

    position: int
    texts: tuple[str, ...]
    on_paper: bool

    def has_number(self, number: str) -> bool:
        """Whether a cell is this number, spaces and a leading T aside."""
        return any(_bare(text) == _bare(number) for text in self.texts)


def read_choices(html: str, site: SiteMap) -> list[Choice]:
    """Read the rows of a similar list or of a plan selection."""
    choices = []
    for position, radio in enumerate(LexborHTMLParser(html).css(site.answer.choice)):
        row = _row_of(radio)
        texts = tuple(cell.text().strip() for cell in row.css("td"))
        choices.append(Choice(position, texts, on_paper=row.css_first(site.answer.on_paper) is not None))
    return choices


def choose_similar(choices: list[Choice], number: str) -> Choice:
    """The one row that is the requested number; any other is another document, and would be billed."""
    same = [choice for choice in choices if choice.has_number(number)]
    exact = [choice for choice in same if any(_compact(text) == _compact(number) for text in choice.texts)]
    same = exact or same
    if not same:
        offered = ", ".join(text for choice in choices for text in choice.texts if any(map(str.isdigit, text)))
        raise SimilarNumbersOnly(f"The registry has no {number}; it offers: {offered}.")
    available = [choice for choice in same if not choice.on_paper]
    if not available:
        raise PaperOnly(f"The registry keeps {number} on paper only.")
    if len(available) > 1:
        raise SimilarNumbersOnly(f"The registry offers {len(available)} documents numbered {number}; which one?")
    return available[0]


def choose_latest_plan(choices: list[Choice], lot: str) -> Choice:
    """The plan of the latest date, whatever the order; never a plan of another lot."""
    of_lot = [choice for choice in choices if choice.has_number(lot)]
    if not of_lot:
        raise SiteChanged(f"No row of the plan selection is lot {lot}.")
    if len(of_lot) == 1:
        return of_lot[0]
    dates = [max(_DATE.findall(" ".join(choice.texts)), default=None) for choice in of_lot]
    if None in dates or len(set(dates)) < len(dates):
        raise SiteChanged("The plans offered have no dates, or equal ones: the latest cannot be told.")
    return max(zip(dates, of_lot, strict=True), key=lambda pair: pair[0] or ())[1]


class Answers:
    """Walks from the submit to the document page; every click that may be charged is recorded before it."""

    def __init__(self, visit: Visit, request: Request, consultation: Consultation) -> None:
        self._visit = visit
        self._request = request
        self._consultation = consultation
        self._deadline = time.monotonic() + visit.pace.document_timeout
        self._was_inactive = False

    def reach_document(self, form: RequestForm) -> None:
        """Submit and go on until the document page; raises the error that the last page amounts to."""
        self._consultation.record()
        try:
            form.submit()
            for _ in range(MAX_STEPS):
                state = self._visit.settle(timeout=self._remaining())
                if state.kind is PageKind.DOCUMENT:
                    return
                self._step(state, form)
        except PlaywrightTimeout as timeout:
            raise self._too_late() from timeout
        raise SiteChanged(f"After {MAX_STEPS} steps the site still shows: {state}.")

    def _step(self, state: PageState, form: RequestForm) -> None:
        if not self._shows_that_nothing_was_charged(state):
            raise self._dead_end(state)
        self._consultation.clear()
        match state.kind:
            case PageKind.CONFIRMATION:
                self._pay(self._visit.site.answer.confirm)
            case PageKind.PLAN_SELECTION:
                self._take(choose_latest_plan(self._choices(), self._request.number))
            case PageKind.SIMILAR_LIST:
                self._take(choose_similar(self._choices(), self._request.number))
            case _:
                self._pass_message(state, form)

    def _shows_that_nothing_was_charged(self, state: PageState) -> bool:
        """A page that asks, lists or refuses comes before any billing (SITE.md §9, assumed)."""
        return state.kind in (
            PageKind.CONFIRMATION,
            PageKind.PLAN_SELECTION,
            PageKind.SIMILAR_LIST,
            PageKind.MESSAGE,
        )

    def _pass_message(self, state: PageState, form: RequestForm) -> None:
        message = state.message or ""
        if state.meaning is Meaning.NOT_FOUND:
            raise DocumentNotFound(message)
        if state.meaning is not Meaning.INACTIVE or self._was_inactive:
            raise RegistryMessage(f"The registry answered: {message}")
        self._was_inactive = True  # said once, the flow goes on; said again, it would be a circle
        if LexborHTMLParser(self._visit.html()).css_first(self._visit.site.answer.continue_):
            self._pay(self._visit.site.answer.continue_)
        else:
            self._consultation.record()
            form.submit()

    def _take(self, choice: Choice) -> None:
        answer = self._visit.site.answer
        self._visit.page.locator(answer.choice).nth(choice.position).check()
        self._pay(answer.choice_submit)

    def _pay(self, button: str) -> None:
        self._consultation.record()
        self._visit.act(lambda: self._visit.page.click(button, no_wait_after=True), timeout=self._remaining())

    def _choices(self) -> list[Choice]:
        return read_choices(self._visit.html(), self._visit.site)

    def _remaining(self) -> float:
        return max(self._deadline - time.monotonic(), 0.001)

    def _too_late(self) -> DocumentTimeout:
        bound = self._visit.pace.document_timeout
        return DocumentTimeout(f"No document within {bound:.0f} s of the submit; the registry may have charged it.")

    def _dead_end(self, state: PageState) -> ExtractorError:
        if state.kind is PageKind.WAITING:
            return self._too_late()
        return error_of(state)


def error_of(state: PageState) -> ExtractorError:
    """The error that a page amounts to where another one was expected."""
    match state.kind:
        case PageKind.LOGIN | PageKind.EXPIRED | PageKind.ENTRY:
            return SessionExpired(f"The site asks to log in again ({state}).")
        case PageKind.CLOSED:
            return SiteClosed(state.message or "The site is closed.")
        case PageKind.UNAVAILABLE:
            return SiteUnavailable(f"The site does not answer ({state.message or 'no connection'}).")
        case PageKind.MESSAGE:
            return RegistryMessage(f"The registry answered: {state.message}")
        case _:
            return SiteChanged(f"An unexpected page came: {state}.")


def _row_of(radio: LexborNode) -> LexborNode:
    node = radio
    while node.parent is not None and node.tag != "tr":
        node = node.parent
    return node


def _compact(text: str) -> str:
    return re.sub(r"[\s-]+", "", text).upper() if not text.isspace() else ""


def _bare(text: str) -> str:
    return _compact(text).removeprefix("T")
