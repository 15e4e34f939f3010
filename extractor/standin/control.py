"""The control endpoints under `/_standin/`, for this machine only; `tests/support/standin_client.py` uses them."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from extractor.standin.catalogue import Catalogue, CatalogueEntry
from extractor.standin.ledger import Entry
from extractor.standin.sessions import Accounts
from extractor.standin.site import Site

_Act = Callable[[Site, bytes], Any]
_ACCOUNTS: Final = TypeAdapter(dict[str, str])
_ENTRIES: Final = TypeAdapter(list[CatalogueEntry])
_LEDGER: Final = TypeAdapter(tuple[Entry, ...])
_VARIANTS: Final = TypeAdapter(dict[str, Any])


def mount() -> Mount:
    """Return the control routes."""
    acts: tuple[tuple[str, str, _Act], ...] = (
        ("/health", "GET", lambda _site, _body: {"status": "ok"}),
        ("/ledger", "GET", lambda site, _body: _LEDGER.dump_python(site.ledger.entries, mode="json")),
        ("/variants", "GET", lambda site, _body: site.scenario),
        ("/variants", "PUT", _put_variants),
        ("/accounts", "PUT", _put_accounts),
        ("/catalogue", "PUT", _put_catalogue),
        ("/sessions", "DELETE", lambda site, _body: {"closed": site.sessions.close_all()}),
        ("/reset", "POST", lambda site, _body: site.reset()),
    )
    return Mount("/_standin", routes=[Route(path, _local(act), methods=[verb]) for path, verb, act in acts])


def _local(act: _Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not _is_loopback(request):
            return PlainTextResponse("control is for this machine only", 403)
        try:
            result = act(request.app.state.site, await request.body())
        except ValidationError as error:
            return PlainTextResponse(str(error), 422)
        if isinstance(result, BaseModel):
            result = result.model_dump(mode="json")
        return JSONResponse(result)

    return endpoint


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _put_variants(site: Site, body: bytes) -> BaseModel:
    site.play(_VARIANTS.validate_json(body))
    return site.scenario


def _put_accounts(site: Site, body: bytes) -> None:
    site.accounts = Accounts(_ACCOUNTS.validate_json(body))


def _put_catalogue(site: Site, body: bytes) -> None:
    site.catalogue = Catalogue(_ENTRIES.validate_json(body))
