"""Browsers whose owner is gone are ended by their tag; browsers of a living owner continue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from extractor.browser import ownership
from extractor.browser.ownership import TAG, Owner
from extractor.local.waiting import wait_until


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as processes:
        yield processes


def browser_of(owner: Owner, running: ExitStack) -> subprocess.Popen[bytes]:
    """A process with the owner's tag that sleeps."""
    process = subprocess.Popen(["sleep", "60"], env={**os.environ, TAG: str(owner)})
    running.callback(process.wait)
    running.callback(process.kill)
    wait_until(lambda: psutil.Process(process.pid).name() == "sleep", what="it sleeps", seconds=5)
    return process


def dead_owner() -> Owner:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner.of(psutil.Process(process.pid))
    process.communicate(b"\n")
    return owner


def test_orphans_are_ended_even_when_stopped_and_others_live_on(running: ExitStack) -> None:
    orphan, ours = browser_of(dead_owner(), running), browser_of(Owner.current(), running)
    psutil.Process(orphan.pid).suspend()

    ownership.sweep()

    orphan.wait(5)  # ended, perhaps by a worker of another test, which sweeps the whole host
    assert ours.poll() is None


def test_process_whose_exit_code_nobody_asks_for_has_ended(running: ExitStack) -> None:
    script = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); input()"
    parent = running.enter_context(
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    started = time.monotonic()

    ownership.end([child])

    assert child.status() == psutil.STATUS_ZOMBIE
    assert time.monotonic() - started < ownership.END_SECONDS


def test_process_number_that_is_used_again_is_another_owner(running: ExitStack) -> None:
    earlier = Owner(os.getpid(), Owner.current().started - 100)
    orphan = browser_of(earlier, running)

    ownership.sweep()

    orphan.wait(5)  # ended, perhaps by a worker of another test, which sweeps the whole host


def test_temporary_files_of_the_dead_are_deleted() -> None:
    dead, ours = dead_owner(), Owner.current()
    for owner in (dead, ours):
        with owner.tagging():
            (owner.temporary_directory / "profile").mkdir(exist_ok=True)

    ownership.sweep()

    assert not dead.temporary_directory.exists()
    assert ours.temporary_directory.exists()
    assert TAG not in os.environ


def test_an_owner_has_only_the_processes_with_its_tag(running: ExitStack) -> None:
    ours = browser_of(Owner.current(), running)
    browser_of(dead_owner(), running)

    assert [process.pid for process in Owner.current().processes()] == [ours.pid]
    assert ownership.memory_mb(Owner.current().processes()) >= 0
