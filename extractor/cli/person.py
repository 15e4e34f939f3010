"""Who gives the command: what `paused_by` and a cancelled row show."""

from __future__ import annotations

import getpass
import os


def current_user() -> str:
    """The OS user's name, or its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
