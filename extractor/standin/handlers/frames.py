"""The document page: the redirects to it, and its frames."""

from __future__ import annotations

from starlette.responses import Response

from extractor.standin.exchange import Exchange
from extractor.standin.handlers.choices import on_the_way
from extractor.standin.handlers.waits import wait
from extractor.standin.pages import choices, frames


async def redirect(exchange: Exchange) -> Response:
    """Take one hop of the chain towards the document."""
    hops = exchange.request.query_params.get("noEtape", "")
    purchase = exchange.purchase
    if purchase is None or not hops.isdecimal():
        return exchange.html(choices.nothing_pending())
    return on_the_way(purchase, hops=int(hops))


async def frameset(exchange: Exchange) -> Response:
    """Show the document page, after whatever wait the variants choose."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    return await wait(exchange, purchase) or exchange.html(frames.frameset(purchase.reference, exchange.variants))


async def menu(exchange: Exchange) -> Response:
    """Show the `menu` frame, blank while a late one is not ready."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    if not purchase.is_ready:
        return exchange.html(frames.blank_menu())
    return exchange.html(frames.menu(purchase.reference, exchange.variants))


async def content(exchange: Exchange) -> Response:
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(frames.content(purchase.order.demand))
