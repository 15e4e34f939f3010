"""Brings the documents of completed rows into a folder, and goes on where an earlier run was killed."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor.documents.storage import DocumentStore
from extractor.language.sentences import Sentence
from extractor.models import Frozen
from extractor.operations import document_index
from extractor.operations.document_index import INDEX, Line
from extractor.operations.refusals import NotPossible
from extractor.operations.stored_documents import NotThere, fetch, file_name, with_documents
from extractor.postgres.database import Database
from extractor.reports import Extraction, Filter, count_rows, every_row

Report = Callable[[int, int], None]
"""Takes how many documents are done, and of how many."""


class Downloaded(Frozen):
    """What one run did."""

    fetched: int
    present: int
    """Their files were there, with the right bytes."""
    missing: tuple[str, ...]
    """Sentences about rows whose document was not fetched; `index.csv` has them too."""


def download(database: Database, store: DocumentStore, chosen: Filter, folder: Path, report: Report) -> Downloaded:
    """Write each chosen row's document into the folder, and `index.csv`; raises NotPossible, StorageError and OSError.

    A file gets its name when all its bytes are on the disk. So whatever kills a run leaves whole files, at most one
    `….part`, and the next run fetches only what is missing or wrong. Lines of other rows stay in the index.
    """
    chosen = with_documents(chosen)
    with _alone(folder):
        index = document_index.read_index(folder / INDEX)
        total, fetched, present = count_rows(database, chosen), 0, 0
        missing: list[str] = []
        try:
            for row in every_row(database, chosen):
                report(fetched + present + len(missing), total)
                try:
                    is_fetched = _bring(store, row, folder, index)
                    fetched, present = fetched + is_fetched, present + (not is_fetched)
                except NotThere as problem:
                    missing.append(f"{row.id}  {row.source} {row.document_number}: {problem}")
                    index[row.id] = _line(row, None, str(problem))
        finally:  # also of a run that storage or a person ends
            if index:
                document_index.write_index(folder / INDEX, index.values())
        report(total, total)
    return Downloaded(fetched=fetched, present=present, missing=tuple(missing))


def _bring(store: DocumentStore, row: Extraction, folder: Path, index: dict[str, Line]) -> bool:
    """Whether the document had to be fetched; raises NotThere."""
    path = folder / file_name(row)
    known = row.document_sha256 or _known_sha256(row, index)
    if known and _sha256(path) == known:
        index[row.id] = _line(row, path.name, None, known)
        return False
    data = fetch(store, row)
    _write(path, data)
    index[row.id] = _line(row, path.name, None, hashlib.sha256(data).hexdigest())
    return True


def _known_sha256(row: Extraction, index: dict[str, Line]) -> str | None:
    """Rows of an earlier system have no hash; the index has that of the bytes that came for the same object."""
    line = index.get(row.id)
    return line["document_sha256"] if line and line["supabase_path"] == row.supabase_path else None


def _line(row: Extraction, file: str | None, problem: str | None, sha256: str | None = None) -> Line:
    row = row.model_copy(update={"document_sha256": sha256 or row.document_sha256})
    return document_index.parse_line(document_index.line(row, file=file, problem=problem))


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f"{path.name}.part")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against another run, which would write the same files; the lock ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise NotPossible(
            Sentence("Another download writes into {folder} now: wait until it has ended.", folder=folder)
        ) from error
    finally:
        os.close(descriptor)
