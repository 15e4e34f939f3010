"""From a filled form to its document: lists, plans, warnings, the confirmation, and the waiting."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from selectolax.lexbor import LexborHTMLParser

from extractor.errors import DocumentNotFound, DocumentTimeout, RegistryMessage, SiteChanged, SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import ClickKind
from extractor.registry.choices import Choice, choose_latest_plan, choose_similar, read_choices
from extractor.registry.dead_ends import error_of
from extractor.registry.navigation import Navigation
from extractor.registry.page import Meaning, PageKind, PageState
from extractor.registry.paid_press import press_once
from extractor.registry.patience import Patience
from extractor.registry.single_post import Sent, SinglePost
from extractor.registry.visit import Visit

# Pages that ask something before they sell.
_BEFORE_BILLING = (PageKind.CONFIRMATION, PageKind.PLAN_SELECTION, PageKind.SIMILAR_LIST)
# Pages that are no answer yet, unless they prove that the click cost nothing: a site under load shows them for a while.
_NOTHING_YET = (PageKind.WAITING, PageKind.UNKNOWN, PageKind.UNAVAILABLE, PageKind.WELCOME, PageKind.CLOSED)
# A page that says no, and has what may lead on, is believed once it has shown nothing else for so many seconds.
BELIEVED_AFTER = 30.0
# Pages that turn a visitor away. A click that one of them answers did nothing.
_TURNED_AWAY = (PageKind.LOGIN, PageKind.EXPIRED, PageKind.ENTRY, PageKind.CLOSED)


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
        self._before: Navigation | None = None
        """What the page showed when the last press began: no address of its click."""
        self._movers_before: frozenset[str] = frozenset()
        """Of the page on which the last press was made: the pages of a site may share scripts."""
        self._was_turned_away = False
        """Whether the last press was answered by a page that turns away, whatever that page led to."""
        self._patience = Patience(visit)
        self._passed: set[PageKind | Meaning | None] = set()

    def reach_document(self, submit: str, *, first: str | None = None) -> None:
        """Submit and go on until the document page; raises the error that the last page amounts to.

        `submit` is the form's button; `first` is the button of this program's own copy of the form, where that is open.
        """
        if first is None:
            self._press(submit, ClickKind.FORM)
        else:  # nothing can hide or cover it
            self._press_aimed(first, ClickKind.FORM, by_script=True)
        while (state := self._settle()).kind is not PageKind.DOCUMENT:
            if self._shows_that_nothing_was_charged(state):
                self._consultation.clear(self._why_free(state))
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
        self._consultation.commit_click(kind)
        self._before, self._movers_before = self._visit.navigation, self._visit.movers()
        self._was_turned_away = False
        self._post = SinglePost(timeout=self._remaining())
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
            self._patience.bear(state, seconds=seconds)
            state = self._state()
        self._note_address()
        return state

    def _state(self) -> PageState:
        """A file in the place of a page is the document: the site sends nothing else as one."""
        if self.file is not None or self._visit.file_address is not None:
            return PageState(PageKind.DOCUMENT)
        with suppress(SiteUnavailable):  # the next look shows it too
            self._visit.join_window()
        return self._visit.state()

    @property
    def file(self) -> bytes | None:
        """The document, when the site answered the click with it."""
        return self._post.file if self._post else None

    def _is_answer(self, state: PageState) -> bool:
        if self._shows_that_nothing_was_charged(state):
            return True
        if self._may_lead_on(state) or self._is_behind_billing(state):
            return False
        if state.kind is PageKind.FORM:  # by its address the site shows a fresh one: nothing else is to come
            return self._patience.has_reloaded
        is_unknown = state.kind is PageKind.MESSAGE and state.meaning is Meaning.OTHER
        return not is_unknown and state.kind not in _NOTHING_YET

    def _note_address(self) -> None:
        """Keep where the click led to, even when that led to a login: a later attempt looks for the document there."""
        navigation, before_billing = self._visit.navigation, self._visit.site.paths.before_billing
        address = None if navigation is self._before else navigation.last_beyond(before_billing)
        if address is None and self._post is not None and self._post.location is not None:
            address = self._post.location if urlsplit(self._post.location).path not in before_billing else None
        if address is not None:
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

    def _shows_that_nothing_was_charged(self, state: PageState) -> bool:
        """Whether the page that came proves that the last click cost nothing.

        That a search without a result is free is an assumption (docs/site.md#money). A page that may still lead on to
        the document proves nothing yet.
        """
        if self._post is not None and self._post.was_never_sent:
            return True
        if self._may_lead_on(state):
            return False
        if state.kind in _TURNED_AWAY:
            return self._turns_away()
        if PageKind.CONFIRMATION in self._passed:
            return False
        if state.kind is PageKind.MESSAGE:
            return self._is_refusal(state)
        return state.kind in _BEFORE_BILLING or state.lacks in ("answer.confirm", "answer.choice")

    def _turns_away(self) -> bool:
        navigation, paths = self._visit.navigation, self._visit.site.paths
        if navigation.answers_post_itself(doors=(paths.login, paths.entry)):
            self._was_turned_away = True
        return self._was_turned_away and navigation.last_beyond(paths.before_billing) is None

    def _is_refusal(self, message: PageState) -> bool:
        """Whether the registry says that it does not sell, on the form's own page (docs/site.md#messages)."""
        if self._is_behind_billing(message):
            return False
        return message.meaning is not Meaning.OTHER or message.source is not None

    def _is_behind_billing(self, state: PageState) -> bool:
        """Whether the registry says that nothing is there where only a document that was sold can be."""
        beyond = self._visit.navigation.last_beyond(self._visit.site.paths.before_billing)
        return state.meaning is Meaning.NOT_FOUND and beyond is not None

    def _may_lead_on(self, state: PageState) -> bool:
        """Whether a page that says no may yet show the document: its words may be those of a wait.

        It has something that may lead on and that the page of the press had not, and it has not stood still for long.
        """
        is_unsure = state.kind in (PageKind.EXPIRED, PageKind.CLOSED) or state.meaning is Meaning.OTHER
        if not is_unsure or self._patience.still_seconds > BELIEVED_AFTER:
            return False
        if state.kind in (PageKind.EXPIRED, PageKind.CLOSED):
            self._turns_away()
        return not self._visit.movers() <= self._movers_before

    def _why_free(self, state: PageState) -> str:
        """What the page showed, as `extractor show` prints it for a free click."""
        if self._post is not None and self._post.was_never_sent:
            return "the click never reached the registry"
        if state.kind in _TURNED_AWAY:
            return f"the registry turned the visitor away ({state.kind})"
        if state.meaning is Meaning.NOT_FOUND:
            return "the registry answered that there is no such document"
        if state.kind is PageKind.MESSAGE:
            return f"the registry answered: {state.message}"
        return f"the registry asked before it sells ({state.kind})"

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
