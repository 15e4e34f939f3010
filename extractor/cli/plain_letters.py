"""A terminal whose letters are not all letters, such as one in ASCII: it gets the nearest ones, and no traceback."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import TextIO

_HANDLER = "extractor.plain_letters"
_SIGNS = {
    "→": "->", "…": "...", "•": "*", "·": "-", "—": "-", "–": "-", "’": "'", "‘": "'", "“": '"', "”": '"',
    "«": '"', "»": '"', "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "━": "-", "─": "-", "│": "|", "╸": "-", "╺": "-",
}  # fmt: skip


def use_plain_letters() -> None:
    """From here on stdout and stderr write `Complete` where they cannot write `Complété`."""
    codecs.register_error(_HANDLER, _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def takes_every_letter(stream: TextIO) -> bool:
    """Whether its encoding has every letter."""
    return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")


def _nearest(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _SIGNS.get(letter, letter))
    return "".join(part for part in decomposed if part.isascii()) or "?"
