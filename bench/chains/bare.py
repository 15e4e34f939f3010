"""The bare chain: LISTEN, a Celery message, a claiming UPDATE. It has no sweep, no lease and no rescue.

`python -m bench.chains.bare bridge` and `python -m bench.chains.bare worker` run it.
"""

from __future__ import annotations

import os
import sys

import psycopg
from celery import Celery

from bench.chains.chain import Chain
from bench.chains.marks import BEGUN, DONE, mark

SCHEMA = """
CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text, number text, place text,
    status text NOT NULL DEFAULT 'waiting', attempts integer NOT NULL DEFAULT 0, started_at timestamptz,
    finished_at timestamptz, created_at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('jobs', NEW.id::text); RETURN NULL; END $$;
CREATE TRIGGER ring AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION ring();
"""
CLAIM = (
    "UPDATE jobs SET status = 'running', started_at = now(), attempts = attempts + 1"
    " WHERE id = %s AND status = 'waiting' RETURNING id"
)
END = "UPDATE jobs SET status = 'done', finished_at = now() WHERE id = %s"
TASK = "bare.do"


class Bare(Chain):
    """Two processes of this file."""

    name = "bare chain"

    def prepare(self) -> None:
        self.sql.execute(SCHEMA)

    def start(self) -> None:
        broker = self._stage.new_broker()
        for role in ("bridge", "worker"):
            self.run(sys.executable, "-m", "bench.chains.bare", role, REDIS_URL=broker)

    def insert(self, rows: int) -> list[str]:
        inserted = self.sql.execute(
            "INSERT INTO jobs (source, number, place) SELECT 'index', n, 'Montréal' FROM generate_series(1, %s) n"
            " RETURNING id",
            [rows],
        )
        return [f"bare {number}" for (number,) in inserted]


def _app() -> Celery:
    app = Celery("bare", broker=os.environ["REDIS_URL"])
    app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)
    return app


def _work() -> None:
    app = _app()
    connections: list[psycopg.Connection] = []

    def do(number: str) -> None:
        if not connections:  # one per child, opened after the fork
            connections.append(psycopg.connect(os.environ["CHAIN_URL"], autocommit=True))
        if connections[0].execute(CLAIM, [number]).fetchone():
            mark(f"bare {number}", BEGUN)
            connections[0].execute(END, [number])
            mark(f"bare {number}", DONE)

    app.task(name=TASK)(do)
    app.worker_main(["worker", "--loglevel=WARNING", "--concurrency=1"])


def _listen() -> None:
    app = _app()
    with psycopg.connect(os.environ["CHAIN_URL"], autocommit=True) as connection:
        connection.execute("LISTEN jobs")
        for ring in connection.notifies():
            app.send_task(TASK, args=[ring.payload], ignore_result=True)


if __name__ == "__main__":
    _listen() if sys.argv[1] == "bridge" else _work()
