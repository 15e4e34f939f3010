"""The commands that run the whole system on this machine: up, demo."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli.terminal import console
from extractor.local.demo import run_demo
from extractor.local.stack import Outside, Stack
from extractor.log import configure_logging
from extractor.settings import read_settings

DATA_DIRECTORY = Path(".data")
# Settings that name a real project: not for a demo.
REAL_SETTINGS = ("DATABASE_URL", "REDIS_URL", "SUPABASE_URL", "SUPABASE_SERVICE_KEY", "REGISTRY_SITE_MAP")

Directory = Annotated[Path, typer.Option(help="Where the embedded servers and the documents live.")]


def demo(directory: Directory = DATA_DIRECTORY / "demo") -> None:
    """Fetch one document of each source from the stand-in site, on embedded servers."""
    os.environ["ENV_FILE"] = ""
    for name in REAL_SETTINGS:
        os.environ.pop(name, None)
    configure_logging("WARNING")
    if not run_demo(directory, console):
        raise typer.Exit(1)


def up(
    directory: Directory = DATA_DIRECTORY / "up",
    sessions: Annotated[int, typer.Option(help="Worker processes; each needs an account.")] = 2,
) -> None:
    """Run everything until Ctrl-C; .env and the environment replace the embedded parts, one by one."""
    configure_logging("WARNING")
    outside = read_settings(Outside)

    def say(part: str, what: str) -> None:
        console.print(f"{part:<15} {what}", highlight=False, soft_wrap=True)

    with Stack(directory, outside=outside, sessions=sessions, say=say) as stack:
        # An address from the settings holds its password.
        address = '"$DATABASE_URL"' if outside.database_url else f"'{stack.database_url}'"
        console.print(f"\nInsert rows into extraction_queue: psql {address}", soft_wrap=True, highlight=False)
        console.print("Ctrl-C stops everything.\n")
        signal.pause()
