"""One job, from its claim to its document in storage, step by step."""

from __future__ import annotations

from functools import partial

from extractor.documents.spool import Found, Spool
from extractor.documents.storage import DocumentStore
from extractor.errors import RequestChanged
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import Job, StoredDocument
from extractor.postgres.jobs import Jobs
from extractor.postgres.refusals import CHANGED, changed_before_its_charge
from extractor.worker.acceptance import Acceptance
from extractor.worker.consultation import Waits
from extractor.worker.drain import Drain
from extractor.worker.learning import Learning
from extractor.worker.next_form import NextForm
from extractor.worker.purchase import Purchase, Session
from extractor.worker.storing import Storing
from extractor.worker.trace import Trace


class Extraction:
    """Does jobs with one session; each step is durable before the next begins (DESIGN.md, the money rule)."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        session: Session,
        spool: Spool,
        store: DocumentStore,
        drain: Drain,
        waits: Waits,
        learning: Learning | None = None,
        next_form: NextForm | None = None,
    ) -> None:
        self._jobs = jobs
        self._spool = spool
        self._storing = Storing(jobs=jobs, store=store)
        self._purchase = partial(
            Purchase, jobs=jobs, session=session, spool=spool, drain=drain, waits=waits, learning=learning
        )
        self._next_form = next_form

    def extract(self, job: Job, trace: Trace) -> str:
        """Bring the row's document into storage, buying it only when no earlier attempt did.

        Returns `bucket/name`; raises an ExtractorError, with the row as it was. A crash leaves the row
        to the rescue, and the document, once it is in the spool or in storage, to the next attempt.
        """
        self._store_earlier(job, trace)
        if path := self._linked(job, trace):
            return path
        if found := self._bought_before(job, trace):
            return self._store(job, found, trace)
        bought = self._purchase(job, trace).make()
        if self._next_form is None:
            return self._store(job, bought, trace)
        return self._next_form.open_beside(job, trace, lambda: self._store(job, bought, trace))

    def _store(self, job: Job, found: Found, trace: Trace) -> str:
        """Bring the document into storage, and end the row; another thread may open a page meanwhile."""
        path = self._storing.put(job, found.document, trace)
        is_done = self._jobs.complete(
            job,
            supabase_path=path,
            document=found.document,
            fetched_as=_difference(found.request),
            steps=trace.keep(),
        )
        self._spool.discard(job)
        if not is_done:
            raise _changed(path)
        return path

    def _store_earlier(self, job: Job, trace: Trace) -> None:
        """Store what was bought before a person changed the row, as the document of the earlier request.

        Raises RequestChanged then: this attempt may have been made without an account, for the upload alone.
        """
        earlier = self._spool.earlier(job)
        if earlier is None:
            return
        trace.note("found in the spool: what the row asked for earlier")
        # Judged and named by the earlier request; the writes about the row are this attempt's.
        found = self._bought_before(earlier.model_copy(update={"attempt_id": job.attempt_id}), trace)
        if found is not None:
            path = self._storing.put(earlier, found.document, trace)
            self._spool.discard(earlier)
            raise _changed(path)

    def _linked(self, job: Job, trace: Trace) -> str | None:
        """Give the row the document of an equal one, where the user wants that; its path."""
        equal = self._jobs.find_equal(job)
        if equal is None or not self._storing.still_has(equal, trace):
            return None
        trace.note(f"linked to the document of row {equal.id}")
        if not self._jobs.complete(
            job, supabase_path=equal.supabase_path, document=equal, fetched_as=_link(equal), steps=trace.keep()
        ):
            raise changed_before_its_charge()
        return equal.supabase_path

    def _bought_before(self, job: Job, trace: Trace) -> Found | None:
        """The document of an earlier attempt of this row, from the spool or from storage.

        Bytes that were not judged are judged now; what is refused then is never bought again without a person.
        """
        if found := self._spool.get(job):
            trace.note("found in the spool")
            return found
        acceptance = Acceptance(job, trace, jobs=self._jobs, spool=self._spool)
        if kept := self._spool.bought(job):
            trace.note("found in the spool, not judged yet")
            return acceptance.take_kept(kept)
        data = self._storing.find(job)
        if data is None:
            return None
        trace.note("found in storage")
        self._spool.incoming(job).write_bytes(data)
        return acceptance.take_kept([self._spool.keep(job, None)])


def _changed(path: str) -> RequestChanged:
    return RequestChanged(
        Sentence(
            "{changed} What was bought for its earlier request is kept at {path}; the row goes again.",
            changed=CHANGED,
            path=path,
        )
    )


def _link(equal: StoredDocument) -> dict[str, str | None]:
    return {"why": f"the same request as row {equal.id}, which was completed before"}


def _difference(reading: Request | None) -> dict[str, str | None] | None:
    """What was asked, when it was not what the row says: the row shows it."""
    if reading is None or reading.is_as_asked:
        return None
    return {
        "circonscription_fonciere": reading.circonscription,
        "cadastre": reading.cadastre,
        "designation_secondaire": reading.designation,
        "acte_type": reading.acte_type,
        "why": reading.why,
    }
