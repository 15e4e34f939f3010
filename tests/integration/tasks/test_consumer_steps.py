"""What Flower hears of messages, and what that costs the broker, with a real worker."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery

from extractor.local.child_process import ChildProcess
from extractor.models import Source
from tasks.routing import source_queue
from tests.support.system import eventually

MESSAGES = 30
# What Flower hears of each message: received, started, succeeded.
EVENTS = {"task-received": MESSAGES, "task-started": MESSAGES, "task-succeeded": MESSAGES}


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    with Celery(broker=redis_url, set_as_current=False) as app:
        yield app


@pytest.fixture
def heard(app: Celery) -> Iterator[Counter[str]]:
    """How often each event came, as Flower would count it."""
    counted: Counter[str] = Counter()
    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": lambda event: counted.update([event["type"]])})
        thread = threading.Thread(target=receiver.capture, kwargs={"wakeup": False})
        thread.start()
        yield counted
        receiver.should_stop = True
        thread.join()


@pytest.fixture
def worker(redis_url: str, heard: Counter[str]) -> Iterator[None]:
    """It runs, and is heard."""
    command = [sys.executable, "-m", "celery", "-A", "tests.support.plain_worker", "worker", "--concurrency=1"]
    with ChildProcess(command, environment=os.environ | {"REDIS_URL": redis_url}, output=subprocess.DEVNULL):
        eventually(lambda: heard["worker-heartbeat"] > 0, "a worker is heard", seconds=60)
        yield


@pytest.mark.usefixtures("worker")
def test_flower_hears_of_each_message_in_few_publications(app: Celery, heard: Counter[str], redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as broker:
        queue: Any = source_queue(Source.INDEX)  # its stubs know only names
        before = calls(broker)
        for _ in range(MESSAGES):
            app.send_task("nothing", queue=queue, ignore_result=True)
        eventually(lambda: told(heard) == EVENTS, "every event came")
        made = calls(broker) - before

    assert made["lpush"] == MESSAGES
    assert made["publish"] < MESSAGES


def told(heard: Counter[str]) -> dict[str, int]:
    return {kind: number for kind, number in heard.items() if kind.startswith("task-")}


def calls(broker: redis.Redis) -> Counter[str]:
    """How often each command was called since the broker started."""
    stats: Any = broker.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): numbers["calls"] for name, numbers in stats.items()})
