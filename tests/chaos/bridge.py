"""`celery -A tasks bridge` with crash points: its command has no `--include`."""

from __future__ import annotations

import sys

from celery.__main__ import main

from tests.chaos import crash_points, short_bounds  # noqa: F401 - loaded for what they wrap

if __name__ == "__main__":
    sys.argv = ["celery", "-A", "tasks", "bridge"]
    main()
