from __future__ import annotations

from collections.abc import Iterator

import pytest

from extractor.standin.app import create_app
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running

from .visitor import Visitor


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with running(create_app()) as url:
        yield url


@pytest.fixture
def standin(base_url: str) -> Iterator[StandinClient]:
    with StandinClient(base_url) as client:
        client.reset()
        yield client


@pytest.fixture
def stranger(base_url: str, standin: StandinClient) -> Iterator[Visitor]:  # noqa: ARG001 - it resets the site
    """A visitor before the login; the site has been reset."""
    with Visitor(base_url) as visitor:
        yield visitor


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    assert stranger.log_in().is_logged_in
    return stranger
