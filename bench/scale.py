"""What one dispatch, one claim and one rescue cost at a thousand and at a million rows, and what Redis holds then."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import NoReturn

import psycopg
import redis
from pydantic import SecretStr

from bench.rounds import Figure, Goal, Section, in_turn
from bench.sizes import BACKLOG, LARGE, MIDDLE, SMALL, WINDOW, Size, database_of
from bench.stage import Stage
from extractor.models import Job, RowId, Source
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import JobLimits, Jobs
from extractor.postgres.lease import AccountLimits
from extractor.settings import Settings
from tests.support.jobs import expire_lease
from tests.support.system import eventually

NAME = "scale"
SIZES = (SMALL, MIDDLE, BACKLOG, LARGE)
LIMIT, MEMORY_LIMIT = 1.2, 0.05
# A statement of a millisecond is noisy, and cheap to repeat.
REPEATS = 8


class _UndoneError(Exception):
    """Rolls a dispatch back, so that the next one finds the same rows."""


def _undo(rows: list[RowId]) -> NoReturn:
    assert len(rows) == WINDOW
    raise _UndoneError


class _Table:
    """One database, as bridge and worker use it."""

    def __init__(self, url: str, ends: ExitStack) -> None:
        nowhere = SecretStr("")
        settings = Settings.model_construct(database_url=nowhere, redis_url=nowhere, daily_consultation_limit=None)
        self._database = Database(url, use_bound_seconds=300)
        ends.callback(self._database.close)
        self._sql = ends.enter_context(psycopg.connect(url, autocommit=True))
        limits = JobLimits.of(settings)
        self._dispatcher = Dispatcher(self._database, limits)
        self._jobs = Jobs(self._database, limits)
        self._lease = Accounts(self._database, AccountLimits.of(settings)).lease("bench")
        self._held: list[Job] = []

    def dispatch(self) -> float:
        """Seconds to mark as many rows as a window has, without the commit; as many are sent and wait for a worker."""
        seconds = 0.0
        with suppress(_UndoneError):
            started = time.perf_counter()
            with self._dispatcher.dispatch({Source.INDEX: WINDOW}, window=2 * WINDOW) as due:
                seconds = time.perf_counter() - started
                _undo(due[Source.INDEX])
        return seconds

    def claim(self) -> float:
        """Seconds to take one row."""
        row = self._next_row()
        self._lease.renew()
        started = time.perf_counter()
        job = self._jobs.claim(row, worker_id="bench", account=self._lease.account, spool_id=None)
        seconds = time.perf_counter() - started
        assert job is not None
        self._held.append(job)
        return seconds

    def rescue(self) -> float:
        """Seconds to give the row back that `claim` took, whose process is dead now."""
        job = self._held.pop()
        expire_lease(self._sql, job)
        started = time.perf_counter()
        rescued = self._dispatcher.rescue()
        seconds = time.perf_counter() - started
        assert rescued == [str(job.id)]
        return seconds

    def _next_row(self) -> RowId:
        """The oldest that was never taken: the rescued ones would become poison rows."""
        ((row,),) = self._sql.execute(
            "SELECT id FROM extraction_queue WHERE document_source = 'index' AND status = 'En attente' AND kills = 0"
            " ORDER BY priority DESC, created_at, id LIMIT 1"
        ).fetchall()
        return str(row)


def measure(stage: Stage, rounds: int) -> Section:
    """The sizes take turns."""
    figures: list[Figure] = []
    goals: list[Goal] = []
    with ExitStack() as ends:
        urls = {size: database_of(stage, size) for size in SIZES}  # all, before anybody is connected
        tables = {str(size): _Table(url, ends) for size, url in urls.items()}
        acts = {name: [getattr(table, name) for table in tables.values()] for name in ("dispatch", "claim", "rescue")}
        for name, of_sizes in acts.items():
            samples = in_turn(rounds * REPEATS, dict(zip(tables, of_sizes, strict=True)))
            measured = [Figure(f"one {name}", size, "s", seconds) for size, seconds in samples.items()]
            figures += measured
            goals += [_goal(name, figure, measured[0]) for figure in measured[-2:]]
    memory = [_redis_memory(stage, size) for size in (SMALL, LARGE)]
    figures += memory
    change = abs(memory[1].median / memory[0].median - 1)
    goals.append(Goal(f"Redis memory: difference between {SMALL} and {LARGE}", change, MEMORY_LIMIT))
    return Section(NAME, tuple(figures), tuple(goals))


def _goal(name: str, figure: Figure, small: Figure) -> Goal:
    return Goal(f"one {name} at {figure.side}, over {small.side}", figure.median / small.median, LIMIT)


def _redis_memory(stage: Stage, size: Size) -> Figure:
    """What the broker's keys take once a bridge has sent all that it sends while no worker takes a message."""
    url, broker_url = database_of(stage, size), stage.new_broker()
    with (
        stage.system(f"redis-{size.waiting}", url, REDIS_URL=broker_url) as system,
        redis.Redis.from_url(broker_url) as broker,
    ):
        system.bridge()
        queues = [source.value for source in Source]
        eventually(lambda: all(broker.llen(name) >= WINDOW for name in queues), "a full window per source", seconds=120)
        taken = sum(broker.memory_usage(key, samples=0) or 0 for key in broker.scan_iter())
    return Figure("memory of Redis", str(size), "kB", (taken / 1000,))
