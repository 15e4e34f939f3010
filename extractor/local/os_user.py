"""The unprivileged user for a server that refuses to run as root; guard.py changes to it."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import NamedTuple

from extractor.local import errors

# initdb looks its user up by uid, so it must be one that the system knows. macOS has `_postgres`, and
# its `nobody` has a negative uid that no process can be started with.
UNPRIVILEGED_NAMES = ("_postgres", "nobody")


class OsUser(NamedTuple):
    """A user of this machine, never one of the registry: the uid and gid that a process is to run under."""

    uid: int
    gid: int


def unprivileged_user() -> OsUser | None:
    """Return the user that a server runs under; None, for the current one, unless that is root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid > 0:
            return OsUser(entry.pw_uid, entry.pw_gid)
    raise errors.LocalError(
        f"PostgreSQL refuses to run as root, and this system has none of the accounts {UNPRIVILEGED_NAMES}: "
        "run as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def can_enter(user: OsUser, directory: Path) -> bool:
    """Tell whether the user reaches the directory through all its parents, by trying it."""
    return _shell_test(user, 'cd "$1"', directory)


def can_run(user: OsUser, program: Path) -> bool:
    """Tell whether the user may execute the program."""
    return _shell_test(user, 'test -x "$1"', program)


def _shell_test(user: OsUser, script: str, path: Path) -> bool:
    attempt = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(path)],
        cwd="/",
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    return attempt.returncode == 0
