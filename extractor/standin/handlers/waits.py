"""The wait between the paid click and the document. GETs only: nothing here is ever billed."""

from __future__ import annotations

import asyncio

from starlette.responses import RedirectResponse, Response

from extractor.standin.exchange import Exchange
from extractor.standin.pages import choices, doors, waits
from extractor.standin.purchases import Purchase


async def wait(exchange: Exchange, purchase: Purchase) -> Response | None:
    """Answer as the variants say while the document is not ready; None when its page is to be shown."""
    waiting = exchange.variants.waiting
    if waiting == "held":
        await asyncio.sleep(purchase.seconds_left)
    if purchase.is_ready or waiting in ("held", "late_menu"):
        return None
    match waiting:
        case "error_502":
            return exchange.html(doors.broken(502), status=502)
        case "error_503":
            return exchange.html(doors.broken(503), status=503)
        case "empty":
            return Response(b"", media_type="text/html")
        case _:
            return exchange.html(waits.PAGES[waiting](purchase))


async def frame(exchange: Exchange) -> Response:
    """Show the only frame of a foreign frameset."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(waits.inner(purchase, says_so=exchange.variants.waiting != "foreign_frame_mute"))


async def hop(exchange: Exchange) -> Response:
    """Lead on by script, round and round, until the document is ready."""
    purchase = exchange.purchase
    number = exchange.request.query_params.get("noEtape", "")
    if purchase is None or not number.isdecimal():
        return exchange.html(choices.nothing_pending())
    if purchase.is_ready:
        return RedirectResponse(purchase.address, 302)
    return exchange.html(waits.hop(purchase, int(number) % waits.HOPS + 1))


async def abandon(exchange: Exchange) -> Response:
    """Give the document up: it is paid and lost."""
    purchase = exchange.purchase
    if purchase is None:
        return exchange.html(choices.nothing_pending())
    exchange.site.abandon(purchase)
    return exchange.html(waits.abandoned())
