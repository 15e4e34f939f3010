"""One press that may be charged, and what comes of it: a page, a file, another window, or nothing for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Dialog, Page
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import browser_errors
from extractor.errors import SiteUnavailable
from extractor.registry.single_post import SinglePost
from extractor.registry.snapshot import stop_loading
from extractor.registry.visit import GLANCE, Visit

# Seconds after which the page goes itself where the answer leads, when nothing else does; then later and later.
FOLLOW_AFTER = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0)

BLANK = "about:blank"


def press_once(visit: Visit, button: str, *, timeout: float) -> SinglePost:
    """Press, and return when the page has moved or a file came; raises PlaywrightTimeout when neither did.

    The answer may be held back for minutes (docs/site.md#waiting). Also returns, with `sent_nothing` and a blank page,
    when the page sent nothing within the time-out of a page, or half of the time: so does a form that finds fault with
    its fields.
    """
    post, before = SinglePost(timeout=timeout), visit.navigations
    started = time.monotonic()
    visit.keep_pace()
    visit.forget_files()
    with browser_errors(), post.of(visit.page.context), _accepting_dialogs(visit.page) as said:
        post.dialogs = said
        visit.page.locator(button).first.click(no_wait_after=True)
        follow = _Follow(visit, post)
        while not (visit.has_moved_since(before) or post.file or visit.file_address):
            waited = time.monotonic() - started
            if waited > timeout:
                stop_loading(visit.page)
                raise PlaywrightTimeout("Nothing came of the press.")
            if not post.has_sent and visit.navigations == before and waited > min(visit.pace.page_timeout, timeout / 2):
                visit.go(BLANK, timeout=visit.pace.page_timeout)  # what no longer runs sends nothing later
                post.sent_nothing = not post.has_sent
                break
            post.pass_answer_on()
            follow.when_nothing_moves()
            visit.pause(GLANCE)
    return post


class _Follow:
    """A form may answer into a new window, or lead to an address that shows nothing yet: the page goes there itself."""

    def __init__(self, visit: Visit, post: SinglePost) -> None:
        self._visit = visit
        self._post = post
        self._pauses = iter((*FOLLOW_AFTER, *[FOLLOW_AFTER[-1]] * 100))
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


@contextmanager
def _accepting_dialogs(page: Page) -> Iterator[list[str]]:
    """A form may ask whether its fee is accepted: the click is recorded, so it is. Elsewhere dialogs are dismissed.

    Yields what they said.
    """
    said: list[str] = []

    def accept(dialog: Dialog) -> None:
        said.append(dialog.message)
        with suppress(PlaywrightError):  # its page is gone
            dialog.accept()

    page.context.on("dialog", accept)
    try:
        yield said
    finally:
        page.context.remove_listener("dialog", accept)
