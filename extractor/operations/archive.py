"""The documents of completed rows as one ZIP, made while it is sent: one document at a time is in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Iterator
from tempfile import SpooledTemporaryFile

from extractor.documents.storage import DocumentStore
from extractor.operations import document_index
from extractor.operations.document_index import INDEX
from extractor.operations.stored_documents import NotThere, fetch, file_name, with_documents
from extractor.postgres.database import Database
from extractor.reports import Extraction, Filter, every_row

BLOCK_BYTES = 1 << 18
# The index of a few thousand rows stays in memory, a longer one waits on the disk.
INDEX_BYTES = 1 << 20


def archive(database: Database, store: DocumentStore, chosen: Filter) -> Generator[bytes]:
    """Yield the ZIP: each chosen row's document, at last `index.csv`, which also names what storage did not have.

    Raises NotPossible, StorageError and psycopg.Error, also after some blocks: then the ZIP has no end, and no program
    takes it for a whole one. No connection to Postgres is held between two blocks. Who does not read it to its end
    closes it.
    """
    sink = _Sink()
    with SpooledTemporaryFile(INDEX_BYTES, "w+", encoding="utf-8", newline="") as index:
        index.write(document_index.header())
        # Deflated, since some programs read no stored entry whose size comes after it; at level 1 for its speed.
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for row in every_row(database, with_documents(chosen)):
                yield from _add_document(target, sink, store, row, index)
            index.seek(0)
            with target.open(INDEX, "w") as entry:
                while text := index.read(BLOCK_BYTES):
                    entry.write(text.encode())
                    yield sink.take()
        yield sink.take()


def _add_document(
    target: zipfile.ZipFile, sink: _Sink, store: DocumentStore, row: Extraction, index: SpooledTemporaryFile[str]
) -> Iterator[bytes]:
    try:
        data = fetch(store, row)
    except NotThere as problem:
        index.write(document_index.line(row, file=None, problem=str(problem)))
        return
    about = zipfile.ZipInfo(file_name(row), _date(row))
    about.compress_type, about.file_size = zipfile.ZIP_DEFLATED, len(data)
    with target.open(about, "w") as entry:
        for start in range(0, len(data), BLOCK_BYTES):
            entry.write(memoryview(data)[start : start + BLOCK_BYTES])
            yield sink.take()
    index.write(document_index.line(row, file=about.filename, problem=None))


def _date(row: Extraction) -> tuple[int, int, int, int, int, int]:
    """When it was completed, as ZIP dates are: without a zone, and not before 1980."""
    at = (row.completed_at or row.created_at).astimezone()
    return max((at.year, at.month, at.day, at.hour, at.minute, at.second), (1980, 1, 1, 0, 0, 0))


class _Sink(io.RawIOBase):
    """What a ZipFile writes to; it cannot seek, so sizes come after the bytes that they are of."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]  # a buffer; typeshed's type for one is private
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken
