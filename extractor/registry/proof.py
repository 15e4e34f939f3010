"""What the page that answers a click proves about its charge. A click is free only on proof."""

from __future__ import annotations

import time
from typing import Self
from urllib.parse import urlsplit

from extractor.registry.navigation import Navigation
from extractor.registry.page import Meaning, PageKind, PageState
from extractor.registry.single_post import SinglePost
from extractor.registry.visit import Visit

# Pages that ask something before they sell.
BEFORE_BILLING = (PageKind.CONFIRMATION, PageKind.PLAN_SELECTION, PageKind.SIMILAR_LIST)
# Pages that turn a visitor away. A click that one of them answers did nothing.
_TURNED_AWAY = (PageKind.LOGIN, PageKind.EXPIRED, PageKind.ENTRY, PageKind.CLOSED)
# Messages of which the words may be those of a wait.
_UNSURE = (Meaning.OTHER, Meaning.NOT_FOUND)
# Seconds for which a page that says no, and has what may lead on, must say nothing else before it is believed.
BELIEVED_AFTER = 30.0


class Proof:
    """Belongs to one press."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._paths = visit.site.paths
        self.post: SinglePost | None = None
        """What the press sends; None while it has sent nothing, and where nothing is pressed."""
        self._before: Navigation | None = None
        self._movers_before: frozenset[str] = frozenset()
        self._was_turned_away = False
        self._said: tuple[PageKind, str | None] | None = None
        self._said_at = 0.0

    @classmethod
    def before_press(cls, visit: Visit) -> Self:
        """Note what the page is on which the press will be made: the pages of a site may share scripts."""
        proof = cls(visit)
        proof._before, proof._movers_before = visit.navigation, visit.movers() | visit.form_movers
        return proof

    @property
    def address(self) -> str | None:
        """Where the click led to, and a paid document may be; None while it led nowhere."""
        if self._visit.navigation is not self._before and (beyond := self._beyond):
            return beyond
        location = self.post.location if self.post else None
        is_beyond = location is not None and urlsplit(location).path not in self._paths.before_billing
        return location if is_beyond else None

    def note(self, state: PageState) -> None:
        """Take notice of each look at the page: since when it says this, and whether it turned the visitor away."""
        if (said := (state.kind, state.message)) != self._said:
            self._said, self._said_at = said, time.monotonic()
        is_direct = self._visit.navigation.answers_post_itself(doors=(self._paths.login, self._paths.entry))
        if state.kind in _TURNED_AWAY and is_direct:
            self._was_turned_away = True

    def is_free(self, state: PageState, *, is_confirmed: bool) -> bool:
        """Whether the page proves that the click cost nothing; `is_confirmed` once a price was agreed to.

        That a search without a result is free is an assumption (docs/site.md#money). A page that may still lead on to
        the document proves nothing yet.
        """
        if self.post is not None and self.post.was_never_sent:
            return True
        if self.may_lead_on(state):
            return False
        if state.kind in _TURNED_AWAY:
            return self._was_turned_away and not self._visit.went_beyond(self._paths.before_billing)
        if is_confirmed:
            return False
        if state.kind is PageKind.MESSAGE:
            return state.meaning is not Meaning.OTHER or state.source is not None  # the form is there again
        return state.kind in BEFORE_BILLING or state.lacks in ("answer.confirm", "answer.choice")

    def may_lead_on(self, state: PageState) -> bool:
        """Whether a page that says no may yet show the document: its words may be those of a wait.

        So may "inexistante" where only a document that was sold can be: the registry refuses on the form's own page
        (docs/site.md#messages). Anywhere else words are doubted of a page that has something that may lead on, and that
        the page of the press and the site's forms have not, until it has said the same for long.
        """
        if state.meaning is Meaning.NOT_FOUND and self._beyond is not None:
            return True
        is_unsure = state.kind in (PageKind.EXPIRED, PageKind.CLOSED) or state.meaning in _UNSURE
        if not is_unsure or time.monotonic() - self._said_at > BELIEVED_AFTER:
            return False
        return not self._visit.movers() <= self._movers_before

    def why_free(self, state: PageState) -> str:
        """What the page showed, as `extractor show` prints it for a free click."""
        if self.post is not None and self.post.was_never_sent:
            return "the click never reached the registry"
        if state.kind in _TURNED_AWAY:
            return f"the registry turned the visitor away ({state.kind})"
        if state.meaning is Meaning.NOT_FOUND:
            return "the registry answered that there is no such document"
        if state.kind is PageKind.MESSAGE:
            return f"the registry answered: {state.message}"
        return f"the registry asked before it sells ({state.kind})"

    @property
    def _beyond(self) -> str | None:
        return self._visit.navigation.last_beyond(self._paths.before_billing)
