"""The Celery side. Celery imports this package at every start, because `bridge` is one of its commands."""

import os
from pathlib import Path

from extractor.environment import is_service_link

# Flower looks for its configuration in the working directory only, and starts unguarded without it.
os.environ.setdefault("FLOWER_CONF", str(Path(__file__).with_name("flowerconfig.py")))
# Flower takes this from the environment itself, and Kubernetes sets it for a service that is named `flower`.
if is_service_link("FLOWER_PORT", os.environ.get("FLOWER_PORT", "")):
    del os.environ["FLOWER_PORT"]
