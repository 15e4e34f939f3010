"""How a page came to show what it shows: its last navigation, and what that proves about a click.

`single_post.py` is the click itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from playwright.sync_api import Frame, Page, Request, Response


@dataclass(frozen=True)
class Navigation:
    """One navigation: the method of its first request, and the addresses from there over all redirects."""

    method: str
    urls: tuple[str, ...]
    status: int | None = None
    failure: str | None = None
    refresh: str | None = None
    """A header of the answer that leads on after a while."""
    is_pdf: bool = False
    """Whether the answer is named a PDF."""

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(urlsplit(url).path for url in self.urls)

    @property
    def url(self) -> str:
        """Where it ended."""
        return self.urls[-1] if self.urls else ""

    def last_beyond(self, paths: Collection[str]) -> str | None:
        """The last of its addresses that has none of these paths."""
        beyond = (url for url in reversed(self.urls) if url.startswith("http") and urlsplit(url).path not in paths)
        return next(beyond, None)

    def answers_post_itself(self, *, doors: tuple[str, ...]) -> bool:
        """Whether the page is the direct answer to the posted form: in place, or by one redirect to one of the `doors`.

        A chain of redirects that went anywhere else before may have passed the billing.
        """
        is_direct = len(self.paths) == 1 or (len(self.paths) == 2 and self.paths[1] in doors)
        return self.method == "POST" and is_direct


class Navigations:
    """Watches the navigations of a page's top frame."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.started = 0
        self.is_under_way = False
        """Whether the last request of the page itself has no answer yet."""
        self.pages = 0
        """How many pages came."""
        self.user_agent = ""
        self._shown = 0  # how many had begun when the last page came
        self.last = Navigation("GET", ())
        self.shown = self.last
        """That of the page that shows, which a later one may be about to replace."""
        self.visited: list[str] = []
        """The addresses that answered since the last press, those of redirects among them."""
        page.on("request", self._note_start)
        page.on("response", self._note_response)
        page.on("requestfailed", self._note_failure)
        page.on("framenavigated", self._note_arrival)

    def _note_start(self, request: Request) -> None:
        if self._is_of_top(request):
            self.started += 1
            self.is_under_way = True
            self.user_agent = request.headers.get("user-agent", "")

    def _note_response(self, response: Response) -> None:
        if self._is_of_top(response.request):
            self.is_under_way = False
            self.visited.append(response.url)
            is_pdf = response.headers.get("content-type", "").casefold().startswith("application/pdf")
            self.last = replace(
                _navigation(response.request),
                status=response.status,
                refresh=response.headers.get("refresh"),
                is_pdf=is_pdf,
            )

    def _note_failure(self, request: Request) -> None:
        self.is_under_way = self.is_under_way and not self._is_of_top(request)
        if self._is_of_top(request):
            # A download aborts its navigation, and the page stays what it was.
            is_aborted = request.failure == "net::ERR_ABORTED"
            self.last = self.shown if is_aborted else replace(_navigation(request), failure=request.failure)

    def _note_arrival(self, frame: Frame) -> None:
        # A script that only changes the address of its page asks for nothing.
        if frame == self._page.main_frame and self.started > self._shown:
            self._shown, self.shown = self.started, self.last
            self.pages += 1

    def _is_of_top(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self._page.main_frame


def _navigation(request: Request) -> Navigation:
    first, urls = request, [request.url]
    while first.redirected_from is not None:
        first = first.redirected_from
        urls.insert(0, first.url)
    return Navigation(first.method, tuple(urls))
