"""What is behind the save link: a page between, the file, or a fault."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Final

from starlette.responses import Response

from extractor.standin.catalogue import Behaviour
from extractor.standin.exchange import Exchange
from extractor.standin.files import file_of
from extractor.standin.kinds import FileFault
from extractor.standin.pages import choices, doors, frames
from extractor.standin.purchases import Purchase
from extractor.standin.transfers import transfer

_INLINE: Final = ("inline", "new_window")
_BY_ENDING: Final[dict[Behaviour, FileFault]] = {
    Behaviour.HTML: "html",
    Behaviour.TRUNCATED: "half",
    Behaviour.EMPTY: "empty",
    Behaviour.ANOTHER_DOCUMENT: "another_document",
}
_STATUS: Final[dict[FileFault | None, int]] = {"status_404": 404, "status_500": 500, "status_503": 503}


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
    fault = _fault(exchange, purchase)
    response = await _answer(exchange, purchase, fault)
    exchange.site.note(
        "document",
        exchange.session,
        purchase.order,
        reference=purchase.reference,
        document_sha256=hashlib.sha256(response.body).hexdigest(),
        bytes=len(response.body),
        fault=fault or "",
    )
    return response


def _fault(exchange: Exchange, purchase: Purchase) -> FileFault | None:
    """Count this download, and decide what is wrong with it."""
    earlier, now, variants = purchase.downloads[:], time.monotonic(), exchange.variants
    purchase.downloads.append(now)
    if ending := _BY_ENDING.get(purchase.order.behaviour):
        return ending
    times, seconds = variants.file_fault_times, variants.file_fault_seconds
    had_its_times = times is not None and len(earlier) >= times
    had_its_seconds = seconds is not None and bool(earlier) and now - earlier[0] >= seconds
    return None if had_its_times or had_its_seconds else variants.file_fault


async def _answer(exchange: Exchange, purchase: Purchase, fault: FileFault | None) -> Response:
    if fault == "closed":
        return exchange.html(doors.closed())
    if status := _STATUS.get(fault):
        return exchange.html(doors.broken(status), status=status)
    demand = purchase.order.demand
    content = await asyncio.to_thread(file_of, demand, fault, exchange.variants)
    place = "inline" if exchange.variants.delivery in _INLINE else "attachment"
    headers = {"content-disposition": f'{place}; filename="{demand.number}.pdf"', "cache-control": "no-store"}
    return transfer(content, fault, headers)
