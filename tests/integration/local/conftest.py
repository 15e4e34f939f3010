"""Directories for servers, and the rule for tests that only root can run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.local import os_user
from extractor.local.os_user import OsUser


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return an empty directory that unprivileged users can enter; they cannot enter pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="extractor-local-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def nobody() -> OsUser:
    """Return the user that root's servers run as; skip if the tests do not run as root."""
    user = os_user.unprivileged_user()
    if user is None:
        pytest.skip("only root can change to another user")
    return user
