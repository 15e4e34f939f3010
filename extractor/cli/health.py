"""The command `healthcheck`, which a supervisor runs every few seconds: it imports no more than it needs."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor.doctor import health


def healthcheck(part: Annotated[str, typer.Argument(help="worker or bridge")]) -> None:
    """Say whether this host's own worker or bridge is fit for work; exits with 1 when not."""
    raise typer.Exit(health.main([part]))
