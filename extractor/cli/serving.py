"""The command `api`."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from extractor.api import create_app
from extractor.api.server import Server
from extractor.cli.failures import CommandFailed
from extractor.cli.terminal import say
from extractor.local.listening import address, listen
from extractor.log import configure_process
from extractor.metrics.api import count_requests
from extractor.metrics.endpoint import serve
from extractor.metrics.tables import Tables
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import load_settings

# What running calls get when the API is asked to stop.
GRACE_SECONDS = 10


def api(
    host: Annotated[str | None, typer.Option(help="Where to listen.", show_default="API_HOST")] = None,
    port: Annotated[
        int | None, typer.Option(help="0 takes a free one.", min=0, max=65535, show_default="API_PORT")
    ] = None,
) -> None:
    """Serve the dashboard and the HTTP API (/docs) until Ctrl-C. Off loopback it needs API_KEY."""
    settings = load_settings()
    configure_process(settings)
    given = {"api_host": host, "api_port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    app = create_app(settings)
    requests = count_requests(app)
    try:
        listener = listen(settings.api_host, settings.api_port)
    except OSError as error:
        place = f"{settings.api_host}:{settings.api_port}"
        raise CommandFailed(f"The API cannot listen on {place}: {error.strerror}.") from error
    # No access log: a line of it would hold the signature of a document's link.
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    tables = Tables(settings.database_url.get_secret_value(), Viewpoint.of(settings))
    serve(settings.metrics_host, settings.metrics_port, tables, requests)
    with listener:
        say(f"The API listens on {address(listener)}, with the dashboard at / and its description at /docs.")
        Server(app, config).run(sockets=[listener])
