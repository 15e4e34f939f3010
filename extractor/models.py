"""The data that travels through the system: frozen, typed, and nothing but data."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


class Source(StrEnum):
    """`document_source`; also the name of the Celery queue."""

    ACTE = "acte"
    INDEX = "index"
    PLAN_CADASTRAUX = "plan_cadastraux"


class Status(StrEnum):
    """`extraction_queue.status`."""

    WAITING = "En attente"
    RUNNING = "En traitement"
    COMPLETED = "Complété"
    FAILED = "Erreur"


class ClickKind(StrEnum):
    """`extraction_clicks.kind`: what was pressed where the registry may charge."""

    FORM = "form"  # begins a consultation, also when the same form is sent again
    SIMILAR = "similar"
    PLAN = "plan"
    CONTINUE = "continue"
    CONFIRMATION = "confirmation"


class Ended(StrEnum):
    """`extraction_attempts.outcome`: how an attempt ended."""

    COMPLETED = "completed"
    RETRY = "retry"
    SNOOZE = "snooze"
    HOLD = "hold"
    LOST = "lost"
    RETURNED = "returned"


class WorkerState(StrEnum):
    """`worker_status.status`."""

    IDLE = "idle"
    BUSY = "busy"
    ERROR = "error"
    OFFLINE = "offline"


class Identity(StrEnum):
    """`extraction_queue.identity`: what the text of a stored document says of being the requested one."""

    CHECKED = "checked"
    UNCHECKED = "unchecked"


class Frozen(BaseModel):
    """Base of what one part hands to another: it never changes. The command line prints it, the API serves it."""

    model_config = ConfigDict(frozen=True)


DOCUMENT_SOURCE: Any = Field(serialization_alias="document_source")
"""A field `source` of a report: the API gives it under the name of the column, as users' own code knows it."""


def _as_text(value: object) -> object:
    """What a driver or a JSON file gives for an id; anything else is left for pydantic to refuse."""
    return str(value) if isinstance(value, UUID | int) else value


RowId = Annotated[str, BeforeValidator(_as_text)]
"""The id of a row of `extraction_queue`, as Postgres writes it: `7f0c2a54-…` for a uuid, `42` for a bigint.

A text here, whatever it is in the table: an adopted table may have a uuid, a whole number or a text of at most a
hundred letters, digits, `_`, `.` and `-`. Statements give it to Postgres without a type, so it is compared as what the
column is.
"""
AccountId = Annotated[str, BeforeValidator(_as_text)]
"""The id of a row of `worker_accounts`, in the same form."""

_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def can_be_id(text: str) -> bool:
    """Whether a row may have this id, in a column of any type; the migrations hold texts to the same rule."""
    return _ID.fullmatch(text) is not None


class Job(Frozen):
    """One claimed row of `extraction_queue`; `attempt_id` is the fence of every write about it."""

    id: RowId
    attempt_id: int
    source: Source
    document_number: str
    document_number_normalized: str
    circonscription: str | None
    cadastre: str | None
    designation: str | None
    acte_type: str | None
    request_key: str
    """What the row asked for when it was claimed: a person may change it meanwhile."""
    attempts: int
    max_attempts: int
    created_at: datetime


def masked(username: str) -> str:
    """A user code as logs and reports may show it: `99•••99`."""
    return f"{username[:2]}•••{username[-2:]}" if len(username) > 4 else "•••"


class Account(Frozen):
    """One leased row of `worker_accounts`; `lease_id` is the fence of the lease."""

    id: AccountId
    username: str
    password: SecretStr
    lease_id: UUID

    @property
    def masked(self) -> str:
        return masked(self.username)

    @property
    def secrets(self) -> tuple[SecretStr, SecretStr]:
        """What evidence must not show."""
        return SecretStr(self.username), self.password


class StoredDocument(Frozen):
    """The document of a row that is Complété."""

    id: RowId
    supabase_path: str
    sha256: str
    size_bytes: int
    pages: int | None
    warning: str | None
    identity: Identity | None
    """None for a document that was stored before there was such a column."""


class Document(Frozen):
    """A document that was judged and lies on this disk, byte for byte as it came."""

    path: Path
    sha256: str
    size_bytes: int
    pages: int | None
    """None when it opens with a password only."""
    warning: str | None = None
    """What is odd about it, in sentences."""
    identity: Identity = Identity.UNCHECKED


class Evidence(Frozen):
    """What the page showed when something went wrong."""

    url: str
    html: str
    screenshot: bytes | None
    """PNG; None when the page gave no picture."""
