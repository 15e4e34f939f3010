"""Every error that the API answers with: one shape, RFC 9457, with a sentence for the person who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from extractor.language.sentences import Language, Sentence, say_in

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a call was not done; nothing was changed."""

    type: str = Field(examples=["urn:registre-extractor:invalid_row"])
    title: str = Field(examples=["The row cannot be taken"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["cadastre is missing: index needs one, for example Cadastre du Québec."])
    """One sentence, or more, for a person."""
    code: str = Field(examples=["invalid_row"])
    """One word for programs."""
    fields: list[str] = Field(examples=[["cadastre"]])
    """The fields that are missing or wrong, where the problem lies in some."""


@dataclass(frozen=True)
class Kind:
    """One code of problems."""

    status: int
    title: Sentence


KINDS = {
    "bad_request": Kind(400, Sentence("The request cannot be read")),
    "no_key": Kind(401, Sentence("An API key is needed")),
    "foreign_page": Kind(403, Sentence("Not from this machine")),
    "bad_link": Kind(403, Sentence("The link is not valid")),
    "unknown": Kind(404, Sentence("There is no such thing")),
    "no_document": Kind(404, Sentence("Storage has no such document")),
    "no_evidence": Kind(404, Sentence("There is no such evidence here")),
    "no_such_path": Kind(404, Sentence("The API has no such path")),
    "wrong_method": Kind(405, Sentence("Not with this method")),
    "not_possible": Kind(409, Sentence("Not possible in this state")),
    "at_limit": Kind(409, Sentence("Consulted to its limit")),
    "too_large": Kind(413, Sentence("The body is too large")),
    "not_json": Kind(415, Sentence("The body must be JSON")),
    "foreign_host": Kind(421, Sentence("Not for this host")),
    "invalid_request": Kind(422, Sentence("The request is not valid")),
    "invalid_row": Kind(422, Sentence("The row cannot be taken")),
    "key_reused": Kind(422, Sentence("The Idempotency-Key was used for another row")),
    "internal": Kind(500, Sentence("A defect in the program")),
    "too_many_waiting": Kind(503, Sentence("Too many calls wait for events")),
    "storage_unavailable": Kind(503, Sentence("Storage does not answer")),
    "database_unavailable": Kind(503, Sentence("Postgres does not answer")),
}


class ApiProblem(Exception):
    """A problem that only the API knows; the others are refusals of the operations."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def answer(
    code: str,
    sentence: str | BaseException,
    language: Language,
    *,
    fields: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Make a response of a problem; `code` is one of KINDS, whose status it has."""
    kind = KINDS[code]
    problem = Problem(
        type=f"urn:registre-extractor:{code}",
        title=say_in(language, kind.title),
        status=kind.status,
        detail=say_in(language, sentence),
        code=code,
        fields=[*fields],
    )
    # Starlette adds a charset to text types only, and JSON needs none.
    return JSONResponse(problem.model_dump(), kind.status, headers=headers, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses, for an endpoint's `responses`: each a Problem."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _description(status), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _description(status: int) -> str:
    return "; ".join(f"`{code}`: {kind.title}" for code, kind in KINDS.items() if kind.status == status)
