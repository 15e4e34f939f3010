"""The dashboard at /: a page of static files that asks the API itself, again and again (`static/main.js`).

The files say nothing about any row: they are open to everybody, and the page shows the key to the calls it makes.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PREFIX = "/dashboard"

# The texts of rows come from outside. Were one ever taken for markup, it could load, run and send nothing; and trusted
# types make the browser refuse every place that would take it for markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for each time, and sent when it changed: all files are of one version.
    "Cache-Control": "no-cache",
}


def install(app: FastAPI) -> None:
    """Serve the page at /, and what it is made of."""
    files = _Files(packages=[("extractor.api", "static")])

    async def show_dashboard(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    app.mount(PREFIX, files)
    app.add_api_route("/", show_dashboard, include_in_schema=False)


class _Files(StaticFiles):
    """Each with the headers above."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        response = super().file_response(*arguments, **named)
        response.headers.update(HEADERS)
        return response
