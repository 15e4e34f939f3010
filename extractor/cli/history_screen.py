"""`show`: a row's columns that hold something, then its attempts."""

from __future__ import annotations

from datetime import datetime

from extractor.cli.terminal import say
from extractor.reports import AttemptReport, Click, Extraction, History
from extractor.words import clock, duration, moment

LABEL_WIDTH = 26
# Zero and empty say nothing here.
QUIET = (None, 0, "")


def print_history(history: History) -> None:
    """Print each fact on one line without wrapping, so that grep finds all of it."""
    _print_row(history.row)
    for attempt in history.attempts:
        say()
        _print_attempt(attempt)
    if not history.attempts:
        say("\nNo attempt yet.")


def _print_row(row: Extraction) -> None:
    for name, value in row:
        if value not in QUIET:
            say(f"{name:<{LABEL_WIDTH}} {_text(value)}")


def _print_attempt(attempt: AttemptReport) -> None:
    account = f" with {attempt.account}" if attempt.account else ""
    say(f"attempt {attempt.id}: {attempt.outcome or 'in progress'} after {duration(attempt.seconds)}")
    say(f"  {moment(attempt.started_at)}  by {attempt.worker_id}{account}")
    moments = {
        "consultation": attempt.consultation_at,
        "document saved": attempt.document_saved_at,
        "uploaded": attempt.uploaded_at,
        "finished": attempt.finished_at,
    }
    known = [f"{name} {clock(at)}" for name, at in moments.items() if at]
    if known:
        say(f"  {', '.join(known)}")
    for click in attempt.clicks:
        say(f"  {_click(click)}")
    if attempt.error_code:
        say(f"  {attempt.error_code}: {attempt.message}")
    if attempt.supabase_path:
        say(f"  document: {attempt.supabase_path}")
    if attempt.evidence_path:
        say(f"  evidence: {attempt.evidence_path}")
    for step in attempt.steps:
        say(f"  {step.seconds:8.2f} s  {step.step}")


def _click(click: Click) -> str:
    return f"consultation {click.consultation}: {clock(click.clicked_at)} {click.kind}: {click.what_came}"


def _text(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)
