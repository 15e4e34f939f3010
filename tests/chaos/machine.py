"""The one system that all scenarios share: servers, a bridge, workers; scenarios restart only what they killed."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from uuid import uuid4

from celery import Celery

from extractor.local.child_process import ChildProcess
from extractor.models import RowId
from tests.chaos.arming import Arming
from tests.chaos.servers import Servers
from tests.support import processes
from tests.support.rows import insert_account, insert_job
from tests.support.storage_rules import Faults
from tests.support.system import FAST, eventually

# A death is found within two leases, after the click when the document's bound has passed, a hang at JOB_TIMEOUT. After
# SIGTERM no consultation fits into the grace. Contexts are recycled often, and equal rows get one document.
TIMES = FAST | {
    "LEASE_SECONDS": "4",
    "REDISPATCH_SECONDS": "3",
    "PAGE_TIMEOUT_SECONDS": "8",
    "DOCUMENT_TIMEOUT_SECONDS": "9",
    "JOB_TIMEOUT_SECONDS": "18",
    "SHUTDOWN_GRACE_SECONDS": "8",
    "PROOF_SECONDS": "2",
    # Cut several times in a second, Celery rests for a second and tries again after 2, 2 and 4.
    "DEAF_SECONDS": "15",
    "HOUSEKEEPING_SECONDS": "3",
    "RECYCLE_JOBS": "6",
    "REUSE_DAYS": "1",
    "SPOOL_HOLD_SECONDS": "60",
    "MAX_KILLS": "3",
}
LEASE_SECONDS = float(TIMES["LEASE_SECONDS"])
DOCUMENT_SECONDS = float(TIMES["DOCUMENT_TIMEOUT_SECONDS"])
VISIBILITY_SECONDS = 2
ACCOUNTS = 7
SESSIONS = 3
FLEET = "fleet"
READY_SECONDS = 45.0
STOP_SECONDS = 40.0


class Machine:
    """A context manager; `fleet()` is the worker of most scenarios, `bridge()` the bridge."""

    def __init__(self, **settings: str) -> None:
        self._running = ExitStack()
        self._settings = settings
        self.run = uuid4().hex
        self.servers = Servers()
        self.directory = self.servers.directory
        self.spool = self.directory / "spool"
        self.temporary = self.directory / "tmp"
        self.arming = Arming(self.directory / "armed")
        self._processes: dict[str, ChildProcess] = {}
        self.kills = 0
        self.logins = 0  # the budget: one for each session that had to begin

    def __enter__(self) -> Self:
        self._running.enter_context(self.servers)
        self._running.callback(self._stop_all)
        self._app = self._running.enter_context(Celery(broker=self.servers.valkey.url))
        self.temporary.mkdir()
        for number in range(1, ACCOUNTS + 1):
            insert_account(self.servers.sql, f"99X{number:04}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def worker(self, name: str, *, sessions: int, queues: str | None = None, **environment: str) -> ChildProcess:
        """Start a worker with crash points in its processes."""
        included = ("tests.chaos.crash_points", "tests.chaos.short_bounds")
        arguments = ["celery", "-A", "tasks", "worker", f"--concurrency={sessions}", f"--include={','.join(included)}"]
        if queues:
            arguments.append(f"--queues={queues}")
        self.logins += sessions
        return self._start(name, arguments, self.servers.of_workers() | {"WORKER_ID": name} | environment)

    def bridge(self, name: str = "bridge", **environment: str) -> ChildProcess:
        """Start a bridge with crash points."""
        return self._start(name, ["tests.chaos.bridge"], self.servers.of_bridge() | environment)

    def flower(self, port: int) -> ChildProcess:
        """Start the monitor."""
        arguments = ["celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={port}"]
        return self._start("flower", arguments, self.servers.of_workers())

    def ensure(self) -> None:
        """The bridge and the fleet run, and all sessions of the fleet are ready."""
        self.supervise()
        self.wait_ready(FLEET, SESSIONS)

    def supervise(self) -> bool:
        """Start the bridge and the fleet again when they have ended; whether the fleet had."""
        if not self.is_running("bridge"):
            self.bridge()
        has_ended = not self.is_running(FLEET)
        if has_ended:
            self.worker(FLEET, sessions=SESSIONS)
        return has_ended

    def heal(self) -> None:
        """Undo every fault that a scenario left."""
        self.arming.disarm()
        self.servers.proxies.heal()
        self.servers.standin.set_variants()
        self.servers.storage.faults = Faults()
        self.servers.sql.execute("UPDATE source_control SET paused = false, site_failures = 0, broken_until = NULL")
        # An account rests for minutes when a line is cut in the middle of the answer to its login.
        self.servers.sql.execute(
            "UPDATE worker_accounts SET failure_count = 0, resting_until = NULL, last_error = NULL"
        )

    def wait_ready(self, name: str, sessions: int) -> None:
        """Wait until this many processes of a worker have a session."""

        def are_ready() -> bool:
            if len(self.ready(name)) >= sessions:
                return True
            self.ring()
            return False

        eventually(are_ready, f"{sessions} sessions of {name} are ready", READY_SECONDS)

    def ring(self) -> None:
        """Send messages of a row that has ended, enough for all: a process that is not ready logs in when one comes."""
        if self.servers.broker.llen("index") == 0:
            for _ in range(2 * SESSIONS):
                self._app.send_task("extract.index", args=[self._ended_row()], queue="index")

    def _ended_row(self) -> RowId:
        ended = "SELECT id::text FROM extraction_queue WHERE status IN ('Erreur', 'Complété') LIMIT 1"
        row = self.servers.sql.execute(ended).fetchone()
        return str(row[0]) if row else insert_job(self.servers.sql, status="Erreur", error_code="cancelled")

    def send_again(self, job_id: RowId) -> None:
        """Send messages of a row that nobody asked for, enough for all, and wait until they are taken."""
        for _ in range(3 * SESSIONS):
            self._app.send_task("extract.index", args=[str(job_id)], queue="index")
        eventually(lambda: self.servers.broker.llen("index") == 0, "the messages are taken", READY_SECONDS)

    def ready(self, name: str = FLEET) -> list[int]:
        """The living processes of a worker that are logged in and idle."""
        rows = self.servers.sql.execute(
            "SELECT pid FROM worker_status WHERE status = 'idle' AND message LIKE 'logged in%%' AND worker_id LIKE %s",
            [f"{name}-%"],
        ).fetchall()
        return [pid for (pid,) in rows if pid in set(self.children(name))]

    def children(self, name: str = FLEET) -> list[int]:
        """The prefork children of a worker."""
        return processes.prefork_children(self[name].pid)

    def is_running(self, name: str) -> bool:
        """Whether this process was started and has not ended."""
        return name in self._processes and self._processes[name].is_running

    def __getitem__(self, name: str) -> ChildProcess:
        return self._processes[name]

    def stop(self, name: str) -> None:
        """SIGTERM, and wait for the end."""
        self._processes.pop(name).stop()

    def terminate(self, name: str) -> None:
        """SIGTERM, without waiting."""
        processes.send(self[name].pid, signal.SIGTERM)

    def wait_for_end(self, name: str) -> None:
        """Wait until a process that was asked to has ended."""
        self._processes.pop(name).wait(STOP_SECONDS)

    def kill(self, *pids: int) -> None:
        """SIGKILL processes of the run, and return when they are gone."""
        self.kills += len(pids)
        processes.kill(pids)

    def pause(self, pid: int) -> None:
        """SIGSTOP."""
        processes.send(pid, signal.SIGSTOP)

    def resume(self, pid: int) -> None:
        """SIGCONT."""
        processes.send(pid, signal.SIGCONT)

    def lose(self, name: str) -> None:
        """SIGKILL a worker or a bridge with everything below it: the host is lost."""
        self.kills += 1
        lost = self._processes.pop(name)
        below = [process.pid for process in processes.tree(lost.pid)]
        lost.kill()
        processes.kill(below[1:])

    def orphans(self) -> list[str]:
        """Processes of the run that no running worker or bridge owns any more."""
        return processes.orphans(self.run, [child.pid for child in self._processes.values() if child.is_running])

    def log(self, name: str) -> str:
        """The log of a process since its last start."""
        return (self.directory / f"{name}.log").read_text()

    def logs(self) -> str:
        """The logs of all processes."""
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self.directory.glob("*.log")))

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> ChildProcess:
        if name in self._processes:  # killed by a scenario: it is reaped here
            self.stop(name)
        child = ChildProcess(
            [sys.executable, "-m", *arguments],
            environment={**os.environ, **TIMES, **self._common(), **self._settings, **environment},
            output=self.directory / f"{name}.log",
            stop_timeout=STOP_SECONDS,
        )
        self._processes[name] = child.start()
        return child

    def _common(self) -> dict[str, str]:
        return {
            "ENV_FILE": "",
            "SPOOL_DIR": str(self.spool),
            "EVIDENCE_DIR": str(self.directory / "evidence"),
            "TMPDIR": str(self.temporary),
            "CHAOS_DIRECTORY": str(self.arming.directory),
            "CHAOS_VISIBILITY_SECONDS": str(VISIBILITY_SECONDS),
            processes.MARK: self.run,
        }

    def _stop_all(self) -> None:
        for child in self._processes.values():
            child.stop()
        left = list(processes.of_run(self.run))
        processes.kill(process.pid for process in left)
