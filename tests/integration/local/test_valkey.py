"""The embedded Valkey's own promises: it evicts nothing and writes everything to disk."""

from __future__ import annotations

from pathlib import Path

import redis

from extractor.local.valkey import EmbeddedValkey


def test_it_never_evicts_and_keeps_a_log_of_writes(directory: Path) -> None:
    with (
        EmbeddedValkey(directory) as server,
        redis.Redis.from_url(server.url, decode_responses=True) as client,
    ):
        settings = client.config_get("append*", "maxmemory-policy", "bind", "save")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["bind"] == "127.0.0.1"
    assert settings["save"] == ""


def test_a_start_is_over_only_when_the_data_is_loaded(directory: Path) -> None:
    with EmbeddedValkey(directory) as server, redis.Redis.from_url(server.url) as client:
        client.eval("for i = 1, 200000 do redis.call('RPUSH', 'tasks', i) end", 0)
    with EmbeddedValkey(directory) as server, redis.Redis.from_url(server.url) as client:
        assert client.llen("tasks") == 200_000
