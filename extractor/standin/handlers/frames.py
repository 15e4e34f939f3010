"""The document: redirects, wait, frames and download."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from starlette.responses import Response

from extractor.standin.catalogue import Behaviour
from extractor.standin.documents import file_of
from extractor.standin.exchange import Exchange, pending
from extractor.standin.handlers.choices import on_the_way
from extractor.standin.pages import choices, frames
from extractor.standin.sessions import Issued

_INLINE: Final = ("inline", "new_window")


async def redirect(exchange: Exchange) -> Response:
    """Take one hop of the chain towards the document."""
    hops = exchange.request.query_params.get("noEtape", "")
    issued = pending(exchange.request, exchange.session)
    if issued is None or not hops.isdecimal():
        return exchange.html(choices.nothing_pending())
    return on_the_way(_number(exchange), hops=int(hops))


async def frameset(exchange: Exchange) -> Response:
    """Show the document page, after whatever wait the variants choose."""
    issued = pending(exchange.request, exchange.session)
    if issued is None:
        return exchange.html(choices.nothing_pending())
    if exchange.variants.waiting == "reload" and not issued.is_ready:
        return exchange.html(frames.waiting())
    if exchange.variants.waiting == "held":
        await asyncio.sleep(issued.seconds_left)
    return exchange.html(frames.frameset(_number(exchange), exchange.variants))


async def menu(exchange: Exchange) -> Response:
    """Show the `menu` frame, blank while a late one is not ready."""
    issued = pending(exchange.request, exchange.session)
    if issued is None:
        return exchange.html(choices.nothing_pending())
    if not issued.is_ready:
        return exchange.html(frames.blank_menu())
    return exchange.html(frames.menu(_number(exchange), exchange.variants))


async def content(exchange: Exchange) -> Response:
    """Show the `page` frame."""
    issued = pending(exchange.request, exchange.session)
    if issued is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(frames.content(issued.order.demand))


async def print_page(exchange: Exchange) -> Response:
    """Show the page that starts the download by itself."""
    if pending(exchange.request, exchange.session) is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(frames.print_page(_number(exchange)))


async def save(exchange: Exchange) -> Response:
    """Send the file and enter its hash: what a client stores must be these bytes."""
    issued = pending(exchange.request, exchange.session)
    if issued is None:
        return exchange.html(choices.nothing_pending())
    content = await asyncio.to_thread(file_of, issued.order)
    exchange.site.ledger.record(
        "document",
        account=exchange.session.account,
        session=exchange.session.label,
        demand=issued.order.demand,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    return _file(exchange, issued, content)


def _file(exchange: Exchange, issued: Issued, content: bytes) -> Response:
    place = "inline" if exchange.variants.delivery in _INLINE else "attachment"
    is_html = issued.order.behaviour is Behaviour.HTML
    headers = {
        "content-disposition": f'{place}; filename="{issued.order.demand.number}.pdf"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="text/html" if is_html else "application/pdf", headers=headers)


def _number(exchange: Exchange) -> int:
    return int(exchange.request.query_params["noDemnd"])
