"""How a command ends: a foreseen failure is a sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from extractor.cli.terminal import note
from extractor.errors import ConfigurationError, ExtractorError
from extractor.local.errors import LocalError

NOT_DONE = 1
BAD_SETTINGS = 2
EXIT_INTERRUPTED = 130
EXIT_CODES = (
    "Exit codes: 0 ok; 1 what was asked for could not be done, or is not ok; 2 bad usage or settings; 130 Ctrl-C."
)


class CommandFailed(Exception):
    """What was asked for could not be done; the message is the sentence."""


class Sentences(TyperGroup):
    """A group whose foreseen failures end in a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # typer does not export the type of the context
        try:
            return super().invoke(ctx)
        except (ConfigurationError, LocalError) as error:
            raise _exit(error, BAD_SETTINGS) from error
        except (CommandFailed, ExtractorError) as error:
            raise _exit(error, NOT_DONE) from error


def _exit(error: Exception, code: int) -> typer.Exit:
    note(f"extractor: {error}", fg="red")
    return typer.Exit(code)
