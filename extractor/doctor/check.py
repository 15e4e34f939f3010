"""What a check is, what it finds, and how checks run: the settings first; one that lacks its part is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from extractor import redaction
from extractor.errors import ConfigurationError
from extractor.settings import Settings, load_settings


class State(StrEnum):
    """The condition of a part."""

    OK = "ok"
    WARNING = "warning"  # works, but not as it should
    PROBLEM = "problem"
    SKIPPED = "skipped"  # a part that it needs has a problem


UNDONE = (State.PROBLEM, State.SKIPPED)


@dataclass(frozen=True)
class Verdict:
    """What one check says of its part: how it is, and what to do when that is not ok."""

    state: State
    text: str


@dataclass(frozen=True)
class Finding:
    """A verdict with the name of its part: one line of the report."""

    name: str
    state: State
    text: str


# What to do, behind the error's own first line; or what makes the whole text from the error.
Remedy = str | Callable[[Exception, Settings], str]
Remedies = Mapping[type[Exception], Remedy]


@dataclass(frozen=True)
class Check:
    """One part: how to examine it, the foreseen errors with what to do about each, the parts it needs.

    The first class that fits an error has its remedy; an empty one stands for an error whose own words say it.
    """

    name: str
    examine: Callable[[Settings], Verdict]
    remedies: Remedies
    needs: tuple[str, ...] = ()

    def verdict(self, settings: Settings) -> Verdict:
        """Examine the part; a foreseen error is a problem, any other is a defect in the program and is raised."""
        try:
            return self.examine(settings)
        except tuple(self.remedies) as error:
            remedy = next(remedy for kind, remedy in self.remedies.items() if isinstance(error, kind))
            return problem(
                f"{first_sentence(error)} {remedy}".rstrip() if isinstance(remedy, str) else remedy(error, settings)
            )


def ok(text: str) -> Verdict:
    return Verdict(State.OK, text)


def warning(text: str) -> Verdict:
    """The part works, but there is something to do."""
    return Verdict(State.WARNING, text)


def problem(text: str) -> Verdict:
    """The part does not work until something is done."""
    return Verdict(State.PROBLEM, text)


def examine_in_order(checks: tuple[Check, ...]) -> Iterator[Finding]:
    """Yield one finding per part, each as soon as it is known, with no secret of the settings in it."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield Finding("settings", State.PROBLEM, f"Correct .env or the environment: {' '.join(str(error).split())}")
        yield from (Finding(check.name, State.SKIPPED, "settings first.") for check in checks)
        return
    redaction.hide_settings(settings)  # libraries quote what they were given
    yield Finding("settings", State.OK, "complete, and nothing contradicts.")
    yield from _examine(checks, settings)


def _examine(checks: tuple[Check, ...], settings: Settings) -> Iterator[Finding]:
    missing: set[str] = set()
    for check in checks:
        lacking = [name for name in check.needs if name in missing]
        if lacking:
            finding = Finding(check.name, State.SKIPPED, f"{' and '.join(lacking)} first.")
        else:
            verdict = check.verdict(settings)
            finding = Finding(check.name, verdict.state, redaction.redact(verdict.text))
        if finding.state in UNDONE:
            missing.add(check.name)
        yield finding


def first_sentence(error: Exception) -> str:
    """The error's first line: what follows in psycopg's and Playwright's is for programmers."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(" .:") + "."
