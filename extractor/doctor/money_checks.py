"""The check of the bounds on money: it only says what they are, for a person to see before the first row is bought."""

from __future__ import annotations

from extractor.doctor.check import Verdict, ok
from extractor.settings import Settings
from extractor.words import amount, counted, dollars


def examine_limits(settings: Settings) -> Verdict:
    """The limit per day, the limit per row, and after how many consultations without a document a source stops."""
    limits = (
        _per_day(settings.daily_consultation_limit),
        f"at most {counted(settings.max_consultations_per_job, 'consultation')} per row",
        _in_vain(settings.paid_without_document_limit),
    )
    return ok(f"{'; '.join(limits)}.")


def _per_day(limit: int | None) -> str:
    if limit is None:
        return "no limit per day (DAILY_CONSULTATION_LIMIT=0)"
    return f"at most {counted(limit, 'consultation')} per day over all rows, about {amount(dollars(limit))}"


def _in_vain(limit: int) -> str:
    if not limit:
        return "no stop when money brings nothing (PAID_WITHOUT_DOCUMENT_LIMIT=0)"
    return f"a source stops after {counted(limit, 'consultation')} in a row without a document"
