"""Names on the broker: a queue and a task for each source, and a queue for each spool."""

from __future__ import annotations

from uuid import UUID

from kombu import Exchange, Queue

from extractor.models import RowId, Source, can_be_id


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


def _direct(name: str) -> Queue:
    return Queue(name, Exchange(name, type="direct"), routing_key=name)
