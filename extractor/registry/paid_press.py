"""One press that may be charged, and what comes of it: a page, a file, another window, or nothing for a while."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import browser_errors
from extractor.errors import SiteUnavailable
from extractor.registry.dialogs import accepting_dialogs
from extractor.registry.single_post import SinglePost
from extractor.registry.visit import Visit, glances

# Seconds after which the page goes itself where the answer leads, when nothing else does; then later and later.
FOLLOW_AFTER = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0)

BLANK = "about:blank"


def press_once(
    visit: Visit, post: SinglePost, button: str, *, on_answer: Callable[[], None], by_script: bool = False
) -> None:
    """Press, and return when a page or a file came of it; raises PlaywrightTimeout when neither did.

    `post` takes what is sent and what comes, and has the bound. `on_answer` is called once the registry has answered
    it, before the wait for where that leads: `post.location` is known, and a crash from here on must not lose it.

    The answer may be held back for minutes (docs/site.md#waiting), and it is waited for also when the page's own
    scripts show something else meanwhile. Also returns, with `sent_nothing` and a blank page, when the page sent
    nothing within the time-out of a page, or half of the time: a form that finds fault with its fields sends nothing,
    and neither does a button that never lies still.

    `by_script` presses without the mouse, which waits for two pictures of the page: for a page of this program's own.
    """
    started, patience = time.monotonic(), min(visit.pace.page_timeout, post.timeout / 2)
    visit.keep_pace()
    visit.forget_earlier()
    with browser_errors(), post.of(visit.page.context), accepting_dialogs(visit.page.context) as post.dialogs:
        pages, pauses = visit.pages, glances()
        try:
            _press(visit, button, by_script=by_script)
        except PlaywrightTimeout:
            _end_page(visit, post)
            if not post.sent_nothing:
                raise
            return
        follow = _Follow(visit, post)
        while post.is_pending or not (visit.pages > pages or post.file or visit.receive(seconds=post.seconds_left)):
            waited = time.monotonic() - started
            if waited > post.timeout:
                visit.reader.stop_loading()
                raise PlaywrightTimeout("Nothing came of the press.")
            if waited > patience and not post.has_sent:
                _end_page(visit, post)
                break
            if post.is_answered:
                pages = visit.pages  # what came until now is no answer
                post.pass_answer_on()
                on_answer()
            follow.when_nothing_moves()
            visit.pause(next(pauses))


def _press(visit: Visit, button: str, *, by_script: bool) -> None:
    if by_script:
        visit.reader.click(button)
    else:
        visit.page.locator(button).first.click(no_wait_after=True)


def _end_page(visit: Visit, post: SinglePost) -> None:
    """Leave a page that sent nothing: what no longer runs sends nothing later."""
    visit.go(BLANK, timeout=visit.pace.page_timeout)
    post.sent_nothing = not post.has_sent


class _Follow:
    """A form may answer into a new window, or lead to an address that shows nothing yet: the page goes there itself."""

    def __init__(self, visit: Visit, post: SinglePost) -> None:
        self._visit = visit
        self._post = post
        self._pauses = itertools.chain(FOLLOW_AFTER, itertools.repeat(FOLLOW_AFTER[-1]))
        self._due: float | None = None

    def when_nothing_moves(self) -> None:
        if self._post.location is None or self._visit.is_under_way:
            self._due = None
            return
        if self._due is None:
            self._due = time.monotonic() + next(self._pauses)
        elif time.monotonic() > self._due:
            self._due = None
            with suppress(SiteUnavailable):  # the next look shows it too
                self._visit.go(self._post.location, timeout=self._visit.pace.page_timeout)
