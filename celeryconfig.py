"""Celery's settings, each with its reason. This program's own are in `extractor/settings.py`."""

from kombu import Exchange, Queue

from extractor.models import Source
from extractor.settings import load_settings

_settings = load_settings()

broker_url = _settings.broker.url
broker_use_ssl = _settings.broker.tls or None  # without it Celery believes every certificate behind rediss://
imports = ["tasks.extract", "tasks.lifecycle"]

# One queue per source. A worker without -Q serves all three, and creates no other queue by accident.
task_queues = [Queue(source, Exchange(source, type="direct"), routing_key=source) for source in Source]
task_default_queue = "unrouted"  # no worker serves it, and nothing is sent there: each message names its queue
task_create_missing_queues = False

# A message says only that a row waits, and carries its id. The outcome is in the table, so Celery keeps no results.
task_ignore_result = True
accept_content = ["json"]
task_serializer = "json"

# Early acknowledgement: the claim and the lease recover what a dead worker held. With a late one, Redis gives a task
# to another worker within a second of a dropped connection, and a row that kills its worker runs without end.
task_acks_late = False
# A worker takes only the messages that it can run now: no idle worker can take one from a busy worker's memory.
worker_prefetch_multiplier = 1
worker_disable_prefetch = True

# The last bound on any hang: after it the parent kills the process, even one that SIGSTOP has stopped.
task_time_limit = _settings.job_timeout_seconds + _settings.heartbeat_seconds
# The login happens in worker_process_init; Celery kills a process that is slower than this.
worker_proc_alive_timeout = _settings.start_timeout_seconds + 30

# Seconds that running rows get on SIGQUIT; then the worker ends, whatever hangs. SIGTERM waits for the running rows.
worker_soft_shutdown_timeout = 10

# By default the Redis client waits forever for a peer that vanished.
broker_transport_options = {
    "socket_connect_timeout": 5,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 20,
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # a worker outlives any outage of its broker
worker_cancel_long_running_tasks_on_connection_loss = False  # a lost broker must not stop a paid row

# What Flower shows.
worker_send_task_events = True
task_send_sent_event = True
task_track_started = True
