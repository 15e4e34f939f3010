"""The command `download`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from extractor import operations
from extractor.cli.connection import open_database
from extractor.cli.failures import CommandFailed
from extractor.cli.filters import CompletedSince, CompletedUntil, CreatedSince, OfSearch, OfSource, chosen_by
from extractor.cli.groups import OfBatch, OfReference, group_of
from extractor.cli.terminal import note, say
from extractor.documents.storage import open_store
from extractor.errors import StorageError
from extractor.operations import Downloaded
from extractor.settings import load_settings
from extractor.words import counted

# Further ones are in index.csv only.
MAX_NAMED = 20


def download(
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR|FILE.zip", help="A folder, or a ZIP file.", show_default=False)
    ],
    source: OfSource = None,
    search: OfSearch = None,
    batch: OfBatch = None,
    reference: OfReference = None,
    created_since: CreatedSince = None,
    completed_since: CompletedSince = None,
    completed_until: CompletedUntil = None,
) -> None:
    """Bring the documents of completed rows to this machine, with an index; run again, it goes on."""
    group_of(batch, reference)  # refuses an empty reference before anything is asked
    is_zip = to.suffix.lower() == ".zip" and not to.is_dir()
    with open_database() as database, closing(open_store(load_settings())) as store, _sentences(to), _bar() as report:
        chosen = chosen_by(
            database,
            source=source,
            search=search,
            batch=batch,
            reference=reference,
            created_since=created_since,
            completed_since=completed_since,
            completed_until=completed_until,
        )
        (to.parent if is_zip else to).mkdir(parents=True, exist_ok=True)
        bring = operations.download_zip if is_zip else operations.download
        done = bring(database, store, chosen, to, report)
    _print(done, to)


def _print(done: Downloaded, to: Path) -> None:
    if done == Downloaded(fetched=0, present=0, missing=()):
        say("No completed row fits, so there is nothing to download.")
        return
    say(f"{counted(done.fetched, 'document')} fetched, {done.present} there already: {to}, with index.csv.")
    for sentence in done.missing[:MAX_NAMED]:
        note(f"  {sentence}")
    if done.missing:
        raise CommandFailed(
            f"{counted(len(done.missing), 'document')} could not be fetched; index.csv says why of each."
        )


@contextmanager
def _sentences(to: Path) -> Iterator[None]:
    """What ends a download in its middle is one sentence; what was brought until then stays."""
    try:
        yield
    except StorageError as error:
        raise CommandFailed(f"{error} What was fetched stays: run the same command again, and it goes on.") from error
    except OSError as error:
        raise CommandFailed(
            f"{to} cannot be written: {error.strerror or error}. What was fetched stays: run the same command again,"
            " and it goes on."
        ) from error


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Yield the function that takes how many of how many; it draws on stderr, and nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("documents"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("documents", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
