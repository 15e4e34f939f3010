"""The commands that prepare, run and examine the system."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli.terminal import console, say

DATA_DIRECTORY = Path(".data")

Directory = Annotated[Path, typer.Option(help="Where the embedded servers and the documents live.")]


def setup(
    make_private: Annotated[
        bool, typer.Option("--make-private", help="Also close those of the three buckets that are public.")
    ] = False,
) -> None:
    """Make a project ready: the tables and three private buckets; run again, it changes nothing."""
    from extractor.doctor import print_findings
    from extractor.doctor.check import UNDONE
    from extractor.doctor.setup import set_up
    from extractor.log import configure_logging

    configure_logging("ERROR")
    states = print_findings(set_up(make_private=make_private, on_notice=say), console)
    if any(state in UNDONE for state in states):
        raise typer.Exit(1)
    say("Next: `extractor accounts add USERNAME` for each account of the registry, then `extractor doctor`.")


def migrate() -> None:
    """Create or complete the tables in DATABASE_URL; run again, it changes nothing."""
    from extractor.cli.database import sentences
    from extractor.postgres import migrate as migrations
    from extractor.settings import load_settings

    url = load_settings().database_url.get_secret_value()
    with sentences():
        applied = migrations.migrate(url, on_notice=say)
    say(f"Applied {', '.join(applied)}." if applied else "Nothing to apply: the database is up to date.")


def demo(directory: Directory = DATA_DIRECTORY / "demo") -> None:
    """Fetch one document of each source from the stand-in site, on embedded servers."""
    from extractor.local.demo import run_demo
    from extractor.log import configure_logging

    # A .env or exported settings of yours name the real project: not for a demo.
    os.environ["ENV_FILE"] = ""
    for name in ("DATABASE_URL", "REDIS_URL", "SUPABASE_URL", "SUPABASE_SERVICE_KEY", "REGISTRY_SITE_MAP"):
        os.environ.pop(name, None)
    configure_logging("WARNING")
    if not run_demo(directory, console):
        raise typer.Exit(1)


def up(
    directory: Directory = DATA_DIRECTORY / "up",
    sessions: Annotated[int, typer.Option(help="Worker processes; each needs an account.")] = 2,
) -> None:
    """Run everything until Ctrl-C; .env and the environment replace the embedded parts, one by one."""
    from extractor.local.stack import Outside, Stack
    from extractor.log import configure_logging
    from extractor.settings import read_settings

    configure_logging("WARNING")
    outside = read_settings(Outside, ".env")

    def say(part: str, what: str) -> None:
        console.print(f"{part:<15} {what}", highlight=False, soft_wrap=True)

    with Stack(directory, outside=outside, sessions=sessions, say=say) as stack:
        # The address of yours holds its password.
        address = '"$DATABASE_URL"' if outside.database_url else f"'{stack.database_url}'"
        console.print(f"\nInsert rows into extraction_queue: psql {address}", soft_wrap=True, highlight=False)
        console.print("Ctrl-C stops everything.\n")
        signal.pause()


def doctor(
    login: Annotated[bool, typer.Option("--login", help="Also log in once, with one free account.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Check every part and say what to do; spends nothing, and exits with 1 unless everything is ok."""
    from extractor.doctor import State, examine, print_findings
    from extractor.log import configure_logging

    configure_logging("ERROR")
    if set(print_findings(examine(login=login), console, as_json=as_json)) != {State.OK}:
        raise typer.Exit(1)


def standin(context: typer.Context) -> None:
    """Run the stand-in for the registry's site; --help lists its options."""
    from extractor.standin.__main__ import main as serve

    serve(context.args)


def healthcheck(part: Annotated[str, typer.Argument(help="worker or bridge")]) -> None:
    """Say whether this host's own worker or bridge is fit for work; exits with 1 when not."""
    from extractor.doctor.health import main as check

    raise typer.Exit(check([part]))
