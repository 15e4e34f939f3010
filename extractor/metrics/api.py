"""The API's own requests; what the tables know is `tables.py`, on the same port."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_fastapi_instrumentator import Instrumentator
from prometheus_fastapi_instrumentator.metrics import Info
from starlette.applications import Starlette


def count_requests(app: Starlette) -> CollectorRegistry:
    """Count every request of the app, which must not serve any yet; return the registry of the counts."""
    registry = CollectorRegistry()
    ended = Counter(
        "registre_api_requests_total", "Requests of the API.", ["method", "route", "status"], registry=registry
    )
    seconds = Histogram("registre_api_request_seconds", "How long they took.", ["method", "route"], registry=registry)

    def count(info: Info) -> None:
        # The route as it is declared. Where a slash at the end is redirected, the library's handler is the whole path,
        # so every id, and every path that a stranger asks for, would make a new series.
        route = getattr(info.request.scope.get("route"), "path", None) or "other"
        ended.labels(info.method, route, info.modified_status).inc()
        seconds.labels(info.method, route).observe(info.modified_duration)

    Instrumentator(should_group_status_codes=False).add(count).instrument(app)
    return registry
