"""A worker that cannot work does not start, and takes no message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.system import System


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"BROWSER_EXECUTABLE": "/nonexistent/chromium"}, "/nonexistent/chromium"),
        ({"SPOOL_DIR": "/proc/spool"}, "SPOOL_DIR"),
        ({"REGISTRY_SITE_MAP": "/nonexistent/site.toml"}, "/nonexistent/site.toml"),
    ],
)
def test_worker_says_what_it_lacks_and_ends(system: System, setting: dict[str, Any], sentence: str) -> None:
    worker = system.worker("w", **setting)

    assert worker.process.wait(30) == 2
    assert worker.says(f"worker: .*{sentence}")
