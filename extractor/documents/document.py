"""A document: is it a PDF?"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pypdf

from extractor.errors import DocumentRefused
from extractor.models import Document

# Files seen were 0.1 to 5 MB (docs/site.md#the-file); past this something else was sent.
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
    except Exception as error:  # on bad files pypdf raises nearly anything, and what is not refused is bought again
        raise DocumentRefused(f"The PDF does not parse: {error}") from error
    if pages == 0:
        raise DocumentRefused("The PDF has no page.")
    return pages
