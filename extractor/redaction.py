"""What no line of a log may show: the secrets of the settings, the accounts' passwords, the password of any URL.

The finished text is masked, so a secret is found however it came into a message, an exception or a field.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from extractor.settings import Settings

MASK = "•••"
# A URL's password, also one that `hide` was never given: from `scheme://user:` to the last @ of the word.
_URL_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/?#@\"']*:)[^\s/\\\"']+(?=@)", re.IGNORECASE)
# A shorter secret would mask half of every line, and protect nothing.
MIN_CHARACTERS = 4

_known: frozenset[str] = frozenset()
_pattern: re.Pattern[str] | None = None


def hide(*secrets: SecretStr) -> None:
    """Mask these wherever they appear from now on, also as JSON, a URL or a repr writes them."""
    global _known, _pattern  # noqa: PLW0603 -- one process, one log; replaced in one step, so no thread needs a lock
    found = {spelling for secret in secrets for spelling in _spellings(secret.get_secret_value())}
    _known |= {spelling for spelling in found if len(spelling) >= MIN_CHARACTERS}
    longest_first = sorted(_known, key=len, reverse=True)
    _pattern = re.compile("|".join(map(re.escape, longest_first))) if _known else None


def hide_settings(settings: Settings) -> None:
    """Hide every secret setting; of a URL only the password, since the rest shows an operator which server failed."""
    secrets = [value for _, value in settings if isinstance(value, SecretStr)]
    hide(*(part for secret in secrets for part in _secret_parts(secret.get_secret_value())))


def redact(text: str) -> str:
    """The text with every known secret masked."""
    text = _URL_PASSWORD.sub(rf"\g<before>{MASK}", text)
    return _pattern.sub(MASK, text) if _pattern else text


def mask(text: str, secrets: Iterable[SecretStr]) -> str:
    """The text with these secrets masked, however it spells them; later calls do not know them."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret.get_secret_value())}
    for spelling in sorted(spellings - {""}, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def _secret_parts(value: str) -> list[SecretStr]:
    if "://" not in value:
        return [SecretStr(part) for part in {value, *value.split(",")}]  # a ring of keys is one setting
    password = urlsplit(value).password
    return [SecretStr(password), SecretStr(unquote(password))] if password else []


def _spellings(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        json.dumps(repr(secret)[1:-1], ensure_ascii=False)[1:-1],
        quote(secret, safe=""),
        html.escape(secret),
        html.escape(secret, quote=False),
    }
