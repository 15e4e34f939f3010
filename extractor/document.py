"""A document: is it a PDF, and is it safe on this disk? The spool is what stands between payment and storage."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError

from extractor.errors import DocumentRefused
from extractor.models import Document, Job

# Files seen were 0.1 to 5 MB (SITE.md §7); past this something else was sent.
MAX_DOCUMENT_BYTES = 200 * 1024 * 1024
_END_MARKER_WINDOW_BYTES = 2048


def check_pdf(path: Path) -> Document:
    """Return the document with its hash and pages, or raise DocumentRefused with what it is instead."""
    size = path.stat().st_size
    if size == 0:
        raise DocumentRefused("The registry sent an empty file.")
    if size > MAX_DOCUMENT_BYTES:
        raise DocumentRefused(f"The file has {size} bytes; the limit is {MAX_DOCUMENT_BYTES}.")
    data = path.read_bytes()
    if not data.startswith(b"%PDF-"):
        is_html = b"<html" in data[:2048].lower() or b"<!doctype html" in data[:2048].lower()
        raise DocumentRefused(f"The registry sent {'an HTML page' if is_html else 'something'} instead of a PDF.")
    if b"%%EOF" not in data[-_END_MARKER_WINDOW_BYTES:]:
        raise DocumentRefused(f"The PDF is cut short: {size} bytes without an end marker.")
    return Document(path=path, sha256=hashlib.sha256(data).hexdigest(), size_bytes=size, pages=_count_pages(path))


def _count_pages(path: Path) -> int:
    try:
        pages = len(pypdf.PdfReader(path).pages)
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ) as error:  # what pypdf raises on bad files
        raise DocumentRefused(f"The PDF does not parse: {error}") from error
    if pages == 0:
        raise DocumentRefused("The PDF has no page.")
    return pages


class Spool:
    """The directory of bought documents that storage does not have yet: `JOB.pdf` beside `JOB.json`.

    The PDF's rename is the last step of `put`: a crash before it leaves only temporary files, which `discard`
    removes one day; a crash after it leaves a document that any later attempt finds.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def incoming(self, job: Job) -> Path:
        """Where the attempt's download is written before it is checked; a stale attempt has another place."""
        return self._directory / f"{job.id}.{job.attempt_id}.part"

    def put(self, job: Job, document: Document) -> Document:
        """Make a checked document durable; it is moved."""
        final = self._directory / f"{job.id}.pdf"
        facts = {"sha256": document.sha256, "size_bytes": document.size_bytes, "pages": document.pages}
        _write_durably(final.with_suffix(".json"), json.dumps(facts).encode())
        _sync(document.path)
        document.path.replace(final)
        _sync(self._directory)
        return document.model_copy(update={"path": final})

    def get(self, job: Job) -> Document | None:
        """The document bought for this job earlier; raises DocumentRefused when its bytes have changed since."""
        path = self._directory / f"{job.id}.pdf"
        if not path.exists():
            return None
        facts = json.loads(path.with_suffix(".json").read_bytes())
        document = Document(path=path, **facts)
        if hashlib.sha256(path.read_bytes()).hexdigest() != document.sha256:
            raise DocumentRefused(f"{path} no longer has the hash that was noted when it was bought.")
        return document

    def discard(self, job: Job) -> None:
        """Forget the job's document: storage has it."""
        for path in self._directory.glob(f"{job.id}.*"):
            path.unlink(missing_ok=True)


def _write_durably(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    _sync(temporary)
    temporary.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
