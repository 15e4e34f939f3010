"""Which page is this? A pure function of what the browser shows; unknown is an answer, never a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractor.models import Source
from extractor.registry.site_map import SiteMap


@dataclass(frozen=True)
class Frame:
    """One frame of a page; the top page's frame has an empty name."""

    name: str
    url: str
    html: str


@dataclass(frozen=True)
class PageContent:
    """What the browser shows: the frames, top first, and the HTTP status of the top page."""

    frames: tuple[Frame, ...]
    status: int | None = None

    @property
    def top(self) -> Frame:
        """The page itself."""
        return self.frames[0]


class PageKind(StrEnum):
    """Every page that the client tells apart."""

    ENTRY = "entry"
    LOGIN = "login"
    QUESTION = "question"
    WELCOME = "welcome"
    FORM = "form"
    MESSAGE = "message"
    SIMILAR_LIST = "similar_list"
    PLAN_SELECTION = "plan_selection"
    CONFIRMATION = "confirmation"
    WAITING = "waiting"
    DOCUMENT = "document"
    EXPIRED = "expired"
    CLOSED = "closed"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class Meaning(StrEnum):
    """What a message of the site means."""

    NOT_FOUND = "not_found"
    INACTIVE = "inactive"
    SIMILAR = "similar"
    OTHER = "other"


@dataclass(frozen=True)
class PageState:
    """The page's kind, with the message it carries and, for a form, which one it is."""

    kind: PageKind
    source: Source | None = None
    message: str | None = None
    meaning: Meaning | None = None

    def __str__(self) -> str:
        which = f"{self.kind} ({self.source})" if self.source else str(self.kind)
        return f"{which}: “{self.message}”" if self.message else which


def read_page_state(content: PageContent, site: SiteMap) -> PageState:
    """Classify a page; the order is from what excludes all else to what only a nearly empty page is."""
    if (content.status or 0) >= 500 or content.top.url.startswith("chrome-error:"):
        return PageState(PageKind.UNAVAILABLE, message=f"HTTP {content.status}" if content.status else None)
    page = _Page(content, site)
    message = page.message()
    kind = page.kind(message)
    source = page.source() if kind in (PageKind.FORM, PageKind.MESSAGE) else None
    return PageState(kind, source, message, _meaning(message, site) if message else None)


class _Page:
    """A parsed page and the questions that `read_page_state` asks of it."""

    def __init__(self, content: PageContent, site: SiteMap) -> None:
        self._site = site
        self._url = content.top.url
        self._tree = LexborHTMLParser(content.top.html)
        self._frames = {frame.name: LexborHTMLParser(frame.html) for frame in content.frames[1:]}
        self._text = fold(self._tree.text(separator=" "))

    def message(self) -> str | None:
        cell = self._tree.css_first(self._site.answer.message)
        return _squeeze(cell.text()) or None if cell else None

    def kind(self, message: str | None) -> PageKind:
        return self._outside(message) or self._inside(message) or self._alone(message)

    def source(self) -> Source | None:
        path = urlsplit(self._url).path
        return next((source for source in Source if self._site.paths.form(source) == path), None)

    def _outside(self, message: str | None) -> PageKind | None:
        """Pages on which nothing can be asked, whatever else they show."""
        login, texts = self._site.login, self._site.texts
        if self._says(texts.closed, message):
            return PageKind.CLOSED
        if self._has(login.username) and self._has(login.password):
            return PageKind.LOGIN
        if self._has(login.question):
            return PageKind.QUESTION
        return PageKind.EXPIRED if self._says(texts.expired, message) else None

    def _inside(self, message: str | None) -> PageKind | None:
        """Pages of a demand in work, from its end to its beginning."""
        answer = self._site.answer
        if self._has(answer.save_link) or self._menu_has(answer.save_link):
            return PageKind.DOCUMENT
        if answer.menu_frame in self._frames:
            return PageKind.WAITING
        if self._has(answer.confirm):
            return PageKind.CONFIRMATION
        if self._has(answer.choice) and urlsplit(self._url).path == self._site.paths.plan_selection:
            return PageKind.PLAN_SELECTION
        if self._has(answer.choice) and self._says(self._site.texts.similar, message):
            return PageKind.SIMILAR_LIST
        if self._is_form():
            return PageKind.MESSAGE if message else PageKind.FORM
        return None

    def _alone(self, message: str | None) -> PageKind:
        """Pages that are known by one mark only."""
        if message:
            return PageKind.MESSAGE
        if any(fold(text) in self._text for text in self._site.texts.waiting):
            return PageKind.WAITING
        if self._has_logout_link():
            return PageKind.WELCOME
        is_entry = urlsplit(self._url).path == self._site.paths.entry
        return PageKind.ENTRY if is_entry else PageKind.UNKNOWN

    def _is_form(self) -> bool:
        form = self._site.form
        if not self._has(form.circonscription):
            return False
        return (self._has(form.inscription) and self._has(form.submit_acte)) or (
            self._has(form.lot) and self._has(form.submit)
        )

    def _has_logout_link(self) -> bool:
        texts = {fold(text) for text in self._site.texts.logout}
        return any(fold(link.text()) in texts for link in self._tree.css("a"))

    def _has(self, selector: str) -> bool:
        return self._tree.css_first(selector) is not None

    def _menu_has(self, selector: str) -> bool:
        menu = self._frames.get(self._site.answer.menu_frame)
        return menu is not None and menu.css_first(selector) is not None

    def _says(self, fragments: Iterable[str], message: str | None) -> bool:
        return message is not None and any(fold(fragment) in fold(message) for fragment in fragments)


def _meaning(message: str, site: SiteMap) -> Meaning:
    texts = site.texts
    known = (
        (Meaning.INACTIVE, texts.inactive),
        (Meaning.SIMILAR, texts.similar),
        (Meaning.NOT_FOUND, texts.not_found),
    )
    folded = fold(message)
    for meaning, fragments in known:
        if any(fold(fragment) in folded for fragment in fragments):
            return meaning
    return Meaning.OTHER


def fold(text: str) -> str:
    """Text as it is compared: no case, no accents, one kind of apostrophe, single blanks."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return _squeeze("".join(letter for letter in plain if not unicodedata.combining(letter))).casefold()


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
