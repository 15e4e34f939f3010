"""What a page looked like when an attempt failed, read from the directory in which a worker kept it."""

from __future__ import annotations

from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from extractor.models import Frozen
from extractor.reports.history import AttemptReport

# As `extractor/worker/evidence.py` names them.
PAGE, SCREENSHOT = "page.html", "page.png"
# A person reads the beginning; the file has the rest.
MAX_CHARACTERS = 200_000


class PageEvidence(Frozen):
    """A page without the credentials that were on it."""

    text: str
    """What a reader of the page sees, line by line."""
    html: str
    """Its source, cut after 200,000 characters; the first line names its address."""
    has_screenshot: bool


def folder_of(attempt: AttemptReport, directory: Path) -> Path | None:
    """The attempt's folder under this directory; None when there is none here, as when another host has it.

    Only the last part of `evidence_path` counts: the worker's directory may have another path than this process's.
    """
    name = Path(attempt.evidence_path or "").name
    folder = directory / name
    return folder if name not in ("", "..") and folder.is_dir() else None


def read_page(folder: Path) -> PageEvidence:
    """The page of a folder; its texts are empty when the failure was about no page."""
    try:
        html = (folder / PAGE).read_text(encoding="utf-8", errors="replace")[:MAX_CHARACTERS]
    except FileNotFoundError:
        html = ""
    return PageEvidence(text=_visible(html), html=html, has_screenshot=(folder / SCREENSHOT).is_file())


def _visible(html: str) -> str:
    page = LexborHTMLParser(html)
    page.strip_tags(["script", "style", "head"])
    lines = (page.body.text(separator="\n") if page.body else "").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
