"""Complete settings over real parts, and fewer checks for tests that are about some of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from extractor.doctor import examination
from extractor.documents.local_storage import LocalStorage
from extractor.postgres.sealing import new_key
from extractor.settings import load_settings
from tests.support.doctor import Only, Setter
from tests.support.rows import insert_account

ALL_CHECKS = examination.CHECKS


@pytest.fixture
def settings(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, standin_url: str, tmp_path: Path
) -> Iterator[Setter]:
    """A complete environment without a .env; sets further variables, or removes them with None."""

    def set_variables(**variables: str | None) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value or "")
        load_settings.cache_clear()

    set_variables(
        ENV_FILE="",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        REGISTRY_BASE_URL=standin_url,
        STORAGE_DIR=str(tmp_path / "documents"),
        ACCOUNTS_KEY=new_key().get_secret_value(),
        PACE_SECONDS="0",
        PAGE_TIMEOUT_SECONDS="20",
    )
    LocalStorage(tmp_path / "documents").prepare()
    yield set_variables
    load_settings.cache_clear()


@pytest.fixture
def account(sql: psycopg.Connection) -> None:
    insert_account(sql)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Only:
    """Leaves out all checks except these, because each page costs the start of a browser."""

    def keep(*names: str) -> None:
        monkeypatch.setattr(examination, "CHECKS", tuple(check for check in ALL_CHECKS if check.name in names))

    return keep


@pytest.fixture
def no_site(only: Only) -> None:
    only(*(check.name for check in ALL_CHECKS if check.name not in ("browser", "entry page", "login page")))
