"""Workers that `celery multi` starts in the background, with the names and the logs that one asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support import processes
from tests.support.celery_line import celery
from tests.support.rows import column, insert_account, insert_job
from tests.support.system import System, eventually

NODES = ["w1", "--pidfile=%n.pid", "--logfile=%n%I.log"]


@pytest.mark.supported("`celery multi start`, `restart`, `stopwait`; `--logfile` and `--pidfile` with `%n`, `%i`, `%I`")
@pytest.mark.supported("`--loglevel`, `-n`, `--detach`, `--max-tasks-per-child`")
@pytest.mark.supported("`celery -A tasks call` of a row, without a queue")
def test_multi_starts_named_workers_that_fetch_rows_and_log_into_their_files(
    system: System, sql: psycopg.Connection, tmp_path: Path
) -> None:
    insert_account(sql)
    rows = [insert_job(sql), insert_job(sql, document_number="2 784 196")]
    environment = system.environment | {"WORKER_ID": "office", "LOG_LEVEL": "ERROR"}
    try:
        multi(tmp_path, environment, "start", "-Q", "index", "-c", "1", "--max-tasks-per-child=1", "-l", "info")
        # The second row is fetched by the process that replaces the first.
        for row in rows:
            sent = celery("-A", "tasks", "call", "extract.index", "--args", f'["{row}"]',
                          environment=environment, directory=tmp_path)  # fmt: skip
            assert sent.code == 0, sent.output
            eventually(lambda row=row: column(sql, row, "status") == "Complété", f"{row} is fetched", 60)  # type: ignore[misc]

        multi(tmp_path, environment, "stopwait")
        assert not (tmp_path / "w1.pid").exists()
        assert ' ready."' in (tmp_path / "w1.log").read_text()
        assert '"worker_id": "w1@' in (tmp_path / "w1-1.log").read_text()
        names = sql.execute("SELECT DISTINCT split_part(worker_id, '@', 1) FROM extraction_attempts").fetchall()
        assert names == [("w1",)]
    finally:
        for file in tmp_path.glob("*.pid"):
            processes.kill([process.pid for process in processes.tree(int(file.read_text()))])


def multi(directory: Path, environment: dict[str, str], command: str, *options: str) -> None:
    """`celery -A tasks multi COMMAND`, as the console script starts it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("celery"), "-A", "tasks", "multi", command, *NODES, *options],
        env=environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
