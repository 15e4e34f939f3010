"""`setup` and `doctor`: one line per finding as it comes, coloured on a terminal, or all of them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from extractor.doctor.check import Finding, State

STYLES = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red", State.SKIPPED: "dim"}
NAME_WIDTH = 11


def print_findings(findings: Iterable[Finding], console: Console, *, as_json: bool = False) -> list[State]:
    """Print the findings and return their states."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            console.print(_line(finding), soft_wrap=True)
    if as_json:
        console.out(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2), highlight=False)
    return [finding.state for finding in found]


def _line(finding: Finding) -> Text:
    state = Text(f"{finding.state}:", STYLES[finding.state])
    return Text.assemble(finding.name.ljust(NAME_WIDTH), state, " ", finding.text)
