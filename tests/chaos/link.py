"""One connection through a proxy: two pumps, and what the proxy does to it meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.chaos.postgres_stream import Notifications
from tests.support.line_cut import LineCut, Requests

if TYPE_CHECKING:
    from tests.chaos.proxy import Proxy

CHUNK_BYTES = 65536


class Link:
    """One connection through a proxy."""

    def __init__(self, proxy: Proxy, writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        self._proxy = proxy
        self._writers = writers
        self._is_silent = False
        self._is_warm = False
        self._requests = Requests()
        self._cut: LineCut | None = None
        self._answered = asyncio.Event()
        self._rest: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()

    def silence(self) -> None:
        """Let nothing pass any more, in either direction."""
        self._is_silent = True

    def abort(self) -> None:
        """End both sides at once."""
        self._gone.set()
        for writer in self._writers:
            writer.transport.abort()

    async def carry(
        self, near: asyncio.StreamReader, far: asyncio.StreamReader, notifications: Notifications | None
    ) -> None:
        """Carry both directions until one side is gone; a silent link stays until it is cut."""
        near_writer, far_writer = self._writers
        pumps = [
            asyncio.ensure_future(self._ask(near, far_writer)),
            asyncio.ensure_future(self._answer(far, near_writer, notifications)),
        ]
        self._start_resting()
        await asyncio.wait([*pumps, asyncio.ensure_future(self._gone.wait())], return_when=asyncio.FIRST_COMPLETED)
        self._gone.set()
        self._stop_resting()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _ask(self, near: asyncio.StreamReader, far_writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await near.read(CHUNK_BYTES):
                self._stop_resting()
                if await self._is_swallowed():
                    return
                if cut := self._cut_after(data):
                    self._cut = cut
                    self._answered.clear()
                far_writer.write(data)
                await far_writer.drain()
                if self._cut:
                    await self._cut_near(self._cut)
                    return
            await self._is_swallowed()

    async def _answer(
        self, far: asyncio.StreamReader, near_writer: asyncio.StreamWriter, notifications: Notifications | None
    ) -> None:
        with suppress(ConnectionError):
            while data := await far.read(CHUNK_BYTES):
                if await self._is_swallowed():
                    return
                if notifications:
                    data = notifications.passed(data, swallow=self._proxy.swallows_notifications)
                if self._cut:
                    data = self._taken_off(self._cut, data)
                self._is_warm = True
                self._answered.set()
                if data:
                    near_writer.write(data)
                    await near_writer.drain()
                self._start_resting()
            await self._is_swallowed()
        self._answered.set()
        if self._cut:  # the server closed its side: the client's ends at the moment of the cut
            await self._gone.wait()

    def _cut_after(self, data: bytes) -> LineCut | None:
        cut = self._proxy.line_cut
        request = self._requests.feed(data) if cut else None
        return cut if cut and request and cut.strikes(request, is_warm=self._is_warm) else None

    def _taken_off(self, cut: LineCut, answer: bytes) -> bytes:
        """What the client gets of the first bytes of an answer; it gets none of the later bytes."""
        is_first = not self._answered.is_set()
        return answer[: len(answer) // 2] if cut.moment == "halfway" and is_first else b""

    async def _cut_near(self, cut: LineCut) -> None:
        """Cut the client's side at its moment; the server's stays until it has answered: it bills first."""
        if cut.moment != "forwarded":
            await self._answered.wait()
        await asyncio.sleep(cut.after_seconds)
        near_writer, _ = self._writers
        near_writer.close()
        await self._answered.wait()

    def _start_resting(self) -> None:
        self._stop_resting()
        if self._proxy.rest_seconds is not None:
            self._rest = asyncio.get_running_loop().call_later(self._proxy.rest_seconds, self.abort)

    def _stop_resting(self) -> None:
        if self._rest:
            self._rest.cancel()

    async def _is_swallowed(self) -> bool:
        if self._is_silent:
            await self._gone.wait()
        elif self._proxy.delay_seconds:
            await asyncio.sleep(self._proxy.delay_seconds)
        return self._is_silent
