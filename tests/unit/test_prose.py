"""The texts keep to plain English: the words that CONTRIBUTING.md rules out stay out."""

from __future__ import annotations

import re

import pytest

from tests.support.documents import ROOT
from tests.support.references import texts

# These two quote the words.
QUOTING = {ROOT / "CONTRIBUTING.md", ROOT / "tests/unit/test_prose.py"}

PHRASES = (
    "anew",
    "be had",
    "in work",
    "of ours",
    "of yours",
    "so many",
    "so long",
    "so much",
    "nobody tells",
    "thereby",
    "whereupon",
)
# `one event a second` is to be `one event per second`. After one of these words it is another thing: `one is a test`.
BETWEEN = (
    "as", "at", "by", "for", "from", "has", "in", "is", "of", "on", "takes", "that", "to", "was", "with", "without"
)  # fmt: skip
# `consultations a day` is to be `consultations per day`; the bracket is the end of a count in an f-string.
COUNTED = (
    "consultations?", "clicks?", "rows?", "documents?", "requests?", "messages?", "attempts?", "logins?", "uploads?",
    "times?", "events?", "lines?", "limit", "dollars?", r"\$", "MB", r"\)\}"
)  # fmt: skip
UNITS = ("minute", "hour", "day", "week", "month", "year")
# Words of a sentence may be parted by the end of a line, and by the mark of a comment.
_GAP = r"\s+(?:(?:#|--|//)\s+)?"
_RULED_OUT = re.compile(
    rf"\b(?:{'|'.join(phrase.replace(' ', _GAP) for phrase in PHRASES)}"
    rf"|one{_GAP}(?!(?:{'|'.join(BETWEEN)})\b)\w+{_GAP}an?{_GAP}\w+)\b"
    rf"|(?:\b|(?=[$)]))(?:{'|'.join(COUNTED)}){_GAP}an?{_GAP}(?:{'|'.join(UNITS)})\b",
    re.IGNORECASE,
)


def ruled_out(text: str) -> list[str]:
    """Each phrase that is ruled out, after the number of its line."""
    return [
        f"{text.count(chr(10), 0, found.start()) + 1}: {' '.join(found[0].split())}"
        for found in _RULED_OUT.finditer(text)
    ]


def test_no_text_has_a_phrase_that_is_ruled_out() -> None:
    read = [path for path in texts() if path not in QUOTING]
    assert {".py", ".md", ".sql", ".html", ".example"} <= {path.suffix for path in read}
    found = {str(path.relative_to(ROOT)): ruled_out(path.read_text()) for path in read}
    assert {path: phrases for path, phrases in found.items() if phrases} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n# It is opened anew.", ["2: anew"]),
        ("# It waits for so\n# long.", ["1: so # long"]),
        ("-- After so\n-- many rows.", ["1: so -- many"]),
        ("One line an event.", ["1: One line an event"]),
        ("At most 3 consultations a day.", ["1: consultations a day"]),
        ("No limit a\n# day.", ["1: limit a # day"]),
        ("f\"{counted(limit, 'row')} an hour\"", ["1: )} an hour"]),
        ("About 150 $ a day.", ["1: $ a day"]),
        ("3 consultations per day; the rows a person cancelled; once a day.", []),
        ("One line per event; one with a name; one is a test.", []),
        ("A renewed lease, so longer waits.", []),
    ],
)
def test_a_phrase_is_found_also_over_the_end_of_a_line(text: str, found: list[str]) -> None:
    assert ruled_out(text) == found
