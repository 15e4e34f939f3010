"""From the start of `celery -A tasks worker` to a session that is logged in, over a script that does only that."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial

import psycopg

from bench.line import talking_to
from bench.rounds import Figure, Goal, Section, in_turn, ratio
from bench.stage import Stage, add_accounts, wait_for_sessions

NAME = "start"
WHAT = "start of the process to a session that is logged in"
OURS, SCRIPT = "celery -A tasks worker", "plain Playwright script"
LIMIT = 2.0


def measure(stage: Stage, rounds: int) -> Section:
    """Both start with the files of Python and Chromium in memory: the first round of each is not counted."""
    url = stage.new_database(NAME)
    with psycopg.connect(url, autocommit=True) as sql:
        add_accounts(sql, 1)
        sides = {OURS: partial(_worker, stage, sql, url), SCRIPT: partial(_script, stage, url)}
        in_turn(1, sides)
        samples = in_turn(rounds, sides)
    ours, script = (Figure(WHAT, side, "s", samples[side]) for side in (OURS, SCRIPT))
    return Section(NAME, (ours, script), (Goal("cold start, over a plain script", ratio(ours, script), LIMIT),))


def _worker(stage: Stage, sql: psycopg.Connection, url: str) -> float:
    """It is killed afterwards, and what it held is freed: the next one must not wait for a lease."""
    sql.execute("TRUNCATE worker_status, registry_sessions")
    with stage.system(f"{NAME}-{time.time()}", url) as system:
        started = time.perf_counter()
        system.worker("cold", queues="index")
        wait_for_sessions(sql, 1)
        return time.perf_counter() - started


def _script(stage: Stage, url: str) -> float:
    with ExitStack() as ends:
        environment = ends.enter_context(stage.system(f"{NAME}-{time.time()}", url)).environment
        script = {"SITE": stage.site_url, "TARGET": str(stage.directory / "bare.pdf"), "ACCOUNT": "99X0900"}
        started = time.time()
        line = ends.enter_context(talking_to("bench.plain_script", environment | script, stage.directory / "bare.log"))
        return float(line.first["ready_at"]) - started
