"""Says in a sentence that `--pool=gevent` and `--pool=eventlet` are not supported.

Celery imports these libraries before it looks at any app, and would end with a traceback. So Python loads this module
at the start of such a command, by `tasks/missing_pool.pth`, which an installation has among its packages.
"""

import sys
from types import TracebackType

_before = sys.excepthook


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, ModuleNotFoundError) and error.name in ("gevent", "eventlet"):
        sys.stderr.write(
            "Error: Only --pool=prefork is supported, because each row needs a process of its own: leave --pool out.\n"
        )
    else:
        _before(kind, error, trace)


sys.excepthook = _say
