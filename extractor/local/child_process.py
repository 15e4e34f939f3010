"""Starts child processes that die with this one, whatever kills it; guard.py is the half inside the child."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from extractor.local import errors, guard
from extractor.local.os_user import OsUser


class ChildProcess:
    """One supervised child, in a session of its own: Ctrl-C in the terminal reaches only this process.

    `output` takes stdout and stderr together: a file to overwrite, `subprocess.PIPE`, or None for this process's own.
    `stop_timeout` is in seconds. When this process is killed the child gets `death_signal`, by default `stop_signal`.
    It has as many parameters as `subprocess.Popen` needs for that; only the command is required.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout: float = 10.0,
        death_signal: signal.Signals | None = None,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        output: Path | int | None = None,
        user: OsUser | None = None,
    ) -> None:
        self._command = [str(part) for part in command]
        self._stop_signal = stop_signal
        self._stop_timeout = stop_timeout
        self._death_signal = death_signal or stop_signal
        self._environment = environment
        self._directory = directory
        self._output = output
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The child's process id, and its group's; in a watched child, those of its guard."""
        return self._started().pid

    @property
    def is_running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    @property
    def stdout(self) -> IO[bytes]:
        """What the child prints, when `output` is PIPE."""
        stream = self._started().stdout
        if stream is None:
            raise errors.ProcessError("The output of this child is not a pipe: give it output=PIPE.")
        return stream

    def start(self) -> Self:
        """Start the child; a second start while it runs is refused."""
        if self.is_running:
            raise errors.ProcessError(f"{self._command[0]} is already running as process {self.pid}.")
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self._output.open("wb")) if isinstance(self._output, Path) else self._output
            self._process = subprocess.Popen(
                self._guarded_command(),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait(self, timeout: float) -> int:
        """Wait for the child to end by itself, at most `timeout` seconds; return its exit code."""
        try:
            return self._started().wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise errors.ProcessError(f"{self._command[0]} was still running after {timeout} s.") from late

    def stop(self) -> None:
        """End the child: its stop signal, then SIGKILL to its group. Twice or too early is tolerated."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(self._stop_timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def kill(self) -> None:
        """End the child and its process group with SIGKILL, and wait for the child."""
        process = self._started()
        # Not reaped yet, so the number of the group still belongs to this child.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise errors.ProcessError(f"{self._command[0]} was not started.")
        return self._process

    def _guarded_command(self) -> list[str]:
        program = shutil.which(self._command[0])
        if program is None:
            raise errors.ProcessError(f"There is no program {self._command[0]} to run.")
        # The kernel's signal comes when the *thread* that created the child ends: only the main one will do.
        in_main_thread = threading.current_thread() is threading.main_thread()
        mode = guard.BECOME if sys.platform == "linux" and in_main_thread else guard.WATCH
        owner = f"{self._user.uid}:{self._user.gid}" if self._user else "-"
        signals = [str(self._stop_signal.value), str(self._death_signal.value)]
        limits = [str(os.getpid()), *signals, str(self._stop_timeout), owner]
        script = [sys.executable, "-I", "-S", guard.__file__]
        return [*script, mode, *limits, str(Path(program).absolute()), *self._command[1:]]
