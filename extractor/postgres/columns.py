"""Whether a column that a table already has can take what this program writes, and the SQL that makes it so."""

from __future__ import annotations

from dataclasses import dataclass

# The types of an id that is adopted; every column that names it gets the same type.
IDS = ("uuid", "int8", "int4", "int2", "text", "varchar")
TEXTS = ("text", "varchar")
INTEGERS = ("int2", "int4", "int8")
# What else a column may be than what the migrations make it.
_ALSO = {"text": TEXTS, "int4": INTEGERS}
# A row's own dossier stays as it is; a statement compares both as text.
_FREE = {("extraction_queue", "reference")}
_ALSO_HERE = {("extraction_queue", "batch_id"): ("uuid", *TEXTS)}
# Those get the type of the id that they name.
_NAMING = {"job_id", "current_job_id", "account_id", "broken_by"}
# A value that is longer is cut off or refused: the longest that is written, in characters.
_LETTERS = {"status": 13, "document_source": 15, "acte_type": 15, "document_number_normalized": 60, "worker_id": 100}
_ANY_LENGTH = 500
# A person fills these; the statements write NULL to all others.
_OF_A_REQUEST = {
    "document_number_normalized",
    "circonscription_fonciere",
    "cadastre",
    "designation_secondaire",
    "acte_type",
    "created_at",
}
# The columns of users' documents. Any other of the same name is the users' own, with a meaning of its own.
_DOCUMENTED = {
    "id", "document_source", "document_number", "document_number_normalized", "circonscription_fonciere", "cadastre",
    "designation_secondaire", "acte_type", "status", "processing_started_at", "supabase_path", "attemtps",
    "max_attempts", "created_at", "updated_at", "username", "password", "is_active", "last_used", "failure_count",
    "worker_id", "current_job_id", "account_id", "last_heartbeat", "started_at", "jobs_completed", "jobs_failed",
    "error_message",
}  # fmt: skip
_NAMES = {"int2": "smallint", "int4": "integer", "int8": "bigint", "bool": "boolean", "_text": "text[]"}


@dataclass(frozen=True)
class Column:
    """One column that is there, beside the one that the migrations would make (`wanted…`); types as in pg_type."""

    table: str
    name: str
    type: str
    kind: str
    shown: str
    letters: int | None
    not_null: bool
    generated: bool
    has_default: bool
    default: str | None
    wanted: str
    wanted_not_null: bool

    def alter(self, what: str) -> str:
        """The statement that changes it."""
        return f"ALTER TABLE public.{self.table} ALTER COLUMN {self.name} {what};"


def id_problem(column: Column) -> str | None:
    """What keeps rows from being known by this id."""
    if column.type in IDS:
        return None
    return (
        f"{column.table}.id has the type {_shown(column)}, and may be uuid, bigint, integer or text:"
        f" {column.alter('TYPE text USING id::text')}"
    )


def column_problem(column: Column) -> str | None:
    """What keeps this program from writing the column, with the cure; None when nothing does."""
    if column.generated:
        return (
            f"{column.table}.{column.name} is computed by the table, and this program writes it:"
            f" {column.alter('DROP EXPRESSION')}"
        )
    return _type_problem(column) or _length_problem(column) or _null_problem(column) or _default_problem(column)


def _type_problem(column: Column) -> str | None:
    place = (column.table, column.name)
    if column.name in _NAMING or place in _FREE:
        return None
    if column.type in _ALSO_HERE.get(place, _ALSO.get(column.wanted, (column.wanted,))):
        return None
    wanted = _NAMES.get(column.wanted, column.wanted)
    return (
        f"{column.table}.{column.name} has the type {_shown(column)}, and must be {wanted}:"
        f" {_type_cure(column, wanted)}"
    )


def _shown(column: Column) -> str:
    kinds = {"e": "an enum", "d": "a domain", "c": "a composite type"}
    shown = column.shown.removeprefix("public.")
    return f"{shown}, {kinds[column.kind]}" if column.kind in kinds else shown


def _type_cure(column: Column, wanted: str) -> str:
    name = column.name
    if name not in _DOCUMENTED:
        return f"yours has another meaning. ALTER TABLE public.{column.table} RENAME COLUMN {name} TO own_{name};"
    if (column.type, column.wanted) == ("timestamp", "timestamptz"):
        return column.alter(f"TYPE timestamptz USING {name} AT TIME ZONE 'UTC'")
    drop = f"DROP DEFAULT, ALTER COLUMN {name} " if column.default and column.kind == "e" else ""
    using = f"{name}::text" if wanted == "text" else f"{name}::text::{wanted}"
    return column.alter(f"{drop}TYPE {wanted} USING {using}")


def _length_problem(column: Column) -> str | None:
    needed = _LETTERS.get(column.name, _ANY_LENGTH if column.wanted == "text" else 0)
    if column.letters is None or column.letters >= needed or (column.table, column.name) in _FREE:
        return None
    return (
        f"{column.table}.{column.name} takes {column.letters} characters, and {needed} may be written:"
        f" {column.alter('TYPE text')}"
    )


def _null_problem(column: Column) -> str | None:
    if not column.not_null or column.wanted_not_null or column.name in _OF_A_REQUEST or column.has_default:
        return None
    return (
        f"{column.table}.{column.name} may not be NULL, and it is while nothing is known:"
        f" {column.alter('DROP NOT NULL')}"
    )


def _default_problem(column: Column) -> str | None:
    if (column.table, column.name) != ("extraction_queue", "status") or column.default is None:
        return None
    if column.default.startswith("'En attente'"):
        return None
    return (
        f"{column.table}.status has the default {column.default}, so a row without a status would never be fetched:"
        f""" {column.alter("SET DEFAULT 'En attente'")}"""
    )
