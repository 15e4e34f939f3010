"""A port of the metrics that another process has."""

from __future__ import annotations

import logging
import socket

import pytest

from extractor.metrics.endpoint import serve


@pytest.mark.supported("a METRICS_PORT that another process has")
def test_taken_port_leaves_the_process_without_metrics(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with caplog.at_level(logging.WARNING):
            serve("127.0.0.1", port)

    assert "Address already in use. Processes of one host need a METRICS_PORT each." in caplog.text
