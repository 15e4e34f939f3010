"""What several reports share: where the statements are, and an attempt's account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.models import masked

FILE = "reports.sql"
# An account that was deleted after it was used.
DELETED = "(deleted)"


def account_of(attempt: Mapping[str, Any]) -> str | None:
    """The account of an attempt, masked; None for one that needed none, since its document was bought before."""
    if attempt["username"] is not None:
        return masked(attempt["username"])
    return DELETED if attempt["account_id"] else None
