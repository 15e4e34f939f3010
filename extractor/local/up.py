"""`make up`: the whole system in the foreground of a terminal, until Ctrl-C."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from extractor.local.log_lines import LogLines
from extractor.local.outside import read_outside
from extractor.local.stack import Stack

POLL_SECONDS = 0.2


def run_up(directory: Path, *, sessions: int, command: str, say: Callable[[str], None]) -> None:
    """Run everything until Ctrl-C, and return when all of it has ended; `command` is what started it.

    Raises SystemExit on SIGTERM and when the terminal is closed, and LocalError when a part ends by itself.
    """

    def say_part(part: str, what: str) -> None:
        say(f"{part:<15} {what}")

    try:
        stack = Stack(directory, outside=read_outside(), sessions=sessions, say=say_part, usual_ports=True)
        with stack:
            lines = LogLines(stack.logs)
            for line in lines.new(logging.WARNING):
                say(str(line))
            _introduce(stack, say)
            _follow(stack, lines, say)
    except KeyboardInterrupt:
        say(f"Stopped. Rows and documents are kept in {directory.absolute()}: `{command}` goes on with them.")


def _introduce(stack: Stack, say: Callable[[str], None]) -> None:
    """What runs where; the last line is the one to copy into another terminal."""
    say("")
    if stack.is_billed:
        say("This is the registry's own site: each row that waits is fetched, and each consultation is billed.")
    say("Everything runs: Ctrl-C stops it. Until then, one line per event.")
    say("")
    for name, address in stack.addresses.items():
        say(f"{name:<15} {address}")
    say(f"{'Documents':<15} {stack.storage_directory or 'Supabase Storage (SUPABASE_URL)'}")
    say(f"{'Logs':<15} {stack.logs}")
    say("")
    say("Every command of the README works on it.")
    say(f"In another terminal: export ENV_FILE={shlex.quote(str(stack.env_file))}")


def _follow(stack: Stack, lines: LogLines, say: Callable[[str], None]) -> None:
    """Print each event of our own processes until a signal ends the block."""
    while True:
        for line in lines.new():
            say(str(line))
        stack.require_everything()
        time.sleep(POLL_SECONDS)
