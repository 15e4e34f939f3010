"""The command `import`: checks the whole file, says what it costs, asks when that is much, then inserts all of it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from shutil import copyfileobj
from typing import Annotated, BinaryIO, cast
from uuid import UUID

import typer
from pydantic import BaseModel

from extractor import operations
from extractor.cli.connection import open_database
from extractor.cli.doubted import name_lines, warn_in
from extractor.cli.failures import CommandFailed
from extractor.cli.import_bar import import_bar
from extractor.cli.rows import OwnReference
from extractor.cli.terminal import amount, note, print_json, say
from extractor.language.sentences import Count, Language, Sentence
from extractor.models import RowId
from extractor.operations import Imported, InvalidFile, NeedsApproval, Problem
from extractor.postgres.database import Database
from extractor.settings import load_settings
from extractor.words import counted

# An import is one transaction, however many rows it has; the bound of every other use is far lower.
IMPORT_SECONDS = 3600.0
# What standard input may take in memory before it goes to a temporary file.
SPOOLED_BYTES = 16 << 20


class ImportReport(BaseModel):
    """What `--json` prints."""

    batch_id: UUID | None
    ids: tuple[RowId, ...]
    rows: int
    repeated: int
    doubtful: int
    doubts: tuple[Problem, ...]
    """Of the first of them: the line, and why it will probably be refused."""
    dollars: Decimal
    sheet: str | None


def import_file(
    file: Annotated[Path, typer.Argument(help="The file; - is standard input.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line, and insert none.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Insert without asking, whatever it costs or repeats.")] = False,
    reference: OwnReference = None,
    reference_column: Annotated[
        str | None, typer.Option(help="The column of the file that is your reference.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the batch, the ids and the cost as JSON.")] = False,
) -> None:
    """Add every row of a CSV file or a workbook, or none.

    Its first line names the columns: document_source, document_number, circonscription_fonciere, cadastre,
    designation_secondaire, acte_type, priority, reference. Excel's files are fine: .xlsx, or CSV with `;`, UTF-8,
    UTF-16 or Windows-1252.
    """
    reference = (reference or "").strip() or None
    settings = load_settings()
    language, approved = settings.language, None if yes or dry_run else settings.import_confirm_dollars
    with _opened(file) as opened, open_database(bound_seconds=IMPORT_SECONDS) as database:

        def run(approved: Decimal | None) -> Imported:
            with import_bar() as report:
                return operations.import_rows(
                    database, opened, dry_run=dry_run, reference=reference, reference_column=reference_column,
                    language=language, approved=approved, report=report,
                )  # fmt: skip

        try:
            can_ask = sys.stdin.isatty() and not _is_stdin(file)
            imported = _with_approval(run, approved, language, can_ask=can_ask)
        except InvalidFile as error:
            name_lines(language, error.problems, error.total)
            raise
        if as_json:
            print_json(_report(database, imported))
        else:
            _print(imported)


def _with_approval(
    run: Callable[[Decimal | None], Imported], approved: Decimal | None, language: Language, *, can_ask: bool
) -> Imported:
    """Import, after a person's yes where one is needed; raises CommandFailed or Exit without it."""
    try:
        imported = run(approved)
    except NeedsApproval as needed:
        _name_doubts(needed.checked, language)
        _ask(needed.checked, can_ask=can_ask)
        return run(None)
    _name_doubts(imported, language)
    return imported


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """The file, which an import reads twice; what cannot be read twice is copied to a temporary file first."""
    with nullcontext(sys.stdin.buffer) if _is_stdin(file) else _open(file) as opened:
        if opened.seekable() and not _is_stdin(file):
            yield opened
            return
        with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as copy:
            copyfileobj(opened, copy)
            yield cast("BinaryIO", copy)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.") from error


def _is_stdin(file: Path) -> bool:
    return str(file) in ("-", "/dev/stdin")


def _ask(checked: Imported, *, can_ask: bool) -> None:
    """Ask on the terminal, where there is one; raises CommandFailed or Exit unless the answer is yes."""
    says = _sentence(checked, "would be inserted")
    if not can_ask:
        raise CommandFailed(f"Nothing was inserted. {says} Look at it with --dry-run; add --yes to insert it.")
    if not typer.confirm(f"{says} Insert?", err=True):
        note("Nothing was inserted.")
        raise typer.Exit(1)


def _sentence(imported: Imported, done: str) -> str:
    rows = counted(imported.rows, "row")
    sentence = f"{rows} {done}; with one consultation per row this costs {amount(imported.cost)}."
    if imported.repeated:
        sentence += (
            f" {imported.repeated} of them ask for what an earlier line or another row asks for too: unless REUSE_DAYS"
            " links them, each is paid again."
        )
    return sentence


def _print(imported: Imported) -> None:
    if imported.sheet is not None:
        say(f"Sheet {imported.sheet!r}.")
    say(_sentence(imported, "would be inserted" if imported.batch_id is None else "inserted"))
    if imported.batch_id is not None:
        say(f"batch {imported.batch_id}")


def _name_doubts(imported: Imported, language: Language) -> None:
    if not imported.doubtful:
        return
    doubted = Sentence(
        "{rows} will probably be refused. The registry decides; a refusal costs nothing.",
        rows=Count(imported.doubtful, "row"),
    )
    warn_in(language, doubted)
    name_lines(language, imported.doubts, imported.doubtful)


def _report(database: Database, imported: Imported) -> ImportReport:
    ids = operations.imported_ids(database, imported.batch_id) if imported.batch_id else ()
    facts = imported.model_dump(exclude={"batch_id"})
    return ImportReport(**facts, batch_id=imported.batch_id, ids=ids, dollars=imported.cost)
