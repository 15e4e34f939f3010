"""A raw server for the client of the paid POST; no proxy is between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extractor.registry import plain_post
from tests.support.raw_server import RawServer, running


@pytest.fixture(scope="module")
def shared_server() -> Iterator[RawServer]:
    with running() as server:
        yield server


@pytest.fixture
def server(shared_server: RawServer, monkeypatch: pytest.MonkeyPatch) -> RawServer:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(plain_post, "STALL_SECONDS", 0.2)
    shared_server.answers, shared_server.requests, shared_server.keeps_lines = [], [], False
    return shared_server
