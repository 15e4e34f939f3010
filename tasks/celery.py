"""The Celery app, where `celery -A tasks` looks for it; its settings are in `celeryconfig.py`."""

import os
from pathlib import Path

from celery import Celery

# Flower looks for its configuration in the working directory only, and starts unguarded without it.
os.environ.setdefault("FLOWER_CONF", str(Path(__file__).with_name("flowerconfig.py")))

app = Celery("registre-extractor")
app.config_from_object("celeryconfig")
