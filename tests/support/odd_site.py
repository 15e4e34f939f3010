"""The stand-in with pages of a test's own: as the answer to the paid click, at the document's address, and beside both.

A page is a function of the request and of the document that it is about. The stand-in still bills and keeps the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from extractor.standin.app import create_app
from extractor.standin.exchange import Exchange
from extractor.standin.files import file_of
from extractor.standin.handlers import choices, frames
from extractor.standin.pages import layout
from extractor.standin.purchases import Purchase, at
from extractor.standin.replies import Order
from extractor.standin.stage import staged
from extractor.standin.transfers import LINE, PDF

Page = Callable[[Exchange, Purchase], Response]
PageForAWhile = Callable[[Exchange, Purchase], Response | None]

BESIDE: Final = "/Sirf/Script/13_01_99/"
"""Where pages are that the stand-in does not have; GET and POST, for whoever is logged in."""
_PAGES: Final[dict[str, Callable[[Exchange], Response]]] = {}


class Raw(Response):
    """An answer whose bytes go onto the line as they are. The line is closed behind them, or stays open."""

    def __init__(self, content: bytes, *, stays_open: bool = False) -> None:
        super().__init__(content)
        self._stays_open = stays_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's signature
        """Write onto the line, and wait for its end: the server must send nothing more on it."""
        line: asyncio.Transport = scope[LINE]
        line.write(bytes(self.body))
        if not self._stays_open:
            line.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def create_odd_app() -> Starlette:
    """The stand-in, with the place for the pages beside it."""
    app = create_app()
    app.router.routes.append(Route(BESIDE + "{name}", staged(_page_beside, "document"), methods=["GET", "POST"]))
    return app


async def _page_beside(exchange: Exchange) -> Response:
    return _PAGES[exchange.request.path_params["name"]](exchange)


def beside(patch: pytest.MonkeyPatch, name: str, page: Callable[[Exchange], Response]) -> None:
    """Put a page at an address of its own; see `beside_address`."""
    patch.setitem(_PAGES, name, page)


def beside_address(name: str, purchase: Purchase) -> str:
    """Where a page is that `beside` put there, about this purchase."""
    return at(BESIDE + name, purchase.reference)


def purchase_of(exchange: Exchange) -> Purchase:
    """The purchase that the address speaks of; the session must be the one that paid."""
    assert exchange.purchase is not None
    return exchange.purchase


def selling(patch: pytest.MonkeyPatch, page: Page) -> None:
    """Answer the paid POST with this page. The POST is billed before."""

    async def sell(exchange: Exchange, order: Order) -> Response:
        return page(exchange, exchange.site.sell(exchange.session, order, exchange.variants))

    patch.setattr(choices, "_sell", sell)


def at_document(patch: pytest.MonkeyPatch, page: PageForAWhile) -> None:
    """Show this at the document's address; None stands for the document's own page."""

    async def wait(exchange: Exchange, purchase: Purchase) -> Response | None:
        return page(exchange, purchase)

    patch.setattr(frames, "wait", wait)


def until_ready(page: Page) -> PageForAWhile:
    """That page until the document is ready, then the document."""
    return lambda exchange, purchase: None if purchase.is_ready else page(exchange, purchase)


def altering_forms(patch: pytest.MonkeyPatch, *, attributes: str = "", behind: str = "") -> None:
    """Give each form of the site these attributes, and put this HTML behind it."""
    plain = layout.form

    def form(action: str, *rows: str, name: str = "frmDemnd") -> str:
        return plain(action, *rows, name=name).replace("<form ", f"<form {attributes} ", 1) + behind

    patch.setattr(layout, "form", form)


def html(*parts: str, status: int = 200) -> HTMLResponse:
    """A page of a shape that the registry client does not know."""
    return HTMLResponse(f"<html><head><title>Registre</title></head><body>{''.join(parts)}</body></html>", status)


def script(code: str) -> str:
    return f"<script>{code}</script>"


def leading_on(address: str, *, seconds: float) -> str:
    """A script that shows another address after a while."""
    return script(f"setTimeout(function(){{location.replace('{address}')}},{seconds * 1000:.0f})")


def message(text: str) -> str:
    """The site's message box, with words that the registry client does not know."""
    return layout.message(text)


def pdf(exchange: Exchange, purchase: Purchase, *, disposition: str) -> Response:
    """The document itself."""
    content = file_of(purchase.order.demand, None, exchange.variants)
    return Response(content, headers={"content-disposition": f"{disposition}; filename=a.pdf"}, media_type=PDF)
