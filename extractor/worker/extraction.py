"""One job, from its claim to its document in storage, step by step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import reduce
from typing import NamedTuple, Protocol

from extractor.documents.judge import Judgement, Reader, judge
from extractor.documents.spool import Bought, Spool
from extractor.documents.storage import DocumentStore
from extractor.errors import (
    DocumentNotFound,
    DocumentRefused,
    DocumentTimeout,
    ExtractorError,
    JobError,
    NameNotMatched,
    RequestChanged,
    SessionError,
    SessionExpired,
    SiteError,
)
from extractor.language.sentences import Sentence, say_in
from extractor.matching.readings import readings
from extractor.matching.request import Request
from extractor.models import Document, Job, Source, StoredDocument
from extractor.postgres.jobs import Jobs
from extractor.postgres.refusals import CHANGED, changed_before_its_charge
from extractor.registry.forms import RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.worker.consultation import JobConsultation, Waits
from extractor.worker.drain import Drain
from extractor.worker.learning import Learning
from extractor.worker.next_form import NextForm
from extractor.worker.recognition import objection, recognise, request_of
from extractor.worker.storing import Storing
from extractor.worker.trace import Trace

logger = logging.getLogger(__name__)

# Before the second new login after a click whose session died; each further one waits twice as long.
FIRST_PAUSE_SECONDS = 1.0
# How often a file that is not what was asked for is taken before it is believed.
MOST_OBJECTIONS = 3


class Session(Protocol):
    """What the extraction needs of a session."""

    @property
    def site(self) -> RegistrySite:
        """The logged-in site."""

    def open_form(self, source: Source) -> RequestForm:
        """Open a form, logged in."""

    def ensure_answering(self) -> None:
        """Replace a browser that died while idle, and log in again."""

    def recycle_when_due(self) -> None:
        """Replace a browser that is old or large; the login is kept."""

    def retire(self) -> None:
        """Throw the browser away; the next form logs in again, with the same account."""

    def witness(self) -> AbstractContextManager[None]:
        """Let an error leave the block with what the page shows."""


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
        self._session = session
        self._spool = spool
        self._storing = Storing(jobs=jobs, store=store)
        self._drain = drain
        self._waits = waits
        self._learning = learning
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
        bought = self._buy(job, trace)
        if self._next_form is None:
            return self._store(job, bought, trace)
        return self._next_form.open_beside(job, trace, lambda: self._store(job, bought, trace))

    def _store(self, job: Job, found: tuple[Document, Request | None], trace: Trace) -> str:
        """Bring the document into storage, and end the row; another thread may open a page meanwhile."""
        document, reading = found
        path = self._storing.put(job, document, trace)
        is_done = self._jobs.complete(
            job, supabase_path=path, document=document, fetched_as=_difference(reading), steps=trace.keep()
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
            path = self._storing.put(earlier, found[0], trace)
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

    def _bought_before(self, job: Job, trace: Trace) -> tuple[Document, Request | None] | None:
        """The document of an earlier attempt of this row, from the spool or from storage.

        Bytes that were not judged are judged now; what is refused then is never bought again without a person.
        """
        if document := self._spool.get(job):
            trace.note("found in the spool")
            return document
        if kept := self._spool.bought(job):
            trace.note("found in the spool, not judged yet")
            return self._accept(job, reduce(self._better, [_judged(one, job) for one in kept]), trace)
        data = self._storing.find(job)
        if data is None:
            return None
        trace.note("found in storage")
        self._spool.incoming(job).write_bytes(data)
        bought = self._spool.keep(job, None)
        return self._accept(job, _judged(bought, job), trace)

    def _buy(self, job: Job, trace: Trace) -> tuple[Document, Request | None]:
        """Ask for the row as it stands, then for the other readings of its own words; raises the first refusal.

        A refusal after a click that was perhaps charged is raised at once: no other reading is bought on top of it.
        """
        # In the attempt's own time, which says whether a click can be waited out.
        self._session.ensure_answering()
        self._session.recycle_when_due()
        # Half of what the attempt can spare: a form must still come, and a click that can be waited out.
        spare_seconds = self._waits.job_seconds - self._waits.document_seconds - trace.seconds
        if found := self._find_paid(job, trace, silent_seconds=spare_seconds / 2):
            return found
        refusals: list[JobError] = []
        for reading in readings(request_of(job)):
            trace.note(f"reading: {reading.why}")
            consultation = JobConsultation(self._jobs, job, trace, drain=self._drain, waits=self._waits)
            try:
                return self._fetch(job, reading, trace, consultation)
            except (DocumentNotFound, NameNotMatched) as refusal:
                trace.note(f"refused: {refusal}")
                if consultation.stands:
                    raise
                refusals.append(refusal)
        raise refusals[0]

    def _find_paid(self, job: Job, trace: Trace, *, silent_seconds: float) -> tuple[Document, Request | None] | None:
        """The document that an earlier click paid and that never came, if it is now where that click led to.

        A page there that says nothing is looked at for `silent_seconds`.
        """
        address = self._jobs.paid_address(job)
        if address is None:
            return None
        self._session.open_form(job.source)  # proves the login
        with self._session.witness():
            consultation = JobConsultation(self._jobs, job, trace, drain=self._drain, waits=self._waits)
            seconds = min(self._waits.document_seconds, self._waits.job_seconds - trace.seconds)
            if not self._session.site.find_document(
                address,
                request_of(job),
                consultation=consultation,
                seconds=seconds,
                silent_seconds=silent_seconds,
            ):
                trace.note("a click was perhaps charged, and its document is not where it led to")
                return None
            trace.note("found where a click led to that was perhaps charged")
            with Reader() as reader:
                reader.start()
                return self._accept(job, self._download(job, None, trace, reader), trace)

    def _fetch(
        self, job: Job, request: Request, trace: Trace, consultation: JobConsultation
    ) -> tuple[Document, Request | None]:
        """Buy the document; when its session dies after the click, look for it with a new login of the same account.

        Another attempt may get another account, which does not see what this one bought.
        """
        if self._learning is not None:
            return self._learning.fetch(
                job,
                request,
                trace,
                consultation,
                by_form=lambda: self._fetch_by_form(job, request, trace, consultation),
                by_post=lambda known: self._reach(
                    job,
                    request,
                    trace,
                    consultation,
                    lambda: self._session.site.request_learned(known, request, consultation=consultation),
                ),
            )
        return self._fetch_by_form(job, request, trace, consultation)

    def _fetch_by_form(
        self, job: Job, request: Request, trace: Trace, consultation: JobConsultation
    ) -> tuple[Document, Request | None]:
        form = self._session.open_form(job.source)
        trace.note("form open, since the last row" if form.opened_ahead else "form open")
        try:
            return self._reach(
                job,
                request,
                trace,
                consultation,
                lambda: self._session.site.request_document(form, request, consultation=consultation),
            )
        except SessionExpired:
            if not form.opened_ahead or consultation.stands:
                raise
            trace.note("its login had ended: the form is opened again")
            self._session.retire()
            return self._fetch_by_form(job, request, trace, consultation)

    def _reach(
        self, job: Job, request: Request, trace: Trace, consultation: JobConsultation, ask: Callable[[], None]
    ) -> tuple[Document, Request | None]:
        """Ask for the document and bring it; its reader loads while the site answers the click."""
        try:
            with self._session.witness(), Reader() as reader:
                consultation.before_click = reader.start
                ask()
                trace.note("document page reached")
                return self._accept(job, self._download(job, request, trace, reader), trace)
        except SessionError as error:
            if not consultation.stands:
                raise
            found = self._find_again(job, trace, consultation, error)
            if found is None:
                raise
            return found

    def _find_again(
        self, job: Job, trace: Trace, consultation: JobConsultation, error: ExtractorError
    ) -> tuple[Document, Request | None] | None:
        """Look where the click led to with a new login, and again while site or login are in trouble.

        Raises the last trouble at the document's bound.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            trace.note(f"{error.code}: {error}")
            self._session.retire()
            try:
                return self._find_paid(job, trace, silent_seconds=self._waits.document_seconds)
            except (SessionError, SiteError) as trouble:
                if trace.seconds + pause > consultation.clicked_at + self._waits.document_seconds:
                    raise
                error = trouble
            time.sleep(pause)
            pause *= 2

    def _download(self, job: Job, request: Request | None, trace: Trace, reader: Reader) -> Judged:
        """Fetch the file of the page that is open until it is whole, or the document's bound passes: it is paid.

        A site may send another file than the document at first, so one that is not what was asked for is asked for
        again, MOST_OBJECTIONS times in all.
        """
        best: Judged | None = None
        objections = 0
        for way in self._session.site.document_files(self._spool.incoming(job)):
            trace.note(f"file {way}")
            judged = self._take_in(job, request, trace, reader)
            best = self._better(best, judged) if best else judged
            objections += judged.objection is not None
            if best.judgement.is_whole and (best.objection is None or objections == MOST_OBJECTIONS):
                break
            trace.note(f"not whole: {judged.objection or judged.judgement.refusal or judged.judgement.warning}")
        if best is None:
            raise DocumentTimeout(Sentence("The document is there and paid, but its save link sent no file."))
        return best

    def _take_in(self, job: Job, request: Request | None, trace: Trace, reader: Reader) -> Judged:
        """Bytes first: they are durable, and the row belongs to their spool, before anything may stumble over them."""
        bought = self._spool.keep(job, request)
        self._jobs.bind_to_spool(job, spool_id=self._spool.id)
        trace.note("bytes in the spool")
        return _judged(bought, job, reader)

    def _better(self, one: Judged, other: Judged) -> Judged:
        """Of two downloads of one purchase the one that is worth more; the other is forgotten."""
        best, rest = (other, one) if other.worth > one.worth else (one, other)
        self._spool.drop(rest.bought)
        return best

    def _accept(self, job: Job, judged: Judged, trace: Trace) -> tuple[Document, Request | None]:
        """Make a document of judged bytes; raises DocumentRefused or WrongDocument, and the bytes stay."""
        bought, judgement = judged.bought, judged.judgement
        if judgement.refusal:
            raise DocumentRefused(judgement.refusal)
        if judged.objection is not None:
            raise judged.objection
        identity, reading = recognise(judgement.texts, job, bought.request)
        document = Document(
            path=bought.path,
            sha256=judgement.sha256,
            size_bytes=judgement.size_bytes,
            pages=judgement.pages,
            warning=judgement.warning and say_in(self._jobs.language, judgement.warning),
            identity=identity,
        )
        trace.note(f"judged: identity {document.identity}; {document.warning or 'nothing odd'}")
        document = self._spool.put(job, document, reading)
        self._jobs.record_document(job, document, spool_id=self._spool.id)
        trace.note("in the spool")
        return document, reading


class Judged(NamedTuple):
    """A download, and what came of looking at it."""

    bought: Bought
    judgement: Judgement
    objection: JobError | None
    """Why it is not what was asked for, if a reader opens it."""

    @property
    def worth(self) -> tuple[bool, tuple[bool, bool, int, int]]:
        """The one that is worth more is kept."""
        return self.judgement.refusal is None and self.objection is None, self.judgement.worth


def _judged(bought: Bought, job: Job, reader: Reader | None = None) -> Judged:
    judgement = judge(bought.path, reader)
    is_open = judgement.refusal is None
    return Judged(bought, judgement, objection(judgement.texts, job, bought.request) if is_open else None)


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
