"""The commands that run the whole system on this machine: up, demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli.failures import EXIT_INTERRUPTED
from extractor.cli.terminal import console, say
from extractor.local.demo import run_demo
from extractor.local.outside import NAMES
from extractor.local.up import run_up
from extractor.log import configure_logging

DATA_DIRECTORY = Path(".data")

Directory = Annotated[Path, typer.Option(help="Where the embedded servers, the documents and the logs are kept.")]


def demo(directory: Directory = DATA_DIRECTORY / "demo") -> None:
    """Fetch one document of each source from the stand-in site, on embedded servers."""
    os.environ["ENV_FILE"] = ""
    for name in NAMES:  # a demo is the same for everybody, whatever their project
        if name != "BROWSER_EXECUTABLE":
            os.environ.pop(name, None)
    configure_logging("WARNING")
    try:
        succeeded = run_demo(directory, console, next_command=_command("up"))
    except KeyboardInterrupt:
        say(f"Stopped before its end. Nothing of it runs any more, and `{_command('demo')}` begins again.")
        # At 130 make would add a line that reads like a failure; it passes the Ctrl-C on itself.
        raise typer.Exit(0 if _is_under_make() else EXIT_INTERRUPTED) from None
    if not succeeded:
        raise typer.Exit(1)


def up(
    directory: Directory = DATA_DIRECTORY / "up",
    sessions: Annotated[int, typer.Option(help="Worker processes; each needs an account.", min=1)] = 2,
) -> None:
    """Run everything until Ctrl-C; .env and the environment replace the embedded parts, one by one."""
    configure_logging("WARNING")
    run_up(directory, sessions=sessions, command=_command("up"), say=say)


def _command(name: str) -> str:
    """How the reader, who typed this command, types another one."""
    return f"make {name}" if _is_under_make() else f"{sys.argv[0]} {name}"


def _is_under_make() -> bool:
    return "MAKELEVEL" in os.environ
