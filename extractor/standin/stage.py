"""What every page passes before it is shown: the delay, the closed door, the error, the session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from extractor.standin import addresses
from extractor.standin.demand import Source
from extractor.standin.pages import doors
from extractor.standin.sessions import Session
from extractor.standin.variants import Step
from extractor.standin.visit import StepOf, Visit, open_visit

Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def staged(handler: Handler, step: Step | StepOf, *, source: Source | None = None, public: bool = False) -> Endpoint:
    """Turn a handler into an endpoint; every page but the public ones needs a live session."""

    async def endpoint(request: Request) -> Response:
        visit = await open_visit(request, step, source)
        await asyncio.sleep((visit.site.latency_ms + visit.variants.slow_pages_ms) / 1000)
        return _refusal(visit, public=public) or await handler(visit)

    return endpoint


def _refusal(visit: Visit, *, public: bool) -> Response | None:
    variants = visit.variants
    if variants.closed:
        return visit.html(doors.closed())
    if variants.error_status and variants.error_at == visit.step:
        return visit.html(doors.broken(variants.error_status), status=variants.error_status)
    if public:
        return None
    if visit.visitor is None or visit.visitor.unanswered:
        return _expired(visit)
    if variants.expire_at == visit.step and _dies_now(visit, visit.visitor):
        return _expired(visit)
    return None


def _dies_now(visit: Visit, session: Session) -> bool:
    if not visit.site.fires_now("expire", visit.step, session.account, visit.played.origin):
        return False
    visit.site.sessions.close(session)
    return True


def _expired(visit: Visit) -> Response:
    match visit.variants.expired:
        case "redirect":
            return RedirectResponse(addresses.LOGIN, 302)
        case "login_page":
            return visit.html(doors.login())
        case "message":
            return visit.html(doors.expired())
