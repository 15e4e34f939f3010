"""A local server with the rules of Supabase Storage (storage_rules.py), so that the real client is exercised.

    python -m tests.support.storage_server --port 0 --key KEY --directory DIR

It prints `storage ready on http://...`. PUT /_faults {"fail_uploads": 2} plans faults (storage_rules.Faults);
GET /_uploads lists what was uploaded.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import email.parser
import email.policy
import hmac
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from tests.support import storage_rules
from tests.support.storage_rules import Bucket, Faults, RefusalError, Storage

BUCKETS = ("actes", "index", "plans-cadastraux")


class StorageApi:
    """The endpoints that supabase-py calls."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def application(self) -> Starlette:
        """Return the ASGI application, with the API under /storage/v1 as Supabase has it."""
        api = [
            Route("/bucket", self.list_buckets, methods=["GET"]),
            Route("/bucket", self.create_bucket, methods=["POST"]),
            Route("/bucket/{bucket}", self.get_bucket, methods=["GET"]),
            Route("/bucket/{bucket}", self.update_bucket, methods=["PUT"]),
            Route("/object/list/{bucket}", self.list_objects, methods=["POST"]),
            Route("/object/info/{bucket}/{key:path}", self.info, methods=["GET"]),
            Route("/object/{bucket}", self.remove, methods=["DELETE"]),
            Route("/object/{bucket}/{key:path}", self.upload, methods=["POST", "PUT"]),
            Route("/object/{bucket}/{key:path}", self.download, methods=["GET"]),
        ]
        routes = [
            Mount("/storage/v1", routes=api),
            Route("/_faults", self.set_faults, methods=["PUT"]),
            Route("/_uploads", self.list_uploads, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={RefusalError: _refuse})

    async def list_buckets(self, request: Request) -> Response:
        role = self._role(request)
        if role is None:
            raise storage_rules.unauthorized()
        if self.storage.faults.take("fail_listings"):
            raise RefusalError(500, "Internal", "Internal Server Error")
        visible = self.storage.buckets.values() if role == "service_role" else ()
        return JSONResponse([bucket.described() for bucket in visible])

    async def create_bucket(self, request: Request) -> Response:
        self._require_service_role(request)
        wanted = await request.json()
        if wanted["id"] in self.storage.buckets:
            raise RefusalError(409, "Duplicate", "The resource already exists")
        self.storage.add_bucket(Bucket.of(wanted))
        return JSONResponse({"name": wanted["id"]})

    async def update_bucket(self, request: Request) -> Response:
        self._require_service_role(request)
        before = self.storage.bucket(request.path_params["bucket"])
        self.storage.add_bucket(Bucket.of(await request.json(), before))
        return JSONResponse({"message": "Successfully updated"})

    async def get_bucket(self, request: Request) -> Response:
        return JSONResponse(self._readable_bucket(request).described())

    async def list_objects(self, request: Request) -> Response:
        self._require_service_role(request)
        bucket = self.storage.bucket(request.path_params["bucket"])
        wanted = await request.json()
        folder = self.storage.directory / bucket.name / wanted.get("prefix", "").strip("/")
        search = wanted.get("search") or ""
        found = sorted(path for path in folder.glob("*") if path.name.startswith(search))
        start = wanted.get("offset", 0)
        return JSONResponse([_entry(path) for path in found[start : start + wanted.get("limit", 100)]])

    async def info(self, request: Request) -> Response:
        bucket = self._readable_bucket(request)
        path = self.storage.path(bucket.name, request.path_params["key"])
        name = request.path_params["key"]
        return JSONResponse({"id": name, "name": name, "bucket_id": bucket.name, "size": path.stat().st_size})

    async def download(self, request: Request) -> Response:
        bucket = self._readable_bucket(request)
        path = self.storage.path(bucket.name, request.path_params["key"])
        await asyncio.sleep(self.storage.faults.stall_seconds)
        return FileResponse(path)

    async def upload(self, request: Request) -> Response:
        self._require_service_role(request)
        bucket, key = request.path_params["bucket"], request.path_params["key"]
        content, mime_type = _uploaded_file(request.headers.get("content-type", ""), await request.body())
        # The one spelling that the real API takes for yes.
        upsert = request.method == "PUT" or request.headers.get("x-upsert") == "true"
        await asyncio.sleep(self.storage.faults.stall_seconds)
        record = {"bucket": bucket, "key": key, "outcome": "stored"}
        self.storage.uploads.append(record)
        try:
            self.storage.store(bucket, key, content, mime_type, upsert=upsert)
        except RefusalError as refusal:
            record["outcome"] = refusal.body["error"]
            raise
        return JSONResponse({"Key": f"{bucket}/{key}", "Id": key})

    async def remove(self, request: Request) -> Response:
        self._require_service_role(request)
        bucket = request.path_params["bucket"]
        removed = []
        for key in (await request.json())["prefixes"]:
            with contextlib.suppress(RefusalError):
                self.storage.path(bucket, key).unlink()
                removed.append({"name": key, "bucket_id": bucket})
        return JSONResponse(removed)

    async def set_faults(self, request: Request) -> Response:
        self.storage.faults = Faults(**await request.json())
        return JSONResponse(dataclasses.asdict(self.storage.faults))

    async def list_uploads(self, _request: Request) -> Response:
        return JSONResponse(self.storage.uploads)

    def _role(self, request: Request) -> str | None:
        key = request.headers.get("apikey", "")
        if request.headers.get("authorization") != f"Bearer {key}":
            return None
        if hmac.compare_digest(key, self.storage.key):
            return "service_role"
        return "anon" if key == self.storage.anon_key else None

    def _require_service_role(self, request: Request) -> None:
        if self._role(request) != "service_role":
            raise storage_rules.unauthorized()

    def _readable_bucket(self, request: Request) -> Bucket:
        # To a client that may not see a bucket, the API says that it does not exist.
        if self._role(request) != "service_role":
            raise storage_rules.bucket_missing()
        return self.storage.bucket(request.path_params["bucket"])


def _refuse(_request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, RefusalError):
        raise refusal
    return JSONResponse(refusal.body, status_code=refusal.http_status)


def _entry(path: Path) -> dict[str, Any]:
    if path.is_dir():
        return {"name": path.name, "id": None, "metadata": None}
    return {"name": path.name, "id": path.name, "metadata": {"size": path.stat().st_size}}


def _uploaded_file(content_type: str, body: bytes) -> tuple[bytes, str]:
    """Return the content and type of the file part, or of the plain body."""
    if not content_type.startswith("multipart/"):
        return body, content_type
    # The standard library reads MIME; Starlette's own form parser would be one more dependency.
    header = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(header + body)
    for part in form.iter_parts():
        if part.get_filename() is not None:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload, part.get("content-type", "")
    raise RefusalError(400, "InvalidRequest", "The form holds no file")


@contextlib.contextmanager
def running_storage(directory: Path, key: str) -> Iterator[tuple[str, Storage]]:
    """Serve from a thread of this process; yield the address and the state, whose faults a test may set."""
    storage = new_storage(directory, key)
    listener = _listen(0)
    server = _server(storage)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="storage")
    thread.start()
    try:
        # The socket listens already, so a client that is early waits in its queue.
        yield _address(listener), storage
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def new_storage(directory: Path, key: str) -> Storage:
    """Return a storage with the product's three buckets."""
    storage = Storage(directory, key)
    for name in BUCKETS:
        storage.add_bucket(Bucket(name))
    return storage


def _server(storage: Storage) -> uvicorn.Server:
    own = StorageApi(storage).application()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        """Something else answers in the place of Storage, as long as the state says so."""
        foreign = storage.foreign
        other = Response(foreign.body, foreign.status, foreign.headers) if foreign else None
        await (other or own)(scope, receive, send)

    config = uvicorn.Config(application, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def _address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description="A local Supabase Storage for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args()
    with _listen(options.port) as listener:
        print(f"storage ready on {_address(listener)}", flush=True)  # noqa: T201 - the caller waits for it
        _server(new_storage(options.directory, options.key)).run(sockets=[listener])


if __name__ == "__main__":
    main()
