"""The receiver of webhooks: one POST, and what its answer means."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from extractor.postgres.events import Event, Message
from extractor.webhooks.signature import Signer

# For one try as a whole, whatever the receiver does. A receiver should note the event, answer, and work afterwards.
ANSWER_SECONDS = 15.0


@dataclass(frozen=True)
class Refused:
    """Why the receiver did not take an event."""

    problem: str
    is_gone: bool = False
    """It said that it wants no more events."""
    wait_seconds: float = 0.0
    """How long it asked to be left alone."""


class Receiver:
    """WEBHOOK_URL. It may be on a private network: the operator names it. An async context manager."""

    def __init__(self, url: SecretStr, secrets: SecretStr, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._url = url
        self._signer = Signer(secrets)
        self._answer_seconds = answer_seconds
        self._client: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(timeout=self._answer_seconds, headers={"User-Agent": "registre-extractor"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def give(self, event: Event) -> Refused | None:
        """Send it once; None when the receiver took it. No redirect is followed, and no body of an answer is read."""
        body = Message.of(event).model_dump_json().encode()
        headers = self._signer.headers(str(event.told_as), int(time.time()), body)
        try:
            async with (
                asyncio.timeout(self._answer_seconds),
                self._client.stream(
                    "POST",
                    self._url.get_secret_value(),
                    content=body,
                    headers={"Content-Type": "application/json", **headers},
                ) as answer,
            ):
                return _refusal(answer)
        except TimeoutError:
            return Refused(f"did not answer within {self._answer_seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Refused(f"cannot be reached ({str(error) or type(error).__name__})")


def _refusal(answer: httpx.Response) -> Refused | None:
    status = answer.status_code
    if answer.is_success:
        return None
    if status == HTTPStatus.GONE:
        return Refused("answered 410: it wants no more events. Correct or remove WEBHOOK_URL", is_gone=True)
    if answer.is_redirect:
        return Refused(f"answered {status}: it has moved, and no redirect is followed. Correct WEBHOOK_URL")
    return Refused(f"answered {status}", wait_seconds=_asked_for(answer))


def _asked_for(answer: httpx.Response) -> float:
    """Retry-After in seconds; a date there is left to the usual pause."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0
