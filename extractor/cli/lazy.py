"""Commands that are imported when they are called: Click's lazy loading, for typer.

In Click's own recipe a group's `--help` imports every command for its sentence. Here the sentence stands beside the
name, so the group's help and completion import none.
"""

from __future__ import annotations

import gc
import pkgutil
import shutil
from typing import Any

import typer
from typer.core import MarkupMode, TyperCommand

FRAMED_COLUMNS = 70
# By default each 700 new objects start a collection. An import makes a hundred thousand that stay: a fifth of its time.
IMPORT_THRESHOLD = 10_000


class LazyCommand(TyperCommand):
    """A line of the group's help that becomes the command, or the group, at `module:attribute` when it is called."""

    def __init__(self, name: str, target: str, panel: str, sentence: str) -> None:
        super().__init__(name, help=sentence, rich_help_panel=panel)
        self._target = target

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the command and let it read its arguments; the context is the imported command's."""
        return self.load().make_context(info_name, args, parent, **extra)

    def load(self) -> Any:
        """Import the module; its attribute is a function, or a typer app that may hold several."""
        gc.set_threshold(IMPORT_THRESHOLD)
        target = pkgutil.resolve_name(self._target)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False)
            target.command(self.name)(function)
        target.rich_markup_mode = help_mode()
        return typer.main.get_command(target)


def help_mode() -> MarkupMode:
    """Whether help stands in frames: in a narrow terminal they cut the names of options."""
    return "rich" if _columns() >= FRAMED_COLUMNS else None


def help_width() -> dict[str, int]:
    """The width of help without frames, which is 50 at least when nothing is said."""
    return {} if help_mode() else {"terminal_width": _columns()}


def _columns() -> int:
    return shutil.get_terminal_size().columns
