"""Texts as Postgres can hold them: a page may say half a character, or a NUL, and its row must still get its status."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.json import set_json_dumps
from psycopg.types.string import StrDumperUnknown

REPLACEMENT = "\ufffd"
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# An escape of JSON whole, so that `\\u0000`, a backslash before a word, is none of a NUL.
_ESCAPE = re.compile(r"\\(u0000|.)")


def make_storable(connection: psycopg.Connection[Any]) -> None:
    """From now on the connection writes U+FFFD in the place of each character that Postgres does not take."""
    connection.adapters.register_dumper(str, _StorableDumper)
    set_json_dumps(_dump_json, connection)


class _StorableDumper(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        try:
            return super().dump(obj)
        except (psycopg.DataError, UnicodeEncodeError):
            return super().dump(_NOT_STORABLE.sub(REPLACEMENT, obj))


def _dump_json(value: Any) -> str:
    text = _NOT_STORABLE.sub(REPLACEMENT, json.dumps(value, ensure_ascii=False))
    return _ESCAPE.sub(lambda escape: REPLACEMENT if escape[1] == "u0000" else escape[0], text)
