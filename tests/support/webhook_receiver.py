"""A receiver of webhooks on this machine: it verifies as receivers do, and answers what a test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_plantedsecretofthetestsofwebhooks001"

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Call:
    """One POST: what it said, whether it was taken, and from when until when it was looked at."""

    message_id: str
    body: dict[str, Any]
    begun: float
    ended: float = 0.0
    is_taken: bool = False

    @property
    def job_id(self) -> str:
        return str(self.body["data"]["id"])


@dataclass
class WebhookReceiver:
    """Gives the n-th call the n-th answer, and takes every further one."""

    port: int
    answers: list[Answer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    secrets: tuple[str, ...] = (SECRET,)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=planted"

    @property
    def taken(self) -> list[Call]:
        return [call for call in self.calls if call.is_taken]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Verify and answer one call; a bad signature is no call."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        for secret in self.secrets:
            Webhook(secret).verify(body, dict(handler.headers))
        call = Call(
            handler.headers["webhook-id"], Webhook(SECRET).verify(body, dict(handler.headers)), time.monotonic()
        )
        self.calls.append(call)
        if self.answers:
            self.answers.pop(0)(handler)
        else:
            call.ended, call.is_taken = time.monotonic(), True  # before the sender may hear of it
            status(200)(handler)


def status(number: int, **headers: str) -> Answer:
    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(number)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return give


def after(event: threading.Event) -> Answer:
    """Silence until the event, then an answer that nobody may read any more."""

    def give(handler: BaseHTTPRequestHandler) -> None:
        event.wait(30)  # a test that failed must not hang
        status(200)(handler)

    return give


@contextmanager
def listening(receiver: WebhookReceiver) -> Iterator[WebhookReceiver]:
    """Serve on the receiver's port, or on a free one for port 0."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                receiver.answer(self)
            except ConnectionError:
                self.close_connection = True  # the sender has given up

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *_: object) -> None:
            return  # a call that broke is in no list; tests look there

    with Server(("127.0.0.1", receiver.port), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="receiver")
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
