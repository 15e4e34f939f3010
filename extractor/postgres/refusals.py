"""Why the database let an attempt make no click: its answer as the error that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.errors import (
    AccountLost,
    Cancelled,
    ConsultationLimit,
    DailyLimit,
    ExtractorError,
    RequestChanged,
    SourceStopped,
)
from extractor.language.sentences import Sentence
from extractor.postgres.lease import GONE

# What was charged meanwhile follows.
CHANGED = Sentence("The row was changed after it was claimed, and asks for another document.")


def changed_before_its_charge() -> RequestChanged:
    """A person changed what the row asks for, before anything was charged for it."""
    return RequestChanged(Sentence("{changed} Nothing was charged; it goes again.", changed=CHANGED))


def refusal(answer: Mapping[str, Any], daily_limit: int | None) -> ExtractorError:
    if not answer["has_account"]:
        if answer["stands"]:
            return AccountLost(
                Sentence("The account {gone}. An earlier click was perhaps charged; the row goes again.", gone=GONE)
            )
        return AccountLost(Sentence("The account {gone}. Nothing was charged; the row goes again.", gone=GONE))
    if answer["cancelled"]:
        return Cancelled(Sentence("Cancelled before its consultation."))
    if answer["edited"]:
        return changed_before_its_charge()
    if answer["stopped"]:
        return SourceStopped(
            Sentence(
                "Nothing more is bought of this source until a person resumes it. {reason}.", reason=answer["reason"]
            )
        )
    if answer["by_job"] >= answer["allowed"]:
        return ConsultationLimit(
            Sentence(
                "This row was already consulted {by_job} time(s), each perhaps charged, and {allowed} is"
                " its limit. Look at the account's billing history; to allow one more, set"
                " max_consultations = {more} together with status = 'En attente'.",
                by_job=answer["by_job"],
                allowed=answer["allowed"],
                more=answer["by_job"] + 1,
            )
        )
    return DailyLimit(
        Sentence(
            "{today} consultations were made today and DAILY_CONSULTATION_LIMIT is {daily_limit}:"
            " the row waits until tomorrow.",
            today=answer["today"],
            daily_limit=daily_limit,
        )
    )
