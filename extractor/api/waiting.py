"""A call that waits until its row has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from extractor.api.bell import Bell, Listener
from extractor.models import Status
from extractor.reports import Extraction

# Proxies often close a silent line after a minute.
LONGEST_SECONDS = 60
# How often a waiting call looks whether its caller is still there.
SLICE_SECONDS = 5.0
ENDED = (Status.COMPLETED, Status.FAILED)

Read = Callable[[], Extraction]


async def at_its_end(read: Read, bell: Bell, request: Request, *, seconds: float) -> Extraction:
    """The row, as soon as it has ended; at the latest after these seconds, as it is then.

    Also as it is when the API is asked to stop. Raises what `read` raises.
    """
    deadline = time.monotonic() + seconds
    row = await run_in_threadpool(read)
    if row.status in ENDED or seconds <= 0:
        return row
    with bell.listening(lambda event: event.job_id == row.id) as listener:
        while True:
            row = await run_in_threadpool(read)
            if row.status in ENDED or time.monotonic() >= deadline or bell.is_ending:
                return row
            if not await _rings(listener, bell, request, deadline):
                return row


async def _rings(listener: Listener, bell: Bell, request: Request, deadline: float) -> bool:
    """Wait for a ring or the deadline; False when the caller has gone, so that it holds no place any longer."""
    while (left := deadline - time.monotonic()) > 0 and not bell.is_ending:
        if await listener.wait(min(left, SLICE_SECONDS)):
            return True
        if await request.is_disconnected():
            return False
    return True
