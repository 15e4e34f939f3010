"""What people and Prometheus read, at a thousand rows and at a million."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
from pydantic import SecretStr

from bench.rounds import Figure, Goal, Section, in_turn
from bench.sizes import LARGE, SMALL, Size, database_of
from bench.stage import Stage
from extractor import reports
from extractor.metrics.tables import Tables
from extractor.models import Status
from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.filters import Filter
from extractor.settings import Settings

NAME = "reads"
SIZES = (SMALL, LARGE)
LIMIT = 0.2
PAGE = 50
COMMANDS = ("status", "spend")
# Enough of a whole command, whose start is most of its time.
MOST_COMMANDS = 3


def measure(stage: Stage, rounds: int) -> Section:
    """Each call as API, command line or dashboard make it, in this process: no HTTP, no start of Python."""
    figures: list[Figure] = []
    with ExitStack() as ends:
        calls = {size: _calls(database_of(stage, size), ends) for size in SIZES}
        for name in calls[SMALL]:
            sides = {str(size): _timed(calls[size][name]) for size in SIZES}
            for warm_up in sides.values():
                warm_up()
            figures += [Figure(name, size, "s", seconds) for size, seconds in in_turn(rounds, sides).items()]
    goals = [
        Goal(f"{figure.what} at {figure.side}", figure.median, LIMIT, "s")
        for figure in figures
        if figure.side == str(LARGE)
    ]
    for command in COMMANDS:
        whole = {str(size): _command(stage, size, command) for size in SIZES}
        samples = in_turn(min(rounds, MOST_COMMANDS), whole)
        figures += [Figure(f"`extractor {command}`, whole", size, "s", seconds) for size, seconds in samples.items()]
    return Section(NAME, tuple(figures), tuple(goals))


def _calls(url: str, ends: ExitStack) -> dict[str, Callable[[], object]]:
    database = Database(url, use_bound_seconds=300)
    ends.callback(database.close)
    nowhere = SecretStr("")
    viewpoint = Viewpoint.of(Settings.model_construct(database_url=nowhere, redis_url=nowhere))
    with psycopg.connect(url) as sql:
        waiting, bought = (
            str(sql.execute("SELECT id FROM extraction_queue WHERE status = %s LIMIT 1", [status]).fetchall()[0][0])
            for status in (Status.WAITING, Status.COMPLETED)
        )
    return {
        "status": lambda: reports.overview(database, viewpoint),
        "spend": lambda: reports.spending(database),
        "metrics": lambda: [*Tables(url, viewpoint).collect()],
        "why": lambda: reports.why(database, waiting, viewpoint),
        "show": lambda: reports.history(database, bought),
        "list": lambda: reports.list_rows(database, Filter(), limit=PAGE),
        "list of one status": lambda: reports.list_rows(database, Filter(status=Status.COMPLETED), limit=PAGE),
        "dashboard: days": lambda: reports.days(database),
        "dashboard: failures": lambda: reports.failures(database),
        "dashboard: workers": lambda: reports.workers(database, viewpoint),
    }


def _timed(call: Callable[[], object]) -> Callable[[], float]:
    def act() -> float:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    return act


def _command(stage: Stage, size: Size, command: str) -> Callable[[], float]:
    program = Path(sys.executable).parent / "extractor"
    environment = os.environ | stage.environment(database_of(stage, size))
    return _timed(lambda: subprocess.run([program, command], env=environment, check=True, capture_output=True))
