"""The Celery side. Celery imports this package at every start, because `bridge` is one of its commands."""

import os
from pathlib import Path

# Flower looks for its configuration in the working directory only, and starts unguarded without it.
os.environ.setdefault("FLOWER_CONF", str(Path(__file__).with_name("flowerconfig.py")))
