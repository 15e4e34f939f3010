"""Reads a page over the DevTools protocol, in a world of scripts of its own, which the page cannot see or change.

Playwright's own calls put its script into every document first: 40 ms for each frame, where this reads all of them in
4 ms (docs/performance.md#a-document-in-a-warm-session). As there, a reading hangs for as long as a navigation of the
page is not answered, and while a script of the page runs; so each has a time-out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from playwright.sync_api import CDPSession, Page
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import browser_errors
from extractor.errors import BrowserLost
from extractor.registry.page import Frame, PageContent

# Seconds. A reading takes milliseconds, except where a navigation is under way.
READING_TIMEOUT = 2.0
# Chromium finds the world of this name again: a document gets one, however often it is read.
_WORLD = "reader"
# What is said when a page was replaced while it was read.
_BETWEEN_PAGES = (
    "navigated or closed",
    "context was destroyed",
    "cannot find context",
    "no frame for given id",
    "frame was detached",
    "frame got detached",
)
_NO_LINE_OF_ITS_OWN = "does not have a separate CDP session"

_HTML = """(() => `<html>${document.documentElement?.innerHTML ?? ""}</html>`)"""
_FRAME = """(selector => JSON.stringify({
    url: location.href,
    html: `<html>${document.documentElement?.innerHTML ?? ""}</html>`,
    is_coming: document.readyState === "loading",
    found: !selector ? [] : [...document.querySelectorAll(selector)].map(link => ({
        address: typeof link.href === "string" ? link.href : "",
        is_visible: link.checkVisibility({visibilityProperty: true}),
    })),
}))"""
# Whether a press in the middle of the element would reach it, and nothing on the page moves.
_CAN_BE_PRESSED = """(selector => {
    const element = document.querySelector(selector)
    if (!element?.checkVisibility({visibilityProperty: true})) return false
    if (element.matches(":disabled") || element.closest("[aria-disabled]")) return false
    if (document.getAnimations().length > 0) return false
    const {x, y, width, height} = element.getBoundingClientRect()
    const hit = document.elementFromPoint(x + width / 2, y + height / 2)
    return hit !== null && element.contains(hit)
})"""
_CLICK = """((selector, position) => document.querySelectorAll(selector)[position].click())"""


@dataclass(frozen=True)
class ShownLink:
    """One link of a frame; its place is good until the next action."""

    frame: ShownFrame
    position: int
    address: str
    """As the browser resolves it; what the page wrote, or nothing, where that is no address."""
    is_visible: bool

    def click(self, selector: str) -> None:
        """Give it the event of a click, as a person's press would; raises BrowserLost."""
        self.frame.reader.click(selector, self.position, frame_id=self.frame.id)


@dataclass(frozen=True)
class ShownFrame:
    """One frame as it is shown; the HTML is empty while it is still to come."""

    reader: PageReader = field(repr=False)
    id: str
    name: str
    url: str
    html: str = ""
    is_coming: bool = False
    """Whether its HTML is incomplete."""
    found: Sequence[dict[str, Any]] = ()

    @property
    def links(self) -> Iterator[ShownLink]:
        """Those that the selector of the reading found."""
        return (ShownLink(self, position, **link) for position, link in enumerate(self.found))


