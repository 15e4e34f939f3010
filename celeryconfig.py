"""Celery's settings, each with its reason. Ours are in `extractor/settings.py`."""

from kombu import Exchange, Queue

from extractor.models import Source
from extractor.settings import load_settings

_settings = load_settings()

broker_url = _settings.redis_url.get_secret_value()
imports = ["tasks.extract", "tasks.lifecycle"]

# One queue a source; a worker without -Q serves all three. Nothing else is ever consumed by accident.
task_queues = [Queue(source, Exchange(source, type="direct"), routing_key=source) for source in Source]
task_default_queue = "unrouted"
task_create_missing_queues = False

# A message is a doorbell and carries only a row's id; rows hold the truth, so results are kept nowhere.
task_ignore_result = True
accept_content = ["json"]
task_serializer = "json"

# Early ack: the claim and the lease do the recovery. A late ack on Redis runs a task again elsewhere
# within a second of one dropped connection, and a poison row without end.
task_acks_late = False
# Nothing is reserved beyond what runs: a message in a busy worker's memory is one that no idle worker can take.
worker_prefetch_multiplier = 1
worker_disable_prefetch = True

# The backstop of every hang: the parent kills a process that is past it, even a stopped one.
task_time_limit = _settings.job_timeout_seconds + _settings.heartbeat_seconds
# The login happens in worker_process_init; a process slower than this would be killed at every start.
worker_proc_alive_timeout = _settings.start_timeout_seconds + 30

# On SIGQUIT: so long for what runs, then the end, whatever hangs. SIGTERM waits for the running rows.
worker_soft_shutdown_timeout = 10

# Redis defaults to waiting for ever on a peer that vanished.
broker_transport_options = {
    "socket_connect_timeout": 5,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 20,
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # a worker outlives any outage of its broker
worker_cancel_long_running_tasks_on_connection_loss = False  # the paid document in work is not the broker's business

# What Flower shows.
worker_send_task_events = True
task_send_sent_event = True
task_track_started = True
