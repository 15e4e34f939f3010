"""Which reading of the row a document belongs to, by its own text."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.documents.error_page import error_said
from extractor.documents.identity import check_identity
from extractor.errors import DocumentRefused, JobError, WrongDocument
from extractor.language.sentences import Sentence
from extractor.matching.readings import readings
from extractor.matching.request import Request
from extractor.models import Identity, Job


def recognise(texts: Sequence[str], job: Job, asked: Request | None) -> tuple[Identity, Request | None]:
    """What the text says, and which reading it belongs to; raises WrongDocument when it belongs to none.

    `asked` is None for bytes of which it is not known any more; then a text that proves no reading leaves it unknown.
    """
    if asked is not None:
        return check_identity(texts, asked), asked
    contradictions: list[WrongDocument] = []
    for reading in (asked_for := readings(request_of(job))):
        try:
            if check_identity(texts, reading) is Identity.CHECKED:
                return Identity.CHECKED, reading
        except WrongDocument as contradiction:
            contradictions.append(contradiction)
    if len(contradictions) == len(asked_for):
        raise contradictions[0]
    return Identity.UNCHECKED, None


def objection(texts: Sequence[str], job: Job, asked: Request | None, *, needs_proof: bool = False) -> JobError | None:
    """Why a sound file is not the document that was asked for; None when it may be, with `needs_proof` when it is."""
    if said := error_said(texts):
        return DocumentRefused(Sentence("The registry sent a PDF that is no document. It says: {said}", said=said))
    try:
        identity, _ = recognise(texts, job, asked)
    except WrongDocument as contradiction:
        return contradiction
    if needs_proof and identity is not Identity.CHECKED:
        return DocumentRefused(
            Sentence("A PDF came by a link of a page that is not known, and does not say that it is the document.")
        )
    return None


def request_of(job: Job) -> Request:
    """The row as it stands."""
    return Request(
        source=job.source,
        number=job.document_number_normalized,
        circonscription=job.circonscription,
        cadastre=job.cadastre,
        designation=job.designation,
        acte_type=job.acte_type,
    )
