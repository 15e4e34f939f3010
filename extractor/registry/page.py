"""What a page of the site is: its content as the browser shows it, and the state that is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extractor.models import Source


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
    """The page's kind, with what else can be said of it.

    `source` is the form that the page has; `message` is the site's own text; `lacks` is the key of the site map
    whose control an UNKNOWN page at a known address should have and has not; `detail` is for the reader of an error.
    """

    kind: PageKind
    source: Source | None = None
    message: str | None = None
    meaning: Meaning | None = None
    lacks: str | None = None
    detail: str | None = None

    def __str__(self) -> str:
        which = f"{self.kind} ({self.source})" if self.source else str(self.kind)
        said = f": “{self.message}”" if self.message else ""
        return f"{which}{said}" + (f", {self.detail}" if self.detail else "")
