"""The error that a page means where another one was expected."""

from __future__ import annotations

from extractor.errors import ExtractorError, RegistryMessage, SessionExpired, SiteChanged, SiteClosed, SiteUnavailable
from extractor.registry.page import PageKind, PageState


def error_of(state: PageState) -> ExtractorError:
    """The error for a page at which the flow cannot go on."""
    match state.kind:
        case PageKind.LOGIN | PageKind.EXPIRED | PageKind.ENTRY:
            return SessionExpired(f"The site asks to log in again ({state}).")
        case PageKind.CLOSED:
            return SiteClosed(state.message or "The site is closed.")
        case PageKind.UNAVAILABLE:
            return SiteUnavailable(f"The site does not answer ({state.detail}).")
        case PageKind.WAITING:
            return SiteUnavailable("The site asks to wait and shows nothing else.")
        case PageKind.MESSAGE:
            return RegistryMessage(f"The registry answered: {state.message}")
        case _:
            return SiteChanged(f"An unexpected page came: {state}.")
