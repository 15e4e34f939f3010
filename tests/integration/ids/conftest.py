"""The tests of this folder run once for each type that the ids of an adopted table may have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extractor.local.postgres import EmbeddedPostgres
from tests.support.adopted import IDS, adopted_template
from tests.support.databases import fresh_database


@pytest.fixture(params=IDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The type of the ids."""
    return str(request.param)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, kind: str) -> Iterator[str]:
    yield from fresh_database(postgres, adopted_template(postgres, kind))
