"""Ctrl-C, `kill` and a closed terminal end what runs in the foreground in order; nothing cuts the end short."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest

BLOCK = """
import select, signal, sys
from extractor.local.ending import answer_further_signals, ending_the_block
try:
    with ending_the_block():
        try:
            print("runs", flush=True)
            signal.pause()
        finally:
            answer_further_signals(lambda: print("still stopping", flush=True))
            print("stopping", flush=True)
            while not select.select([sys.stdin], [], [], 0.05)[0]:  # a read alone would miss a signal just before it
                pass
            print("done", flush=True)
except KeyboardInterrupt:
    print("interrupted")
"""
PLAIN: Sequence[str] = ()
NOHUP = ("/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh")
BACKGROUND = ("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh")


@pytest.mark.parametrize(
    ("started", "first", "code"),
    [
        (PLAIN, signal.SIGINT, 0),
        (BACKGROUND, signal.SIGINT, 0),
        (PLAIN, signal.SIGTERM, 128 + signal.SIGTERM),
        (PLAIN, signal.SIGHUP, 128 + signal.SIGHUP),
        (NOHUP, signal.SIGTERM, 128 + signal.SIGTERM),
    ],
)
def test_the_first_signal_ends_the_block_and_the_next_one_only_asks(
    started: Sequence[str], first: signal.Signals, code: int
) -> None:
    command = [*started, sys.executable, "-c", BLOCK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "runs\n"
        if started == NOHUP:
            process.send_signal(signal.SIGHUP)  # changes nothing
        process.send_signal(first)
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "still stopping\n"
        process.stdin.close()
        rest = process.stdout.read()

    assert rest.splitlines() == ["done", *(["interrupted"] if first == signal.SIGINT else [])]
    assert process.returncode == code
