"""The API's own description: the OpenAPI document, and Swagger UI from files of this machine instead of a CDN's.

A page that takes the API key must not run a script that another server may change. It also works offline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from extractor.api.access import OPEN_FOLDERS, OPEN_PATHS
from extractor.api.problems import Problem, documented
from extractor.api.rows import SAMPLE

DESCRIPTION = """\
Insert rows into `extraction_queue`, follow them, and fetch their documents.

Rows have the names of the table's columns. Every error is a `Problem` (RFC 9457, `application/problem+json`).
When the API has a key, show it as `X-API-Key: KEY` or `Authorization: Bearer KEY`.

The [dashboard](/) shows it all to a person."""
TAGS = [
    {"name": "extractions", "description": "Rows; each asks for one document."},
    {"name": "events", "description": "To be told when rows end."},
    {"name": "documents", "description": "What was fetched."},
    {"name": "system", "description": "Who works, what keeps sources back, what it cost."},
]
ASSETS = "/docs/assets"
SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def install(app: FastAPI, *, has_key: bool) -> None:
    """Serve /docs, and complete /openapi.json."""
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))
    app.add_api_route("/docs", _swagger, include_in_schema=False)
    app.openapi = _completed(app.openapi, has_key=has_key)  # type: ignore[method-assign]  # FastAPI's documented way


async def _swagger() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="registre-extractor",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )


def _completed(generate: Callable[[], dict[str, Any]], *, has_key: bool) -> Callable[[], dict[str, Any]]:
    def complete() -> dict[str, Any]:
        document = generate()
        components = document["components"]
        components["schemas"]["Problem"] = Problem.model_json_schema()
        # Here, because FastAPI leaves the nulls out of examples.
        components["schemas"]["Extraction"]["examples"] = [SAMPLE]
        for _, operation in _operations(document):
            if "requestBody" in operation:  # `failures.py` answers so for each of them
                operation["responses"] |= {str(status): told for status, told in documented(415).items()}
        if has_key:
            components["securitySchemes"] = SCHEMES
            for path, operation in _operations(document):
                operation["security"] = [] if _is_open(path) else [{name: []} for name in SCHEMES]
        return document

    return complete


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            yield path, operation


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
