"""Who runs the command, as `paused_by` and a cancelled row show it."""

from __future__ import annotations

import getpass
import os


def current_user() -> str:
    """The OS user's name, or the uid where it has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
