"""Tables without borders; where one does not fit, each row becomes lines of its own."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

# Columns; wider than any terminal.
UNBOUND = 10_000


class NarrowTable(Table):
    """A table that no width cuts: where not even its longest words fit side by side, it prints `column: cell` lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for column in self.columns:
            # Otherwise rich takes room from the widest columns first, and cuts their words.
            cells = (Text(str(column.header)), *(Text(str(cell)) for cell in column.cells))
            column.min_width = max(_least_width(console, cell, whole=column.no_wrap) for cell in cells)
        if Measurement.get(console, options.update(width=UNBOUND), self).minimum <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._lines()

    def _lines(self) -> Iterable[Text]:
        """Per row its cells that are not empty, one per line; an empty line parts two rows."""
        cells = [[*column.cells] for column in self.columns]
        for nth in range(self.row_count):
            if nth:
                yield Text("")
            for column, own in zip(self.columns, cells, strict=True):
                if str(own[nth]):
                    yield Text(f"{column.header}: {own[nth]}" if str(column.header) else str(own[nth]))


def new_table(*columns: str, right: Iterable[str] = ()) -> NarrowTable:
    """A table without borders; the columns named in `right` are aligned right and never wrap."""
    table = NarrowTable(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in right)
    return table


def add_row(table: Table, *cells: object, style: str | None = None) -> None:
    """Add the cells as plain text; None is empty."""
    table.add_row(*(Text("" if cell is None else str(cell)) for cell in cells), style=style)


def _least_width(console: Console, cell: Text, *, whole: bool) -> int:
    """The longest word of the cell, or all of it."""
    return cell.cell_len if whole else Measurement.get(console, console.options, cell).minimum
