"""The error that a page means where another one was expected."""

from __future__ import annotations

from extractor.errors import ExtractorError, RegistryMessage, SessionExpired, SiteChanged, SiteClosed, SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.registry.page import PageKind, PageState


def error_of(state: PageState) -> ExtractorError:
    """The error for a page at which the flow cannot go on."""
    match state.kind:
        case PageKind.LOGIN | PageKind.EXPIRED | PageKind.ENTRY:
            return SessionExpired(Sentence("The site asks to log in again ({state}).", state=state))
        case PageKind.CLOSED:
            return SiteClosed(state.message or Sentence("The site is closed."))
        case PageKind.UNAVAILABLE:
            return SiteUnavailable(Sentence("The site does not answer ({detail}).", detail=state.detail))
        case PageKind.WAITING:
            return SiteUnavailable(Sentence("The site asks to wait and shows nothing else."))
        case PageKind.MESSAGE:
            return RegistryMessage(Sentence("The registry answered: {message}", message=state.message))
        case _:
            return SiteChanged(Sentence("An unexpected page came: {state}.", state=state))
