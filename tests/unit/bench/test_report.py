"""docs/performance.md says what bench/results.json says, and that comes of a whole run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import report
from bench.__main__ import NAMES
from bench.rounds import Figure, Goal, Section

SECTION = Section(
    "latency",
    (Figure("start", "ours", "s", (0.004, 0.0061234, 0.005)), Figure("start", "bare", "s", (2.0, 2.5, 3.0))),
    (Goal("p50", 1.234, 1.5), Goal("rows", 0.8, 0.9, at_least=True), Goal("call", 0.15, 0.2, "s")),
    {"index": {"form open": 0.3}},
)


def test_the_page_shows_the_results_and_nothing_else() -> None:
    page = report.PAGE.read_text()
    assert report.fill_page(page, *report.read_results()) == page


def test_the_results_are_of_a_whole_run_and_the_page_has_a_place_for_each() -> None:
    sections, _ = report.read_results()
    assert {section.name for section in sections} in (set(), set(NAMES))
    marks = re.findall(r"<!-- bench: ([\w ]+) -->", report.PAGE.read_text())
    assert sorted(marks) == sorted([
        "machine", *NAMES, *(f"{name} goals" for name in NAMES), *(f"{name} picture" for name in report.PICTURES)
    ])  # fmt: skip


def test_results_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    report.write_results([SECTION], {"cores": "2"})
    assert report.read_results() == ([SECTION], {"cores": "2"})


def test_tables_stand_between_their_marks_and_nothing_else_changes() -> None:
    page = "a\n<!-- bench: latency goals -->\nold\n<!-- end -->\nb\n<!-- bench: machine -->\n<!-- end -->\n"
    filled = report.fill_page(page, [SECTION], {"cores": "2"})
    assert filled == (
        "a\n<!-- bench: latency goals -->\n\n"
        "| goal | measured | limit | met |\n| --- | --- | --- | --- |\n"
        "| p50 | 1.23 | ≤ 1.50 | yes |\n| rows | 0.80 | ≥ 0.90 | **no** |\n| call | 150 ms | ≤ 200 ms | yes |\n"
        "\n<!-- end -->\nb\n<!-- bench: machine -->\n\n"
        "| of this run |  |\n| --- | --- |\n| cores | 2 |\n\n<!-- end -->\n"
    )
    assert report.fill_page(filled, [SECTION], {"cores": "2"}) == filled


def test_a_figure_has_its_unit_and_three_digits() -> None:
    table = report.figures_table(SECTION).splitlines()
    assert table[2:] == [
        "| start | ours | 5 ms | 4 ms to 6.12 ms |  | 3 |",
        "| start | bare | 2.5 s | 2 s to 3 s |  | 3 |",
    ]
