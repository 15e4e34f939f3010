"""What happens on Celery's command line when a command cannot do what was typed: one sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from celery.exceptions import CeleryCommandException, QueueNotFound
from click.core import ParameterSource
from kombu.exceptions import OperationalError

from extractor.environment import is_service_link
from extractor.errors import ConfigurationError
from extractor.local.errors import LocalError
from extractor.local.foreign_modules import refuse_foreign_modules
from extractor.redaction import redact

# The exit code for bad usage or settings, the same as that of the command `extractor`.
BAD_USAGE = 2
UNAVAILABLE = os.EX_UNAVAILABLE  # as Celery's own commands without a broker


class Refused(CeleryCommandException):
    """Celery's command line prints the sentence and ends with the code; a program gets it as an exception."""

    def __init__(self, sentence: str, exit_code: int = BAD_USAGE) -> None:
        super().__init__(message=sentence, exit_code=exit_code)


def begin() -> None:
    """Call it while Celery's command line loads the app; from then on the foreseen failures of its commands are said.

    Ends the process when a foreign module would be loaded. Does nothing in any other program than Celery's.
    """
    context = _context()
    if context is None:
        return
    try:
        refuse_foreign_modules()
    except LocalError as error:
        sys.stderr.write(f"celery: {error}\n")  # Celery would print an exception here with its traceback
        raise SystemExit(BAD_USAGE) from None
    # Flower takes it from the environment itself, and Kubernetes sets it for a service that is named `flower`.
    if is_service_link("FLOWER_PORT", os.environ.get("FLOWER_PORT", "")):
        del os.environ["FLOWER_PORT"]
    context.with_resource(_sentences(context))


def was_typed(option: str) -> bool:
    """Whether the running command got this option from the command line, or from its CELERY_… variable."""
    context = click.get_current_context(silent=True)
    return context is not None and is_given(context, option)


def is_given(context: click.Context, option: str) -> bool:
    """Whether the option has another value than its default."""
    return context.get_parameter_source(option) in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def _context() -> click.Context | None:
    context = click.get_current_context(silent=True)
    root = context.find_root() if context else None
    return root if root is not None and root.command.name == "celery" else None


@contextmanager
def _sentences(context: click.Context) -> Iterator[None]:
    command = context.invoked_subcommand
    try:
        yield
    except (ConfigurationError, LocalError) as error:
        raise Refused(str(error)) from error
    except OperationalError as error:
        why = redact(str(error)).rstrip(".")
        raise Refused(f"The broker cannot be reached: {why}. Start it, or correct REDIS_URL.", UNAVAILABLE) from error
    except QueueNotFound as error:
        raise Refused(str(error.args[0])) from error
    except OSError as error:
        raise _of_os(error) or error from error
    except (NotImplementedError, ValueError) as error:
        raise _of_command(command, error) or error from error


def _of_os(error: OSError) -> Refused | None:
    if error.errno == errno.EADDRINUSE:
        return Refused(f"Another process has the port{_flower_port()}: choose another one with --port.")
    return Refused(f"{error.filename} cannot be used: {error.strerror}.") if error.filename else None


def _of_command(command: str | None, error: Exception) -> Refused | None:
    """What these types mean where Celery and Flower raise them for what was typed."""
    if command == "result" and isinstance(error, NotImplementedError):
        return Refused("Celery keeps no results here: `extractor show ROW-ID` says what became of a row.")
    if command == "flower" and isinstance(error, ValueError):
        return Refused(f"An option of flower, or a variable FLOWER_…, has a wrong value: {error}.")
    return None


def _flower_port() -> str:
    options = sys.modules.get("tornado.options")
    port = getattr(options.options, "port", None) if options else None
    return f" {port}" if port else ""
