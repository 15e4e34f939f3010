"""Tells whose a browser is: browsers and their temporary files carry a tag with the process that started them.

A frozen driver, or one killed between two steps, leaves a browser behind: memory, and a live logged-in session beside
the new one. Any worker process of the host sweeps what carries the tag of a process that is gone, whatever its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

logger = logging.getLogger(__name__)

TAG = "REGISTRE_EXTRACTOR_OWNER"
END_SECONDS = 5.0
POLL_SECONDS = 0.02
# Chromium puts sockets below it, whose paths may have about 100 bytes; another container may share the directory.
_PREFIX = f"rex-{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}-"


@dataclass(frozen=True)
class Owner:
    """A process, told apart from a later one of the same number by its start (seconds since the epoch)."""

    pid: int
    started: int

    @classmethod
    def current(cls) -> Self:
        """The process that calls; in a forked child another one than in its parent."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> Self:
        return cls(process.pid, int(process.create_time()))

    @classmethod
    def parse(cls, tag: str) -> Self | None:
        """The owner that a tag names; None for what is not a tag."""
        pid, _, started = tag.partition("-")
        return cls(int(pid), int(started)) if pid.isdigit() and started.isdigit() else None

    def __str__(self) -> str:
        return f"{self.pid}-{self.started}"

    @property
    def temporary_directory(self) -> Path:
        """Where its browser puts profiles and downloads."""
        return Path(tempfile.gettempdir(), f"{_PREFIX}{self}")

    @property
    def environment(self) -> dict[str, str]:
        """What its browser's processes carry: the tag, and where to put temporary files."""
        return {TAG: str(self), "TMPDIR": str(self.temporary_directory)}

    @property
    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        try:
            process = psutil.Process(self.pid)
            return int(process.create_time()) == self.started and _is_running(process)
        except psutil.NoSuchProcess:
            return False

    @contextlib.contextmanager
    def tagging(self) -> Iterator[None]:
        """Let processes that start inside the block inherit the tag, and put their temporary files in its place."""
        self.temporary_directory.mkdir(mode=0o700, exist_ok=True)
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def processes(self) -> list[psutil.Process]:
        """The tagged processes below it: the driver, the browser and all of its helpers."""
        try:
            below = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [process for process in below if _owner_of(process) == self]


def end(processes: list[psutil.Process]) -> None:
    """SIGKILL, which also ends what is stopped; returns when they are gone, or after a few seconds."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + END_SECONDS
    while any(map(_is_running, processes)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _is_running(process: psutil.Process) -> bool:
    """Also False for a zombie: in a container without an init nobody ever asks for its exit code."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def memory_mb(processes: list[psutil.Process]) -> int:
    """Memory of these processes in MB; what they share counts once (Linux), or not at all."""
    total = 0
    for process in processes:
        try:
            memory = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(memory, "pss", memory.uss)
    return int(total // 2**20)


def sweep() -> int:
    """End every tagged process, and delete every tagged directory, whose owner is gone; return how many."""
    orphans = [process for process, owner in _tagged_processes() if not owner.is_alive]
    if orphans:
        logger.warning("Ending %d orphan browser processes: %s", len(orphans), [process.pid for process in orphans])
        end(orphans)
    directories = [path for path, owner in _tagged_directories() if not owner.is_alive]
    for path in directories:
        shutil.rmtree(path, ignore_errors=True)
    return len(orphans) + len(directories)


def _tagged_processes() -> Iterator[tuple[psutil.Process, Owner]]:
    for process in psutil.process_iter():
        owner = _owner_of(process)
        if owner is not None:
            yield process, owner


def _owner_of(process: psutil.Process) -> Owner | None:
    try:
        return Owner.parse(process.environ().get(TAG, ""))
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):  # gone since, or another user's
        return None


def _tagged_directories() -> Iterator[tuple[Path, Owner]]:
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = Owner.parse(path.name.removeprefix(_PREFIX))
        if owner is not None:
            yield path, owner
