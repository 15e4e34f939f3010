"""Who works: worker processes, bridges, and the accounts that workers hold."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from extractor.models import AccountId, Frozen, RowId, WorkerState, masked
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.report import FILE


class Condition(StrEnum):
    """What an account is good for now; each account is in exactly one."""

    USABLE = "usable"
    LEASED = "leased"
    RESTING = "resting"
    FAILING = "failing"
    DISABLED = "disabled"
    SEALED = "sealed"
    """No key of this reader opens its password; for no other reason would a worker not use it."""


class WorkerReport(Frozen):
    """One worker process; `state` is its status, or `silent` when its heartbeats ended and it did not say offline."""

    worker_id: str
    state: WorkerState | Literal["silent"] | str
    """Another text only in a row that an earlier program wrote."""
    host: str | None
    pid: int | None
    queues: tuple[str, ...] | None
    """None: all."""
    message: str | None
    current_job_id: RowId | None
    account: str | None
    """Masked."""
    started_at: datetime | None
    last_heartbeat: datetime | None
    jobs_completed: int
    jobs_failed: int


class BridgeReport(Frozen):
    """One bridge; `state` is its mode, or `silent`."""

    bridge_id: str
    host: str
    pid: int
    state: Literal["listening", "polling", "offline", "silent"]
    message: str | None
    proven_at: datetime | None
    messages_sent: int
    started_at: datetime
    last_heartbeat: datetime


class AccountReport(Frozen):
    """One account, by its full user code: for the person who keeps the accounts."""

    id: AccountId
    username: str
    condition: Condition
    is_active: bool
    failure_count: int
    leased_by: str | None
    lease_expires_at: datetime | None
    resting_until: datetime | None
    last_used: datetime | None
    last_error: str | None


def workers(database: Database, viewpoint: Viewpoint) -> tuple[WorkerReport, ...]:
    """Every worker process that was ever registered."""
    rows = Queries(database, FILE).records("workers", viewpoint.parameters)
    return tuple(WorkerReport(**row, account=row["username"] and masked(row["username"])) for row in rows)


def bridges(database: Database, viewpoint: Viewpoint) -> tuple[BridgeReport, ...]:
    """Every bridge that was ever registered."""
    rows = Queries(database, FILE).records("bridges", viewpoint.parameters)
    return tuple(BridgeReport(**row) for row in rows)


def accounts(database: Database, viewpoint: Viewpoint) -> tuple[AccountReport, ...]:
    """Every account by its full user code, the oldest first, in the condition that `viewpoint` sees."""
    rows = Queries(database, FILE).records("accounts", viewpoint.parameters)
    return tuple(AccountReport(**row) for row in rows)
