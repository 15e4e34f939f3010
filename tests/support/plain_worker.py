"""A Celery app with the product's consumer, and a task that does nothing: `celery -A tests.support.plain_worker`."""

from __future__ import annotations

import os

from celery import Celery

from extractor.models import Source
from tasks.consumer_steps import TellLater
from tasks.routing import source_queue

app = Celery("plain", broker=os.environ.get("REDIS_URL"), set_as_current=False)
app.conf.update(
    task_queues=[source_queue(Source.INDEX)],
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_send_task_events=True,
)
app.steps["consumer"].add(TellLater)


@app.task(name="nothing")
def nothing() -> None:
    """The message is all."""
