"""The demo as a process of its own, started as a newcomer does, and what it must not leave behind."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

# As `&` in a script starts a command.
IN_BACKGROUND = ["/bin/sh", "-c", "trap '' INT QUIT; exec \"$@\"", "sh"]
# Of the names that reach Chromium too (extractor/browser/chromium.py).
MARK = "PLAYWRIGHT_DEMO_MARK"


@contextmanager
def demo(command: Sequence[str | Path], directory: Path, *, cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run the command, which writes into `directory`; killed at the end of the block."""
    # Without the variables that a newcomer has not set.
    inherited = {name: value for name, value in os.environ.items() if not re.match("PYTHON|MAKE|.*_URL$", name)}
    process = subprocess.Popen(
        [*IN_BACKGROUND, *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **inherited,
            "PYTHONUNBUFFERED": "1",
            MARK: str(directory),
            # A newcomer's real project, which a demo must leave alone.
            "DATABASE_URL": "mysql://not-for-a-demo.example",
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
            is_ours = process.environ().get(MARK) == str(directory) or str(directory) in process.cwd()
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
