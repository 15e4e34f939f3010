"""What was measured: as `bench/results.json`, as tables on the screen and between the marks of docs/performance.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.rounds import Figure, Goal, Section, Summary

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
# What `plots.py` draws of a section: the file in docs/, and what it shows.
PICTURES = {
    "documents": ("pictures/bench-steps.svg", "Seconds of a document by step"),
    "latency": ("pictures/bench-latency.svg", "Part of the rows that had begun, by milliseconds"),
    "scale": ("pictures/bench-rows.svg", "Milliseconds of a statement by rows"),
}
_MARKED = re.compile(r"(<!-- bench: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_MS = 1000
_LARGE = 100


def write_results(sections: Iterable[Section], machine: Mapping[str, Any]) -> None:
    """Replace the results; every sample is kept, so that the plots can be drawn again."""
    results = {"machine": machine, "sections": {section.name: _section(section) for section in sections}}
    text = json.dumps(results, ensure_ascii=False, indent=1)
    RESULTS.write_text(re.sub(r"\n\s+(?=-?[\d.]+,?\n|\s*\],?\n)", " ", text) + "\n")


def read_results() -> tuple[list[Section], dict[str, Any]]:
    """What `write_results` wrote."""
    results = json.loads(RESULTS.read_text())
    sections = [
        Section(
            name,
            tuple(Figure(**figure | {"samples": tuple(figure["samples"])}) for figure in section["figures"]),
            tuple(Goal(**goal) for goal in section["goals"]),
            section["steps"],
        )
        for name, section in results["sections"].items()
    ]
    return sections, results["machine"]


def fill_page(text: str, sections: Iterable[Section], machine: Mapping[str, Any]) -> str:
    """The page with the tables of these results between its marks, and nothing between those of what is missing."""
    tables = {"machine": _machine(machine)} if machine else {}
    for section in sections:
        tables[section.name] = figures_table(section)
        tables[f"{section.name} goals"] = goals_table(section.goals)
        if section.name in PICTURES:
            file, shows = PICTURES[section.name]
            tables[f"{section.name} picture"] = f"![{shows}]({file})\n"
    return _MARKED.sub(
        lambda mark: f"{mark[1]}\n{tables[mark[2]]}\n{mark[3]}" if mark[2] in tables else mark[1] + mark[3], text
    )


def figures_table(section: Section) -> str:
    """One line per figure."""
    return _table(
        ("measured", "who", "median", "quartiles", "p99", "samples"),
        ((figure.what, figure.side, *_cells(figure)) for figure in section.figures),
    )


def goals_table(goals: Iterable[Goal]) -> str:
    """One line per goal."""
    return _table(
        ("goal", "measured", "limit", "met"),
        (
            (
                goal.name,
                _amount(goal.value, goal.unit),
                f"{'≥' if goal.at_least else '≤'} {_amount(goal.limit, goal.unit)}",
                "yes" if goal.is_met else "**no**",
            )
            for goal in goals
        ),
    )


def _section(section: Section) -> dict[str, Any]:
    return {
        "figures": [
            {"what": one.what, "side": one.side, "unit": one.unit, "samples": [float(f"{x:.5g}") for x in one.samples]}
            for one in section.figures
        ],
        "goals": [vars(goal) for goal in section.goals],
        "steps": section.steps,
    }


def _cells(figure: Figure) -> tuple[str, ...]:
    summary = Summary.of(figure.samples)
    amounts = [_amount(value, figure.unit) for value in (summary.median, summary.low, summary.high)]
    p99 = "" if summary.p99 is None else _amount(summary.p99, figure.unit)
    return amounts[0], f"{amounts[1]} to {amounts[2]}", p99, str(summary.samples)


def _amount(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        value, unit = value * _MS, "ms"
    number = f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}" if unit else f"{value:.2f}"
    return f"{number} {unit}".strip()


def _machine(machine: Mapping[str, Any]) -> str:
    return _table(("of this run", ""), ((name, str(value)) for name, value in machine.items()))


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [head, ("---",) * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
