"""The endpoint: `http://METRICS_HOST:METRICS_PORT/metrics`, from a thread of the process that it reports on."""

from __future__ import annotations

import logging
import os

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)


def serve(host: str, port: int | None, *collectors: Collector) -> None:
    """Serve until the process ends, if there is a port; when it is taken, log a warning and go on without metrics."""
    if port is None:
        return
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    try:
        server, _thread = start_http_server(port, host, registry)
    except OSError as error:
        logger.warning("No metrics at %s:%d: %s. Processes of one host need a METRICS_PORT each.", host, port, error)
        return
    # A child that outlives the worker must not keep the port from the next one.
    os.register_at_fork(after_in_child=server.socket.close)
    logger.info("Metrics at http://%s:%d/metrics", host, port)
