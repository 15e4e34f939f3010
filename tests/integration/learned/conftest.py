"""A worker process with `REQUESTS=learned`, real Postgres and Chromium, at a stand-in that notes each request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Cookie
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.errors import ExtractorError
from extractor.models import RowId
from extractor.registry import proof
from extractor.registry.registry_browser import RegistryBrowser
from extractor.registry.registry_site import RegistrySite
from extractor.registry.visit import Pace
from extractor.settings import Settings
from extractor.worker.assembly import Assembly
from extractor.worker.drain import Drain
from extractor.worker.process import WorkerProcess
from tests.support.odd_site import create_odd_app
from tests.support.rows import insert_account, insert_job
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running

LEARNED = "learned request: one POST, without the form"
PACE = Pace(between_actions=0, page_timeout=10, document_timeout=10)


@dataclass
class Wire:
    """Every request that reached the site, but for pictures and the control of the stand-in."""

    app: ASGIApp
    requests: list[str] = field(default_factory=list)
    posts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)
    """Headers and body of each POST."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/Sirf/Script"):
            receive = await self._note(scope, receive)
        await self.app(scope, receive, send)

    async def _note(self, scope: Scope, receive: Receive) -> Receive:
        first = await receive()  # a form is small, and comes in one piece
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append(f"{scope['method']} {scope['path'].rpartition('/')[2]}")
        if scope["method"] == "POST":
            kept = {name: headers.get(name) for name in ("referer", "origin", "content-type", "cookie")}
            self.posts.append((kept, first.get("body", b"").decode("ascii")))
        waiting = [first]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        return again

    def take(self) -> list[str]:
        """What came since the last call."""
        came, self.requests, self.posts = self.requests, [], []
        return came


class SharedChromium(RegistryBrowser):
    """One Chromium for all tests: its end belongs to the last of them."""

    pages: ExitStack

    def open_site(self, cookies: Sequence[Cookie] = ()) -> RegistrySite:
        site = super().open_site(cookies)
        self.pages.callback(site._visit.page.context.close)
        return site

    def close(self) -> None:
        """The pages are closed with the test."""

    def kill(self) -> None:
        """Nothing dies."""

    def memory_mb(self) -> int:
        return 100


@dataclass
class Worker:
    """One process, and the rows that it is given."""

    parts: Assembly
    sql: psycopg.Connection

    def __post_init__(self) -> None:
        self.process = WorkerProcess(self.parts)
        self.parts.status.register()
        assert self.parts.readiness.seek() is None

    def insert(self, **columns: object) -> RowId:
        return insert_job(self.sql, **columns)

    def do(self, **columns: object) -> RowId:
        """Insert a row and do it."""
        job_id = self.insert(**columns)
        self.again(job_id)
        return job_id

    def again(self, job_id: RowId) -> None:
        try:
            self.process.handle(job_id)
        except ExtractorError as error:  # the row has it
            print(f"{job_id}: {error}")  # noqa: T201 -- pytest shows it when the test fails

    def control(self, columns: str, source: str = "index") -> tuple[object, ...]:
        found = self.sql.execute(
            f"SELECT {columns} FROM learned_control WHERE document_source = %s",
            [source],
        ).fetchone()
        assert found is not None
        return found

    def row(self, job_id: RowId, columns: str = "status, error_code") -> tuple[object, ...]:
        found = self.sql.execute(f"SELECT {columns} FROM extraction_queue WHERE id = %s", [job_id]).fetchone()
        assert found is not None
        return found

    def steps(self, job_id: RowId) -> str:
        """What the row's attempts did, in words."""
        rows = self.sql.execute("SELECT steps FROM extraction_attempts WHERE job_id = %s ORDER BY id", [job_id])
        return "\n".join(str(step["step"]) for (steps,) in rows for step in steps or ())


@pytest.fixture(scope="package")  # Playwright's loop runs in this thread until then, and no second one can start
def chromium() -> Iterator[Browser]:
    with Browser(find_browser(), headless=True, action_timeout_seconds=PACE.page_timeout) as browser:
        yield browser


@pytest.fixture(scope="package")
def wire() -> Wire:
    return Wire(create_odd_app())


@pytest.fixture(scope="package")
def site_url(wire: Wire) -> Iterator[str]:
    with running(wire) as url:
        yield url


@pytest.fixture
def standin(site_url: str, wire: Wire) -> Iterator[StandinClient]:
    with StandinClient(site_url) as client:
        client.reset()
        wire.take()
        yield client


@pytest.fixture(autouse=True)
def no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture(autouse=True)
def soon_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of a form has no scripts, so each page of the site has some that may lead on."""
    monkeypatch.setattr(proof, "BELIEVED_AFTER", 0.5)


Start = Callable[..., Worker]


@pytest.fixture
def start(
    chromium: Browser,
    site_url: str,
    standin: StandinClient,  # noqa: ARG001 -- the site starts over first
    database_url: str,
    sql: psycopg.Connection,
    tmp_path: Path,
) -> Iterator[Start]:
    """Make a worker process that is logged in."""
    with ExitStack() as stack:

        def start_one(
            worker_id: str = "w-1", *, user_code: str = "99X0001", pace: Pace = PACE, **changed: object
        ) -> Worker:
            settings = Settings(
                _env_file=None,
                database_url=database_url,
                redis_url="redis://127.0.0.1:1/0",
                registry_base_url=site_url,
                storage_dir=tmp_path / "storage",
                spool_dir=tmp_path / "spool",
                evidence_dir=tmp_path / "evidence",
                min_free_disk_mb=0,
                account_wait_seconds=1e-6,
                requests="learned",
                page_timeout_seconds=pace.page_timeout,
                document_timeout_seconds=pace.document_timeout,
            ).model_copy(update=changed)
            insert_account(sql, user_code)
            browser = SharedChromium(
                chromium, base_url=site_url, site_map=None, pace=pace, learns=settings.requests == "learned"
            )
            browser.pages = stack
            parts = Assembly(settings, worker_id=worker_id, queues=None, drain=Drain(), browser=browser)
            stack.callback(parts.database.close)
            stack.callback(parts.store.close)
            return Worker(parts, sql)

        yield start_one


@pytest.fixture
def worker(start: Start, wire: Wire) -> Worker:
    """One that is logged in and has learned nothing."""
    worker = start()
    wire.take()
    return worker
