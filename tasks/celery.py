"""The Celery app, where `celery -A tasks` looks for it."""

import os
from pathlib import Path

from celery import Celery

import celeryconfig

# Flower looks for its configuration in the working directory only, and starts unguarded without it.
os.environ.setdefault("FLOWER_CONF", str(Path(celeryconfig.__file__).with_name("flowerconfig.py")))

app = Celery("registre-extractor")
app.config_from_object(celeryconfig)
