"""What a document takes in a warm session, over the same clicks by a bare Playwright script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from itertools import count, pairwise, product
from statistics import median

import psycopg

from bench.line import Line, talking_to
from bench.plain_script import ACTE_TYPE, CADASTRE, CIRCONSCRIPTION
from bench.rounds import Figure, Goal, Section, in_turn, ratio
from bench.stage import Stage, add_accounts
from extractor.models import Source, Status
from extractor.settings import Settings
from tests.support.rows import column, insert_job

NAME = "documents"
BARE = "bare clicks"
# By the same script, without the form: what no learned request can be faster than.
BARE_POST = "bare POST"
# Milliseconds that the stand-in takes per page: about what the registry took (docs/site.md), and none at all.
PACES = (300, 0)
# Fast pages are cheap to repeat, and noisy.
REPEATS = {300: 1, 0: 2}
LIMITS = {
    "form": {source: {300: 1.10, 0: 1.30} for source in Source},
    "learned": {
        Source.INDEX: {300: 0.55, 0: 0.70},
        Source.ACTE: {300: 0.80, 0: 0.70},
        Source.PLAN_CADASTRAUX: {300: 0.75, 0: 0.70},
    },
}
# Documents per source before the measurement. With REQUESTS=learned the first ones teach, and are then compared.
WARM_UP = 5
ODD_NUMBERS = 400
LEARNED_STEP = "learned request: one POST"


def measure(stage: Stage, rounds: int) -> Section:
    """One worker process per value of REQUESTS and the script take turns, for each source and pace."""
    url = stage.new_database(NAME)
    with ExitStack() as ends:
        sql = ends.enter_context(psycopg.connect(url, autocommit=True))
        add_accounts(sql, 3)
        environment = ends.enter_context(stage.system(NAME, url)).environment

        def start(name: str, module: str, **settings: str) -> Line:
            own = {"WORKER_ID": name, "SPOOL_DIR": str(stage.directory / f"spool-{name}")}
            log = stage.directory / f"{name}.log"
            return ends.enter_context(talking_to(module, environment | own | settings, log))

        script = {"SITE": stage.site_url, "TARGET": str(stage.directory / "bare.pdf"), "ACCOUNT": "99X0900"}
        bare = start("bare", "bench.plain_script", **script)
        lines = {BARE: bare, BARE_POST: bare}
        lines |= {way: start(way, "bench.warm_worker", REQUESTS=way) for way in ways()}
        return _compare(stage, _Buyers(sql, lines), rounds)


def ways() -> Iterator[str]:
    """The values of REQUESTS that this version has."""
    yield "form"
    if "requests" in Settings.model_fields:
        yield "learned"


class _Buyers:
    """Each buys another document at each call."""

    def __init__(self, sql: psycopg.Connection, lines: Mapping[str, Line]) -> None:
        self.sql = sql
        self.sides = list(lines)
        self._lines = lines
        # The last three digits choose what the stand-in does, from 400 on.
        self._numbers = (f"{number:07}" for number in count(2_000_001) if number % 1000 < ODD_NUMBERS)

    def buy(self, side: str, source: Source) -> float:
        """Seconds from the message to Complété, or to the saved file; raises RuntimeError when no document came.

        What a worker tidies up after a row is not in it: `throughput.py` has that.
        """
        number = next(self._numbers)
        if side in (BARE, BARE_POST):
            answer = self._lines[side].ask(source=source, number=number, by_form=side == BARE)
            return float(answer["seconds"])
        wanted = {"acte_type": ACTE_TYPE} if source is Source.ACTE else {"cadastre": CADASTRE}
        row = {"document_source": source, "document_number": number, "circonscription_fonciere": CIRCONSCRIPTION}
        job_id = insert_job(self.sql, **{"cadastre": None} | row | wanted)
        answer = self._lines[side].ask(row=job_id)
        completed_at = column(self.sql, job_id, "completed_at")
        if column(self.sql, job_id, "status") != Status.COMPLETED or not isinstance(completed_at, datetime):
            raise RuntimeError(f"{side} brought no document of {source} {number}: {answer['outcome']}")
        return completed_at.timestamp() - float(answer["came_at"])

    def check_learned(self, side: str) -> None:
        """Raises RuntimeError when the last document came by the form: the side would measure something else."""
        ((steps,),) = self.sql.execute(
            "SELECT steps::text FROM extraction_attempts WHERE worker_id = %s ORDER BY id DESC LIMIT 1", [side]
        ).fetchall()
        if LEARNED_STEP not in steps:
            raise RuntimeError(
                f"after {WARM_UP} documents the next one was not asked for by a learned request: {steps}"
            )


def _compare(stage: Stage, buyers: _Buyers, rounds: int) -> Section:
    for source, side in product(Source, buyers.sides):
        for _ in range(WARM_UP if side in ways() else 1):
            buyers.buy(side, source)
        if side == "learned":
            buyers.check_learned(side)
    figures: list[Figure] = []
    goals: list[Goal] = []
    steps: dict[str, dict[str, float]] = {}
    for pace, source in product(PACES, Source):
        stage.standin.set_variants(slow_pages_ms=pace)
        begun = _last_attempt(buyers.sql)
        samples = in_turn(rounds * REPEATS[pace], {side: partial(buyers.buy, side, source) for side in buyers.sides})
        what = f"{source}, {pace} ms per page"
        measured = {side: Figure(what, side, "s", seconds) for side, seconds in samples.items()}
        figures += measured.values()
        goals += [_goal(way, source, pace, ratio(measured[way], measured[BARE])) for way in ways()]
        if pace == PACES[0]:
            steps |= {f"{source}, {way}": _steps(buyers.sql, way, begun) for way in ways()}
    stage.standin.set_variants()
    return Section(NAME, tuple(figures), tuple(goals), steps)


def _goal(way: str, source: Source, pace: int, value: float) -> Goal:
    return Goal(f"{way}: {source} at {pace} ms per page, over the bare clicks", value, LIMITS[way][source][pace])


def _last_attempt(sql: psycopg.Connection) -> int:
    ((last,),) = sql.execute("SELECT coalesce(max(id), 0) FROM extraction_attempts").fetchall()
    return int(last)


def _steps(sql: psycopg.Connection, worker_id: str, begun: int) -> dict[str, float]:
    """Median seconds that passed before each step that the attempts of this worker noted."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for (steps,) in sql.execute(
        "SELECT steps FROM extraction_attempts WHERE worker_id = %s AND id > %s", [worker_id, begun]
    ):
        for before, step in pairwise([{"seconds": 0}, *steps]):
            seconds[step["step"].partition(":")[0]].append(step["seconds"] - before["seconds"])
    return {step: round(median(passed), 3) for step, passed in seconds.items()}
