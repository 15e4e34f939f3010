"""The row's object in storage: looked for before a purchase, put there after it, never over another document."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from extractor.documents.buckets import BUCKETS, object_name
from extractor.documents.judge import judge
from extractor.documents.storage import DocumentStore
from extractor.errors import DocumentRefused, JobLost, StorageError, WrongDocument
from extractor.language.sentences import Sentence
from extractor.models import Document, Identity, Job, StoredDocument
from extractor.postgres.jobs import Jobs
from extractor.worker.recognition import recognise
from extractor.worker.trace import Trace


class Storing:
    """What lies under a row's name is judged like any document: people and other programs write into buckets too."""

    def __init__(self, *, jobs: Jobs, store: DocumentStore) -> None:
        self._jobs = jobs
        self._store = store

    def find(self, job: Job) -> bytes | None:
        """The row's document, when storage has it already.

        Raises DocumentRefused or WrongDocument for an object that is not the row's: buying would not make room for it.
        """
        bucket, name = BUCKETS[job.source], object_name(job)
        try:
            data = self._store.download(bucket, name)
        except StorageError as error:
            raise StorageError(Sentence("{error} This attempt bought nothing.", error=error)) from error
        if data is None:
            return None
        try:
            self._check(job, data)
        except (DocumentRefused, WrongDocument) as error:
            raise type(error)(
                Sentence(
                    "Storage has {bucket}/{name}, which is not this row's document: {error} This attempt bought"
                    " nothing. Look at it in the bucket, and move it away or delete it; then"
                    " `extractor retry {job_id}`.",
                    bucket=bucket,
                    name=name,
                    error=error,
                    job_id=job.id,
                )
            ) from error
        return data

    def put(self, job: Job, document: Document, trace: Trace) -> str:
        """Bring the spooled document into storage and return `bucket/name`; the same bytes there are not sent again.

        Raises StorageError while storage does not take it; the document stays in the spool.
        """
        bucket, name = BUCKETS[job.source], object_name(job)
        try:
            self._upload(job, bucket, name, document)
        except FileNotFoundError as error:  # a process that stood still past its lease, and woke up
            raise JobLost(
                Sentence("Job {id}: another attempt has stored its document, and emptied the spool.", id=job.id)
            ) from error
        except StorageError as error:
            raise StorageError(
                Sentence(
                    "{error} The document is bought and safe in the spool; only its upload is repeated.", error=error
                )
            ) from error
        self._jobs.record_upload(job, supabase_path=f"{bucket}/{name}", document=document)
        trace.note("uploaded")
        return f"{bucket}/{name}"

    def still_has(self, stored: StoredDocument, trace: Trace) -> bool:
        """Whether storage has the bytes that the other row shows."""
        bucket, _, name = stored.supabase_path.partition("/")
        data = self._store.download(bucket, name)
        if data is not None and _hash(data) != stored.sha256:
            trace.note(f"not linked: storage has other bytes at {stored.supabase_path} than row {stored.id} shows")
            return False
        return data is not None

    def _upload(self, job: Job, bucket: str, name: str, document: Document) -> None:
        there = self._store.download(bucket, name)
        if there is None:
            self._store.upload(bucket, name, document.path)
        elif _hash(there) != document.sha256:
            try:
                self._check(job, there)
            except (DocumentRefused, WrongDocument) as error:
                raise StorageError(
                    Sentence(
                        "Storage has another object at {bucket}/{name}, which is not overwritten: {error}"
                        " Look at it in the bucket, and move it away or delete it.",
                        bucket=bucket,
                        name=name,
                        error=error,
                    )
                ) from error
            self._store.upload(bucket, name, document.path, replace=True)  # of another attempt at this same request

    def _check(self, job: Job, data: bytes) -> None:
        """Raise unless the bytes are a document, and by their text or else by their hash the one of this request.

        A scan says nothing of itself. Then its hash decides; it is not known when nothing was ever bought for the row,
        or when the attempts were lost with a database: such a document is taken, and shown as unchecked.
        """
        with TemporaryDirectory() as directory:
            path = Path(directory, "object.pdf")
            path.write_bytes(data)
            judgement = judge(path)
        if judgement.refusal:
            raise DocumentRefused(judgement.refusal)
        identity, _ = recognise(judgement.texts, job, None)
        known = self._jobs.document_hashes(job)
        if identity is Identity.UNCHECKED and known and judgement.sha256 not in known:
            raise WrongDocument(Sentence("It says nothing of itself, and its hash is not the one of what was bought."))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
