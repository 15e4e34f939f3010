"""A document's number, as numbers are compared: the same steps, in the same order, as `extraction_queue_normalized`."""

from __future__ import annotations

import re

# What copied numbers and cells carry, whatever the locale of a database: migrations/0002_rules.sql has the same list.
BLANKS = "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x200E), 0x2028, 0x2029,
                           0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)))  # fmt: skip
_RENOVATED_LOT = re.compile(r"[0-9]{7}")
_WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u180e\u200b\u200c\u200d\u2060\ufeff"))
_AS_ASCII = str.maketrans(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0c\uff0e\u2019\u2018\u02bc\u00b4\u00b7\u2027\u066c\u02d9",
    " " * 16 + "-" * 11 + "0123456789,." + "'" * 8,
)
_OPENING = re.compile(r"^=? *[\"'«“„` (<\[]+|^=(?=[0-9])")
_CLOSING = re.compile(r"[]\"'»”` )>]*[.;, ]*$")
_LABEL = re.compile(
    r"^(((d'|de |du )?(lots?|inscription|acte)|n[o°º.]|num([éÉ]ro|ero)?|#|№)[ .:]*)+(?=[TtPp]?[ -]?[0-9])",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"([0-9])[.,]([0-9]+)[Ee]\+?0*([1-9])")
_BEHIND_T = re.compile(r"^([Tt]) (?=[0-9])")
_BEHIND_T_AND_HYPHEN = re.compile(r"^([Tt]) ?- ?(?=([0-9]{5,8}|[0-9]{1,3}([ .,'_][0-9]{3})+)$)")
_BEFORE_GROUP = re.compile(r"(^|(?<![0-9 -])|(?<=[0-9] ))([0-9]{1,3}) (?=[0-9]{3}( [0-9]{3})*(?! ?[0-9]))")
_GROUPS_BY_POINT = re.compile(r"[Tt]?[0-9]{1,2}(\.[0-9]{3}){2}(,0+)?")
_GROUPS_BY_COMMA = re.compile(r"[Tt]?[0-9]{1,2}(,[0-9]{3}){2}(\.0+)?")
_GROUPS_BY_MARK = re.compile(r"[Tt]?[0-9]{1,3}(['_][0-9]{3})+([.,]0+)?")
_DECIMALS = re.compile(r"^([0-9]+)[.,]0{1,2}$|^([0-9]{4,})[.,]0+$")
_PART_BEFORE = re.compile(r"^(ptie|pte|partie)[. ]*((du|de) )?(lot )?(?=[0-9])", re.IGNORECASE)
_PART_BEHIND = re.compile(r"(?<=[0-9A-Za-z]) ?\(?(ptie|pte|partie)\.?\)?$", re.IGNORECASE)
_BEFORE_LETTER = re.compile(r"(?<=[0-9]) (?=[A-Za-z])")


def compact(number: str) -> str:
    """The number in capitals, without what people and spreadsheets put around and between its digits.

    `Lot 2 784 195`, `2,784,195`, `="2784195"` and `2784195.0` are 2784195; `T-14 454 660` is T14454660. A form is read
    only where it can be nothing else: `12 13` and `227,228` stay as they are, and the database refuses them.
    """
    text = number.strip(BLANKS).translate(_WITHOUT_WIDTH).translate(_AS_ASCII)
    text = _LABEL.sub("", _CLOSING.sub("", _OPENING.sub("", text)))
    if (shown := _SHORTENED.fullmatch(text)) and len(shown[2]) == int(shown[3]):
        return shown[1] + shown[2]
    text = _BEHIND_T_AND_HYPHEN.sub(r"\1", _BEHIND_T.sub(r"\1", text))
    text = _without_groups(_BEFORE_GROUP.sub(r"\1\2", text))
    text = _PART_BEHIND.sub(r"\1", _PART_BEFORE.sub(r"\1", _DECIMALS.sub(r"\1\2", text)))
    return _BEFORE_LETTER.sub("", text).upper()


def is_renovated(number: str) -> bool:
    """Whether a lot of this number can only be in the Cadastre du Québec."""
    return _RENOVATED_LOT.fullmatch(compact(number)) is not None


def _without_groups(number: str) -> str:
    """The number without the points, commas, apostrophes or low lines between groups of three digits."""
    if _GROUPS_BY_POINT.fullmatch(number):
        return number.split(",", maxsplit=1)[0].replace(".", "")
    if _GROUPS_BY_COMMA.fullmatch(number):
        return number.split(".", maxsplit=1)[0].replace(",", "")
    if _GROUPS_BY_MARK.fullmatch(number):
        return re.sub(r"[.,]0+$|['_]", "", number)
    return number
