"""The calls about the system: who works, with which accounts, what keeps sources back, what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from extractor import operations, reports
from extractor.api.dependencies import OpenDatabase, OwnViewpoint
from extractor.api.extractions import NOBODY, Person
from extractor.api.listing import GroupFilters
from extractor.api.problems import documented
from extractor.api.rows import Text
from extractor.models import AccountId, Source, masked
from extractor.operations import SourceState
from extractor.reports import AccountReport, Condition, Overview, SourceReport, Spending, WorkerReport

router = APIRouter(prefix="/api", tags=["system"])


class Account(BaseModel):
    """One account of the registry as the API shows it: its user code masked, and never a password."""

    id: AccountId
    account: str = Field(examples=["99•••01"])
    """The user code, masked."""
    condition: Condition
    is_active: bool
    failure_count: int
    leased_by: str | None
    lease_expires_at: datetime | None
    resting_until: datetime | None
    last_used: datetime | None
    last_error: str | None


class Pause(Person):
    """Why a source is to wait."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"why": "The registry is closed until Monday.", "by": "marie"}]}
    )

    why: Text = Field(min_length=1, description="For the person who finds it paused.")
    by: Text = NOBODY


class Health(BaseModel):
    """The API runs and reads its tables."""

    status: Literal["ok"] = "ok"


@router.get("/status")
def get_status(database: OpenDatabase, viewpoint: OwnViewpoint, filters: Annotated[GroupFilters, Query()]) -> Overview:
    """Look at everything at once: backlog (of one batch or reference), workers, accounts, bridges, what today cost."""
    return reports.overview(database, viewpoint, filters.group())


@router.get("/workers")
def list_workers(database: OpenDatabase, viewpoint: OwnViewpoint) -> tuple[WorkerReport, ...]:
    """List every worker process: its state, its account (masked), its row."""
    return reports.workers(database, viewpoint)


@router.get("/accounts")
def list_accounts(database: OpenDatabase, viewpoint: OwnViewpoint) -> tuple[Account, ...]:
    """List every account, masked, with its condition."""
    return tuple(_masked(account) for account in reports.accounts(database, viewpoint))


@router.get("/spend")
def get_spending(database: OpenDatabase) -> Spending:
    """Sum up consultations and dollars, name the rows that were perhaps paid twice, and show the last clicks."""
    return reports.spending(database)


@router.get("/sources")
def list_sources(database: OpenDatabase) -> tuple[SourceReport, ...]:
    """List every source: its rows by status, and what keeps it back."""
    return reports.sources(database)


@router.post("/sources/{source}/pause", responses=documented(400, 409, 413))
def pause_source(source: Source, pause: Pause, database: OpenDatabase) -> SourceState:
    """Let a source's rows wait until `resume`; running rows finish."""
    return operations.pause(database, [source], by=pause.by, why=pause.why)[0]


@router.post("/sources/{source}/resume")
def resume_source(source: Source, database: OpenDatabase) -> SourceState:
    """Let a paused source's rows go again."""
    return operations.resume(database, [source])[0]


@router.get("/health")
def get_health(database: OpenDatabase) -> Health:
    """Say whether the API can work; needs no key."""
    reports.check_tables(database)
    return Health()


def _masked(report: AccountReport) -> Account:
    account = masked(report.username)
    # The site's refusal may quote the user code.
    last_error = report.last_error and report.last_error.replace(report.username, account)
    return Account.model_validate({**report.model_dump(), "account": account, "last_error": last_error})
