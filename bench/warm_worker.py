"""One worker process of the product, without Celery around it: it does the row of each line of its input.

`python -m bench.warm_worker` starts as a prefork child does, with a real browser; DATABASE_URL and the other settings
come from the environment.
"""

from __future__ import annotations

import os
import time

from bench.line import answer, requests
from extractor.settings import load_settings
from extractor.worker.assembly import Assembly
from extractor.worker.drain import Drain
from extractor.worker.process import WorkerProcess


def main() -> None:
    """Answers once it is logged in, and then at which moment the message of each row came; `process` does the row."""
    parts = Assembly(load_settings(), worker_id=os.environ["WORKER_ID"], queues=None, drain=Drain())
    process = WorkerProcess(parts)
    process.start()
    answer(ready_at=time.time())
    for request in requests():
        started = time.time()
        outcome = process.handle(request["row"])
        answer(came_at=started, outcome=outcome)
    process.stop()


if __name__ == "__main__":
    main()
