"""What an event says about a message of the bridge: its row, and its outcome in plain words. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from extractor.errors import ExtractorError, UnexpectedError
from extractor.models import RowId, Source
from tasks.routing import row_in, task_name

# Celery's states after which nothing of a message changes any more.
FINAL_STATES = {"SUCCESS", "FAILURE", "REVOKED", "REJECTED"}
_TASKS = {task_name(source) for source in Source}
# How events write a value: 'text', or Error('text').
_WRITTEN = re.compile(r"\w*\(?((['\"]).*\2),?\)?", re.DOTALL)
# What Celery's parent process says of a child that it lost.
_LOST = {
    "WorkerLostError": "The worker process was killed or crashed",
    "TimeLimitExceeded": "The worker process took too long and was killed",
}


def row_of(task: Any) -> RowId | None:
    """The row of a task that the bridge sent; events write its arguments as `('42',)` or `['42']`."""
    if task.name not in _TASKS:
        return None
    try:
        return row_in(ast.literal_eval(task.args or "()"))
    except (SyntaxError, TypeError, ValueError):  # cut off at Celery's length limit, or no literal
        return None


def is_outcome(exception: str | None) -> bool:
    """Whether this is how a row or its process may end, and no defect: then its traceback helps nobody."""
    name = (exception or "").partition("(")[0]
    return name in _OUTCOMES or name in _LOST


def plain(written: str | None) -> str | None:
    """The text inside what an event writes as `'text'` or `Error('text')`; anything else as it is."""
    name = (written or "").partition("(")[0]
    if name in _LOST:
        return f"{_LOST[name]}. The bridge sends the row again when its lease has passed. Celery says: {written}"
    return _inner(written)


def _inner(written: str | None) -> str | None:
    found = _WRITTEN.fullmatch(written or "")
    if not found:
        return written
    try:
        return str(ast.literal_eval(found[1]))
    except (SyntaxError, ValueError):  # cut off at Celery's length limit
        return found[1]


def _below(kind: type[ExtractorError]) -> Iterator[str]:
    for child in kind.__subclasses__():
        yield child.__name__
        yield from _below(child)


_OUTCOMES = frozenset(_below(ExtractorError)) - {UnexpectedError.__name__}
