"""The call about names: which circonscriptions and cadastres a row may ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from extractor import reports
from extractor.api.problems import documented
from extractor.api.rows import MAX_CHARACTERS
from extractor.language.sentences import Sentence
from extractor.matching import MatchRefused
from extractor.operations import Unknown
from extractor.reports import KnownPlaces

router = APIRouter(prefix="/api/places", tags=["extractions"])


@router.get("", responses=documented(404))
def list_places(
    circonscription: Annotated[
        str | None, Query(max_length=MAX_CHARACTERS, description="A circonscription, however it is spelled.")
    ] = None,
) -> KnownPlaces:
    """List the circonscriptions, or the cadastres of one with the ministry's codes, as far as they are known here."""
    try:
        return reports.places(circonscription)
    except MatchRefused as refusal:
        raise Unknown(Sentence("circonscription: {refusal}.", refusal=refusal)) from refusal
