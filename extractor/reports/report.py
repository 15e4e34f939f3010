"""What several reports share: where the statements are, and an attempt's account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extractor.models import masked

FILE = "reports.sql"
# An account that was deleted after it was used, of which no more can be said.
DELETED = "(deleted)"

_ID = re.compile(r"(\d+|[0-9a-f]{8}(?=-))(?:-[0-9a-f]{4}){0,3}(?:-[0-9a-f]{12})?")


def account_of(attempt: Mapping[str, Any]) -> str | None:
    """The account of an attempt, masked; None for one that needed none, since its document was bought before.

    Of a deleted account only its id is left: a number, or the beginning of a UUID, tells it from another. An id in any
    other form may be a user code, and is not shown.
    """
    if attempt["username"] is not None:
        return masked(attempt["username"])
    if not attempt["account_id"]:
        return None
    identified = _ID.fullmatch(str(attempt["account_id"]))
    return f"(deleted {identified[1]})" if identified else DELETED
