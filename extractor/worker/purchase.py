"""Buying the row's document: what was paid earlier is looked for first, then its readings are asked for in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from extractor.documents.judge import Reader
from extractor.documents.spool import Found, Spool
from extractor.errors import (
    DocumentNotFound,
    ExtractorError,
    JobError,
    NameNotMatched,
    SessionError,
    SessionExpired,
    SiteError,
)
from extractor.matching.readings import readings
from extractor.matching.request import Request
from extractor.models import Job, Source
from extractor.postgres.jobs import Jobs
from extractor.registry.forms import RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.worker.acceptance import Acceptance
from extractor.worker.consultation import JobConsultation, Waits
from extractor.worker.drain import Drain
from extractor.worker.learning import Learning
from extractor.worker.recognition import request_of
from extractor.worker.trace import Trace

# Before the second new login after a click whose session died; each further one waits twice as long.
FIRST_PAUSE_SECONDS = 1.0


class Session(Protocol):
    """What a purchase needs of a session."""

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


class Purchase:
    """Of one attempt, made once: its document is in the spool then, and a crash leaves the clicks on the attempt."""

    def __init__(
        self,
        job: Job,
        trace: Trace,
        *,
        jobs: Jobs,
        session: Session,
        spool: Spool,
        drain: Drain,
        waits: Waits,
        learning: Learning | None,
    ) -> None:
        self._job = job
        self._trace = trace
        self._jobs = jobs
        self._session = session
        self._drain = drain
        self._waits = waits
        self._learning = learning
        self._acceptance = Acceptance(job, trace, jobs=jobs, spool=spool)

    def make(self) -> Found:
        """Ask for the row as it stands, then for the other readings of its own words; raises the first refusal.

        A refusal after a click that was perhaps charged is raised at once: no other reading is bought on top of it.
        """
        # In the attempt's own time, which says whether a click can be waited out.
        self._session.ensure_answering()
        self._session.recycle_when_due()
        # Half of what the attempt can spare: a form must still come, and a click that can be waited out.
        spare_seconds = self._waits.job_seconds - self._waits.document_seconds - self._trace.seconds
        if found := self._find_paid(silent_seconds=spare_seconds / 2):
            return found
        refusals: list[JobError] = []
        for reading in readings(request_of(self._job)):
            self._trace.note(f"reading: {reading.why}")
            consultation = self._begin_consultation()
            try:
                return self._fetch(reading, consultation)
            except (DocumentNotFound, NameNotMatched) as refusal:
                self._trace.note(f"refused: {refusal}")
                if consultation.stands:
                    raise
                refusals.append(refusal)
        raise refusals[0]

    def _begin_consultation(self) -> JobConsultation:
        return JobConsultation(self._jobs, self._job, self._trace, drain=self._drain, waits=self._waits)

    def _find_paid(self, *, silent_seconds: float) -> Found | None:
        """The document that an earlier click paid and that never came, if it is now where that click led to.

        A page there that says nothing is looked at for `silent_seconds`.
        """
        address = self._jobs.paid_address(self._job)
        if address is None:
            return None
        self._session.open_form(self._job.source)  # proves the login
        with self._session.witness():
            if not self._session.site.find_document(
                address,
                request_of(self._job),
                consultation=self._begin_consultation(),
                seconds=min(self._waits.document_seconds, self._waits.job_seconds - self._trace.seconds),
                silent_seconds=silent_seconds,
            ):
                self._trace.note("a click was perhaps charged, and its document is not where it led to")
                return None
            self._trace.note("found where a click led to that was perhaps charged")
            with Reader() as reader:
                reader.start()
                return self._acceptance.take(self._session.site, None, reader)

    def _fetch(self, request: Request, consultation: JobConsultation) -> Found:
        """Buy the document, by a learned request where one is known."""
        if self._learning is None:
            return self._fetch_by_form(request, consultation)
        return self._learning.fetch(
            self._job,
            request,
            self._trace,
            consultation,
            by_form=lambda: self._fetch_by_form(request, consultation),
            by_post=lambda known: self._reach(
                request,
                consultation,
                lambda: self._session.site.request_learned(known, request, consultation=consultation),
            ),
        )

    def _fetch_by_form(self, request: Request, consultation: JobConsultation) -> Found:
        form = self._session.open_form(self._job.source)
        self._trace.note("form open, since the last row" if form.opened_ahead else "form open")
        try:
            return self._reach(
                request,
                consultation,
                lambda: self._session.site.request_document(form, request, consultation=consultation),
            )
        except SessionExpired:
            if not form.opened_ahead or consultation.stands:
                raise
            self._trace.note("its login had ended: the form is opened again")
            self._session.retire()
            return self._fetch_by_form(request, consultation)

    def _reach(self, request: Request, consultation: JobConsultation, ask: Callable[[], None]) -> Found:
        """Ask for the document and bring it; its reader loads while the site answers the click.

        When the session dies after the click, the document is looked for with a new login of the same account: another
        attempt may get another account, which does not see what this one bought.
        """
        try:
            with self._session.witness(), Reader() as reader:
                consultation.before_click = reader.start
                ask()
                self._trace.note("document page reached")
                return self._acceptance.take(self._session.site, request, reader)
        except SessionError as error:
            if not consultation.stands:
                raise
            found = self._find_again(consultation, error)
            if found is None:
                raise
            return found

    def _find_again(self, consultation: JobConsultation, error: ExtractorError) -> Found | None:
        """Look where the click led to with a new login, and again while site or login are in trouble.

        Raises the last trouble at the document's bound.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._trace.note(f"{error.code}: {error}")
            self._session.retire()
            try:
                return self._find_paid(silent_seconds=self._waits.document_seconds)
            except (SessionError, SiteError) as trouble:
                if self._trace.seconds + pause > consultation.clicked_at + self._waits.document_seconds:
                    raise
                error = trouble
            time.sleep(pause)
            pause *= 2
