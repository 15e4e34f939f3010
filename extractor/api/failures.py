"""Turns every exception that a call may meet into a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from extractor.api.access import MAX_BODY_BYTES
from extractor.api.problems import ApiProblem, answer
from extractor.api.reader import language_of
from extractor.api.rows import NewExtraction
from extractor.errors import StorageError
from extractor.language.french.pydantic import OTHER_VALUE, PYDANTIC
from extractor.language.sentences import Language, Sentence, say_in, sentence_of
from extractor.operations import AtLimit, InvalidBatch, InvalidRow, KeyReused, NotPossible, Refusal, Unknown
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
# Those of this API's paths.
METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")


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


def _answer(request: Request, code: str, said: str | BaseException, **others: Any) -> Response:
    """The problem in the reader's language."""
    return answer(code, said, language_of(request), **others)


async def _api_problem(request: Request, error: ApiProblem) -> Response:
    return _answer(request, error.code, error)


async def _refusal(request: Request, error: Refusal) -> Response:
    if isinstance(error, InvalidBatch):
        return _answer(request, "invalid_row", error, fields=error.fields)
    code = REFUSALS.get(type(error), "not_possible")
    # The database's sentences about a row begin with the column's name, in each language.
    named = [word for word in str(error).split()[:1] if word in NewExtraction.model_fields]
    return _answer(request, code, error, fields=named)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    if _lacks_type(request, error):
        return _answer(request, "not_json", _not_json(request.headers.get("content-type")))
    language = language_of(request)
    places = [(_place(problem), problem) for problem in error.errors()]
    sentences = [say_in(language, _sentence(place, problem, language)) for place, problem in places]
    fields = dict.fromkeys(place for place, _ in places if place)
    return _answer(request, "invalid_request", " ".join(sentences), fields=fields)


def _place(problem: dict[str, Any]) -> str:
    """The field, `2.cadastre` in a list; empty for the body as a whole."""
    is_position = problem["type"] == "json_invalid"  # of a character, at which no JSON goes on
    return "" if is_position else ".".join(str(part) for part in problem["loc"][1:])


def _lacks_type(request: Request, error: RequestValidationError) -> bool:
    """Whether the body was not read as JSON because its header does not say so: curl's -d sends a form's."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    return not is_json and request.method not in ("GET", "HEAD") and any(e["loc"] == ("body",) for e in error.errors())


def _not_json(kind: str | None) -> Sentence:
    if kind is None:
        return Sentence(
            "The body came without a Content-Type: send JSON, with the header Content-Type: application/json."
        )
    return Sentence("The body came as {kind}: send JSON, with the header Content-Type: application/json.", kind=kind)


def _sentence(place: str, problem: dict[str, Any], language: Language) -> Sentence:
    where = place or Sentence("The body")
    match problem["type"]:
        case "json_invalid":
            return Sentence("The body is not JSON.")
        case "missing":
            return Sentence("{where} is missing.", where=where)
        case "extra_forbidden":
            return Sentence("{where} is not a field here.", where=where)
    return Sentence("{where}: {said}.", where=where, said=_of_pydantic(problem, language))


def _of_pydantic(problem: dict[str, Any], language: Language) -> str:
    """What pydantic says, in French by the table of `language/french/pydantic.py`; our own words as they are."""
    context = problem.get("ctx", {})
    if isinstance(own := context.get("error"), ValueError):
        return sentence_of(own)
    if language is Language.ENGLISH:
        return str(problem["msg"])
    if "expected" in context:
        context = {**context, "expected": _in_french(context["expected"])}
    return PYDANTIC.get(problem["type"], OTHER_VALUE).format(**context)


def _in_french(expected: str) -> str:
    """`'all', 'queued' or 'failed'`, as pydantic lists what it takes."""
    others, either, last = expected.rpartition(" or ")
    return f"{others} ou {last}" if either else expected


async def _http(request: Request, error: HTTPException) -> Response:
    code = CODES.get(error.status_code, "internal")
    path = request.url.path
    sentences = {
        "bad_request": Sentence("The body cannot be read: send JSON in UTF-8."),
        "no_such_path": Sentence("There is nothing at {path}; /docs lists what there is.", path=path),
        "wrong_method": Sentence("{path} does not take {method}.", path=path, method=request.method),
        "too_large": Sentence("A body has at most {limit} bytes.", limit=MAX_BODY_BYTES),
    }
    headers = {"Allow": ", ".join(_methods(request))} if code == "wrong_method" else error.headers
    return _answer(request, code, sentences.get(code, f"{error.detail}."), headers=headers)


def _methods(request: Request) -> list[str]:
    """The methods that the path takes; Starlette knows only those of its first route."""
    # A path without a variable may fit another one: /api/extractions/archive could be a row's.
    own = request.app.openapi()["paths"].get(request.url.path)
    if own is not None:
        return [method for method in METHODS if method.lower() in own]
    probes = {method: {**request.scope, "method": method} for method in METHODS}
    return [method for method, scope in probes.items() if any(_takes(route, scope) for route in request.app.routes)]


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


async def _storage(request: Request, error: StorageError) -> Response:
    return _answer(request, "storage_unavailable", error)


async def _postgres(request: Request, error: psycopg.Error) -> Response:
    if isinstance(error, NOT_MIGRATED):
        return _answer(request, "database_unavailable", MIGRATE_FIRST)
    if isinstance(error, psycopg.DataError):
        first_line = str(error).strip().partition("\n")[0].rstrip(".")
        return _answer(request, "invalid_request", Sentence("Postgres cannot take a value: {said}.", said=first_line))
    if isinstance(error, psycopg.OperationalError):
        return await _unreachable(request, error)
    return await _unexpected(request, error)


async def _unreachable(request: Request, _error: Exception) -> Response:
    # Its own text may quote DATABASE_URL; `extractor doctor` masks and explains it.
    return _answer(
        request, "database_unavailable", Sentence("Postgres does not answer now: try again, or run `extractor doctor`.")
    )


async def _unexpected(request: Request, _error: Exception) -> Response:
    return _answer(request, "internal", Sentence("This is a defect in the program; the log of the API says more."))
