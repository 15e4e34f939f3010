"""A claimed job and the limits of jobs, with a default for everything; what tests do with jobs and their attempts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from pydantic import SecretStr

from extractor.models import Job, RowId, Source
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import JobLimits
from extractor.settings import Settings


def a_job(**fields: object) -> Job:
    defaults: dict[str, object] = {
        "id": uuid4(),
        "attempt_id": 1,
        "source": Source.INDEX,
        "document_number": "2 784 195",
        "document_number_normalized": "2784195",
        "circonscription": "Montréal",
        "cadastre": "Cadastre du Québec",
        "designation": None,
        "acte_type": None,
        "request_key": "index|2784195|montréal|cadastre du québec||",
        "attempts": 1,
        "max_attempts": 3,
        "created_at": datetime(2026, 11, 22, 0, 14, 50, tzinfo=UTC),
    }
    return Job.model_validate(defaults | fields)


def job_limits(**changes: Any) -> JobLimits:
    """Durations of a minute, two consultations per row, and else the defaults of the settings."""
    durations = {
        "lease_seconds": 60,
        "redispatch_seconds": 60,
        "retry_backoff_seconds": 60,
        "snooze_seconds": 60,
        "breaker_seconds": 60,
    }
    nowhere = SecretStr("")
    defaults = Settings.model_construct(database_url=nowhere, redis_url=nowhere)
    bounds = {"max_consultations_per_job": 2, "daily_consultation_limit": None}
    return replace(JobLimits.of(defaults), **(durations | bounds | changes))


def take(dispatcher: Dispatcher, source: Source = Source.INDEX, *, limit: int = 10, queued: int = 0) -> list[RowId]:
    """Dispatch as the bridge does; no message is sent."""
    with dispatcher.dispatch({source: queued}, window=queued + limit) as due:
        return due[source]


def expire_lease(sql: psycopg.Connection, job: Job) -> None:
    """As if its process had been dead for longer than a lease."""
    sql.execute("UPDATE extraction_queue SET lease_expires_at = now() - interval '1 s' WHERE id = %s", [job.id])
    sql.execute("UPDATE extraction_attempts SET alive_until = now() - interval '1 s' WHERE job_id = %s", [job.id])


def attempt(sql: psycopg.Connection, attempt_id: int, name: str) -> object:
    """One column of one attempt, as it is now."""
    row = sql.execute(f"SELECT {name} FROM extraction_attempts WHERE id = %s", [attempt_id]).fetchone()
    assert row is not None
    return row[0]
