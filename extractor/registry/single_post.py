"""The request of a click that may be charged, sent once: nothing below this file can repeat it.

Chromium repeats a POST by itself when a kept-alive line closes before a byte of the answer: one click was seen to send
two POSTs, and six on a page with images, each of which the site may bill. Here Chromium's request is stopped on its
way out, and `plain_post.py` sends it, on a line of its own. The browser gets the answer, and follows its redirects by
itself: those are GETs, which cost nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Route
from playwright.sync_api import Error as PlaywrightError

from extractor.registry.plain_post import NeverSent, PostAnswer, post


@dataclass
class _Exchange:
    """One request on its way, in a thread: Playwright must go on serving the page meanwhile."""

    route: Route
    answer: PostAnswer | None = None
    error: OSError | ValueError | None = None
    is_over: bool = False

    def run(self, url: str, headers: dict[str, str], body: bytes | None, method: str, seconds: float) -> None:
        try:
            self.answer = post(url, headers, body, method=method, seconds=seconds)
        except (OSError, ValueError) as error:
            self.error = error
        finally:
            self.is_over = True


@dataclass(frozen=True)
class Sent:
    """What the browser would have sent; the cookies are not part of it."""

    url: str
    headers: dict[str, str]
    body: bytes | None


class SinglePost:
    """One click's POST; `paid_press.py` passes its answer on."""

    def __init__(self, *, timeout: float) -> None:
        self.timeout = timeout
        """Seconds from here to its answer and to what comes of it."""
        self._deadline = time.monotonic() + timeout
        self._context: BrowserContext | None = None
        self._exchange: _Exchange | None = None
        self._is_passed_on = False
        self._posted: set[str] = set()
        self.has_sent = False
        """Whether the page sent anything at all: a click is free only on proof."""
        self.sent_nothing = False
        """Whether it is sure that it sent nothing, and that it no longer can."""
        self.failure: str | None = None
        """Why the click got no answer; None while it has one or none was sent."""
        self.was_never_sent = False
        """Whether the one try surely did not reach the site."""
        self.location: str | None = None
        """Where the answer leads: a document that is paid may be there."""
        self.sent: Sent | None = None
        """The form as the browser posted it."""
        self.dialogs: list[str] = []
        """What the page asked or said in dialogs."""
        self.file: bytes | None = None
        """The document itself, when the site answers with it."""

    @contextmanager
    def of(self, context: BrowserContext) -> Iterator[None]:
        """Inside the block the context sends at most one form, and sends it once.

        Behind the block it sends this form no more, until `allow_forms`: a page that reloads itself, or that goes back
        and forth, would make Chromium post it again (seen: 12 charges in 6 s).
        """
        self._context = context
        context.route("**/*", self._handle)
        try:
            yield
        finally:
            self._give_up()
            with suppress(PlaywrightError):  # the browser may be gone, and the routes with it
                if self.sent is None:
                    context.unroute_all(behavior="wait")
                else:  # one route stays, so Chromium itself never sends what is still stopped on its way
                    context.route(re.compile(re.escape(self.sent.url) + "$"), _refuse_form)
                    context.unroute("**/*", self._handle)

    @property
    def is_pending(self) -> bool:
        """Whether the form is on its way, or its answer was not passed on yet."""
        return self._exchange is not None and not self._is_passed_on

    @property
    def is_answered(self) -> bool:
        """Whether its answer, or the reason why there is none, can be passed on now."""
        return self._exchange is not None and self._exchange.is_over and not self._is_passed_on

    def pass_answer_on(self) -> None:
        """Give the browser what came; only while `is_answered`."""
        assert self._exchange is not None
        self._is_passed_on = True
        with suppress(PlaywrightError):  # the page asks for something else by now: `location` tells where to go
            self._pass_on(self._exchange)

    def _pass_on(self, exchange: _Exchange) -> None:
        answer = exchange.answer
        if answer is None:
            self._fail(exchange.route, str(exchange.error), never_sent=isinstance(exchange.error, NeverSent))
            return
        self.location = answer.location or next(reversed(answer.hops), None)
        if answer.is_pdf:
            self.file = answer.body
            exchange.route.abort("aborted")  # the page stays as it is: there is nothing to show
        elif not answer.is_whole:
            self._fail(exchange.route, "the answer was cut in its middle")
        else:
            exchange.route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    def _fail(self, route: Route, why: str, *, never_sent: bool = False) -> None:
        self.failure, self.was_never_sent = why.splitlines()[0] if why else "no reason given", never_sent
        route.abort("connectionrefused" if never_sent else "connectionreset")

    def _handle(self, route: Route) -> None:
        self.has_sent = True
        with suppress(PlaywrightError):  # the press was given up meanwhile, and the route is gone
            if route.request.method == "GET":
                route.fallback()
            elif not route.request.is_navigation_request():
                self._pass_by(route)
            elif self._is_passed_on and route.request.url not in self._posted:
                self._posted.add(route.request.url)
                self._pass_by(route)  # the page that answered leads on by a form of its own
            elif self._exchange is not None:
                route.abort("aborted")  # one click is one form, whatever the page's scripts do
            else:
                self._send(route)

    def _pass_by(self, route: Route) -> None:
        """What a page sends beside the form or after it: once too, and Chromium itself gets no chance to repeat it."""
        try:
            answer = route.fetch(max_redirects=0, max_retries=0, timeout=self.seconds_left * 1000)
        except PlaywrightError:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    def _send(self, route: Route) -> None:
        request, exchange = route.request, _Exchange(route)
        self._exchange = exchange
        self._posted.add(request.url)
        # Not by the request's frame: a form that opens a new window has none yet.
        cookies = self._context.cookies(request.url) if self._context else []
        headers = dict(request.headers)
        self.sent = Sent(request.url, dict(headers), request.post_data_buffer)
        if cookies:
            headers["cookie"] = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
        sent = (request.url, headers, request.post_data_buffer, request.method, self.seconds_left)
        threading.Thread(target=exchange.run, args=sent, name="single-post", daemon=True).start()

    def _give_up(self) -> None:
        """Stop a request that is not answered yet: its answer, when it comes, is nobody's."""
        exchange = self._exchange
        if exchange is not None and not self._is_passed_on:
            self._is_passed_on = True
            with suppress(PlaywrightError):
                self._fail(exchange.route, "no answer came in time")

    @property
    def seconds_left(self) -> float:
        """Until the bound; never zero."""
        return max(self._deadline - time.monotonic(), 0.001)


def allow_forms(context: BrowserContext) -> None:
    """Let the context send forms again: the page that was posted is gone. Raises PlaywrightError."""
    context.unroute_all(behavior="wait")


def _refuse_form(route: Route) -> None:
    with suppress(PlaywrightError):  # the page that asked may be gone
        if route.request.method == "GET" or not route.request.is_navigation_request():
            route.fallback()
        else:
            route.abort("aborted")  # the page stays what it is
