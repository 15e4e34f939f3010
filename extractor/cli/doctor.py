"""The commands that make a project ready and examine it: setup, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor.cli.findings_screen import print_findings
from extractor.cli.terminal import console, say
from extractor.doctor.check import UNDONE, State
from extractor.doctor.examination import examine
from extractor.doctor.setup import set_up
from extractor.log import configure_logging


def setup(
    make_private: Annotated[
        bool, typer.Option("--make-private", help="Also close those of the three buckets that are public.")
    ] = False,
) -> None:
    """Make a project ready: the tables and three private buckets; run again, it changes nothing."""
    configure_logging("ERROR")
    states = print_findings(set_up(make_private=make_private, on_notice=say), console)
    if any(state in UNDONE for state in states):
        raise typer.Exit(1)
    say("Next: `extractor accounts add USERNAME` for each account of the registry, then `extractor doctor`.")


def doctor(
    login: Annotated[bool, typer.Option("--login", help="Also log in once, with one free account.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Check every part and say what to do; spends nothing, and exits with 1 unless everything is ok."""
    configure_logging("ERROR")
    if set(print_findings(examine(login=login), console, as_json=as_json)) != {State.OK}:
        raise typer.Exit(1)
