"""How a person ends what runs in the foreground: Ctrl-C, `kill`, or the terminal that is closed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def ending_the_block() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, and SIGTERM and SIGHUP raise SystemExit, also where `&` ignored SIGINT.

    Without it SIGTERM, or a closed terminal, would kill the worker while it fetches what is paid.
    """
    before = {number: signal.getsignal(number) for number in _signals()}
    for number in before:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else _exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def answer_further_signals(say: Callable[[], None]) -> None:
    """From now on each signal that would end the block only calls `say`: the end has begun."""
    for number in _signals():
        signal.signal(number, lambda *_: say())


def _signals() -> list[signal.Signals]:
    is_kept_from_hangup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # by nohup
    return [signal.SIGINT, signal.SIGTERM, *([] if is_kept_from_hangup else [signal.SIGHUP])]


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
