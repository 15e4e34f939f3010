"""The documents in parts: fenced blocks, the commands in them, headings, links."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("README*.md")), ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"([A-Z][A-Z_]+)=(.*)")


class Block(NamedTuple):
    """A fenced block; `name` is for a test's report."""

    page: Path
    language: str
    text: str
    line: int

    @property
    def name(self) -> str:
        """Where a person finds it."""
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Every block of these languages, over all pages."""
    return [block for page in PAGES for block in _blocks_of(page) if block.language in languages]


def _blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for found in _BLOCK.finditer(text):
        yield Block(page, found[2], textwrap.dedent(found[3]), text.count("\n", 0, found.start()) + 2)


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def commands() -> dict[str, list[str]]:
    """Every command line of a bash block, once, with the places where it stands; an assignment is no command."""
    found: dict[str, list[str]] = {}
    for block in blocks("bash"):
        for line in block.text.replace("\\\n", " ").splitlines():
            words = _words(line)
            if words and not _ASSIGNMENT.fullmatch(line.split("#")[0].strip()):
                found.setdefault(shlex.join(words), []).append(block.name)
    return found


def assignments() -> dict[str, str]:
    """Every NAME=value line of a block, with the place where it stands."""
    lines = ((block.name, line) for block in blocks("bash", "ini") for line in block.text.splitlines())
    found = ((name, _ASSIGNMENT.match(line.lstrip("# "))) for name, line in lines)
    return {match[1]: name for name, match in found if match}


def headings(page: Path) -> list[str]:
    """The anchors of a page, as GitHub and MkDocs make them."""
    titles = re.findall(r"^#+ (.*)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return [re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in titles]


def _words(line: str) -> list[str]:
    """The words of a command, without its comment; `|` is a word of its own, `.venv/bin/` is left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    return [word.removeprefix(".venv/bin/") for word in lexer]
