"""Tells whose a browser is: browsers and their temporary files carry a tag with the process that started them.

A frozen driver, or one killed between two steps, leaves a browser behind: memory, and a live logged-in session beside
the new one. Any worker process of the host sweeps what carries the tag of a process that is gone, whatever its name.

A host sees the processes of its containers, and there each number means another process. So a tag also names the PID
namespace of its owner, and only processes of that namespace judge whether the owner lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import re
import shutil
import socket
import sys
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


# A link or a pipe of another user, in the directory that all share, is never followed and never waited for.
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# The directories of this process, open: the lock on each ends with the process, however that ends.
_held: dict[Path, int] = {}


@dataclass(frozen=True)
class Owner:
    """A process, told apart from all others that have its number: in another PID namespace, or later in the same."""

    namespace: int
    """The inode of its PID namespace (pid_namespaces(7)); 0 on systems that have none."""
    pid: int
    started: int
    """On Linux in clock ticks since the boot, which no change of the clock moves; elsewhere seconds since the epoch."""

    @classmethod
    def current(cls) -> Self:
        """The process that calls; in a forked child another one than in its parent."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> Self:
        """A process of this process's namespace; raises psutil.NoSuchProcess."""
        return cls(_namespace(), process.pid, _start_of(process))

    @classmethod
    def parse(cls, tag: str) -> Self | None:
        """The owner that a tag names; None for what is not a tag."""
        return cls(*map(int, tag.split("-"))) if re.fullmatch(r"\d+-\d+-\d+", tag, re.ASCII) else None

    def __str__(self) -> str:
        return f"{self.namespace}-{self.pid}-{self.started}"

    @property
    def temporary_directory(self) -> Path:
        """Where its browser puts profiles and downloads."""
        return Path(tempfile.gettempdir(), f"{_PREFIX}{self}")

    @property
    def environment(self) -> dict[str, str]:
        """What its browser's processes carry: the tag, and where to put temporary files."""
        return {TAG: str(self), "TMPDIR": str(self.temporary_directory)}

    @property
    def is_here(self) -> bool:
        """Whether its number means something here: it is of this process's namespace, not of a container or a host."""
        return self.namespace == _namespace()

    @property
    def is_alive(self) -> bool:
        """Whether that very process still runs; ask only for one that is here."""
        try:
            process = psutil.Process(self.pid)
            return _start_of(process) == self.started and _is_running(process)
        except psutil.NoSuchProcess:
            return False

    @contextlib.contextmanager
    def tagging(self, **others: str) -> Iterator[None]:
        """Let processes that start inside the block inherit the tag, and put their temporary files in its place.

        `others` are further variables of theirs.
        """
        self.temporary_directory.mkdir(mode=0o700, exist_ok=True)
        _hold(self.temporary_directory)
        theirs = self.environment | others
        before = {name: os.environ.get(name) for name in theirs}
        os.environ.update(theirs)
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
    """End every tagged process, and delete every tagged directory, whose owner is gone; return how many.

    Nothing is ended whose owner another PID namespace judges. Containers may share a directory for temporary files, and
    one that was started again has another namespace: there the lock tells whether the owner lives.
    """
    orphans = [process for process, owner in _tagged_processes() if owner.is_here and not owner.is_alive]
    if orphans:
        logger.warning("Ending %d orphan browser processes: %s", len(orphans), [process.pid for process in orphans])
        end(orphans)
    lives = {path: owner.is_here and owner.is_alive for path, owner in _tagged_directories()}
    directories = [path for path, is_alive in lives.items() if not is_alive and not _is_held(path)]
    for path in directories:
        shutil.rmtree(path, ignore_errors=True)
    return len(orphans) + len(directories)


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except FileNotFoundError:  # not Linux
        return 0


def _start_of(process: psutil.Process) -> int:
    """See `Owner.started`: psutil adds the time of the boot, which the kernel reckons from the clock of the moment."""
    if not sys.platform.startswith("linux"):
        return int(process.create_time())
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    return int(stat.rpartition(b")")[2].split()[19])  # proc_pid_stat(5): starttime, behind the name in parentheses


def _hold(directory: Path) -> None:
    """Lock a directory until this process ends."""
    descriptor = os.open(directory, _DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    before = _held.pop(directory, None)  # of a directory of this name that was deleted
    _held[directory] = descriptor
    if before is not None:
        os.close(before)


def _is_held(directory: Path) -> bool:
    try:
        descriptor = os.open(directory, _DIRECTORY)
    except OSError:  # deleted since, another user's, or no directory: not for this process to delete
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


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
