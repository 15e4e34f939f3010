"""Named crash points in a worker or a bridge: `--include tests.chaos.crash_points` loads them into the product.

A file `ACTION.POINT` or `ACTION.POINT@JOB` in CHAOS_DIRECTORY arms a point once: the process that removes it acts.
`arming.py` is the half in the test's process. Points are `before:` and `after:` each step of STEPS, and
`clicked+MS`, this many milliseconds after the mark that precedes the paid click.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import celery
import psutil

from extractor.documents.local_storage import LocalStorage
from extractor.documents.spool import Spool
from extractor.documents.supabase_storage import SupabaseStorage
from extractor.postgres.jobs import Jobs
from extractor.registry import answers
from extractor.registry.download import DocumentPage
from extractor.registry.registry_site import RegistrySite
from extractor.worker import acceptance
from extractor.worker.process import WorkerProcess
from tests.chaos.guards import DIRECTORY  # the guards first: one is asked for after the process has slept at a point

HOLD_SECONDS = 60.0

STEPS: tuple[tuple[type | ModuleType, str, str], ...] = (
    (WorkerProcess, "handle", "process.handle"),
    (Jobs, "claim", "jobs.claim"),
    (Jobs, "record_consultation", "jobs.record_consultation"),
    (Jobs, "bind_to_spool", "jobs.bind_to_spool"),
    (Jobs, "record_document", "jobs.record_document"),
    (Jobs, "record_upload", "jobs.record_upload"),
    (Jobs, "complete", "jobs.complete"),
    (Spool, "keep", "spool.keep"),
    (acceptance, "judge", "judge"),
    (Spool, "put", "spool.put"),
    (Spool, "discard", "spool.discard"),
    (SupabaseStorage, "upload", "store.upload"),
    (LocalStorage, "upload", "store.upload"),
    (RegistrySite, "log_in", "site.log_in"),
    (RegistrySite, "open_form", "site.open_form"),
    (RegistrySite, "request_document", "site.request_document"),
    (DocumentPage, "_by_link", "site.save_document"),
    (answers, "press_once", "visit.press"),
    (celery.Celery, "send_task", "bridge.send"),
)

_job = ""


def reach(point: str) -> None:
    """Act if the point is armed, for any job or for the one in progress."""
    for armed in os.listdir(DIRECTORY):  # noqa: PTH208 - the cheapest look, at every step of every job
        action, _, place = armed.partition(".")
        if action in ACTIONS and place in (point, f"{point}@{_job}"):
            _act(action, armed, point)


def _act(action: str, armed: str, point: str) -> None:
    try:
        if action == "HOLD":
            (DIRECTORY / armed).rename(DIRECTORY / armed.replace("HOLD.", "HELD.", 1))
        else:
            (DIRECTORY / armed).unlink()
    except FileNotFoundError:  # another process was first
        return
    with (DIRECTORY / "fired").open("a") as fired:
        fired.write(f"{action} {point} {_job or '-'} {os.getpid()} {time.time()}\n")
    ACTIONS[action](armed)


def _signal_self(number: signal.Signals) -> Callable[[str], None]:
    return lambda _armed: os.kill(os.getpid(), number)


def _signal_parent(_armed: str) -> None:
    os.kill(os.getppid(), signal.SIGTERM)


def _signal_below(name: str, number: signal.Signals) -> Callable[[str], None]:
    def act(_armed: str) -> None:
        for process in psutil.Process().children(recursive=True):
            if name in process.name():
                process.send_signal(number)

    return act


def _hold(armed: str) -> None:
    held, pause = DIRECTORY / armed.replace("HOLD.", "HELD.", 1), threading.Event()
    deadline = time.monotonic() + HOLD_SECONDS
    while held.exists() and time.monotonic() < deadline:
        pause.wait(0.02)


ACTIONS: dict[str, Callable[[str], None]] = {
    "KILL": _signal_self(signal.SIGKILL),
    "STOP": _signal_self(signal.SIGSTOP),
    "HOLD": _hold,
    "TERM_PARENT": _signal_parent,
    "KILL_CHROMIUM": _signal_below("chrom", signal.SIGKILL),
    "STOP_CHROMIUM": _signal_below("chrom", signal.SIGSTOP),
    "KILL_DRIVER": _signal_below("node", signal.SIGKILL),
    "STOP_DRIVER": _signal_below("node", signal.SIGSTOP),
}


def _wrap(owner: type | ModuleType, method: str, step: str) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if step == "jobs.claim":
            _begin(str(arguments[1]))
        reach(f"before:{step}")
        try:
            result = original(*arguments, **options)
        finally:
            if step == "process.handle":
                _begin("")
        reach(f"after:{step}")
        if step == "jobs.record_consultation":
            _arm_click()
        return result

    setattr(owner, method, wrapped)


def _begin(job_id: str) -> None:
    global _job  # noqa: PLW0603 - one job at a time in a worker process
    _job = job_id


def _arm_click() -> None:
    for armed in os.listdir(DIRECTORY):  # noqa: PTH208
        _, _, place = armed.partition(".")
        point, _, job = place.partition("@")
        if point.startswith("clicked+") and job in ("", _job):
            timer = threading.Timer(int(point.removeprefix("clicked+")) / 1000, reach, [point])
            timer.daemon = True
            timer.start()


for _owner, _method, _step in STEPS:
    _wrap(_owner, _method, _step)
