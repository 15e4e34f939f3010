"""What is odd about a PDF that a reader opens all the same, from its bytes alone. Pure; sentences for the row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import mmap

from extractor.language.sentences import Sentence

# Where readers look for it, Chromium's and Acrobat's among them.
HEADER_WINDOW_BYTES = 1024
END_MARKER = b"%%EOF"

Bytes = bytes | mmap
_BLANKS = b"\0\t\n\f\r "
_STARTXREF = re.compile(rb"startxref\s+(\d+)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) n")
_SECTION = re.compile(rb"\s*xref\s+(\d+)\s+(\d+)\s+")
_XREF_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj")
# What only an update that is appended to a file has: an object, its references, or as much of an object's first line as
# came. An object's number is never 0, with which a chunked transfer ends.
_UPDATE = re.compile(
    rb"(?<!\d)[1-9]\d*[\s\0]+\d+[\s\0]+obj\b|\b(?:xref|trailer|startxref)[\s\0<]"
    rb"|\A[\s\0]*[1-9]\d*(?:[\s\0]+(?:\d+(?:[\s\0]+(?:ob?)?)?)?)?\Z"
)
_ENTRIES_CHECKED = 20


def find_header(data: Bytes) -> int:
    """Where `%PDF-` begins, -1 when it is not where readers look for it."""
    return data[: HEADER_WINDOW_BYTES + len(b"%PDF-")].find(b"%PDF-")


def looks_like_html(data: Bytes) -> bool:
    """Whether a page came in the place of the file."""
    head = data[:2048].lower()
    return b"<html" in head or b"<!doctype html" in head


def has_end(data: Bytes) -> bool:
    """Whether its end came: what is cut short lost its last end marker, and may still have one of an earlier part."""
    last = data.rfind(END_MARKER)
    return last >= 0 and _UPDATE.search(data[last + len(END_MARKER) :]) is None


def oddities(data: Bytes, *, is_encrypted: bool) -> Iterator[Sentence]:
    """Yield one sentence for each; `is_encrypted`: the reader says so."""
    if header := find_header(data):
        yield Sentence("{count} bytes come before its header.", count=header)
    if not has_end(data):
        yield Sentence("Its end is missing: it may be cut short.")
    elif after := len(data[data.rfind(END_MARKER) + len(END_MARKER) :].strip(_BLANKS)):
        yield Sentence("{count} bytes follow its end marker.", count=after)
    if not _is_referenced_well(data, max(header, 0)):
        yield Sentence("Its cross references are damaged; readers repair them as they open it.")
    if b"/Encrypt" in data[-4096:] and not is_encrypted:
        yield Sentence("It names an encryption that readers ignore.")


def _is_referenced_well(data: Bytes, header: int) -> bool:
    """Whether the last cross references are where the file says, and its first entries lead to objects."""
    found = _STARTXREF.search(data, max(data.rfind(b"startxref"), 0))
    return found is not None and any(_are_references(data, base + int(found[1]), base) for base in {0, header})


def _are_references(data: Bytes, place: int, base: int) -> bool:
    section = _SECTION.match(data, place)
    if section is None:
        return _XREF_STREAM.match(data, place) is not None
    first, most = int(section[1]), min(int(section[2]), _ENTRIES_CHECKED)
    table = data[section.end() : section.end() + 20 * most]
    entries = [(first + at // 20, _ENTRY.match(table, at)) for at in range(0, len(table), 20)]
    return all(
        re.compile(rb"\s*%d\s+%d\s+obj" % (number, int(entry[2]))).match(data, base + int(entry[1]))
        for number, entry in entries
        if entry
    )
