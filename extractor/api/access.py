"""Who may call: a caller that shows the API key. Without a key only this machine may, but no web page open on it."""

from __future__ import annotations

import hmac

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from extractor.api.problems import answer
from extractor.api.reader import language_of
from extractor.errors import ConfigurationError
from extractor.language.sentences import Language, Sentence
from extractor.local.hosts import Hosts, is_loopback

# A row is a few hundred characters, and a call has a thousand of them at most.
MAX_BODY_BYTES = 1024 * 1024
# Paths that say nothing about any row, or carry their own signature.
OPEN_PATHS = ("/", "/docs", "/openapi.json", "/api/health")
OPEN_FOLDERS = ("/docs/", "/dashboard/", "/api/documents/")


def check_binding(host: str, *, has_key: bool) -> None:
    """Raise ConfigurationError when other machines could reach the API without a key."""
    if not has_key and not is_loopback(host):
        raise ConfigurationError(
            f"API_KEY is required to listen on {host}: everybody who reaches the API can spend money."
            " Set API_KEY, or listen on 127.0.0.1."
        )


class Guard:
    """Wraps the whole app and answers before the body is read; a new path needs the key until it is named above."""

    def __init__(self, app: ASGIApp, key: SecretStr | None, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts
        self._key = key.get_secret_value().encode() if key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(scope) if scope["type"] == "http" else None
        await (problem or self._app)(scope, _limited(receive), send)

    def _problem(self, scope: Scope) -> Response | None:
        headers, language = Headers(scope=scope), language_of(Request(scope))
        refusal = self._hosts.refusal(headers.get("host"))
        if refusal is not None:
            return answer("foreign_host", refusal, language)
        if self._key is None:
            return _foreign(headers, language)
        path = scope["path"]
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS) or _shows(headers, self._key):
            return None
        sentence = Sentence("Show the API key: X-API-Key: KEY, or Authorization: Bearer KEY.")
        return answer("no_key", sentence, language, headers={"WWW-Authenticate": "Bearer"})


def _limited(receive: Receive) -> Receive:
    """Pass the body on up to the limit; after it raise HTTPException, which `failures.py` turns into a Problem."""
    left = MAX_BODY_BYTES

    async def receive_within_limit() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "The body is too large")
        return message

    return receive_within_limit


def _shows(headers: Headers, key: bytes) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    shown = headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")
    return hmac.compare_digest(shown.encode("latin-1"), key)


def _foreign(headers: Headers, language: Language) -> Response | None:
    """Refuse a web page that reaches this machine through the browser, from its own origin."""
    host = headers.get("host", "")
    origin = headers.get("origin")
    if origin not in (None, f"http://{host}", f"https://{host}"):
        return answer(
            "foreign_page",
            Sentence("Without API_KEY no page of another origin may call the API: {origin!r}.", origin=origin),
            language,
        )
    return None
