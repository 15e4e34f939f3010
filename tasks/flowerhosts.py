"""Lets Flower answer to known host names only; Flower itself answers to every name. `flowerconfig.py` calls this."""

from __future__ import annotations

from typing import Any

from flower import command  # type: ignore[import-untyped]  # Flower has no types
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.web import ErrorHandler

from extractor.local.hosts import Hosts


def answer_only_to(hosts: Hosts) -> None:
    """Put the check before every route of the Flower that `celery flower` makes next: pages, files, API, /metrics.

    Tornado asks `find_handler` for each request before it reads the body. Routes by host would need the application,
    which exists only after Flower has read its settings.
    """

    class GuardedFlower(command.Flower):  # type: ignore[misc]  # the same
        def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:
            sentence = hosts.refusal(request.headers.get("Host"))
            if sentence is None:
                found: HTTPMessageDelegate = super().find_handler(request, **kwargs)
                return found
            refused: HTTPMessageDelegate = self.get_handler_delegate(request, _Refusal, {"sentence": sentence})
            return refused

    command.Flower = GuardedFlower


class _Refusal(ErrorHandler):
    def initialize(self, sentence: str) -> None:  # type: ignore[override]  # Tornado passes each class its own
        self._sentence = sentence

    def prepare(self) -> None:
        self.set_status(421)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(f"{self._sentence}\n")
