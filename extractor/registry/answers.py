"""From a filled form to its document: lists, plans, warnings, the confirmation, and the waiting."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser

from extractor.errors import DocumentNotFound, DocumentTimeout, RegistryMessage, SiteChanged, SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import ClickKind
from extractor.registry.choices import Choice, choose_latest_plan, choose_similar, read_choices
from extractor.registry.dead_ends import error_of
from extractor.registry.dialogs import accepting_dialogs
from extractor.registry.page import Meaning, PageKind, PageState
from extractor.registry.page_leads import PageLeads
from extractor.registry.paid_press import press_once
from extractor.registry.patience import Patience
from extractor.registry.proof import BEFORE_BILLING, Proof
from extractor.registry.received_files import ReceivedFile
from extractor.registry.single_post import Sent, SinglePost
from extractor.registry.visit import Visit

# Pages that are no answer yet, unless they prove that the click cost nothing: a site under load shows them for a while.
_NOTHING_YET = (PageKind.WAITING, PageKind.UNKNOWN, PageKind.UNAVAILABLE, PageKind.WELCOME, PageKind.CLOSED)


# What is pressed at a page; a form that is sent again is a form.
_KINDS = {
    PageKind.CONFIRMATION: ClickKind.CONFIRMATION,
    PageKind.PLAN_SELECTION: ClickKind.PLAN,
    PageKind.SIMILAR_LIST: ClickKind.SIMILAR,
    PageKind.MESSAGE: ClickKind.CONTINUE,
}


class Consultation(Protocol):
    """The durable record of every click that may be charged."""

    def commit_click(self, kind: ClickKind) -> None:
        """Commit one click, just before it is made; raises when it is not allowed.

        One call for each press: a press that is tried again, when an earlier try may have been sent, is another click.
        """

    def clear(self, why: str) -> None:
        """The page that came proves that the last click was free; `why` says in plain words what it showed."""

    def note_address(self, address: str) -> None:
        """Keep where the click led to; the same address may be noted again."""


class Answers:
    """Goes from the form to the document page.

    Every click that may be charged is recorded before it, and no kind of page is passed twice: a second click on
    what was perhaps billed would be billed again.
    """

    def __init__(self, visit: Visit, request: Request, consultation: Consultation, *, deadline: float) -> None:
        self._visit = visit
        self._request = request
        self._consultation = consultation
        self._deadline = deadline
        self.submitted: Sent | None = None
        """What the first press posted."""
        self._post: SinglePost | None = None
        self._received: ReceivedFile | None = None
        self._proof = Proof(visit)
        self._patience = Patience(visit)
        self._leads = PageLeads(visit)
        self.needs_proof = False
        """Whether a file is the document only if its own words say so: it came by a link of an unknown page."""
        self._passed: set[PageKind | Meaning | None] = set()

    def reach_document(self, submit: str, *, first: str | None = None) -> None:
        """Submit and go on until the document page; raises the error that the last page amounts to.

        `submit` is the form's button; `first` is the button of this program's own copy of the form, where that is open.
        """
        # A page may ask whether it shall show what is paid.
        with accepting_dialogs(self._visit.page.context):
            if first is None:
                self._press(submit, ClickKind.FORM)
            else:  # nothing can hide or cover it
                self._press_aimed(first, ClickKind.FORM, by_script=True)
            self._go_on(submit)

    def _go_on(self, submit: str) -> None:
        while (state := self._settle()).kind is not PageKind.DOCUMENT:
            if self._is_free(state):
                self._consultation.clear(self._proof.why_free(state))
            button = self._next_button(state, submit)
            self._passed.add(_stage(state))
            self._press(button, ClickKind.FORM if button == submit else _KINDS[state.kind])

    def reach_again(self, address: str, *, silent_seconds: float) -> bool:
        """Whether the document that an earlier click paid is at its address; nothing is submitted, or charged.

        A page that says nothing is looked at for `silent_seconds`, or for PAGE_TIMEOUT_SECONDS where that is shorter.
        Only after a form has proved the login: a page that asks to log in has forgotten the document then. Raises
        SiteClosed, SiteUnavailable, DocumentTimeout.
        """
        self._visit.forget_earlier()
        until = min(self._deadline, time.monotonic() + min(silent_seconds, self._visit.pace.page_timeout))
        with suppress(SiteUnavailable):
            self._visit.open(address, timeout=max(until - time.monotonic(), 0.1))
        self._patience = Patience(self._visit)
        with accepting_dialogs(self._visit.page.context):
            state = self._look(until=until)
            if state.kind is PageKind.WAITING:
                state = self._settle()
        if state.kind in (PageKind.CLOSED, PageKind.UNAVAILABLE):
            raise error_of(state)
        return state.kind is PageKind.DOCUMENT

    def _press(self, button: str, kind: ClickKind) -> None:
        self._visit.aim(button)
        self._press_aimed(button, kind)

    def _press_aimed(self, button: str, kind: ClickKind, *, by_script: bool = False) -> None:
        self._proof = Proof.before_press(self._visit)
        self._consultation.commit_click(kind)
        self._proof.post = self._post = SinglePost(timeout=self._remaining())
        try:
            press_once(self._visit, self._post, button, on_answer=self._note_address, by_script=by_script)
        except PlaywrightTimeout as timeout:
            raise self._too_late() from timeout
        self.submitted = self.submitted or self._post.sent
        if self._post.sent_nothing:
            self._consultation.clear("the page sent nothing")
            raise self._not_sent(button)
        self._patience = Patience(self._visit)

    def _not_sent(self, button: str) -> RegistryMessage | SiteChanged:
        said = " ".join(self._post.dialogs) if self._post else ""
        if said:
            return RegistryMessage(
                Sentence("The registry's form sent nothing, and said: {said}. Nothing was charged.", said=said)
            )
        return SiteChanged(
            Sentence("{button} was pressed, and the page sent nothing. Nothing was charged.", button=button)
        )

    def _settle(self) -> PageState:
        """The page that answers. A page that says nothing, even an unknown one, is waited for until the deadline."""
        state = self._look(until=self._deadline)
        if state.kind is PageKind.WAITING:
            raise self._too_late()
        return state

    def _look(self, *, until: float) -> PageState:
        state = self._state()
        while not self._is_answer(state) and (seconds := until - time.monotonic()) > 0:
            self._note_address()
            if not self._follow_leads(state):
                self._patience.bear(state, seconds=seconds)
            state = self._state()
        self._note_address()
        return state

    def _follow_leads(self, state: PageState) -> bool:
        """Look behind a page that is not known and stands still, before it is loaded again; whether that led on."""
        if state.kind is not PageKind.UNKNOWN or not self._patience.is_at_its_end(state):
            return False
        with suppress(SiteUnavailable):  # the next look shows it too
            self._received = self._leads.fetch_embedded(seconds=self._remaining())
            if self._received is None and self._may_leave() and (link := self._leads.next_link()):
                self._follow(link)
                return True
        return self._received is not None

    def _may_leave(self) -> bool:
        """Whether the page, as far as can be told, shows nothing else by itself; towards the end in any case."""
        is_late = self._remaining() <= self._visit.pace.page_timeout
        return is_late or self._visit.movers() <= self._visit.form_movers

    def _follow(self, link: str) -> None:
        """A link may be charged as any click may. What is behind it is the document only if it says so itself."""
        self._consultation.commit_click(ClickKind.CONTINUE)
        self.needs_proof = True
        self._patience = Patience(self._visit)
        self._visit.go(link, timeout=self._visit.pace.page_timeout)

    def _state(self) -> PageState:
        """A PDF in the place of a page is the document: the site sends nothing else as one."""
        if self.file is not None:
            return PageState(PageKind.DOCUMENT)
        with suppress(SiteUnavailable):  # the next look shows it too
            self._visit.join_window()
        state = self._visit.state()
        self._proof.note(state)
        if state.kind in (*BEFORE_BILLING, PageKind.DOCUMENT) or self._is_in_the_making(state):
            return state
        if self._visit.receive(seconds=self._remaining()):
            self._received = self._visit.received
        elif state.kind is PageKind.UNKNOWN and (address := self._visit.shown_pdf_address):
            self._received = ReceivedFile(b"", address)
        return state if self._received is None else PageState(PageKind.DOCUMENT)

    def _is_in_the_making(self, state: PageState) -> bool:
        """Whether the document's own page comes, but not its menu yet: what its other frame got may be a preview."""
        has_time = self._remaining() > self._visit.pace.page_timeout
        return state.kind is PageKind.WAITING and has_time and self._visit.has_frame(self._visit.site.answer.menu_frame)

    @property
    def file(self) -> ReceivedFile | None:
        """The document, when the site answered the click with it, or sent it instead of a document page."""
        if self._post is not None and self._post.file is not None:
            return ReceivedFile(self._post.file, None)
        return self._received

    def _is_free(self, state: PageState) -> bool:
        return self._proof.is_free(state, is_confirmed=PageKind.CONFIRMATION in self._passed)

    def _is_answer(self, state: PageState) -> bool:
        if self._is_free(state):
            return True
        if self._proof.may_lead_on(state):
            return False
        if state.kind is PageKind.FORM:  # by its address the site shows a fresh one: nothing else is to come
            return self._patience.has_reloaded
        is_unknown = state.kind is PageKind.MESSAGE and state.meaning is Meaning.OTHER
        return not is_unknown and state.kind not in _NOTHING_YET

    def _note_address(self) -> None:
        """Keep where the click led to, even when that led to a login: a later attempt looks for the document there.

        Not where a link led: a later attempt would take what it finds there for the document, without its own words.
        """
        if not self.needs_proof and (address := self._proof.address) is not None:
            self._consultation.note_address(address)

    def _next_button(self, state: PageState, submit: str) -> str:
        """Choose what the page asks for, and return the button to press."""
        answer = self._visit.site.answer
        if _stage(state) in self._passed:
            raise SiteChanged(Sentence("The site goes round in a circle: {state} came again.", state=state))
        match state.kind:
            case PageKind.CONFIRMATION:
                return answer.confirm
            case PageKind.PLAN_SELECTION:
                self._take(choose_latest_plan(self._choices(), self._request.number))
                return answer.choice_submit
            case PageKind.SIMILAR_LIST:
                self._take(choose_similar(self._choices(), self._request))
                return answer.choice_submit
            case PageKind.MESSAGE:
                return self._button_past(state, submit)
            case PageKind.FORM if self._patience.has_reloaded:
                raise DocumentTimeout(
                    Sentence("The answer to the submit was lost on its way; the registry may have charged it.")
                )
            case _:
                raise error_of(state)

    def _button_past(self, message: PageState, submit: str) -> str:
        if message.meaning is Meaning.NOT_FOUND:
            raise DocumentNotFound(message.message)
        if message.meaning is not Meaning.INACTIVE:
            raise RegistryMessage(Sentence("The registry answered: {message}", message=message.message))
        # Not an error (docs/site.md#plan-form): on its own page, or above the form, which the client then sends again.
        page = LexborHTMLParser(self._visit.html())
        go_on = self._visit.site.answer.continue_
        return go_on if page.css_first(go_on) else submit

    def _take(self, choice: Choice) -> None:
        self._visit.check(self._visit.site.answer.choice, choice.position)

    def _choices(self) -> list[Choice]:
        return read_choices(self._visit.html(), self._visit.site)

    def _remaining(self) -> float:
        return max(self._deadline - time.monotonic(), 0.001)

    def _too_late(self) -> DocumentTimeout:
        bound = self._visit.pace.document_timeout
        return DocumentTimeout(
            Sentence("No document within {bound:.0f} s of the submit; the registry may have charged it.", bound=bound)
        )


def _stage(state: PageState) -> PageKind | Meaning | None:
    """What may be passed only once: a kind of page, or the meaning of a message."""
    return state.meaning if state.kind is PageKind.MESSAGE else state.kind
