"""How many connections a process holds: what docs/supabase.md#connections says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from extractor.api.dependencies import CALLS, open_database
from extractor.postgres.database import Database

COUNT = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'registre-extractor' AND datname = current_database()"
)


@pytest.mark.parametrize(("opened", "most"), [(Database, 2), (open_database, CALLS)], ids=["worker", "api"])
def test_pool_opens_no_more_than_is_documented(
    database_url: str, sql: psycopg.Connection, opened: type[Database], most: int
) -> None:
    """Three times as many callers as connections; each keeps its own until the others asked too."""
    with closing(opened(database_url)) as database, ThreadPoolExecutor(3 * most) as callers:

        def call(_: int) -> None:
            with database.statement() as connection:
                connection.execute("SELECT pg_sleep(0.05)")

        counts = []
        calls = [callers.submit(call, number) for number in range(3 * most)]
        while not all(done.done() for done in calls):
            counts.append(sql.execute(COUNT).fetchone())
        for done in calls:
            done.result()

    assert max(number for count in counts if count for number in count) == most
