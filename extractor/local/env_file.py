"""The file of settings that makes every command of another terminal work on the system that `make up` runs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from extractor.environment import MARK_OF_UP
from extractor.local.errors import LocalError
from extractor.local.home import write_private

HEAD = f"""\
{MARK_OF_UP} at each of its starts: the commands work on what it runs, for as long as it runs.
# It holds passwords, and is yours alone. export ENV_FILE=THIS-FILE
"""


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write the values for `extractor/environment.py` to read, whole or not at all; only the owner may read the file.

    Raises LocalError for a value that a line of such a file cannot hold.
    """
    text = HEAD + "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(values.items()))
    read = dotenv_values(stream=io.StringIO(text))
    for name, value in values.items():
        if read.get(name) != value:
            raise LocalError(f"The value of {name} cannot stand in a file of settings: leave out ${{ and line ends.")
    write_private(path, text)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
