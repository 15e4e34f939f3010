"""The document: redirects, wait, frames and download."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from starlette.responses import Response

from extractor.standin.catalogue import Behaviour
from extractor.standin.documents import file_of
from extractor.standin.exchange import Exchange
from extractor.standin.handlers.choices import on_the_way
from extractor.standin.handlers.waits import wait
from extractor.standin.pages import choices, frames
from extractor.standin.purchases import Purchase

_INLINE: Final = ("inline", "new_window")


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
    """Show the `page` frame."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(frames.content(purchase.order.demand))


async def print_page(exchange: Exchange) -> Response:
    """Show the page that starts the download by itself."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(frames.print_page(purchase.reference))


async def save(exchange: Exchange) -> Response:
    """Send the file and enter its hash: what a client stores must be these bytes."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    content = await asyncio.to_thread(file_of, purchase.order)
    exchange.site.ledger.record(
        "document",
        account=exchange.session.account,
        session=exchange.session.label,
        demand=purchase.order.demand,
        document_sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
    )
    return _file(exchange, purchase, content)


def _file(exchange: Exchange, purchase: Purchase, content: bytes) -> Response:
    place = "inline" if exchange.variants.delivery in _INLINE else "attachment"
    is_html = purchase.order.behaviour is Behaviour.HTML
    headers = {
        "content-disposition": f'{place}; filename="{purchase.order.demand.number}.pdf"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="text/html" if is_html else "application/pdf", headers=headers)
