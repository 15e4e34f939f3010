"""The same row by PgQueuer: a task queue in Postgres alone, with an asyncio worker.

`python -m bench.chains.pgqueued schema` and `… worker` run it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import asyncpg
from pgqueuer import Job, PgQueuer

from bench.chains.chain import Chain
from bench.chains.marks import BEGUN, DONE, mark

ENTRYPOINT = "noop"


class PgQueuerChain(Chain):
    """One worker, on the driver that its documents begin with."""

    name = "pgqueuer"

    def prepare(self) -> None:
        command = [sys.executable, "-m", "bench.chains.pgqueued", "schema"]
        subprocess.run(command, env=os.environ | self.environment, check=True)

    def start(self) -> None:
        self.run(sys.executable, "-m", "bench.chains.pgqueued", "worker")

    def insert(self, rows: int) -> list[str]:
        """As `enqueue` does: one INSERT of all rows, with their entry in the log."""
        inserted = self.sql.execute(
            "WITH new AS (INSERT INTO pgqueuer (priority, entrypoint, payload, status)"
            " SELECT 0, %s, NULL, 'queued' FROM generate_series(1, %s) RETURNING id, entrypoint, status, priority),"
            " log AS (INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)"
            " SELECT id, status, entrypoint, priority FROM new) SELECT id FROM new",
            [ENTRYPOINT, rows],
        )
        return [f"pgqueuer {number}" for (number,) in inserted]


async def _noop(job: Job) -> None:
    mark(f"pgqueuer {job.id}", BEGUN)
    mark(f"pgqueuer {job.id}", DONE)


async def _main(role: str) -> None:
    connection = await asyncpg.connect(os.environ["CHAIN_URL"])
    queuer = PgQueuer.from_asyncpg_connection(connection)
    if role == "schema":
        await queuer.queries.install()
    else:
        queuer.entrypoint(ENTRYPOINT)(_noop)
        await queuer.run()
    await connection.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
