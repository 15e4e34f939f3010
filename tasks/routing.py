"""Names on the broker: a queue and a task for each source, and a queue for each spool."""

from __future__ import annotations

from uuid import UUID

from kombu import Exchange, Queue

from extractor.models import Source


def source_queue(source: Source) -> Queue:
    """The queue of a source's waiting rows."""
    return _direct(source)


def spool_queue(spool_id: UUID) -> Queue:
    """The queue of the rows whose bought document lies on this spool: only workers on that disk consume it."""
    return _direct(f"spool.{spool_id}")


def task_name(source: Source) -> str:
    """The name that Flower shows, e.g. `extract.acte`."""
    return f"extract.{source}"


def _direct(name: str) -> Queue:
    return Queue(name, Exchange(name, type="direct"), routing_key=name)
