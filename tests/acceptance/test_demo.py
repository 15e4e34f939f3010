"""`make demo` as a newcomer runs it, and as an impatient one leaves it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pypdf
import pytest

from extractor.local.waiting import wait_until

DEMO = [sys.executable, "-c", "from extractor.cli import main; main()", "demo", "--directory"]


@contextmanager
def demo(directory: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    process = subprocess.Popen(
        [*DEMO, str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **environment,
            "PYTHONUNBUFFERED": "1",
            "DEMO_MARK": str(directory),
            # A newcomer's real project, which a demo must leave alone.
            "SUPABASE_URL": "https://not-for-a-demo.example",
            "SUPABASE_SERVICE_KEY": "not-for-a-demo",
        },
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def left_behind(directory: Path) -> list[str]:
    """Processes that carry the demo's mark in their environment, or work in its directory."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("DEMO_MARK") == str(directory) or str(directory) in process.cwd()
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_three_rows_become_three_documents_and_nothing_stays(server_directory: Path) -> None:
    directory = server_directory / "demo"

    with demo(directory) as process:
        output, _ = process.communicate(timeout=280)

    assert process.returncode == 0, output
    for source in ("acte", "index", "plan_cadastraux"):
        seen = re.findall(rf"s  {source} +[\d ]+ (En attente|En traitement|Complété)", output)
        assert seen == ["En attente", "En traitement", "Complété"]
    paths = [Path(match) for match in re.findall(r"^  (/\S+\.pdf)  \(", output, re.MULTILINE)]
    assert len([pypdf.PdfReader(path).pages for path in paths]) == 3
    assert re.search(r"Flower was watching at http://127\.0\.0\.1:\d+", output)
    assert left_behind(directory) == []


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        (signal.SIGINT, "PostgreSQL"),
        (signal.SIGINT, "Registry"),
        (signal.SIGINT, "En traitement"),
        (signal.SIGKILL, "En traitement"),
    ],
)
def test_interrupted_demo_leaves_no_process_behind(how: signal.Signals, moment: str, server_directory: Path) -> None:
    directory = server_directory / f"demo-{how}-{moment.replace(' ', '-')}"
    with demo(directory) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if moment in line:
                break

        process.send_signal(how)

        process.communicate(timeout=120)
        wait_until(lambda: not left_behind(directory), what="every process is gone", seconds=120)
