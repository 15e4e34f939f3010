"""What commands print with: plain lines, and tables that never read the data as markup."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from extractor.words import amount

__all__ = ["add_row", "amount", "console", "new_table", "print_json", "print_json_list", "say", "warn"]

console = Console()


def say(line: str = "") -> None:
    """Print a line as it is: square brackets are no markup, and long lines do not wrap."""
    typer.echo(line)


def warn(line: str) -> None:
    """Print a line on stderr, so that stdout keeps what a script reads."""
    typer.secho(f"Warning: {line}", fg="yellow", err=True)


def print_json(model: BaseModel) -> None:
    typer.echo(model.model_dump_json(indent=2))


def print_json_list(models: Iterable[BaseModel]) -> None:
    typer.echo(f"[{', '.join(model.model_dump_json(indent=2) for model in models)}]")


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without borders; the columns named in `right` are aligned right and never wrap."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in right)
    return table


def add_row(table: Table, *cells: object, style: str | None = None) -> None:
    """Add the cells as plain text; None is empty."""
    table.add_row(*(Text("" if cell is None else str(cell)) for cell in cells), style=style)
