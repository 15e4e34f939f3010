"""What the texts of this repository refer to: files, folders, modules, members of modules, anchors of documents."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.support.documents import ROOT, headings

_TOPS = ("extractor", "tasks", "tests", "bench", "docs", "migrations", "monitoring", "docker", ".ci")
_PAGES = ROOT / "tests/unit/registry/pages"  # what a browser showed, in the encodings of a site
_EXTENSIONS = "py|sql|md|toml|yml|csv|svg|html|js|mjs|json|png|bin"
_TEXTS = {".py", ".sql", ".md", ".toml", ".yml", ".js", ".mjs", ".html", ".example", ""}
# References that other programs resolve, and names of things that the product, a test or a reader makes.
_ELSEWHERE = {
    "docker/dockerfile", "extractor/migrations", "our-site.toml", "page.png", "page.html", "steps.json", "document.bin",
    "index.csv",
    "name.html", "name@frame.html", "JOB.json", "table.Cadre", "postgres.PROJECT", "extract.acte",
    "extraction.completed", "extraction.failed", "extraction.sent_again",
    "file::test", "chaos-logs/",
}  # fmt: skip
# Documents that once lay beside the repository, sections by number, issues by number. A bracket keeps each word of
# this expression from being found as what it forbids.
_OUTSIDE = re.compile(r"SITE[.]md|RELIABILIT[Y]|\bmission[/]|[/]work[/]shared|\u00a7|\b[Ii]ssue [#]?\d")
_OUTSIDE_OF_CODE = re.compile(r"\bPART[S]\b")  # as a name in code it is a word like any other

_PATH = re.compile(rf"(?<![\w/.@*-])(?:{'|'.join(map(re.escape, _TOPS))})/[\w./*-]*")
_FILE = re.compile(rf"`([\w./*@-]+\.(?:{_EXTENSIONS}))`")
_FOLDER = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/)`")
_MODULE = re.compile(r"(?:python -m |`)((?:extractor|tasks|tests|bench)(?:\.\w+)+)")
_MEMBER = re.compile(r"`([A-Za-z_]\w*)(?:\.|::)([A-Za-z_]\w*)(?:\(\))?`")
_CLASS = re.compile(r"^ *class (\w+)", re.MULTILINE)
_DEFINITION = re.compile(r"^ *(?:def|class) (\w+)|^ *(?:self\.)?(\w+)(?:: [^=\n]+)?(?: = |$)", re.MULTILINE)
_ANCHOR = re.compile(r"(docs/[\w-]+\.md)#([\w-]+)")


def texts() -> list[Path]:
    """Every text that a person wrote."""
    below = (path for top in _TOPS for path in (ROOT / top).rglob("*"))
    found = (path for path in (*ROOT.iterdir(), *below) if path.is_file() and path.suffix in _TEXTS)
    written = (path for path in found if path.parent != _PAGES and "__pycache__" not in path.parts)
    return sorted(path for path in written if path.name != ".env")


def dead_references(path: Path, text: str) -> list[str]:
    """The references of a text, which lies at this path, that lead nowhere."""
    words = _words(path, text)
    found = [match[0] for match in _OUTSIDE.finditer(text)]
    found += [match[0] for match in _OUTSIDE_OF_CODE.finditer(words)]
    for kind in (_dead_paths, _dead_files, _dead_folders, _dead_modules, _dead_members, _dead_anchors):
        found += kind(words, path)
    return [reference for reference in found if reference not in _ELSEWHERE]


def _dead_paths(words: str, _path: Path) -> Iterator[str]:
    references = (match[0].rstrip(".-") for match in _PATH.finditer(words))
    return (reference for reference in references if not _exists(reference))


def _dead_files(words: str, path: Path) -> Iterator[str]:
    for name in _FILE.findall(words):
        near = os.path.normpath(path.parent.relative_to(ROOT) / name)
        if not _exists(name, anywhere=True) and not _exists(near):
            yield name


def _dead_folders(words: str, path: Path) -> Iterator[str]:
    folders = _FOLDER.findall(words) if path.suffix == ".md" else []
    return (folder for folder in folders if not _exists(folder, anywhere=True))


def _dead_modules(words: str, _path: Path) -> Iterator[str]:
    for name in _MODULE.findall(words):
        module = name.replace(".", "/")
        places = (f"{module}.py", f"{module}/", f"{module.rpartition('/')[0]}.py")  # the last may be a member
        if not any(map(_exists, places)):
            yield name


def _dead_members(words: str, _path: Path) -> Iterator[str]:
    for owner, member in _MEMBER.findall(words):
        known = _members().get(owner)
        if known is not None and member not in known and not re.fullmatch(_EXTENSIONS, member):
            yield f"{owner}::{member}" if owner == "file" else f"{owner}.{member}"


def _dead_anchors(words: str, _path: Path) -> Iterator[str]:
    for page, anchor in _ANCHOR.findall(words):
        if not (ROOT / page).exists() or anchor not in headings(ROOT / page):
            yield f"{page}#{anchor}"


@cache
def _exists(reference: str, *, anywhere: bool = False) -> bool:
    """Whether a path, perhaps with *, is in the tree: from its root, or as the end of a path."""
    paths = _ends() if anywhere else _tree()
    if "*" not in reference:
        return reference in paths or f"{reference}/" in paths
    pattern = re.compile(re.escape(reference).replace(r"\*", "[^/]*") + "/?")
    return any(map(pattern.fullmatch, paths))


@cache
def _tree() -> frozenset[str]:
    """Files and folders, folders with a slash at their end."""
    paths = [*ROOT.iterdir(), *(path for top in _TOPS for path in (ROOT / top, *(ROOT / top).rglob("*")))]
    kept = (path for path in paths if "__pycache__" not in path.parts)
    return frozenset(f"{path.relative_to(ROOT)}{'/' * path.is_dir()}" for path in kept)


@cache
def _ends() -> frozenset[str]:
    """Every path of the tree, and what is left of it without the first folders."""
    return frozenset(path.split("/", count)[-1] for path in _tree() for count in range(path.count("/") + 1)) - {""}


@cache
def _members() -> dict[str, set[str]]:
    """By the name of a module, a class or a section of the site map: what its file defines."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (path for path in texts() if path.suffix == ".py"):
        text = path.read_text()
        names = {name for match in _DEFINITION.finditer(text) for name in match.groups() if name}
        for owner in (path.stem, *_CLASS.findall(text)):
            found[owner] |= names
    for section, values in tomllib.loads((ROOT / "extractor/registry/site.toml").read_text()).items():
        found[section] |= set(values)
    return found


def _words(path: Path, text: str) -> str:
    """What a person reads: of a program its comments and docstrings, of any other text all of it."""
    readers: dict[str, Callable[[str], Iterator[str]]] = {
        ".py": _words_of_python, ".js": _comments_of_javascript, ".mjs": _comments_of_javascript,
    }  # fmt: skip
    return "\n".join(readers[path.suffix](text)) if path.suffix in readers else text


def _words_of_python(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):  # a string that stands alone, also below an attribute
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def _comments_of_javascript(text: str) -> Iterator[str]:
    return (match[0] for match in re.finditer(r"^\s*(?://|/?\*).*$", text, re.MULTILINE))
