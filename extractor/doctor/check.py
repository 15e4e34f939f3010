"""What a check is and what it finds; `examination.py` runs them in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from extractor.settings import Settings


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"  # works, not as it should
    PROBLEM = "problem"
    SKIPPED = "skipped"  # a part that it needs has a problem


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


Remedies = Mapping[type[Exception], str]


@dataclass(frozen=True)
class Check:
    """One part: how to examine it, the errors that this foresees with what to do about each, the parts it needs.

    The first class that fits an error has its remedy; an empty one stands for an error whose own words say it.
    """

    name: str
    examine: Callable[[Settings], Verdict]
    remedies: Remedies
    needs: tuple[str, ...] = ()

    def run(self, settings: Settings) -> Verdict:
        """Examine the part; a foreseen error is a problem, any other is a defect of ours and leaves."""
        try:
            return self.examine(settings)
        except tuple(self.remedies) as error:
            remedy = next(text for kind, text in self.remedies.items() if isinstance(error, kind))
            return problem(f"{_sentence(error)} {remedy}".rstrip())


def ok(text: str) -> Verdict:
    """Nothing to do."""
    return Verdict(State.OK, text)


def warning(text: str) -> Verdict:
    """Something to do, and meanwhile it works."""
    return Verdict(State.WARNING, text)


def problem(text: str) -> Verdict:
    """Something to do before it works."""
    return Verdict(State.PROBLEM, text)


def password_of(url: str) -> str | None:
    """The password of a URL, also of one that nothing can parse."""
    found = re.search(r"://[^:/@]*:(.*)@", url)
    return found[1] if found else None


def has_raw_password(url: str) -> bool:
    """Whether the password is not percent-encoded: errors about such a URL quote parts of it as host or port."""
    return bool(set(password_of(url) or "") & set("@/?#[]"))


def _sentence(error: Exception) -> str:
    """The error's first line: what follows in psycopg's and Playwright's is for programmers."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(" .:") + "."
