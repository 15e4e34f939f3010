"""What every page passes before it is shown: the delay, the closed door, the error, the session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses
from extractor.standin.demand import Source
from extractor.standin.exchange import Exchange, StepOf, open_exchange
from extractor.standin.pages import doors
from extractor.standin.sessions import Session
from extractor.standin.variants import Step

Handler = Callable[[Exchange], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def staged(handler: Handler, step: Step | StepOf, *, source: Source | None = None, public: bool = False) -> Endpoint:
    """Turn a handler into an endpoint; every page but the public ones needs a live session."""

    async def endpoint(request: Request) -> Response:
        exchange = await open_exchange(request, step, source)
        await asyncio.sleep((exchange.site.latency_ms + exchange.variants.slow_pages_ms) / 1000)
        return _refusal(exchange, public=public) or await handler(exchange)

    return endpoint


def _refusal(exchange: Exchange, *, public: bool) -> Response | None:
    variants = exchange.variants
    if variants.closed:
        return exchange.html(doors.closed())
    if variants.error_status and variants.error_at == exchange.step:
        return exchange.html(doors.broken(variants.error_status), status=variants.error_status)
    if exchange.site.is_down_for(exchange.account):
        return exchange.html(doors.broken(503), status=503)
    if public:
        return None
    if exchange.visitor is None or exchange.visitor.unanswered:
        return _expired(exchange)
    if variants.expire_at == exchange.step and _dies_now(exchange, exchange.visitor):
        return _expired(exchange)
    return None


def _dies_now(exchange: Exchange, session: Session) -> bool:
    if not exchange.site.fires_now("expire", exchange.step, session.account, exchange.played.origin):
        return False
    exchange.site.sessions.close(session)
    return True


def _expired(exchange: Exchange) -> Response:
    match exchange.variants.expired:
        case "redirect":
            return RedirectResponse(addresses.LOGIN, 302)
        case "login_page":
            return exchange.html(doors.login())
        case "message":
            return exchange.html(doors.expired())
