"""The system's processes as a user starts them: prefork workers and a bridge, in subprocesses."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from extractor.browser import ownership
from extractor.browser.finder import find_browser
from extractor.local.child_process import ChildProcess
from extractor.local.errors import LocalError
from extractor.local.waiting import wait_until
from tests.support import processes

# Short enough for a test, long enough for a slow machine: a beat every second, leases of eight.
FAST = {
    "HEARTBEAT_SECONDS": "1",
    "LEASE_SECONDS": "8",
    "SWEEP_SECONDS": "0.5",
    "REDISPATCH_SECONDS": "5",
    "RETRY_BACKOFF_SECONDS": "0.2",
    "SNOOZE_SECONDS": "0.5",
    "BREAKER_SECONDS": "0.5",
    "ACCOUNT_WAIT_SECONDS": "2",
    "SHUTDOWN_GRACE_SECONDS": "18",
    "HOUSEKEEPING_SECONDS": "5",
    "PROOF_SECONDS": "2",
    "DEAF_SECONDS": "6",
    "PACE_SECONDS": "0",
    "PAGE_TIMEOUT_SECONDS": "40",
    "DOCUMENT_TIMEOUT_SECONDS": "60",
    "JOB_TIMEOUT_SECONDS": "120",
    "START_TIMEOUT_SECONDS": "60",
    "DAILY_CONSULTATION_LIMIT": "0",
    "PAID_WITHOUT_DOCUMENT_LIMIT": "0",
}
WAIT_SECONDS = 200.0


class System:
    """A context manager that ends every process it started, and shows their logs when a test fails."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._directory = directory
        self.environment = {
            **os.environ,
            **FAST,
            "ENV_FILE": "",
            "BROWSER_EXECUTABLE": str(find_browser()),
            "SPOOL_DIR": str(directory / "spool"),
            "STORAGE_DIR": str(directory / "storage"),
            "EVIDENCE_DIR": str(directory / "evidence"),
            "PYTHONWARNINGS": "default",
            **environment,
        }
        self._running: list[ChildProcess] = []
        self.storage = directory / "storage"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        processes.kill_all(self._running)
        ownership.sweep()  # what browsers leave in the directory for temporary files

    def worker(self, name: str, *, queues: str | None = None, concurrency: int = 1, **environment: str) -> Worker:
        """`celery -A tasks worker`, named by WORKER_ID."""
        arguments = ["worker", f"--concurrency={concurrency}", *([f"--queues={queues}"] if queues else [])]
        return Worker(self._start(name, arguments, {"WORKER_ID": name, **environment}), self._log(name))

    def bridge(self, name: str = "bridge", **environment: str) -> ChildProcess:
        """`celery -A tasks bridge`."""
        return self._start(name, ["bridge"], environment)

    def logs(self) -> str:
        """The logs of all processes."""
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self._directory.glob("*.log")))

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> ChildProcess:
        command = [sys.executable, "-m", "celery", "-A", "tasks", *arguments]
        child = ChildProcess(
            command,
            environment={**self.environment, **environment},
            output=self._log(name),
            stop_timeout=20,
        )
        self._running.append(child.start())
        return child


class Worker:
    """One running worker and its prefork children."""

    def __init__(self, process: ChildProcess, log: Path) -> None:
        self.process = process
        self._log = log

    def child_pids(self) -> list[int]:
        """The prefork children: Celery processes below the parent."""
        return processes.prefork_children(self.process.pid)

    def kill_child(self, pid: int) -> None:
        """SIGKILL one child, and return when it is gone."""
        processes.kill([pid])

    def says(self, pattern: str) -> bool:
        """Whether its log has a line that matches."""
        return re.search(pattern, self._log.read_text()) is not None


def eventually(
    condition: Callable[[], bool],
    what: str,
    seconds: float = WAIT_SECONDS,
    *,
    shows: Callable[[], object] | None = None,
) -> None:
    """Wait for a condition; fails with a sentence, and with what `shows` gives then."""
    try:
        wait_until(condition, what=what, seconds=seconds)
    except LocalError as error:
        raise LocalError(f"{error} {shows() if shows else ''}") from error
