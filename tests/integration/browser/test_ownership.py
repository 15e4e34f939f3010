"""Browsers whose owner is gone are ended by their tag; browsers of a living owner continue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

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


# A worker process: it tags a browser, says whose it is, and waits.
WORKER = """
import subprocess
from extractor.browser.ownership import Owner
owner = Owner.current()
with owner.tagging():
    browser = subprocess.Popen(["sleep", "60"])
print(owner, flush=True)
input()
"""


@contextmanager
def worker(*before: str) -> Iterator[tuple[subprocess.Popen[str], Owner, psutil.Process]]:
    """A worker process below a command, whose tag is, and its browser, as this host's namespace sees it."""
    command = [*before, sys.executable, "-c", WORKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        owner = Owner.parse(process.stdout.readline().strip())
        assert owner is not None
        (browser,) = (
            below for below in psutil.Process(process.pid).children(recursive=True) if below.name() == "sleep"
        )
        try:
            yield process, owner, browser
        finally:
            ownership.end([browser])
            shutil.rmtree(owner.temporary_directory, ignore_errors=True)


@pytest.fixture(scope="module")
def container() -> tuple[str, ...]:
    """A command that runs another one in a PID namespace of its own, as a container does."""
    command = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    permitted = shutil.which("unshare") and subprocess.run([*command, "true"], check=False, capture_output=True)
    if not permitted or permitted.returncode != 0:
        pytest.skip("this machine lets no test make a PID namespace: it needs root, or user namespaces")
    return command


@pytest.mark.supported("workers in containers and on their host")
def test_host_never_ends_the_browser_of_a_container(container: tuple[str, ...]) -> None:
    with worker(*container) as (_, owner, browser):
        assert ownership.TAG in browser.environ()
        assert not owner.is_here

        ownership.sweep()

        assert browser.is_running()
        assert browser.status() != psutil.STATUS_ZOMBIE
        assert owner.temporary_directory.exists()


@pytest.mark.supported("workers in containers and on their host")
def test_container_never_ends_a_browser_of_its_host(container: tuple[str, ...]) -> None:
    # Without --mount-proc the container sees the processes of its host, as with Docker's `-v /proc:/proc`.
    sweep = [*container[:-1], sys.executable, "-c", "from extractor.browser import ownership; ownership.sweep()"]
    with worker() as (_, owner, browser):
        subprocess.run(sweep, check=True)

        assert browser.is_running()
        assert browser.status() != psutil.STATUS_ZOMBIE
        assert owner.temporary_directory.exists()


def test_container_that_is_gone_leaves_no_directory_behind(container: tuple[str, ...]) -> None:
    with worker(*container) as (process, owner, _):
        process.kill()
        process.wait()
        # Its namespace is gone with its first process, and all processes of it.
        wait_until(lambda: ownership.sweep() >= 0 and not owner.temporary_directory.exists(), what="deleted", seconds=5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as another user")
def test_another_user_can_neither_end_nor_delete(running: ExitStack) -> None:
    dead = dead_owner()
    orphan = browser_of(Owner(dead.namespace + 1, dead.pid, dead.started), running)  # no other test's worker ends it
    script = (
        "import os, sys; from extractor.browser import ownership;"
        " ownership._namespace = lambda: int(sys.argv[1]); os.setuid(65534); ownership.sweep()"
    )

    subprocess.run([sys.executable, "-c", script, str(dead.namespace + 1)], check=True)

    assert orphan.poll() is None


def test_change_of_the_clock_makes_no_owner_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Owner.current()
    # The kernel reckons the time of its boot from the clock of the moment.
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 0.0)

    assert ours.is_alive
    assert Owner.current() == ours


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
    ours = Owner.current()
    earlier = Owner(ours.namespace, ours.pid, ours.started - 1)
    orphan = browser_of(earlier, running)

    ownership.sweep()

    orphan.wait(5)  # ended, perhaps by a worker of another test, which sweeps the whole host


def test_temporary_files_of_the_dead_are_deleted() -> None:
    ours = Owner.current()
    with ours.tagging():
        (ours.temporary_directory / "profile").mkdir(exist_ok=True)
    with worker() as (process, dead, _):
        (dead.temporary_directory / "profile").mkdir()
        process.kill()
        process.wait()

        ownership.sweep()

        assert not dead.temporary_directory.exists()
    assert ours.temporary_directory.exists()
    assert TAG not in os.environ


def test_an_owner_has_only_the_processes_with_its_tag(running: ExitStack) -> None:
    ours = browser_of(Owner.current(), running)
    browser_of(dead_owner(), running)

    assert [process.pid for process in Owner.current().processes()] == [ours.pid]
    assert ownership.memory_mb(Owner.current().processes()) >= 0
