"""A worker that cannot work does not start, and takes no message; what it looks at has a test in tests/unit/worker."""

from __future__ import annotations

from tests.support.system import System


def test_worker_says_what_it_lacks_and_ends(system: System) -> None:
    worker = system.worker("w", BROWSER_EXECUTABLE="/nonexistent/chromium")

    assert worker.process.wait(30) == 2
    assert worker.says("worker: .*/nonexistent/chromium")
