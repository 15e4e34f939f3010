"""docker-compose.yml as Compose reads it: anchors merged, variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?:(?P<rule>:[-?+])(?P<text>[^}]*))?\}")


class MissingVariable(Exception):
    """A `${NAME:?sentence}` without a value."""


def load(environment: Mapping[str, str] | None = None, *, path: Path = COMPOSE) -> dict[str, Any]:
    """The file with the variables of `environment`; empty ones count as unset, by the file's `:` rules."""
    text = _VARIABLE.sub(lambda found: _value(found, environment or {}), path.read_text())
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document


def defaults(path: Path = COMPOSE) -> dict[str, set[str]]:
    """Every variable of the file, with the defaults that it is given."""
    found: dict[str, set[str]] = {}
    for variable in _VARIABLE.finditer(path.read_text()):
        texts = found.setdefault(variable["name"], set())
        if variable["rule"] == ":-":
            texts.add(variable["text"])
    return found


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    value = environment.get(found["name"], "")
    match found["rule"]:
        case ":-":
            return value or found["text"]
        case ":+":
            return found["text"] if value else ""
        case ":?" if not value:
            raise MissingVariable(found["text"])
    return value
