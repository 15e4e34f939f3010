"""What a worker's parent takes for a dead line to the broker."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from celery.worker import state

from extractor.settings import Settings
from tasks.deafness import DeafnessWatch


def a_watch(redis_url: str, directory: Path) -> DeafnessWatch:
    needed = {"database_url": "postgresql://nobody@127.0.0.1:1/none", "storage_dir": directory}
    return DeafnessWatch(Settings.model_validate(needed | {"redis_url": redis_url}), queues=["acte", "index"])


@pytest.fixture
def watch(redis_url: str, tmp_path: Path) -> DeafnessWatch:
    """Over a broker on which one message lies."""
    with redis.Redis.from_url(redis_url) as broker:
        broker.rpush("index", "{}")
    return a_watch(redis_url, tmp_path)


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


def test_broker_that_is_away_is_not_deafness(tmp_path: Path) -> None:
    assert not a_watch("redis://127.0.0.1:1/0", tmp_path).is_unheard()
