"""The plots of docs/performance.md, as SVG, from the samples that bench/results.json keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from bench.report import PAGE, PICTURES
from bench.rounds import Figure, Section

_MS = 1000
_LONGEST_STEPS = 8
_LEAST_MS = 0.5
# Text stays text, and the same results give the same bytes.
mpl.use("svg")
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9, "axes.grid": True})
mpl.rcParams.update({"grid.alpha": 0.3, "legend.frameon": False})


def draw(sections: Iterable[Section], folder: Path = PAGE.parent) -> None:
    """Replace the three pictures."""
    found = {section.name: section for section in sections}
    for name, plot in (("documents", _steps), ("latency", _latency), ("scale", _rows)):
        figure, axes = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
        plot(axes, found[name])
        figure.savefig(folder / PICTURES[name][0], metadata={"Date": None})
        plt.close(figure)


def _latency(axes: Axes, section: Section) -> None:
    """For each chain: which part of the rows had begun within each number of milliseconds."""
    for figure in section.figures:
        # A worker may have the row before the commit is known to whom it answers.
        milliseconds = [max(seconds * _MS, _LEAST_MS) for seconds in sorted(figure.samples)]
        part = [100 * (number + 1) / len(milliseconds) for number in range(len(milliseconds))]
        axes.step(milliseconds, part, where="post", label=figure.side)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="ms from the commit of the INSERT to the claim", ylabel="% of the rows")
    axes.legend(loc="lower right")


def _rows(axes: Axes, section: Section) -> None:
    """Medians of the statements at each size."""
    by_statement: dict[str, list[Figure]] = {}
    for figure in section.figures:
        if figure.unit == "s":
            by_statement.setdefault(figure.what, []).append(figure)
    for statement, figures in by_statement.items():
        sides = [figure.side.replace(", ", "\n") for figure in figures]
        axes.plot(sides, [figure.median * _MS for figure in figures], marker="o", label=statement)
    axes.set(xlabel="rows of the table", ylabel="ms (median)", ylim=(0, None))
    axes.legend()


def _steps(axes: Axes, section: Section) -> None:
    """Each bar is one document, cut where the attempt noted a step."""
    names = _longest(section.steps)
    bars = list(section.steps)
    left = [0.0] * len(bars)
    for name in (*names, "everything else"):
        widths = [_width(section.steps[bar], name, names) for bar in bars]
        axes.barh(bars, widths, left=left, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set(xlabel="s since the claim, at 300 ms per page (medians)")
    axes.invert_yaxis()
    axes.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.18))


def _longest(steps: Mapping[str, Mapping[str, float]]) -> list[str]:
    totals: dict[str, float] = {}
    for of_bar in steps.values():
        for name, seconds in of_bar.items():
            totals[name] = totals.get(name, 0) + seconds
    longest = sorted(totals, key=lambda name: totals[name], reverse=True)[:_LONGEST_STEPS]
    return [name for name in totals if name in longest]  # in the order in which a document passes them


def _width(of_bar: Mapping[str, float], name: str, named: list[str]) -> float:
    if name in named:
        return of_bar.get(name, 0)
    return sum(seconds for other, seconds in of_bar.items() if other not in named)
