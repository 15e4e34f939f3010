"""The spool: what stands between payment and storage. A bought document is on this disk before all else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

from extractor.errors import DiskFull, DocumentRefused
from extractor.models import Document, Job

# What a crash leaves half written: a download, one try of it, the facts of a document.
PARTIAL = (".part", ".try", ".tmp")


class Spool:
    """The directory of bought documents that storage does not have yet: `JOB.pdf` beside `JOB.json`.

    The PDF's rename is the last step of `put`: a crash before it leaves only temporary files, which `discard`
    removes one day; a crash after it leaves a document that any later attempt finds.
    """

    def __init__(self, directory: Path, *, min_free_mb: int = 0) -> None:
        self._directory = directory
        self._min_free_mb = min_free_mb
        directory.mkdir(parents=True, exist_ok=True)
        self.id = _identity_of(directory)

    def holds(self, job_id: UUID) -> bool:
        """Whether a document bought for this row lies here."""
        return (self._directory / f"{job_id}.pdf").exists()

    def check_room(self) -> None:
        """Raise DiskFull unless a paid document fits on this disk."""
        free_mb = shutil.disk_usage(self._directory).free // 2**20
        if free_mb < self._min_free_mb:
            raise DiskFull(
                f"The spool's disk has {free_mb} MB free; MIN_FREE_DISK_MB is {self._min_free_mb}."
                " No row is taken before there is room."
            )

    def has_room(self) -> bool:
        """Whether a paid document fits on this disk."""
        try:
            self.check_room()
        except DiskFull:
            return False
        return True

    def sweep(self, unfinished: Callable[[Sequence[UUID]], set[UUID]], *, older_than_seconds: float) -> int:
        """Delete what no row waits for: documents of finished or deleted rows, and partial files; return how many.

        Only files past the age are looked at: younger ones belong to work in progress.
        """
        limit = time.time() - older_than_seconds
        old = [path for path in self._directory.iterdir() if path.name != "id" and _modified(path) < limit]
        partial = [path for path in old if path.suffix in PARTIAL]
        jobs = {UUID(path.stem): path for path in old if path.suffix == ".pdf"}
        done = jobs.keys() - unfinished(list(jobs)) if jobs else set()
        for path in partial:
            path.unlink(missing_ok=True)
        for job_id in done:
            self._delete(job_id)
        return len(partial) + len(done)

    def incoming(self, job: Job) -> Path:
        """Where the attempt's download is written before it is checked; a stale attempt has another place."""
        return self._directory / f"{job.id}.{job.attempt_id}.part"

    def put(self, job: Job, document: Document) -> Document:
        """Make a checked document durable; it is moved."""
        final = self._directory / f"{job.id}.pdf"
        facts = {"sha256": document.sha256, "size_bytes": document.size_bytes, "pages": document.pages}
        _write_durably(final.with_suffix(".json"), json.dumps(facts).encode())
        _sync(document.path)
        document.path.replace(final)
        _sync(self._directory)
        return document.model_copy(update={"path": final})

    def get(self, job: Job) -> Document | None:
        """The document bought for this job earlier; raises DocumentRefused when its bytes have changed since."""
        path = self._directory / f"{job.id}.pdf"
        if not path.exists():
            return None
        facts = json.loads(path.with_suffix(".json").read_bytes())
        document = Document(path=path, **facts)
        if hashlib.sha256(path.read_bytes()).hexdigest() != document.sha256:
            raise DocumentRefused(f"{path} no longer has the hash that was noted when it was bought.")
        return document

    def discard(self, job: Job) -> None:
        """Forget the job's document: storage has it."""
        self._delete(job.id)

    def _delete(self, job_id: UUID) -> None:
        """The PDF goes first: one without its facts could not be read by a later attempt."""
        (self._directory / f"{job_id}.pdf").unlink(missing_ok=True)
        for path in self._directory.glob(f"{job_id}.*"):
            path.unlink(missing_ok=True)


def _identity_of(directory: Path) -> UUID:
    """The spool's own name, made once: a host or container may change its name while the disk stays."""
    path = directory / "id"
    if not path.exists():
        fresh = directory / f"{uuid4()}.tmp"  # containers that share the disk may share process ids
        fresh.write_text(str(uuid4()))
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(fresh, path)
        fresh.unlink()
    return UUID(path.read_text())


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # swept or finished by another process meanwhile
        return float("inf")


def _write_durably(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    _sync(temporary)
    temporary.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
