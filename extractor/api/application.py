"""Puts the API together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from importlib.metadata import version

import anyio.to_thread
from fastapi import FastAPI

from extractor.api import (
    archive,
    batches,
    dashboard,
    dashboard_calls,
    documentation,
    documents,
    events,
    extractions,
    failures,
    places,
    system,
)
from extractor.api.access import Guard, check_binding
from extractor.api.bell import Bell
from extractor.api.dependencies import CALLS, STORE_SECONDS, open_database
from extractor.api.problems import documented
from extractor.documents.storage import open_store
from extractor.local.hosts import Hosts
from extractor.postgres.events import Events
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings

logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The application; raises ConfigurationError for an address without a key, and for a store that cannot be right."""
    check_binding(settings.api_host, has_key=settings.api_key is not None)
    with closing(open_store(settings)):
        pass
    app = FastAPI(
        title="registre-extractor",
        version=version("registre-extractor"),
        description=documentation.DESCRIPTION,
        openapi_tags=documentation.TAGS,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # what a generated client calls its functions
        lifespan=partial(_lifespan, settings),
        responses=documented(401, 403, 421, 422, 503),
    )
    app.state.viewpoint = Viewpoint.of(settings)
    app.state.max_consultations_per_job = settings.max_consultations_per_job
    app.state.evidence_dir = settings.evidence_dir
    app.state.reuse_days = settings.reuse_days
    app.state.bell = Bell()
    app.add_middleware(Guard, key=settings.api_key, hosts=Hosts(settings.api_host, settings.allowed_hosts))
    failures.install(app)
    for part in (archive, extractions, batches, dashboard_calls, events, places, documents, system):
        app.include_router(part.router)
    documentation.install(app, has_key=settings.api_key is not None)
    dashboard.install(app)
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, app: FastAPI) -> AsyncIterator[None]:
    """Open the database and storage for the calls. Postgres may start later; until then calls get 503."""
    # One thread per connection, so that no thread waits for one.
    anyio.to_thread.current_default_thread_limiter().total_tokens = CALLS
    with (
        closing(open_database(settings.database_url.get_secret_value())) as database,
        closing(open_store(settings, timeout_seconds=STORE_SECONDS)) as store,
    ):
        app.state.database, app.state.store = database, store
        async with _beside(app.state.bell.watch(Events(database))):
            yield


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do the work beside the block, and cancel it at the end. It never ends by itself, unless by a defect."""
    task = asyncio.create_task(work)
    task.add_done_callback(_log_a_defect)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _log_a_defect(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("Calls that wait hear of no event any more: restart the API", exc_info=error)
