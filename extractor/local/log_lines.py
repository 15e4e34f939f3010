"""What our own modules write into the logs of the parts, as one line per event for a terminal.

Celery, Flower and uvicorn write into the same files, and what they say stays there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

OURS = ("extractor.", "tasks.")
LAST_LINES = 3


class Line(NamedTuple):
    """One event of one part; lines sort by their moment."""

    moment: datetime
    part: str
    level: int
    text: str

    def __str__(self) -> str:
        grave = f"{logging.getLevelName(self.level).lower()}: " if self.level > logging.INFO else ""
        return f"{self.moment.astimezone():%H:%M:%S}  {self.part:<7}  {grave}{self.text}"


class LogLines:
    """Reads on in every log of a directory; gives each line once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._offsets: dict[Path, int] = {}

    def new(self, level: int = logging.INFO) -> list[Line]:
        """The events of at least this level since the last call, the oldest first; the others are passed over."""
        lines = (line for path in self._directory.glob("*.log") for line in self._read(path))
        return sorted(line for line in lines if line.level >= level)

    def _read(self, path: Path) -> Iterator[Line]:
        with path.open("rb") as file:
            file.seek(self._offsets.get(path, 0))
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]  # the rest is still being written
        self._offsets[path] = self._offsets.get(path, 0) + len(whole)
        for text in whole.decode(errors="replace").splitlines():
            event = _event(text)
            if event and str(event.get("logger")).startswith(OURS):
                yield _line(path.stem, event)


def last_words(log: Path) -> str:
    """The last lines of a part that has ended, as people read them."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-LAST_LINES:]
    said = (_event(line) for line in lines)
    return "\n".join(f"  {event['message'] if event else line}" for event, line in zip(said, lines, strict=True))


def _event(text: str) -> dict[str, object] | None:
    """A line of extractor/log.py; None for what another program wrote."""
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if {"timestamp", "level", "message"} <= found.keys() else None


def _line(part: str, event: dict[str, object]) -> Line:
    moment = datetime.fromisoformat(str(event["timestamp"]))
    level = logging.getLevelNamesMapping()[str(event["level"]).upper()]
    return Line(moment, part, level, " | ".join(str(event["message"]).splitlines()))
