"""Sources paused by a person, and resumed: durable, and seen by every bridge and worker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from extractor.language.sentences import Sentence
from extractor.models import DOCUMENT_SOURCE, Frozen, Source
from extractor.operations.refusals import NotPossible, Refusal
from extractor.operations.rows import FILE
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries


class SourceState(Frozen):
    """A source after it was paused or resumed."""

    source: Source = DOCUMENT_SOURCE
    paused: bool
    reason: str | None
    broken_until: datetime | None
    """Until when its breaker is open; a resumed source still waits for that, since no person opened it."""
    broken_reason: str | None
    waiting: int
    running: int


def pause(database: Database, sources: Iterable[Source], *, by: str, why: str) -> tuple[SourceState, ...]:
    """Send and claim no more rows of these sources; running ones finish."""
    if not why.strip():
        raise NotPossible(Sentence("Say why: the person who finds the source paused will want to know."))
    parameters = {"sources": [*sources], "paused_by": by, "reason": why.strip()}
    return _states(Queries(database, FILE).records("pause", parameters))


def resume(database: Database, sources: Iterable[Source]) -> tuple[SourceState, ...]:
    """Let these sources' rows go again; the bridge notices within its sweep."""
    return _states(Queries(database, FILE).records("resume", {"sources": [*sources]}))


def _states(rows: list[dict[str, object]]) -> tuple[SourceState, ...]:
    if not rows:
        raise Refusal(Sentence("source_control has no row of that source: run `extractor migrate`."))
    return tuple(sorted((SourceState.model_validate(row) for row in rows), key=lambda state: state.source))
