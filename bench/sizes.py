"""Databases of several sizes, for the sections that ask whether a cost grows with the rows. Filled once per run."""

from __future__ import annotations

import functools
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg

from bench.stage import Stage, add_accounts
from extractor.postgres.counts import Counts
from extractor.postgres.database import Database
from extractor.postgres.days import Days
from extractor.settings import Settings

FILL = Path(__file__).with_name("fill.sql").read_text()
THOUSAND, MILLION = 1_000, 1_000_000
# Rows that are sent and not taken yet, per source.
WINDOW: int = Settings.model_fields["dispatch_window"].default


class Size(NamedTuple):
    """How many rows a database has."""

    waiting: int
    finished: int

    def __str__(self) -> str:
        return f"{self.waiting:,} waiting, {self.finished:,} finished"


SMALL = Size(THOUSAND, THOUSAND)
MIDDLE = Size(100 * THOUSAND, THOUSAND)
BACKLOG = Size(MILLION, 0)
LARGE = Size(MILLION, MILLION)


@functools.cache
def database_of(stage: Stage, size: Size) -> str:
    """The address of a database that is as it would be after such a life; made at the first call.

    LARGE grows out of a copy of BACKLOG, which costs a part of the time: nobody may be connected to that one then.
    """
    name = f"rows_{size.waiting}_{size.finished}"
    if size is LARGE:
        url, more = stage.copy_database(database_of(stage, BACKLOG), name), Size(0, size.finished)
    else:
        url, more = stage.new_database(name), size
    with psycopg.connect(url, autocommit=True) as sql:
        if more is size:
            add_accounts(sql, 1)
        with sql.transaction():
            sql.execute("SET LOCAL session_replication_role = replica")
            for statement in FILL.split(";\n"):
                if statement.strip():
                    sql.execute(statement.encode(), {**more._asdict(), "window": WINDOW})
        sql.execute("VACUUM ANALYZE")
        _live(url)
        sql.execute("VACUUM ANALYZE")
    return url


def _live(url: str) -> None:
    """What a bridge does beside its rows: it counts them again, and closes the days that are over."""
    with closing(Database(url, use_bound_seconds=300)) as database:
        Counts(database).tend()
        days = Days(database)
        while days.close():
            pass
