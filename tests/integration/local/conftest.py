"""Directories for servers, and the rule for tests that only root can run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.local import accounts
from extractor.local.accounts import Account


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return an empty place that unprivileged accounts can enter, as pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="extractor-local-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def nobody() -> Account:
    """Return the account that root's servers run under; skip when we are not root."""
    account = accounts.unprivileged_account()
    if account is None:
        pytest.skip("only root can change to another account")
    return account
