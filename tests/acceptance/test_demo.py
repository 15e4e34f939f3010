"""`make demo`, interrupted by a newcomer; test_package.py lets one run to its end.

test_readme.py presses Ctrl-C while a row is in progress.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from extractor.local.waiting import wait_until
from tests.support.demo import demo, left_behind

DEMO = [sys.executable, "-c", "from extractor.cli import main; main()", "demo", "--directory"]


@pytest.mark.parametrize(
    ("how", "moment", "code"),
    [
        (signal.SIGTERM, "PostgreSQL", 128 + signal.SIGTERM),
        (signal.SIGINT, "PostgreSQL", 130),
        (signal.SIGKILL, "En traitement", -signal.SIGKILL),
    ],
)
def test_interrupted_demo_leaves_no_process_behind(
    how: signal.Signals, moment: str, code: int, server_directory: Path
) -> None:
    directory = server_directory / f"demo-{how}-{moment.replace(' ', '-')}"
    with demo([*DEMO, directory], directory) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if moment in line:
                break

        process.send_signal(how)

        rest, _ = process.communicate(timeout=120)
        wait_until(lambda: not left_behind(directory), what="every process is gone", seconds=120)
    assert process.returncode == code
    assert ("Nothing of it runs any more" in rest) == (how == signal.SIGINT)
    assert "Traceback" not in rest
