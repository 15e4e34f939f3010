"""Separate Python processes that start a part of extractor.local, so that tests can kill them."""

from __future__ import annotations

import contextlib
import os
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.local import os_user
from extractor.local.os_user import OsUser

PROJECT = Path(__file__).parents[3]


@contextlib.contextmanager
def running_parent(script: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run the script with its arguments in `sys.argv` and read its lines; SIGKILL at the end."""
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *site.getsitepackages()])},
    )
    with parent:
        try:
            yield parent
        finally:
            parent.kill()


def said(parent: subprocess.Popen[str]) -> str:
    """Return the next line that the parent prints."""
    assert parent.stdout is not None
    line = parent.stdout.readline().strip()
    assert line, "the parent ended without a word"
    return line


def python_for(user: OsUser) -> str:
    """Return a Python that the user can run; the tests' own may be in /root."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        if os_user.can_run(user, Path(candidate)):
            return candidate
    pytest.skip(f"uid {user.uid} can run neither {sys.executable} nor /usr/bin/python3")
