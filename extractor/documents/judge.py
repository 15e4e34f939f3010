"""Judges bytes that were paid: whether a reader opens them, what is odd about them, and what they say.

Whatever a file does to its reader (`reader.py`, a process of its own) is a judgement here and never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Self

from extractor.documents import reader as reading
from extractor.documents.oddities import find_header, has_end, looks_like_html, oddities
from extractor.language.sentences import Sentence

# The reader ends itself after 20 s; this is for one that cannot even do that.
WALL_SECONDS = 2 * reading.SECONDS + 5
READER = ("-m", reading.__name__)
# PDFium's numbers for a password that is asked for, and for an encryption that it does not know.
_PASSWORD, _SECURITY = 4, 5


@dataclass(frozen=True)
class Judgement:
    """What came of looking at a file; the file itself is as it was.

    One field per thing that a reader can tell of a file; only the first two are always known.
    """

    sha256: str
    size_bytes: int
    refusal: str | None = None
    """Why no reader opens it, as a sentence; None for a document."""
    pages: int | None = None
    """None when they cannot be counted without a password."""
    texts: tuple[str, ...] = ()
    """The text of its first pages."""
    is_whole: bool = False
    """Another download would bring nothing better."""
    warning: str | None = None
    """What is odd about a document, in sentences for a person."""

    @property
    def worth(self) -> tuple[bool, bool, int, int]:
        """Of two downloads of one document the one that is worth more is kept."""
        return self.refusal is None, self.is_whole, self.pages or 0, self.size_bytes


class Reader:
    """The process that opens files: a context manager, which ends it. It takes one file.

    Start it while that one is still to come: it loads for longer than it reads. It has no environment: none of our
    secrets is in a process that opens files. It ends with its parent.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End a process that was given no file."""
        if self._process is not None:
            self._process.kill()
            self._take().communicate()

    def start(self) -> None:
        """Let it load now, unless it does already. One that the host ended meanwhile has said nothing of any file."""
        if self._process is not None and self._process.poll() is not None:
            self._take().communicate()
        if self._process is None:
            self._process = subprocess.Popen(  # a session of its own: Ctrl-C at a worker's terminal is no judgement
                [sys.executable, "-I", *READER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )

    def read(self, path: Path) -> tuple[bytes, str]:
        """What the process wrote, and how it ended."""
        self.start()
        process = self._take()
        try:
            output, _ = process.communicate(os.fsencode(path.absolute()), timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], "its time limit"
        if process.returncode < 0:
            return output, signal.Signals(-process.returncode).name
        return output, f"exit code {process.returncode}"

    def _take(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        process, self._process = self._process, None
        return process


def judge(path: Path, reader: Reader | None = None) -> Judgement:
    """Look at a file, in about 0.2 s and at most `WALL_SECONDS`; raises OSError when disk or host fail."""
    sha256 = hash_of(path)
    if path.stat().st_size == 0:
        return Judgement(sha256, 0, "An empty file came.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _judge(path, data, sha256, reader or Reader())


def hash_of(path: Path) -> str:
    """SHA-256 of a file, as the row shows it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _judge(path: Path, data: mmap.mmap, sha256: str, reader: Reader) -> Judgement:
    if find_header(data) < 0:
        return Judgement(sha256, len(data), _something_else(data))
    seen = _Seen(*reader.read(path))
    if seen.error is not None and looks_like_html(data):
        return Judgement(sha256, len(data), _something_else(data))
    if refusal := seen.refusal(is_cut=not has_end(data)):
        return Judgement(sha256, len(data), refusal)
    warnings = [*seen.warnings(), *oddities(data, is_encrypted=seen.is_encrypted)]
    return Judgement(
        sha256,
        len(data),
        pages=seen.pages,
        texts=seen.texts,
        is_whole=has_end(data) and not seen.unreadable,
        warning=reduce(_and, warnings) if warnings else None,
    )


def _something_else(data: mmap.mmap) -> str:
    return f"{'An HTML page' if looks_like_html(data) else 'Something else'} came instead of a PDF."


class _Seen:
    """What the reader wrote before it ended, however it ended."""

    def __init__(self, output: bytes, end: str) -> None:
        self._end = end
        lines = list(_objects(output))
        self.error = next((line for line in lines if "error" in line), None)
        opened: dict[str, Any] = next((line for line in lines if "pages" in line), {})
        self.pages: int | None = opened.get("pages")
        self.unreadable: list[int] = opened.get("unreadable", [])
        self.texts = tuple(line["text"] for line in lines if "text" in line)
        self._is_locked = self.error is not None and self.error["error"] in (_PASSWORD, _SECURITY)
        self.is_encrypted = self._is_locked or bool(opened.get("encrypted"))
        self._ended = any("end" in line for line in lines)

    def refusal(self, *, is_cut: bool) -> str | None:
        """Why this is no document."""
        if self._is_locked:
            return None
        if self.error is not None:
            if is_cut:
                return Sentence("The PDF does not parse: it is cut short, without an end marker.")
            return Sentence("The PDF does not parse: no reader finds its pages.")
        if self.pages is None:
            return Sentence("The PDF cannot be judged: its reader ended by {end} before it was open.", end=self._end)
        return None if self.pages else Sentence("The PDF has no page.")

    def warnings(self) -> Iterator[Sentence]:
        """What the reader stumbled over."""
        if self.error is not None and self.error["error"] == _PASSWORD:
            yield Sentence("It opens with a password only.")
        elif self.error is not None:
            yield Sentence("It is encrypted in a way that common readers do not know.")
        elif not self._ended:
            yield Sentence("Its text was not read to its end: the reader ended by {end}.", end=self._end)
        if self.unreadable:
            yield Sentence(
                "Of its {pages} pages these cannot be opened: {unreadable}.",
                pages=self.pages,
                unreadable=tuple(self.unreadable),
            )


def _and(one: Sentence, other: Sentence) -> Sentence:
    return Sentence("{one} {other}", one=one, other=other)


def _objects(output: bytes) -> Iterator[dict[str, Any]]:
    """The lines that were written whole."""
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line)
