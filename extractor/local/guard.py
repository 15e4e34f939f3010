"""Runs one command so that it cannot outlive the process that asked for it; child_process.py is the other half.

A script, started by path with `python -I -S`: it imports the standard library only, and needs no venv.
Arguments: mode, pid of the parent, stop signal, death signal (when the parent is gone), grace in seconds,
`uid:gid` or `-`, then the command.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

# BECOME: the kernel signals the command when its parent dies (Linux only). WATCH: this process stays, and does it.
BECOME = "become"
WATCH = "watch"

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.1
EXIT_ORPHANED = 125


def become(command: list[str], parent: int, death_signal: int, user: tuple[int, int] | None) -> None:
    """Replace this process by the command, which then gets the signal when the parent's thread ends."""
    if user:
        uid, gid = user
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which clears the setting.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # The parent may have died before the setting was made.
    if os.getppid() != parent:
        sys.exit(EXIT_ORPHANED)
    restore_signals()
    os.execv(command[0], command)  # noqa: S606 - replacing ourselves is the point


def restore_signals() -> None:
    """Undo what Python set for itself, and what nohup or `&` set: ignored and blocked signals survive an exec."""
    for number in signal.valid_signals():
        # None is a handler that Python did not set: the C library's own.
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def watch(
    command: list[str],
    parent: int,
    stop_signal: int,
    death_signal: int,
    grace: float,
    user: tuple[int, int] | None,
) -> int:
    """Run the command until it ends, a signal asks to stop, or the parent is gone; return its exit code."""
    told_to_stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, lambda received, _frame: told_to_stop.append(received))
    uid, gid = user or (None, None)
    child = subprocess.Popen(command, user=uid, group=gid, extra_groups=[] if user else None)
    while child.poll() is None:
        if os.getppid() != parent:
            end(child, death_signal, grace)
        elif told_to_stop:
            end(child, stop_signal, grace)
        else:
            time.sleep(POLL_SECONDS)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def end(child: subprocess.Popen[bytes], stop_signal: int, grace: float) -> None:
    """Ask the child to stop, and kill it when it has not within the grace."""
    child.send_signal(stop_signal)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main() -> int:
    mode, parent, stop_signal, death_signal, grace, owner, *command = sys.argv[1:]
    uid, _, gid = owner.partition(":")
    user = (int(uid), int(gid)) if gid else None
    if mode == WATCH:
        return watch(command, int(parent), int(stop_signal), int(death_signal), float(grace), user)
    become(command, int(parent), int(death_signal), user)
    return 0


if __name__ == "__main__":
    sys.exit(main())
