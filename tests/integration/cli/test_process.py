"""The command as a process: its exit code at Ctrl-C, its start, and a long import that needs no more memory."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from extractor.local.waiting import wait_until
from tests.support.rows import insert_job, statuses

MANY_ROWS = 50_000
ROW = "index;{number};Montréal;Cadastre du Québec\r\n"
# Runs a command, and prints on its last line of stdout the time it took and the memory it reached.
MEASURED = """
import json, re, time
from pathlib import Path
from extractor.cli import app
started = time.monotonic()
app(standalone_mode=False)
# Not ru_maxrss, which a process inherits from its parent.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(json.dumps({"seconds": time.monotonic() - started, "peak_kilobytes": int(peak)}))
"""
HEAVY = ("playwright", "psycopg", "pydantic", "supabase", "celery", "pypdfium2", "fastapi", "starlette")

COMPLETION = {"_EXTRACTOR_COMPLETE": "complete_bash", "COMP_WORDS": "extractor ac", "COMP_CWORD": "1"}


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ENV_FILE": "",
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "STORAGE_DIR": str(tmp_path / "documents"),
    }


def csv_file(path: Path, rows: int) -> Path:
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("document_source;document_number;circonscription_fonciere;cadastre\r\n")
        file.writelines(ROW.format(number=2_000_000 + number) for number in range(rows))
    return path


def measured_import(file: Path, environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", MEASURED, "import", "--yes", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of one process's memory is read from /proc")
def test_fifty_thousand_rows_in_under_a_minute_with_flat_memory(
    environment: dict[str, str], sql: psycopg.Connection, tmp_path: Path
) -> None:
    one = measured_import(csv_file(tmp_path / "one.csv", 1), environment)
    many = measured_import(csv_file(tmp_path / "many.csv", MANY_ROWS), environment)

    growth_kilobytes = many["peak_kilobytes"] - one["peak_kilobytes"]
    print(f"{MANY_ROWS} rows: {many['seconds']:.1f} s, peak RSS {growth_kilobytes:+.0f} kB over 1 row")  # noqa: T201
    assert statuses(sql) == {"En attente": MANY_ROWS + 1}
    assert many["seconds"] < 60
    assert growth_kilobytes < 8_000


def test_watch_ends_at_ctrl_c_with_130(environment: dict[str, str], sql: psycopg.Connection) -> None:
    with watching(environment, sql) as watch:
        watch.send_signal(signal.SIGINT)
        _, errors = watch.communicate(timeout=20)

    assert watch.returncode == 130
    assert "Traceback" not in errors


def test_watch_ends_when_nothing_waits_or_runs(environment: dict[str, str], sql: psycopg.Connection) -> None:
    job_id = insert_job(sql)

    with watching(environment, sql, "--until-done") as watch:
        sql.execute("UPDATE extraction_queue SET status = 'Complété' WHERE id = %s", [job_id])
        text, _ = watch.communicate(timeout=20)

    assert watch.returncode == 0
    assert re.search(r"index +0 +0 +1 +0", text)
    assert re.search(r"1 finished in \d+ s, 0 left; [\d.]+ per minute", text)
    assert text.endswith("\nNothing waits or runs.\n")


@pytest.mark.parametrize(
    ("variables", "first_line", "by_typer"),
    [({}, "", []), (COMPLETION, "accounts", ["pydantic"])],
    ids=["help", "completion"],
)
def test_listing_the_commands_imports_nothing_heavy(
    variables: dict[str, str], first_line: str, by_typer: list[str]
) -> None:
    code = """
import atexit, sys
from extractor.cli import main
atexit.register(lambda: print(*sys.modules))
sys.argv = ["extractor", "--help"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )

    *text, modules = done.stdout.splitlines()
    assert text[0].strip() == first_line
    assert [name for name in HEAVY if name in modules.split()] == by_typer


@contextmanager
def watching(environment: dict[str, str], sql: psycopg.Connection, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`extractor watch` as a process that has read the table once; killed if the test leaves it running."""
    command = [sys.executable, "-c", "from extractor.cli import main; main()", "watch", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        try:
            wait_until(lambda: has_asked(sql), what="the watcher has looked", seconds=20)
            yield watch
        finally:
            watch.kill()


def has_asked(sql: psycopg.Connection) -> bool:
    """Whether the command has read the rows on its own connection."""
    row = sql.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state = 'idle' AND query <> ''"  # the pool's own check is empty
    ).fetchone()
    return row is not None and row[0] > 0
