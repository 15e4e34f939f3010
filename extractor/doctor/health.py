"""Are this container's own processes fit for work? `python -m extractor.doctor.health worker|bridge` answers.

A session that waits for a reason it can state (no account, the site closed) is healthy: a restart would not help it.
`extractor doctor` looks at everything; this looks only at what a supervisor can cure, and in under a second.
"""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from extractor.errors import ConfigurationError
from extractor.models import WorkerState
from extractor.postgres.database import connect
from extractor.postgres.sql import load_queries
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings, load_settings

# What `worker_status` says between a process's start and the end of its first login.
STARTING = "starting"


@dataclass(frozen=True)
class Health:
    """The answer, with a sentence for a person."""

    is_healthy: bool
    sentence: str


def examine_worker(settings: Settings) -> Health:
    """Every worker process beats, has finished its start, and could put a paid document on this disk."""
    processes = _ask(settings, "worker_processes", {"name": settings.worker_id})
    if not processes:
        return Health(False, "No worker process of this host has shown up in worker_status.")
    troubles = [trouble for process in processes if (trouble := _process_trouble(process))]
    troubles += [trouble for place in _directories(settings).items() if (trouble := _directory_trouble(*place))]
    if troubles:
        return Health(False, " ".join(troubles))
    states = (f"{row['worker_id']}: {(row['message'] or row['state']).rstrip('.')}." for row in processes)
    return Health(True, " ".join(states))


def examine_bridge(settings: Settings) -> Health:
    """Every bridge of this host beats, and notifications are proven to reach it."""
    bridges = _ask(settings, "bridges", {})
    if not bridges:
        return Health(False, "No bridge of this host has shown up in bridge_status.")
    troubles = [trouble for bridge in bridges if (trouble := _bridge_trouble(bridge))]
    if troubles:
        return Health(False, " ".join(troubles))
    return Health(True, " ".join(f"{row['bridge_id']}: {row['state']}." for row in bridges))


EXAMINATIONS: dict[str, Callable[[Settings], Health]] = {"worker": examine_worker, "bridge": examine_bridge}


def examine(part: str) -> Health:
    """Examine one part; a failure to ask is an answer too, and never quotes a URL."""
    try:
        return EXAMINATIONS[part](load_settings())
    except ConfigurationError as error:
        return Health(False, " ".join(str(error).split()))
    except psycopg.Error as error:
        # Its text names the server; `extractor doctor` explains it.
        return Health(False, f"Postgres gave no answer ({type(error).__name__}): run `extractor doctor`.")


def main(arguments: list[str]) -> int:
    """Print the sentence; 0 = healthy, 1 = not, 2 = called wrongly."""
    if len(arguments) != 1 or arguments[0] not in EXAMINATIONS:
        sys.stderr.write(f"usage: python -m extractor.doctor.health {'|'.join(EXAMINATIONS)}\n")
        return 2
    health = examine(arguments[0])
    sys.stdout.write(f"{health.sentence}\n")
    return 0 if health.is_healthy else 1


def _ask(settings: Settings, query: str, parameters: dict[str, object]) -> list[dict[str, Any]]:
    url = settings.database_url.get_secret_value()
    with connect(url, autocommit=True) as connection:
        own = {"host": socket.gethostname(), "up_seconds": _up_seconds(), **Viewpoint.of(settings).parameters}
        return connection.execute(load_queries("health.sql")[query], {**own, **parameters}).fetchall()


def _up_seconds() -> float:
    """Seconds since this container (its process 1) or this host started: older rows belong to ended processes."""
    return time.time() - psutil.Process(1).create_time()


def _process_trouble(row: dict[str, Any]) -> str | None:
    if row["state"] == "silent":
        return f"{row['worker_id']} has been silent for {row['silent_seconds']:.0f} s."
    if row["message"] == STARTING:
        return f"{row['worker_id']} is starting."
    if row["state"] == WorkerState.ERROR and not row["message"]:
        return f"{row['worker_id']} is in error and states no reason."
    return None


def _bridge_trouble(row: dict[str, Any]) -> str | None:
    if row["state"] == "silent":
        return f"{row['bridge_id']} has been silent for {row['silent_seconds']:.0f} s."
    if row["state"] != "listening":
        return f"{row['bridge_id']} polls: {(row['message'] or 'no notification has reached it yet').rstrip('.')}."
    return None


def _directories(settings: Settings) -> dict[Path, int]:
    """Where documents must fit, with the free MB that each needs."""
    needed = {settings.spool_dir: settings.min_free_disk_mb}
    return needed | ({settings.storage_dir: 0} if settings.storage_dir else {})


def _directory_trouble(directory: Path, needed_mb: int) -> str | None:
    """A real file is written: permissions alone do not show a file system that has become read-only."""
    probe = directory / f".health-{socket.gethostname()}"
    try:
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
        free_mb = shutil.disk_usage(directory).free >> 20
    except OSError as error:
        return f"{directory} cannot be written ({error.strerror})."
    return f"{directory} has only {free_mb} MB left." if free_mb < needed_mb else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
