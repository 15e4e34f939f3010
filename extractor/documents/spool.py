"""The spool: what stands between payment and storage. A bought document is on this disk before all else."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from pydantic import ValidationError

from extractor.documents.judge import hash_of
from extractor.errors import DiskFull, DocumentRefused
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import Document, Frozen, Identity, Job, RowId, Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bought:
    """Bytes as the registry sent them: durable, and read by nothing yet."""

    path: Path
    request: Request | None
    """What was asked for them; None when it cannot be told any more."""
    job: Job | None = None
    """The row as it was claimed then; None when it cannot be told any more."""
    needs_proof: bool = False
    """Whether they are the document only if their own words say so."""


class Found(NamedTuple):
    """A document in the spool: the bytes were judged, and accepted."""

    document: Document
    request: Request | None
    """What was asked for it; None when it cannot be told any more."""


class _Facts(Frozen):
    """What `JOB.json` says of `JOB.pdf`."""

    sha256: str
    size_bytes: int
    pages: int | None
    warning: str | None = None
    identity: Identity = Identity.UNCHECKED
    request: dict[str, str | None] | None = None
    job: Job | None = None


# What a crash leaves half written: a download, one try of it and the page that led to it, a file being unpacked, facts.
PARTIAL = (".part", ".try", ".lead", ".plain", ".tmp")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of any other id: after the mark `_escaped`, at most 204 of the 255 characters that a name may have.
_MARK = "row~"
_ESCAPED = re.compile(r"~?[a-z0-9_-]|~~")


class Spool:
    """The directory of bought documents that storage does not have yet.

    JOB is the row's id if that is a uuid, and else what `_job_name` makes of it.

    | file | is |
    |---|---|
    | `JOB.ATTEMPT.part` | a download in progress |
    | `JOB.ATTEMPT.N.bought`, beside it `….json` | bytes that came whole or not, and the request for which |
    | `JOB.pdf`, beside it `JOB.json` | the document, once its bytes were judged |

    The rename is the last step of `keep` and of `put`: a crash before it leaves only what `sweep` removes one day; a
    crash after it leaves bytes that any later attempt finds. Files of other names are left alone.
    """

    def __init__(self, directory: Path, *, min_free_mb: int = 0) -> None:
        self._directory = directory
        self._min_free_mb = min_free_mb
        directory.mkdir(parents=True, exist_ok=True)
        self.id = _identity_of(directory)

    def holds(self, job_id: RowId) -> bool:
        """Whether bytes bought for this row lie here, judged or not."""
        # Asked before each claim, and `glob` would make a regular expression for each row.
        start = f"{_job_name(job_id)}."
        return self._pdf(job_id).exists() or any(
            path.name.startswith(start) and path.suffix == ".bought" for path in self._directory.iterdir()
        )

    def check_room(self) -> None:
        """Raise DiskFull unless a paid document fits on this disk."""
        free_mb = shutil.disk_usage(self._directory).free // 2**20
        if free_mb < self._min_free_mb:
            raise DiskFull(
                Sentence(
                    "The spool's disk has {free_mb} MB free; MIN_FREE_DISK_MB is {min_free_mb}. No row is"
                    " taken before there is room.",
                    free_mb=free_mb,
                    min_free_mb=self._min_free_mb,
                )
            )

    def has_room(self) -> bool:
        """Whether a paid document fits on this disk."""
        try:
            self.check_room()
        except DiskFull:
            return False
        return True

    def old_jobs(self, *, older_than_seconds: float) -> set[RowId]:
        """The rows of which bought bytes past the age lie here; younger ones belong to work in progress."""
        old = self._old(older_than_seconds)
        return {job_id for path in old if path.suffix in (".pdf", ".bought") and (job_id := _job_of(path))}

    def sweep(self, done: Collection[RowId], *, older_than_seconds: float) -> int:
        """Delete all that lies here of rows that are done, and partial files past the age; return how many of both."""
        partial = [path for path in self._old(older_than_seconds) if _is_partial(path) and _is_ours(path)]
        for path in partial:
            _remove(path)
        for job_id in done:
            self._delete(job_id)
        return len(partial) + len(done)

    def _old(self, seconds: float) -> list[Path]:
        limit = time.time() - seconds
        return [path for path in self._directory.iterdir() if path.name != "id" and _modified(path) < limit]

    def incoming(self, job: Job) -> Path:
        """Where the attempt's download is written before it is checked; a stale attempt has another place."""
        return self._directory / f"{_job_name(job.id)}.{job.attempt_id}.part"

    def keep(self, job: Job, request: Request | None, *, needs_proof: bool = False) -> Bought:
        """Make what was downloaded to `incoming` durable, before anything reads it."""
        incoming = self.incoming(job)
        _sync(incoming)
        path = next(path for path in self._places(job) if not path.exists())
        asked = asdict(request) if request else None
        known = {"job": job.model_dump(mode="json"), "request": asked, "needs_proof": needs_proof}
        _write_durably(path.with_suffix(".json"), json.dumps(known).encode())
        incoming.replace(path)
        _sync(self._directory)
        return Bought(path, request, job, needs_proof)

    def _places(self, job: Job) -> Iterator[Path]:
        stem = f"{_job_name(job.id)}.{job.attempt_id}"
        return (self._directory / f"{stem}.{nth}.bought" for nth in itertools.count(1))

    def _pdf(self, job_id: RowId) -> Path:
        return self._directory / f"{_job_name(job_id)}.pdf"

    def bought(self, job: Job) -> list[Bought]:
        """The bytes that came for this row and were not judged to the end; a judgement that was killed left them."""
        paths = sorted(self._directory.glob(f"{_job_name(job.id)}.*.bought"), key=_modified)
        unread = self._pdf(job.id)
        if unread.exists() and _facts_of(unread) is None:
            paths.append(unread)
        return [_bought_at(path) for path in paths]

    def earlier(self, job: Job) -> Job | None:
        """The row as it was claimed before a person changed what it asks for, when the spool has bytes of that."""
        facts = _facts_of(self._pdf(job.id))
        known = [facts.job if facts else None, *(bought.job for bought in self.bought(job))]
        return next((then for then in known if then is not None and then.request_key != job.request_key), None)

    def drop(self, bought: Bought) -> None:
        """Forget bytes: other ones of the same purchase are better."""
        for path in (bought.path, bought.path.with_suffix(".json")):
            path.unlink(missing_ok=True)

    def put(self, job: Job, document: Document, request: Request | None = None) -> Document:
        """Keep bought bytes as the document that they were judged to be; they are moved."""
        final = self._pdf(job.id)
        facts = _Facts(**document.model_dump(exclude={"path"}), request=asdict(request) if request else None, job=job)
        _write_durably(final.with_suffix(".json"), facts.model_dump_json().encode())
        _sync(document.path)
        document.path.replace(final)
        _sync(self._directory)
        for rest in self.bought(job):
            self.drop(rest)
        if document.path != final:
            document.path.with_suffix(".json").unlink(missing_ok=True)
        return document.model_copy(update={"path": final})

    def get(self, job: Job) -> Found | None:
        """The document bought for this job earlier; raises DocumentRefused when its bytes have changed since."""
        path = self._pdf(job.id)
        facts = _facts_of(path)
        if facts is None or not path.exists():
            return None
        if hash_of(path) != facts.sha256:
            raise DocumentRefused(
                Sentence("{path} no longer has the hash that was noted when it was bought.", path=path)
            )
        document = Document(path=path, **facts.model_dump(exclude={"request", "job"}))
        return Found(document, _request_of(facts.request))

    def refused(self, job: Job) -> list[Path]:
        """Everything that came for this row, the latest first: what a judgement refuses becomes evidence."""
        name = _job_name(job.id)
        paths = [*self._directory.glob(f"{name}.*.bought"), *self._directory.glob(f"{name}.pdf")]
        return sorted(paths, key=_modified, reverse=True)

    def discard(self, job: Job) -> None:
        """Forget the job's document: storage has it, or the evidence."""
        self._delete(job.id)

    def _delete(self, job_id: RowId) -> None:
        """The PDF goes first: one without its facts could not be read by a later attempt."""
        _remove(self._pdf(job_id))
        for path in self._directory.glob(f"{_job_name(job_id)}.*"):
            _remove(path)


