"""The Redis that carries Celery's messages: what it must be, and whose it is."""
