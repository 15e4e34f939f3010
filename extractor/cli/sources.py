"""The commands `pause` and `resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor import operations
from extractor.cli.completion import EVERY_SOURCE, sources_or_all
from extractor.cli.connection import open_database
from extractor.cli.person import current_user
from extractor.cli.terminal import say
from extractor.models import Source
from extractor.words import counted, moment

SourceName = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        autocompletion=sources_or_all,
        help="acte, index, plan_cadastraux, or all.",
        show_default=False,
    ),
]


def pause(
    source: SourceName,
    why: Annotated[str, typer.Option(help="For the person who finds it paused.", show_default=False)],
) -> None:
    """Let a source's rows wait until `resume`; running rows finish."""
    chosen = _sources(source)
    with open_database() as database:
        for state in operations.pause(database, chosen, by=current_user(), why=why):
            finish = f"{counted(state.running, 'running row')} will finish"
            say(f"{state.source} is paused: {state.reason}. {state.waiting} waiting; {finish}.")


def resume(source: SourceName) -> None:
    """Let a paused source's rows go again."""
    chosen = _sources(source)
    with open_database() as database:
        for state in operations.resume(database, chosen):
            say(f"{state.source} is resumed: {state.waiting} waiting.")
            if state.broken_until:
                say(f"  Its breaker is open until {moment(state.broken_until)}: {state.broken_reason}")


def _sources(name: str) -> tuple[Source, ...]:
    if name == EVERY_SOURCE:
        return tuple(Source)
    if name not in tuple(Source):
        raise typer.BadParameter(f"{name!r} is none of {', '.join(Source)}, {EVERY_SOURCE}.")
    return (Source(name),)
