"""How to wait at a page that says nothing, after money was spent: by looking again, and only by GETs.

Expect waiting pages of unknown shapes: a blank page that leads on by script, a frameset of foreign frames, the error
page of a busy server. A client that takes one for the end buys again.
"""

from __future__ import annotations

import time
from contextlib import suppress

from extractor.errors import SiteUnavailable
from extractor.registry.page import PageKind, PageState
from extractor.registry.visit import Visit, looks

# Seconds after which a page that does not move by itself is loaded again; then later and later, since one that counts
# down would begin from its start each time.
RELOADS = (3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
# A page that asks to wait is left alone for longer: it, or one of its frames, reloads by itself.
WAITING_RELOAD = 30.0
# Of a short bound, this part of it: a frame whose line was cut waits for nothing.
WAITING_PART = 1 / 4


class Patience:
    """Belongs to one wait; `bear` lets a moment of it pass."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._navigations = visit.navigations
        self._moved_at = time.monotonic()
        self._looks = looks()
        self._reloads = 0

    @property
    def has_reloaded(self) -> bool:
        """Whether the page that shows now was asked for by its address."""
        return self._reloads > 0

    @property
    def still_seconds(self) -> float:
        """For how long the page has shown nothing else, as far as `bear` knows."""
        return time.monotonic() - self._moved_at

    def is_at_its_end(self, state: PageState) -> bool:
        """Whether the page has stood still for as long as one of its kind may."""
        return self.still_seconds > self._reload_after(state)

    def bear(self, state: PageState, *, seconds: float) -> None:
        """Wait between two looks, `seconds` at most, and load a page again that has not moved for long.

        Raises BrowserLost.
        """
        if self._visit.navigations != self._navigations:
            self._still_now()
        elif self.is_at_its_end(state) and not self._must_move_by_itself():
            self._reload(seconds)
        self._visit.pause(min(next(self._looks), seconds))

    def _reload_after(self, state: PageState) -> float:
        pause = RELOADS[min(self._reloads, len(RELOADS) - 1)]
        if state.kind is not PageKind.WAITING:
            return pause
        return max(pause, min(WAITING_RELOAD, WAITING_PART * self._visit.pace.document_timeout))

    def _must_move_by_itself(self) -> bool:
        """Whether it is the answer to the click, in the place of the form: by GET its address shows a fresh form."""
        navigation = self._visit.navigation
        is_answer = navigation.method == "POST" and navigation.failure is None
        return is_answer and len(navigation.urls) == 1 and self._visit.leads_on()

    def _reload(self, seconds: float) -> None:
        """Load the page by its address, and so by GET: the site shows again what it billed, and bills nothing."""
        self._reloads += 1
        with suppress(SiteUnavailable):  # the next look shows it too, and the next reload comes later
            self._visit.load_again(timeout=min(seconds, self._visit.pace.page_timeout))
        self._still_now()

    def _still_now(self) -> None:
        self._navigations = self._visit.navigations
        self._looks = looks()
        self._moved_at = time.monotonic()
