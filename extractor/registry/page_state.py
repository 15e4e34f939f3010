"""Says which page this is: a pure function of what the browser shows. It never guesses: a page may be UNKNOWN."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from extractor.models import Source
from extractor.registry.page import Meaning, PageContent, PageKind, PageState
from extractor.registry.site_map import SiteMap


def read_page_state(content: PageContent, site: SiteMap) -> PageState:
    """Classify a page. The strongest marks come first, the marks of a nearly empty page last."""
    if content.top.url.startswith("chrome-error:"):
        return PageState(PageKind.UNAVAILABLE, detail="no connection")
    if (content.status or 0) >= 500:
        return PageState(PageKind.UNAVAILABLE, detail=f"HTTP {content.status}")
    page = _Page(content, site)
    message = page.message()
    kind = page.kind(message)
    if kind is PageKind.UNKNOWN:
        return PageState(kind, page.source(), lacks=page.lacks(), detail=page.description(content.status))
    # A message at the form's address, without the form: it may be said while a document is made.
    has_form = kind in (PageKind.FORM, PageKind.MESSAGE) and page.lacks() is None
    source = page.source() if has_form else None
    return PageState(kind, source, message, _meaning(message, site) if message else None)


class _Page:
    """A parsed page and the questions that `read_page_state` asks of it."""

    def __init__(self, content: PageContent, site: SiteMap) -> None:
        self._site = site
        self._path = urlsplit(content.top.url).path
        self._tree = LexborHTMLParser(content.top.html)
        self._inner = [(frame.name, LexborHTMLParser(frame.html)) for frame in content.frames[1:]]

    def message(self) -> str | None:
        return _message(self._tree, self._site)

    def kind(self, message: str | None) -> PageKind:
        return self._outside(message) or self._inside(message) or self._alone(message)

    def source(self) -> Source | None:
        return next((source for source in Source if self._site.paths.form(source) == self._path), None)

    def lacks(self) -> str | None:
        """The control without which a page at this known address is not the page that the site map describes."""
        return next((key for key in self._expected() if not _has(self._tree, self._site.selector(key))), None)

    def description(self, status: int | None) -> str:
        """What a person needs in order to find out what this page is."""
        title = self._tree.css_first("title")
        named = f"“{_squeeze(title.text())}” at {self._path}" if title else f"no title, at {self._path}"
        missing = self.lacks()
        sentence = f"; it has no {self._site.selector(missing)} ({missing} in the site map)" if missing else ""
        return f"HTTP {status}, {named}{sentence}" if status and status != 200 else named + sentence

    def _outside(self, message: str | None) -> PageKind | None:
        """Pages on which no document can be asked for, whatever else they show."""
        if _says(self._site.texts.closed, message):
            return PageKind.CLOSED
        if _is_login(self._tree, self._site):
            return PageKind.LOGIN
        if _has(self._tree, self._site.login.question):
            return PageKind.QUESTION
        if _says(self._site.texts.expired, message):
            return PageKind.EXPIRED
        # A session may die between a frameset and its frames. While the save link is there, it has not.
        is_dead = any(self._shows_out(tree) for _, tree in self._inner) and not self._has_save_link()
        return PageKind.EXPIRED if is_dead else None

    def _inside(self, message: str | None) -> PageKind | None:
        """Pages of a demand in progress, from its end to its beginning."""
        answer = self._site.answer
        if self._has_save_link():
            return PageKind.DOCUMENT
        has_menu = any(name.casefold() == answer.menu_frame.casefold() for name, _ in self._inner)
        if has_menu or _says(self._site.texts.waiting, message):
            return PageKind.WAITING
        if _has(self._tree, answer.confirm):
            return PageKind.CONFIRMATION
        if _has(self._tree, answer.choice) and self._path == self._site.paths.plan_selection:
            return PageKind.PLAN_SELECTION
        if _has(self._tree, answer.choice) and _says(self._site.texts.similar, message):
            return PageKind.SIMILAR_LIST
        if self.source() and self.lacks() is None:
            return PageKind.MESSAGE if message else PageKind.FORM
        return None

    def _has_save_link(self) -> bool:
        """In the top page or any frame, since accounts differ in that, but not in the one that shows the document."""
        shown = self._site.answer.page_frame.casefold()
        trees = (self._tree, *(tree for name, tree in self._inner if name.casefold() != shown))
        return any(_has(tree, self._site.answer.save_link) for tree in trees)

    def _alone(self, message: str | None) -> PageKind:
        """Pages that are known by one mark only."""
        if message:
            return PageKind.MESSAGE
        if _says(self._site.texts.waiting, self._tree.text(separator=" ")):
            return PageKind.WAITING
        if self._expected():
            return PageKind.UNKNOWN
        if self._has_logout_link():
            return PageKind.WELCOME
        return PageKind.ENTRY if self._path == self._site.paths.entry else PageKind.UNKNOWN

    def _expected(self) -> tuple[str, ...]:
        """The keys of the controls that every page at this address has."""
        paths = self._site.paths
        lot_form = ("form.circonscription", "form.lot", "form.submit")
        return {
            paths.acte: ("form.circonscription", "form.acte_type", "form.inscription", "form.submit_acte"),
            paths.index: lot_form,
            paths.plan_cadastraux: lot_form,
            paths.plan_selection: ("answer.choice", "answer.choice_submit"),
            paths.confirmation: ("answer.confirm",),
        }.get(self._path, ())

    def _shows_out(self, tree: LexborHTMLParser) -> bool:
        return _is_login(tree, self._site) or _says(self._site.texts.expired, _message(tree, self._site))

    def _has_logout_link(self) -> bool:
        texts = {fold(text) for text in self._site.texts.logout}
        return any(fold(link.text()) in texts for link in self._tree.css("a"))


def _is_login(tree: LexborHTMLParser, site: SiteMap) -> bool:
    return _has(tree, site.login.username) and _has(tree, site.login.password)


def _message(tree: LexborHTMLParser, site: SiteMap) -> str | None:
    """The texts of the message cells; empty cells are layout."""
    texts = (_squeeze(cell.text(separator=" ")) for cell in tree.css(site.answer.message))
    return " ".join(text for text in texts if text) or None


def _meaning(message: str, site: SiteMap) -> Meaning:
    known = (
        (Meaning.INACTIVE, site.texts.inactive),
        (Meaning.SIMILAR, site.texts.similar),
        (Meaning.NOT_FOUND, site.texts.not_found),
    )
    return next((meaning for meaning, fragments in known if _says(fragments, message)), Meaning.OTHER)


def _has(tree: LexborHTMLParser, selector: str) -> bool:
    return tree.css_first(selector) is not None


def _says(fragments: Iterable[str], text: str | None) -> bool:
    return text is not None and any(fold(fragment) in fold(text) for fragment in fragments)


def fold(text: str) -> str:
    """Text as it is compared: no case, no accents, one kind of apostrophe, single blanks."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return _squeeze("".join(letter for letter in plain if not unicodedata.combining(letter))).casefold()


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
