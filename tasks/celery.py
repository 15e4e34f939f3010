"""The Celery app, where `celery -A tasks` looks for it."""

from celery import Celery

app = Celery("registre-extractor")
app.config_from_object("celeryconfig")
