"""Turns every exception that a call may meet into a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from extractor.api.problems import ApiProblem, answer
from extractor.api.rows import NewExtraction
from extractor.errors import StorageError
from extractor.operations import AtLimit, InvalidRow, KeyReused, NotPossible, Refusal, Unknown
from extractor.postgres.database import MIGRATE_FIRST, NOT_MIGRATED

# What Starlette and FastAPI raise by themselves.
CODES = {400: "bad_request", 404: "no_such_path", 405: "wrong_method", 413: "too_large"}
REFUSALS: dict[type[Refusal], str] = {
    Unknown: "unknown",
    NotPossible: "not_possible",
    AtLimit: "at_limit",
    InvalidRow: "invalid_row",
    KeyReused: "key_reused",
}
# pydantic's words for these are for programmers.
WORDS = {"missing": "is missing", "extra_forbidden": "is not a field here"}


def install(app: FastAPI) -> None:
    """Make the app answer every error with a Problem."""
    handlers: dict[type[Exception], Callable[..., Awaitable[Response]]] = {
        ApiProblem: _api_problem,
        Refusal: _refusal,
        RequestValidationError: _invalid,
        HTTPException: _http,
        StorageError: _storage,
        psycopg.Error: _postgres,
        Exception: _unexpected,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


async def _api_problem(_: Request, error: ApiProblem) -> Response:
    return answer(error.code, str(error))


async def _refusal(_: Request, error: Refusal) -> Response:
    code = REFUSALS.get(type(error), "not_possible")
    # The database's sentences about a row begin with the column's name.
    named = [word for word in str(error).split()[:1] if word in NewExtraction.model_fields]
    return answer(code, str(error), fields=named)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    places = [(".".join(str(part) for part in problem["loc"][1:]), problem) for problem in error.errors()]
    sentences = [
        _sentence(place, problem["type"], problem["msg"].removeprefix("Value error, ")) for place, problem in places
    ]
    return answer("invalid_request", " ".join(sentences), fields=dict.fromkeys(place for place, _ in places if place))


def _sentence(place: str, kind: str, message: str) -> str:
    if kind == "json_invalid":
        return "The body is not JSON."
    return f"{place or 'The body'} {WORDS[kind]}." if kind in WORDS else f"{place or 'The body'}: {message}."


async def _http(request: Request, error: HTTPException) -> Response:
    code = CODES.get(error.status_code, "internal")
    sentences = {
        "no_such_path": f"There is nothing at {request.url.path}; /docs lists what there is.",
        "wrong_method": f"{request.url.path} does not take {request.method}.",
    }
    headers = {"Allow": ", ".join(_methods(request))} if code == "wrong_method" else error.headers
    return answer(code, sentences.get(code, f"{error.detail}."), headers=headers)


def _methods(request: Request) -> list[str]:
    """The methods that the path takes; Starlette knows only those of its first route."""
    probes = {method: {**request.scope, "method": method} for method in ("GET", "POST", "PATCH")}
    return [method for method, scope in probes.items() if any(_takes(route, scope) for route in request.app.routes)]


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


async def _storage(_: Request, error: StorageError) -> Response:
    return answer("storage_unavailable", str(error))


async def _postgres(request: Request, error: psycopg.Error) -> Response:
    if isinstance(error, NOT_MIGRATED):
        return answer("database_unavailable", MIGRATE_FIRST)
    if isinstance(error, psycopg.DataError):
        first_line = str(error).strip().partition("\n")[0].rstrip(".")
        return answer("invalid_request", f"Postgres cannot take a value: {first_line}.")
    if isinstance(error, psycopg.OperationalError):
        return await _unreachable(request, error)
    return await _unexpected(request, error)


async def _unreachable(_: Request, _error: Exception) -> Response:
    # Its own text may quote DATABASE_URL; `extractor doctor` masks and explains it.
    return answer("database_unavailable", "Postgres does not answer now: try again, or run `extractor doctor`.")


async def _unexpected(_: Request, _error: Exception) -> Response:
    return answer("internal", "This is a defect in the program; the log of the API says more.")
