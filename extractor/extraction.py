"""One job, from its claim to its document in storage: the story that the other modules serve."""

from __future__ import annotations

from typing import Protocol

from extractor.document import Spool
from extractor.models import Document, Job, Source
from extractor.queue import Queue
from extractor.registry.forms import Request, RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.storage import BUCKETS, DocumentStore, object_name


class Session(Protocol):
    """What the extraction needs of a session."""

    @property
    def site(self) -> RegistrySite:
        """The logged-in site."""

    def open_form(self, source: Source) -> RequestForm:
        """Open a form, logged in."""


class Extraction:
    """Does jobs with one session; each step is durable before the next begins (DESIGN §5)."""

    def __init__(self, *, queue: Queue, session: Session, spool: Spool, store: DocumentStore) -> None:
        self._queue = queue
        self._session = session
        self._spool = spool
        self._store = store

    def extract(self, job: Job) -> str:
        """Bring the row's document into storage, buying it only when no earlier attempt did.

        Returns `bucket/name`; raises an ExtractorError, with the row as it was. A crash leaves the row
        to the rescue, and the document, once it is in the spool or in storage, to the next attempt.
        """
        bucket, name = BUCKETS[job.source], object_name(job)
        document = self._spool.get(job) or self._stored(job, bucket, name)
        if document is None:
            document = self._buy(job)
        self._store.upload(bucket, name, document.path)
        self._queue.record_upload(job)
        self._queue.complete(job, supabase_path=f"{bucket}/{name}", document=document)
        self._spool.discard(job)
        return f"{bucket}/{name}"

    def _stored(self, job: Job, bucket: str, name: str) -> Document | None:
        """The document that an earlier attempt of this row uploaded before it could say so."""
        data = self._store.download(bucket, name)
        if data is None:
            return None
        self._spool.incoming(job).write_bytes(data)
        return self._spool.put(job)

    def _buy(self, job: Job) -> Document:
        form = self._session.open_form(job.source)
        consultation = JobConsultation(self._queue, job)
        self._session.site.fetch(form, Request.of(job), consultation=consultation, target=self._spool.incoming(job))
        document = self._spool.put(job)
        self._queue.record_document(job, document)
        return document


class JobConsultation:
    """The mark of the paid click, on the job's attempt."""

    def __init__(self, queue: Queue, job: Job) -> None:
        self._queue = queue
        self._job = job

    def record(self) -> None:
        """Commit the mark; raises JobLost or ConsultationLimit."""
        self._queue.record_consultation(self._job)

    def clear(self) -> None:
        """Take the mark back."""
        self._queue.clear_consultation(self._job)
