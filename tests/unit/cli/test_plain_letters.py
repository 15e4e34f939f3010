"""What a stream writes whose encoding lacks a letter."""

from __future__ import annotations

import io
import sys

import pytest

from extractor.cli.plain_letters import takes_every_letter, use_plain_letters


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", "Complete -> 99*99 ... oeuvre, 1 234,50 $, ?"),
        ("latin-1", "Complété -> 99*99 ... oeuvre, 1 234,50 $, ?"),
        ("utf-8", "Complété → 99•99 … œuvre, 1 234,50 $, 漢"),
    ],
)
def test_nearest_letters(monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)

    use_plain_letters()
    stream.write("Complété → 99•99 … œuvre, 1 234,50 $, 漢")
    stream.flush()

    assert written.getvalue().decode(encoding) == expected
    assert takes_every_letter(stream) == (encoding == "utf-8")
