"""From a form to its document: lists, the warning, the confirmation, and the paid click."""

from __future__ import annotations

import asyncio

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses, replies
from extractor.standin.exchange import Exchange
from extractor.standin.pages import choices, doors
from extractor.standin.purchases import Purchase, at
from extractor.standin.transfers import CutLine


async def selection_page(exchange: Exchange) -> Response:
    session = exchange.session
    if not session.offers:
        return exchange.html(choices.nothing_pending())
    return exchange.html(choices.plans(session.offers, exchange.rename, inactive=session.inactive))


async def select_plan(exchange: Exchange) -> Response:
    """Take the chosen plan, or show the page again."""
    offer = chosen(exchange)
    if offer is None:
        return await selection_page(exchange)
    exchange.session.inactive = False
    return await proceed(exchange, replies.after_choice(offer.order, exchange.variants))


async def warning_page(exchange: Exchange) -> Response:
    """Say that the lot is inactive."""
    return exchange.html(choices.warning() if exchange.session.order else choices.nothing_pending())


async def go_on(exchange: Exchange) -> Response:
    """Go on past the warning."""
    order = exchange.session.order
    if order is None:
        return exchange.html(choices.nothing_pending())
    return await proceed(exchange, replies.after_choice(order, exchange.variants))


async def confirmation_page(exchange: Exchange) -> Response:
    """Show what is about to be billed."""
    session = exchange.session
    if session.order is None:
        return exchange.html(choices.nothing_pending())
    return exchange.html(choices.confirmation(session.order.demand, exchange.rename, inactive=session.inactive))


async def confirm(exchange: Exchange) -> Response:
    """Bill. A second click on the same page bills again, as the real site may."""
    order = exchange.session.order
    if order is None or "btnConfr" not in exchange.fields:
        return await confirmation_page(exchange)
    return await _sell(exchange, order)


def chosen(exchange: Exchange) -> replies.Offer | None:
    """Return the row whose radio was posted."""
    position = exchange.fields.get(choices.RADIO, "")
    offers = exchange.session.offers
    return offers[int(position)] if position.isdecimal() and int(position) < len(offers) else None


async def proceed(exchange: Exchange, step: replies.Confirmation | replies.Delivery) -> Response:
    """Ask for a confirmation, or sell at once."""
    if isinstance(step, replies.Delivery):
        return await _sell(exchange, step.order)
    exchange.session.order = step.order
    return RedirectResponse(addresses.CONFIRMATION, 302)


async def _sell(exchange: Exchange, order: replies.Order) -> Response:
    purchase = exchange.site.sell(exchange.session, order, exchange.variants)
    match exchange.variants.charge_then:
        case "502":
            return exchange.html(doors.broken(502), status=502)
        case "cut":
            return CutLine()
        case "hang_and_cut":
            await asyncio.sleep(exchange.variants.hang_seconds)
            return CutLine()
        case "hang":
            await asyncio.sleep(exchange.variants.hang_seconds)
        case None:
            pass
    return on_the_way(purchase, hops=exchange.variants.redirects)


def on_the_way(purchase: Purchase, *, hops: int) -> Response:
    """Redirect towards the document, with this many 302 left, this one included."""
    if hops <= 1:
        return RedirectResponse(purchase.address, 302)
    return RedirectResponse(f"{at(addresses.REDIRECT, purchase.reference)}&noEtape={hops - 1}", 302)
