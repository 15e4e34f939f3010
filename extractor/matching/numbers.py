"""A document's number, as numbers are compared."""

from __future__ import annotations

import re

_RENOVATED_LOT = re.compile(r"\d{7}")
_WITHOUT_WIDTH = re.compile("[\u180e\u200b\u200c\u200d\u2060\ufeff]")
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BEFORE_GROUP = re.compile(r"(?a:(^|(?<![\d -])|(?<=\d )|(?<=[Tt] ))(\d{1,3}) (?=\d{3}( \d{3})*(?! ?\d)))")
_BEFORE_LETTER = re.compile(r"(?a:(?<=\d) (?=[A-Za-z]))")
_BEHIND_T = re.compile(r"^([Tt]) (?=\d)")


def compact(number: str) -> str:
    """The number in capitals, without the blanks that part no numbers: `2 784 195`, `24 A`, `T 14 454 660`.

    A hyphen or a T is part of it, and so is any other blank: `12 13` is no 1213. The database has the same rule
    (`extraction_queue_normalized`).
    """
    spaced = _BLANK.sub(" ", _WITHOUT_WIDTH.sub("", number.strip()))
    return _BEHIND_T.sub(r"\1", _BEFORE_LETTER.sub("", _BEFORE_GROUP.sub(r"\1\2", spaced.strip()))).upper()


def is_renovated(number: str) -> bool:
    """Whether a lot of this number can only be in the Cadastre du Québec."""
    return _RENOVATED_LOT.fullmatch(compact(number)) is not None
