"""The language of an answer: the one that its reader asks for (`Accept-Language`), else that of the setting LANGUAGE.

A browser always asks for one, so the dashboard and what the API says on it are in one language. What is written into a
row is in the language of the setting, whoever writes it: a row has many readers.
"""

from __future__ import annotations

import re

from starlette.requests import Request

from extractor.language.sentences import Language

_ASKED = re.compile(r"\s*([A-Za-z]+)[A-Za-z0-9-]*\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


def language_of(request: Request) -> Language:
    """French or English, whichever the header wants more; the setting's when it names neither."""
    wanted: list[tuple[float, Language]] = []
    for part in request.headers.get("accept-language", "").split(","):
        asked = _ASKED.fullmatch(part)
        if asked and asked[1].lower() in [*Language]:
            wanted.append((float(asked[2] or 1), Language(asked[1].lower())))
    weight, language = max(wanted, key=lambda one: one[0], default=(0.0, None))  # the first of those that weigh most
    own: Language = request.app.state.viewpoint.language
    return language if language is not None and weight > 0 else own
