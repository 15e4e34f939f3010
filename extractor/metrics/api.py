"""Metrics of the HTTP API: its own requests, and what the tables know.

requests = Requests()
app.add_middleware(CountRequests, requests=requests)
app.mount("/metrics", metrics_app(settings, requests))
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, make_asgi_app

from extractor.metrics.facts import Facts
from extractor.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Requests:
    """The API's requests; a route is the path as it is declared, so that ids make no series."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._ended = Counter(
            "registre_api_requests_total",
            "Requests of the API.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "registre_api_request_seconds", "How long they took.", ["method", "route"], registry=self.registry
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Add one that has ended."""
        self._ended.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)


class CountRequests:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it when it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 500, time.monotonic()

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._requests.count(scope["method"], _route(scope), status, time.monotonic() - started)


def metrics_app(settings: Settings, requests: Requests) -> Any:
    """An ASGI app that answers with both; mount it, and mind that it asks for no key."""
    registry = CollectorRegistry()
    for collector in (Facts(settings), requests.registry):
        registry.register(collector)
    return make_asgi_app(registry)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "other"
