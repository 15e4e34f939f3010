"""Each row of docs/supported.md is tried by a test, and each sentence in it is one that the program says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.documents import ROOT

PAGE = ROOT / "docs/supported.md"


def test_every_row_is_tried_and_nothing_else() -> None:
    rows = [what for what, _, _ in _rows()]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(_tried())


def test_every_row_says_one_of_three_words() -> None:
    assert {answer.partition(",")[0].partition(":")[0] for _, answer, _ in _rows()} <= {"yes", "warned", "refused"}


def test_every_sentence_is_in_troubleshoot() -> None:
    known = _plain((ROOT / "docs/troubleshoot.md").read_text())
    for what, answer, said in _rows():
        assert answer.startswith("yes") or said, what
        for sentence in re.findall(r"“([^”]+)”", said):
            assert _plain(sentence) in known, f"{what}: {sentence}"


def _rows() -> Iterator[tuple[str, str, str]]:
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[1] != "supported?" and set(cells[0]) != {"-"}:
            yield cells[0], cells[1], cells[2]


def _tried() -> Iterator[str]:
    """The first columns that tests name, by `@pytest.mark.supported("…")` or `marks=pytest.mark.supported("…")`."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "supported":
                yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("`", ""))
