"""Moments as people type them: a time ago, a day, or a moment of a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import typer

from extractor.reports import is_no_period

FORMS = "30min, 2h, 3d, 2026-11-03 or 2026-11-03T14:00"
_AGO = re.compile(r"(\d{1,6}) ?(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class TypedMoment:
    """What was typed; days and moments without a zone are of this machine's zone."""

    ago: timedelta | None = None
    day: date | None = None
    at: datetime | None = None

    def begins(self, now: datetime) -> datetime:
        """The moment, or the first one of the day; `now` is the database's."""
        if self.ago is not None:
            return now - self.ago
        return self.at or _midnight(self.day)

    def ends(self, now: datetime) -> datetime:
        """The moment, or the end of the day: `until 3 November` includes that day."""
        return _midnight(self.day + timedelta(days=1)) if self.day is not None else self.begins(now)


def read_moment(text: str) -> TypedMoment:
    """Read one of FORMS; raises BadParameter."""
    typed = text.strip()
    if ago := _AGO.fullmatch(typed):
        return TypedMoment(ago=timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    try:
        if len(typed) == len("2026-11-03"):
            return TypedMoment(day=date.fromisoformat(typed))
        return TypedMoment(at=datetime.fromisoformat(typed).astimezone())
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is none of {FORMS}.") from error


def check_period(since: datetime | None, until: datetime | None, *, named: str = "") -> None:
    """Refuse a period in which nothing can be; raises BadParameter, which names the options `--{named}since`."""
    if is_no_period(since, until):
        raise typer.BadParameter(f"--{named}until must be later than --{named}since.")


def _midnight(day: date | None) -> datetime:
    assert day is not None
    return datetime(day.year, day.month, day.day).astimezone()  # of this machine's zone