class PageReader:
    """Belongs to one page, or to a frame that another process shows. Every call may raise BrowserLost."""

    def __init__(self, page: Page, frame: BrowserFrame | None = None) -> None:
        self._page = page
        self._frame = frame
        self._session: CDPSession | None = None
        self._top_id: str | None = None
        self._has_crashed = False
        self._elsewhere: dict[BrowserFrame, PageReader] = {}
        page.on("crash", self._note_crash)

    def content(self, *, status: int | None) -> PageContent | None:
        """Read the page with its frames; None until it has come whole. A frame that is still to come is empty.

        Half a page may read like another page: a mark that decides may still be to come. It stays half when the line
        was cut before its end.
        """
        frames = self.frames()
        if not frames or frames[0].is_coming:
            return None
        top, *inner = frames
        contents = (Frame("", top.url, top.html), *(Frame(frame.name, frame.url, frame.html) for frame in inner))
        return PageContent(contents, status)

    def frames(self, links: str = "") -> list[ShownFrame]:
        """Every frame, the top first, with the links that a CSS selector finds; none while the page is replaced."""
        here = self._frames_here(links)
        is_all = not here or len(here) >= len(self._page.frames)
        return here if is_all else [*here, *self._frames_elsewhere(links)]

    def html(self) -> str | None:
        """The HTML of the top page; None while it is being replaced."""
        return cast("str | None", self._call(_HTML))

    def answers(self) -> bool:
        """Whether the page's process answers now."""
        return self._ask("Runtime.evaluate", expression="1") is not None

    def can_be_pressed(self, selector: str) -> bool:
        """Whether it is sure that the first element of a CSS selector can be pressed; False is no proof that it cannot.

        An element out of sight, or a page on which something moves, is for Playwright to try.
        """
        return self._call(_CAN_BE_PRESSED, selector) is True

    def click(self, selector: str, position: int = 0, *, frame_id: str | None = None) -> None:
        """Give an element the event of a click, without the mouse: one of those that a CSS selector finds."""
        self._call(_CLICK, selector, position, frame_id=frame_id)

    def stop_loading(self) -> None:
        """Let the page wait for nothing more: other calls of Playwright hang as long as an answer is held back."""
        self._ask("Page.stopLoading")

    def free_memory(self) -> None:
        """Let the page's process give back what earlier pages left, in about 20 ms: more than half of its memory."""
        self._ask("HeapProfiler.collectGarbage")

    def _frames_here(self, links: str) -> list[ShownFrame]:
        """Those that the page's own process shows; none when it was replaced meanwhile: its frames would be missing."""
        tree = self._tree()
        shown = [self._shown(frame, links) for frame in tree]
        is_same = bool(shown) and shown[0].html != "" and _identity(self._tree()) == _identity(tree)
        return shown if is_same else []

    def _shown(self, frame: dict[str, Any], links: str) -> ShownFrame:
        read = cast("str | None", self._call(_FRAME, links, frame_id=frame["id"]))
        shown = json.loads(read) if read else {"url": frame["url"]}
        return ShownFrame(self, frame["id"], frame.get("name", ""), **shown)

    def _frames_elsewhere(self, links: str) -> Iterator[ShownFrame]:
        """A browser may show a frame of another site by another process, to which the protocol has its own line."""
        for frame in self._page.frames[1:]:
            reader = self._elsewhere.get(frame) or PageReader(self._page, frame)
            try:
                yield from (replace(one, name=one.name or frame.name) for one in reader._frames_here(links))
            except (PlaywrightError, BrowserLost) as error:  # if the browser is gone, the next reading shows it
                self._elsewhere.pop(frame, None)
                if _NO_LINE_OF_ITS_OWN not in str(error):
                    yield ShownFrame(reader, "", frame.name, frame.url)
            else:
                self._elsewhere[frame] = reader

    def _tree(self) -> list[dict[str, Any]]:
        """The frames that the page's own process shows, as the protocol describes them, the top first."""
        answer = self._ask("Page.getFrameTree")
        return list(_flat(answer["frameTree"])) if answer else []

    def _call(self, function: str, *arguments: object, frame_id: str | None = None) -> object:
        """What a function says in a frame, or else in the top page; None while that is replaced, or does not answer."""
        world = self._world(frame_id)
        if world is None:
            return None
        expression = f"{function}({', '.join(map(json.dumps, arguments))})"
        said = self._ask("Runtime.evaluate", expression=expression, contextId=world, userGesture=True)
        if said is None:
            return None
        if "exceptionDetails" in said:
            raise PlaywrightError(said["exceptionDetails"]["exception"]["description"])
        return said["result"].get("value")

    def _world(self, frame_id: str | None) -> int | None:
        if frame_id is None:
            self._top_id = self._top_id or next((frame["id"] for frame in self._tree()), None)
            frame_id = self._top_id
        answer = frame_id and self._ask("Page.createIsolatedWorld", frameId=frame_id, worldName=_WORLD)
        return answer["executionContextId"] if answer else None

    def _ask(self, method: str, **parameters: object) -> dict[str, Any] | None:
        """One command; None when the page was replaced meanwhile, and when no answer came in time."""
        with browser_errors():
            self._refuse_crashed()
            try:
                if self._session is None:
                    self._session = self._page.context.new_cdp_session(self._frame or self._page)
                return self._session.send(method, parameters, timeout=READING_TIMEOUT * 1000)
            except PlaywrightTimeout:
                self._refuse_crashed()
            except PlaywrightError as error:
                if not any(text in error.message.casefold() for text in _BETWEEN_PAGES):
                    raise
            self._top_id = None
            return None

    def _note_crash(self, _: Page) -> None:
        self._has_crashed = True

    def _refuse_crashed(self) -> None:
        """The protocol says nothing of a page whose process ended: its commands wait."""
        if self._has_crashed:
            raise PlaywrightError("Page crashed")


def _flat(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree["frame"]
    for below in tree.get("childFrames", ()):
        yield from _flat(below)


def _identity(tree: list[dict[str, Any]]) -> list[str]:
    """The top document, and which frames it has, whatever they show by now."""
    return [*(frame["loaderId"] for frame in tree[:1]), *(frame["id"] for frame in tree)]
