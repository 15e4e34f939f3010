"""The dashboard at /: static files whose script asks the API every few seconds (`static/main.js`).

The files say nothing about any row, so they need no key; the script sends the key with its calls.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PREFIX = "/dashboard"

# The texts of rows come from outside. Markup in one could load, run and send nothing under this policy, and trusted
# types make the browser refuse every place that would read a text as markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The browser asks each time and gets what changed, so all files are of one version.
    "Cache-Control": "no-cache",
}


def install(app: FastAPI) -> None:
    """Serve the page at /, and its files under PREFIX."""
    files = _Files(packages=[("extractor.api", "static")])

    async def show_dashboard(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    app.mount(PREFIX, files)
    app.add_api_route("/", show_dashboard, include_in_schema=False)


class _Files(StaticFiles):
    """Files that are sent with HEADERS."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        response = super().file_response(*arguments, **named)
        response.headers.update(HEADERS)
        return response
