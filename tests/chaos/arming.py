"""Arms the crash points of `crash_points.py` and the switches of `guards.py`, and counts what fired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from extractor.models import RowId
from tests.support.system import eventually

DEADLY = ("KILL", "KILL_CHROMIUM", "KILL_DRIVER")
WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Fired:
    """One crash point that was reached: what it did, where, in which job and process, when (seconds)."""

    action: str
    point: str
    job: str
    pid: int
    time: float


class Arming:
    """The directory that the workers look into at each step."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def arm(self, action: str, point: str, job: RowId | None = None) -> None:
        """Let the next process that reaches the point act, once."""
        (self.directory / self._name(action, point, job)).touch()

    def fired(self) -> list[Fired]:
        """Everything that has fired, oldest first."""
        path = self.directory / "fired"
        lines = path.read_text().splitlines() if path.exists() else []
        return [Fired(action, point, job, int(pid), float(at)) for action, point, job, pid, at in map(str.split, lines)]

    def kills(self) -> int:
        """How many processes the points have killed."""
        return sum(fired.action in DEADLY for fired in self.fired())

    def wait_for(self, action: str, point: str, job: RowId | None = None) -> Fired:
        """Return when the point has fired."""

        def found() -> list[Fired]:
            return [
                fired
                for fired in self.fired()
                if (fired.action, fired.point) == (action, point) and job in (None, fired.job)
            ]

        eventually(lambda: bool(found()), f"{action} at {point} fired", WITHIN_SECONDS)
        return found()[-1]

    def wait_for_kills(self, count: int, *, of: RowId) -> None:
        """Return when this many processes died with this job."""
        eventually(
            lambda: sum(fired.job == str(of) and fired.action in DEADLY for fired in self.fired()) >= count,
            f"{count} processes died with job {of}",
            WITHIN_SECONDS,
        )

    @contextmanager
    def held(self, point: str, job: RowId | None = None) -> Iterator[None]:
        """Run the block while a process, armed before with HOLD, waits at the point; then let it go on."""
        place = self.directory / self._name("HELD", point, job)
        eventually(place.exists, f"a process is held at {point}", WITHIN_SECONDS)
        try:
            yield
        finally:
            place.unlink(missing_ok=True)

    @contextmanager
    def guard_off(self, guard: str) -> Iterator[None]:
        """Run the block with one guard of the product switched off in every process."""
        switch = self.directory / f"OFF.{guard}"
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()

    def disarm(self) -> list[str]:
        """Remove the points that were armed and never reached; return their names."""
        left = [path for path in self.directory.iterdir() if path.name != "fired"]
        for path in left:
            path.unlink(missing_ok=True)
        return sorted(path.name for path in left)

    def _name(self, action: str, point: str, job: RowId | None) -> str:
        return f"{action}.{point}@{job}" if job else f"{action}.{point}"
