"""The options that mean the rows of one import, or of one dossier of the user."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from extractor.reports import Group

OfBatch = Annotated[
    UUID | None, typer.Option("--batch", help="All rows of this import; `import` prints its id.", show_default=False)
]
OfReference = Annotated[
    str | None, typer.Option("--reference", help="All rows with this reference, your own dossier.", show_default=False)
]


def group_of(batch: UUID | None, reference: str | None) -> Group:
    """The rows that fit both options, where they are given."""
    if reference is not None and not reference.strip():
        raise typer.BadParameter("--reference is empty: it would mean every row.")
    return Group(batch_id=str(batch) if batch else None, reference=reference.strip() if reference else None)
