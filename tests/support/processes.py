"""The machine's processes: some end while a test looks at them, and a zombie counts as dead."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Iterable, Iterator

import psutil

from extractor.local.child_process import ChildProcess
from extractor.local.waiting import wait_until

# Of the names that extractor/browser/chromium.py hands on to Chromium.
MARK = "PLAYWRIGHT_CHAOS_RUN"
GONE_SECONDS = 10.0


def kill_all(children: Iterable[ChildProcess]) -> None:
    """SIGKILL each with all that it started: an orderly end takes seconds, and other tests are about it."""
    for child in children:
        below = [process.pid for process in tree(child.pid)[1:]]
        child.kill()
        kill(below)


def of_run(run: str) -> Iterator[psutil.Process]:
    """Every living process of the run, whatever its parent is now."""
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
        wait_until(functools.partial(is_gone, pid), what=f"process {pid} is gone", seconds=GONE_SECONDS)


def send(pid: int, number: signal.Signals) -> None:
    """Signal one process; harmless when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def all_gone(family: Iterable[psutil.Process]) -> bool:
    """Whether these processes have ended, even when new ones have their numbers."""
    return not any(process.is_running() and not is_gone(process.pid) for process in family)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; a stopped one has not, a zombie has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def orphans(run: str, owners: Iterable[int]) -> list[str]:
    """The run's processes that none of the owners started."""
    owned = {process.pid for owner in owners for process in tree(owner)}
    found = []
    for process in of_run(run):
        if process.pid not in owned:
            try:
                found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
            except psutil.Error:
                continue
    return found
