"""The API's own requests; what the tables know is `tables.py`, on the same port."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_fastapi_instrumentator import Instrumentator
from prometheus_fastapi_instrumentator.metrics import Info
from starlette.applications import Starlette


def count_requests(app: Starlette) -> CollectorRegistry:
    """Count every request of the app, before it serves any; the registry holds the counts."""
    registry = CollectorRegistry()
    ended = Counter(
        "registre_api_requests_total", "Requests of the API.", ["method", "route", "status"], registry=registry
    )
    seconds = Histogram("registre_api_request_seconds", "How long they took.", ["method", "route"], registry=registry)

    def count(info: Info) -> None:
        # As the route is declared: the library's handler is the path itself where a slash at its end is redirected,
        # so that ids, and whatever a stranger asks for, would make series.
        route = getattr(info.request.scope.get("route"), "path", None) or "other"
        ended.labels(info.method, route, info.modified_status).inc()
        seconds.labels(info.method, route).observe(info.modified_duration)

    Instrumentator(should_group_status_codes=False).add(count).instrument(app)
    return registry
