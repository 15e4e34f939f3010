"""Reads one PDF in a process of its own: a file may hang, crash or fill whatever opens it.

`judge.py` starts `python -I -m extractor.documents.reader`, perhaps before there is a file, writes the file's path to
its standard input, closes that, and reads what this writes, one JSON object per line, each flushed, so that what was
seen before a crash counts:

    {"error": 3, "message": "…"}        it cannot be opened, by the error numbers of PDFium
    {"pages": 7, "unreadable": [5],     it is open: how many pages it has, and which of them are not there
     "encrypted": false}
    {"text": "…"}                       one page, in order; at most PAGES_READ of them
    {"end": true}                       nothing stopped it
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pypdfium2

SECONDS = 10
"""Of processor time; twice that by the clock. A plan with a million strokes takes 1 s on an idle machine."""
MEMORY_BYTES = 640 * 2**20
"""Of addresses; a plan with a million strokes uses 300 MB, a page that unpacks to 1 GB would use 2 GB."""
# Files seen had 7 to 14 pages (docs/site.md#the-file); a document that does not name itself on this many is a scan.
PAGES_READ = 30
PAGE_CHARACTERS = 20_000
UNREADABLE_NAMED = 10
NOT_ENCRYPTED = -1  # PDFium's revision of an encryption that is not there


def limit_this_process() -> None:
    """End by SIGXCPU or a failed allocation, whether or not the parent still lives."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # where there is such a thing: the kernel takes this process first, not a worker
        Path("/proc/self/oom_score_adj").write_text("1000")


def read(path: Path) -> None:
    """Write what a reader sees of the file."""
    import pypdfium2  # noqa: PLC0415 -- after the limits, which are to hold for it

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        _write(error=error.err_code, message=str(error))
        return
    pages = len(pdf)
    unreadable = [page + 1 for page in range(pages) if not _is_there(pdf, page)]
    is_encrypted = pypdfium2.raw.FPDF_GetSecurityHandlerRevision(pdf) != NOT_ENCRYPTED
    _write(pages=pages, unreadable=unreadable[:UNREADABLE_NAMED], encrypted=is_encrypted)
    for page in range(min(pages, PAGES_READ)):
        _write(text=_text_of(pdf, page))
    _write(end=True)


def _is_there(pdf: pypdfium2.PdfDocument, page: int) -> bool:
    """Whether a page can be found, without reading what is on it."""
    import pypdfium2  # noqa: PLC0415 -- after the limits, as in `read`

    try:
        pdf.get_page_size(page)
    except pypdfium2.PdfiumError:
        return False
    return True


def _text_of(pdf: pypdfium2.PdfDocument, page: int) -> str:
    import pypdfium2  # noqa: PLC0415 -- after the limits, as in `read`

    try:
        with contextlib.closing(pdf[page]) as opened, contextlib.closing(opened.get_textpage()) as text:
            return text.get_text_bounded()[:PAGE_CHARACTERS]
    except pypdfium2.PdfiumError:
        return ""


def _write(**seen: object) -> None:
    print(json.dumps(seen), flush=True)  # noqa: T201 -- the answer to the parent


if __name__ == "__main__":
    limit_this_process()
    import pypdfium2  # loaded while the file is still to come

    if named := sys.stdin.buffer.read():  # nothing when the parent ended, or no file came
        signal.alarm(2 * SECONDS)
        read(Path(os.fsdecode(named)))
    os._exit(0)  # all is written: the interpreter takes longer to end than the file to be read
