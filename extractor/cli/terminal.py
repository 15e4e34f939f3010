"""What commands print with: plain lines, and tables that never read the data as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

import typer
from rich.console import Console

from extractor.cli.plain_letters import takes_every_letter
from extractor.cli.tables import add_row, new_table
from extractor.words import amount

__all__ = [
    "add_row",
    "amount",
    "console",
    "new_table",
    "print_csv",
    "print_json",
    "print_json_list",
    "say",
]

if TYPE_CHECKING:  # `extractor --help` imports this file
    from pydantic import BaseModel

console = Console()


def say(line: str = "") -> None:
    """Print a line as it is: square brackets are no markup, and long lines do not wrap."""
    _write(sys.stdout, f"{line}\n")


def note(line: str, *, fg: str | None = None) -> None:
    """Print a line on stderr, so that stdout keeps what a script reads; a colour shows on a terminal only."""
    _write(sys.stderr, f"{typer.style(line, fg=fg) if fg and sys.stderr.isatty() else line}\n")


def print_json(model: BaseModel) -> None:
    say(_json(model))


def print_json_list(models: Iterable[BaseModel]) -> None:
    """Print each as it comes, so that a long list needs no memory."""
    separator = "["
    for model in models:
        _write(sys.stdout, f"{separator}{_json(model)}")
        separator = ", "
    say("[]" if separator == "[" else "]")


def print_csv(text: str) -> None:
    """Print lines of `csv_lines`, in UTF-8 whatever the terminal's letters: their mark says that they are."""
    typer.echo(text.encode(), nl=False)


def _write(stream: TextIO, text: str) -> None:
    """Not `typer.echo`: to a terminal in ASCII it writes UTF-8."""
    stream.write(text)
    stream.flush()


def _json(model: BaseModel) -> str:
    """With the names of the table's columns, as the API has them."""
    return model.model_dump_json(indent=2, by_alias=True, ensure_ascii=not takes_every_letter(sys.stdout))
