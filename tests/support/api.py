"""The API over real HTTP, served by a thread of this process."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from extractor.api import create_app
from extractor.api.server import Server
from extractor.local.listening import listen
from extractor.settings import Settings

# Reading all certificate authorities takes longer than a test.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def api_settings(database_url: str, directory: Path, **others: object) -> Settings:
    """Settings that keep documents in the directory, unless `others` name Supabase."""
    storage = {} if "supabase_url" in others else {"storage_dir": directory}
    return Settings.model_validate(
        {"database_url": database_url, "redis_url": "redis://127.0.0.1:9/0", **storage, **others}
    )


@contextmanager
def calling(settings: Settings) -> Iterator[httpx.Client]:
    """A client of an API with these settings, while both live."""
    with serving(create_app(settings)) as client:
        yield client


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """The same for an app that the test made. At the end the calls that wait are answered, as at a stop."""
    server = Server(app, uvicorn.Config(app, log_config=None, lifespan="on"))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="api")
        thread.start()
        try:
            # The socket listens already, so a client that is early waits in its queue.
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=20, verify=NO_AUTHORITIES) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
