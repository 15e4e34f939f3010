"""The same row by procrastinate: a task queue in Postgres alone, with an asyncio worker.

`python -m bench.chains.procrastinated schema` and `… worker` run it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from procrastinate import App, PsycopgConnector

from bench.chains.chain import Chain
from bench.chains.marks import BEGUN, DONE, mark

TASK, QUEUE = "noop", "index"


class Procrastinate(Chain):
    """One worker of one row at a time, as `procrastinate worker` starts it."""

    name = "procrastinate"

    def prepare(self) -> None:
        command = [sys.executable, "-m", "bench.chains.procrastinated", "schema"]
        subprocess.run(command, env=os.environ | self.environment, check=True)

    def start(self) -> None:
        self.run(sys.executable, "-m", "bench.chains.procrastinated", "worker")

    def insert(self, rows: int) -> list[str]:
        """As `defer` does: its own function in Postgres, once for all rows."""
        ((last,),) = self.sql.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs").fetchall()
        names = [f"procrastinate {last + number}" for number in range(1, rows + 1)]
        self.sql.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY(SELECT ROW(%s, %s, 0, NULL, NULL, jsonb_build_object('row', n),"
            " NULL)::procrastinate_job_to_defer_v1 FROM unnest(%s::text[]) AS n))",
            [QUEUE, TASK, names],
        )
        return names


async def _noop(row: str) -> None:
    mark(row, BEGUN)
    mark(row, DONE)


async def _main(role: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=os.environ["CHAIN_URL"]))
    app.task(name=TASK, queue=QUEUE)(_noop)
    async with app.open_async():
        if role == "schema":
            await app.schema_manager.apply_schema_async()
        else:
            await app.run_worker_async(concurrency=1)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
