"""The jobs and the accounts over a real database, with short durations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from extractor.models import Account, Document, Job
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from extractor.postgres.lease import AccountLimits
from extractor.postgres.sealing import Keyring
from extractor.settings import Settings
from tests.support.jobs import job_limits
from tests.support.rows import insert_account, insert_job

LIMITS = job_limits()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of this database alone, whatever `.env` says."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",
        storage_dir=tmp_path,
        spool_dir=tmp_path,
    )


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database, LIMITS)


@pytest.fixture
def dispatcher(database: Database) -> Dispatcher:
    return Dispatcher(database, LIMITS)


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database, AccountLimits(lease_seconds=60, account_rest_seconds=900, keyring=Keyring()))


@pytest.fixture
def account(sql: psycopg.Connection, accounts: Accounts) -> Account:
    """A leased account."""
    insert_account(sql)
    return accounts.lease("worker-1").account


@pytest.fixture
def claim(sql: psycopg.Connection, jobs: Jobs, account: Account) -> Callable[..., Job]:
    """Insert a row and claim it."""

    def insert_and_claim(**columns: object) -> Job:
        job = jobs.claim(insert_job(sql, **columns), worker_id="worker-1", account=account, spool_id=None)
        assert job is not None
        return job

    return insert_and_claim


@pytest.fixture
def document(tmp_path: Path) -> Document:
    return Document(path=tmp_path / "a.pdf", sha256="0" * 64, size_bytes=10, pages=1)
