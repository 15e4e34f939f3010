"""Children stop when they are told to, and die with their parent in whatever way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from extractor.local import errors
from extractor.local.child_process import ChildProcess
from extractor.local.os_user import OsUser
from extractor.local.waiting import wait_until
from tests.integration.local.parents import running_parent, said
from tests.support import processes

SLEEP = ["sleep", "60"]
# The first two by `&` in a script, the third by nohup.
IGNORED_IN_BACKGROUND = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)

# Writes to the file in its argument when it is ready, and then which signal it got.
CONFIDING = """
import pathlib, signal, sys
def tell(number, frame):
    pathlib.Path(sys.argv[1]).write_text(signal.Signals(number).name)
    sys.exit(0)
signal.signal(signal.SIGINT, tell)
signal.signal(signal.SIGTERM, tell)
print("ready", flush=True)
while True:
    signal.pause()
"""

STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
"""

# Arguments: the main thread or another one, the file for the signal, the child's script.
PARENT = """
import signal, subprocess, sys, threading
from extractor.local.child_process import ChildProcess
thread, file, script = sys.argv[1:]
def run():
    command = [sys.executable, "-c", script, file]
    child = ChildProcess(command, stop_signal=signal.SIGINT, output=subprocess.PIPE).start()
    child.stdout.readline()
    print(child.pid, flush=True)
    threading.Event().wait()
if thread == "main":
    run()
else:
    threading.Thread(target=run).start()
"""


@pytest.mark.parametrize("thread", ["main", "other"])
def test_a_child_gets_its_stop_signal_when_its_parent_is_killed(tmp_path: Path, thread: str) -> None:
    signal_file = tmp_path / "signal"
    with running_parent(PARENT, thread, signal_file, CONFIDING) as parent:
        child = int(said(parent))
        family = [psutil.Process(child), *psutil.Process(child).children(recursive=True)]
        parent.kill()
        wait_until(lambda: processes.all_gone(family), what="the whole family ends", seconds=20)
    assert signal_file.read_text() == "SIGINT"


def test_stop_sends_the_stop_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CONFIDING, str(tmp_path / "signal")]
    with ChildProcess(command, stop_signal=signal.SIGINT, output=subprocess.PIPE) as child:
        child.stdout.readline()
    assert (tmp_path / "signal").read_text() == "SIGINT"
    assert child.returncode == 0


def test_a_child_that_will_not_stop_is_killed() -> None:
    command = [sys.executable, "-c", STUBBORN]
    with ChildProcess(command, stop_timeout=0.1, output=subprocess.PIPE) as child:
        child.stdout.readline()
    assert child.returncode == -signal.SIGKILL


def test_stop_may_be_called_twice_and_before_start() -> None:
    child = ChildProcess(SLEEP)
    child.stop()
    child.start()
    child.stop()
    child.stop()
    assert not child.is_running


def test_a_running_child_is_not_started_again() -> None:
    with ChildProcess(SLEEP) as child, pytest.raises(errors.ProcessError, match="already running"):
        child.start()


def test_the_terminal_does_not_reach_a_child() -> None:
    with ChildProcess(SLEEP) as child:
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
        assert os.getpgid(child.pid) == child.pid


def test_a_missing_program_is_named() -> None:
    with pytest.raises(errors.ProcessError, match="no program /nowhere/at/all"):
        ChildProcess(["/nowhere/at/all"]).start()


def test_waiting_is_bounded() -> None:
    with (
        ChildProcess(SLEEP) as child,
        pytest.raises(errors.ProcessError, match=r"still running after 0\.01 s"),
    ):
        child.wait(0.01)


def test_output_goes_to_the_file(tmp_path: Path) -> None:
    child = ChildProcess(["sh", "-c", "echo told; pwd; echo $WORD >&2"], output=tmp_path / "log")
    with child:
        assert child.wait(10) == 0
    assert (tmp_path / "log").read_text().splitlines() == ["told", os.getcwd(), ""]  # noqa: PTH109


def test_environment_and_directory_are_the_given_ones(tmp_path: Path) -> None:
    child = ChildProcess(
        ["/bin/sh", "-c", "pwd; echo $WORD"],
        environment={"WORD": "x"},
        directory=tmp_path,
        output=tmp_path / "log",
    )
    with child:
        assert child.wait(10) == 0
    assert (tmp_path / "log").read_text().splitlines() == [str(tmp_path), "x"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_signal_is_ignored_or_blocked_in_a_child(tmp_path: Path) -> None:
    command = ["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]
    with ignoring(*IGNORED_IN_BACKGROUND), ChildProcess(command, output=tmp_path / "log") as child:
        assert child.wait(10) == 0
    masks = [int(line.split()[1], 16) for line in (tmp_path / "log").read_text().splitlines()]
    # Above 31 are the C library's own (make leaves 32 ignored), which no program can restore.
    assert [mask & 0x7FFFFFFF for mask in masks] == [0, 0]


@contextmanager
def ignoring(*numbers: signal.Signals) -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_child_runs_under_the_user(tmp_path: Path, nobody: OsUser) -> None:
    with ChildProcess(["id"], user=nobody, output=tmp_path / "log") as child:
        assert child.wait(10) == 0
    told = (tmp_path / "log").read_text()
    assert told.startswith(f"uid={nobody.uid}(")
    assert "(root)" not in told
