"""The progress bar of an import: the file is read, then its lines become rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from extractor.operations import Progress


@contextmanager
def import_bar() -> Iterator[Callable[[Progress], None]]:
    """Yield the function that takes each Progress; it draws on stderr, and nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<9}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Bars(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bars:
        tasks = {stage: bars.add_task(stage, start=False) for stage in ("reading", "inserting")}

        def report(progress: Progress) -> None:
            task = tasks[progress.stage]
            bars.start_task(task)
            bars.update(task, completed=progress.done, total=progress.total)

        yield report
