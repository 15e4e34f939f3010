"""A person's yes before anything that may cost money, when --yes did not give it."""

from __future__ import annotations

import sys

import typer

from extractor.cli.terminal import say


def consents(question: str) -> bool:
    """Ask on a terminal; raises Exit on a no. Elsewhere nobody can answer: it is a dry run, which says so."""
    if not sys.stdin.isatty():
        say("Nothing is changed yet: add --yes.")
        return False
    if not typer.confirm(question, err=True):
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(1)
    return True
