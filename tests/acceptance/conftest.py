"""A system of real processes around a fresh database, an empty broker and a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.system import System


@pytest.fixture
def system(
    database_url: str, redis_url: str, standin_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[System]:
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REGISTRY_BASE_URL": standin_url}
    with System(tmp_path, environment) as system:
        yield system
    request.node.add_report_section("teardown", "logs", system.logs())
