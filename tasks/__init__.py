"""The Celery side. Celery imports this package at every start, because `bridge` is one of its commands."""

import gc
import os
from pathlib import Path

# By default each 700 new objects start a collection. An import makes a hundred thousand that stay: a fifth of its time.
gc.set_threshold(10_000)

# Flower looks for its configuration in the working directory only, and starts unguarded without it.
os.environ.setdefault("FLOWER_CONF", str(Path(__file__).with_name("flowerconfig.py")))
