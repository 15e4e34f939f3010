"""From the files that the registry sends to the row's document: kept first, then judged, then accepted or refused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from extractor.documents.judge import Judgement, Reader, judge
from extractor.documents.spool import Bought, Found, Spool
from extractor.errors import DocumentRefused, DocumentTimeout, JobError
from extractor.language.sentences import Sentence, say_in
from extractor.matching.request import Request
from extractor.models import Document, Job
from extractor.postgres.jobs import Jobs
from extractor.registry.registry_site import RegistrySite
from extractor.worker.recognition import objection, recognise
from extractor.worker.trace import Trace

# How often a file that is not what was asked for is taken before it is believed.
MOST_OBJECTIONS = 3


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


class Acceptance:
    """Of one attempt. What is refused raises DocumentRefused or WrongDocument, and its bytes stay in the spool."""

    def __init__(self, job: Job, trace: Trace, *, jobs: Jobs, spool: Spool) -> None:
        self._job = job
        self._trace = trace
        self._jobs = jobs
        self._spool = spool

    def take(self, site: RegistrySite, request: Request | None, reader: Reader) -> Found:
        """The document of the page that is open; DocumentTimeout when its save link sends no file."""
        return self._accept(self._download(site, request, reader))

    def take_kept(self, kept: Sequence[Bought]) -> Found:
        """The document among bytes that lie in the spool, at least one file, and were not judged to the end."""
        return self._accept(reduce(self._better, [self._judged(bought) for bought in kept]))

    def _download(self, site: RegistrySite, request: Request | None, reader: Reader) -> Judged:
        """Fetch the file of the page that is open until it is whole, or the document's bound passes: it is paid.

        A site may send another file than the document at first, so one that is not what was asked for is asked for
        again, MOST_OBJECTIONS times in all.
        """
        best: Judged | None = None
        objections = 0
        for way in site.document_files(self._spool.incoming(self._job)):
            self._trace.note(f"file {way}")
            judged = self._judged(self._keep(request, needs_proof=site.needs_proof), reader)
            best = self._better(best, judged) if best else judged
            objections += judged.objection is not None
            if best.judgement.is_whole and (best.objection is None or objections >= MOST_OBJECTIONS):
                break
            self._trace.note(f"not whole: {judged.objection or judged.judgement.refusal or judged.judgement.warning}")
        if best is None:
            raise DocumentTimeout(Sentence("The document is there and paid, but its save link sent no file."))
        return best

    def _keep(self, request: Request | None, *, needs_proof: bool) -> Bought:
        """Bytes first: they are durable, and the row belongs to their spool, before anything may stumble over them."""
        bought = self._spool.keep(self._job, request, needs_proof=needs_proof)
        self._jobs.bind_to_spool(self._job, spool_id=self._spool.id)
        self._trace.note("bytes in the spool")
        return bought

    def _judged(self, bought: Bought, reader: Reader | None = None) -> Judged:
        judgement = judge(bought.path, reader)
        if judgement.refusal is not None:
            return Judged(bought, judgement, None)
        against = objection(judgement.texts, self._job, bought.request, needs_proof=bought.needs_proof)
        return Judged(bought, judgement, against)

    def _better(self, one: Judged, other: Judged) -> Judged:
        """Of two downloads of one purchase the one that is worth more; the other is forgotten."""
        best, rest = (other, one) if other.worth > one.worth else (one, other)
        self._spool.drop(rest.bought)
        return best

    def _accept(self, judged: Judged) -> Found:
        """Make a document of judged bytes."""
        bought, judgement = judged.bought, judged.judgement
        if judgement.refusal:
            raise DocumentRefused(judgement.refusal)
        if judged.objection is not None:
            raise judged.objection
        identity, reading = recognise(judgement.texts, self._job, bought.request)
        document = Document(
            path=bought.path,
            sha256=judgement.sha256,
            size_bytes=judgement.size_bytes,
            pages=judgement.pages,
            warning=judgement.warning and say_in(self._jobs.language, judgement.warning),
            identity=identity,
        )
        self._trace.note(f"judged: identity {document.identity}; {document.warning or 'nothing odd'}")
        document = self._spool.put(self._job, document, reading)
        self._jobs.record_document(self._job, document, spool_id=self._spool.id)
        self._trace.note("in the spool")
        return Found(document, reading)
