"""A transaction pooler is known by what it does, before a real PgBouncer in each of its modes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres import pooling
from extractor.postgres.pooling import is_transaction_pooler
from extractor.postgres.reasons import explain
from tests.support.pgbouncer import fill_pool, pgbouncer

pytestmark = pytest.mark.xdist_group("pgbouncer")  # one process installs it where it is missing


@pytest.fixture(scope="module", params=[False, True], ids=["newest", "in-turn"])
def poolers(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, server_directory: Path
) -> Iterator[dict[str, str]]:
    """One PgBouncer that hands out the process used last, then one that hands out all in turn."""
    directory = server_directory / f"pgbouncer-{request.param}"
    with pgbouncer(postgres.url, directory, round_robin=request.param) as urls:
        yield urls


@pytest.mark.parametrize("processes", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_pooler_that_shares_processes_is_found_whatever_its_pool(
    poolers: dict[str, str], mode: str, processes: int
) -> None:
    if mode == "transaction":  # the other has no transactions that could keep a process
        fill_pool(poolers[mode], processes)

    assert is_transaction_pooler(poolers[mode])
    assert is_transaction_pooler(poolers[f"{mode}_of_one"])


def test_session_pooler_is_none(poolers: dict[str, str]) -> None:
    assert not is_transaction_pooler(poolers["session"])


def test_direct_connection_is_none_and_nothing_is_left_behind(database_url: str, sql: psycopg.Connection) -> None:
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    assert not is_transaction_pooler(database_url)

    deadline = time.monotonic() + 5
    while (left := sql.execute(others).rowcount) and time.monotonic() < deadline:
        pass  # a process of the server ends a moment after its connection
    assert left == 0


def test_pool_that_is_used_up_ends_within_a_bound(poolers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "BOUND_SECONDS", 0.3)

    with pytest.raises(psycopg.OperationalError, match=r"got no answer in 0\.3 s") as refused:
        is_transaction_pooler(poolers["session_of_one"])

    assert explain(refused.value, poolers["session_of_one"]).startswith("All connections of 127.0.0.1 are in use: ")
