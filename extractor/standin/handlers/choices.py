"""From a form to its document: lists, the warning, the confirmation, and the paid click."""

from __future__ import annotations

import asyncio

from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses, answers
from extractor.standin.pages import choices, doors
from extractor.standin.visit import Visit


async def selection_page(visit: Visit) -> Response:
    """Show the plan selection page."""
    session = visit.session
    if not session.offers:
        return visit.html(choices.nothing_pending())
    return visit.html(choices.plans(session.offers, visit.rename, inactive=session.inactive))


async def select_plan(visit: Visit) -> Response:
    """Take the chosen plan, or show the page again."""
    offer = chosen(visit)
    if offer is None:
        return await selection_page(visit)
    visit.session.inactive = False
    return await proceed(visit, answers.after_choice(offer.order, visit.variants))


async def warning_page(visit: Visit) -> Response:
    """Say that the lot is inactive."""
    return visit.html(choices.warning() if visit.session.order else choices.nothing_pending())


async def go_on(visit: Visit) -> Response:
    """Go on past the warning."""
    order = visit.session.order
    if order is None:
        return visit.html(choices.nothing_pending())
    return await proceed(visit, answers.after_choice(order, visit.variants))


async def confirmation_page(visit: Visit) -> Response:
    """Show what is about to be billed."""
    session = visit.session
    if session.order is None:
        return visit.html(choices.nothing_pending())
    return visit.html(choices.confirmation(session.order.demand, visit.rename, inactive=session.inactive))


async def confirm(visit: Visit) -> Response:
    """Bill; a second click on the same page bills again, as is to be feared of the real site."""
    order = visit.session.order
    if order is None or "btnConfr" not in visit.fields:
        return await confirmation_page(visit)
    return await _sell(visit, order)


def chosen(visit: Visit) -> answers.Offer | None:
    """Return the row whose radio was posted."""
    position = visit.fields.get(choices.RADIO, "")
    offers = visit.session.offers
    return offers[int(position)] if position.isdecimal() and int(position) < len(offers) else None


async def proceed(visit: Visit, step: answers.Confirmation | answers.Delivery) -> Response:
    """Ask for a confirmation, or sell at once."""
    if isinstance(step, answers.Delivery):
        return await _sell(visit, step.order)
    visit.session.order = step.order
    return RedirectResponse(addresses.CONFIRMATION, 302)


async def _sell(visit: Visit, order: answers.Order) -> Response:
    number = visit.site.sell(visit.session, order, visit.variants)
    match visit.variants.charge_then:
        case "502":
            return visit.html(doors.broken(502), status=502)
        case "hang":
            await asyncio.sleep(visit.variants.hang_seconds)
        case None:
            pass
    return on_the_way(number, hops=visit.variants.redirects)


def on_the_way(number: int, *, hops: int) -> Response:
    """Redirect towards the document, with so many 302 left, this one included."""
    if hops <= 1:
        return RedirectResponse(f"{addresses.FRAMESET}?noDemnd={number}", 302)
    return RedirectResponse(f"{addresses.REDIRECT}?noDemnd={number}&noEtape={hops - 1}", 302)
