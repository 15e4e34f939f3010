"""The check of learned requests: what is known of each form, and why a source goes through its form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from extractor.doctor.check import Verdict, ok, warning
from extractor.postgres.database import Database
from extractor.postgres.learned import TRUSTED, LearnedForms
from extractor.settings import Settings
from extractor.words import counted, moment


def examine_learned(settings: Settings) -> Verdict:
    """One clause per source; a warning where learned requests are closed or prevented."""
    if settings.requests == "form":
        return ok("REQUESTS=form: every request goes through its form.")
    with closing(Database(settings.database_url.get_secret_value(), max_connections=1)) as database:
        conditions = LearnedForms(database).conditions()
    text = " ".join(f"{one['source']}: {_condition(one)}." for one in conditions)
    is_troubled = any(one["closed_until"] or one["hindrance"] for one in conditions)
    return warning(f"{text} Rows go through the form meanwhile: see docs/learned.md.") if is_troubled else ok(text)


def _condition(one: Mapping[str, Any]) -> str:
    if one["closed_until"]:
        return f"closed until {moment(one['closed_until'])}, because {one['closed_why'].rstrip('.')}"
    if one["hindrance"]:
        return f"not learned: {one['hindrance']}"
    if not one["places"]:
        return "nothing learned yet"
    trial = "" if one["verified"] >= TRUSTED else f", {one['verified']} of {TRUSTED} first documents verified"
    return f"{counted(one['places'], 'place')} known{trial}"
