"""`python -m bench` measures everything, keeps it, and ends with 1 when a goal is missed.

With names of sections it measures these alone, prints them, and keeps nothing: the documents show one whole run.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.markdown import Markdown

from bench import report
from bench.rounds import Section
from bench.stage import Stage

NAMES = ("documents", "latency", "throughput", "start", "memory", "scale", "reads", "bulk")
ROUNDS = 5


def main() -> int:
    """The exit code: 0, or 1 when a goal was missed."""
    wanted = _parser().parse_args()
    machine = describe_machine(wanted.rounds)
    sections = []
    with Stage() as stage:
        for name in wanted.sections or NAMES:
            sections.append(_measure(stage, name, wanted.rounds))
            _show(sections[-1])
    if not wanted.sections:
        report.write_results(sections, machine)
        report.PAGE.write_text(report.fill_page(report.PAGE.read_text(), *report.read_results()))
        importlib.import_module("bench.plots").draw(report.read_results()[0])  # needs the group `bench`
    missed = [goal for section in sections for goal in section.goals if not goal.is_met]
    for goal in missed:
        sys.stdout.write(f"missed: {goal.name}: {goal.value:.3g}, and the limit is {goal.limit:g} {goal.unit}\n")
    return 1 if missed and not wanted.no_fail else 0


def describe_machine(rounds: int) -> dict[str, str]:
    """What the absolute numbers are of."""
    return {
        "measured at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _git("rev-parse", "--short", "HEAD") + (" with changes" if _git("status", "--porcelain") else ""),
        "rounds": str(rounds),
        "cores": f"{os.cpu_count()}, {_processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*NAMES, []], metavar="section", help=", ".join(NAMES))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often the sides take turns (default: 5)")
    parser.add_argument("--no-fail", action="store_true", help="end with 0 also when a goal is missed")
    return parser


def _measure(stage: Stage, name: str, rounds: int) -> Section:
    started = time.monotonic()
    section: Section = importlib.import_module(f"bench.{name}").measure(stage, rounds)
    sys.stdout.write(f"\n{name}: {time.monotonic() - started:.0f} s\n")
    return section


def _show(section: Section) -> None:
    console = Console(width=150)
    console.print(Markdown(report.figures_table(section)))
    console.print(Markdown(report.goals_table(section.goals)))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, cwd=report.ROOT)
    return done.stdout.strip() or ("" if done.returncode == 0 else "unknown")


def _processor() -> str:
    return next(_models(), platform.processor() or "unknown")


def _models() -> Iterator[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        yield from (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except FileNotFoundError:
        return


if __name__ == "__main__":
    sys.exit(main())
