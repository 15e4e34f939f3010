"""Which rows a person means: one definition for `list` and `download` of the command line and of the API."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

from extractor.models import Frozen, Source, Status

_GROUPED_DIGITS = re.compile(r"(?<=\d)\s+(?=\d)")
_NO_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]")


def is_no_period(since: datetime | None, until: datetime | None) -> bool:
    """Whether no moment is between them, as when a person exchanged them: `since` is in a period, `until` is not."""
    return since is not None and until is not None and until <= since


class Filter(Frozen):
    """The rows that fit every given field; without a field, all of them."""

    status: Status | None = None
    source: Source | None = None
    error_code: str | None = None
    since: datetime | None = None
    """Inserted at this moment or later."""
    completed_since: datetime | None = None
    """Complété, and at this moment or later."""
    completed_until: datetime | None = None
    """Complété, and before this moment."""
    number: str | None = None
    """A part of the document's number."""
    search: str | None = None
    """Words that are each in the number, a place, the type or the dossier; case, accents and blanks do not matter."""
    batch_id: str | None = None
    """Of this import."""
    reference: str | None = None
    """The user's own dossier, whole."""

    @property
    def parameters(self) -> dict[str, Any]:
        """As the statements `list_rows` and `count_rows` take them."""
        words = None if self.search is None else _words(self.search)
        return {**self.model_dump(exclude={"search"}), "words": words}


def _words(search: str) -> list[str]:
    """`2 784 195, Montréal` → 2784195 and montreal; the statements fold what the rows hold in the same way."""
    folded = unicodedata.normalize("NFKD", _GROUPED_DIGITS.sub("", search)).lower()
    return [word for part in folded.split() if (word := _NO_LETTER_OR_DIGIT.sub("", part))]
