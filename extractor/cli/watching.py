"""The command `watch`: shows the backlog every second or slower, with its progress and rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from extractor import reports
from extractor.cli.connection import open_database
from extractor.cli.overview_screen import backlog_table
from extractor.cli.terminal import console, say
from extractor.reports import SourceReport
from extractor.words import duration

INTERVAL_SECONDS = 1.0
# Counting a long table takes time. The watcher rests this many times as long, so it counts a tenth of the time at most.
SHARE = 10


def watch(
    until_done: Annotated[bool, typer.Option("--until-done", help="End when nothing waits or runs.")] = False,
) -> None:
    """Watch the backlog with its progress and rate, until Ctrl-C."""
    with open_database() as database, Live(console=console, auto_refresh=False) as live:
        _repeat(lambda: reports.sources(database), lambda screen: live.update(screen, refresh=True), until_done)
    if not console.is_terminal:
        say()  # rich leaves the last line open when the output is no terminal
    say("Nothing waits or runs.")


def _repeat(
    look: Callable[[], tuple[SourceReport, ...]], display: Callable[[RenderableType], None], until_done: bool
) -> None:
    first: Tally | None = None
    started = time.monotonic()
    while True:
        asked = time.monotonic()
        sources = look()
        answered = time.monotonic()
        tally = Tally.of(sources)
        first = first or tally
        display(_screen(sources, first, tally, answered - started))
        if until_done and not tally.open:
            return
        time.sleep(max(INTERVAL_SECONDS, SHARE * (answered - asked)))


@dataclass(frozen=True)
class Tally:
    """All rows: those that wait or run, and those that are finished."""

    open: int
    finished: int

    @classmethod
    def of(cls, sources: tuple[SourceReport, ...]) -> Tally:
        return cls(
            open=sum(source.waiting + source.running for source in sources),
            finished=sum(source.completed + source.failed for source in sources),
        )


def _screen(sources: tuple[SourceReport, ...], first: Tally, now: Tally, seconds: float) -> RenderableType:
    done = max(now.finished - first.finished, 0)
    bar = ProgressBar(total=max(done + now.open, 1), completed=done if now.open else max(done, 1), width=60)
    screen = Table.grid()
    for part in (backlog_table(sources), "", bar, Text(_rate(done, now.open, seconds))):
        screen.add_row(part)
    return screen


def _rate(done: int, left: int, seconds: float) -> str:
    since = f"{done} finished in {duration(seconds)}, {left} left"
    if not done:
        return since
    return f"{since}; {60 * done / seconds:.1f} per minute, {duration(left * seconds / done)} to go"
