"""The document: redirects, wait, frames and download."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from starlette.responses import Response

from extractor.standin.catalogue import Behaviour
from extractor.standin.documents import file_of
from extractor.standin.handlers.choices import on_the_way
from extractor.standin.pages import choices, frames
from extractor.standin.sessions import Issued
from extractor.standin.visit import Visit, pending

_INLINE: Final = ("inline", "new_window")


async def redirect(visit: Visit) -> Response:
    """Take one hop of the chain towards the document."""
    hops = visit.request.query_params.get("noEtape", "")
    issued = pending(visit.request, visit.session)
    if issued is None or not hops.isdecimal():
        return visit.html(choices.nothing_pending())
    return on_the_way(_number(visit), hops=int(hops))


async def frameset(visit: Visit) -> Response:
    """Show the document page, after whatever wait the variants choose."""
    issued = pending(visit.request, visit.session)
    if issued is None:
        return visit.html(choices.nothing_pending())
    if visit.variants.waiting == "reload" and not issued.is_ready:
        return visit.html(frames.waiting())
    if visit.variants.waiting == "held":
        await asyncio.sleep(issued.seconds_left)
    return visit.html(frames.frameset(_number(visit), visit.variants))


async def menu(visit: Visit) -> Response:
    """Show the `menu` frame, blank while a late one is not ready."""
    issued = pending(visit.request, visit.session)
    if issued is None:
        return visit.html(choices.nothing_pending())
    if not issued.is_ready:
        return visit.html(frames.blank_menu())
    return visit.html(frames.menu(_number(visit), visit.variants))


async def content(visit: Visit) -> Response:
    """Show the `page` frame."""
    issued = pending(visit.request, visit.session)
    if issued is None:
        return visit.html(choices.nothing_pending())
    return visit.html(frames.content(issued.order.demand))


async def print_page(visit: Visit) -> Response:
    """Show the page that starts the download by itself."""
    if pending(visit.request, visit.session) is None:
        return visit.html(choices.nothing_pending())
    return visit.html(frames.print_page(_number(visit)))


async def save(visit: Visit) -> Response:
    """Send the file and enter its hash: what a client stores must be these bytes."""
    issued = pending(visit.request, visit.session)
    if issued is None:
        return visit.html(choices.nothing_pending())
    content = await asyncio.to_thread(file_of, issued.order)
    visit.site.ledger.record(
        "document",
        account=visit.session.account,
        session=visit.session.label,
        demand=issued.order.demand,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    return _file(visit, issued, content)


def _file(visit: Visit, issued: Issued, content: bytes) -> Response:
    place = "inline" if visit.variants.delivery in _INLINE else "attachment"
    is_html = issued.order.behaviour is Behaviour.HTML
    headers = {
        "content-disposition": f'{place}; filename="{issued.order.demand.number}.pdf"',
        "cache-control": "no-store",
    }
    return Response(content, media_type="text/html" if is_html else "application/pdf", headers=headers)


def _number(visit: Visit) -> int:
    return int(visit.request.query_params["noDemnd"])
