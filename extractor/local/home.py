"""The directory of one embedded server: who may be in it, its lock, its password, what a crash left there."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import signal
from collections.abc import Collection
from pathlib import Path

import psutil

from extractor.local import errors, os_user
from extractor.local.os_user import OsUser

logger = logging.getLogger(__name__)

# Where root keeps what an unprivileged server must reach when the project lies in a closed place (/root).
SHARED_ROOT = Path("/var/lib/registre-extractor")

# Bytes of randomness in a generated password.
PASSWORD_BYTES = 24

# Seconds that a server left over by a killed supervisor gets to stop before SIGKILL.
LEFTOVER_GRACE = 20.0


class ServerHome:
    """A directory held by one running server; the lock goes with the process, however it ends."""

    def __init__(self, directory: Path, user: OsUser | None = None) -> None:
        self.path = _prepare(directory, user)
        self._user = user
        self._lock: int | None = None

    def lock(self) -> None:
        """Take the directory, or say who has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            holder = os.pread(descriptor, 20, 0).decode().strip()
            os.close(descriptor)
            raise errors.DirectoryInUseError(
                f"Process {holder} already runs a server in {self.path}: stop it, or use another directory."
            ) from held
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock = descriptor

    def unlock(self) -> None:
        """Give the directory back; tolerates not holding it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def password(self) -> str:
        """Return the server's password, made once and kept beside the data."""
        path = self.path / "password"
        if not path.exists():
            self.write_private(path, secrets.token_urlsafe(PASSWORD_BYTES))
        return path.read_text()

    def write_private(self, path: Path, text: str) -> None:
        """Write a file only the server's user reads, whole or not at all."""
        write_private(path, text, self._user)

    def end_leftovers(self, programs: Collection[str], stop_signal: signal.Signals) -> None:
        """End the servers of a dead supervisor; the caller holds the lock, so no living one has any here.

        The working directory identifies a server: another process with the same pid works elsewhere.
        """
        found = [process for process in psutil.process_iter(["name"]) if self._is_leftover(process, programs)]
        if not found:
            return
        logger.info("Ending %d processes left in %s", len(found), self.path)
        for process in found:
            _signal(process, stop_signal)
        _, alive = psutil.wait_procs(found, timeout=LEFTOVER_GRACE)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=LEFTOVER_GRACE)

    def _is_leftover(self, process: psutil.Process, programs: Collection[str]) -> bool:
        if process.info["name"] not in programs:
            return False
        try:
            return Path(process.cwd()).is_relative_to(self.path)
        except psutil.Error:
            return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _prepare(directory: Path, user: OsUser | None) -> Path:
    directory = make_directory(directory, 0o711 if user else 0o700).resolve()
    if user is None or os_user.can_enter(user, directory):
        return directory
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    moved = make_directory(make_directory(SHARED_ROOT, 0o755) / name, 0o711).resolve()
    if not os_user.can_enter(user, moved):
        raise errors.LocalError(
            f"The server runs as uid {user.uid}, which can enter neither {directory} nor {moved}: "
            "choose a directory whose parents others may pass through."
        )
    logger.info("uid %d cannot enter %s: the data lies in %s", user.uid, directory, moved)
    return moved


def write_private(path: Path, text: str, owner: OsUser | None = None) -> None:
    """Write a file only its owner reads, by default this process's user; whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    if owner:
        os.chown(draft, *owner)
    draft.replace(path)


def make_directory(path: Path, mode: int) -> Path:
    """Create the directory with exactly this mode, whatever the umask; leave an existing one as it is."""
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
    return path
