"""Names on the broker: a queue and a task for each source, and a queue for each spool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kombu import Exchange, Queue

from extractor.models import RowId, Source, can_be_id
from tasks.command_line import Refused


def source_queue(source: Source) -> Queue:
    """The queue of a source's waiting rows."""
    return _direct(source)


def spool_queue(spool_id: UUID) -> Queue:
    """The queue of the rows whose bought document lies on this spool: only workers on that disk consume it."""
    return _direct(f"spool.{spool_id}")


def task_name(source: Source) -> str:
    """The name that Flower shows, e.g. `extract.acte`."""
    return f"extract.{source}"


def row_in(arguments: object) -> RowId | None:
    """The id that a message carries as its only argument; None for one that the bridge would not send."""
    match arguments:
        case [str() | int() as job_id] if can_be_id(str(job_id)):
            return str(job_id)
        case _:
            return None


def require_sendable(name: str, args: Any, kwargs: Any, options: Mapping[str, Any]) -> Any:
    """The queue of a message: the one that its options name, else that of its task; raises Refused.

    A queue by its name must be one of the sources; the bridge passes queues of spools as objects.
    """
    source = next((source for source in Source if task_name(source) == name), None)
    if source is None:
        raise Refused(f"There is no task {name!r}: the tasks are {', '.join(map(task_name, Source))}.")
    if kwargs or not isinstance(args, list | tuple) or len(args) != 1:
        raise Refused(f"""{name} takes one argument, the id of a row: --args '["ROW-ID"]'.""")
    queue = options.get("queue")
    if isinstance(queue, str) and queue not in set(Source):
        raise Refused(f"There is no queue {queue!r}: the queues are {', '.join(Source)}.")
    if queue is None and (options.get("exchange") or options.get("routing_key")):
        raise Refused("A message without a queue would be lost: leave out exchange and routing key, or name --queue.")
    return queue or source_queue(source)


def _direct(name: str) -> Queue:
    return Queue(name, Exchange(name, type="direct"), routing_key=name)
