"""Everything that talks to the broker, with the settings of one REDIS_URL."""

from __future__ import annotations

import asyncio
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from flower.utils.broker import Broker  # type: ignore[import-untyped]  # Flower has no types
from kombu.exceptions import OperationalError
from redis import RedisError

from extractor.broker.server import connect
from extractor.broker.start import require_usable
from extractor.doctor.check import Check, Verdict
from extractor.doctor.service_checks import BROKER_REMEDIES, examine_broker
from extractor.errors import ConfigurationError
from extractor.settings import load_settings
from tests.support.documents import ROOT

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def with_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Set REDIS_URL and other settings for this process and those that it starts."""

    def set_variables(redis_url: str, **others: str) -> None:
        needed = {"ENV_FILE": "", "DATABASE_URL": NOWHERE, "STORAGE_DIR": str(tmp_path), "SPOOL_DIR": str(tmp_path)}
        flower = {"FLOWER_DB": str(tmp_path / "flower" / "state")}
        for name, value in {**needed, **flower, "REDIS_URL": redis_url, **others}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()

    yield set_variables
    load_settings.cache_clear()


def celery_app() -> Celery:
    """The app, as the settings of this moment make it."""
    settings = runpy.run_path(str(ROOT / "celeryconfig.py"))
    app = Celery("test", set_as_current=False)
    app.config_from_object(SimpleNamespace(**{name: value for name, value in settings.items() if name[0] != "_"}))
    return app


def celery_reaches() -> bool:
    """Whether Celery's workers and senders get a connection."""
    with celery_app() as app, app.connection_for_write() as connection:
        try:
            transport = connection.transport  # which tries once; a connection pauses, and tries again
            channel: Any = transport.create_channel(transport.establish_connection())
            return bool(channel.client.ping())
        except (OperationalError, RedisError, OSError):
            return False


def flower_reaches() -> bool:
    """Whether Flower's page of the queues gets an answer."""
    with celery_app() as app, app.connection() as connection:
        url = connection.as_uri(include_password=True)
        options, ssl = app.conf.broker_transport_options, app.conf.broker_use_ssl

    async def ask() -> bool:
        try:
            queues: list[dict[str, object]] = await Broker(url, broker_options=options, broker_use_ssl=ssl).queues(
                ["acte"]
            )
        except (RedisError, OSError):
            return False
        finally:
            await asyncio.sleep(0)  # a closed transport lets its socket go in the next turn of the loop
        return [queue["name"] for queue in queues] == ["acte"]

    return asyncio.run(ask())


def bridge_reaches() -> bool:
    """Whether the client of the bridge and of a worker's parent gets an answer."""
    with connect(load_settings().broker) as client:
        try:
            return bool(client.llen("acte") == 0)
        except RedisError:
            return False


def start_refusal() -> str:
    """What a worker, a bridge and Flower say before they start; nothing when they start."""
    try:
        require_usable(load_settings().broker)
    except ConfigurationError as error:
        return str(error)
    return ""


def doctor() -> Verdict:
    return Check("broker", examine_broker, BROKER_REMEDIES).verdict(load_settings())


def celery(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`celery -A tasks …`, as a user types it, to its end."""
    command = [sys.executable, "-m", "celery", "-A", "tasks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
