"""Switches single guards of the product off in the process that loads it, to prove that the oracle sees their absence.

A guard is off while the file `OFF.NAME` is in CHAOS_DIRECTORY; see `test_guards.py`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from extractor.documents.spool import Spool
from extractor.documents.supabase_storage import SupabaseStorage
from extractor.errors import ConsultationLimit, JobLost
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.jobs import Jobs

DIRECTORY = Path(os.environ["CHAOS_DIRECTORY"])

Method = Callable[..., Any]


def is_off(guard: str) -> bool:
    """Whether this guard is switched off now."""
    return (DIRECTORY / f"OFF.{guard}").exists()


def _instead(owner: type, method: str, guard: str, replacement: Callable[[Method, tuple[Any, ...]], Any]) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def switched(*arguments: Any, **options: Any) -> Any:
        if is_off(guard):
            return replacement(functools.partial(original, *arguments, **options), arguments)
        return original(*arguments, **options)

    setattr(owner, method, switched)


def _whatever_it_says(original: Method, _arguments: tuple[Any, ...]) -> None:
    try:
        original()
    except (JobLost, ConsultationLimit):
        return


def _nothing(_original: Method, _arguments: tuple[Any, ...]) -> None:
    return


_instead(Jobs, "record_consultation", "fence", _whatever_it_says)
_instead(Spool, "get", "spool", _nothing)
_instead(Spool, "holds", "spool", _nothing)
_instead(SupabaseStorage, "download", "storage_lookup", _nothing)
_instead(Jobs, "record_site_failure", "breaker", _nothing)
_instead(Doorbell, "_prove", "self_notify", _nothing)
