"""A document's number, as numbers are compared."""

from __future__ import annotations

import re

_RENOVATED_LOT = re.compile(r"\d{7}")


def compact(number: str) -> str:
    """The number without blanks of any kind, in capitals. A hyphen or a T is part of it."""
    return re.sub(r"\s+", "", number).upper()


def is_renovated(number: str) -> bool:
    """Whether a lot of this number can only be in the Cadastre du Québec."""
    return _RENOVATED_LOT.fullmatch(compact(number)) is not None
