"""Small TCP proxies on loopback, one before each server, whose connections can be cut, silenced, refused or slowed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from tests.chaos.link import Link
from tests.chaos.postgres_stream import Notifications
from tests.support.line_cut import LineCut

START_SECONDS = 10.0


class Proxy:
    """One port before one server. Changes made from any thread are in force when the method returns."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: int, *, speaks_postgres: bool) -> None:
        self._loop = loop
        self._target = target
        self._speaks_postgres = speaks_postgres
        self._links: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._refuses = False
        self.delay_seconds = 0.0
        self.swallows_notifications = False
        self.line_cut: LineCut | None = None
        self.rest_seconds: float | None = None
        self.port = 0

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._links)

    def cut(self) -> None:
        """End every connection at once; new ones pass."""
        self._do(Link.abort)

    def blackhole(self) -> None:
        """Let every connection fall silent, as a dropped route does; new ones pass."""
        self._do(Link.silence)

    def refuse(self) -> None:
        """End every connection and take no new one."""
        self._refuses = True
        self.cut()

    def swallow_notifications(self) -> None:
        """Act as a transaction pooler: LISTEN is accepted, and no notification arrives."""
        self.swallows_notifications = True

    def delay(self, seconds: float) -> None:
        """Hold everything back for this long, in both directions."""
        self.delay_seconds = seconds

    def cut_line(self, cut: LineCut) -> LineCut:
        """Cut lines of HTTP in the middle of an exchange."""
        self.line_cut = cut
        return cut

    def cool(self, seconds: float) -> None:
        """End each line that rests for this long, so that no click finds a warm one."""
        self.rest_seconds = seconds

    def heal(self) -> None:
        """Pass everything again; a connection that fell silent stays so."""
        self._refuses = self.swallows_notifications = False
        self.delay_seconds = 0.0
        self.line_cut = self.rest_seconds = None

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end what is left."""
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.abort()
        while self._links:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is down: so is its proxy
            writer.transport.abort()
            return
        link = Link(self, (writer, far_writer))
        self._links.add(link)
        try:
            await link.carry(reader, far_reader, Notifications() if self._speaks_postgres else None)
        finally:
            link.abort()
            self._links.discard(link)

    def _do(self, act: Callable[[Link], None]) -> None:
        async def run() -> None:
            for link in list(self._links):
                act(link)

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(START_SECONDS)


class Proxies:
    """A context manager: the proxies and the one thread that serves them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies")
        self._all: list[Proxy] = []

    def add(self, target: int, *, speaks_postgres: bool = False) -> Proxy:
        """Open a port before a server of this machine."""
        proxy = Proxy(self._loop, target, speaks_postgres=speaks_postgres)
        self._run(proxy.open())
        self._all.append(proxy)
        return proxy

    def heal(self) -> None:
        """Let everything pass again."""
        for proxy in self._all:
            proxy.heal()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for proxy in self._all:
            self._run(proxy.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)
