"""What a further session takes of memory, over a plain script with the full browser."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import psycopg

from bench.line import talking_to
from bench.rounds import Figure, Goal, Section, in_turn, ratio
from bench.stage import Stage, add_accounts, wait_for_sessions
from extractor.browser.ownership import memory_mb
from extractor.models import Source, Status
from tests.support import processes
from tests.support.rows import insert_job, statuses
from tests.support.system import eventually

NAME = "memory"
WHAT = "memory (PSS) after documents"
OURS = "a further session of a worker"
SCRIPT, FURTHER_SCRIPT = "a plain script with full Chromium", "a further one of these scripts"
LIMIT = 0.4
FEW, MANY = 1, 3
DOCUMENTS = 3
MOST_ROUNDS = 2
# Of Debian and others the real binary, since PATH has a shell script; then whatever PATH has.
FULL = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome")


def measure(stage: Stage, rounds: int) -> Section:
    """Proportional memory of whole process trees: what several processes share counts once."""
    url = stage.new_database(NAME)
    with psycopg.connect(url, autocommit=True) as sql:
        add_accounts(sql, MANY)
        sides: dict[str, Callable[[], float]] = {
            OURS: partial(_further, partial(_worker, stage, sql, url)),
            SCRIPT: partial(_scripts, stage, 1),
            FURTHER_SCRIPT: partial(_further, partial(_scripts, stage)),
        }
        samples = in_turn(min(rounds, MOST_ROUNDS), sides)
    figures = {side: Figure(WHAT, side, "MB", megabytes) for side, megabytes in samples.items()}
    goal = Goal("memory per further session, over a plain script", ratio(figures[OURS], figures[SCRIPT]), LIMIT)
    return Section(NAME, tuple(figures.values()), (goal,))


def _further(memory_of: Callable[[int], int]) -> float:
    return (memory_of(MANY) - memory_of(FEW)) / (MANY - FEW)


def _worker(stage: Stage, sql: psycopg.Connection, url: str, sessions: int) -> int:
    sql.execute("TRUNCATE worker_status, registry_sessions, extraction_queue CASCADE")
    with stage.system(f"{NAME}-{time.time()}", url) as system:
        worker = system.worker("memory", queues="index", concurrency=sessions)
        wait_for_sessions(sql, sessions)
        system.bridge()
        rows = DOCUMENTS * sessions
        for number in range(rows):
            insert_job(sql, document_number=f"{2_000_001 + number}")
        eventually(lambda: statuses(sql) == {Status.COMPLETED: rows}, f"{rows} documents")
        return memory_mb(processes.tree(worker.process.pid))


def _scripts(stage: Stage, scripts: int) -> int:
    full = next(path for name in FULL if (path := shutil.which(name)))
    settings = {"SITE": stage.site_url, "BROWSER_EXECUTABLE": full}
    with ExitStack() as ends:
        lines = []
        for number in range(scripts):
            own = {"TARGET": str(stage.directory / f"{number}.pdf"), "ACCOUNT": f"99X09{number:02}"}
            log = stage.directory / f"script-{number}.log"
            line = ends.enter_context(talking_to("bench.plain_script", os.environ | settings | own, log))
            for document in range(DOCUMENTS):
                line.ask(source=Source.INDEX, number=f"{2_100_001 + document}")
            lines.append(line)
        return memory_mb([one for line in lines for one in processes.tree(line.pid)])
