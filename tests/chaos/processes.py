"""The processes of a chaos run, known by an environment variable that all of them inherit, browsers included."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator

import psutil

from tests.support.system import eventually

MARK = "CHAOS_RUN"
GONE_SECONDS = 10.0


def of_run(run: str) -> Iterator[psutil.Process]:
    """Every living process of the run, whoever its parent is by now."""
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == run:
                yield process
        except psutil.Error:
            continue


def tree(pid: int) -> list[psutil.Process]:
    """The process and all below it; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def below(pid: int, name: str) -> list[int]:
    """The processes below this one with such a name: `chrom`, `node`."""
    found = []
    for process in tree(pid)[1:]:
        try:
            if name in process.name():
                found.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def prefork_children(pid: int) -> list[int]:
    """A worker's own processes, without their browsers."""
    found = []
    for process in psutil.Process(pid).children():
        try:
            if "celery" in " ".join(process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def kill(pids: Iterable[int]) -> None:
    """SIGKILL all, and return when they are gone."""
    pids = list(pids)
    for pid in pids:
        send(pid, signal.SIGKILL)
    for pid in pids:
        eventually(lambda pid=pid: not is_alive(pid), f"process {pid} is gone", GONE_SECONDS)  # type: ignore[misc]


def send(pid: int, number: signal.Signals) -> None:
    """Signal one process; harmless when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Whether the process runs or is stopped; a zombie is dead."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def orphans(run: str, owners: Iterable[int]) -> list[str]:
    """The run's processes that none of these owns."""
    owned = {process.pid for owner in owners for process in tree(owner)}
    found = []
    for process in of_run(run):
        if process.pid not in owned:
            try:
                found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
            except psutil.Error:
                continue
    return found
