"""Links to finished documents: the API's own for a directory, storage's for Supabase."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from extractor.local.listening import listen
from extractor.models import RowId
from tests.support.api import NO_AUTHORITIES, api_settings, calling
from tests.support.rows import insert_job
from tests.support.storage_server import StorageApi, new_storage

PDF = b"%PDF-1.7 the document"
KEY = "the-key-of-this-test"
SERVICE_KEY = "sb_secret_test"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A STORAGE_DIR with one document, and a secret beside it."""
    directory = tmp_path / "documents"
    (directory / "index").mkdir(parents=True)
    (directory / "index" / "2784195 é.pdf").write_bytes(PDF)
    (tmp_path / "secret.txt").write_text("secret")
    return directory


@pytest.fixture
def client(database_url: str, documents: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, documents, api_key=KEY)) as client:
        client.headers["X-API-Key"] = KEY
        yield client


def finished(sql: psycopg.Connection, path: str = "index/2784195 é.pdf") -> RowId:
    return insert_job(sql, status="Complété", supabase_path=path, document_bytes=len(PDF), document_pages=1)


def link(client: httpx.Client, job_id: RowId, **query: str | int) -> httpx.Response:
    return client.get(f"/api/extractions/{job_id}/document", params=query)


def fetch(url: str | httpx.URL) -> httpx.Response:
    """As a person with the link does, without any key."""
    return httpx.get(url, verify=NO_AUTHORITIES)


def test_head_says_whether_a_link_works_and_how_large_the_file_is(
    client: httpx.Client, sql: psycopg.Connection
) -> None:
    url = link(client, finished(sql)).json()["url"]
    there, gone = httpx.head(url, verify=NO_AUTHORITIES), httpx.head(url[:-1] + "~", verify=NO_AUTHORITIES)
    assert (there.status_code, there.headers["Content-Length"], there.content) == (200, str(len(PDF)), b"")
    assert (there.headers["Content-Type"], there.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert gone.status_code == 422


class TestOwnLinks:
    def test_link_gives_the_document_without_a_key(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        given = link(client, finished(sql)).json()
        fetched = fetch(given["url"])

        assert (fetched.content, fetched.headers["content-type"]) == (PDF, "application/pdf")
        assert fetched.headers["cache-control"] == "no-store"
        assert fetched.headers["content-disposition"].startswith("inline; filename")
        assert (given["document_bytes"], given["document_pages"]) == (len(PDF), 1)
        seconds = (datetime.fromisoformat(given["expires_at"]) - datetime.now().astimezone()).total_seconds()
        assert 3590 < seconds < 3601

    def test_nothing_of_a_link_can_be_changed(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        url = httpx.URL(link(client, finished(sql)).json()["url"])
        moment, signature = url.params["signature"].split(".")
        changed = [
            url.copy_set_param("seconds", "604800"),
            url.copy_set_param("signature", f"{moment[:-1]}{'A' if moment[-1] != 'A' else 'B'}.{signature}"),
            url.copy_set_param("signature", f"{moment}.{'0' * 43}"),
            url.copy_with(path="/api/documents/actes/2784195 é.pdf"),
            url.copy_with(raw_path=b"/api/documents/index/%2E%2E%2F%2E%2E%2Fsecret.txt?" + url.query),
        ]

        answers = [fetch(other) for other in changed]

        assert {answer.status_code for answer in answers} == {403}
        assert {answer.json()["code"] for answer in answers} == {"bad_link"}

    def test_link_ends(self, client: httpx.Client, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        url = link(client, finished(sql), expires_in=60).json()["url"]
        now = time.time()
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 59)
        within = fetch(url)
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 62)
        past = fetch(url)

        assert within.content == PDF
        assert past.json()["code"] == "bad_link"

    def test_another_key_ends_every_link(
        self, client: httpx.Client, sql: psycopg.Connection, database_url: str, documents: Path
    ) -> None:
        url = httpx.URL(link(client, finished(sql)).json()["url"])

        with calling(api_settings(database_url, documents, api_key=KEY)) as same:
            shared = same.get(url.raw_path.decode())
        with calling(api_settings(database_url, documents, api_key=f"not-{KEY}")) as other:
            refused = other.get(url.raw_path.decode())

        assert shared.content == PDF
        assert refused.json()["code"] == "bad_link"

    def test_rows_without_a_stored_document_say_so(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        waiting, gone = insert_job(sql), finished(sql, "index/gone.pdf")
        foreign, leading_out = finished(sql, "invoices/a.pdf"), finished(sql, "index/../../secret.txt")

        answers = [link(client, job_id) for job_id in (waiting, gone, foreign, leading_out)]

        codes = [answer.json()["code"] for answer in answers]
        assert codes == ["not_possible", "no_document", "not_possible", "no_document"]
        assert answers[0].json()["detail"] == f"Row {waiting} is En attente: it has no document."

    def test_bounds_of_its_time(self, client: httpx.Client, sql: psycopg.Connection) -> None:
        job_id = finished(sql)

        statuses = [link(client, job_id, expires_in=seconds).status_code for seconds in (0, 1, 604_800, 604_801)]

        assert statuses == [422, 200, 200, 422]


class SigningStorage(StorageApi):
    """Signs as Supabase does: a token in the query, and a path below /storage/v1."""

    async def sign(self, request: Request) -> Response:
        self._require_service_role(request)
        bucket, key = request.path_params["bucket"], request.path_params["key"]
        self.storage.path(bucket, key)
        seconds = (await request.json())["expiresIn"]
        return JSONResponse({"signedURL": f"/object/sign/{bucket}/{key}?token=for-{seconds}-seconds"})


@contextmanager
def signing_storage(directory: Path) -> Iterator[str]:
    api = SigningStorage(new_storage(directory, SERVICE_KEY))
    app = api.application()
    sign = Route("/object/sign/{bucket}/{key:path}", api.sign, methods=["POST"])
    (mount,) = (route for route in app.routes if isinstance(route, Mount))
    app.router.routes.insert(0, Mount("/storage/v1", routes=[sign, *mount.routes]))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="storage")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class TestSupabaseLinks:
    def test_storage_signs_its_own(self, database_url: str, sql: psycopg.Connection, tmp_path: Path) -> None:
        (tmp_path / "index").mkdir()
        (tmp_path / "index" / "a.pdf").write_bytes(PDF)
        with signing_storage(tmp_path) as url:
            keys = {"supabase_url": url, "supabase_service_key": SERVICE_KEY}
            with calling(api_settings(database_url, tmp_path, **keys)) as client:
                given = link(client, finished(sql, "index/a.pdf"), expires_in=90).json()
                gone = link(client, finished(sql, "index/gone.pdf"))
            with calling(api_settings(database_url, tmp_path, **{**keys, "supabase_service_key": "sb_x"})) as client:
                refused = link(client, finished(sql, "index/a.pdf"))
        with calling(api_settings(database_url, tmp_path, **keys)) as client:
            away = link(client, finished(sql, "index/a.pdf"))

        assert given["url"] == f"{url}/storage/v1/object/sign/index/a.pdf?token=for-90-seconds"
        assert (gone.status_code, gone.json()["code"]) == (404, "no_document")
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
        assert (away.status_code, away.json()["code"]) == (503, "storage_unavailable")
