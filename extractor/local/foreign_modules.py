"""Modules of the working directory that Celery would load in the place of our own, because it looks there first."""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path

from extractor.local.errors import LocalError


def refuse_foreign_modules() -> None:
    """Raise LocalError when another `tasks`, `celeryconfig` or `extractor` lies in the working directory."""
    ours = Path(__file__).resolve().parents[2]
    for name in ("celeryconfig", "extractor", "tasks"):
        found = PathFinder.find_spec(name, [str(Path.cwd())])
        if found is not None and found.origin is not None and not Path(found.origin).resolve().is_relative_to(ours):
            raise LocalError(
                f"{found.origin} would be loaded instead of our own `{name}`: run this in another directory."
            )
