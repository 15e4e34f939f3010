"""Rows as the API takes them, and the example of how it gives them: under the names of the table's columns."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from extractor.language.sentences import Sentence
from extractor.models import RowId, Source
from extractor.operations import EXAMPLES, Correction
from extractor.reports import EqualRow, Extraction

MAX_CHARACTERS = 200
MAX_NUMBER = 60
# Of one call; an import takes any number.
MAX_ROWS = 1000
# Controls and reversals of direction, as migrations/0002_rules.sql has them: a line break can forge a log.
_CONTROLS = r"\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_ENDS = r"[ \t\n\x0b\f\r]*"
Text = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS, pattern=f"^[^{_CONTROLS}]*$")]


def _no_other_type(value: object) -> object:
    """Let 1 and 1.0 pass, which are one number in JSON; refuse "1" and true, which pydantic would take for 1."""
    if isinstance(value, str | bool):
        raise ValueError(Sentence("this must be a whole number"))  # noqa: TRY004  # pydantic's own word for it
    return value


Number = Annotated[int, BeforeValidator(_no_other_type)]

# The database says what a row lacks, or has too much of, in one sentence; the schema says the same for programs.
_VALUE = {"type": "string", "pattern": f"^{_ENDS}[^{_CONTROLS}]*{_ENDS}$", "maxLength": MAX_CHARACTERS}
_NOT_BLANK = {"type": "string", "pattern": r"\S"}
_NEEDS = [
    {
        "title": "acte",
        "properties": {"document_source": {"const": "acte"}, "acte_type": _NOT_BLANK},
        "required": ["acte_type"],
    },
    {
        "title": "index, plan_cadastraux",
        "properties": {"document_source": {"enum": ["index", "plan_cadastraux"]}, "cadastre": _NOT_BLANK},
        "required": ["cadastre"],
    },
]

_SAMPLE = {
    "id": "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d",
    "document_source": "index",
    "document_number": "2 784 195",
    "document_number_normalized": "2784195",
    "circonscription_fonciere": "Montréal",
    "cadastre": "Cadastre du Québec",
    "reference": "Dossier 2026-118",
    "status": "Erreur",
    "attemtps": 1,
    "max_attempts": 3,
    "created_at": "2026-11-03T14:00:00Z",
    "error_code": "document_not_found",
    "error_message": "Le registre ne contient aucun document de ce numéro.",
}


def _describe(schema: dict[str, Any]) -> None:
    properties = schema["properties"]
    for name in ("circonscription_fonciere", "cadastre", "acte_type", "designation_secondaire", "reference"):
        properties[name]["anyOf"] = [_VALUE, {"type": "null"}]
    properties["document_source"] = {"$ref": "#/components/schemas/Source"}
    properties["document_number"] |= {**_VALUE, "maxLength": MAX_NUMBER, "allOf": [{"pattern": r"\S"}]}
    schema["required"] = ["document_source", "document_number"]
    schema["oneOf"] = _NEEDS
    schema["examples"] = [row.model_dump(exclude_none=True, exclude_defaults=True) for row in EXAMPLES]


class NewExtraction(BaseModel):
    """The wanted document. Nothing is required or bounded here: the database refuses a row with one sentence."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_describe)

    document_source: str | None = None
    document_number: str = Field(default="", description="The lot or the inscription number, however it is spaced.")
    circonscription_fonciere: str | None = None
    cadastre: str | None = Field(default=None, description="Required for index and plan_cadastraux.")
    acte_type: str | None = Field(
        default=None, description="Required for acte: Acte, Avis d'adresse, Radiation or Acte divers."
    )
    designation_secondaire: str | None = None
    priority: Number = Field(default=0, ge=-(2**31), lt=2**31, description="Higher goes first.")
    reference: str | None = Field(default=None, description="Your own dossier, kept with the row.")


def _describe_correction(schema: dict[str, Any]) -> None:
    properties = schema["properties"]
    for name in ("circonscription_fonciere", "cadastre", "acte_type", "designation_secondaire"):
        properties[name] = {"title": properties[name]["title"], "anyOf": [_VALUE, {"type": "null"}]}
    properties["document_source"] = {"type": "string", "enum": [*Source]}
    properties["document_number"] = {**_VALUE, "maxLength": MAX_NUMBER, "allOf": [{"pattern": r"\S"}]}
    schema["minProperties"] = 1
    schema["examples"] = [{"cadastre": "Cadastre du Québec"}]


class CorrectedExtraction(Correction):
    """What the row is to ask for: a column that is not given stays as it is, null empties it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_describe_correction)


class CreatedBatch(BaseModel):
    """The rows that a call made."""

    batch_id: UUID
    """On each of the rows: `GET /api/extractions?batch_id=…` lists them."""
    ids: tuple[RowId, ...]
    """The ids of the rows, in the order of the call."""
    repeated: int | None = Field(
        description="How many of them ask for what an earlier one, or another row, asks for too: each may be paid"
        " again. null for a call that was made before."
    )


class CreatedExtraction(Extraction):
    """The row that a call made, and which rows ask for the same document."""

    same_as: tuple[EqualRow, ...] = Field(
        description="At most three other rows that ask for the same document and wait, run or were completed lately."
        " Where `is_reused` is false, each of the rows is paid for: cancel this one if that was a mistake."
    )


# RFC 8941 writes a string in quotation marks, many callers without: both mean the same key.
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        pattern=r'^("[ -!#-~]+"|[!#-~]|[!#-~][ -~]*[!#-~])$',
        description="Any text of your own, such as a UUID, new for each wanted row. The same key with the same body"
        " again makes no second row: the answer is 200 with the row of the first call.",
    ),
]


SAMPLE = dict.fromkeys(field.alias or name for name, field in Extraction.model_fields.items()) | _SAMPLE
