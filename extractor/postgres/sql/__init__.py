"""Loads the named queries of this folder: the query's name is the name of the method that runs it.

A query opens with `-- name --`; the comment lines below it say what it does and list its parameters.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import LiteralString, cast

_HEADER = re.compile(r"^-- ([a-z_]+) --\n", re.MULTILINE)


@functools.cache
def load_queries(file_name: str) -> dict[str, LiteralString]:
    """Return name → statement of one file of this folder, e.g. `jobs.sql`."""
    text = (resources.files(__name__) / file_name).read_text(encoding="utf-8")
    _, *parts = _HEADER.split(text)
    # The files are part of the package, so their text is as fixed as a literal.
    return {name: cast("LiteralString", body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)}
