"""What a worker's parent takes for a dead line to the broker."""

from __future__ import annotations

import pytest
import redis
from celery.worker import state

from extractor.broker.address import RedisAddress
from extractor.broker.server import connect
from tasks.deafness import DeafnessWatch


def a_watch(redis_url: str) -> DeafnessWatch:
    return DeafnessWatch(connect(RedisAddress.parse(redis_url)), deaf_seconds=60, queues=["acte", "index"])


@pytest.fixture
def watch(redis_url: str) -> DeafnessWatch:
    """Over a broker on which one message lies."""
    with redis.Redis.from_url(redis_url) as broker:
        broker.rpush("index", "{}")
    return a_watch(redis_url)


def test_message_before_an_idle_worker_is_unheard(watch: DeafnessWatch, redis_url: str) -> None:
    assert watch.is_unheard()

    with redis.Redis.from_url(redis_url) as broker:
        broker.delete("index")
    assert not watch.is_unheard()


@pytest.mark.parametrize("how", ["should_stop", "should_terminate"])
def test_worker_that_was_asked_to_stop_is_not_deaf(
    watch: DeafnessWatch, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(state, how, 0)

    assert not watch.is_unheard()


def test_broker_that_is_away_is_not_deafness() -> None:
    assert not a_watch("redis://127.0.0.1:1/0").is_unheard()
