"""Learned requests (`REQUESTS=learned`): when a row is asked for by one POST, and what its answer teaches.

The row's clicks, its judgement and its money are those of any other row; a learned request only leaves the form out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from extractor.documents.spool import Found
from extractor.errors import (
    Cancelled,
    ConsultationLimit,
    DocumentTimeout,
    ExtractorError,
    JobError,
    NameNotMatched,
    SessionExpired,
    SiteChanged,
    SiteError,
    WrongDocument,
)
from extractor.language.sentences import Sentence
from extractor.matching.request import Request
from extractor.models import Account, Document, Identity, Job, Source
from extractor.postgres.database import OUTAGES
from extractor.postgres.learned import LearnedForms
from extractor.registry.learned_request import KnownRequest, NotLearned, Slot, known_request
from extractor.registry.learned_session import LearnedRequests
from extractor.registry.registry_site import RegistrySite
from extractor.worker.consultation import JobConsultation
from extractor.worker.trace import Trace

logger = logging.getLogger(__name__)

# What the answer to a learned request may mean for the row. The form is asked before anybody believes it.
_ANSWERS = (SiteError, JobError, SessionExpired)
# What was decided before any click.
_DECISIONS = (Cancelled, ConsultationLimit)
# A process that died with a trial gives the next one to another after this time.
TRIAL_SECONDS = 600.0


class Session(Protocol):
    """What learning needs of a session."""

    @property
    def site(self) -> RegistrySite:
        """The logged-in site."""

    @property
    def account(self) -> Account | None:
        """Whose secrets must not be kept."""


class Learning:
    """Belongs to one worker process; what it knows is in Postgres, and shared.

    An outage of Postgres sends the row to the form, and is no failure of the row.
    """

    def __init__(self, forms: LearnedForms, session: Session) -> None:
        self._forms = forms
        self._session = session

    def fetch(
        self,
        job: Job,
        request: Request,
        trace: Trace,
        consultation: JobConsultation,
        *,
        by_form: Callable[[], Found],
        by_post: Callable[[KnownRequest], Found],
    ) -> Found:
        """The document, by a learned request where one is known, else by the form; raises what either raises.

        The form is asked for the same document only when every click before it is proved to be free.
        """
        unexpected: ExtractorError | None = None
        if (known := self._known(job, request)) is not None:
            trace.note("learned request: one POST, without the form")
            try:
                found = by_post(known)
            except _ANSWERS as error:
                if isinstance(error, _DECISIONS) or consultation.stands:
                    self._note_failure(job.source, error)
                    raise _for_the_row(error) from error.__cause__
                unexpected = error
                trace.note(f"back to the form: {error.code}: {error}")
            except ExtractorError:
                self._end_trial(job.source)
                raise
            else:
                self._note_document(job.source, found.document)
                return found
        try:
            found = by_form()
        except ExtractorError as error:
            self._compare(job.source, unexpected, error)
            self._learn(job.source, brought=False)
            raise
        self._compare(job.source, unexpected, None)
        self._learn(job.source, brought=True)
        return found

    def _known(self, job: Job, request: Request) -> KnownRequest | None:
        """The request when all of it is known. A row that failed before goes through the form."""
        known = None
        with _without_failing():
            learned = self._learned()
            if learned is None or not learned.is_proved or job.attempts > 1:
                return None
            known = self._look_up(learned, request)
            if known is not None and not learned.has_seen(known.source, known.body):
                return None
            if known is not None and not self._forms.begin(job.source, learned.site, trial_seconds=TRIAL_SECONDS):
                return None
        return known

    def _look_up(self, learned: LearnedRequests, request: Request) -> KnownRequest | None:
        circonscriptions = self._forms.circonscriptions(request.source, learned.site)
        if circonscriptions is None:
            return None
        try:
            chosen = {
                Slot.CIRCONSCRIPTION: learned.value_for(request.circonscription, circonscriptions, "circonscription")
            }
            there = self._forms.of_circonscription(request.source, chosen[Slot.CIRCONSCRIPTION])
            if request.source is not Source.ACTE:
                if not there.cadastres:
                    return None
                chosen[Slot.CADASTRE] = learned.value_for(request.cadastre or "", there.cadastres, "cadastre")
            place = there.places.get(chosen.get(Slot.CADASTRE, ""))
            if place is None:
                return None
            asked = {Slot.DESIGNATION: request.designation, Slot.ACTE_TYPE: request.acte_type}
            for slot, wanted in asked.items():
                if slot in place.lists:
                    chosen[slot] = learned.value_for(wanted, place.lists[slot], slot)
                elif wanted is not None:
                    return None
        except NameNotMatched:
            return None  # the form says in its own words what it offers
        return known_request(place, request.source, chosen, request.number, datetime.now(UTC))

    def _note_document(self, source: Source, document: Document) -> None:
        """The first documents must say themselves that they are the right ones."""
        with _without_failing():
            if (learned := self._learned()) is not None:
                learned.note_login_proved()
            if document.identity is Identity.CHECKED:
                self._forms.note_verified(source)
            elif not self._forms.is_trusted(source):
                self._forms.close(
                    source, "one of the first documents of learned requests does not say that it is the right one"
                )

    def _note_failure(self, source: Source, error: ExtractorError) -> None:
        """Nothing is asked for again: the row ends as any row whose click may have been charged."""
        with _without_failing():
            if isinstance(error, WrongDocument):
                self._forms.close(source, f"a learned request brought another document: {error}")
            elif isinstance(error, _DECISIONS):
                self._forms.end_trial(source)
            else:
                self._forms.note_unexpected(source, f"{error.code} after a learned request: {error}")

    def _compare(self, source: Source, unexpected: ExtractorError | None, by_form: ExtractorError | None) -> None:
        """Whether the form was answered as the learned request was: then the answer is the registry's, and right."""
        if unexpected is None:
            return
        with _without_failing():
            if by_form is not None and by_form.code == unexpected.code:
                self._forms.end_trial(source)
            else:
                self._forms.note_unexpected(
                    source, f"the form was answered otherwise than the learned request: {unexpected}"
                )

    def _learn(self, source: Source, *, brought: bool) -> None:
        with _without_failing():
            learned, account = self._learned(), self._session.account
            if learned is None or account is None:
                return
            try:
                seen = learned.observation([secret.get_secret_value() for secret in account.secrets])
            except NotLearned as why:
                self._forms.refuse(source, str(why))
            else:
                if seen is not None:
                    self._forms.learn(seen, learned.site, brought=brought)

    def _end_trial(self, source: Source) -> None:
        with _without_failing():
            self._forms.end_trial(source)

    def _learned(self) -> LearnedRequests | None:
        """What this login has seen; None when its session ended."""
        try:
            return self._session.site.learned
        except SessionExpired:
            return None


def _for_the_row(error: ExtractorError) -> ExtractorError:
    """A page that only a learned request brought does not show that the site changed: no breaker opens for it."""
    if not isinstance(error, SiteChanged):
        return error
    uncertain = DocumentTimeout(
        Sentence(
            "The registry answered a learned request with another page than the document: {error} The registry may have"
            " charged it; the next attempt goes through the form.",
            error=error,
        )
    )
    uncertain.evidence = error.evidence
    return uncertain


@contextmanager
def _without_failing() -> Iterator[None]:
    """An outage of Postgres, or a browser that is gone, teaches nothing; the row goes on without it."""
    try:
        yield
    except (*OUTAGES, ExtractorError) as error:
        logger.warning("Nothing was learned of the registry's form: %s", error)
