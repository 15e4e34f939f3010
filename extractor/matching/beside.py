"""What people write beside a name: the office's words, the cadastre's, the province, a number. The rest is the name."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.matching import names

_OFFICE = re.compile(
    r"\b(?:"
    r"(?:bureau\W+de\W+la\W+)?circ(?:onscriptions?|onsc|ons)?\b(?:\W+(?:foncieres?|fonc|f)\b)?"
    r"|c\W{0,2}f\b"
    r"|(?:bureau|officiere?)\W+de\W+(?:la\W+)?publicite\W+(?:des\W+droits|fonciere)"
    r"(?:\W+de\W+la\W+circonscription(?:\W+fonciere)?)?"
    r"|bureau\W+d\W+enregistrement|div(?:isions?)?\W+(?:d\W+)?enr(?:eg|egistrement)?\b|b\W?p\W?d\b"
    r"|(?:land\W+)?regist(?:ration|ry)\W+(?:division|office|district)|land\W+registry"
    r")"
)
# Bonaventure and Charlevoix have two.
_DIVISION = re.compile(
    r"\b(?:(?P<first>premiere|1e?re)|seconde|deuxieme|2e(?:me)?)\W+division\b(?:\W+d\W+enregistrement)?(?:\W+d[eu]\b)?"
)
_QUEBEC = r"(?:quebec|qc|que|p\W?q)\b"
_CADASTRE = r"(?:(?:official\W+)?cad(?:astre)?\b(?:\W+off(?:iciel)?\b)?)"
# Before a province stands a sign; without one only its abbreviation is no part of the name.
_PROVINCE = re.compile(
    rf"(?:[,;(\[/]|\s[-\u2013\u2014])\s*(?:prov(?:ince)?\b\W*(?:(?:de|du|of)\s+)?)?{_QUEBEC}\W*(?:canada\W*)?$"
    r"|\s(?:qc|p\.?\s?q|que\.)\W*$"
)
_PERHAPS_PROVINCE = re.compile(r"(?:[,;/]|\s[-\u2013\u2014])\s*quebec\W*$")
_OF_QUEBEC = re.compile(rf"(?<=[\w)])\W+{_CADASTRE}\W*(?:(?:du|de|of)\s+)?{_QUEBEC}\W*$")
_OF_QUEBEC_IN_FRONT = re.compile(rf"^\W*{_CADASTRE}\W*(?:(?:du|de|of)\s+)?{_QUEBEC}\W*[,;:/(\u2013\u2014-]\W*(?=\w)")
_CADASTRE_IN_FRONT = re.compile(rf"^\W*{_CADASTRE}\W*(?:(?:de|du|des|of)\b)?\W*(?=\w)")
_CADASTRE_BEHIND = re.compile(rf"(?<=[\w)])\s*[,;:/(\[\u2013\u2014-]\W*{_CADASTRE}\W*$")
_NUMBER_BEHIND = re.compile(
    r"^(?P<name>.*?[^\W\d].*?)\s*(?:[(\[]\W*(?:(?:code|no?)\b\W*)?(?P<number>\d{2}|\d{5,6})\W*"
    r"|[\s,;:\u2013\u2014-]\W*(?:(?:code|no?)\b\W*)?(?P<beside>\d{2}|\d{5,6})\W*)$"
)
_NUMBER_IN_FRONT = re.compile(r"^\W*(?P<number>\d{2}|\d{5,6})(?:\s*[-\u2013\u2014:.,;)\]]\s*|\s+)(?P<name>[^\W\d].*)$")
_TWO_DIGITS = re.compile(r"\d\d")
_LETTER = re.compile(r"[^\W\d_]")


class Asked(NamedTuple):
    """A text without what stands beside its name.

    `number` is the office's or the ministry's, in digits; one that `is_beside` the name has no bracket around it.
    """

    name: str
    number: str | None = None
    is_beside: bool = False


def without_beside(text: str, *, offices_offered: bool, offered: frozenset[str]) -> Asked | None:
    """Return the name alone; None if the words beside it say that it is none of those `offered`.

    A row may say `Circonscription foncière de Montréal` where circonscriptions are offered only, `Cadastre de Montréal`
    where cadastres are, and both `Paroisse de Lachine` and `Cadastre du Québec` where the latter is not offered.
    """
    name = _without_office(names.fold(text), offices_offered=offices_offered)
    if name is None:
        return None
    asked = _numberless(name, offices_offered=offices_offered)
    rest = _without_quebec(asked.name, offered)
    if rest is None:
        return None
    of_cadastre = _CADASTRE_BEHIND.sub("", _CADASTRE_IN_FRONT.sub("", rest))
    if of_cadastre != rest and offices_offered:
        return None
    if names.normalise(of_cadastre) != "quebec":
        rest = of_cadastre
    asked = asked._replace(name=rest) if asked.number else _numberless(rest, offices_offered=offices_offered)
    return asked if names.parse(asked.name).words else None


def _without_quebec(text: str, offered: frozenset[str]) -> str | None:
    """Cut the Cadastre du Québec and the province; None if either is offered and so may be what is asked."""
    rest = _OF_QUEBEC_IN_FRONT.sub("", _OF_QUEBEC.sub("", text))
    if rest != text and "cadastre quebec" in offered:
        return None
    if _PERHAPS_PROVINCE.search(rest) and "quebec" in offered:
        return None
    return _PROVINCE.sub("", rest)


def _without_office(text: str, *, offices_offered: bool) -> str | None:
    """Return the side of the office's words that is asked for, if it is one of the kind that is offered."""
    if offices_offered:
        text = _DIVISION.sub(lambda found: "1 " if found["first"] else "2 ", text)
    office = _OFFICE.search(text)
    if not office:
        return text
    before, behind = text[: office.start()], text[office.end() :]
    if not offices_offered:  # the cadastre stands before, its circonscription behind
        return before if _LETTER.search(before) and _LETTER.search(behind) else None
    if _LETTER.search(before) and _LETTER.search(behind):
        return None
    return f"{before} {behind}"


def _numberless(text: str, *, offices_offered: bool) -> Asked:
    """Part a number from the name; one of two digits is only that of an office."""
    found = _NUMBER_BEHIND.match(text) if _TWO_DIGITS.search(text) else None
    is_beside = bool(found and found["beside"])
    found = found or _NUMBER_IN_FRONT.match(text)
    if not found:
        return Asked(text)
    number = found["beside"] if is_beside else found["number"]
    return Asked(found["name"], number, is_beside) if offices_offered or len(number) > len("65") else Asked(text)