def _job_name(job_id: RowId) -> str:
    """The first part of the names of a row's files: no two rows have the same, and it has no dot.

    A uuid as it is. Before any other id stands a mark, so that no foreign file counts as a row's, and each dot is `~~`
    and each capital letter `~` with the small one: a disk may take `A` and `a` for one name.
    """
    if _UUID.fullmatch(job_id):
        return job_id
    return _MARK + "".join("~~" if sign == "." else f"~{sign.lower()}" if sign.isupper() else sign for sign in job_id)


def _job_of(path: Path) -> RowId | None:
    """The row that a file is of; None for a foreign file."""
    name = path.name.partition(".")[0]
    if _UUID.fullmatch(name):
        return name
    signs = [found[0] for found in _ESCAPED.finditer(name.removeprefix(_MARK))]
    job_id = "".join("." if sign == "~~" else sign[-1].upper() if sign[0] == "~" else sign for sign in signs)
    return job_id if job_id and _job_name(job_id) == name else None


def _is_partial(path: Path) -> bool:
    """Whether a crash left it half done: no bytes that a later attempt would find go with it."""
    if path.suffix == ".json":
        return not path.with_suffix(".bought").exists() and not path.with_suffix(".pdf").exists()
    return path.suffix in PARTIAL


def _is_ours(path: Path) -> bool:
    return _job_of(path) is not None and not path.is_dir()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # a directory, or another user's: the other files are swept all the same
        logger.warning("The spool cannot remove %s: %s", path, error)


def _facts_of(pdf: Path) -> _Facts | None:
    """None when they are missing or cannot be read: the bytes are judged again."""
    try:
        return _Facts.model_validate_json(pdf.with_suffix(".json").read_bytes())
    except (OSError, ValidationError):
        return None


def _bought_at(path: Path) -> Bought:
    try:
        known = json.loads(path.with_suffix(".json").read_bytes())
        job, needs_proof = Job.model_validate(known["job"]), bool(known.get("needs_proof"))
        return Bought(path, _request_of(known["request"]), job, needs_proof)
    except (OSError, ValueError, TypeError, KeyError):  # lost, damaged, or of another version of this program
        return Bought(path, None)


def _request_of(fields: object) -> Request | None:
    try:
        return Request(**(fields | {"source": Source(fields["source"])})) if isinstance(fields, dict) else None
    except (KeyError, TypeError, ValueError):  # of another version of this program
        return None


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
    except OSError:  # swept or finished by another process meanwhile, or another user's
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
