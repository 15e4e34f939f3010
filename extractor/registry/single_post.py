"""The request of a click that may be charged, sent once: nothing below this file can repeat it.

Chromium repeats a POST by itself when a kept-alive line closes before a byte of the answer: one click was seen to send
two POSTs, and six on a page with images, each of which the site may bill. Here Chromium's request is stopped on its
way out, and Playwright's own client, which repeats nothing, sends it. The browser gets the answer, and follows
its redirects by itself: those are GETs, which cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import BrowserContext, Route
from playwright.sync_api import Error as PlaywrightError

# Playwright's words for a request that never left this machine; every other failure may have come after the billing.
NEVER_SENT = ("ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH")


class SinglePost:
    """One click's POST; `failure` says why it got no answer, None while it has one or none was sent."""

    def __init__(self, *, timeout: float) -> None:
        self._deadline = time.monotonic() + timeout
        self.was_let_out = False
        self.failure: str | None = None

    @property
    def was_never_sent(self) -> bool:
        """Whether the one try surely did not reach the site."""
        return any(word in (self.failure or "") for word in NEVER_SENT)

    @contextmanager
    def of(self, context: BrowserContext) -> Iterator[None]:
        """Inside the block the context sends at most one request that is not a GET, and sends it once.

        The end of the block waits for that request, within its time-out. Otherwise Chromium itself would send a request
        that is still stopped on its way.
        """
        context.route("**/*", self._handle)
        try:
            yield
        finally:
            with suppress(PlaywrightError):  # the browser may be gone, and the route with it
                context.unroute_all(behavior="wait")

    def _handle(self, route: Route) -> None:
        with suppress(PlaywrightError):  # the press was given up meanwhile, and the route is gone
            if route.request.method == "GET":
                route.fallback()
            elif self.was_let_out:
                route.abort("aborted")  # one click is one request, whatever the page's scripts do
            else:
                self.was_let_out = True
                self._send(route)

    def _send(self, route: Route) -> None:
        remaining = max(self._deadline - time.monotonic(), 0.001)
        try:
            answer = route.fetch(max_redirects=0, max_retries=0, timeout=remaining * 1000)
        except PlaywrightError as error:
            self.failure = error.message.splitlines()[0]
            route.abort("connectionrefused" if self.was_never_sent else "connectionreset")
        else:
            route.fulfill(response=answer)
